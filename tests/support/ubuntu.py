"""Real Ubuntu systems in directories, with the updates that their images have."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from syncsteps.processes import run
from tests.support.debian import BUNDLE, Root, cached_root

__all__ = ["ubuntu_root"]

_RECIPE = 1  # part of a cached root's name: a new number makes them all again
_DEBOOTSTRAP = Path("/usr/share/debootstrap")
_KEYRING = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
_NEWEST_SCRIPT = "jammy"
_COMPONENTS = ("main", "universe")


def ubuntu_root(suite: str) -> Path:
    """Return a root of the Ubuntu release ``suite``, made if need be. It is not to be written to.

    It has python3 and python3-pip without what they recommend. Where this machine does not have
    Ubuntu's keys, nothing is checked for signatures, and a line on standard error says so.
    """
    return cached_root(f"ubuntu-{suite}-{_RECIPE}", lambda root: _make_root(suite, root))


def _make_root(suite: str, root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{suite}-", dir=root.parent) as directory:
        made, home = Path(directory, "root"), Path(directory, "debootstrap")
        # An older debootstrap does not know later releases by name, which are made in the same way.
        shutil.copytree(_DEBOOTSTRAP, home, symlinks=True)
        if not (home / "scripts" / suite).exists():
            (home / "scripts" / suite).symlink_to(_NEWEST_SCRIPT)
        command = [
            "debootstrap",
            "--variant=minbase",
            f"--components={','.join(_COMPONENTS)}",
            "--include=ca-certificates",
        ]
        if not _KEYRING.is_file():
            sys.stderr.write(f"{suite}: {_KEYRING} is not here: signatures are not checked\n")
            command.append("--no-check-gpg")
        done = run(
            [*command, suite, str(made)],
            environment={**os.environ, "DEBOOTSTRAP_DIR": str(home)},
            timeout=900,
            umask=0o022,
        )
        assert done.status == 0, f"debootstrap {suite}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        _copy_in(Path("/etc/resolv.conf"), made)
        _add_python(Root(path=made), suite)
        _copy_in(BUNDLE, made)  # last: installing packages writes it again
        for archive in (made / "var/cache/apt/archives").glob("*.deb"):
            archive.unlink()
        made.rename(root)


def _copy_in(path: Path, root: Path) -> None:
    if path.is_file():
        shutil.copyfile(path, root / path.relative_to("/"))


def _add_python(root: Root, suite: str) -> None:
    _, mirror, *_ = root.check(["cat", "/etc/apt/sources.list"]).split()
    pockets = (suite, f"{suite}-updates", f"{suite}-security")
    lines = [f"deb {mirror} {pocket} {' '.join(_COMPONENTS)}\n" for pocket in pockets]
    root.write("/etc/apt/sources.list", "".join(lines))
    root.check(["apt-get", "update", "-q"])
    root.check(["apt-get", "dist-upgrade", "-qy"])
    root.check(["apt-get", "install", "-qy", "--no-install-recommends", "python3", "python3-pip"])
