from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.check import Drift, DriftKind, check, installed_digest
from syncsteps.errors import CheckError
from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.locks.model import Lock
from syncsteps.receipts import ReceiptEntry, make_receipt, tree_digest
from tests.support.faults import write
from tests.support.interpreters import make_interpreter
from tests.support.wheels import record

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Receipt

FILES = {"demo/__init__.py": b"version = 1\n", "demo/data.txt": b"", "../../../bin/demo": b"#!x\n"}
INFO = "demo-1.0.dist-info"


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    empty = make_interpreter(tmp_path)
    site = empty.scheme.purelib
    for path, content in FILES.items():
        # No '..' that leads through a directory which does not exist.
        target = empty.scheme.scripts / "demo" if path.startswith("..") else site / path
        write(target, content.decode(), mode=0o755 if path.startswith("..") else 0o644)
    write(site / INFO / "RECORD", record(FILES, f"{INFO}/RECORD"))
    demo = InstalledDistribution(
        name="demo", version="1.0", location=site, metadata=site / INFO, requires=()
    )
    return replace(empty, distributions=(demo,))


def receipt_for(interpreter: Interpreter) -> Receipt:
    lock = Lock(
        format="uv.lock",
        format_version="1",
        path=Path("uv.lock"),
        root=Path(),
        digest="0",
        layout="graph",
        packages=(),
    )
    entries = [
        ReceiptEntry(
            name=each.name,
            version=each.version,
            source="demo.whl",
            hash="",
            digest=installed_digest(each),
        )
        for each in interpreter.distributions
    ]
    return make_receipt("shop", lock=lock, python="3.12.7", entries=entries)


