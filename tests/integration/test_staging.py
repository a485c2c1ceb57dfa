"""Staging by the real uv and the real pip, for a real interpreter, from a local index."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from packaging.version import Version

from syncsteps import staging
from syncsteps.errors import StagingError
from syncsteps.interpreter import probe
from syncsteps.locks.model import Archive, Directory, Hash, Package, Sdist, Vcs, Wheel
from syncsteps.selection.model import Pinned, Selected
from syncsteps.staging.model import StageOptions
from syncsteps.staging.pip import PipStager, embedded_pip
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.locks import make_lock
from tests.support.prefixes import selection_of
from tests.support.projects import snapshot
from tests.support.wheels import make_sdist, make_source_tree, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.staging.model import Stage, StagedDistribution

pytestmark = pytest.mark.enable_socket
both = pytest.mark.parametrize("installer", ["uv", "pip"])
git = shutil.which("git")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    directory = tmp_path / "files"
    directory.mkdir()
    with Index(directory) as running:
        yield running


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    return probe(throwaway_interpreter(tmp_path_factory.mktemp("target")))


@pytest.fixture
def environment(index: Index, tmp_path: Path) -> dict[str, str]:
    """The variables to stage with: the local index only, caches of the test's own, no patience."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "VIRTUAL_ENV"))
    }
    return {
        **kept,
        "HOME": str(tmp_path / "home"),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": index.url,
        "PIP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_DEFAULT_INDEX": index.url,
        "UV_HTTP_RETRIES": "0",
    }


@pytest.fixture
def run(target: Interpreter, tmp_path: Path, environment: dict[str, str]) -> Callable[..., Stage]:
    """Stage packages; each time into a directory of its own, which ``Stage.root`` names."""
    project = tmp_path / "project"
    project.mkdir()
    lines: list[str] = []

    def call(
        *items: Selected,
        installer: str,
        source: str = "lock",
        variables: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] = lines.append,
    ) -> Stage:
        directory = tmp_path / f"stage-{len(list(tmp_path.glob('stage-*')))}"
        directory.mkdir()
        return staging.stage(
            selection_of(*items),
            lock=make_lock(root=project),
            interpreter=target,
            directory=directory,
            installer=installer,
            options=StageOptions(source=source),
            environment={**environment, **(variables or {})},
            on_line=on_line,
        )

    return call


def _locked(index: Index, file: Path, *, digest: str | None = None) -> Selected:
    """The entry of a lock for a file of the index."""
    kind = Wheel if file.suffix == ".whl" else Sdist
    name, version = file.name.removesuffix(".tar.gz").split("-")[:2]
    entry = kind(
        filename=file.name,
        url=index.file_url(file.name),
        hashes=(Hash(algorithm="sha256", digest=digest or sha256(file)),),
    )
    package = Package(name=name.replace("_", "-"), version=Version(version), index=index.url)
    return Selected(package=package, chosen=entry)


def _files(one: StagedDistribution) -> dict[str, tuple[int, bytes]]:
    return {file.target: (file.mode, Path(file.source).read_bytes()) for file in one.files}


def _rich_wheel(directory: Path) -> Path:
    return make_wheel(
        directory,
        "rich-demo",
        files={"rich_demo/__init__.py": "", "rich_demo/tool": "#!/bin/sh\n", "top.py": "x = 1\n"},
        entry_points={
            "console_scripts": {"rich-demo": "top:main", "pip": "top:deep.er", "both": "top:x [y]"},
            "gui_scripts": {"rich-gui": "top:gui"},
        },
        scripts={"script": "#!python\nprint('ran')\n", "with-flag": "#!python -E\n", "both": "x"},
        data={
            "data/share/rich/x.txt": "x",
            "headers/x.h": "h",
            "platlib/plat.py": "",
            "data/y": "",
        },
        executable=["rich_demo/tool"],
    )


