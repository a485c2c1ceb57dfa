from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.addresses.merging import locate
from syncsteps.errors import SelectionError
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.locks import (
    index_url,
    make_hash,
    make_lock,
    make_package,
    make_sdist_entry,
    make_wheel_entry,
)

if TYPE_CHECKING:
    from syncsteps.addresses.merging import Located
    from syncsteps.locks.model import Package

WHEEL = "one-1.0-py3-none-any.whl"
SDIST = "one-1.0.tar.gz"
A, B, C = make_hash("a"), make_hash("b"), make_hash("c")
INDEX = "https://index.invalid/simple"


def named(**parts: Any) -> Package:  # noqa: ANN401 - as make_package
    """Return a package with a wheel and an sdist that are nowhere."""
    wheel = make_wheel_entry(WHEEL, url=None, size=None)
    sdist = make_sdist_entry(SDIST, url=None, size=None)
    return make_package("one", **{"wheels": (wheel,), "sdist": sdist, **parts})


def hashed(*hashes: object) -> Package:
    return make_package("one", wheels=(), hashes=hashes)


def release(**parts: Any) -> Package:  # noqa: ANN401 - as make_package
    """Return the same as an index has it."""
    files = {"wheels": (make_wheel_entry(WHEEL),), "sdist": make_sdist_entry(SDIST)}
    return make_package("one", **{"index": INDEX, **files, **parts})


def located(package: Package, *found: Package) -> Located:
    lock = make_lock(package, layout="flat")
    result = locate(lock, found, of=lock.packages)
    assert replace(result.lock, packages=lock.packages) == lock
    return result


def only(package: Package, *found: Package) -> Package:
    result = located(package, *found)
    assert result.left_out == ()
    (entry,) = result.lock.packages
    return entry


class TestByName:
    def test_addresses_and_sizes_are_added(self) -> None:
        entry = only(named(), release())
        assert entry.wheels == (make_wheel_entry(WHEEL),)
        assert entry.sdist == make_sdist_entry(SDIST)
        assert entry.index == INDEX

    def test_nothing_that_the_lock_does_not_name_is(self) -> None:
        other = make_wheel_entry("one-1.0-py3-none-win32.whl")
        entry = only(named(sdist=None), release(wheels=(other, make_wheel_entry(WHEEL))))
        assert [file.filename for file in entry.wheels] == [WHEEL]
        assert entry.sdist is None

    def test_a_file_with_another_hash_is_an_error(self) -> None:
        with pytest.raises(SelectionError, match="has other files than") as caught:
            located(named(), release(wheels=(make_wheel_entry(WHEEL, seed="c"),)))
        assert caught.value.details == (f"{WHEEL}: the lock has {A}, the index has {C}",)

    def test_also_if_another_file_of_the_package_is_right(self) -> None:
        replaced = release(sdist=make_sdist_entry(SDIST, seed="c"))
        with pytest.raises(SelectionError) as caught:
            located(named(), replaced)
        assert SDIST in caught.value.details[0]

    def test_of_two_indexes_the_one_with_the_hash_counts(self) -> None:
        wrong = make_wheel_entry(WHEEL, seed="c", url="https://other.invalid/x.whl")
        entry = only(named(sdist=None), release(wheels=(wrong,), sdist=None), release(sdist=None))
        assert entry.wheels[0].url == index_url(WHEEL)

    @pytest.mark.parametrize("hashes", [(), (make_hash("c", "sha512"),)])
    def test_a_hash_that_cannot_be_compared_leaves_the_locks(self, hashes: tuple[Any, ...]) -> None:
        entry = only(named(sdist=None), release(wheels=(make_wheel_entry(WHEEL, hashes=hashes),)))
        assert entry.wheels[0].hashes == (A,)
        assert entry.wheels[0].url == index_url(WHEEL)

    def test_a_second_hash_of_the_lock_that_is_of_another_file_goes(self) -> None:
        more = make_hash("d", "sha512")
        twice = make_wheel_entry(WHEEL, url=None, hashes=(C, A, more))
        entry = only(named(wheels=(twice,), sdist=None), release())
        assert entry.wheels[0].hashes == (A, more)

    def test_what_the_index_has_no_more_is_left_out(self) -> None:
        result = located(named(), release(wheels=()))
        (entry,) = result.lock.packages
        assert (entry.wheels, entry.sdist) == ((), make_sdist_entry(SDIST))
        assert result.left_out == (f"the index has no {WHEEL} any more",)

    def test_wheels_of_python_2_are_not_missed(self) -> None:
        old = ["one-1.0-cp27-cp27mu-linux_x86_64.whl", "one-1.0-1-py2.pp27-none-any.whl"]
        wheels = tuple(make_wheel_entry(name, url=None) for name in (WHEEL, *old))
        entry = only(named(wheels=wheels), release())
        assert [file.filename for file in entry.wheels] == [WHEEL]

    def test_wheels_of_python_3_and_2_are(self) -> None:
        both = make_wheel_entry("one-1.0-py2.py3-none-any.whl", url=None)
        result = located(named(wheels=(both,)), release())
        assert result.left_out == ("the index has no one-1.0-py2.py3-none-any.whl any more",)

    def test_another_sdist_that_the_lock_knows_by_its_hash(self) -> None:
        entry = only(named(hashes=(C,)), release(sdist=make_sdist_entry("one-1.0.zip", seed="c")))
        assert entry.sdist == make_sdist_entry("one-1.0.zip", seed="c")

    def test_another_sdist_that_it_does_not_know_is_none(self) -> None:
        result = located(named(), release(sdist=make_sdist_entry("one-1.0.zip", seed="c")))
        assert result.lock.packages[0].sdist is None
        assert result.left_out == (f"the index has no {SDIST} any more",)

    def test_what_has_an_address_keeps_it(self) -> None:
        wheel = make_wheel_entry(WHEEL, url="https://mine.invalid/one.whl", seed="c")
        entry = only(named(wheels=(wheel,)), release())
        assert entry.wheels == (wheel,)

    def test_paths_are_taken_over(self) -> None:
        flat = release(wheels=(make_wheel_entry(WHEEL, url=None, path="/wheels/x.whl"),))
        assert only(named(), flat).wheels[0].path == "/wheels/x.whl"

    def test_credentials_are_not(self) -> None:
        url = "https://user:secret@index.invalid/one.whl?x=1"
        entry = only(named(sdist=None), release(wheels=(make_wheel_entry(WHEEL, url=url),)))
        assert entry.wheels[0].url == "https://index.invalid/one.whl?x=1"


