from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.diagrams import Rule
from syncsteps.selection.universal.vocabulary import (
    Asked,
    AtLeast,
    Equal,
    Formula,
    Join,
    Leaf,
    Other,
    atoms_of,
    formula_of_marker,
    formula_of_pythons,
    links_of,
    ordered,
)


def meaning(text: str) -> Formula:
    return formula_of_marker(str(Marker(text)))


def since(major: int, minor: int, micro: int = 0, *, positive: bool = True) -> Leaf:
    return Leaf(AtLeast((major, minor, micro)), positive)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("python_version >= '3.10'", since(3, 10)),
        ("python_full_version >= '3.10.0'", since(3, 10)),
        ("python_version < '3.10'", since(3, 10, positive=False)),
        ("python_version > '3.10'", since(3, 11)),
        ("python_version > '3.10.2'", since(3, 11)),
        ("python_version >= '3.10.2'", since(3, 11)),
        ("python_full_version >= '3.10.2'", since(3, 10, 2)),
        ("python_full_version > '3.10.2'", since(3, 10, 3)),
        ("python_full_version <= '3.10'", since(3, 10, 1, positive=False)),
        ("python_version <= '3.10'", since(3, 11, positive=False)),
        ("'3.10' <= python_version", since(3, 10)),
        ("'3.10' > python_version", since(3, 10, positive=False)),
        ("python_version >= '3'", since(3, 0)),
    ],
)
def test_bounds_of_python(text: str, formula: Formula) -> None:
    assert meaning(text) == formula


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("python_version == '3.10'", (3, 10, 0), (3, 11, 0)),
        ("python_version == '3.10.*'", (3, 10, 0), (3, 11, 0)),
        ("python_full_version == '3.10.*'", (3, 10, 0), (3, 11, 0)),
        ("python_full_version == '3.10'", (3, 10, 0), (3, 10, 1)),
        ("python_full_version == '3.*'", (3, 0, 0), (4, 0, 0)),
        ("'3.10.4' == python_full_version", (3, 10, 4), (3, 10, 5)),
    ],
)
def test_spans_of_python(text: str, first: tuple[int, int, int], end: tuple[int, int, int]) -> None:
    inside = Join("and", (Leaf(AtLeast(first)), Leaf(AtLeast(end), positive=False)))
    assert meaning(text) == inside
    outside = Join("or", (Leaf(AtLeast(first), positive=False), Leaf(AtLeast(end))))
    assert meaning(text.replace("==", "!=")) == outside


def test_compatible_releases() -> None:
    assert meaning("python_full_version ~= '3.10.2'") == Join(
        "and", (since(3, 10, 2), Join("and", (since(3, 10), since(3, 11, positive=False))))
    )


@pytest.mark.parametrize(
    "text",
    [
        "python_full_version >= '3.12.0rc1'",
        "python_full_version == '3.12.0+local'",
        "python_full_version === '3.12.0'",
        "python_version >= '3.10.*'",
        "python_version >= 'three'",
        "'3.10.*' == python_version",
        "python_version == python_full_version",
        "python_full_version >= '3.10.1.2'",
        "platform_release >= '5.4'",
        "implementation_version == '3.12'",
        "sys_platform >= 'linux'",
    ],
)
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    (atom,) = atoms_of(meaning(text))
    assert isinstance(atom, Other)


def test_texts() -> None:
    assert meaning("sys_platform == 'win32'") == Leaf(Equal("sys_platform", "win32"))
    assert meaning("'win32' != sys_platform") == Leaf(
        Equal("sys_platform", "win32"), positive=False
    )
    (atom,) = atoms_of(meaning("sys_platform in 'linux darwin'"))
    assert meaning("sys_platform not in 'linux darwin'") == Leaf(atom, positive=False)


def test_what_is_asked_for() -> None:
    extra = Leaf(Asked("extras", "a-b"))
    assert meaning("extra == 'A_b'") == extra
    assert meaning("'a.b' == extra") == extra
    assert meaning("'A-B' in extras") == extra
    assert meaning("'a-b' not in extras") == Leaf(extra.atom, positive=False)
    assert meaning("'dev' in dependency_groups") == Leaf(Asked("dependency_groups", "dev"))


@pytest.mark.parametrize(
    "text",
    ["extra in 'a b'", "extra >= 'a'", "'a' == extras", "extras == 'a'", "extra == os_name"],
)
def test_what_has_no_meaning(text: str) -> None:
    with pytest.raises(SelectionError, match="no meaning"):
        meaning(text)


def test_requires_python() -> None:
    assert formula_of_pythons(None) == Join("and", ())
    atoms = set(atoms_of(formula_of_pythons(SpecifierSet(">=3.10,!=3.11.*,<4,!=3.12.0rc1"))))
    releases = [(3, 10, 0), (3, 11, 0), (3, 12, 0), (4, 0, 0)]
    assert atoms == {AtLeast(release) for release in releases}


def test_the_atoms_of_a_variable_are_a_chain() -> None:
    atoms: list[Asked | AtLeast | Equal] = [
        Asked("extras", "x"),
        Equal("os_name", "nt"),
        AtLeast((3, 11, 0)),
        Equal("sys_platform", "win32"),
        Equal("sys_platform", "linux"),
        AtLeast((3, 9, 0)),
        AtLeast((3, 9, 0)),
    ]
    in_order = ordered(atoms)
    assert in_order == [atoms[5], atoms[2], atoms[4], atoms[3], atoms[1], atoms[0]]
    links = links_of(in_order)
    assert [link.chain for link in links] == [0, 0, 2, 2, 4, 5]
    assert [link.rule for link in links] == [
        *[Rule.ORDERED] * 2,
        *[Rule.EXCLUSIVE] * 3,
        Rule.FREE,
    ]
