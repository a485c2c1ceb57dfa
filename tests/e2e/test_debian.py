"""syncsteps on the system Pythons of Debian 11, 12, 13 and sid: their paths, pip and apt."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.debian import layer_root
from tests.support.debian_tool import project_wheels
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

SITE = "/usr/local/lib/python3.13/dist-packages"
REFUSED = 4
BREAK = "--break-system-packages"


@pytest.mark.parametrize("suite", ["bookworm", "trixie", "sid"])
def test_an_externally_managed_python_is_refused(suite: str, system: Callable[..., System]) -> None:
    debian = system(suite)
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest()

    done = debian.run("sync")

    assert done.status == REFUSED, done.stderr
    assert "externally managed (PEP 668)" in done.stderr
    assert BREAK in done.stderr
    assert debian.root.digest() == before
    assert debian.index.requests == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_sync_makes_the_system_import_what_the_lock_says(
    installer: str, system: Callable[..., System]
) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest()

    done = debian.run("sync", BREAK, "--installer", installer)

    assert done.status == 0, done.stderr
    assert SITE in done.stderr.splitlines()[0]
    assert debian.installed().items() >= {"high": "1.0", "low": "2.0"}.items()
    assert debian.python("import high; print(high.__file__)") == f"{SITE}/high/__init__.py"
    assert debian.root.check(["high"]) == "2 /usr/bin/python3\n"
    assert debian.root.check(["head", "-n1", "/usr/local/bin/high"]) == "#!/usr/bin/python3\n"
    assert debian.root.check(["cat", "/usr/local/share/high/notes.txt"]) == "notes\n"
    after = debian.root.digest()
    assert {path: after.get(path) for path in before} == before
    new = {path for path in after.keys() - before.keys() if not path.startswith(SITE)}
    assert {path for path in new if "/.syncsteps" not in path} == {
        "/usr/local/bin/high",
        "/usr/local/share/high",
        "/usr/local/share/high/notes.txt",
    }


def test_the_same_lock_again_changes_nothing(system: Callable[..., System]) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    assert debian.run("sync", BREAK).status == 0
    before, asked = debian.root.digest(), debian.index.count()

    again = debian.run("sync", BREAK)
    check = debian.run("check")

    assert again.status == 0, again.stderr
    assert "nothing to do" in again.stderr
    assert check.status == 0, check.stderr
    assert debian.root.digest() == before
    assert debian.index.count() == asked


def test_a_receipt_says_what_was_installed(system: Callable[..., System]) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))

    done = debian.run("sync", BREAK, "--json", "-")

    report = json.loads(done.stdout)
    state = f"{SITE.rpartition('/')[0]}/.syncsteps"
    (path,) = debian.root.check(["find", state, "-type", "f"]).splitlines()
    receipt = json.loads(debian.root.check(["cat", path]))
    assert report["digest"] == receipt["digest"]
    assert report["digest"] in done.stderr.splitlines()[-1]
    assert {(entry["name"], entry["version"]) for entry in receipt["distributions"]} == {
        ("high", "1.0"),
        ("low", "2.0"),
    }


def test_uv_and_pip_install_the_same_tree(system: Callable[..., System]) -> None:
    trees = []
    for installer in ("uv", "pip"):
        debian = system("trixie")
        debian.lock_urls(*project_wheels(debian.index.directory))
        done = debian.run("sync", BREAK, "--installer", installer)
        assert done.status == 0, done.stderr
        assert debian.index.count("/simple/") == 0, "the lock names the files"
        trees.append(debian.root.digest("/usr"))
    by_uv, by_pip = trees
    # Each installer signs its work, and writes programs in a way of its own.
    own = re.compile(r"\.dist-info/(INSTALLER|RECORD)$|/\.syncsteps/receipts/|/usr/local/bin/high$")
    assert by_uv.keys() == by_pip.keys()
    different = {path for path in by_uv if by_uv[path] != by_pip[path]}
    assert {path for path in different if not own.search(path)} == set()
    modes = {path: (by_uv[path].split()[0], by_pip[path].split()[0]) for path in different}
    assert {path for path, (one, other) in modes.items() if one != other} == set()


def test_check_sees_a_file_that_was_changed(system: Callable[..., System]) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    assert debian.run("sync", BREAK).status == 0
    debian.root.write(f"{SITE}/low/__init__.py", "DEPTH = 3\n")

    done = debian.run("check")

    assert done.status == 1
    assert f"{SITE}/low/__init__.py" in done.stderr


def test_a_newer_lock_replaces_and_removes(system: Callable[..., System]) -> None:
    debian = system("trixie")
    program, library = project_wheels(debian.index.directory)
    debian.lock(program, library)
    assert debian.run("sync", BREAK).status == 0
    newer = make_wheel(
        debian.index.directory, "low", "3.0", files={"low/__init__.py": "DEPTH = 3\n"}
    )
    debian.lock(newer)

    done = debian.run("sync", BREAK)

    assert done.status == 0, done.stderr
    assert debian.python("import low; print(low.DEPTH)") == "3"
    assert "high" not in debian.installed()
    gone = [
        "/usr/local/bin/high",
        "/usr/local/share/high/notes.txt",
        f"{SITE}/high",
        f"{SITE}/low-2.0.dist-info",
    ]
    assert debian.root.digest().keys().isdisjoint(gone)


def test_what_apt_owns_is_neither_replaced_nor_shadowed(system: Callable[..., System]) -> None:
    debian = system("trixie", "python3-yaml")
    yaml = make_wheel(
        debian.index.directory, "pyyaml", "9.9.9", files={"yaml/__init__.py": "NEW = 1\n"}
    )
    debian.lock(yaml)
    installed = debian.installed()["PyYAML"]
    before = debian.root.digest()

    done = debian.run("sync", BREAK)

    assert done.status == REFUSED, done.stderr
    for word in ("pyyaml", "9.9.9", installed, "python3-yaml", "--allow-replace pyyaml"):
        assert word in done.stderr
    assert debian.root.digest() == before


def test_shadowing_what_apt_owns_takes_its_name(system: Callable[..., System]) -> None:
    debian = system("trixie", "python3-yaml")
    yaml = make_wheel(
        debian.index.directory, "pyyaml", "9.9.9", files={"yaml/__init__.py": "NEW = 1\n"}
    )
    debian.lock(yaml)

    done = debian.run("sync", BREAK, "--allow-replace", "pyyaml")

    assert done.status == 0, done.stderr
    assert debian.python("import yaml; print(yaml.__file__)") == f"{SITE}/yaml/__init__.py"
    assert debian.root.check(["dpkg", "--verify", "python3-yaml"]) == ""
    assert debian.run("check").status == 0
    assert "nothing to do" in debian.run("sync", BREAK, "--allow-replace", "pyyaml").stderr


def test_a_version_that_apt_has_is_kept(system: Callable[..., System]) -> None:
    debian = system("trixie", "python3-yaml")
    version = debian.installed()["PyYAML"]
    yaml = make_wheel(debian.index.directory, "pyyaml", version, files={"yaml/__init__.py": ""})
    debian.lock(yaml)

    done = debian.run("sync", BREAK)

    assert done.status == 0, done.stderr
    assert debian.root.check(["dpkg", "--verify", "python3-yaml"]) == ""
    assert debian.python("import yaml; print(yaml.__file__)").startswith("/usr/lib/python3/")


@pytest.mark.parametrize(
    ("suite", "site"),
    [
        ("bullseye", "/usr/local/lib/python3.9/dist-packages"),
        ("bookworm", "/usr/local/lib/python3.11/dist-packages"),
        ("sid", "/usr/local/lib/python3.14/dist-packages"),
    ],
)
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_files_land_where_the_systems_python_looks(
    suite: str, site: str, installer: str, system: Callable[..., System]
) -> None:
    debian = system(suite, layered=False)
    debian.lock(*project_wheels(debian.index.directory))

    done = debian.run("sync", BREAK, "--installer", installer)

    assert done.status == 0, done.stderr
    assert debian.python("import high; print(high.__file__)") == f"{site}/high/__init__.py"
    assert debian.root.check(["high"]) == "2 /usr/bin/python3\n"
    assert "nothing to do" in debian.run("sync", BREAK, "--installer", installer).stderr
    assert debian.run("check").status == 0


def test_what_an_earlier_image_layer_holds_can_be_replaced(
    system: Callable[..., System], tmp_path: Path
) -> None:
    # The directories of a lower layer cannot be renamed, only their files.
    image = system("trixie", layered=False)
    program, library = project_wheels(image.index.directory)
    image.lock(program, library)
    assert image.run("sync", BREAK).status == 0
    root = layer_root(image.root, tmp_path / "layers")
    if root is None:
        pytest.skip("no overlay can be mounted here")
    layer = replace(image, root=root)
    newer = make_wheel(
        image.index.directory, "low", "3.0", files={"low/__init__.py": "DEPTH = 3\n"}
    )
    layer.lock(newer, program)

    done = layer.run("sync", BREAK)

    assert done.status == 0, done.stderr
    assert layer.root.check(["high"]) == "3 /usr/bin/python3\n"
    assert layer.run("check").status == 0
    assert image.root.check(["high"]) == "2 /usr/bin/python3\n"