@both
@pytest.mark.parametrize("source", ["lock", "index"])
def test_wheels_and_sdists(
    run: Callable[..., Stage], index: Index, target: Interpreter, installer: str, source: str
) -> None:
    wheel = _rich_wheel(index.directory)
    sdist = make_sdist(index.directory, "built", entry_points={"console_scripts": {"b": "b:main"}})
    before = snapshot(target.prefix)
    stage = run(_locked(index, wheel), _locked(index, sdist), installer=installer, source=source)

    assert [(one.name, one.version) for one in stage.distributions] == [
        ("built", "1.0"),
        ("rich-demo", "1.0"),
    ]
    built, demo = stage.distributions
    scheme = target.scheme
    assert {Path(file.target).name for file in built.files} >= {
        "built.py",
        "RECORD",
    }
    places = {Path(file.target): file.mode for file in demo.files}
    assert scheme.data / "share/rich/x.txt" in places
    assert scheme.headers / "rich-demo/x.h" in places or scheme.headers / "rich_demo/x.h" in places
    assert scheme.purelib / "plat.py" in places
    if sys.platform != "win32":
        assert places[scheme.scripts / "script"] == 0o755
        assert places[scheme.purelib / "rich_demo/tool"] == 0o755
        targets = (file for file in demo.files if Path(file.target).name == "script")
        script = Path(next(targets).source)
        assert script.read_text() == f"#!{target.executable}\nprint('ran')\n"
        assert subprocess.check_output([script], text=True) == "ran\n"
    assert not list(stage.root.rglob("direct_url.json"))
    assert (index.count("/simple/") == 0) is (source == "lock")
    assert snapshot(target.prefix) == before


def _of_every_kind(index: Index, tmp_path: Path) -> list[Selected]:
    """A wheel, an sdist and a pin of an index, an archive by URL and one by path, a directory."""
    url = make_wheel(index.directory, "by-url", entry_points={"console_scripts": {"u": "by_url:m"}})
    path = make_wheel(tmp_path / "project" / "files", "by-path")
    make_source_tree(tmp_path / "project" / "tree", "by-directory")
    sources: dict[str, Archive | Directory] = {
        "by-url": Archive(
            url=index.file_url(url.name), hashes=(Hash(algorithm="sha256", digest=sha256(url)),)
        ),
        "by-path": Archive(
            path=f"files/{path.name}", hashes=(Hash(algorithm="sha256", digest=sha256(path)),)
        ),
        "by-directory": Directory(path="tree"),
    }
    sdist = make_sdist(index.directory, "built", entry_points={"console_scripts": {"b": "b:main"}})
    return [
        _locked(index, _rich_wheel(index.directory)),
        _locked(index, sdist),
        *(
            Selected(
                package=Package(name=name, version=Version("1.0"), source=source), chosen=source
            )
            for name, source in sources.items()
        ),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="each has programs of its own there")
def test_uv_and_pip_stage_the_same(run: Callable[..., Stage], index: Index, tmp_path: Path) -> None:
    items = _of_every_kind(index, tmp_path)
    by_uv, by_pip = (
        [_files(one) for one in run(*items, installer=installer).distributions]
        for installer in ("uv", "pip")
    )
    assert len(by_uv) == len(items)
    assert by_uv == by_pip


@both
def test_the_same_stage_twice_is_the_same(
    run: Callable[..., Stage], index: Index, installer: str
) -> None:
    wheel = _locked(index, _rich_wheel(index.directory))
    first, second = (
        [(file.target, file.mode, file.sha256) for file in stage.distributions[0].files]
        for stage in (run(wheel, installer=installer), run(wheel, installer=installer))
    )
    assert first == second


@both
def test_a_pin_without_a_file(run: Callable[..., Stage], index: Index, installer: str) -> None:
    wheel = make_wheel(index.directory)
    pin = Selected(
        package=Package(name="demo", version=Version("1.0")),
        chosen=Pinned(hashes=(Hash(algorithm="sha256", digest=sha256(wheel)),)),
    )
    assert run(pin, installer=installer).distributions[0].name == "demo"


@both
def test_a_wrong_hash(run: Callable[..., Stage], index: Index, installer: str) -> None:
    wheel = make_wheel(index.directory)
    with pytest.raises(StagingError, match=r"demo.* does not have the lock's hash") as caught:
        run(
            _locked(index, wheel, digest="0" * 64),
            installer=installer,
            variables={"UV_NO_VERIFY_HASHES": "1"},
        )
    assert any("0" * 64 in line for line in caught.value.details)


@both
def test_a_file_that_was_changed(run: Callable[..., Stage], index: Index, installer: str) -> None:
    wheel = make_wheel(index.directory)
    index.corrupt = {wheel.name}
    # uv unpacks while it fetches, and may stumble over the content before it knows the hash.
    with pytest.raises(StagingError, match=r"does not have the lock's hash|cannot be unpacked"):
        run(_locked(index, wheel), installer=installer)


@both
def test_a_file_that_is_gone(run: Callable[..., Stage], index: Index, installer: str) -> None:
    wheel = make_wheel(index.directory)
    index.missing = {wheel.name}
    with pytest.raises(StagingError, match=rf"{wheel.name} cannot be found"):
        run(_locked(index, wheel), installer=installer)


