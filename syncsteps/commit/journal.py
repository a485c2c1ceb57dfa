"""The write-ahead journal of a commit: what it will do, on disk before it does any of it.

The journal lives in the directory ``commit`` of an interpreter's state directory, which exists only
while a commit is under way:

``journal.json``
    The commit has begun and may have changed anything that is listed. Recovery undoes it.
``committed.json``
    The same file, renamed: the commit record. Every change has been made and is on the disk.
    Recovery finishes: it only clears away what is no longer needed.
``journal.tmp``
    A journal that was not yet whole. Nothing has been changed.
``retired/N``
    The N-th file of ``retire``, moved away from its place.

The file is JSON in ASCII; a name that is not valid Unicode is kept by lone surrogates, as
`os.fsdecode` gives them. Format 2 is an object of:

``format``
    The number 2. Another number is never guessed at.
``nonce``
    Hexadecimal digits that are part of every temporary name of this commit. Where a rename would
    cross file systems, the copy is made as ``.syncsteps-NONCE-N`` (placement N) or
    ``.syncsteps-NONCE-rN`` (bringing back retired file N) beside the target, then renamed.
``retire``
    The files that go, in order. They were all there when the journal was written.
``emptied``
    Pairs of a directory and its mode, inner ones first: a file comes in the place of the outermost,
    and all files below are in ``retire``. They are removed before anything is placed.
``directories``
    The directories that are made, outer ones first. None of them was there.
``place``
    Lists of a directory where files come from, the one where they go, the names that they have
    there, and those that they came with, left out where these are the same. Placement N is the
    N-th file of them all. No target was there, except those that are also in ``retire``. A
    directory all of whose files go to one new directory is renamed as a whole; the journal lists
    its files all the same, so that undoing takes away these and no other.
``remove_empty``
    The directories, inner ones first, that go at the end if they are empty.

All paths are absolute, and no part of them but the last was a symbolic link.
"""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.commit.filesystem import FileSystem

__all__ = ["FORMAT", "Batch", "Journal", "JournalDirectory", "JournalFormatError"]

FORMAT = 2
_MOST_MODE = 0o7777