class TestByHash:
    def test_files_come_with_their_names(self) -> None:
        entry = only(hashed(A, B), release())
        assert entry.wheels == (make_wheel_entry(WHEEL),)
        assert entry.sdist == make_sdist_entry(SDIST)

    def test_files_with_other_hashes_do_not(self) -> None:
        entry = only(hashed(B), release())
        assert (entry.wheels, entry.sdist) == ((), make_sdist_entry(SDIST))

    def test_hashes_that_no_file_has_are_told_of(self) -> None:
        result = located(hashed(A, C), release())
        (sentence,) = result.left_out
        assert sentence.startswith("1 of 2 hashes of one 1.0 are of no file")

    def test_no_file_with_any_of_them(self) -> None:
        with pytest.raises(SelectionError, match=r"no file that pylock.toml names of one 1\.0"):
            located(hashed(C), release())

    def test_a_file_without_a_hash_is_none_of_the_locks(self) -> None:
        bare = release(wheels=(make_wheel_entry(WHEEL, hashes=()),), sdist=None)
        with pytest.raises(SelectionError):
            located(hashed(A), bare)

    def test_a_file_under_the_name_of_another_package_is_never_chosen(self) -> None:
        other = make_wheel_entry("other-1.0-py3-none-any.whl")
        lock = located(hashed(A), release(wheels=(other,), sdist=None)).lock
        with pytest.raises(SelectionError, match="is not one of one"):
            select(lock, Request(), make_interpreter())


class TestReleases:
    def test_another_version_is_not_the_locks(self) -> None:
        with pytest.raises(SelectionError):
            located(named(), make_package("one", "2.0", wheels=(make_wheel_entry(WHEEL),)))

    def test_the_same_version_may_be_written_in_another_way(self) -> None:
        assert only(named(), replace(release(), version=release(version="1").version)).sdist

    def test_every_package_without_a_file_is_named(self) -> None:
        packages = [named(version=f"1.{number}") for number in range(25)]
        lock = make_lock(*packages, layout="flat")
        with pytest.raises(SelectionError, match="of 25 packages") as caught:
            locate(lock, (), of=lock.packages)
        assert caught.value.details[0] == "one 1.0"
        assert caught.value.details[-1] == "... and 5 more"

    def test_what_is_not_asked_for_stays_as_it_is(self) -> None:
        lock = make_lock(named(), named(version="2.0"), layout="flat")
        result = locate(lock, [release()], of=lock.packages[:1])
        assert result.lock.packages[0].sdist == make_sdist_entry(SDIST)
        assert result.lock.packages[1] == lock.packages[1]
