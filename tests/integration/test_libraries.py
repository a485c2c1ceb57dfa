"""What is said of compiled files is what the loaders of this machine say, glibc's and musl's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from syncsteps.smoke.libraries import find_missing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the loaders of Linux")

TAGS = ("cp312-abi3-any",)
ORIGIN = "-Wl,-rpath,$ORIGIN/libs"
MUSL = Path("/lib/ld-musl-x86_64.so.1")


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here")
    return found


def build(compiler: str, target: Path, *options: str, soname: str = "") -> Path:
    """Link a library that needs those that ``options`` name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.parent / "source.c"
    source.write_text("int value(void) { return 1; }\n")
    name = [f"-Wl,-soname,{soname or target.name}"]
    command = [compiler, "-shared", "-fPIC", str(source), "-o", str(target), *name]
    subprocess.run([*command, "-Wl,--no-as-needed", *options], check=True)
    return target


def build_modules(compiler: str, directory: Path) -> list[Path]:
    """Link modules that find their libraries in one way or another, or do not."""
    libs = directory / "libs"
    deep = str(build(compiler, directory / "deep" / "libdeep.so.1"))
    near = str(build(compiler, libs / "libnear.so.1", deep))
    gone = build(compiler, directory / "libgone.so.1")
    old, new = "-Wl,--disable-new-dtags", "-Wl,--enable-new-dtags"
    both = f"{ORIGIN}:$ORIGIN/deep"
    modules = {
        "whole": (near, both, old),
        "inherits": (near, both, new),
        "short": (near, ORIGIN, old),
        "nowhere": (near,),
        "words": (near, f"{both}:/opt/$LIB", old),
        "lost": (near, str(gone), both, old),
        "system": ("-lm",),
    }
    built = [build(compiler, directory / f"{n}.abi3.so", *o) for n, o in modules.items()]
    gone.unlink()
    return built


def said(files: list[Path], executable: Path) -> dict[Path, set[str]]:
    answers: dict[Path, set[str]] = {}
    for each in find_missing(files, executable=executable, tags=TAGS):
        answers.setdefault(each.needed_by, set()).add(each.version or each.soname)
    return answers


def said_by_glibc(files: list[Path]) -> dict[Path, set[str]]:
    answers: dict[Path, set[str]] = {}
    for file in files:
        done = subprocess.run(["ldd", str(file)], capture_output=True, text=True, check=False)
        text = done.stdout + done.stderr
        missing = {*re.findall(r"^\s*(\S+) => not found", text, re.MULTILINE)}
        missing |= {*re.findall(r"version `([^']+)' not found", text)}
        if missing:
            answers[file] = missing
    return answers


def test_glibc_agrees_on_modules_made_for_it(tmp_path: Path) -> None:
    program("ldd")
    modules = build_modules(program("gcc"), tmp_path)

    expected = said_by_glibc(modules)

    assert {file.name.partition(".")[0] for file in expected} == {
        "inherits",
        "lost",
        "nowhere",
        "short",
    }
    assert said(modules, Path(sys.executable)) == expected


def test_glibc_agrees_on_what_is_installed_here() -> None:
    program("ldd")
    places = (sysconfig.get_path("stdlib"), sysconfig.get_path("platlib"))
    found = (Path(place).rglob("*.so") for place in places)
    modules = [file for files in found for file in files if not file.is_symlink()][:200]

    assert len(modules) > 10
    assert said(modules, Path(sys.executable)) == said_by_glibc(modules)


def test_musl_agrees_on_modules_made_for_it(tmp_path: Path) -> None:
    if not MUSL.exists():
        pytest.skip(f"there is no {MUSL} here")
    compiler = program("musl-gcc")
    modules = build_modules(compiler, tmp_path)
    source = tmp_path / "main.c"
    source.write_text("int main(void) { return 0; }\n")
    executable = tmp_path / "python3"
    subprocess.run([compiler, str(source), "-o", str(executable)], check=True)

    expected: dict[Path, set[str]] = {}
    for file in modules:
        command = [str(MUSL), "--list", str(file)]
        environment = {"PATH": os.defpath}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        missing = set(re.findall(r"Error loading shared library ([^\s:]+):", done.stderr))
        if missing:
            expected[file] = missing

    assert {file.name.partition(".")[0] for file in expected} == {
        "lost",
        "nowhere",
        "short",
        "words",
    }
    assert said(modules, executable) == expected
