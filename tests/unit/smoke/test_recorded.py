from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.model import SmokeTarget
from syncsteps.smoke.recorded import (
    brings_linked,
    compiled_files,
    have_bytecode,
    startup_files,
)

if TYPE_CHECKING:
    from pathlib import Path


def target(tmp_path: Path, *paths: str) -> SmokeTarget:
    info = tmp_path / "demo-1.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("".join(f"{path},sha256=x,1\n" for path in paths))
    return SmokeTarget(name="demo", metadata=info)


@pytest.mark.parametrize(
    ("path", "brings"),
    [
        ("demo/vendor/libcrypto.so.3", True),
        ("libssl.so", True),
        ("demo.libs/libz-1a2b3c4d.so.1.2.13", False),
        ("demo/libzoo.so.1", False),
        ("demo/libssl.py", False),
    ],
)
def test_a_library_that_python_has_too(tmp_path: Path, path: str, *, brings: bool) -> None:
    assert brings_linked(target(tmp_path, "demo/__init__.py", path)) is brings


def test_files_of_a_kind(tmp_path: Path) -> None:
    each = target(
        tmp_path, "demo.pth", "demo/x.pth", "demo/_c.abi3.so", "demo.libs/libx-1.so.2", "demo/a.py"
    )
    assert startup_files(each) == {"demo.pth"}
    assert compiled_files(each) == (
        tmp_path / "demo/_c.abi3.so",
        tmp_path / "demo.libs/libx-1.so.2",
    )


def test_byte_code_is_looked_for_where_it_would_lie(tmp_path: Path) -> None:
    each = target(tmp_path, "demo/__init__.py")
    assert not have_bytecode([each])
    cache = tmp_path / "demo" / "__pycache__"
    cache.mkdir(parents=True)
    assert not have_bytecode([each])
    (cache / "__init__.cpython-312.pyc").touch()
    assert have_bytecode([each])


def test_without_a_record_there_is_nothing(tmp_path: Path) -> None:
    each = SmokeTarget(name="demo", metadata=tmp_path / "nowhere")
    assert not brings_linked(each)
    assert not have_bytecode([each])
    assert compiled_files(each) == ()
