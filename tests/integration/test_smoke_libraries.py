"""A missing library gets its verdict, in modules that are imported and in those that are not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.tags import sys_tags

from syncsteps.smoke import ImportResult, SmokeTarget, Verdict, smoke_imports
from tests.support.interpreters import make_interpreter
from tests.support.wheels import metadata

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the loader of Linux")


def link(target: Path, *options: str) -> None:
    """Link a shared library; options are those of the compiler."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no gcc here")
    source = target.parent / "source.c"
    source.write_text("int value(void) { return 1; }\n")
    command = [compiler, "-shared", "-fPIC", str(source), "-o", str(target)]
    subprocess.run([*command, "-Wl,--no-as-needed", *options], check=True)
    source.unlink()


def imported(
    tmp_path: Path, library: str, *, init: str = "", module: str = "_c", other: str = ""
) -> ImportResult:
    """Import a distribution with a compiled module that needs a library which is not there."""
    package = tmp_path / "site" / "demo"
    package.mkdir(parents=True)
    needed = tmp_path / library
    link(needed, f"-Wl,-soname,{library}")
    link(package / f"{module}.abi3.so", str(needed))
    needed.unlink()
    (package / "__init__.py").write_text(init)
    (package / "other.py").write_text(other)
    info = tmp_path / "site" / "demo-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(metadata("demo", "1"))
    paths = ("demo/__init__.py", "demo/other.py", f"demo/{module}.abi3.so")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in paths))
    (result,) = smoke_imports(
        [SmokeTarget(name="demo", metadata=info)],
        interpreter=make_interpreter(
            executable=Path(sys.executable), tags=tuple(str(tag) for tag in sys_tags())
        ),
        site=(tmp_path / "site",),
        jobs=1,
        timeout=30.0,
        environment=dict(os.environ),
        on_result=lambda _result: None,
    )
    return result


def test_one_that_an_import_misses(tmp_path: Path) -> None:
    result = imported(tmp_path, "libsyncsteps-test.so.7", init="from demo import _c")
    assert result.verdict is Verdict.MISSING_LIBRARY
    assert (result.library, result.module) == ("libsyncsteps-test.so.7", "demo")
    assert result.needed_by == "demo/_c.abi3.so"
    assert "libsyncsteps-test.so.7" in result.advice


# Nothing imports a private module of a test's name: the file alone tells.
UNREACHED = "_test"


def test_one_that_no_import_reaches(tmp_path: Path) -> None:
    result = imported(tmp_path, "libsyncsteps-test.so.7", init="X = 1", module=UNREACHED)
    assert result.verdict is Verdict.MISSING_LIBRARY
    assert result.exception == ("libsyncsteps-test.so.7 is not there, needed by demo/_test.abi3.so")
    assert result.needed_by == "demo/_test.abi3.so"


def test_one_that_the_distribution_does_without(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "libsyncsteps-test.so.7",
        other="try:\n    from demo import _test\nexcept ImportError:\n    _test = None\n",
        module=UNREACHED,
    )
    assert result.verdict is Verdict.OK
    (doubt,) = result.doubts
    assert doubt == (
        "libsyncsteps-test.so.7 is not there, needed by demo/_test.abi3.so: its own modules do"
        " without it"
    )


def test_one_of_a_driver(tmp_path: Path) -> None:
    result = imported(tmp_path, "libcuda.so.1", init="from demo import _c")
    assert result.verdict is Verdict.NEEDS_DISPLAY
    assert result.verdict.good
