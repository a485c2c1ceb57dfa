"""What goes wrong while syncsteps works on a Debian system: nothing of the system changes."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.debian_tool import project_wheels
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

SITE = "/usr/local/lib/python3.13/dist-packages"
FAILED_IMPORT, NOT_STAGED, INTERRUPTED = 1, 5, 130
BREAK = "--break-system-packages"
WRITABLE = ("/usr", "/etc", "/tmp")  # noqa: S108 - that of the root, which only the test has


def test_a_failing_import_changes_nothing(system: Callable[..., System]) -> None:
    debian = system("trixie")
    program, library = project_wheels(debian.index.directory)
    bad = make_wheel(
        debian.index.directory,
        "bad",
        files={"bad.py": "def load():\n    raise OSError('libmissing.so: not there')\n\nload()\n"},
    )
    debian.lock(bad, program, library)
    before = debian.root.digest(*WRITABLE)

    done = debian.run("sync", BREAK)

    assert done.status == FAILED_IMPORT, done.stderr
    for word in ("bad", "OSError", "libmissing.so: not there", "bad.py:2 in load"):
        assert word in done.stderr
    assert debian.root.digest(*WRITABLE) == before


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("fault", ["wrong hash", "dead index", "missing file", "cut off"])
def test_what_cannot_be_fetched_changes_nothing(
    fault: str, installer: str, system: Callable[..., System]
) -> None:
    debian = system("trixie")
    program, library = project_wheels(debian.index.directory)
    debian.lock(program, library)
    if fault == "wrong hash":
        debian.lock(program, library, hashes={library.name: "0" * 64})
    elif fault == "dead index":
        debian.index.stop()
    elif fault == "missing file":
        debian.index.missing.add(library.name)
    else:
        debian.index.truncated.add(library.name)
    before = debian.root.digest()

    done = debian.run("sync", BREAK, "--installer", installer)

    assert done.status == NOT_STAGED, done.stderr
    assert "Traceback" not in done.stderr
    if fault != "dead index":
        assert "low" in done.stderr
    assert debian.root.digest() == before


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_everybody_can_read_what_root_installs_with_a_narrow_umask(
    installer: str, system: Callable[..., System]
) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest()

    done = debian.run("sync", BREAK, "--installer", installer, umask=0o077)

    assert done.status == 0, done.stderr
    new = debian.root.digest()
    modes = {new[path].split(" ")[0] for path in new.keys() - before.keys()}
    assert modes == {"644", "755"}
    nobody = ["chroot", "--userspec=65534:65534", "/", "python3", "-B", "-c", "import high"]
    debian.root.check(nobody)


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_download_changes_nothing(
    number: signal.Signals, installer: str, system: Callable[..., System]
) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest(*WRITABLE)

    errors, status = cut_off(debian, number, installer)

    assert status == INTERRUPTED, errors
    assert "nothing has been changed" in errors
    assert "Traceback" not in errors
    assert debian.root.digest(*WRITABLE) == before


def test_a_killed_download_is_cleaned_up_by_the_next_sync(system: Callable[..., System]) -> None:
    debian = system("trixie")
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest()

    _, status = cut_off(debian, signal.SIGKILL, "pip")

    assert status == -signal.SIGKILL
    left = debian.root.digest()
    assert {path: text for path, text in left.items() if "/.syncsteps" not in path} == before
    done = debian.run("sync", BREAK)
    assert done.status == 0, done.stderr
    assert debian.root.check(["high"]) == "2 /usr/bin/python3\n"
    stages = f"{SITE.rpartition('/')[0]}/.syncsteps"
    assert debian.root.check(["ls", "-A", stages]).split() == ["receipts"]


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05])
def test_a_killed_swap_ends_in_the_old_state_or_in_the_new(
    delay: float, system: Callable[..., System]
) -> None:
    debian = system("trixie", layered=False)  # its journal is watched from outside
    made = debian.index.directory
    many = {f"low/part{number}.py": f"DEPTH = {number}\n" for number in range(1500)}
    older = make_wheel(made, "low", "2.0", files={"low/__init__.py": "DEPTH = 2\n", **many})
    newer = make_wheel(made, "low", "3.0", files={"low/__init__.py": "DEPTH = 3\n", **many})
    debian.lock(older)
    assert debian.run("install", BREAK).status == 0
    before = debian.root.digest("/usr")
    debian.lock(newer)
    state = debian.root.path / f"{SITE.rpartition('/')[0]}/.syncsteps".lstrip("/")

    with debian.start("install", BREAK) as process:
        deadline = time.monotonic() + 60
        while not (state / "commit" / "journal.json").exists():
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "it never began to swap"
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
    recovered = debian.run("recover")

    assert recovered.status == 0, recovered.stderr
    after = debian.root.digest("/usr")
    if after != before:
        assert debian.installed()["low"] == "3.0"
        assert debian.run("check").status == 0
        assert after.keys() - before.keys() <= {
            path.replace("low-2.0", "low-3.0") for path in before
        }
    again = debian.run("sync", BREAK)
    assert again.status == 0, again.stderr
    assert debian.python("import low; print(low.DEPTH)") == "3"


def cut_off(debian: System, number: signal.Signals, installer: str) -> tuple[str, int]:
    """Start a sync, send it a signal while it downloads; its standard error and its status."""
    debian.index.delay = 1.0
    with debian.start("sync", BREAK, "--installer", installer) as process:
        deadline = time.monotonic() + 60
        while debian.index.count("/files/") == 0:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "it never began to download"
            time.sleep(0.02)
        os.kill(process.pid, number)
        _, errors = process.communicate(timeout=60)
    debian.index.delay = 0.0
    return errors, process.returncode
