"""What a marker's comparisons mean: few kinds of atoms, so that equal conditions are seen as such.

Versions of Python are compared as releases, by PEP 440, whether a marker says ``python_version`` or
``python_full_version``: a pre-release counts as the release that it leads to, as `select` has it
for graph locks. Comparisons that nothing else is known of stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.diagrams import Link, Rule
from syncsteps.selection.universal.syntax import Comparison, Junction, Operand, parse_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet

    from syncsteps.selection.universal.syntax import Tree

__all__ = [
    "Asked",
    "AtLeast",
    "Atom",
    "Equal",
    "Formula",
    "Join",
    "Leaf",
    "Other",
    "atoms_of",
    "formula_of_marker",
    "formula_of_pythons",
    "links_of",
    "ordered",
]

Release = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The release of Python is this one or a later one."""

    release: Release


@dataclass(frozen=True, slots=True)
class Equal:
    """A variable of PEP 508 that is text has this value."""

    variable: str
    value: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A name is among the ``extras`` or the ``dependency_groups`` that are asked for (PEP 751)."""

    variable: Literal["extras", "dependency_groups"]
    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """A comparison that is taken as it is."""

    comparison: Comparison


Atom = AtLeast | Equal | Asked | Other


@dataclass(frozen=True, slots=True)
class Leaf:
    """An atom, or that it is not true."""

    atom: Atom
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Join:
    """Formulas that all hold (``and``: none of them is true), or of which one does (``or``)."""

    word: Literal["and", "or"]
    parts: tuple[Formula, ...]


Formula = Leaf | Join

_TRUE, _FALSE = Join("and", ()), Join("or", ())
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_PYTHON = frozenset({"python_version", "python_full_version"})
# Compared as versions where they are ones and as text elsewhere, and nobody can say which it is.
_VERSIONS_OR_TEXT = frozenset({"implementation_version", "platform_release"})
_SETS = {"extras": "extras", "dependency_groups": "dependency_groups"}
_VARIABLES = (
    "sys_platform",
    "platform_system",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "implementation_name",
)
_RELEASE_PARTS = 3


@lru_cache(maxsize=16384)
def formula_of_marker(text: str) -> Formula:
    """Return what ``text``, a marker that `packaging.markers.Marker` has written, means.

    ``extra == 'x'`` is read as ``'x' in extras``: see `MarkerEvaluator`.

    Raises:
        SelectionError: it makes a comparison that PEP 508 and PEP 751 have no meaning for.
    """
    return _formula(parse_tree(text), text)


def formula_of_pythons(specifiers: SpecifierSet | None) -> Formula:
    """Return which releases of Python are in ``specifiers``; of what is not known, all are."""
    parts: list[Formula] = []
    for specifier in specifiers or ():
        variable = Operand("python_full_version", variable=True)
        value = Operand(specifier.version, variable=False)
        formula = _python(Comparison(variable, specifier.operator, value))
        if formula is not None:
            parts.append(formula)
    return Join("and", tuple(parts))


def atoms_of(formula: Formula) -> Iterator[Atom]:
    """Yield the atoms of ``formula``, some more than once."""
    if isinstance(formula, Leaf):
        yield formula.atom
        return
    for part in formula.parts:
        yield from atoms_of(part)


def ordered(atoms: Iterable[Atom]) -> list[Atom]:
    """Return ``atoms`` without duplicates, in the order of decision: those of a chain together."""
    return sorted(set(atoms), key=_key)


def links_of(atoms: Sequence[Atom]) -> list[Link]:
    """Return the place of each of ``atoms``, which are in the order that `ordered` gives."""
    links: list[Link] = []
    chain = ""
    for number, atom in enumerate(atoms):
        if isinstance(atom, AtLeast):
            name, rule = "python", Rule.ORDERED
        elif isinstance(atom, Equal):
            name, rule = atom.variable, Rule.EXCLUSIVE
        else:
            name, rule = f"{number}", Rule.FREE
        links.append(Link(links[-1].chain if links and name == chain else number, rule))
        chain = name
    return links


def _key(atom: Atom) -> tuple[int, Release, str, str]:
    if isinstance(atom, AtLeast):
        return 0, atom.release, "", ""
    if isinstance(atom, Equal):
        known = atom.variable in _VARIABLES
        place = _VARIABLES.index(atom.variable) if known else len(_VARIABLES)
        return 1 + place, (0, 0, 0), atom.variable, atom.value
    if isinstance(atom, Other):
        return 20, (0, 0, 0), repr(atom.comparison), ""
    return 30, (0, 0, 0), atom.variable, atom.name


def _formula(tree: Tree, text: str) -> Formula:
    if isinstance(tree, Junction):
        return Join(tree.word, tuple([_formula(part, text) for part in tree.parts]))
    variables = {side.text for side in (tree.left, tree.right) if side.variable}
    if "extra" in variables or not variables.isdisjoint(_SETS):
        return _asked(tree, text)
    if not variables.isdisjoint(_PYTHON):
        formula = _python(tree)
        return _as_it_is(tree) if formula is None else formula
    if tree.operator in {"==", "!="} and len(variables) == 1:
        (variable,) = variables
        if variable not in _VERSIONS_OR_TEXT:
            value = tree.right if tree.left.variable else tree.left
            return Leaf(Equal(variable, value.text), tree.operator == "==")
    return _as_it_is(tree)


def _as_it_is(tree: Comparison) -> Formula:
    if tree.operator == "not in":
        return Leaf(Other(Comparison(tree.left, "in", tree.right)), positive=False)
    return Leaf(Other(tree))


def _asked(tree: Comparison, text: str) -> Formula:
    left, right = tree.left, tree.right
    if right.variable and right.text == "extra":
        left, right = right, left
    if left.variable and left.text == "extra" and not right.variable:
        if tree.operator in {"==", "!="}:
            name = canonicalize_name(right.text)
            return Leaf(Asked("extras", name), tree.operator == "==")
    elif right.text in _SETS and not left.variable and tree.operator in {"in", "not in"}:
        variable: Literal["extras", "dependency_groups"] = (
            "extras" if right.text == "extras" else "dependency_groups"
        )
        return Leaf(Asked(variable, canonicalize_name(left.text)), tree.operator == "in")
    raise SelectionError(
        f"the marker {text} compares {tree.left.text} and {tree.right.text} in a way that has no "
        "meaning (PEP 508, PEP 751)",
        hint="the lock is damaged, or was written for a newer standard; lock again",
    )


def _python(tree: Comparison) -> Formula | None:
    """Return which releases a comparison of Python's version holds for; None if nobody can say."""
    variable, operator, value = tree.left, tree.operator, tree.right
    if not variable.variable and operator in _FLIPPED and not variable.text.endswith(".*"):
        variable, operator, value = value, _FLIPPED[operator], variable
    numbers = _release(value.text.removesuffix(".*"))
    if numbers is None or value.variable or not variable.variable:
        return None
    short = variable.text == "python_version"
    if value.text.endswith(".*"):
        inside = operator == "=="
        return _within(numbers, short=short, inside=inside) if operator in {"==", "!="} else None
    return _compared(_full(numbers), operator, short=short, series=numbers[:-1])


