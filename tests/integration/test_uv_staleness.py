"""Each change of a project that uv calls its lock outdated for, and those that it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
import uv

from syncsteps.locks import read_lock
from syncsteps.locks.staleness import read_workspace, staleness
from tests.support.index import Index
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncsteps.locks.staleness import Staleness

pytestmark = pytest.mark.enable_socket

NAMES = ("attrs", "click", "colorama", "idna", "rich", "six", "wcwidth")

ROOT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.9"
dependencies = [
    "core",
    "idna >=1, <3",
    "colorama; sys_platform == 'win32'",
    "six; python_version < '3.11' or os_name == 'nt'",
    "tree",
    "wheel",
    "other",
    "split",
]
[project.optional-dependencies]
web = ["attrs", "core[fast]"]
fast = ["click; python_version >= '3.10'"]
all = ["app[web,fast]"]
[dependency-groups]
dev = ["rich", { include-group = "lint" }]
lint = ["click>=1"]
[tool.uv]
constraint-dependencies = ["wcwidth<3"]
override-dependencies = ["attrs>=1"]
exclude-dependencies = ["nothing"]
build-constraint-dependencies = ["hatchling>1"]
conflicts = [[{ extra = "web" }, { group = "docs" }]]
environments = ["sys_platform == 'linux'", "sys_platform == 'win32'"]
required-environments = ["sys_platform == 'linux' and platform_machine == 'x86_64'"]
[tool.uv.workspace]
members = ["libs/*"]
exclude = ["libs/apart"]
[tool.uv.sources]
core = { workspace = true }
tree = { path = "trees/tree", editable = true }
wheel = { path = "wheels/wheel-1.0-py3-none-any.whl" }
other = { index = "second" }
split = [
    { path = "wheels/split-1.0-py3-none-any.whl", marker = "sys_platform == 'linux'" },
    { index = "second", marker = "sys_platform == 'win32'" },
]
[[tool.uv.index]]
name = "second"
url = "@INDEX@"
explicit = true
[[tool.uv.index]]
name = "third"
url = "@INDEX@"
explicit = true
[[tool.uv.index]]
name = "fourth"
url = "@FOURTH@"
explicit = true
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
ROOT = ROOT.replace("lint = [", 'docs = ["wcwidth"]\nlint = [')

CORE = """\
[project]
name = "core"
version = "0.1"
requires-python = ">=3.8, <4"
dependencies = ["six", "tree"]
[project.optional-dependencies]
fast = ["rich>=1; platform_system == 'Windows'"]
none = []
[dependency-groups]
dev = ["attrs"]
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""

VIRTUAL = """\
[project]
name = "virtual"
version = "3"
requires-python = ">=3.9"
dependencies = ["click", "core"]
[tool.uv]
package = false
dev-dependencies = ["idna"]
[tool.uv.sources]
core = { workspace = true }
"""

TREE = '[project]\nname = "{}"\nversion = "1"\n'

NEW = {"libs/new/pyproject.toml": TREE.format("new") + 'requires-python = ">=3.9"\n'}


@dataclass(frozen=True, kw_only=True)
class Edit:
    """A text of a file of the workspace, and what stands in its place afterwards."""

    old: str = ""
    new: str = ""
    file: str = "pyproject.toml"

    def __str__(self) -> str:
        return f"{self.file}: {self.old} -> {self.new}"


def root(old: str, new: str) -> Edit:
    return Edit(old=old, new=new)


def core(old: str, new: str) -> Edit:
    return Edit(old=old, new=new, file="libs/core/pyproject.toml")


def virtual(old: str, new: str) -> Edit:
    return Edit(old=old, new=new, file="libs/virtual/pyproject.toml")


