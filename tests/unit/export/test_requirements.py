from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.export import Requirements, to_requirements
from syncsteps.locks.model import Archive, Directory, Hash, Package, Sdist, Vcs
from syncsteps.selection import Chosen, Pinned, Request, Selected, Selection
from tests.support.locks import (
    index_url,
    make_hash,
    make_lock,
    make_package,
    make_sdist_entry,
    make_wheel_entry,
)

ROOT = Path("C:/proj" if sys.platform == "win32" else "/proj")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)

WHEEL = make_wheel_entry("demo-1.0-py3-none-any.whl", seed="c")
OTHER = make_wheel_entry("demo-1.0-cp39-cp39-win32.whl", seed="a")
SDIST = make_sdist_entry("demo-1.0.tar.gz", seed="b")
DEMO = make_package("demo", wheels=(WHEEL, OTHER), sdist=SDIST)


def select_one(package: Package, chosen: Chosen, *required_by: str) -> Selection:
    item = Selected(package=package, chosen=chosen, required_by=required_by)
    return Selection(request=Request(), packages=(item,))


def sourced(source: Archive | Vcs | Directory, name: str = "demo") -> Selection:
    return select_one(make_package(name, source=source), source)


def texts(selection: Selection, *, annotate: bool = False) -> Requirements:
    return to_requirements(selection, lock=make_lock(), root=ROOT, annotate=annotate)


def test_by_default_the_hashes_of_all_the_files_sorted() -> None:
    assert texts(select_one(DEMO, WHEEL)) == Requirements(
        hashed=(
            "demo==1.0 \\\n"
            f"    --hash=sha256:{A} \\\n"
            f"    --hash=sha256:{B} \\\n"
            f"    --hash=sha256:{C}\n"
        ),
        unhashed="",
    )


def test_only_the_chosen_files_hash() -> None:
    result = to_requirements(select_one(DEMO, WHEEL), lock=make_lock(), root=ROOT, files="chosen")
    assert result.hashed == f"demo==1.0 \\\n    --hash=sha256:{C}\n"


def test_from_the_locks_own_addresses_only_that_file() -> None:
    result = to_requirements(select_one(DEMO, SDIST), lock=make_lock(), root=ROOT, source="lock")
    assert result.hashed == (f"demo @ {index_url('demo-1.0.tar.gz')} \\\n    --hash=sha256:{B}\n")


def test_a_file_whose_address_the_lock_does_not_have_is_asked_of_the_index() -> None:
    wheel = make_wheel_entry(WHEEL.filename, url=None)
    result = to_requirements(
        select_one(make_package("demo", wheels=(wheel,)), wheel),
        lock=make_lock(),
        root=ROOT,
        source="lock",
    )
    assert result.hashed == f"demo==1.0 \\\n    --hash=sha256:{A}\n"


def test_files_on_disk_are_absolute_urls() -> None:
    wheel = make_wheel_entry(WHEEL.filename, url=None, path="my wheels/$HOME/demo.whl")
    result = texts(select_one(make_package("demo", wheels=(wheel,)), wheel))
    place = (ROOT / "my wheels" / "$HOME" / "demo.whl").as_uri()
    assert "%20" in place
    assert "$" not in place
    assert result.hashed == f"demo @ {place} \\\n    --hash=sha256:{A}\n"


def test_pins() -> None:
    package = make_package("demo", wheels=())
    assert texts(select_one(package, Pinned(hashes=(make_hash("b"), make_hash("a"))))).hashed == (
        f"demo==1.0 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n"
    )
    assert texts(select_one(package, Pinned())) == Requirements(hashed="", unhashed="demo==1.0\n")


def test_archives() -> None:
    hashes = (make_hash("a"),)
    url = 'https://u:p@index.invalid/d;x/demo 1.0.tar.gz?a="b"#sha256=0'
    result = texts(sourced(Archive(url=url, hashes=hashes, subdirectory="a/b")))
    assert result.hashed == (
        "demo @ https://u:p@index.invalid/d%3Bx/demo%201.0.tar.gz?a=%22b%22#subdirectory=a/b \\\n"
        f"    --hash=sha256:{A}\n"
    )
    result = texts(sourced(Archive(path="demo.tar.gz")))
    assert result == Requirements(hashed="", unhashed=f"demo @ {(ROOT / 'demo.tar.gz').as_uri()}\n")


def test_commits_and_directories_come_apart() -> None:
    vcs = Vcs(
        type="git",
        url="https://git.invalid/o/demo",
        commit_id=COMMIT,
        requested_revision="main",
        subdirectory="py",
    )
    assert texts(sourced(vcs)) == Requirements(
        hashed="",
        unhashed=f"demo @ git+https://git.invalid/o/demo@{COMMIT}#subdirectory=py\n",
    )
    prefixed = Vcs(type="git", url="git+ssh://git@git.invalid/demo", commit_id=COMMIT)
    assert texts(sourced(prefixed)).unhashed == (
        f"demo @ git+ssh://git@git.invalid/demo@{COMMIT}\n"
    )
    assert texts(sourced(Directory(path="."))).unhashed == f"demo @ {ROOT.as_uri()}\n"


def test_hashes_that_installers_refuse_are_no_hashes() -> None:
    weak = make_wheel_entry(WHEEL.filename, hashes=(make_hash("1", "md5"),))
    assert texts(select_one(make_package("demo", wheels=(weak,)), weak)) == Requirements(
        hashed="", unhashed="demo==1.0\n"
    )


