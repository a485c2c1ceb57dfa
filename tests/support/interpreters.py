"""Interpreters for tests: as values, and as real ones that a test may change."""

from __future__ import annotations

import atexit
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.tags import compatible_tags, cpython_tags

from syncsteps.interpreter.model import Interpreter, Libc, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "installed_prefixes",
    "linux_platforms",
    "make_interpreter",
    "tags_for",
    "throwaway_interpreter",
]

_WINDOWS = sys.platform == "win32"
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_PRUNED = ("idlelib", "site-packages", "test", "tests", "tkinter", "turtledemo")
_PREFIX_VARIABLE = "SYNCSTEPS_TEST_PYTHON"


def linux_platforms(machine: str = "x86_64", glibc: tuple[int, int] = (2, 36)) -> list[str]:
    """Return the platform tags of a Linux with this glibc, the most specific first."""
    found = [f"linux_{machine}"]
    for minor in range(glibc[1], 4, -1):
        found.append(f"manylinux_{glibc[0]}_{minor}_{machine}")
        legacy = _LEGACY_MANYLINUX.get((glibc[0], minor))
        if legacy:
            found.append(f"{legacy}_{machine}")
    return found


def tags_for(version: str, platforms: list[str]) -> tuple[str, ...]:
    """Return the tags of CPython of this version on these platforms, as `packaging` has them."""
    major, minor = (int(part) for part in version.split(".")[:2])
    name = f"cp{major}{minor}"
    own = cpython_tags((major, minor), abis=[name], platforms=platforms)
    shared = compatible_tags((major, minor), interpreter=name, platforms=platforms)
    return tuple(str(tag) for tag in (*own, *shared))


def make_interpreter(
    prefix: Path = Path("/opt/python"),
    *,
    version: str = "3.12.7",
    platforms: list[str] | None = None,
    environment: Mapping[str, str] | None = None,
    **overrides: Any,  # noqa: ANN401 - fields of many types
) -> Interpreter:
    """Return CPython on Linux with glibc 2.36, x86-64, under ``prefix``; nothing is on disk.

    ``version`` and ``platforms`` shape what depends on them; ``environment`` replaces single marker
    variables; the ``overrides`` are fields of `Interpreter`.
    """
    short = ".".join(version.split(".")[:2])
    library = prefix / "lib" / f"python{short}"
    variables = {
        "implementation_name": "cpython",
        "implementation_version": version,
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6.1.0",
        "platform_system": "Linux",
        "platform_version": "#1 SMP",
        "python_full_version": version,
        "python_version": short,
        "sys_platform": "linux",
        **(environment or {}),
    }
    fields: dict[str, Any] = {
        "executable": prefix / "bin" / f"python{short}",
        "version": version,
        "implementation": "cpython",
        "prefix": prefix,
        "base_prefix": prefix,
        "environment": tuple(sorted(variables.items())),
        "tags": tags_for(version, linux_platforms() if platforms is None else platforms),
        "scheme": Scheme(
            purelib=library / "site-packages",
            platlib=library / "site-packages",
            scripts=prefix / "bin",
            headers=prefix / "include" / f"python{short}",
            data=prefix,
        ),
        "sys_path": (library, library / "lib-dynload", library / "site-packages"),
        "site_packages": (library / "site-packages",),
        "free_space": 50 * 2**30,
        "libc": Libc(name="glibc", version="2.36"),
    }
    return Interpreter(**{**fields, **overrides})


def throwaway_interpreter(directory: Path, version: str | None = None) -> Path:
    """Return a real CPython in ``directory``: no virtual environment, and no distributions.

    It is a copy of the interpreter that runs the tests, or of the one in the prefix that
    SYNCSTEPS_TEST_PYTHON names, or with a ``version`` such as ``3.9`` of one that pyenv or uv
    installed. The test is skipped where there is none that can be copied. Its files are hard links
    to those of a copy that lasts as long as the process, so replace files, do not edit them.
    """
    template = _template(_base_prefix(version))
    shutil.copytree(
        template, directory, symlinks=True, copy_function=_link_or_copy, dirs_exist_ok=True
    )
    return directory / "python.exe" if _WINDOWS else directory / "bin" / "python3"


def _base_prefix(version: str | None) -> Path:
    if version is not None and version != f"{sys.version_info[0]}.{sys.version_info[1]}":
        found = next(installed_prefixes(version), None)
        if found is None:
            pytest.skip(f"no Python {version} that pyenv or uv installed")
        return found
    prefix = Path(os.environ.get(_PREFIX_VARIABLE, sys.base_prefix))
    if prefix == Path("/usr"):
        pytest.skip(f"a distribution's Python cannot be copied: set {_PREFIX_VARIABLE} to a prefix")
    return prefix


def installed_prefixes(version: str) -> Iterator[Path]:
    """Yield the prefixes of this version, such as ``3.9``, that pyenv or uv installed."""
    home = Path.home()
    roots = {
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv"), "versions"): f"{version}.*",
        home / ".local" / "share" / "uv" / "python": f"cpython-{version}.*",
    }
    for root, pattern in roots.items():
        yield from sorted(root.glob(pattern), reverse=True)


@functools.cache
def _template(base: Path) -> Path:
    # A copy, so that not even a changed mode reaches the interpreter that it was made from.
    directory = Path(tempfile.mkdtemp(prefix="syncsteps-template-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    program = (_copy_windows if _WINDOWS else _copy_posix)(base, directory)
    shown = subprocess.run(
        [program, "-I", "-B", "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode or Path(shown.stdout.strip()).resolve() != directory.resolve():
        pytest.skip(f"the Python in {base} does not run from another place: {shown.stderr}")
    return directory


def _copy_posix(base: Path, directory: Path) -> Path:
    programs = [p for p in (base / "bin").iterdir() if re.fullmatch(r"python3\.\d+t?", p.name)]
    if not programs:
        pytest.skip(f"{base} has no bin/python3.X")
    name = programs[0].name
    (directory / "bin").mkdir()
    shutil.copy2(programs[0], directory / "bin" / name)
    for alias in ("python3", "python"):
        (directory / "bin" / alias).symlink_to(name)
    (directory / "lib").mkdir()
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, directory / "lib" / library.name, follow_symlinks=False)
    _copy_library(base / "lib" / name, directory / "lib" / name)
    return directory / "bin" / name


def _copy_windows(base: Path, directory: Path) -> Path:
    for file in (*base.glob("*.exe"), *base.glob("*.dll")):
        shutil.copy2(file, directory)
    shutil.copytree(base / "DLLs", directory / "DLLs")
    _copy_library(base / "Lib", directory / "Lib")
    return directory / "python.exe"


def _copy_library(source: Path, target: Path) -> None:
    # Into the one that runs the tests somebody may have synced before.
    unwanted = ("*.a", "*.opt-?.pyc", "EXTERNALLY-MANAGED", "sitecustomize.py", ".syncsteps")
    ignore = shutil.ignore_patterns(*_PRUNED, *unwanted)
    shutil.copytree(source, target, symlinks=True, ignore=ignore)
    (target / "site-packages").mkdir(exist_ok=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