STALE = (
    root("idna >=1, <3", "idna >=1, <4"),
    root("idna >=1, <3", "idna[x] >=1, <3"),
    root('"idna >=1, <3",', ""),
    root('"tree",', '"tree", "attrs",'),
    root("\"colorama; sys_platform == 'win32'\"", '"colorama"'),
    root("colorama; sys_platform == 'win32'", "colorama; sys_platform == 'linux'"),
    root("idna >=1, <3", "idna >=1, <3; sys_platform == 'linux'"),
    root("python_version < '3.11' or", "python_version < '3.12' or"),
    root("'3.11' or os_name", "'3.11' and os_name"),
    root("click; python_version >= '3.10'", "click; python_version > '3.10'"),
    root('requires-python = ">=3.9"', 'requires-python = ">=3.10"'),
    root('requires-python = ">=3.9"', 'requires-python = ">=3.9, <3.14"'),
    core('requires-python = ">=3.8, <4"', 'requires-python = ">=3.8"'),
    root('version = "1.0"', 'version = "1.1"'),
    core('version = "0.1"', 'version = "0.2"'),
    root('web = ["attrs", "core[fast]"]', 'web = ["attrs", "core"]'),
    root('web = ["attrs", "core[fast]"]', 'web = ["attrs", "core[fast]"]\nempty = []'),
    root('lint = ["click>=1"]', 'lint = ["click>=1"]\nempty = []'),
    root('lint = ["click>=1"]', 'lint = ["click>=1", "six"]'),
    root(', { include-group = "lint" }', ""),
    root('"wcwidth<3"', '"wcwidth<4"'),
    root('"wcwidth<3"', "\"wcwidth<3; sys_platform == 'linux'\""),
    root('"wcwidth<3"', ""),
    root('"attrs>=1"', '"attrs>=2"'),
    root('"attrs>=1"', '"attrs>=1", "six<4"'),
    root('["nothing"]', '["nothing", "six"]'),
    root('["nothing"]', "[]"),
    root('"hatchling>1"', '"hatchling>2"'),
    root('conflicts = [[{ extra = "web" }, { group = "docs" }]]', ""),
    root('{ group = "docs" }]]', '{ group = "docs" }], [{ extra = "fast" }, { group = "docs" }]]'),
    root('[[{ extra = "web" }', '[[{ extra = "fast" }'),
    root("environments = [\"sys_platform == 'linux'\", ", "environments = ["),
    root("\"sys_platform == 'win32'\"]", "\"sys_platform == 'darwin'\"]"),
    root("and platform_machine == 'x86_64'\"]", "and platform_machine == 'aarch64'\"]"),
    root("and platform_machine == 'x86_64'\"]", '"]'),
    root("[tool.uv]\n", "[tool.uv]\npackage = false\n"),
    root("[tool.uv]\n", '[tool.uv]\ndefault-groups = ["docs"]\n'),
    root("[tool.uv]\n", '[tool.uv]\ndefault-groups = "all"\n'),
    root('{ path = "trees/tree", editable = true }', '{ path = "trees/moved", editable = true }'),
    root('{ path = "trees/tree", editable = true }', '{ path = "trees/tree", editable = false }'),
    root("wheels/wheel-1.0-py3-none-any.whl", "wheels/more/wheel-1.0-py3-none-any.whl"),
    root('{ path = "wheels/wheel-1.0-py3-none-any.whl" }', '{ index = "second" }'),
    root('other = { index = "second" }', ""),
    root('other = { index = "second" }', 'other = { index = "fourth" }'),
    root('other = { index = "second" }', 'other = { git = "@GIT@" }'),
    root('whl", marker = "sys_platform == \'linux\'"', 'whl", marker = "os_name == \'posix\'"'),
    root('"idna >=1, <3"', '"idna @ @FILE@"'),
    root('exclude = ["libs/apart"]', ""),
    root('members = ["libs/*"]', 'members = ["libs/core"]'),
    core('["six", "tree"]', '["six", "tree", "idna"]'),
    core('["six", "tree"]', '["tree"]'),
    core("platform_system == 'Windows'", "platform_system == 'Linux'"),
    core("none = []", ""),
    core('dev = ["attrs"]', 'dev = ["attrs>1"]'),
    core('dev = ["attrs"]', 'dev = ["attrs"]\ndocs = []'),
    virtual('["click", "core"]', '["click", "core", "rich"]'),
    virtual('["idna"]', '["idna", "rich"]'),
    virtual('dev-dependencies = ["idna"]', ""),
    virtual("package = false", "package = true"),
    Edit(file="libs/new/pyproject.toml", new=NEW["libs/new/pyproject.toml"]),
)

