"""What real locks seldom have: small ones that uv makes here, selected as uv exports them."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.locks import read_lock
from syncsteps.locks.model import Archive, Vcs
from syncsteps.reading import read_project_lock
from syncsteps.selection import Request, select
from syncsteps.settings import Settings
from tests.conformance.compare import compare
from tests.conformance.corpus import Project
from tests.conformance.environments import grid
from tests.conformance.oracle import Conditional
from tests.conformance.oracles.uv import UvExport, UvPylock
from tests.support.index import Index
from tests.support.wheels import make_sdist, make_source_tree, make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncsteps.locks.model import Lock

pytestmark = pytest.mark.enable_socket

ON_LINUX = "3.12-linux-x86_64"
ON_WINDOWS = "3.12-windows-amd64"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A folder for a project, an index that its locks are made from, and uv to make them."""

    root: Path
    index: Index

    def wheel(self, name: str, version: str = "1.0", **parts: object) -> Path:
        """Put a wheel on the index; ``extras`` are those that its metadata provides."""
        extras = parts.pop("extras", ())
        assert isinstance(extras, tuple)
        provides = "".join(f"Provides-Extra: {extra}\n" for extra in extras)
        return make_wheel(self.index.directory, name, version, extra_metadata=provides, **parts)  # type: ignore[arg-type]

    def write(self, pyproject: str, member: str = ".") -> None:
        """Write the pyproject.toml of the project or of a member of its workspace."""
        path = self.root / member / "pyproject.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pyproject, encoding="utf-8")

    def lock(self) -> Lock:
        """Lock the project with uv, and read the lock."""
        done = subprocess.run(
            [uv.find_uv_bin(), "lock", "--quiet"],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return read_lock(self.root / "uv.lock")

    def exported(self, settings: Settings) -> set[str]:
        """Return the names of what uv exports from its index, the default groups with it."""
        named = {
            "--package": settings.package,
            "--group": settings.group,
            "--only-group": settings.only_group,
        }
        options = [part for flag, names in named.items() for name in names for part in (flag, name)]
        done = subprocess.run(
            [self.program, "export", "--frozen", "--quiet", "--no-hashes", "--no-emit-local",
             *options, *(["--all-packages"] if settings.all_packages else [])],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return {line.partition("==")[0] for line in done.stdout.splitlines() if "==" in line}

    def agrees(self) -> int:
        """Return how many cases there are, in none of which uv and syncsteps differ.

        Which file is chosen is looked at for one platform of each version, the others in turn.
        """
        project = Project(name="made", format="uv", lock=self.root / "uv.lock")
        cases = 0
        for kind, sample in ((UvExport, None), (UvPylock, 1000)):
            oracle = kind(program=self.program, version="here", environment=self.environment)
            result = compare(project, oracle, sample=sample)
            assert result.differences == ()
            cases += len(result.seen)
        return cases

    @property
    def program(self) -> Path:
        """The uv of the tests' own environment."""
        return type(self.root)(uv.find_uv_bin())

    @property
    def environment(self) -> dict[str, str]:
        """Variables for uv, which reads no settings of this machine's."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "GIT_"))}
        return {
            **kept,
            "UV_DEFAULT_INDEX": self.index.url,
            "UV_CACHE_DIR": str(self.root.parent / "cache"),
            "UV_PYTHON_DOWNLOADS": "never",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": "file",
        }


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    for name in ("files", "project"):
        (tmp_path / name).mkdir()
    with Index(tmp_path / "files") as index:
        yield Workshop(root=tmp_path / "project", index=index)


def _selected(lock: Lock, target: str = ON_LINUX, **asked: object) -> dict[str, str]:
    selection = select(lock, Request(**asked), grid()[target])  # type: ignore[arg-type]
    return {item.name: str(item.package.version) for item in selection.packages}


def _project(dependencies: str = "", more: str = "", name: str = "app") -> str:
    return (
        f'[project]\nname = "{name}"\nversion = "0.1"\nrequires-python = ">=3.9"\n'
        f"dependencies = [{dependencies}]\n"
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f"{more}"
    )


def test_a_workspace_whose_members_bring_extras_and_inherit_groups(workshop: Workshop) -> None:
    for name in ("base", "fast", "lint", "own-lint", "root-only"):
        workshop.wheel(name)
    sources = "[tool.uv.sources]\nlib = { workspace = true }\ntool = { workspace = true }\n"
    workshop.write(
        _project(
            '"root-only", "lib[speed]"',
            '[dependency-groups]\nlint = ["lint"]\nall = [{ include-group = "lint" }, "base"]\n'
            f'[tool.uv.workspace]\nmembers = ["packages/*"]\n{sources}',
        )
    )
    workshop.write(
        _project('"base"', '[project.optional-dependencies]\nspeed = ["fast"]\n', name="lib"),
        "packages/lib",
    )
    workshop.write(
        _project('"lib"', f'[dependency-groups]\nlint = ["own-lint"]\n{sources}', name="tool"),
        "packages/tool",
    )

    lock = workshop.lock()

    assert _selected(lock, local=False) == {"base": "1.0", "fast": "1.0", "root-only": "1.0"}
    assert _selected(lock, local=False, packages=("lib",), groups=("lint",)) == {
        "base": "1.0",
        "lint": "1.0",
    }
    assert _selected(lock, local=False, packages=("tool",), groups=("lint",)) == {
        "base": "1.0",
        "own-lint": "1.0",
    }
    assert workshop.agrees() > 1000


def test_default_groups_are_those_that_uv_installs(workshop: Workshop) -> None:
    for name in ("base", "docs", "lint", "own", "root-only"):
        workshop.wheel(name)
    workshop.write(
        _project(
            '"base"',
            '[dependency-groups]\ndev = ["root-only"]\nlint = ["lint"]\ndocs = ["docs"]\n'
            '[tool.uv]\ndefault-groups = ["lint", "docs"]\n'
            '[tool.uv.workspace]\nmembers = ["lib", "tool"]\n',
        )
    )
    workshop.write(_project(more='[dependency-groups]\ndev = ["own"]\n', name="lib"), "lib")
    workshop.write(_project('"base"', "[tool.uv]\ndefault-groups = []\n", name="tool"), "tool")
    workshop.lock()
    seen = set()

    for asked in (
        Settings(directory=workshop.root),
        Settings(directory=workshop.root, group=("dev",)),
        Settings(directory=workshop.root, package=("lib",)),
        Settings(directory=workshop.root, package=("lib",), group=("docs",)),
        Settings(directory=workshop.root, package=("tool",)),
        Settings(directory=workshop.root, package=("lib", "tool")),
        Settings(directory=workshop.root, all_packages=True),
        Settings(directory=workshop.root, only_group=("docs",)),
    ):
        settings = replace(asked, lock=str(workshop.root / "uv.lock"), default_groups=True)
        lock = read_project_lock(settings, environment={})
        selection = select(lock, settings.request, grid()[ON_LINUX])
        ours = {item.name for item in selection.packages if not item.package.local}
        assert ours == workshop.exported(settings), settings.request
        seen.add(frozenset(ours))
    assert len(seen) >= 6


def test_members_need_not_be_there(workshop: Workshop) -> None:
    workshop.wheel("base")
    workshop.write('[tool.uv.workspace]\nmembers = ["lib", "tool"]\n')
    workshop.write(_project('"base"', name="lib"), "lib")
    workshop.write(_project(name="tool"), "tool")
    whole = workshop.lock()

    shutil.rmtree(workshop.root / "lib")
    shutil.rmtree(workshop.root / "tool")
    (workshop.root / "pyproject.toml").unlink()
    alone = read_lock(workshop.root / "uv.lock")

    for asked in ({}, {"packages": ("tool",)}, {"all_packages": True}):
        assert _selected(alone, **asked) == _selected(whole, **asked)
    assert workshop.agrees() > 300  # uv has to be given stand-ins


def test_forks_by_platform_and_by_version_of_python(workshop: Workshop) -> None:
    for version in ("1.0", "2.0", "3.0"):
        workshop.wheel("forked", version)
    workshop.wheel("newest", "1.0", requires=("forked>=1",), requires_python=">=3.9")
    workshop.wheel("newest", "2.0", requires=("forked>=1",), requires_python=">=3.12")
    workshop.write(
        _project(
            "\"forked==1.0; sys_platform == 'win32'\","
            "\"forked==2.0; sys_platform != 'win32' and python_version < '3.11'\","
            "\"forked==3.0; sys_platform != 'win32' and python_version >= '3.11'\", \"newest\""
        )
    )

    lock = workshop.lock()

    assert _selected(lock, ON_WINDOWS)["forked"] == "1.0"
    assert _selected(lock, "3.10-macos-arm64") == {"app": "0.1", "forked": "2.0", "newest": "1.0"}
    assert _selected(lock, ON_LINUX) == {"app": "0.1", "forked": "3.0", "newest": "2.0"}
    assert workshop.agrees() >= 190


def test_cycles_and_extras_that_activate_extras(workshop: Workshop) -> None:
    workshop.wheel("hen", requires=("egg", "corn; extra == 'fed'"), extras=("fed",))
    workshop.wheel(
        "egg",
        requires=("hen[fed]; extra == 'fresh'", "hen", "egg[fresh]; extra == 'all'"),
        extras=("all", "fresh"),
    )
    workshop.wheel("corn")
    workshop.write(
        _project(
            '"hen"',
            '[project.optional-dependencies]\nplain = ["egg"]\nfresh = ["egg[fresh]"]\n'
            'all = ["egg[all]"]\neverything = ["app[all,plain]"]\n',
        )
    )

    lock = workshop.lock()

    assert "corn" not in _selected(lock, extras=("plain",))
    for extra in ("fresh", "all", "everything"):
        assert "corn" in _selected(lock, extras=(extra,))
    assert workshop.agrees() > 400


def test_conflicting_extras_and_groups_with_indexes_of_their_own(
    workshop: Workshop, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    workshop.wheel("engine", "1.0")
    make_wheel(tmp_path / "other", "engine", "1.0+gpu")
    workshop.wheel("user", requires=("engine",))
    for version in ("1.0", "2.0"):
        workshop.wheel("style", version)
    with Index(tmp_path / "other") as other:
        workshop.write(
            _project(
                '"user"',
                '[project.optional-dependencies]\ncpu = ["engine==1.0"]\n'
                'gpu = ["engine==1.0+gpu"]\n'
                '[dependency-groups]\nold = ["style==1.0"]\nnew = ["style==2.0"]\n'
                '[tool.uv]\nconflicts = [[{ extra = "cpu" }, { extra = "gpu" }],\n'
                '    [{ group = "old" }, { group = "new" }], '
                '[{ extra = "gpu" }, { group = "old" }]]\n'
                '[tool.uv.sources]\nengine = { index = "other", extra = "gpu" }\n'
                f'[[tool.uv.index]]\nname = "other"\nurl = "{other.url}"\nexplicit = true\n',
            )
        )
        lock = workshop.lock()

    assert _selected(lock, extras=("gpu",), groups=("new",)) == {
        "app": "0.1",
        "engine": "1.0+gpu",
        "style": "2.0",
        "user": "1.0",
    }
    assert _selected(lock, extras=("cpu",))["engine"] == "1.0"
    indexes = {p.index for p in lock.packages if p.name == "engine"}
    assert len(indexes) == 2
    assert workshop.agrees() > 400


def test_repositories_with_subdirectory_and_large_files(workshop: Workshop, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    make_source_tree(repository / "python" / "in-git", "in-git", "1.0")
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@host.invalid", "-c", "gc.auto=0"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "One"]):
        subprocess.run([*git, *command], cwd=repository, check=True, env=workshop.environment)
    source = f'{{ git = "{repository.as_uri()}", subdirectory = "python/in-git" }}'
    workshop.write(_project('"in-git"', f"[tool.uv.sources]\nin-git = {source}\n"))

    lock = workshop.lock()

    (package,) = (p for p in lock.packages if p.name == "in-git")
    assert isinstance(package.source, Vcs)
    assert package.source.url == repository.as_uri()
    assert package.source.subdirectory == "python/in-git"
    assert workshop.agrees() >= 190

    # Locking with LFS needs git's extension for it; what is locked is one more word.
    path = workshop.root / "uv.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("?subdirectory=", "?lfs=true&subdirectory="), encoding="utf-8")
    (package,) = (p for p in read_lock(path).packages if p.name == "in-git")
    assert isinstance(package.source, Vcs)
    assert package.source.lfs
    assert workshop.agrees() >= 190


def test_files_by_url_and_by_path(workshop: Workshop) -> None:
    wheel = workshop.wheel("by-url", "1.0", requires=("helper",))
    workshop.wheel("helper")
    native = workshop.wheel("native", "1.0", tag="cp312-cp312-win_amd64")
    local = make_sdist(workshop.root / "vendor", "by-path", "2.0")
    workshop.write(
        _project(
            '"by-url", "by-path", "native; sys_platform == \'win32\'"',
            "[tool.uv.sources]\n"
            f'by-url = {{ url = "{workshop.index.file_url(wheel.name)}" }}\n'
            f'native = {{ url = "{workshop.index.file_url(native.name)}" }}\n'
            f'by-path = {{ path = "vendor/{local.name}" }}\n',
        )
    )

    lock = workshop.lock()

    sources = {p.name: p.source for p in lock.packages}
    assert isinstance(sources["by-url"], Archive)
    assert isinstance(sources["by-path"], Archive)
    assert sources["by-path"].path == f"vendor/{local.name}"
    assert _selected(lock, local=False) == {"by-url": "1.0", "helper": "1.0"}
    assert "native" in _selected(lock, ON_WINDOWS)
    assert workshop.agrees() >= 190


def test_dynamic_versions_and_pins_without_files(workshop: Workshop) -> None:
    workshop.wheel("base")
    workshop.wheel("switched-off", tag="cp312-cp312-manylinux_2_28_x86_64")
    make_source_tree(workshop.root / "moving", "moving", "1.0")
    pyproject = workshop.root / "moving" / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text.replace('version = "1.0"', 'dynamic = ["version"]'), "utf-8")
    workshop.write(
        _project(
            '"moving", "base", "switched-off"',
            "[tool.uv]\noverride-dependencies = [\"switched-off; sys_platform == 'never'\"]\n"
            '[tool.uv.sources]\nmoving = { path = "moving" }\n',
        )
    )

    lock = workshop.lock()

    by_name = {p.name: p for p in lock.packages}
    assert by_name["moving"].version is None
    assert not by_name["switched-off"].wheels
    assert _selected(lock) == {"app": "0.1", "base": "1.0", "moving": "None"}
    assert workshop.agrees() >= 190


def test_a_difference_is_seen(workshop: Workshop) -> None:
    workshop.wheel("base")
    workshop.write(_project('"base"'))
    workshop.lock()
    project = Project(name="made", format="uv", lock=workshop.root / "uv.lock")
    oracle = UvExport(program=workshop.program, version="here", environment=workshop.environment)

    class Forgetful:
        """An oracle that leaves everything out."""

        name = "forgetful"
        chooses = False
        reads = oracle.reads
        prepare = oracle.prepare

        def ask(self, project: Project, lock: Lock | None, request: Request) -> Conditional:
            assert oracle.ask(project, lock, request) is not None
            return Conditional(entries=())

    result = compare(project, Forgetful(), sample=2)

    assert len(result.seen) == len(result.differences) == 12
    assert result.differences[0].ours[0] == "app @ ."
    assert result.differences[0].theirs == ()
