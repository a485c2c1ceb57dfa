"""Locks that name an index for what they give no address of: it is asked, and no other one."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from syncsteps import staging
from syncsteps.errors import StagingError
from syncsteps.interpreter import probe
from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from syncsteps.staging.model import StageOptions
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.wheels import make_sdist, make_source_tree, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.staging.model import Stage

pytestmark = pytest.mark.enable_socket
both = pytest.mark.parametrize("installer", ["uv", "pip"])
KINDS = ("Pipfile.lock", "poetry.lock", "pdm.lock", "requirements.txt")
every_kind = pytest.mark.parametrize("kind", KINDS)

POETRY = """
[[package]]
name = "NAME"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [{file = "FILE", hash = "sha256:HASH"}]
SOURCE
[metadata]
lock-version = "2.1"
python-versions = "*"
content-hash = "0"
"""
PDM = """
[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:0"

[[package]]
name = "NAME"
version = "1.0"
groups = ["default"]
files = [{file = "FILE", hash = "sha256:HASH"}]
"""


@dataclass
class World:
    """Two indexes, ``other`` being the one that locks name, and a project's directory."""

    default: Index
    other: Index
    directory: Path
    target: Interpreter
    environment: dict[str, str]

    def write(self, kind: str, file: Path, *, index: str | None = None) -> Path:
        """Write a lock of ``file``, from the other index or from ``index``."""
        name = file.name.partition("-")[0]
        url = self.other.url if index is None else index
        texts = {"NAME": name, "FILE": file.name, "HASH": sha256(file)}
        if kind == "Pipfile.lock":
            entry = {"version": "==1.0", "hashes": [f"sha256:{texts['HASH']}"], "index": "other"}
            sources = [
                {"name": "main", "url": self.default.url, "verify_ssl": True},
                {"name": "other", "url": url, "verify_ssl": False},
            ]
            meta = {"hash": {"sha256": "0" * 64}, "pipfile-spec": 6, "sources": sources}
            text = json.dumps({"_meta": meta, "default": {name: entry}, "develop": {}})
        elif kind == "poetry.lock":
            source = f'[package.source]\ntype = "legacy"\nurl = "{url}"\nreference = "other"\n'
            text = POETRY.replace("SOURCE", source)
        elif kind == "pdm.lock":
            (self.directory / "pyproject.toml").write_text(
                f'[project]\nname = "app"\nversion = "1"\ndependencies = ["{name}"]\n'
                f'[[tool.pdm.source]]\nname = "other"\nurl = "{url}"\ninclude_packages = ["d*"]\n'
            )
            text = PDM
        else:
            text = f"--index-url {url}\nNAME==1.0 --hash=sha256:HASH\n"
        for placeholder, value in texts.items():
            text = text.replace(placeholder, value)
        path = self.directory / kind
        path.write_text(text)
        return path

    def stage(
        self,
        lock: Path,
        installer: str,
        *,
        source: str = "lock",
        variables: Mapping[str, str] | None = None,
    ) -> Stage:
        environment = {**self.environment, **(variables or {})}
        found = read_lock(lock, environment=environment)
        place = self.directory / f"stage-{len(list(self.directory.glob('stage-*')))}"
        place.mkdir()
        return staging.stage(
            select(found, Request(project=False), self.target),
            lock=found,
            interpreter=self.target,
            directory=place,
            installer=installer,
            options=StageOptions(source=source),
            environment=environment,
            on_line=lambda _: None,
        )


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return probe(throwaway_interpreter(tmp_path_factory.mktemp("target")))


@pytest.fixture
def world(tmp_path: Path, target: Interpreter) -> Iterator[World]:
    folders = [tmp_path / name for name in ("default", "other", "project", "home")]
    for folder in folders:
        folder.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PIP_", "UV_", "VIRTUAL_"))}
    with Index(folders[0]) as default, Index(folders[1]) as other:
        environment = {
            **kept,
            "HOME": str(folders[3]),
            "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
            "PIP_INDEX_URL": default.url,
            "PIP_RETRIES": "0",
            "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
            "UV_DEFAULT_INDEX": default.url,
            "UV_HTTP_RETRIES": "0",
        }
        yield World(default, other, folders[2], target, environment)


def _content(stage: Stage) -> str:
    return next(stage.root.rglob("demo/__init__.py")).read_text()


def _wheel(index: Index, content: str, name: str = "demo") -> Path:
    return make_wheel(index.directory, name, files={f"{name}/__init__.py": content})


@both
@every_kind
def test_the_index_of_the_lock_is_asked_and_no_other(
    world: World, installer: str, kind: str
) -> None:
    wanted = _wheel(world.other, "right = 1\n")
    _wheel(world.default, "wrong = 1\n")
    stage = world.stage(world.write(kind, wanted), installer)
    assert _content(stage) == "right = 1\n"
    assert world.default.requests == []
    assert not list(stage.root.rglob("direct_url.json"))


@both
@every_kind
def test_another_index_is_no_way_out(world: World, installer: str, kind: str) -> None:
    """Neither where the lock's index does not have it, nor for a file of the same name."""
    _wheel(world.default, "wrong = 1\n")
    elsewhere = make_wheel(world.directory, "demo")
    lock = world.write(kind, elsewhere)
    variables = {
        "PIP_EXTRA_INDEX_URL": world.default.url,
        "PIP_FIND_LINKS": str(world.default.directory),
        "UV_EXTRA_INDEX_URL": world.default.url,
        "UV_FIND_LINKS": str(world.default.directory),
        "UV_INDEX": world.default.url,
    }
    with pytest.raises(StagingError) as caught:
        world.stage(lock, installer, variables=variables)
    assert world.default.requests == []
    assert f"The lock says where to look: {world.other.url}" in caught.value.hint


@both
def test_nor_are_those_of_configuration_files(world: World, installer: str) -> None:
    wanted = _wheel(world.other, "right = 1\n")
    _wheel(world.default, "wrong = 1\n")
    links = world.default.directory
    home = world.directory.parent / "home"
    for path, text in {
        ".config/pip/pip.conf": f"[global]\nextra-index-url = {world.default.url}\n"
        f"find-links = {links}\n",
        ".config/uv/uv.toml": f'find-links = ["{links}"]\n[[index]]\nurl = "{world.default.url}"\n',
    }.items():
        (home / path).parent.mkdir(parents=True)
        (home / path).write_text(text)
    (world.directory / "uv.toml").write_text(f'[[index]]\nurl = "{world.default.url}"\n')
    stage = world.stage(world.write("poetry.lock", wanted), installer)
    assert _content(stage) == "right = 1\n"
    assert world.default.requests == []


@both
@every_kind
def test_the_configured_index_where_it_is_asked_for(
    world: World, installer: str, kind: str
) -> None:
    wanted = _wheel(world.default, "right = 1\n")
    _wheel(world.other, "wrong = 1\n")
    stage = world.stage(world.write(kind, wanted), installer, source="index")
    assert _content(stage) == "right = 1\n"
    assert world.other.requests == []


@both
def test_packages_of_two_indexes_in_one_lock(world: World, installer: str) -> None:
    ours, theirs = _wheel(world.other, "right = 1\n"), _wheel(world.default, "x = 1\n", "plain")
    lock = world.write("poetry.lock", ours)
    first = lock.read_text()
    plain = POETRY.partition("[metadata]")[0].replace("SOURCE", "").replace("NAME", "plain")
    plain = plain.replace("FILE", theirs.name).replace("HASH", sha256(theirs))
    lock.write_text(plain + first)
    stage = world.stage(lock, installer)
    assert [one.name for one in stage.distributions] == ["demo", "plain"]
    assert (world.default.count("/demo"), world.other.count("/plain")) == (0, 0)


@both
def test_several_indexes_and_a_folder_of_requirements(world: World, installer: str) -> None:
    """All of them count for each package, as for pip, also one that has other versions first."""
    make_wheel(world.default.directory, "demo", "0.9")
    wanted, more = _wheel(world.other, "right = 1\n"), make_wheel(world.directory, "linked")
    lock = world.directory / "requirements.txt"
    for first, second in ((world.default, world.other), (world.other, world.default)):
        lock.write_text(
            f"-i {first.url}\n--extra-index-url {second.url}\n-f .\n--trusted-host 127.0.0.1\n"
            f"demo==1.0 --hash=sha256:{sha256(wanted)}\nlinked==1.0 --hash=sha256:{sha256(more)}\n"
        )
        stage = world.stage(lock, installer)
        assert _content(stage) == "right = 1\n"
        assert [one.name for one in stage.distributions] == ["demo", "linked"]


@both
def test_of_several_indexes_none_brings_in_a_file_of_its_own(world: World, installer: str) -> None:
    wanted = _wheel(world.other, "right = 1\n")
    _wheel(world.default, "wrong = 1\n")
    lock = world.directory / "requirements.txt"
    for first, second in ((world.default, world.other), (world.other, world.default)):
        lock.write_text(
            f"-i {first.url}\n--extra-index-url {second.url}\n"
            f"demo==1.0 --hash=sha256:{sha256(wanted)}\n"
        )
        try:
            assert _content(world.stage(lock, installer)) == "right = 1\n"
        except StagingError as error:
            # uv takes the file of the first index, and then looks at its hash.
            assert installer == "uv"
            assert "does not have the lock's hash" in str(error)  # noqa: PT017 - one of two ends


@both
def test_no_index_and_a_folder(world: World, installer: str) -> None:
    wheel = make_wheel(world.directory / "wheels", "demo")
    lock = world.directory / "requirements.txt"
    lock.write_text(f"--no-index\n-f wheels\ndemo==1.0 --hash=sha256:{sha256(wheel)}\n")
    assert [one.name for one in world.stage(lock, installer).distributions] == ["demo"]
    assert world.default.requests == world.other.requests == []


@both
def test_who_forbids_every_index_forbids_those_of_the_lock(world: World, installer: str) -> None:
    wheel = make_wheel(world.directory / "wheels", "demo")
    lock = world.write("poetry.lock", wheel)
    folder = (world.directory / "wheels").as_uri()
    (world.directory / "uv.toml").write_text(f'no-index = true\nfind-links = ["{folder}"]\n')
    variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder}
    stage = world.stage(lock, installer, variables=variables)
    assert [one.name for one in stage.distributions] == ["demo"]
    assert world.default.requests == world.other.requests == []


