from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.pylock import Pylock
from packaging.specifiers import SpecifierSet

from syncsteps.errors import SelectionError
from syncsteps.export import to_pylock
from syncsteps.locks.model import Archive, Directory, Package, Vcs
from syncsteps.selection import Chosen, Pinned, Request, Selected, Selection
from tests.support.locks import (
    index_url,
    make_hash,
    make_lock,
    make_package,
    make_sdist_entry,
    make_wheel_entry,
)

if TYPE_CHECKING:
    from typing import Literal

ROOT = Path("C:/proj" if sys.platform == "win32" else "/proj")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = make_wheel_entry("demo-1.0-py3-none-any.whl", seed="c")
OTHER = make_wheel_entry("demo-1.0-cp39-cp39-win32.whl", seed="a")
SDIST = make_sdist_entry("demo-1.0.tar.gz", seed="b")
DEMO = make_package(
    "demo", wheels=(WHEEL, OTHER), sdist=SDIST, index="https://index.invalid/simple"
)


def text_of(package: Package, chosen: Chosen, *, files: Literal["chosen", "all"] = "chosen") -> str:
    item = Selected(package=package, chosen=chosen)
    selection = Selection(request=Request(), packages=(item,))
    lock = make_lock(requires_python=SpecifierSet(">=3.9"))
    return to_pylock(selection, lock=lock, root=ROOT, files=files)


def read(text: str) -> dict[str, Any]:
    document = tomli.loads(text)
    Pylock.from_dict(document)
    (package,) = document["packages"]
    assert isinstance(package, dict)
    return package


def test_the_chosen_file_as_text() -> None:
    assert text_of(DEMO, WHEEL) == (
        'lock-version = "1.0"\n'
        'requires-python = ">=3.9"\n'
        'created-by = "syncsteps"\n'
        "\n"
        "[[packages]]\n"
        'name = "demo"\n'
        'version = "1.0"\n'
        'index = "https://index.invalid/simple"\n'
        "wheels = [\n"
        f'    {{ name = "{WHEEL.filename}", url = "{index_url(WHEEL.filename)}", size = 10, '
        f'hashes = {{ sha256 = "{"c" * 64}" }} }},\n'
        "]\n"
    )


def test_all_the_files() -> None:
    package = read(text_of(DEMO, WHEEL, files="all"))
    assert [wheel["name"] for wheel in package["wheels"]] == [WHEEL.filename, OTHER.filename]
    assert package["sdist"] == {
        "name": "demo-1.0.tar.gz",
        "url": index_url("demo-1.0.tar.gz"),
        "size": 20,
        "hashes": {"sha256": "b" * 64},
    }


def test_a_chosen_sdist_comes_without_the_wheels() -> None:
    package = read(text_of(DEMO, SDIST))
    assert package["sdist"]["name"] == SDIST.filename
    assert "wheels" not in package


def test_paths_are_absolute() -> None:
    wheel = make_wheel_entry(WHEEL.filename, url=None, path=f"wheels/{WHEEL.filename}")
    folder = make_package("demo", wheels=(wheel,), index="wheels")
    package = read(text_of(folder, wheel))
    assert package["wheels"][0]["path"] == str(ROOT / "wheels" / WHEEL.filename)
    assert "url" not in package["wheels"][0]
    assert "index" not in package


def test_directories_are_plain_and_have_no_version() -> None:
    source = Directory(path="libs/demo", subdirectory="py")
    assert read(text_of(make_package("demo", source=source), source)) == {
        "name": "demo",
        "directory": {"path": str(ROOT / "libs" / "demo"), "subdirectory": "py"},
    }


def test_archives() -> None:
    source = Archive(url="https://index.invalid/d.zip", hashes=(make_hash("a"),), size=3)
    assert read(text_of(make_package("demo", source=source), source)) == {
        "name": "demo",
        "version": "1.0",
        "archive": {
            "url": "https://index.invalid/d.zip",
            "size": 3,
            "hashes": {"sha256": "a" * 64},
        },
    }


def test_commits() -> None:
    source = Vcs(
        type="git",
        url="https://git.invalid/demo",
        commit_id=COMMIT,
        requested_revision="main",
        subdirectory="a b",
    )
    assert read(text_of(make_package("demo", source=source), source))["vcs"] == {
        "type": "git",
        "url": "https://git.invalid/demo",
        "requested-revision": "main",
        "commit-id": COMMIT,
        "subdirectory": "a b",
    }


def test_nothing_selected_is_still_a_lock() -> None:
    text = to_pylock(Selection(request=Request(), packages=()), lock=make_lock(), root=ROOT)
    assert tomli.loads(text) == {"lock-version": "1.0", "created-by": "syncsteps", "packages": []}


def test_packages_are_sorted() -> None:
    items = tuple(
        Selected(package=p, chosen=p.wheels[0]) for p in (make_package("b"), make_package("a"))
    )
    selection = Selection(request=Request(), packages=items)
    document = tomli.loads(to_pylock(selection, lock=make_lock(), root=ROOT))
    assert [package["name"] for package in document["packages"]] == ["a", "b"]


def test_pins_have_no_file_to_name() -> None:
    with pytest.raises(SelectionError, match="names no file of it") as caught:
        text_of(make_package("demo", wheels=()), Pinned(hashes=(make_hash(),)))
    assert "requirements.txt" in caught.value.hint


@pytest.mark.parametrize(
    "wheel",
    [
        make_wheel_entry(WHEEL.filename, hashes=()),
        make_wheel_entry(WHEEL.filename, url=None),
        make_wheel_entry("other-1.0-py3-none-any.whl"),
    ],
)
def test_what_the_standard_does_not_allow(wheel: Any) -> None:  # noqa: ANN401 - parametrized
    with pytest.raises(SelectionError, match=r"cannot be written as pylock\.toml"):
        text_of(make_package("demo", wheels=(wheel,)), wheel)
