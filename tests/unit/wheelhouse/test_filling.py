from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import StagingError
from syncsteps.locks.model import Archive, Hash
from syncsteps.selection.model import Pinned
from syncsteps.wheelhouse.filling import Filled, Order, fill
from syncsteps.wheelhouse.manifest import read_manifest
from syncsteps.wheelhouse.opening import opened
from tests.support.interpreters import make_interpreter
from tests.support.values import (
    make_directory,
    make_hash,
    make_lock,
    make_sdist,
    make_selected,
    make_wheel_entry,
)
from tests.support.wheelhouses import make_manifest
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.abreast import Call
    from syncsteps.selection.model import Selected

MANIFEST = "syncsteps-wheelhouse.json"


@dataclass
class Pip:
    """A pip that puts the files of ``store`` that it is asked for, by name, where it is told to."""

    store: Path
    asked: list[list[str]] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    abreast: list[int] = field(default_factory=list)
    after: Callable[[int], None] = lambda _run: None
    brings: Mapping[str, Path] = field(default_factory=dict)

    def __call__(
        self,
        chains: Sequence[Sequence[Call]],
        *,
        on_line: Callable[[int, str], None],
        on_tick: Callable[[], None] | None = None,
    ) -> None:
        assert on_tick is not None
        self.abreast.append(len(chains))
        for number, chain in enumerate(chains):
            for call in chain:
                on_line(number, "Collecting something")
                self.run(call)

    def run(self, call: Call) -> None:
        assert call.directory.is_dir()
        assert call.umask == 0o022
        words = [str(word) for word in call.command]
        option = "--wheel-dir" if "wheel" in words else "--dest"
        output = Path(words[words.index(option) + 1])
        text = Path(words[-1]).read_text(encoding="utf-8")
        starts = [line for line in text.splitlines() if line[:1] not in {" ", "-"}]
        names = [line.partition(" @ ")[0].partition("==")[0] for line in starts]
        self.commands.append(words)
        self.asked.append(names)
        for name in names:
            for path in self.store.glob(f"{name.replace('-', '_')}-*.whl"):
                (output / self.brings.get(name, path).name).write_bytes(path.read_bytes())
        self.after(len(self.asked))


@pytest.fixture
def pip(tmp_path: Path) -> Pip:
    (tmp_path / "store").mkdir()
    return Pip(store=tmp_path / "store")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path / "house"


def locked(path: Path) -> Selected:
    """A wheel that the lock names."""
    name, version = path.name.split("-")[:2]
    hashes = (Hash(algorithm="sha256", digest=sha256(path)),)
    return make_selected(name, version, chosen=make_wheel_entry(name, version, hashes=hashes))


def run(house: Path, pip: Pip, *wanted: Selected, **fields: object) -> Filled:
    order = Order(
        wanted=tuple(sorted(wanted, key=lambda item: item.name)),
        lock=make_lock(root=house.parent),
        interpreter=make_interpreter(),
        empty=make_manifest(),
    )
    with opened(house, timeout=1) as aside:
        return fill(
            replace(order, **fields),  # type: ignore[arg-type]
            house,
            aside=aside,
            environment={},
            on_need=lambda _total, _kept: None,
            on_line=lambda _line: None,
            runner=pip,
        )


def names(house: Path) -> list[str]:
    return sorted(path.name for path in house.iterdir())


def test_what_comes_is_in_the_manifest_and_nothing_else_is_left(house: Path, pip: Pip) -> None:
    alpha = make_wheel(pip.store, "alpha")
    make_wheel(pip.store, "beta")
    sdist = make_selected("beta", chosen=make_sdist("beta"))
    filled = run(house, pip, locked(alpha), sdist)
    assert names(house) == ["alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl", MANIFEST]
    assert (filled.fetched, filled.built, filled.kept, filled.strangers) == (2, 1, 0, ())
    assert read_manifest(house) == filled.manifest
    assert {wheel.name: wheel.built for wheel in filled.manifest.wheels} == {
        "alpha": False,
        "beta": True,
    }
    assert pip.asked == [["alpha"], ["beta"]]


def test_files_come_in_large_parts_and_builds_one_by_one(house: Path, pip: Pip) -> None:
    wheels = [locked(make_wheel(pip.store, f"w{number:03}")) for number in range(230)]
    trees = []
    for name in ("one", "two"):
        make_wheel(pip.store, name)
        trees.append(make_directory(name))
    run(house, pip, *wheels, *trees, digests={"one": "1", "two": "2"})
    assert [len(part) for part in pip.asked] == [100, 100, 30, 1, 1]
    assert pip.abreast == [1, 1, 1, 1, 1]
    before = len(pip.asked)
    run(house, pip, *wheels, *trees, digests={"one": "1", "two": "other"})
    assert pip.asked[before:] == [["two"]]