def test_sorted_by_name_with_comments_on_demand() -> None:
    items = (
        Selected(package=make_package("b"), chosen=Pinned(hashes=(make_hash("b"),))),
        Selected(
            package=make_package("a"),
            chosen=Pinned(hashes=(make_hash("a"),)),
            required_by=("app", "extra:x"),
        ),
    )
    selection = Selection(request=Request(), packages=items)
    lock = make_lock()
    result = to_requirements(selection, lock=lock, root=ROOT, files="chosen", annotate=True)
    assert result.hashed == (
        f"a==1.0 \\\n    --hash=sha256:{A}\n    # via app, extra:x\n"
        f"b==1.0 \\\n    --hash=sha256:{B}\n"
    )
    plain = to_requirements(selection, lock=lock, root=ROOT, files="chosen")
    assert "#" not in plain.hashed


def refuse(selection: Selection, message: str) -> None:
    with pytest.raises(SelectionError, match=message):
        texts(selection)


def test_a_commit_is_needed() -> None:
    refuse(sourced(Vcs(type="git", url="https://git.invalid/x", commit_id=None)), "no commit")


def test_a_version_or_a_place_is_needed() -> None:
    package = Package(name="demo")
    refuse(select_one(package, Pinned()), "neither a version nor a place for demo")
    refuse(sourced(Archive()), "neither a URL nor a path for demo")


@pytest.mark.parametrize("name", ["Demo", "-r", "a b", "a\nb", "a_b", "", "é", "a\u2028b"])
def test_names_are_checked(name: str) -> None:
    refuse(select_one(Package(name=name, version=Version("1")), Pinned()), "name")


@pytest.mark.parametrize(
    "url",
    [
        "https://index.invalid/a\n--index-url=https://evil.invalid/",
        "https://index.invalid/a\x85b",
        "https://index.invalid/a\u2028b",
        "ftp://index.invalid/a",
        "-r evil.txt",
        "https:",
        "https://[",
        "",
    ],
)
def test_urls_are_checked(url: str) -> None:
    refuse(sourced(Archive(url=url)), "the URL of demo")
    refuse(sourced(Vcs(type="git", url=url, commit_id=COMMIT)), "the URL of demo")


def test_variables_in_urls_are_not_expanded_by_installers() -> None:
    result = texts(sourced(Archive(url="https://index.invalid/${SECRET_TOKEN}/a.tar.gz")))
    assert result.unhashed == "demo @ https://index.invalid/%24%7BSECRET_TOKEN%7D/a.tar.gz\n"


@pytest.mark.parametrize("commit", ["", "-x", "a b", "a#b", "a\nb", "a@b"])
def test_commits_are_checked(commit: str) -> None:
    refuse(sourced(Vcs(type="git", url="https://git.invalid/x", commit_id=commit)), "commit")


def test_kinds_of_repositories_are_checked() -> None:
    refuse(
        sourced(Vcs(type="git x", url="https://git.invalid/x", commit_id=COMMIT)),
        "kind of repository",
    )


@pytest.mark.parametrize("subdirectory", ["", "/a", "../a", "a/../../b", "a b", "a&egg=x", "a\nb"])
def test_subdirectories_are_checked(subdirectory: str) -> None:
    refuse(sourced(Archive(url="https://i.invalid/a", subdirectory=subdirectory)), "subdirectory")


@pytest.mark.parametrize("path", ["", "a\nb", "a\x00b"])
def test_paths_are_checked(path: str) -> None:
    refuse(sourced(Directory(path=path)), "the path of demo")


def test_hashes_are_checked() -> None:
    bad = Hash(algorithm="sha256", digest="00 --index-url=x")
    refuse(select_one(make_package("demo"), Pinned(hashes=(bad,))), "is not a hash")


def test_comments_are_checked() -> None:
    selection = select_one(make_package("demo"), Pinned(hashes=(make_hash(),)), "app\n-r evil")
    with pytest.raises(SelectionError, match="what requires it"):
        texts(selection, annotate=True)


def test_an_sdist_is_a_file_like_a_wheel() -> None:
    sdist = Sdist(filename="demo-1.0.tar.gz", path="demo-1.0.tar.gz", hashes=(make_hash("b"),))
    package = make_package("demo", wheels=(), sdist=sdist)
    place = (ROOT / "demo-1.0.tar.gz").as_uri()
    assert texts(select_one(package, sdist)).hashed == (
        f"demo @ {place} \\\n    --hash=sha256:{B}\n"
    )


@pytest.mark.parametrize(
    ("only", "option"), [("sdists", "--no-binary demo\n"), ("wheels", "--only-binary demo\n")]
)
def test_kinds_of_files_that_the_lock_rules_out(
    only: Literal["wheels", "sdists"], option: str
) -> None:
    package = Package(name="demo", version=Version("1.0"), only=only)
    text = texts(select_one(package, Pinned(hashes=WHEEL.hashes))).hashed
    assert text == f"{option}demo==1.0 \\\n    --hash=sha256:{C}\n"


def test_settings_for_a_build() -> None:
    package = Package(
        name="demo", version=Version("1.0"), config_settings=(("a", "b c"), ("--x", ""))
    )
    selection = select_one(package, Pinned())
    lines = 'demo==1.0 \\\n    --config-settings="a=b c" \\\n    --config-settings="--x="\n'
    assert texts(selection).unhashed == lines
    plain = to_requirements(selection, lock=make_lock(), root=ROOT, config_settings=False)
    assert plain.unhashed == "demo==1.0\n"


@pytest.mark.parametrize("value", ['"', "\\", "${HOME}", "x #y", "\n--index-url x"])
def test_settings_are_checked(value: str) -> None:
    package = replace(make_package("demo"), config_settings=(("a", value),))
    with pytest.raises(SelectionError):
        texts(select_one(package, Pinned()))