class JournalFormatError(Exception):
    """A journal that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Files that come from one directory, ``source``, into one other, ``target``.

    ``names`` are those in the target; ``originals`` those in the source, in the same order, empty
    where they are the same.
    """

    source: str
    target: str
    names: tuple[str, ...]
    originals: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield where each of the files comes from, and where it goes."""
        for original, name in zip(self.originals or self.names, self.names, strict=True):
            yield f"{self.source}{os.sep}{original}", f"{self.target}{os.sep}{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What a commit will do; the fields are those of the file's format.

    Of what comes there can be tens of thousands of files: they are kept as text.
    """

    nonce: str
    retire: tuple[Path, ...]
    emptied: tuple[tuple[Path, int], ...]
    directories: tuple[str, ...]
    place: tuple[Batch, ...]
    remove_empty: tuple[Path, ...]

    @property
    def total(self) -> int:
        """How many files come."""
        return sum(len(batch.names) for batch in self.place)

    def placements(self) -> Iterator[tuple[int, str, str]]:
        """Yield the number of each placement, where its file comes from, and where it goes."""
        files = itertools.chain.from_iterable(batch.files() for batch in self.place)
        for number, (source, target) in enumerate(files):
            yield number, source, target

    def placing(self, number: int, target: Path) -> Path:
        """The temporary name beside the target of placement ``number``."""
        return target.with_name(f".syncsteps-{self.nonce}-{number}")

    def restoring(self, number: int) -> Path:
        """The temporary name beside the place of retired file ``number``."""
        return self.retire[number].with_name(f".syncsteps-{self.nonce}-r{number}")

    def dump(self) -> bytes:
        """Return the journal as its file's content."""
        content = {
            "format": FORMAT,
            "nonce": self.nonce,
            "retire": [str(path) for path in self.retire],
            "emptied": [[str(path), mode] for path, mode in self.emptied],
            "directories": self.directories,
            "place": [
                (each.source, each.target, each.names, each.originals)[: 4 if each.originals else 3]
                for each in self.place
            ],
            "remove_empty": [str(path) for path in self.remove_empty],
        }
        # A path on each line; with `indent`, thousands of them would take ten times as long.
        return json.dumps(content, separators=(",\n", ": ")).encode("ascii")

    @classmethod
    def load(cls, content: bytes) -> Journal:
        """Read the content of a journal's file.

        Raises:
            JournalFormatError: it is not a journal of a format that is known here.
        """
        try:
            data = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise JournalFormatError(f"it is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise JournalFormatError("it is not an object")
        if data.get("format") != FORMAT:
            found = data.get("format")
            raise JournalFormatError(f"its format is {found!r}, this version knows format {FORMAT}")
        nonce = data.get("nonce")
        if not isinstance(nonce, str) or not nonce.isalnum():
            raise JournalFormatError("key 'nonce' is not a word")
        return cls(
            nonce=nonce,
            retire=_paths(_list(data, "retire"), "retire"),
            emptied=tuple(_moded(pair) for pair in _pairs(data, "emptied")),
            directories=_texts(_list(data, "directories"), "directories"),
            place=tuple(_batch(value) for value in _list(data, "place")),
            remove_empty=_paths(_list(data, "remove_empty"), "remove_empty"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalDirectory:
    """The directory of the journal, and the names in it."""

    path: Path

    @classmethod
    def of(cls, state: Path) -> JournalDirectory:
        """The one of an interpreter's state directory."""
        return cls(path=state / "commit")

    @property
    def journal(self) -> Path:
        """The journal of a commit that has begun."""
        return self.path / "journal.json"

    @property
    def unfinished(self) -> Path:
        """The journal while it is written."""
        return self.path / "journal.tmp"

    @property
    def committed(self) -> Path:
        """The commit record."""
        return self.path / "committed.json"

    @property
    def retired(self) -> Path:
        """The directory of the files that were moved away."""
        return self.path / "retired"

    def begin(self, journal: Journal, files: FileSystem) -> None:
        """Put ``journal`` on the disk; from here on a commit that is cut off will be undone."""
        files.make_directory(self.path)
        files.write(self.unfinished, journal.dump())
        files.rename(self.unfinished, self.journal)
        files.sync_directory(self.path)
        files.sync_directory(self.path.parent)

    def record(self, files: FileSystem) -> None:
        """Put the commit record on the disk: a rename, which a full disk does not stop."""
        files.rename(self.journal, self.committed)
        files.sync_directory(self.path)

    def clear(self, files: FileSystem) -> None:
        """Remove the directory, when nothing in it is needed any more.

        The record goes after the retired files: as long as one of them is there, so is the record.
        """
        for name in files.names(self.retired):
            files.remove(self.retired / name)
        files.remove_directory(self.retired)
        files.remove(self.unfinished)
        files.remove(self.committed)
        files.sync_directory(self.path)
        files.remove_directory(self.path)


def _list(data: dict[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    if not isinstance(value, list):
        raise JournalFormatError(f"key {key!r} is not a list")
    return value


def _pairs(data: dict[str, Any], key: str) -> list[list[Any]]:
    pairs = _list(data, key)
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004 - a pair is two
        raise JournalFormatError(f"key {key!r} does not hold pairs")
    return pairs


def _batch(value: object) -> Batch:
    match value:
        case [str(source), str(target), list(names)]:
            originals: list[Any] = []
        case [str(source), str(target), list(names), list(originals)] if len(names) == len(
            originals
        ):
            pass
        case _:
            raise JournalFormatError("key 'place' does not hold directories and names")
    _texts([source, target, *names, *originals], "place")
    if not all(map(_is_name, itertools.chain(names, originals))):
        raise JournalFormatError("key 'place' does not hold names")
    return Batch(source=source, target=target, names=tuple(names), originals=tuple(originals))


def _is_name(text: str) -> bool:
    return text not in {"", ".", ".."} and os.path.basename(text) == text  # noqa: PTH119 - text


def _moded(pair: list[Any]) -> tuple[Path, int]:
    (path,), mode = _paths(pair[:1], "emptied"), pair[1]
    if isinstance(mode, bool) or not isinstance(mode, int) or not 0 <= mode <= _MOST_MODE:
        raise JournalFormatError("key 'emptied' does not hold modes")
    return path, mode


def _paths(values: list[Any], key: str) -> tuple[Path, ...]:
    return tuple(Path(value) for value in _texts(values, key))


def _texts(values: list[Any], key: str) -> tuple[str, ...]:
    if not all(isinstance(value, str) and "\0" not in value for value in values):
        raise JournalFormatError(f"key {key!r} does not hold paths")
    return tuple(values)
