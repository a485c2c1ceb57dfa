from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.interpreter import Owner, find_owners

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="these databases are POSIX systems'")
DIST = "usr/lib/python3/dist-packages"


def make_metadata(root: Path, name: str, parent: str = DIST) -> Path:
    metadata = root / parent / name
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Name: x\nVersion: 1\n", "utf-8")
    return metadata


def make_dpkg(root: Path, lists: dict[str, list[str]]) -> None:
    state = root / "var/lib/dpkg"
    (state / "info").mkdir(parents=True)
    (state / "status").write_text("Package: base-files\n", "utf-8")
    for package, lines in lists.items():
        (state / "info" / f"{package}.list").write_text("\n".join(lines) + "\n", "utf-8")


def make_rpm(root: Path, script: str) -> str:
    (root / "usr/lib/sysimage/rpm").mkdir(parents=True)
    (root / "usr/lib/sysimage/rpm/rpmdb.sqlite").touch()
    program = root / "rpm-for-test"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    return str(program)


def owner(manager: str, package: str) -> Owner:
    return Owner(manager=manager, package=package)


def test_without_a_database_nothing_is_owned(tmp_path: Path) -> None:
    assert find_owners([make_metadata(tmp_path, "a-1.dist-info")], root=tmp_path) == {}


def test_without_paths_no_database_is_asked(tmp_path: Path) -> None:
    (tmp_path / "var/lib/dpkg").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text("Package: x\n", "utf-8")
    assert find_owners([], root=tmp_path) == {}


@posix
def test_dpkg_owns_what_its_lists_name(tmp_path: Path) -> None:
    yaml = make_metadata(tmp_path, "PyYAML-6.0.dist-info")
    egg = tmp_path / DIST / "six-1.16.egg-info"
    egg.write_text("Name: six\n", "utf-8")
    free = make_metadata(tmp_path, "free-1.dist-info")
    make_dpkg(
        tmp_path,
        {
            "python3-yaml:amd64": ["/.", "/usr", f"/{DIST}", f"/{DIST}/PyYAML-6.0.dist-info"],
            "python3-six": [f"/{DIST}/six-1.16.egg-info", f"/{DIST}/six.py"],
            "other": ["/usr/share/doc/free-1.dist-info", f"/{DIST}/free-1.dist-info-old"],
        },
    )
    assert find_owners([yaml, egg, free], root=tmp_path) == {
        yaml: owner("dpkg", "python3-yaml"),
        egg: owner("dpkg", "python3-six"),
    }


@posix
@pytest.mark.parametrize("listed", ["lib", "usr/lib"])
@pytest.mark.parametrize("asked", ["lib", "usr/lib"])
def test_a_merged_usr_has_one_library_by_two_names(tmp_path: Path, listed: str, asked: str) -> None:
    make_metadata(tmp_path, "a-1.dist-info", "usr/lib/python3/dist-packages")
    (tmp_path / "lib").symlink_to("usr/lib")
    make_dpkg(tmp_path, {"python3-a": [f"/{listed}/python3/dist-packages/a-1.dist-info"]})
    path = tmp_path / asked / "python3/dist-packages/a-1.dist-info"
    assert find_owners([path], root=tmp_path) == {path: owner("dpkg", "python3-a")}


@posix
def test_two_names_of_one_path_have_the_same_owner(tmp_path: Path) -> None:
    make_metadata(tmp_path, "a-1.dist-info", "usr/lib/python3")
    (tmp_path / "lib").symlink_to("usr/lib")
    make_dpkg(tmp_path, {"python3-a": ["/usr/lib/python3/a-1.dist-info"]})
    paths = [tmp_path / at / "python3/a-1.dist-info" for at in ("lib", "usr/lib")]
    found = find_owners(paths, root=tmp_path)
    assert found == dict.fromkeys(paths, owner("dpkg", "python3-a"))


@posix
def test_a_package_owns_a_directory_when_it_lists_only_a_file_in_it(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path, "a-1.dist-info")
    make_dpkg(tmp_path, {"python3-a": [f"/{DIST}/a-1.dist-info/RECORD"]})
    assert find_owners([metadata], root=tmp_path) == {metadata: owner("dpkg", "python3-a")}


@posix
def test_dpkg_without_lists_is_an_error(tmp_path: Path) -> None:
    make_dpkg(tmp_path, {})
    with pytest.raises(InterpreterError, match="holds no lists of their files") as caught:
        find_owners([make_metadata(tmp_path, "a-1.dist-info")], root=tmp_path)
    assert caught.value.hint


@posix
def test_dpkg_without_its_folder_of_lists_is_an_error(tmp_path: Path) -> None:
    make_dpkg(tmp_path, {})
    (tmp_path / "var/lib/dpkg/info").rmdir()
    with pytest.raises(InterpreterError, match="info: No such file or directory"):
        find_owners([make_metadata(tmp_path, "a-1.dist-info")], root=tmp_path)


@posix
def test_dpkg_that_knows_no_package_owns_nothing(tmp_path: Path) -> None:
    make_dpkg(tmp_path, {})
    (tmp_path / "var/lib/dpkg/status").write_text("", "utf-8")
    assert find_owners([make_metadata(tmp_path, "a-1.dist-info")], root=tmp_path) == {}


