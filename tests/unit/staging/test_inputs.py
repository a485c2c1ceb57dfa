from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tomli

from syncsteps.locks.model import Directory, Lookup, Vcs
from syncsteps.selection.model import Pinned, Selected
from syncsteps.staging.inputs import write_groups, write_inputs
from tests.support.locks import make_hash, make_lock, make_wheel_entry
from tests.support.prefixes import select_version, selection_of

if TYPE_CHECKING:
    from pathlib import Path

A = select_version("a")
LOCK = make_lock(A.package)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = select_version("g", source=Vcs(type="git", url="https://h.invalid/g", commit_id=COMMIT))


def test_files_with_urls_become_a_pylock_of_the_lock(tmp_path: Path) -> None:
    inputs = write_inputs(
        selection_of(A), lock=LOCK, directory=tmp_path, source="lock", pylock=True
    )
    assert inputs.hashed == tmp_path / "pylock.toml"
    assert inputs.unhashed is None
    packages = tomli.loads(inputs.hashed.read_text())["packages"]
    assert [package["name"] for package in packages] == ["a"]
    assert packages[0]["wheels"][0]["url"] == "https://index.invalid/files/a-1.0-py3-none-any.whl"


def test_for_pip_a_url_and_a_hash(tmp_path: Path) -> None:
    inputs = write_inputs(
        selection_of(A), lock=LOCK, directory=tmp_path, source="lock", pylock=False
    )
    assert inputs.hashed == tmp_path / "hashed.txt"
    text = inputs.hashed.read_text()
    assert text.startswith("a @ https://index.invalid/files/a-1.0-py3-none-any.whl")
    assert f"--hash={make_hash('a')}" in text


def test_from_an_index_a_version_and_a_hash(tmp_path: Path) -> None:
    inputs = write_inputs(
        selection_of(A), lock=LOCK, directory=tmp_path, source="index", pylock=True
    )
    assert inputs.hashed == tmp_path / "hashed.txt"
    assert inputs.hashed.read_text().startswith("a==1.0 \\\n")


def test_one_file_without_a_place_makes_requirements_of_all(tmp_path: Path) -> None:
    wheel = make_wheel_entry("b-1.0-py3-none-any.whl", seed="b", url=None)
    b = Selected(package=select_version("b").package, chosen=wheel)
    c = Selected(package=select_version("c").package, chosen=Pinned(hashes=(make_hash("c"),)))
    selection = selection_of(A, b, c)
    inputs = write_inputs(selection, lock=LOCK, directory=tmp_path, source="lock", pylock=True)
    assert inputs.hashed == tmp_path / "hashed.txt"
    starts = [
        line.split()[0] for line in inputs.hashed.read_text().splitlines() if "--" not in line
    ]
    assert starts == ["a", "b==1.0", "c==1.0"]


def test_what_has_no_hash_goes_apart(tmp_path: Path) -> None:
    local = select_version("z", None, source=Directory(path="z"))
    inputs = write_inputs(
        selection_of(A, GIT, local), lock=LOCK, directory=tmp_path, source="lock", pylock=True
    )
    assert inputs.hashed == tmp_path / "pylock.toml"
    assert inputs.unhashed == tmp_path / "unhashed.txt"
    assert "g @ git+https://h.invalid/g@" + COMMIT in inputs.unhashed.read_text()
    assert inputs.rebuilt == ("z",)
    packages = tomli.loads(inputs.hashed.read_text())["packages"]
    assert [package["name"] for package in packages] == ["a"]


def test_only_what_has_no_hash(tmp_path: Path) -> None:
    inputs = write_inputs(
        selection_of(GIT), lock=LOCK, directory=tmp_path, source="lock", pylock=True
    )
    assert inputs.hashed is None
    assert inputs.unhashed is not None


def _pinned(name: str, **fields: object) -> Selected:
    one = select_version(name)
    package = replace(one.package, **fields)  # type: ignore[arg-type]
    return Selected(package=package, chosen=Pinned(hashes=(make_hash("a"),)))


def test_each_index_has_files_of_its_own(tmp_path: Path) -> None:
    url, other = "https://one.invalid/simple", "https://two.invalid/simple"
    selection = selection_of(
        A, _pinned("b", index=url), _pinned("c", index=other), _pinned("d", index=url), GIT
    )
    groups = [
        *write_groups(
            selection, lock=LOCK, directory=tmp_path, source="lock", pylock=False, follow=True
        )
    ]
    assert [group.lookup for group in groups] == [None, Lookup(index=url), Lookup(index=other)]
    assert [[hashed for _, hashed in group.parts] for group in groups] == [
        [True, False],
        [True],
        [True],
    ]
    first = (groups[1].directory / "hashed.txt").read_text()
    assert first.startswith(f"--index-url {url}\nb==1.0")
    assert "\nd==1.0" in first
    assert "--index-url" not in (tmp_path / "hashed.txt").read_text()
    assert len({group.directory for group in groups}) == 3


def test_for_uv_the_files_do_not_say_where_to_look(tmp_path: Path) -> None:
    selection = selection_of(
        _pinned("b", index="https://one.invalid", config_settings=(("x", "y"),), only="sdists")
    )
    (group,) = write_groups(
        selection, lock=LOCK, directory=tmp_path, source="lock", pylock=True, follow=True
    )
    text = (group.directory / "hashed.txt").read_text()
    assert text.startswith("--no-binary b\nb==1.0 \\\n    --hash=")


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    url = "https://one.invalid/simple"
    (group,) = write_groups(
        selection_of(_pinned("b", index=url)),
        lock=LOCK,
        directory=tmp_path,
        source="lock",
        pylock=False,
        follow=True,
    )
    assert group.directory != tmp_path
    (unfollowed,) = write_groups(
        selection_of(_pinned("b", index=url)),
        lock=LOCK,
        directory=tmp_path,
        source="lock",
        pylock=False,
        follow=False,
    )
    assert (unfollowed.directory, unfollowed.lookup) == (tmp_path, None)
