from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import stage_receipt
from syncsteps.errors import CheckError
from syncsteps.locks.model import Archive, Directory, Hash, Lock, Package, Sdist, Vcs, Wheel
from syncsteps.receipts import (
    Ledger,
    Receipt,
    ReceiptEntry,
    from_json,
    load_receipts,
    make_entry,
    make_receipt,
    receipt_path,
    staged_digest,
    state_directory,
    to_json,
    tree_digest,
)
from syncsteps.selection.model import Pinned, Selected
from syncsteps.staging.model import StagedDistribution, StagedFile
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.selection.model import Chosen

SHA256 = Hash(algorithm="sha256", digest="ab" * 32)


def lock() -> Lock:
    return Lock(
        format="uv.lock",
        format_version="1",
        path=Path("/home/someone/project/uv.lock"),
        root=Path("/home/someone/project"),
        digest="cd" * 32,
        layout="graph",
        packages=(),
    )


def entry(name: str, version: str = "1.0") -> ReceiptEntry:
    return ReceiptEntry(
        name=name,
        version=version,
        source=f"{name}-{version}-py3-none-any.whl",
        hash=str(SHA256),
        digest="ef" * 32,
    )


def receipt(project: str = "shop", *names: str) -> Receipt:
    entries = [entry(name) for name in names or ("b", "a")]
    return make_receipt(project, lock=lock(), python="3.12.7", entries=entries)


def selected(chosen: Chosen) -> Selected:
    return Selected(package=Package(name="demo"), chosen=chosen)


def test_the_state_lies_beside_the_library() -> None:
    interpreter = make_interpreter(Path("/opt/python"))
    assert state_directory(interpreter) == Path("/opt/python/lib/python3.12/.syncsteps")


def test_a_receipt_reads_back_as_it_was() -> None:
    original = receipt("Schöner Laden")
    text = to_json(original)
    assert from_json(text) == original
    assert text.isascii()
    assert "/home" not in text
    assert [row["name"] for row in json.loads(text)["distributions"]] == ["a", "b"]


def test_directories_are_kept_and_an_older_receipt_has_none() -> None:
    first = replace(receipt("first"), directories=("share/a", "share/b"))
    second = replace(receipt("second"), directories=("share/b", "share/c"))
    assert from_json(to_json(first)) == first
    document = json.loads(to_json(first))
    del document["directories"]
    assert from_json(json.dumps(document)) == replace(first, directories=())
    assert Ledger(receipts=(first, second)).directories == ("share/a", "share/b", "share/c")


def test_equal_receipts_are_equal_bytes_in_whatever_order_they_were_made() -> None:
    assert to_json(receipt("shop", "a", "b")) == to_json(receipt("shop", "b", "a"))
    assert receipt("shop", "a").digest != receipt("shop", "b").digest
    assert receipt("shop", "a").digest == receipt("other", "a").digest


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("{", "", "it is not JSON"),
        ('"schema": 1', '"schema": 2', "key 'schema' is 2, expected 1"),
        ('"project"', '"projekt"', "key 'project' is not a string"),
        ('"distributions"', '"packages"', "key 'distributions' is not a list"),
        ('"version": "1.0"', '"version": 1', r"distributions\[0\]: .* key 'version'"),
        ('"1.0"', '"1.1"', "its digest is not the one of its distributions"),
        ('"1.0"', '"\\ud800"', "its digest is not the one of its distributions"),
        ("{", "[" * 200_000, "it is not JSON"),
        ('"directories": []', '"directories": [1]', "key 'directories' is not a list of names"),
        ('"directories": []', '"directories": ["/etc"]', "key 'directories' leads out of"),
        ('"directories": []', '"directories": ["a/../../b"]', "key 'directories' leads out of"),
    ],
)
def test_a_malformed_receipt_says_what_is_wrong_and_where(old: str, new: str, why: str) -> None:
    text = to_json(receipt("shop", "a")).replace(old, new, 1)
    with pytest.raises(CheckError, match=rf"^x\.json: .*{why}"):
        from_json(text, file="x.json")


def test_json_that_is_no_receipt_is_refused() -> None:
    for text in ("[]", '{"schema": 1, "distributions": [1]}'):
        with pytest.raises(CheckError, match="it is not an object"):
            from_json(text)


def test_receipts_that_cannot_be_listed_are_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)  # root may read every directory
    with pytest.raises(CheckError, match=r"receipts cannot be read: Permission denied"):
        load_receipts(tmp_path)


@pytest.mark.parametrize("project", ["../../etc/passwd", "a/b", ".hidden", "Ü b", "x" * 300, ".."])
def test_a_receipt_has_a_safe_file_name(project: str) -> None:
    path = receipt_path(Path("/state"), project)
    assert path.parent == Path("/state/receipts")
    assert path.name.isascii()
    assert not path.name.startswith(".")
    assert len(path.name) < 140


def test_names_that_are_one_project_share_a_receipt_and_others_do_not() -> None:
    state = Path("/state")
    assert receipt_path(state, "My_Shop") == receipt_path(state, "my-shop")
    assert receipt_path(state, "a/b") != receipt_path(state, "a-b")
    assert receipt_path(state, "x" * 300) != receipt_path(state, "x" * 301)


