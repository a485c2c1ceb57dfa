"""Whether two syncs left the same, and if not, in what they differ."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from syncsteps.receipts import tree_digest, with_digests
from syncsteps.reproduce.model import Difference, DifferenceKind, Tree
from syncsteps.staging.record import format_record, parse_record, record_hash
from syncsteps.staging.scripts import first_lines, retarget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.receipts import Listing, ReceiptEntry
    from syncsteps.reproduce.model import Against, Evidence

__all__ = ["compare", "relocated"]


def relocated(evidence: Evidence, executable: str, *, platform: str = sys.platform) -> Evidence:
    """Return ``evidence`` as it were if the Python of its scripts had the path ``executable``.

    The path is in the first lines of scripts, so in the hashes that RECORD has of them, and so in
    the digests; nothing else of a tree depends on where the interpreter is.
    """
    if executable == evidence.executable:
        return evidence
    trees = {
        name: _moved(tree, evidence.executable, executable, platform)
        for name, tree in evidence.trees.items()
    }
    digests = {
        name: tree_digest(tree.listing)
        for name, tree in trees.items()
        if tree is not evidence.trees[name]
    }
    return replace(
        evidence,
        receipt=with_digests(evidence.receipt, digests),
        executable=executable,
        trees=trees,
    )


def _moved(tree: Tree, before: str, after: str, platform: str) -> Tree:
    """Return ``tree`` with scripts of another Python, or the very same if it has none."""
    changed = {
        path: text
        for path, content in tree.scripts
        if (text := _script(content, before, after, platform)) != content
    }
    if not changed:
        return tree
    record = format_record(
        entry._replace(
            hash=record_hash(hashlib.sha256(changed[entry.path]).digest()),
            size=len(changed[entry.path]),
        )
        if entry.path in changed
        else entry
        for entry in parse_record(tree.record)
    )
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in changed.items()}
    encoded = record.encode("utf-8", "surrogateescape")
    hashes[_record_path(tree)] = hashlib.sha256(encoded).hexdigest()
    return Tree(
        listing=tuple((path, x, hashes.get(path, sha256)) for path, x, sha256 in tree.listing),
        scripts=tuple((path, changed.get(path, content)) for path, content in tree.scripts),
        record=record,
    )


def _script(content: bytes, before: str, after: str, platform: str) -> bytes:
    """Return a script of the Python ``before`` as one of the Python ``after``."""
    usual = first_lines(before, b"", platform)
    if content.startswith(usual):
        return first_lines(after, b"", platform) + content[len(usual) :]
    found = retarget(
        content, executable=after, platform=platform, is_target=lambda named: named == before
    )
    return content if found is None else found[0] + content[found[1] :]


def _record_path(tree: Tree) -> str:
    return next((path for path, _, _ in tree.listing if path.endswith(".dist-info/RECORD")), "")


def compare(evidence: Evidence, against: Against) -> tuple[Evidence, tuple[Difference, ...]]:
    """Return ``evidence`` as it is nearest to ``against``, and how it differs from that.

    Of the paths that the other Python may have, that one counts with which most is the same: equal
    digests prove that it was the right one.
    """
    candidates = dict.fromkeys((evidence.executable, *against.executables))
    versions = [relocated(evidence, executable) for executable in candidates]
    nearest = min(versions, key=lambda version: sum(1 for _ in _differing(version, against)))
    if nearest.receipt.digest == against.receipt.digest:
        return nearest, ()
    return nearest, tuple(
        _difference(name, here, there, nearest, against)
        for name, here, there in _differing(nearest, against)
    )


def _differing(
    evidence: Evidence, against: Against
) -> Iterator[tuple[str, ReceiptEntry | None, ReceiptEntry | None]]:
    here = {entry.name: entry for entry in evidence.receipt.entries}
    there = {entry.name: entry for entry in against.receipt.entries}
    for name in sorted(here.keys() | there.keys()):
        one, other = here.get(name), there.get(name)
        if (
            one is None
            or other is None
            or (one.version, one.digest)
            != (
                other.version,
                other.digest,
            )
        ):
            yield name, one, other


def _difference(
    name: str,
    here: ReceiptEntry | None,
    there: ReceiptEntry | None,
    evidence: Evidence,
    against: Against,
) -> Difference:
    if here is None:
        version = there.version if there is not None else ""
        return Difference(distribution=name, kind=DifferenceKind.MISSING, there=version)
    if there is None:
        return Difference(distribution=name, kind=DifferenceKind.ADDED, here=here.version)
    kind, values = DifferenceKind.CONTENT, (there.digest, here.digest)
    if here.version != there.version:
        kind, values = DifferenceKind.VERSION, (there.version, here.version)
    elif (here.source, here.hash) != (there.source, there.hash):
        kind = DifferenceKind.SOURCE
        values = tuple(f"{each.source} {each.hash}".strip() for each in (there, here))  # type: ignore[assignment]
    listing = against.listings.get(name)
    tree = evidence.trees.get(name)
    files = _files(tree.listing, listing) if listing and tree is not None else ()
    return Difference(
        distribution=name, kind=kind, there=values[0], here=values[1], files=tuple(files)
    )


def _files(here: Listing, there: Listing) -> Iterator[str]:
    one = {path: (executable, sha256) for path, executable, sha256 in here}
    other = {path: (executable, sha256) for path, executable, sha256 in there}
    for path in sorted(one.keys() | other.keys()):
        if path not in other:
            yield f"+ {path}"
        elif path not in one:
            yield f"- {path}"
        elif one[path] != other[path]:
            yield f"~ {path}"