@pytest.mark.parametrize(
    ("number", "jobs", "parts", "abreast"),
    [
        (39, 4, [39], [1]),
        (40, 4, [20, 20], [2]),
        (61, 2, [31, 30], [2]),
        (230, 2, [100, 100, 30], [2, 1]),
        (230, 99, [29] * 7 + [27], [8]),
    ],
)
def test_several_pips_share_many_files(
    number: int, jobs: int, parts: list[int], abreast: list[int], house: Path, pip: Pip
) -> None:
    wheels = [locked(make_wheel(pip.store, f"w{each:03}")) for each in range(number)]
    filled = run(house, pip, *wheels, jobs=jobs)
    assert [len(part) for part in pip.asked] == parts
    assert pip.abreast == abreast
    assert len(filled.manifest.wheels) == number
    assert len(names(house)) == number + 1


def test_what_was_complete_stays_when_pip_fails_later(house: Path, pip: Pip) -> None:
    alpha = locked(make_wheel(pip.store, "alpha"))
    make_wheel(pip.store, "beta")
    sdist = make_selected("beta", chosen=make_sdist("beta"))

    def fail(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    pip.after = fail
    with pytest.raises(KeyboardInterrupt):
        run(house, pip, alpha, sdist)
    assert names(house) == ["alpha-1.0-py3-none-any.whl", MANIFEST]
    manifest = read_manifest(house)
    assert manifest is not None
    assert [wheel.name for wheel in manifest.wheels] == ["alpha"]
    pip.asked.clear()
    pip.after = lambda _number: None
    assert run(house, pip, alpha, sdist).kept == 1
    assert pip.asked == [["beta"]]


def test_what_one_that_was_killed_has_left_goes(house: Path, pip: Pip) -> None:
    (house / ".fetching-abc").mkdir(parents=True)
    (house / ".fetching-abc/half.whl").write_bytes(b"half")
    (house / "other").mkdir()
    assert run(house, pip).strangers == ("other",)
    assert names(house) == ["other", MANIFEST] or names(house) == [MANIFEST, "other"]


def test_a_wheel_of_another_version_is_not_let_in(house: Path, pip: Pip) -> None:
    make_wheel(pip.store, "beta", "1.1")
    sdist = make_selected("beta", "1.0", chosen=make_sdist("beta"))
    with pytest.raises(StagingError, match=r"pip brought beta 1\.1, and the lock says 1\.0"):
        run(house, pip, sdist)
    assert names(house) == []


def test_a_version_that_the_lock_does_not_tell_is_the_builds(house: Path, pip: Pip) -> None:
    make_wheel(pip.store, "beta", "1.1")
    filled = run(house, pip, make_directory("beta", version=None))
    assert [wheel.version for wheel in filled.manifest.wheels] == ["1.1"]


def test_a_wheel_of_another_name_is_not_let_in(house: Path, pip: Pip) -> None:
    make_wheel(pip.store, "beta")
    pip.brings = {"beta": Path("gamma-1.0-py3-none-any.whl")}
    with pytest.raises(StagingError, match="brought no wheel of beta") as caught:
        run(house, pip, make_selected("beta", chosen=make_sdist("beta")))
    assert caught.value.details == ("gamma-1.0-py3-none-any.whl",)


def test_a_file_without_the_locks_hash_is_not_let_in(house: Path, pip: Pip) -> None:
    make_wheel(pip.store, "alpha")
    wheel = make_wheel_entry("alpha", hashes=(make_hash(),))
    with pytest.raises(StagingError, match="does not have the lock's hash"):
        run(house, pip, make_selected("alpha", chosen=wheel))
    assert names(house) == []


def test_of_a_pin_the_hash_tells_whether_it_was_built(house: Path, pip: Pip) -> None:
    alpha = make_wheel(pip.store, "alpha")
    make_wheel(pip.store, "beta")
    own = (Hash(algorithm="sha256", digest=sha256(alpha)), make_hash())
    filled = run(
        house,
        pip,
        make_selected("alpha", chosen=Pinned(hashes=own)),
        make_selected("beta", chosen=Pinned(hashes=(make_hash(),))),
    )
    assert [wheel.built for wheel in filled.manifest.wheels] == [False, True]


def test_a_wheel_by_its_address_counts_without_a_manifest(house: Path, pip: Pip) -> None:
    alpha = make_wheel(pip.store, "alpha")
    source = Archive(
        url=f"https://index.invalid/{alpha.name}",
        hashes=(Hash(algorithm="sha256", digest=sha256(alpha)),),
    )
    selected = make_selected("alpha", chosen=source, source=source)
    assert run(house, pip, selected).fetched == 1
    (house / MANIFEST).unlink()
    assert run(house, pip, selected).fetched == 0
    # Without a hash nothing says that it is the file.
    (house / MANIFEST).unlink()
    bare = replace(source, hashes=())
    assert run(house, pip, make_selected("alpha", chosen=bare, source=bare)).fetched == 1


def test_where_builds_are_forbidden_pip_is_told_so(house: Path, pip: Pip) -> None:
    alpha = locked(make_wheel(pip.store, "alpha"))
    run(house, pip, alpha, build="never")
    assert "--only-binary" in pip.commands[0]


def test_for_a_recorded_interpreter_pip_downloads(house: Path, pip: Pip) -> None:
    alpha = locked(make_wheel(pip.store, "alpha"))
    run(house, pip, alpha, recorded=True)
    assert "download" in pip.commands[0]
    assert "--python-version" in pip.commands[0]