@both
def test_a_dead_index(run: Callable[..., Stage], index: Index, installer: str) -> None:
    wheel = _locked(index, make_wheel(index.directory))
    index.stop()
    with pytest.raises(StagingError, match="the network does not give"):
        run(wheel, installer=installer)


@both
def test_a_build_that_fails(run: Callable[..., Stage], index: Index, installer: str) -> None:
    script = "raise RuntimeError('no compiler')"
    sdist = make_sdist(index.directory, "broken", build_script=script)
    with pytest.raises(StagingError, match="cannot be built") as caught:
        run(_locked(index, sdist), installer=installer)
    assert any("RuntimeError: no compiler" in line for line in caught.value.details)


@both
def test_a_build_that_gives_another_version(
    run: Callable[..., Stage], index: Index, installer: str, tmp_path: Path
) -> None:
    make_source_tree(tmp_path / "project", "local", "2.0")
    package = Package(name="local", version=Version("1.0"), source=Directory(path="."))
    with pytest.raises(StagingError, match=r"local 2\.0 was staged, and the lock says 1\.0"):
        run(Selected(package=package, chosen=Directory(path=".")), installer=installer)
    assert index.requests == []


@both
def test_a_local_project_is_built_from_what_is_there_now(
    run: Callable[..., Stage], index: Index, installer: str, tmp_path: Path
) -> None:
    tree = make_source_tree(tmp_path / "project", "local", files={"local/deep/x.py": "x = 1\n"})
    directory = Directory(path=".")
    local = Selected(package=Package(name="local", source=directory), chosen=directory)
    wheel = _locked(index, make_wheel(index.directory))
    first = run(local, wheel, installer=installer)
    (tree / "src/local/deep/x.py").write_text("x = 2\n")
    second = run(local, wheel, installer=installer)
    texts = [next(stage.root.rglob("deep/x.py")).read_text() for stage in (first, second)]
    assert texts == ["x = 1\n", "x = 2\n"]
    names = [one.name for one in second.distributions]
    assert names == ["demo", "local"]
    document = json.loads((second.distributions[1].metadata / "direct_url.json").read_text())
    assert document["url"] == tree.as_uri()


@both
@pytest.mark.skipif(git is None, reason="git is not installed")
def test_a_repository_beside_hashed_files(
    run: Callable[..., Stage], index: Index, installer: str, tmp_path: Path
) -> None:
    if installer == "pip" and Version(importlib.metadata.version("pip")) < Version("24.1"):
        pytest.skip("this pip takes no git+file: URL")
    tree = make_source_tree(tmp_path / "repository", "tracked")
    identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tree, check=True)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tree, text=True).strip()
    source = Vcs(type="git", url=tree.as_uri(), commit_id=commit)
    tracked = Selected(
        package=Package(name="tracked", version=Version("1.0"), source=source), chosen=source
    )
    stage = run(tracked, _locked(index, make_wheel(index.directory)), installer=installer)
    demo, repository = stage.distributions
    assert not (demo.metadata / "direct_url.json").exists()
    document = json.loads((repository.metadata / "direct_url.json").read_text())
    assert document["vcs_info"]["commit_id"] == commit


@both
def test_nothing_redirects_the_installation(
    run: Callable[..., Stage], index: Index, installer: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "project" / "pyproject.toml").write_text(
        "[tool.uv]\noverride-dependencies = ['demo>=2']\nconstraint-dependencies = ['x>=2']\n"
        f"[tool.uv.pip]\ntarget = '{elsewhere}'\nno-deps = false\n"
    )
    names = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_TARGET", "UV_PREFIX", "VIRTUAL_ENV")
    variables = {
        **dict.fromkeys(names, str(elsewhere)),
        "PIP_DRY_RUN": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PIP_USER": "1",
        "PYTHONPATH": str(elsewhere),
        "UV_LINK_MODE": "symlink",
        "UV_SYSTEM_PYTHON": "1",
    }
    wheel = _locked(index, make_wheel(index.directory, requires=["missing"]))
    stage = run(wheel, installer=installer, variables=variables)
    assert stage.distributions[0].name == "demo"
    assert not elsewhere.exists()


