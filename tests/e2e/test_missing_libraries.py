"""Real wheels in a Debian without their libraries: what is told is so, and what is named helps."""

from __future__ import annotations

import json
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from packaging.tags import cpython_tags

from syncsteps.processes import run
from syncsteps.smoke.libraries import (
    Certainty,
    find_missing,
    install_command,
    library_in,
    read_system,
    supplier,
)
from tests.support.debian import Root, debian_root, fork_root, missing_means

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncsteps.smoke.libraries import MissingLibrary, Supplier, System

pytestmark = [pytest.mark.root, pytest.mark.network, pytest.mark.enable_socket]

SITE = "/opt/site"
# Module to import, and the release that it is in. Their wheels are 170 MB together.
COMPILED = {
    "cv2": "opencv-python==4.11.0.86",
    "lightgbm": "lightgbm==4.6.0",
    "pygame.mixer": "pygame==2.6.1",
    "pygame.scrap": "pygame==2.6.1",
    "pyodbc": "pyodbc==5.2.0",
    "PyQt6.QtGui": "PyQt6==6.9.1",
}
LOADED_BY_NAME = {
    "cairocffi": "cairocffi==1.7.1",
    "magic": "python-magic==0.4.27",
    "psycopg": "psycopg==3.2.9",
    "pylibdmtx.pylibdmtx": "pylibdmtx==0.1.10",
    "pyzbar.pyzbar": "pyzbar==0.1.9",
    "sounddevice": "sounddevice==0.5.2",
    "wand.image": "Wand==0.6.13",
}
NEEDED_BESIDE = (
    "cffi==1.17.1",
    "numpy==1.26.4",
    "pycparser==2.22",
    "PyQt6-Qt6==6.9.1",
    "PyQt6-sip==13.10.2",
    "scipy==1.15.3",
    "typing-extensions==4.14.0",
)
# What is not there in a minimal root with Python.
EXPECTED = {
    "cv2": {"libGL.so.1", "libgthread-2.0.so.0", "libglib-2.0.so.0"},
    "pygame.mixer": {"libgthread-2.0.so.0", "libglib-2.0.so.0"},
    "pygame.scrap": {"libX11.so.6"},
    "pyodbc": {"libodbc.so.2"},
}

# One module after the other, each in a process of its own.
_IMPORT = """
import json, subprocess, sys
answers = {}
for name in sys.argv[1:]:
    code = "import sys; sys.path.insert(0, %r); import %s" % (sys.path[-1], name)
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        universal_newlines=True,
    )
    answers[name] = done.stderr if done.returncode else ""
print(json.dumps(answers))
"""
_LDD = 'while read -r file; do echo "FILE $file"; ldd "$file" 2>&1; done'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """A root with wheels in it."""

    root: Root

    @property
    def system(self) -> System:
        """The system that the root holds."""
        system = read_system(self.root.path)
        assert system is not None
        return system

    def files(self) -> list[Path]:
        """The files of the wheels, as this machine knows them."""
        return [file for file in (self.root.path / SITE[1:]).rglob("*") if file.is_file()]

    def missing(self) -> tuple[MissingLibrary, ...]:
        """What syncsteps says of them."""
        return find_missing(
            self.files(),
            executable=self.root.path / "usr/bin/python3",
            tags=[str(tag) for tag in cpython_tags((3, 11), ["cp311"], ["any"])],
            sites=[self.root.path / SITE[1:]],
            root=self.root.path,
        )

    def messages(self, *modules: str) -> dict[str, str]:
        """What importing each of the modules says; empty where it can be imported."""
        code = f"import sys; sys.path.append({SITE!r})\n{_IMPORT}"
        answers: dict[str, str] = json.loads(self.root.check(["python3", "-c", code, *modules]))
        return answers

    def by_the_loader(self) -> dict[str, set[str]]:
        """What the system's own loader misses for each file."""
        inside = [f"/{file.relative_to(self.root.path)}" for file in self.files()]
        asked = "".join(f"{path}\n" for path in inside if ".so" in path)
        done = self.root.run(["sh", "-c", _LDD], input_text=asked)
        answers: dict[str, set[str]] = {}
        current = ""
        for line in done.stdout.splitlines():
            current = line[5:] if line.startswith("FILE ") else current
            missing = re.match(r"\s*(\S+) => not found", line)
            if missing:
                answers.setdefault(current, set()).add(missing[1])
        return answers

    def owners(self, soname: str) -> set[str]:
        """The installed packages that have this library, as dpkg knows."""
        done = self.root.run(["dpkg", "-S", f"*/{soname}"])
        return {line.partition(":")[0] for line in done.stdout.splitlines()}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wheels]:
    reason = missing_means()
    if reason is not None or platform.machine() != "x86_64":
        pytest.skip(reason or "the wheels are for x86-64")
    directory = tmp_path_factory.mktemp("libraries")
    root = fork_root(Root(path=debian_root("bookworm")), directory / "root")
    # The root is thrown away: nothing in it has to outlive a power cut.
    (root.path / "etc/dpkg/dpkg.cfg.d/unsafe").write_text("force-unsafe-io\n")
    requirements = sorted({*COMPILED.values(), *LOADED_BY_NAME.values(), *NEEDED_BESIDE})
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--no-deps"]
    command += ["--only-binary=:all:", "--python-version=3.11", "--link-mode=copy"]
    command += ["--python-platform=x86_64-manylinux_2_36", f"--target={root.path}{SITE}"]
    done = run([*command, *requirements], timeout=300)
    assert done.status == 0, done.stderr
    yield Wheels(root=root)
    shutil.rmtree(directory)