CURRENT = (
    root("", "# a comment\n"),
    root("idna >=1, <3", "IDNA<3,>=1.0"),
    root("idna >=1, <3", "idna (>=1,<3)"),
    root("colorama; sys_platform == 'win32'", "colorama ; 'win32' == sys_platform"),
    root("\"colorama; sys_platform == 'win32'\"", "'colorama ; sys_platform==\"win32\"'"),
    root("colorama; sys_platform == 'win32'", "colorama; platform_system == 'Windows'"),
    root(
        "six; python_version < '3.11' or os_name == 'nt'",
        "six; os_name == 'nt' or python_full_version < '3.11'",
    ),
    root(
        "six; python_version < '3.11' or os_name == 'nt'",
        "six; (python_version <= '3.10' and python_version >= '3') or os_name == 'nt'",
    ),
    root("colorama; sys_platform", "colorama; python_version >= '3.8' and sys_platform"),
    root('    "core",\n', '    "core",\n    "core",\n'),
    root('requires-python = ">=3.9"', 'requires-python = ">=3.9.0"'),
    root('requires-python = ">=3.9"', 'requires-python = ">=3.8"'),
    root('requires-python = ">=3.9"', 'requires-python = ">=3.9, !=3.11.2"'),
    root('version = "1.0"', 'version = "1.0.0"'),
    root('["rich", { include-group = "lint" }]', '["click>=1", "rich"]'),
    root('web = ["attrs", "core[fast]"]', 'Web = ["core[Fast]", "attrs"]'),
    root('"app[web,fast]"', '"App[fast, web]"'),
    root('lint = ["click>=1"]', 'Lint = ["click >= 1.0"]'),
    root('["nothing"]', '["Nothing"]'),
    root('["nothing"]', '["nothing", "else"]'),
    root('{ extra = "web" }, { group = "docs" }', '{ group = "docs" }, { extra = "Web" }'),
    root('{ extra = "web" }', '{ package = "app", extra = "web" }'),
    root(
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
        "'x86_64' == platform_machine and sys_platform == 'linux'",
    ),
    root("[tool.uv]\n", '[tool.uv]\ndefault-groups = ["dev"]\n'),
    root("[tool.uv]\n", "[tool.uv]\npackage = true\n"),
    root('"trees/tree"', '"./trees/../trees/tree/"'),
    root('index = "second" }\nsplit', 'index = "third" }\nsplit'),
    root('    "tree",', '    "tree>=0.5",'),
    core('["six", "tree"]', '["tree", "six"]'),
    core("platform_system == 'Windows'", "sys_platform == 'win32'"),
    core('requires-python = ">=3.8, <4"', 'requires-python = ">=3.8, <4.0"'),
    core('["six", "tree"]', '["six", "tree"]\nreadme = "README.md"'),
    virtual("[tool.uv.sources]\ncore = { workspace = true }\n", ""),
)


