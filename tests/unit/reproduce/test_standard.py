from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.errors import CheckError, SettingsError
from syncsteps.receipts import to_json
from syncsteps.report import render_json
from syncsteps.reproduce.standard import listings_of, read_against
from tests.support.reproductions import make_evidence, make_tree
from tests.support.runs import make_outcome
from tests.support.values import make_lock

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.reproduce.model import Evidence


@pytest.fixture
def evidence() -> Evidence:
    return make_evidence(demo=make_tree(), other=make_tree(name="other"))


def document(evidence: Evidence) -> dict[str, Any]:
    outcome = make_outcome(
        lock=make_lock(),
        receipt=evidence.receipt,
        listings={name: tree.listing for name, tree in evidence.trees.items()},
    )
    found: dict[str, Any] = json.loads(render_json("sync", outcomes=[outcome]))
    return found


def written(directory: Path, content: object) -> Path:
    path = directory / "file.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_a_receipt_is_read(tmp_path: Path, evidence: Evidence) -> None:
    found = read_against(written(tmp_path, to_json(evidence.receipt)))
    assert found.receipt == evidence.receipt
    assert found.listings == {}
    assert found.executables[:2] == ("/usr/bin/python3", "/usr/bin/python3.12")
    assert "/usr/local/bin/python3" in found.executables


def test_what_lies_beside_a_receipt_in_its_place_has_the_files(
    tmp_path: Path, evidence: Evidence
) -> None:
    library = tmp_path / "lib" / "python3.12"
    info = library / "site-packages" / "Demo-1.0.dist-info"
    older = library / "site-packages" / "other-0.9.dist-info"
    for directory in (info, older, library / ".syncsteps" / "receipts"):
        directory.mkdir(parents=True)
    (info / "RECORD").write_text("demo.py,,\nDemo-1.0.dist-info/RECORD,,\n")
    (library / "site-packages" / "demo.py").touch()
    (older / "RECORD").touch()
    file = written(library / ".syncsteps" / "receipts", to_json(evidence.receipt))
    found = read_against(file).listings
    assert found.keys() == {"demo"}
    assert [path for path, _, _ in found["demo"]] == ["demo.py", "Demo-1.0.dist-info/RECORD"]
    (info / "RECORD").unlink()
    assert read_against(file).listings == {}


def test_the_document_of_a_sync_is_read(tmp_path: Path, evidence: Evidence) -> None:
    found = read_against(written(tmp_path, document(evidence)))
    assert found.receipt.entries == evidence.receipt.entries
    assert found.receipt.digest == evidence.receipt.digest
    assert found.receipt.lock_digest == make_lock().digest
    assert found.executables[0] == "/opt/python/bin/python3.12"
    assert {name: sorted(files) for name, files in found.listings.items()} == {
        name: sorted(tree.listing) for name, tree in evidence.trees.items()
    }


def test_a_document_without_lists_of_files_does(tmp_path: Path, evidence: Evidence) -> None:
    content = document(evidence)
    for row in content["distributions"]:
        row["files"] = []
    assert read_against(written(tmp_path, content)).listings == {}


def test_what_is_not_there_is_a_matter_of_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        read_against(tmp_path / "nothing.json")


@pytest.mark.parametrize("content", ["no JSON", "[" * 100_000, "[]", '{"schema": 1}'])
def test_what_is_neither_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(CheckError) as caught:
        read_against(written(tmp_path, content))
    assert caught.value.hint is not None
    assert "name a receipt" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("digest", None),
        ("lock", None),
        ("interpreter", None),
        ("distributions", None),
        ("distributions", []),
        ("distributions", [1]),
        ("digest", "0" * 64),
    ],
)
def test_a_document_of_a_run_that_left_nothing_is_refused(
    key: str, value: object, tmp_path: Path, evidence: Evidence
) -> None:
    with pytest.raises(CheckError, match=r"file\.json"):
        read_against(written(tmp_path, {**document(evidence), key: value}))


@pytest.mark.parametrize("line", ["", "x", "0 x name", f"{'0' * 64} y name", f"{'0' * 64} x"])
def test_a_line_that_is_none_is_refused(line: str, tmp_path: Path, evidence: Evidence) -> None:
    content = document(evidence)
    content["distributions"][0]["files"] = [line]
    with pytest.raises(CheckError, match=r"file\.json"):
        read_against(written(tmp_path, content))


def test_a_path_may_have_blanks() -> None:
    line = f"{'0' * 64} - demo/a b.py"
    found = listings_of({"distributions": [{"name": "demo", "files": [line]}]})
    assert found == {"demo": (("demo/a b.py", False, "0" * 64),)}