def test_what_is_missing_is_what_the_loader_misses(wheels: Wheels) -> None:
    by_module: dict[str, set[str]] = {}
    for each in wheels.missing():
        by_module.setdefault(f"/{each.needed_by.relative_to(wheels.root.path)}", set()).add(
            each.soname
        )
    # A bundled library may find others only through the module that loads it: ldd, which loads it
    # alone, misses these, and they are there.
    bundled = {file.name for file in wheels.files()}
    expected = {
        path: missing
        for path, all_missing in wheels.by_the_loader().items()
        if (missing := all_missing - bundled)
    }

    assert {path: names for path, names in by_module.items() if ".so" in path} == expected


def test_what_is_named_makes_the_imports_pass(wheels: Wheels) -> None:
    every = (*COMPILED, *LOADED_BY_NAME)
    certain = [each for each in wheels.missing() if each.certainty is Certainty.MISSING]
    before = wheels.messages(*every)
    said = {name: library_in(message) for name, message in before.items()}

    told = {each.soname for each in certain}
    for name, expected in EXPECTED.items():
        prefix = name.replace(".", "/")
        of_module = {
            each.soname
            for each in certain
            if str(each.needed_by.relative_to(wheels.root.path / SITE[1:])).startswith(prefix)
        }
        assert of_module == expected, name
    assert None not in said.values(), {name: before[name] for name in said if not said[name]}
    assert {said[name] for name in COMPILED} - {"libgomp.so.1"} <= told
    assert said["lightgbm"] == "libgomp.so.1", "ctypes loads it: no module needs it"

    names = {*told, *(soname for soname in said.values() if soname)}
    suppliers = {name: _supplier(name, wheels.system) for name in names}
    assert len(suppliers) >= 8
    wheels.root.check(["apt-get", "update", "-q"])
    wheels.root.check(["sh", "-c", install_command(suppliers.values(), wheels.system)])

    # "imagemagick" stands for the library that it needs, which has another number everywhere.
    for name in suppliers.keys() - {"libMagickWand.so"}:
        assert suppliers[name].package in wheels.owners(name)
        assert suppliers[name].verified
    assert wheels.messages(*every) == dict.fromkeys(every, "")
    assert [each for each in wheels.missing() if each.certainty is Certainty.MISSING] == []


def _supplier(soname: str, system: System) -> Supplier:
    found = supplier(soname, system)
    assert found is not None, soname
    return found