@both
def test_settings_reach_the_build(world: World, installer: str) -> None:
    script = "if SETTINGS.get('wanted') != 'yes': raise RuntimeError('not as wanted')"
    make_source_tree(world.directory / "tree", "local", build_script=script)
    lock = world.directory / "requirements.txt"
    lock.write_text("./tree\n")
    with pytest.raises(StagingError, match="cannot be built"):
        world.stage(lock, installer)
    lock.write_text("./tree --config-settings wanted=yes\n")
    assert [one.name for one in world.stage(lock, installer).distributions] == ["local"]


@both
def test_credentials_from_variables_are_used_and_not_told(world: World, installer: str) -> None:
    wanted = _wheel(world.other, "right = 1\n")
    url = world.other.url.replace("://", "://${WHO}:${CODE}@")
    lock = world.write("requirements.txt", wanted, index=url)
    variables = {"WHO": "me", "CODE": "hunter2-s3cret"}
    world.stage(lock, installer, variables=variables)
    assert world.other.credentials
    world.other.failures, world.other.failure_status = 100, 401
    with pytest.raises(StagingError) as caught:
        world.stage(lock, installer, variables={**variables, "UV_CACHE_DIR": str(lock) + ".cache"})
    told = "\n".join([str(caught.value), caught.value.hint, *caught.value.details])
    assert "hunter2" not in told
    assert "http://***@127.0.0.1" in caught.value.hint


