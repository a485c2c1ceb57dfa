from __future__ import annotations

import pytest

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Archive, Package, Sdist, Vcs, Wheel
from syncsteps.selection.files import FileChooser
from syncsteps.selection.model import Pinned, Unavailable
from tests.support.locks import make_package, make_sdist_entry

CHOOSER = FileChooser(
    tags=(
        "cp312-cp312-manylinux_2_17_x86_64",
        "cp312-cp312-manylinux_2_5_x86_64",
        "cp312-abi3-manylinux_2_17_x86_64",
        "py3-none-any",
    )
)


def package(*wheels: str, sdist: str | None = None) -> Package:
    return make_package(
        "demo", wheels=wheels, sdist=None if sdist is None else make_sdist_entry(sdist)
    )


def filename(entry: Package, chooser: FileChooser = CHOOSER) -> str:
    chosen = chooser.choose(entry)
    assert isinstance(chosen, Wheel | Sdist)
    return chosen.filename


def reason(entry: Package, chooser: FileChooser = CHOOSER) -> str:
    chosen = chooser.choose(entry)
    assert isinstance(chosen, Unavailable)
    assert chosen.package is entry
    return chosen.reason


@pytest.mark.parametrize(
    ("wheels", "best"),
    [
        (("py3-none-any", "cp312-abi3-manylinux_2_17_x86_64"), 1),
        (("cp312-cp312-manylinux_2_5_x86_64", "cp312-cp312-manylinux_2_17_x86_64"), 1),
        (("py2.py3-none-any", "cp311-cp311-manylinux_2_17_x86_64"), 0),
        (("cp312-cp312-win_amd64", "cp312-cp312-manylinux_2_5_x86_64.manylinux_2_17_x86_64"), 1),
        (("1-py3-none-any", "py3-none-any"), 0),
        (("2-py3-none-any", "10-py3-none-any", "9b-py3-none-any"), 1),
    ],
)
def test_the_best_wheel_is_by_the_targets_order_and_then_by_build(
    wheels: tuple[str, ...], best: int
) -> None:
    names = [f"demo-1.0-{tags}.whl" for tags in wheels]
    assert filename(package(*names)) == names[best]
    assert filename(package(*reversed(names))) == names[best]


def test_an_sdist_is_the_fallback_only() -> None:
    assert filename(package("demo-1.0-py3-none-any.whl", sdist="demo-1.0.tar.gz")).endswith("whl")
    unfit = package("demo-1.0-cp39-cp39-win32.whl", sdist="demo-1.0.tar.gz")
    assert filename(unfit) == "demo-1.0.tar.gz"


def test_without_a_fitting_file_the_reason_names_the_nearest_and_what_differs() -> None:
    text = reason(
        package("demo-1.0-cp39-cp39-win32.whl", "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl")
    )
    assert text == (
        "the lock has no sdist of demo 1.0; none of its 2 wheels fits, the nearest is for "
        "cp311-cp311-manylinux_2_17_x86_64: it is for CPython 3.11, the target is CPython 3.12"
    )


def test_a_target_without_tags_has_no_wheels() -> None:
    assert "no tags at all" in reason(package("demo-1.0-py3-none-any.whl"), FileChooser(tags=()))


def test_no_file_at_all() -> None:
    assert reason(package()) == "the lock names no file for demo"
    assert FileChooser(tags=(), pins=True).choose(package()) == Pinned()


def test_pins_are_not_for_packages_that_have_files() -> None:
    chooser = FileChooser(tags=CHOOSER.tags, pins=True)
    assert "its only wheel is for cp39" in reason(package("demo-1.0-cp39-cp39-win32.whl"), chooser)


@pytest.mark.parametrize(
    "name",
    [
        "other-1.0-py3-none-any.whl",
        "demo-2.0-py3-none-any.whl",
        "demo-1.0.whl",
        "demo-1.0-py3-none-any.zip",
        "demo.whl",
    ],
)
def test_a_wheel_of_another_package_or_version_is_an_error(name: str) -> None:
    with pytest.raises(SelectionError, match="demo"):
        CHOOSER.choose(package("demo-1.0-py3-none-any.whl", name))


def test_equal_versions_may_be_written_differently() -> None:
    assert filename(package("Demo-1.0.0-py3-none-any.whl")) == "Demo-1.0.0-py3-none-any.whl"


def test_archives_are_taken_where_they_fit() -> None:
    base = "https://index.invalid/"
    for source in (
        Archive(url=f"{base}demo-1.0-py3-none-any.whl?x=1#sha256=0"),
        Archive(url=f"{base}demo-1.0.tar.gz"),
        Archive(path="files/demo-1.0-py3-none-any.whl"),
    ):
        assert CHOOSER.choose(make_package("demo", source=source)) is source


def test_a_wheel_archive_for_another_platform_is_unavailable() -> None:
    source = Archive(url="https://index.invalid/demo-1.0-cp312-cp312-win_amd64.whl")
    assert "cp312-cp312-win_amd64" in reason(make_package("demo", source=source))


def test_a_wheel_archive_of_another_package_is_an_error() -> None:
    source = Archive(url="https://index.invalid/other-1.0-py3-none-any.whl")
    with pytest.raises(SelectionError, match=r"is not one of demo 1\.0"):
        CHOOSER.choose(make_package("demo", source=source))


def test_a_commit_is_taken_as_it_is() -> None:
    source = Vcs(type="git", url="https://git.invalid/demo", commit_id="0" * 40)
    assert CHOOSER.choose(make_package("demo", source=source)) is source