def test_nothing_has_changed_and_bytecode_does_not_count(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    write(interpreter.scheme.purelib / "demo/__pycache__/__init__.cpython-312.pyc", "x")
    assert check(receipt, interpreter) == ()


def test_the_digest_is_that_of_the_files(interpreter: Interpreter) -> None:
    listing = (interpreter.scheme.purelib / INFO / "RECORD").read_bytes()
    contents = {**FILES, f"{INFO}/RECORD": listing}
    assert receipt_for(interpreter).entries[0].digest == tree_digest(
        (path, path.startswith(".."), hashlib.sha256(content).hexdigest())
        for path, content in contents.items()
    )


def test_a_distribution_that_is_gone(interpreter: Interpreter) -> None:
    (drift,) = check(receipt_for(interpreter), replace(interpreter, distributions=()))
    assert drift == Drift(
        distribution="demo",
        kind=DriftKind.MISSING,
        detail="1.0 was installed, now there is none",
    )


def test_another_version_that_is_imported_now(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    other = replace(interpreter.distributions[0], version="2.0")
    shadowed = replace(interpreter, distributions=(other, *interpreter.distributions))
    (drift,) = check(receipt, shadowed)
    assert drift.kind is DriftKind.VERSION
    assert drift.detail == "1.0 was installed, now 2.0 is imported"


def test_files_that_are_gone_or_modified(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    (site / "demo" / "data.txt").unlink()
    write(site / "demo" / "__init__.py", "version = 2\n")
    assert [(drift.kind, drift.path) for drift in check(receipt, interpreter)] == [
        (DriftKind.FILE_MISSING, site / "demo" / "data.txt"),
        (DriftKind.FILE_MODIFIED, site / "demo" / "__init__.py"),
    ]


def test_a_file_and_its_record_changed_together(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    write(site / "demo" / "data.txt", "patched")
    patched = {**FILES, "demo/data.txt": b"patched"}
    write(site / INFO / "RECORD", record(patched, f"{INFO}/RECORD"))
    (drift,) = check(receipt, interpreter)
    assert (drift.kind, drift.path) == (DriftKind.TREE, site / INFO / "RECORD")
    assert receipt.entries[0].digest in drift.detail


def test_an_executable_bit_that_was_lost(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    (interpreter.scheme.scripts / "demo").chmod(0o644)
    assert [drift.kind for drift in check(receipt, interpreter)] == [DriftKind.TREE]


def test_a_record_that_is_gone(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    path = interpreter.scheme.purelib / INFO / "RECORD"
    path.unlink()
    (drift,) = check(receipt, interpreter)
    assert (drift.kind, drift.path) == (DriftKind.FILE_MISSING, path)
    with pytest.raises(CheckError, match=r"demo 1\.0 has no list of its files"):
        installed_digest(interpreter.distributions[0])


def test_other_hash_algorithms_in_record(interpreter: Interpreter) -> None:
    path = interpreter.scheme.purelib / INFO / "RECORD"
    text = "demo/__init__.py,{},12\n"
    digest = "iK1rGLLuJkwL-9ClO8gzLtOmgVbAHBNN7jzWVZCTK-SUvsgXqBCNQ0HaqlGTlBo3"
    write(path, text.format(f"sha384={digest}"))
    found = check(receipt_for(interpreter), interpreter)
    assert [drift.kind for drift in found] == [DriftKind.FILE_MODIFIED, DriftKind.FILE_FOREIGN]
    write(path, text.format("md5=0000"))
    receipt = receipt_for(interpreter)
    assert [drift.kind for drift in check(receipt, interpreter)] == [DriftKind.FILE_FOREIGN]
    write(interpreter.scheme.purelib / "demo" / "__init__.py", "version = 2\n")
    found = check(receipt, interpreter)
    assert [drift.kind for drift in found] == [DriftKind.FILE_FOREIGN, DriftKind.TREE]


def test_what_cannot_be_read_is_an_error(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    (site / "demo" / "data.txt").unlink()
    (site / "demo" / "data.txt").mkdir()
    with pytest.raises(CheckError, match=r"demo 1\.0: .*data\.txt"):
        check(receipt, interpreter)
    (site / INFO / "RECORD").write_bytes(b"\xff")
    with pytest.raises(CheckError, match="RECORD is not a list of files"):
        check(receipt, interpreter)


def test_a_change_of_the_same_size_is_found_by_its_time_or_by_reading(
    interpreter: Interpreter,
) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    module, written = site / "demo" / "__init__.py", (site / INFO / "RECORD").stat().st_mtime_ns
    write(module, "version = 2\n")
    os.utime(module, ns=(written, written))
    assert check(receipt, interpreter) == ()
    assert [drift.path for drift in check(receipt, interpreter, hashes=True)] == [module]
    os.utime(module, ns=(written + 1, written + 1))
    assert [drift.path for drift in check(receipt, interpreter)] == [module]


def test_a_file_that_was_only_touched_is_read_and_is_right(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    later = (interpreter.scheme.purelib / INFO / "RECORD").stat().st_mtime_ns + 10**9
    os.utime(interpreter.scheme.purelib / "demo" / "__init__.py", ns=(later, later))
    assert check(receipt, interpreter) == ()


@pytest.mark.parametrize("digest", ["sha256=", "sha256=AAAA", "sha256=not*base64"])
def test_a_recorded_hash_that_is_none_does_not_keep_a_file_from_being_read(
    digest: str, interpreter: Interpreter
) -> None:
    site = interpreter.scheme.purelib
    size = len(FILES["demo/__init__.py"])
    write(site / INFO / "RECORD", f"demo/__init__.py,{digest},{size}\ndemo/data.txt,,\n")
    receipt = receipt_for(interpreter)
    write(site / "demo" / "__init__.py", "version = 2\n")
    assert check(receipt, interpreter, hashes=True) == check(receipt, interpreter) != ()


def test_what_nobody_lists_is_told_where_it_lies(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    write(site / "demo" / "sitecustomize.py", "")
    write(site / "demo" / "extra" / "deep" / "module.py", "")
    write(site / "other" / "module.py", "")
    write(site / "module.py", "")
    (site / "demo" / "empty").mkdir()
    assert [(drift.kind, drift.path) for drift in check(receipt, interpreter)] == [
        (DriftKind.FILE_FOREIGN, site / "demo" / "extra"),
        (DriftKind.FILE_FOREIGN, site / "demo" / "sitecustomize.py"),
    ]


def test_a_namespace_is_filled_by_several(interpreter: Interpreter) -> None:
    receipt = receipt_for(interpreter)
    site = interpreter.scheme.purelib
    write(site / "demo" / "plugin" / "other.py", "")
    write(site / "demo" / "old.py", "")
    write(site / "other-1.0.dist-info" / "RECORD", "demo/plugin/other.py,,\n")
    write(site / "old.egg-info" / "installed-files.txt", "../demo/old.py\n")
    write(site / "bare.egg-info", "Name: bare\n")
    names = ("other-1.0.dist-info", "old.egg-info", "bare.egg-info")
    others = [
        replace(interpreter.distributions[0], name=name, metadata=site / name) for name in names
    ]
    together = replace(interpreter, distributions=(*interpreter.distributions, *others))
    assert check(receipt, together) == ()
    write(site / "demo" / "plugin" / "stray.py", "")
    assert check(receipt, together) == ()  # it lies among the files of the other one


def test_a_directory_that_cannot_be_looked_into_is_an_error(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = receipt_for(interpreter)

    def refuse(_: str) -> None:  # root may look everywhere
        raise PermissionError(13, "Permission denied", "demo")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(CheckError, match=r"demo 1\.0: .*Permission denied"):
        check(receipt, interpreter)