@posix
def test_rpm_is_asked_about_a_file_of_each(tmp_path: Path) -> None:
    owned = make_metadata(tmp_path, "a-1.dist-info")
    free = make_metadata(tmp_path, "b-1.dist-info")
    rpm = make_rpm(
        tmp_path,
        f'case "$*" in *" -f "*) printf "%s\\n" "$@" > {tmp_path}/arguments;; *) exit;; esac\n'
        f'echo "$LC_ALL" > {tmp_path}/language\n'
        f'printf "python3-a\\t/{DIST}/a-1.dist-info/METADATA\\npython3-a\\t/{DIST}/a.py\\n"\n'
        f'echo "file {free}/METADATA is not owned by any package"; exit 1',
    )
    assert find_owners([owned, free], root=tmp_path, rpm=rpm) == {owned: owner("rpm", "python3-a")}
    arguments = (tmp_path / "arguments").read_text("utf-8").splitlines()
    assert arguments == [
        "-q",
        "-f",
        "--queryformat",
        "[%{=NAME}\\t%{FILENAMES}\\n]",
        f"{owned}/METADATA",
        f"{free}/METADATA",
    ]
    assert (tmp_path / "language").read_text("utf-8") == "C\n"


@posix
def test_an_owner_comes_with_what_needs_it(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path, "a-1.dist-info")
    make_dpkg(tmp_path, {"python3-a": [f"/{DIST}/a-1.dist-info"]})
    (tmp_path / "var/lib/dpkg/status").write_text(
        "Package: tool\nStatus: install ok installed\nDepends: python3-a (>= 1)\n\n"
        "Package: desktop\nStatus: install ok installed\nDepends: tool\n",
        "utf-8",
    )
    assert find_owners([metadata], root=tmp_path) == {
        metadata: Owner(
            manager="dpkg",
            package="python3-a",
            needed_by=("tool",),
            needed_indirectly=("desktop",),
        )
    }


@posix
def test_rpm_that_fails_is_an_error(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path, "a-1.dist-info")
    script = 'for i in 1 2; do echo "error: cannot open Packages database" >&2; done; exit 1'
    with pytest.raises(InterpreterError, match="rpm cannot say who owns") as caught:
        find_owners([metadata], root=tmp_path, rpm=make_rpm(tmp_path, script))
    assert caught.value.details == ("error: cannot open Packages database",)


@posix
def test_rpm_may_miss_a_file_that_has_just_gone(tmp_path: Path) -> None:
    script = 'echo "error: file /gone: No such file or directory" >&2; exit 1'
    rpm = make_rpm(tmp_path, script)
    assert find_owners([tmp_path / "a-1.dist-info"], root=tmp_path, rpm=rpm) == {}


@posix
def test_a_database_of_rpm_without_rpm_is_an_error(tmp_path: Path) -> None:
    make_rpm(tmp_path, "exit 0")
    with pytest.raises(InterpreterError, match="but no program `rpm` to ask it with"):
        find_owners(
            [make_metadata(tmp_path, "a-1.dist-info")], root=tmp_path, rpm=str(tmp_path / "none")
        )


@posix
def test_apk_owns_what_its_database_lists(tmp_path: Path) -> None:
    site = "usr/lib/python3.12/site-packages"
    owned = make_metadata(tmp_path, "yaml-6.dist-info", site)
    by_file = make_metadata(tmp_path, "six-1.dist-info", site)
    free = make_metadata(tmp_path, "free-1.dist-info", site)
    database = tmp_path / "lib/apk/db/installed"
    database.parent.mkdir(parents=True)
    database.write_text(
        f"C:Q1x=\nP:py3-yaml\nV:6\nF:{site}\nF:{site}/yaml-6.dist-info\nR:METADATA\nZ:Q1y=\n\n"
        f"P:py3-six\nF:{site}/six-1.dist-info\nR:RECORD\n",
        "utf-8",
    )
    assert find_owners([owned, by_file, free], root=tmp_path) == {
        owned: owner("apk", "py3-yaml"),
        by_file: owner("apk", "py3-six"),
    }


def test_conda_owns_what_the_records_of_its_prefix_list(tmp_path: Path) -> None:
    prefix = tmp_path / "opt/conda"
    site = "opt/conda/lib/python3.12/site-packages"
    owned = make_metadata(tmp_path, "numpy-2.dist-info", site)
    by_pip = make_metadata(tmp_path, "rich-13.dist-info", site)
    (prefix / "conda-meta").mkdir()
    record = {
        "name": "numpy",
        "files": ["lib/python3.12/site-packages/numpy-2.dist-info/METADATA", "bin/f2py"],
    }
    (prefix / "conda-meta/numpy-2-0.json").write_text(json.dumps(record), "utf-8")
    (prefix / "conda-meta/history").write_text("==> 1\n", "utf-8")
    found = find_owners([owned, by_pip], prefixes=(prefix, prefix), root=tmp_path)
    assert found == {owned: owner("conda", "numpy")}
    assert find_owners([owned], prefixes=(tmp_path,), root=tmp_path) == {}


@pytest.mark.parametrize("content", ["{site-packages", '{"site-packages": 1}', '["site-packages"]'])
def test_a_broken_record_of_conda_is_an_error(tmp_path: Path, content: str) -> None:
    metadata = make_metadata(tmp_path, "a-1.dist-info", "x/site-packages")
    (tmp_path / "conda-meta").mkdir()
    broken = tmp_path / "conda-meta/a.json"
    broken.write_text(content.replace("site-packages", "x/site-packages"), "utf-8")
    with pytest.raises(InterpreterError, match=r"a\.json is not a record of an installed conda"):
        find_owners([metadata], prefixes=(tmp_path,), root=tmp_path)