def _compared(
    release: Release, operator: str, *, short: bool, series: Sequence[int]
) -> Formula | None:
    """Return which releases compare so with ``release``; ``series`` is what ``~=`` stays within."""
    formula: Formula | None = None
    if operator in {"==", "!="}:
        formula = _within(release, short=short, inside=operator == "==")
    elif operator in {"<", ">="}:
        formula = _since(release, short=short, after=operator == ">=")
    elif operator in {"<=", ">"}:
        formula = _since(_next(release), short=short, after=operator == ">")
    elif operator == "~=" and series:
        formula = Join("and", (_since(release, short=short), _within(series, short=short)))
    return formula


def _release(text: str) -> tuple[int, ...] | None:
    """Return the numbers of a release; None for anything that is more than a release of Python."""
    try:
        version = Version(text)
    except InvalidVersion:
        return None
    plain = version.epoch == 0 and version.public == version.base_version and version.local is None
    return version.release if plain and len(version.release) <= _RELEASE_PARTS else None


def _full(numbers: Sequence[int]) -> Release:
    major, minor, micro = (*numbers, 0, 0)[:_RELEASE_PARTS]
    return major, minor, micro


def _next(numbers: Sequence[int]) -> Release:
    """Return the first release after all those that start with ``numbers``."""
    return _full((*numbers[:-1], numbers[-1] + 1))


def _since(release: Release, *, short: bool, after: bool = True) -> Formula:
    major, minor, micro = release
    if short and micro:
        # A version without its last part is below this one until the next minor release.
        release = (major, minor + 1, 0)
    if release <= (0, 0, 0):
        return _TRUE if after else _FALSE
    return Leaf(AtLeast(release), after)


def _within(numbers: Sequence[int], *, short: bool, inside: bool = True) -> Formula:
    first, end = _full(numbers), _next(numbers)
    if inside:
        return Join("and", (_since(first, short=short), _since(end, short=short, after=False)))
    return Join("or", (_since(first, short=short, after=False), _since(end, short=short)))
