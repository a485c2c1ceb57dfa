"""The rules on systems in a prefix as conda makes it: its records tell whose the files are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.cli import main
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.prefixes import unpack
from tests.support.systems import System
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.enable_socket

REFUSED = 4


class Conda:
    """A prefix in which conda has installed python, and what a test adds to it."""

    def __init__(self, system: System, wheels: Path) -> None:
        self.system = system
        self._wheels = wheels
        library = next(system.prefix.glob("lib/python3.*"))
        self.site = (library / "site-packages").relative_to(system.prefix).as_posix()
        (system.prefix / "conda-meta").mkdir()
        self._write("python", "3", files=[f"lib/{library.name}/os.py", f"bin/{library.name}"])

    def _write(
        self, name: str, version: str, *, files: list[str], depends: tuple[str, ...] = ()
    ) -> None:
        value = {
            "build": "py_0",
            "build_number": 0,
            "depends": list(depends),
            "files": files,
            "link": {"source": f"/opt/pkgs/{name}", "type": 1},
            "name": name,
            "paths_data": {"paths": [{"_path": file} for file in files], "paths_version": 1},
            "version": version,
        }
        path = self.system.prefix / "conda-meta" / f"{name}-{version}-py_0.json"
        path.write_text(json.dumps(value, indent=2, sort_keys=True), "utf-8")

    def install(
        self, name: str, version: str, *, depends: tuple[str, ...] = (), requires: str = ""
    ) -> None:
        """Install a distribution as a conda package of its name; ``depends`` are conda's."""
        before = set(self.system.snapshot())
        self.pip_install(name, version, requires=requires)
        new = [Path(path) for path in set(self.system.snapshot()) - before]
        prefix = self.system.prefix
        files = sorted(path.relative_to(prefix).as_posix() for path in new if path.is_file())
        self._write(name, version, files=files, depends=("python >=3.9", *depends))

    def pip_install(self, name: str, version: str, *, requires: str = "") -> None:
        """Install a distribution behind conda's back."""
        needs = [requires] if requires else []
        wheel = make_wheel(self._wheels, name, version, requires=needs)
        unpack(wheel, self.system.prefix, site=self.site)

    def lock(self, *versions: tuple[str, str]) -> None:
        index = self.system.index.directory
        self.system.lock([make_wheel(index, name, version) for name, version in versions])


@pytest.fixture
def conda(tmp_path: Path) -> Iterator[Conda]:
    for name in ("files", "project"):
        (tmp_path / name).mkdir()
    with Index(tmp_path / "files") as index:
        system = System(
            target=throwaway_interpreter(tmp_path / "conda"),
            project=tmp_path / "project",
            index=index,
            caches=tmp_path / "caches",
        )
        made = Conda(system, tmp_path / "wheels")
        made.install("low", "1.0")
        made.install("middle", "1.0", depends=("low >=1,<2",), requires="low<2")
        made.install("top", "1.0", depends=("middle",))
        yield made


def test_what_conda_installed_is_not_replaced_and_who_needs_it_is_named(
    conda: Conda, capsys: pytest.CaptureFixture[str]
) -> None:
    conda.lock(("low", "2.0"))
    before = conda.system.snapshot()
    assert conda.system.run("sync") == REFUSED
    assert conda.system.snapshot() == before
    said = capsys.readouterr().err
    owned = ", of low (conda), which middle needs, and through it top"
    site = conda.system.prefix / conda.site
    assert f"error SYS001: low 2.0 would replace 1.0 in {site}{owned}\n" in said
    assert f"error SYS005: middle 1.0 of middle (conda) in {site} stays, and needs low<2" in said

    # A recorded snapshot of it says the same, with the prefix gone.
    snapshot = conda.system.project / "base.json"
    assert conda.system.run("inspect", "-o", str(snapshot)) == 0
    conda.system.prefix.rename(conda.system.prefix.with_name("gone"))
    capsys.readouterr()
    status = main(
        ["verify", "--interpreter", str(snapshot)],
        environment=conda.system.environment,
        directory=conda.system.project,
    )
    assert status == 1
    assert [line for line in capsys.readouterr().err.splitlines() if "error SYS" in line] == [
        line for line in said.splitlines() if "error SYS" in line
    ]


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_was_allowed_is_replaced_and_the_rest_of_conda_s_stays(
    installer: str, conda: Conda, capsys: pytest.CaptureFixture[str]
) -> None:
    conda.lock(("low", "2.0"), ("top", "1.0"))
    options = ("--allow-replace", "low", "--installer", installer, "--prune", "all")
    assert conda.system.run("sync", *options, "--verbose") == 0
    assert "already there, of top (conda)" in capsys.readouterr().err
    assert conda.system.installed() == {"low": "2.0", "middle": "1.0", "top": "1.0"}


def test_what_pip_put_beside_it_is_nobody_s(
    conda: Conda, capsys: pytest.CaptureFixture[str]
) -> None:
    conda.pip_install("extra", "0.9")
    conda.lock(("extra", "1.0"))
    assert conda.system.run("sync") == 0
    assert "SYS001" not in capsys.readouterr().err
    assert conda.system.installed()["extra"] == "1.0"


def test_a_file_of_conda_s_is_not_overwritten_by_one_of_another_name(
    conda: Conda, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"low.py": "another = 1\n"}
    conda.system.lock([make_wheel(conda.system.index.directory, "rival", "1.0", files=files)])
    before = conda.system.snapshot()
    assert conda.system.run("sync") == REFUSED
    assert conda.system.snapshot() == before
    assert "SYS009: rival would overwrite" in capsys.readouterr().err
