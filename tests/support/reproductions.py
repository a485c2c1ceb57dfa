"""Evidence and standards for tests: distributions with a script, in any interpreter's place."""

from __future__ import annotations

import hashlib
from pathlib import Path

from syncsteps.receipts import Receipt, ReceiptEntry, tree_digest, with_digests
from syncsteps.reproduce.model import Against, Evidence, Tree
from syncsteps.staging.record import RecordEntry, format_record, record_hash
from syncsteps.staging.scripts import first_lines

__all__ = ["make_against", "make_evidence", "make_tree"]


def make_tree(
    executable: str = "/usr/bin/python3",
    *,
    name: str = "demo",
    content: bytes = b"VALUE = 1\n",
    more: tuple[str, ...] = (),
) -> Tree:
    """Return a distribution with a module and a program, as a sync leaves it."""
    script = first_lines(executable, b"", "linux") + b"print()\n"
    files = {f"../../../bin/{name}": script, f"{name}/__init__.py": content}
    files |= dict.fromkeys(more, b"")
    lines = [
        RecordEntry(path, record_hash(hashlib.sha256(text).digest()), len(text))
        for path, text in files.items()
    ]
    record_path = f"{name}-1.0.dist-info/RECORD"
    record = format_record([*lines, RecordEntry(record_path)])
    files[record_path] = record.encode("utf-8", "surrogateescape")
    return Tree(
        listing=tuple(
            (path, path.startswith("../../../bin/"), hashlib.sha256(text).hexdigest())
            for path, text in files.items()
        ),
        scripts=((f"../../../bin/{name}", script),),
        record=record,
    )


def make_evidence(executable: str = "/usr/bin/python3", **trees: Tree) -> Evidence:
    """Return what a sync of these distributions, of version 1.0, has left."""
    receipt = Receipt(
        project="mine",
        lock="pylock.toml",
        lock_digest="d" * 64,
        python="3.12.7",
        entries=tuple(
            ReceiptEntry(
                name=name,
                version="1.0",
                source=f"{name}-1.0-py3-none-any.whl",
                hash="sha256:" + "0" * 64,
                digest=tree_digest(tree.listing),
            )
            for name, tree in sorted(trees.items())
        ),
        digest="",
    )
    return Evidence(receipt=with_digests(receipt, {}), executable=executable, trees=trees)


def make_against(evidence: Evidence, *executables: str, listed: bool = True) -> Against:
    """Return another sync's evidence as what one is held against."""
    return Against(
        file=Path("/there/receipt.json"),
        receipt=evidence.receipt,
        executables=executables or (evidence.executable,),
        listings={n: t.listing for n, t in evidence.trees.items()} if listed else {},
    )
