from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import StagingError
from syncsteps.locks.model import Hash, Wheel
from syncsteps.selection.model import Pinned
from syncsteps.wheelhouse.housing import (
    damage,
    file_digest,
    has_hash_of,
    housed,
    offline,
    require_manifest,
    require_wheels,
    unbuilding,
)
from tests.support.interpreters import make_interpreter
from tests.support.values import make_hash, make_sdist, make_selected, make_wheel_entry
from tests.support.wheelhouses import make_housed, make_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.selection.model import Selected

CONTENT = b"a wheel"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OWN = Hash(algorithm="sha256", digest=DIGEST)
NAME = "demo-1.0-py3-none-any.whl"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_bytes(CONTENT)
    return tmp_path


def locked(*hashes: Hash) -> Selected:
    return make_selected(chosen=make_wheel_entry(hashes=hashes))


def test_a_directory_without_a_manifest_is_no_wheelhouse(tmp_path: Path) -> None:
    with pytest.raises(StagingError, match="is no wheelhouse: it has no syncsteps-wheelhouse"):
        require_manifest(tmp_path)


def test_a_file_with_the_locks_hash_is_whole(house: Path) -> None:
    wheel = make_housed(locked(OWN), sha256=DIGEST)
    assert damage(wheel, house, locked(OWN)) == ""
    # What was built has no hash in the lock.
    assert damage(wheel, house, make_selected(chosen=make_sdist())) == ""
    built = replace(wheel, built=True)
    assert damage(built, house, make_selected(chosen=Pinned(hashes=(make_hash(),)))) == ""


def test_a_file_that_is_not_what_the_manifest_says(house: Path) -> None:
    wheel = make_housed(locked(OWN), sha256=DIGEST)
    (house / NAME).write_bytes(b"another")
    assert "is damaged, or was replaced" in damage(wheel, house, locked(OWN))
    (house / NAME).unlink()
    assert damage(wheel, house, locked(OWN)) == f"{NAME} is not there any more"
    (house / NAME).mkdir()
    assert damage(wheel, house, locked(OWN)) == f"{NAME} cannot be read: Is a directory"


@pytest.mark.parametrize("built", [True, False])
def test_a_manifest_that_says_another_hash_than_the_lock(house: Path, *, built: bool) -> None:
    wheel = make_housed(locked(make_hash()), sha256=DIGEST, built=built)
    why = damage(wheel, house, locked(make_hash()))
    assert why == f"{NAME} does not have the lock's hash, whatever the manifest says"
    if not built:
        pinned = make_selected(chosen=Pinned(hashes=(make_hash(),)))
        assert damage(wheel, house, pinned) == why


def test_every_strong_hash_of_the_lock_is_one(house: Path) -> None:
    path = house / NAME
    long = Hash(algorithm="sha512", digest=hashlib.sha512(CONTENT).hexdigest())
    weak = Hash(algorithm="md5", digest="0" * 32)
    assert file_digest(path) == DIGEST
    assert has_hash_of(path, [OWN])
    assert has_hash_of(path, [long])
    assert has_hash_of(path, [make_hash(), OWN, weak])
    assert has_hash_of(path, [weak])
    assert has_hash_of(path, [])
    assert not has_hash_of(path, [make_hash(), weak])
    assert not has_hash_of(path, [replace(long, digest="0" * 128)])


def test_what_a_wheelhouse_cannot_give_is_listed(house: Path) -> None:
    right = locked(OWN)
    absent = make_selected("absent")
    broken = make_selected("broken", chosen=make_sdist("broken"))
    manifest = make_manifest(make_housed(right, sha256=DIGEST), make_housed(broken))
    interpreter = make_interpreter()
    require_wheels([right], manifest, house, interpreter=interpreter, digests={})
    with pytest.raises(StagingError) as caught:
        require_wheels(
            [absent, broken, right], manifest, house, interpreter=interpreter, digests={}
        )
    assert "cannot give 2 of 3 distributions as the lock says" in str(caught.value)
    assert caught.value.details == (
        "absent 1.0: the wheelhouse does not have it",
        "broken 1.0: broken-1.0-py3-none-any.whl is not there any more",
    )
    assert "syncsteps fetch --wheelhouse" in caught.value.hint


def test_what_is_installed_from_it_is_by_path_and_hash(house: Path) -> None:
    selected = make_selected(
        version=None, chosen=make_sdist(), only="sdists", config_settings=(("a", "b"),)
    )
    wheel = make_housed(selected, sha256=DIGEST, built=True)
    (item,) = housed([selected], make_manifest(wheel), house)
    assert item.chosen == Wheel(filename=NAME, path=os.fspath(house / NAME), hashes=(OWN,), size=10)
    assert str(item.package.version) == "1.0"
    assert (item.package.only, item.package.config_settings) == (None, ())
    assert item.package.source == selected.package.source
    assert item.required_by == selected.required_by


def test_installers_ask_nobody_and_follow_no_configuration() -> None:
    environment = {
        "PATH": "/bin",
        "PIP_NO_BINARY": ":all:",
        "UV_CONFIG_FILE": "/x",
        "UV_NO_BINARY": "1",
    }
    assert offline(environment) == {
        "PATH": "/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_ONLY_BINARY": ":all:",
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
    }
    assert unbuilding({"A": "b"}) == {"A": "b", "PIP_ONLY_BINARY": ":all:"}