@both
@pytest.mark.parametrize("option", ["--no-binary", "--only-binary"])
def test_which_kind_of_file_is_taken(world: World, installer: str, option: str) -> None:
    wheel = _wheel(world.default, "kind = 'wheel'\n")
    sdist = make_sdist(world.default.directory, "demo")
    lock = world.directory / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{sha256(file)}" for file in (wheel, sdist))
    lock.write_text(f"{option} demo\ndemo==1.0 {hashes}\n")
    world.stage(lock, installer)
    fetched = {path.rpartition("/")[2] for path in world.default.requests if "/files/" in path}
    assert fetched & {wheel.name, sdist.name} == {(sdist if "no-" in option else wheel).name}


MIRROR = """
[project]
name = "app"
version = "1"
[[tool.uv.index]]
name = "main"
url = "MAIN"
[[tool.uv.index]]
name = "own"
url = "OTHER"
explicit = true
"""


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX"])
def test_a_mirror_of_the_environment_wins_over_the_projects_indexes(
    world: World, variable: str
) -> None:
    wanted = _wheel(world.default, "right = 1\n")
    lock = world.write("poetry.lock", wanted)
    # An index that answers, but not with what is asked for.
    _wheel(world.other, "wrong = 1\n")
    text = MIRROR.replace("MAIN", world.other.url).replace("OTHER", world.other.url)
    (world.directory / "pyproject.toml").write_text(text)
    del world.environment["UV_DEFAULT_INDEX"]
    stage = world.stage(lock, "uv", source="index", variables={variable: world.default.url})
    assert _content(stage) == "right = 1\n"
    assert world.other.requests == []


def test_without_one_an_explicit_index_has_what_the_lock_takes_from_it(world: World) -> None:
    wanted = _wheel(world.other, "right = 1\n")
    lock = world.write("poetry.lock", wanted)
    text = MIRROR.replace("MAIN", world.default.url).replace("OTHER", world.other.url)
    (world.directory / "pyproject.toml").write_text(text)
    del world.environment["UV_DEFAULT_INDEX"]
    assert _content(world.stage(lock, "uv", source="index")) == "right = 1\n"
    assert world.default.requests == []