def test_the_ledger_knows_who_installed_what(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert load_receipts(state) == Ledger()
    stage = tmp_path / "stage"
    stage.mkdir()
    for each in (receipt("Shop", "a", "b"), receipt("admin", "b", "c")):
        placement = stage_receipt(each, stage=stage, state=state)
        assert placement.source.parent == stage
        assert placement.source.stat().st_mode & 0o777 == 0o644
        placement.target.parent.mkdir(parents=True, exist_ok=True)
        placement.source.rename(placement.target)
    ledger = load_receipts(state)
    assert ledger.of("shop") == receipt("Shop", "a", "b")
    assert ledger.of("nobody") is None
    assert ledger.others(than="nobody") == {
        "a": ("Shop",),
        "b": ("Shop", "admin"),
        "c": ("admin",),
    }
    assert ledger.others(than="shop") == {"b": ("admin",), "c": ("admin",)}


def test_a_broken_receipt_is_named(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir()
    path = tmp_path / "receipts" / "shop.json"
    path.write_bytes(b"\xff")
    with pytest.raises(CheckError, match=r"shop\.json: the receipt cannot be read"):
        load_receipts(tmp_path)


@pytest.mark.parametrize(
    ("chosen", "source"),
    [
        (Wheel(filename="demo-1-py3-none-any.whl"), "demo-1-py3-none-any.whl"),
        (
            Sdist(filename="demo-1.tar.gz", url="https://u:p@x.invalid/demo-1.tar.gz"),
            "demo-1.tar.gz",
        ),
        (
            Archive(url="https://user:secret@index.invalid/demo.zip?token=secret#sha256=1"),
            "https://index.invalid/demo.zip",
        ),
        (Archive(path="vendor/demo.whl"), "vendor/demo.whl"),
        (Archive(path="/home/someone/demo.whl"), "demo.whl"),
        (Archive(url="file:///home/someone/demo.whl"), "demo.whl"),
        (
            Vcs(type="git", url="https://secret@git.invalid/demo", commit_id="12ab"),
            "git+https://git.invalid/demo@12ab",
        ),
        (
            Vcs(type="git", url="ssh://git@git.invalid/d", commit_id="1", subdirectory="sub"),
            "git+ssh://git@git.invalid/d@1#subdirectory=sub",
        ),
        (
            Vcs(type="git", url="ssh://git:secret@git.invalid/d", commit_id="1"),
            "git+ssh://git.invalid/d@1",
        ),
        (Directory(path="packages/demo"), "packages/demo"),
        (Directory(path="/home/someone/demo"), "demo"),
        (Directory(path="C:\\Users\\someone\\demo"), "demo"),
        (Pinned(), "demo (index)"),
    ],
)
def test_a_source_has_neither_secrets_nor_paths_of_this_machine(
    chosen: Chosen, source: str
) -> None:
    made = make_entry(selected(chosen), version="1", digest="", source_digest="sha256:1")
    assert made.source == source
    assert made.hash == "sha256:1"


def test_the_strongest_known_hash_is_kept() -> None:
    hashes = (Hash(algorithm="md5", digest="0"), SHA256, Hash(algorithm="sha512", digest="1"))
    made = make_entry(selected(Wheel(filename="x", hashes=hashes)), version="1", digest="d")
    assert made.hash == str(SHA256)
    only = make_entry(selected(Pinned(hashes=hashes[2:])), version="1", digest="d")
    assert only.hash == "sha512:1"


def test_the_digest_of_a_tree_changes_with_each_thing_in_it() -> None:
    tree = [("a.py", False, "1"), ("b.py", True, "2")]
    assert tree_digest(tree) == tree_digest(reversed(tree))
    others = {
        tree_digest([]),
        tree_digest(tree[:1]),
        tree_digest([("a.py", True, "1"), tree[1]]),
        tree_digest([("a.py", False, "3"), tree[1]]),
        tree_digest([("c.py", False, "1"), tree[1]]),
        tree_digest(tree),
    }
    assert len(others) == 6
    assert all(len(digest) == 64 for digest in others)


def test_a_staged_distribution_has_the_digest_of_its_target() -> None:
    site, stage = Path("/opt/lib/python3.12/site-packages"), Path("/stage")
    info = "demo-1.0.dist-info"

    def file(source: str, target: Path, mode: int) -> StagedFile:
        return StagedFile(
            source=str(stage / source), target=str(target), sha256=source, size=0, mode=mode
        )

    distribution = StagedDistribution(
        name="demo",
        version="1.0",
        metadata=stage / "lib" / info,
        files=(
            file("bin/demo", Path("/opt/bin/demo"), 0o755),
            file("lib/demo.py", site / "demo.py", 0o644),
            file(f"lib/{info}/RECORD", site / info / "RECORD", 0o644),
        ),
    )
    assert staged_digest(distribution) == tree_digest(
        [
            ("../../../bin/demo", True, "bin/demo"),
            ("demo.py", False, "lib/demo.py"),
            (f"{info}/RECORD", False, f"lib/{info}/RECORD"),
        ]
    )


def test_an_edited_entry_is_noticed() -> None:
    original = receipt("shop", "a")
    edited = replace(original, entries=(replace(original.entries[0], digest="00" * 32),))
    with pytest.raises(CheckError, match="its digest is not the one"):
        from_json(to_json(edited))
