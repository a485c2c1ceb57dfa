from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.listing import list_files
from syncsteps.receipts import tree_digest
from syncsteps.staging.model import StagedDistribution, StagedFile
from tests.support.interpreters import make_interpreter
from tests.support.reproductions import make_evidence, make_tree

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter

SITE = Path("/opt/python/lib/python3.12/site-packages")


def staged() -> StagedDistribution:
    info = Path("/stage/site/demo-2.0.dist-info")
    files = (("demo/__init__.py", "a"), ("demo-2.0.dist-info/RECORD", "b"))
    return StagedDistribution(
        name="demo",
        version="2.0",
        metadata=info,
        files=tuple(
            StagedFile(
                source=f"/stage/site/{path}",
                target=f"{SITE}/{path}",
                sha256=letter * 64,
                size=1,
                mode=0o644,
            )
            for path, letter in files
        ),
    )


def installed(directory: Path) -> Interpreter:
    info = directory / "demo-1.0.dist-info"
    info.mkdir()
    (directory / "demo.py").write_text("x = 1\n")
    (info / "RECORD").write_text("demo.py,,\ndemo-1.0.dist-info/RECORD,,\n")
    found = InstalledDistribution(name="demo", version="1.0", location=directory, metadata=info)
    return make_interpreter(distributions=(found,))


def test_of_what_was_staged_it_is_what_was_put_in_place(tmp_path: Path) -> None:
    receipt = make_evidence(demo=make_tree()).receipt
    found = list_files(receipt, installed(tmp_path), staged=[staged()])
    assert dict(found) == {
        "demo": (
            ("demo/__init__.py", False, "a" * 64),
            ("demo-2.0.dist-info/RECORD", False, "b" * 64),
        )
    }


def test_of_the_others_it_is_what_is_there(tmp_path: Path) -> None:
    found = list_files(make_evidence(demo=make_tree()).receipt, installed(tmp_path))
    assert [path for path, _, _ in found["demo"]] == ["demo.py", "demo-1.0.dist-info/RECORD"]
    assert len(tree_digest(found["demo"])) == 64


def test_what_is_not_there_or_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    receipt = make_evidence(demo=make_tree(), gone=make_tree(name="gone")).receipt
    interpreter = installed(tmp_path)
    (tmp_path / "demo-1.0.dist-info" / "RECORD").unlink()
    assert dict(list_files(receipt, interpreter)) == {}