def test_a_users_configuration_does_not_redirect_uv(
    run: Callable[..., Stage], index: Index, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    file = tmp_path / "home" / ".config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"[pip]\ntarget = '{elsewhere}'\n")
    stage = run(_locked(index, make_wheel(index.directory)), installer="uv")
    assert stage.distributions[0].name == "demo"
    assert not elsewhere.exists()


def test_uv_follows_the_projects_index(
    run: Callable[..., Stage], index: Index, tmp_path: Path
) -> None:
    (tmp_path / "project" / "uv.toml").write_text(f"index-url = '{index.url}'\n")
    wheel = _locked(index, make_wheel(index.directory))
    variables = {"UV_DEFAULT_INDEX": ""}
    stage = run(wheel, installer="uv", source="index", variables=variables)
    assert stage.distributions[0].name == "demo"
    assert index.count("/simple/demo") == 1


@both
def test_credentials_reach_the_index_and_no_log(
    run: Callable[..., Stage], index: Index, installer: str
) -> None:
    url = index.url.replace("http://", "http://someone:hunter2@")
    wheel = make_wheel(index.directory)
    lines: list[str] = []
    variables = {"UV_DEFAULT_INDEX": url, "PIP_INDEX_URL": url}
    item = _locked(index, wheel)
    run(item, installer=installer, source="index", variables=variables, on_line=lines.append)
    assert index.credentials
    index.missing = {wheel.name}
    gone = replace(item, package=replace(item.package, version=Version("2.0")))
    with pytest.raises(StagingError) as caught:
        run(gone, installer=installer, source="index", variables=variables, on_line=lines.append)
    assert "hunter2" not in "\n".join([*lines, str(caught.value), *caught.value.details])


@both
@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_narrow_umask_makes_no_narrow_files(
    run: Callable[..., Stage], index: Index, installer: str
) -> None:
    old = os.umask(0o077)
    try:
        stage = run(_locked(index, _rich_wheel(index.directory)), installer=installer)
    finally:
        os.umask(old)
    modes = {
        stat.S_IMODE(Path(file.source).stat().st_mode) for file in stage.distributions[0].files
    }
    assert modes == {0o644, 0o755}


def test_the_pip_that_virtualenv_carries(
    index: Index, target: Interpreter, tmp_path: Path, environment: dict[str, str]
) -> None:
    pytest.importorskip("virtualenv")
    wheel = embedded_pip(target.version)
    assert wheel is not None
    stager = PipStager(
        pip=(str(target.executable), "-I", str(wheel / "pip")), environment=environment
    )
    directory, requests = tmp_path / "stage", tmp_path / "requests"
    directory.mkdir()
    requests.mkdir()
    selection = selection_of(_locked(index, make_wheel(index.directory)))
    stager.stage(
        selection,
        lock=make_lock(root=tmp_path),
        interpreter=target,
        directory=directory,
        requests=requests,
        options=StageOptions(),
        on_line=lambda _: None,
    )

    def alone(name: str) -> NoReturn:
        raise AssertionError(f"{name} was to be staged alone")

    stage = staging.read_stage(
        directory,
        interpreter=target,
        selection=selection,
        lock=make_lock(root=tmp_path),
        alone=alone,
    )
    assert [one.name for one in stage.distributions] == ["demo"]


@both
def test_of_wheels_that_overwrite_each_other_the_last_by_name_wins(
    run: Callable[..., Stage], index: Index, target: Interpreter, installer: str
) -> None:
    wheels = [
        make_wheel(
            index.directory,
            name,
            files={"cv2/__init__.py": f"{name}\n", "cv2/own.py": "" if name == "zwei" else "x"},
            entry_points={"console_scripts": {"cv": f"{name}:main"}},
        )
        for name in ("eins", "drei", "zwei")
    ]
    stage = run(*(_locked(index, wheel) for wheel in wheels), installer=installer)
    scheme = target.scheme
    init, own = (scheme.purelib / "cv2" / name for name in ("__init__.py", "own.py"))
    script = scheme.scripts / "cv"
    assert [(clash.loser, clash.winner, clash.target) for clash in stage.clashes] == [
        *((loser, "zwei", script) for loser in ("drei", "eins")),
        *((loser, "zwei", file) for file in (init, own) for loser in ("drei", "eins")),
    ]
    contents = {
        Path(file.target): Path(file.source).read_text()
        for one in stage.distributions
        for file in one.files
    }
    assert contents[init] == "zwei\n"
    assert contents[own] == ""
    assert "from zwei import main" in contents[script]
    for one in stage.distributions:
        for file in one.files:
            assert sha256(Path(file.source)) == file.sha256
    assert not (stage.root / ".alone").exists()
