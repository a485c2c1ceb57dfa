"""Conditions as the text of markers (PEP 508, PEP 751), short, and the same every time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.vocabulary import Asked, AtLeast, Equal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncsteps.selection.universal.covers import Cube
    from syncsteps.selection.universal.syntax import Operand
    from syncsteps.selection.universal.vocabulary import Atom, Other, Release

__all__ = ["marker_text"]


def marker_text(cubes: Sequence[Cube], atoms: Sequence[Atom]) -> str:
    """Return the marker that holds where one of ``cubes`` does; their levels number ``atoms``.

    What several have in common is written once, and platforms apart from what is asked for.

    Raises:
        SelectionError: a comparison cannot be written, or not its opposite.
    """
    return _Printer(atoms).alternatives(cubes).text


class _Piece(NamedTuple):
    """A part of a marker, and the word that joins it together (empty: a single comparison)."""

    word: str
    text: str


class _Printer:
    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._atoms = atoms

    def alternatives(self, cubes: Sequence[Cube]) -> _Piece:
        """Return the piece that holds where one of ``cubes`` does."""
        if len(cubes) == 1:
            return _joined("and", self._cube(cubes[0]))
        shared = set(cubes[0]).intersection(*cubes[1:])
        common = self._cube(tuple(sorted(shared)))
        rests = [tuple(part for part in cube if part not in shared) for cube in cubes]
        found = _joined("or", sorted(self._products(rests), key=_by_kind))
        return _joined("and", [*common, found]) if common else found

    def _products(self, cubes: Sequence[Cube]) -> Iterator[_Piece]:
        """Yield pieces of one platform and one request, or of all that go with one another."""
        requests: defaultdict[Cube, list[Cube]] = defaultdict(list)
        for cube in cubes:
            platform, request = self._split(cube)
            requests[platform].append(request)
        platforms: defaultdict[tuple[Cube, ...], list[Cube]] = defaultdict(list)
        for platform, of_platform in requests.items():
            platforms[tuple(sorted(of_platform))].append(platform)
        if len(platforms) == 1 and (() in requests or ((),) in platforms):
            for cube in cubes:
                yield _joined("and", self._cube(cube))
            return
        for some, alike in platforms.items():
            sides: tuple[Sequence[Cube], ...] = (alike, some)
            # A side of one empty cube says nothing.
            yield _joined("and", [self.alternatives(side) for side in sides if any(side)])

    def _split(self, cube: Cube) -> tuple[Cube, Cube]:
        """Return what ``cube`` says of the platform, and of what is asked for."""
        asked = tuple(part for part in cube if isinstance(self._atoms[part[0]], Asked))
        return tuple(part for part in cube if part not in asked), asked

    def _cube(self, cube: Cube) -> list[_Piece]:
        return [_Piece("", term) for term in _terms(cube, self._atoms)]


def _joined(word: str, pieces: Sequence[_Piece]) -> _Piece:
    if len(pieces) == 1:
        return pieces[0]
    # Brackets also where the rules do not need them: nobody has them all in mind.
    texts = [f"({p.text})" if p.word not in {"", word} else p.text for p in pieces]
    return _Piece(word, f" {word} ".join(texts))


def _by_kind(piece: _Piece) -> tuple[bool, str]:
    return bool(piece.word), piece.text


def _terms(cube: Cube, atoms: Sequence[Atom]) -> list[str]:
    since: Release | None = None
    before: Release | None = None
    terms: list[str] = []
    for level, positive in cube:
        atom = atoms[level]
        if isinstance(atom, AtLeast):
            # Of several bounds the last lower one and the first upper one say it all.
            if positive:
                since = atom.release
            elif before is None:
                before = atom.release
            continue
        terms.append(_asked(atom, positive) if isinstance(atom, Asked) else _plain(atom, positive))
    return [*_pythons(since, before), *terms]


def _pythons(since: Release | None, before: Release | None) -> list[str]:
    if since is not None and before is not None:
        if since[2] == before[2] == 0 and before[:2] == (since[0], since[1] + 1):
            return [f"python_version == '{since[0]}.{since[1]}'"]
        if before == (since[0], since[1], since[2] + 1):
            return [f"python_full_version == '{since[0]}.{since[1]}.{since[2]}'"]
    terms = []
    if since is not None:
        terms.append(_python(">=", since))
    if before is not None:
        terms.append(_python("<", before))
    return terms


def _python(operator: str, release: Release) -> str:
    major, minor, micro = release
    if micro:
        return f"python_full_version {operator} '{major}.{minor}.{micro}'"
    # By PEP 440 a pre-release of 3.15 is neither ">= 3.15" nor "< 3.15" as a full version, and
    # would be without what either of them is for. Its python_version is just 3.15.
    return f"python_version {operator} '{major}.{minor}'"


def _asked(atom: Asked, positive: bool) -> str:  # noqa: FBT001 - a cube's entry
    return f"{_quoted(atom.name)} {'in' if positive else 'not in'} {atom.variable}"


def _plain(atom: Equal | Other, positive: bool) -> str:  # noqa: FBT001 - a cube's entry
    if isinstance(atom, Equal):
        return f"{atom.variable} {'==' if positive else '!='} {_quoted(atom.value)}"
    comparison = atom.comparison
    operator = comparison.operator
    if not positive:
        if operator != "in":
            raise SelectionError(
                f"the opposite of {_operand(comparison.left)} {operator} "
                f"{_operand(comparison.right)} cannot be written as a marker",
                hint="export for one target, without --universal",
            )
        operator = "not in"
    return f"{_operand(comparison.left)} {operator} {_operand(comparison.right)}"


def _operand(operand: Operand) -> str:
    return operand.text if operand.variable else _quoted(operand.text)


def _quoted(text: str) -> str:
    return f'"{text}"' if "'" in text else f"'{text}'"
