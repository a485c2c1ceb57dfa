from __future__ import annotations

import pytest

from syncsteps.errors import SelectionError
from syncsteps.selection.universal.covers import Covers
from syncsteps.selection.universal.diagrams import FALSE, TRUE, Diagram, Link, Rule


def free(count: int, *, most_nodes: int = 1000) -> Diagram:
    links = [Link(level, Rule.FREE) for level in range(count)]
    return Diagram(links, most_nodes=most_nodes)


def chained(rule: Rule) -> Diagram:
    return Diagram([Link(0, rule), Link(0, rule), Link(0, rule), Link(3, Rule.FREE)])


def test_equal_functions_are_the_same() -> None:
    diagram = free(3)
    a, b, c = (diagram.atom(level) for level in range(3))
    one = diagram.either(diagram.both(a, b), diagram.both(a, c))
    assert one == diagram.both(a, diagram.either(c, b))
    assert diagram.negation(diagram.negation(one)) == one
    assert diagram.either(one, diagram.negation(one)) == TRUE
    assert diagram.both(one, diagram.negation(one)) == FALSE
    assert diagram.support(diagram.either(diagram.both(a, b), diagram.without(a, b))) == {0}


def test_at_most_one_of_a_chain_is_true() -> None:
    diagram = chained(Rule.EXCLUSIVE)
    a, b, c, d = (diagram.atom(level) for level in range(4))
    assert diagram.both(a, c) == FALSE
    assert diagram.without(b, a) == b
    assert diagram.either(diagram.negation(a), diagram.negation(b)) == TRUE
    assert diagram.both(a, d) not in {FALSE, a, d}
    neither = diagram.both(diagram.negation(a), diagram.negation(b))
    assert diagram.both(neither, c) == c


def test_each_of_an_ordered_chain_includes_the_next() -> None:
    diagram = chained(Rule.ORDERED)
    a, b, c, _ = (diagram.atom(level) for level in range(4))
    assert diagram.both(a, c) == c
    assert diagram.either(a, c) == a
    assert diagram.without(b, a) == FALSE
    between = diagram.without(a, b)
    assert diagram.either(between, b) == a
    assert diagram.either(diagram.negation(b), b) == TRUE


def test_what_can_be_made_true() -> None:
    diagram = free(3)
    a, b, c = (diagram.atom(level) for level in range(3))
    function = diagram.both(diagram.both(a, b), diagram.negation(c))
    assert diagram.somewhere(function, frozenset({1, 2})) == a
    assert diagram.somewhere(function, frozenset({0, 1, 2})) == TRUE
    assert diagram.somewhere(FALSE, frozenset({0})) == FALSE


def test_a_function_moves_to_another_diagram() -> None:
    one, other = chained(Rule.EXCLUSIVE), free(4)
    function = one.either(one.atom(1), one.atom(3))
    copied = one.copy(function, other, {})
    assert other.support(copied) == {1, 3}
    assert other.value(copied, {1: False, 3: True})
    assert not other.value(copied, {1: False, 3: False})


def pairs(diagram: Diagram, count: int) -> int:
    """Return whether one of some pairs is true, whose halves are so far apart that all matter."""
    result = FALSE
    for level in range(count):
        pair = diagram.both(diagram.atom(level), diagram.atom(level + count))
        result = diagram.either(result, pair)
    return result


def test_too_many_functions_are_an_error() -> None:
    assert pairs(free(40, most_nodes=300), 3) != FALSE
    diagram = free(40, most_nodes=300)
    with pytest.raises(SelectionError, match="too entangled") as caught:
        pairs(diagram, 20)
    assert "--universal" in caught.value.hint


def test_a_cover_uses_what_does_not_matter() -> None:
    diagram = free(3)
    a, b, c = (diagram.atom(level) for level in range(3))
    covers = Covers(diagram)
    exact = diagram.either(diagram.both(a, b), diagram.without(c, a))
    assert covers.cover(exact, exact) == (((0, False), (2, True)), ((0, True), (1, True)))
    assert covers.cover(diagram.both(a, b), a) == (((0, True),),)
    assert covers.cover(FALSE, a) == ()
    assert covers.cover(a, TRUE) == ((),)
