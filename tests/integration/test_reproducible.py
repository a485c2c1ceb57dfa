"""One lock on one base gives one tree, byte for byte, by whichever installer."""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.interpreters import throwaway_interpreter
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from tests.support.systems import System

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(sys.platform == "win32", reason="directories keep their times there"),
]
EPOCH = 1_700_000_000
VARIABLES = {"SOURCE_DATE_EPOCH": str(EPOCH)}
INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])


@pytest.fixture
def wheels(system: System) -> list[Path]:
    return [
        make_wheel(
            system.index.directory,
            "alpha",
            "1.0",
            files={
                "alpha/__init__.py": "def main(): pass\n",
                "alpha/deep/mod.py": "x = 1\n",
                "top.py": "",
            },
            entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
            data={"data/share/alpha/x.txt": "x", "headers/x.h": "h"},
        ),
        make_wheel(system.index.directory, "beta", "1.0", files={"beta.py": ""}),
    ]


def _again(system: System) -> None:
    """Put the system back to what it was before any sync."""
    shutil.rmtree(system.prefix)
    throwaway_interpreter(system.prefix)


def _archive(directory: Path) -> str:
    """The digest of the directory as an archive: names, bytes, modes, owners and mtimes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in (directory, *sorted(directory.rglob("*"))):
            if "__pycache__" not in path.parts or "site-packages" in path.parts:
                archive.add(path, arcname=str(path), recursive=False)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def _sync_twice(system: System, wheels: list[Path], installer: str) -> str:
    """Install, upgrade one distribution and remove another; return the archive's digest."""
    system.lock(wheels)
    assert system.run("sync", "--installer", installer, **VARIABLES) == 0
    upgrade = make_wheel(
        system.index.directory,
        "alpha",
        "2.0",
        files={"alpha/__init__.py": "", "alpha/new/m.py": ""},
    )
    system.lock([upgrade])
    assert system.run("sync", "--installer", installer, **VARIABLES) == 0
    return _archive(system.prefix)


def test_archives_of_two_builds_are_the_same(system: System, wheels: list[Path]) -> None:
    digests = []
    for installer in ("uv", "uv", "pip"):
        digests.append(_sync_twice(system, wheels, installer))
        time.sleep(1.1)  # no time stamp of one build is that of another
        _again(system)
    assert digests == digests[:1] * 3


@INSTALLERS
@pytest.mark.parametrize("verb", ["sync", "install"])
def test_every_file_and_every_changed_directory_has_the_time(
    verb: str, installer: str, system: System, wheels: list[Path]
) -> None:
    before = set(system.prefix.rglob("*"))
    system.lock(wheels)
    assert system.run(verb, "--installer", installer, **VARIABLES) == 0
    made = set(system.prefix.rglob("*")) - before
    assert len(made) > 20
    assert {path.name for path in made} >= {"alpha-tool", "x.txt", "x.h", ".syncsteps", "receipts"}
    assert {path.stat().st_mtime for path in made} == {EPOCH}
    site = next(path for path in made if path.name == "top.py").parent
    for changed in (site, site.parent, system.prefix / "bin", system.prefix):
        assert changed.stat().st_mtime == EPOCH
    assert (site.parent / "json").stat().st_mtime != EPOCH
    cached = [path.stat().st_mtime for path in (system.caches / "uv").rglob("*") if path.is_file()]
    assert EPOCH not in cached
    assert system.run("check") == 0


def test_nothing_to_do_sets_no_time(system: System, wheels: list[Path]) -> None:
    system.lock(wheels)
    assert system.run("sync") == 0
    before = _archive(system.prefix)
    assert system.run("sync", **VARIABLES) == 0
    assert _archive(system.prefix) == before


@pytest.mark.parametrize("verb", ["sync", "install"])
def test_a_time_that_is_none_is_refused(
    verb: str, system: System, wheels: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    system.lock(wheels)
    before = system.snapshot()
    assert system.run(verb, SOURCE_DATE_EPOCH="yesterday") == 2
    assert "SOURCE_DATE_EPOCH='yesterday': expected whole seconds" in capsys.readouterr().err
    assert system.snapshot() == before


COMPILED = ("--compile-bytecode",)


def _compiled(system: System) -> dict[str, bytes]:
    site = next(system.prefix.rglob("site-packages"))
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*.pyc")}


def test_byte_code_is_the_same_each_time_and_by_both(system: System, wheels: list[Path]) -> None:
    found, digests = [], []
    for installer, verb in (("uv", "sync"), ("pip", "sync"), ("uv", "install")):
        system.lock(wheels)
        assert system.run(verb, "--installer", installer, *COMPILED, **VARIABLES) == 0
        found.append(_compiled(system))
        digests.append(_archive(system.prefix))
        time.sleep(1.1)
        _again(system)
    assert [path.partition(".")[0] for path in sorted(found[0])] == [
        "__pycache__/beta",
        "__pycache__/top",
        "alpha/__pycache__/__init__",
        "alpha/deep/__pycache__/mod",
    ]
    assert found == found[:1] * 3
    assert digests == digests[:1] * 3


def test_byte_code_comes_and_goes_with_its_distribution(system: System, wheels: list[Path]) -> None:
    before = set(system.snapshot())
    site = next(system.prefix.rglob("site-packages"))
    # What is left of something that nobody owns any more is not in the way.
    (site / "__pycache__").mkdir(exist_ok=True)
    tag = sys.implementation.cache_tag
    (site / "__pycache__" / f"beta.{tag}.pyc").write_bytes(b"old")
    system.lock(wheels)
    assert system.run("sync", *COMPILED) == 0
    compiled = _compiled(system)
    assert compiled[f"__pycache__/beta.{tag}.pyc"] != b"old"
    assert system.run("check") == 0
    for path in compiled:
        (site / path).write_bytes(b"the interpreter may do so")
    assert system.run("check") == 0
    system.lock(wheels[:1])
    assert system.run("sync", *COMPILED) == 0
    assert not any("beta" in path for path in _compiled(system))
    system.lock([])
    assert system.run("sync", *COMPILED) == 0
    assert _compiled(system) == {}
    made = [Path(path) for path in set(system.snapshot()) - before if ".syncsteps" not in path]
    assert [path for path in made if not path.is_dir()] == []


def test_the_settings_say_so_too(
    system: System, wheels: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    system.lock(wheels)
    assert system.run("sync") == 0
    assert _compiled(system) == {}
    (system.project / "pyproject.toml").write_text("[tool.syncsteps]\ncompile-bytecode = true\n")
    assert system.run("sync", "--reinstall-package", "beta") == 0
    assert [path.partition(".")[0] for path in _compiled(system)] == ["__pycache__/beta"]
    assert "compiled 1 module in" in capsys.readouterr().err
    variables = {"SYNCSTEPS_COMPILE_BYTECODE": "0"}
    assert system.run("sync", "--reinstall-package", "beta", **variables) == 0
    assert _compiled(system) == {}
