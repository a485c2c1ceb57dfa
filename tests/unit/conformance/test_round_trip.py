from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.selection import Request, select
from tests.conformance.oracle import Refused
from tests.conformance.oracles.round_trip import Again, Written
from tests.conformance.pins import pins_of
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_hash, make_lock, make_package, make_sdist_entry

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock, Package

TARGET = make_interpreter()
NAMED = make_package("one", sdist=make_sdist_entry("one-1.0.tar.gz", seed="b"))
HASHED = make_package("one", wheels=(), hashes=(make_hash("a"), make_hash("b")))


def lock_of(*packages: Package, **parts: Any) -> Lock:  # noqa: ANN401 - as make_lock
    return make_lock(*packages, layout="flat", **parts)


def same(before: Lock, after: Lock, *gone: Package, **asked: Any) -> bool:  # noqa: ANN401 - as Request
    """Return whether the selection from ``after`` counts as that from ``before``."""
    files = (p.wheels + ((p.sdist,) if p.sdist else ()) for p in after.packages)
    hashes = frozenset(str(h) for of_one in files for file in of_one for h in file.hashes)
    written = Written(again=after, gone=frozenset(gone), files=hashes)
    request = Request(**asked)
    pins = Again(lock=before, written=written, request=request).pins(TARGET)
    return pins == pins_of(select(before, request, TARGET), chosen=True)


def test_the_same() -> None:
    assert same(lock_of(NAMED), lock_of(NAMED))


@pytest.mark.parametrize(
    "after",
    [
        lock_of(),
        lock_of(make_package("one", "2.0")),
        lock_of(NAMED, make_package("two")),
        # Neither a file that the lock does not know, nor another one while the chosen one is there.
        lock_of(make_package("one", wheels=(), sdist=make_sdist_entry("one-1.0.tar.gz", seed="c"))),
        lock_of(
            make_package("one", wheels=(), sdist=NAMED.sdist),
            make_package("two", wheels=NAMED.wheels, marker="os_name == 'none'"),
        ),
    ],
)
def test_something_else(after: Lock) -> None:
    assert not same(lock_of(NAMED), after)


def test_another_file_of_the_lock_where_the_chosen_one_is_gone() -> None:
    rest = make_package("one", wheels=(), sdist=NAMED.sdist)
    assert same(lock_of(NAMED), lock_of(rest))


def test_any_file_with_one_of_the_hashes_where_the_lock_has_nothing_else() -> None:
    assert same(lock_of(HASHED), lock_of(NAMED))
    other = make_package("one", wheels=(), sdist=make_sdist_entry("one-1.0.tar.gz", seed="c"))
    assert not same(lock_of(HASHED), lock_of(other))


def test_a_package_that_no_index_has() -> None:
    assert same(lock_of(NAMED), lock_of(), NAMED)


def test_declining_the_default_groups_keeps_the_projects_own() -> None:
    before = lock_of(NAMED, production_group="main", groups=("main",))
    marked = make_package("one", sdist=NAMED.sdist, marker="'main' in dependency_groups")
    after = lock_of(marked, groups=("main",), default_groups=("main",), production_group="main")
    assert same(before, after, default_groups=False)


def test_what_cannot_be_selected() -> None:
    with pytest.raises(Refused):
        same(lock_of(NAMED), lock_of(NAMED, NAMED))