@dataclass(frozen=True, kw_only=True)
class Original:
    """A locked workspace, never changed, and what uv needs to look at a copy."""

    directory: Path
    values: Mapping[str, str]
    environment: Mapping[str, str]

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.directory, to))

    def change(self, place: Path, edit: Edit) -> None:
        """Make ``edit`` in the copy at ``place``."""
        path = place / edit.file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert edit.old in text
        path.write_text(text.replace(edit.old, self.filled(edit.new), 1), encoding="utf-8")

    def filled(self, text: str) -> str:
        for key, value in self.values.items():
            text = text.replace(f"@{key}@", value)
        return text

    def lock(self, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [uv.find_uv_bin(), "lock", *arguments],
            cwd=place,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def outdated(self, place: Path) -> bool:
        """Return whether uv calls the lock at ``place`` outdated."""
        done = self.lock(place, "--check")
        if done.returncode == 0:
            return False
        assert "needs to be updated" in done.stderr, done.stderr
        return True


def _stale(place: Path) -> Staleness:
    lock = read_lock(place / "uv.lock")
    pyproject = tomli.loads((place / "pyproject.toml").read_text(encoding="utf-8"))
    return staleness(lock, pyproject, workspace=read_workspace(lock, pyproject))


def _git(directory: Path) -> None:
    directory.mkdir()
    (directory / "pyproject.toml").write_text(TREE.format("other"), encoding="utf-8")
    identity = ("-c", "user.name=a", "-c", "user.email=a@index.invalid")
    for command in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", *command], cwd=directory, check=True, capture_output=True)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    base = tmp_path_factory.mktemp("stale")
    files = {name: base / name for name in ("files", "second", "fourth")}
    for directory in files.values():
        directory.mkdir()
    for name in NAMES:
        for version in ("1.0", "2.0"):
            make_wheel(files["files"], name, version)
    for directory in files.values():
        for name in ("other", "split", "wheel"):
            make_wheel(directory, name, "1.0")
    place = base / "workspace"
    for name in ("wheels", "wheels/more"):
        (place / name).mkdir(parents=True)
        for each in ("split", "wheel"):
            make_wheel(place / name, each, "1.0")
    _git(base / "repository")
    with (
        Index(files["files"]) as index,
        Index(files["second"]) as second,
        Index(files["fourth"]) as fourth,
    ):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "GIT_"))}
        made = Original(
            directory=place,
            values={
                "INDEX": second.url,
                "FOURTH": fourth.url,
                "GIT": (base / "repository").as_uri(),
                "FILE": index.file_url("idna-1.0-py3-none-any.whl"),
            },
            environment={
                **kept,
                "UV_DEFAULT_INDEX": index.url,
                "UV_CACHE_DIR": str(base / "cache"),
                "UV_PYTHON_DOWNLOADS": "never",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_ALLOW_PROTOCOL": "file",
            },
        )
        texts = {
            "pyproject.toml": ROOT,
            "libs/core/pyproject.toml": CORE,
            "libs/virtual/pyproject.toml": VIRTUAL,
            "libs/apart/pyproject.toml": TREE.format("apart") + 'requires-python = ">=3.9"\n',
            "trees/tree/pyproject.toml": TREE.format("tree"),
            "trees/moved/pyproject.toml": TREE.format("tree"),
        }
        for file, text in texts.items():
            made.change(place, Edit(file=file, new=text))
        done = made.lock(place)
        assert done.returncode == 0, done.stderr
        yield made


def test_nothing_has_changed(original: Original) -> None:
    assert not original.outdated(original.directory)
    assert _stale(original.directory).known
    assert _stale(original.directory).reasons == ()


@pytest.mark.parametrize("edit", STALE, ids=str)
def test_a_change_that_counts(original: Original, tmp_path: Path, edit: Edit) -> None:
    place = original.copy(tmp_path / "workspace")
    original.change(place, edit)
    assert original.outdated(place)
    found = _stale(place)
    assert found.known
    assert found.reasons
    assert all(edit.file in reason for reason in found.reasons)


@pytest.mark.parametrize("edit", CURRENT, ids=str)
def test_a_change_that_does_not_count(original: Original, tmp_path: Path, edit: Edit) -> None:
    place = original.copy(tmp_path / "workspace")
    original.change(place, edit)
    assert (original.outdated(place), _stale(place).reasons) == (False, ())
