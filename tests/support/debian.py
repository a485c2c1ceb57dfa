"""Real Debian systems in directories: made once with debootstrap, copied for each test."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from syncsteps.processes import Completed, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "BUNDLE",
    "Root",
    "cached_root",
    "debian_root",
    "fork_root",
    "layer_root",
    "missing_means",
]

_INCLUDE = "python3,python3-pip,ca-certificates"
_RECIPE = 1  # part of a cached root's name: a new number makes them all again
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
_ADMIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Runs in the root's own Python, whatever its version, so that it sees a layered root as well.
_DIGEST = """
import hashlib, json, os, stat, sys

def describe(path):
    status = os.lstat(path)
    kind = stat.S_IFMT(status.st_mode)
    mode = "%o %d:%d" % (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)
    if kind == stat.S_IFLNK:
        return "link to " + os.readlink(path)
    if kind != stat.S_IFREG:
        return "%s %o" % (mode, kind)
    with open(path, "rb") as stream:
        return mode + " " + hashlib.sha256(stream.read()).hexdigest()

found = {}
for top in sys.argv[1:]:
    for parent, directories, files in os.walk(top):
        for name in directories + files:
            path = os.path.join(parent, name)
            found[path] = describe(path)
print(json.dumps(found))
"""

_LAYERED = (
    'mount -t overlay overlay -o "lowerdir=$0,upperdir=$1,workdir=$2" "$3"'
    ' && shift 3 && exec chroot "$@"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """A system in a directory, and how a command is run in it.

    With ``layers`` (upper, work and mount point of an overlay over ``path``), each command gets a
    mount namespace of its own in which the layers are mounted: nothing stays mounted, even if the
    tests are killed.
    """

    path: Path
    layers: tuple[Path, Path, Path] | None = None

    def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
        input_text: str = "",
        umask: int = 0o022,
        timeout: float = 300.0,
    ) -> Completed:
        """Run ``command`` in the root as root, with nothing of this machine's environment."""
        return run(
            self.command(command, directory),
            environment=_clean(environment or {}),
            input_text=input_text,
            umask=umask,
            timeout=timeout,
        )

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        directory: str = "/",
    ) -> subprocess.Popen[str]:
        """Start ``command`` and return it running: its process is the command's own."""
        return subprocess.Popen(
            self.command(command, directory),
            env=_clean(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def check(self, command: Sequence[str]) -> str:
        """Run ``command`` and return its standard output; an AssertionError unless it succeeds."""
        done = self.run(command)
        assert done.status == 0, f"{command} ended with {done.status}:\n{done.stderr}{done.stdout}"
        return done.stdout

    def command(self, command: Sequence[str], directory: str = "/") -> list[str]:
        """The command line for this machine that runs ``command`` in the root."""
        inside = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', directory, *command]
        if self.layers is None:
            return ["chroot", str(self.path), *inside]
        upper, work, mounted = map(str, self.layers)
        outside = ["unshare", "--mount", "/bin/sh", "-c", _LAYERED]
        return [*outside, str(self.path), upper, work, mounted, mounted, *inside]

    def write(self, path: str, text: str) -> None:
        """Write a file of the root, and the directories above it."""
        self.check(["mkdir", "-p", str(Path(path).parent)])
        done = self.run(["tee", path], input_text=text)
        assert done.status == 0, done.stderr

    def digest(self, *places: str) -> dict[str, str]:
        """Path to mode, owner and SHA-256 of everything below ``places`` (``/usr`` and ``/etc``).

        Times are left out, as every tool that copies or backs up a tree leaves them out.
        """
        places = places or ("/usr", "/etc")
        done = self.run(["python3", "-I", "-B", "-", *places], input_text=_DIGEST)
        assert done.status == 0, done.stderr
        found: dict[str, str] = json.loads(done.stdout)
        return found


def missing_means() -> str | None:
    """Why no Debian root can be made here, or None."""
    if sys.platform != "linux":
        return "Debian roots need Linux"
    if os.geteuid() != 0:
        return "Debian roots need root: debootstrap and chroot do"
    missing = [name for name in ("debootstrap", "chroot") if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install debootstrap)"
    return None


def debian_root(suite: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return a root of the Debian release ``suite``, which is not to be written to."""
    return cached_root(f"{suite}-{_RECIPE}", lambda root: _make_root(suite, root), environment)


def cached_root(
    name: str, make: Callable[[Path], None], environment: Mapping[str, str] = os.environ
) -> Path:
    """Return the root of this name, which ``make`` makes if it is not there yet.

    The roots are kept in ``$SYNCSTEPS_E2E_CACHE``, or else in the user's cache directory.
    """
    cache = Path(
        environment.get("SYNCSTEPS_E2E_CACHE")
        or Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache", "syncsteps", "e2e")
    )
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / name
    with FileLock(cache / f"{root.name}.lock"):
        if not root.is_dir():
            make(root)
    return root


def _make_root(suite: str, root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=f".{suite}-", dir=root.parent) as directory:
        made = Path(directory, "root")
        command = ["debootstrap", "--variant=minbase", f"--include={_INCLUDE}", suite, str(made)]
        done = run([*command, *_mirror()], timeout=600, umask=0o022)
        assert done.status == 0, f"debootstrap {suite}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        for path in (BUNDLE, Path("/etc/resolv.conf")):
            if path.is_file():
                shutil.copyfile(path, made / path.relative_to("/"))
        for archive in (made / "var/cache/apt/archives").glob("*.deb"):
            archive.unlink()
        made.rename(root)


def _mirror() -> list[str]:
    """The mirror that this machine's own packages come from; none leaves it to debootstrap."""
    system = platform.freedesktop_os_release()
    if system.get("ID") != "debian":
        return []
    done = run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"])
    for line in done.stdout.splitlines():
        site, _, release = line.partition(" ")
        if release == system.get("VERSION_CODENAME"):
            return [site]
    return []


def fork_root(root: Root, directory: Path) -> Root:
    """Return a writable copy of ``root`` in ``directory``, which must not exist yet."""
    done = run(["cp", "-a", "--reflink=auto", root.path, directory])
    assert done.status == 0, done.stderr
    return Root(path=directory)


def layer_root(root: Root, directory: Path) -> Root | None:
    """Return ``root`` as the lower layer of an overlay, as a container sees its image.

    None where this machine does not let it be mounted.
    """
    layers = (directory / "upper", directory / "work", directory / "mounted")
    for layer in layers:
        layer.mkdir(parents=True)
    layered = Root(path=root.path, layers=layers)
    if shutil.which("unshare") is None or layered.run(["true"]).status != 0:
        return None
    return layered


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        "PATH": _ADMIN_PATH,
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "NO_PROXY": "127.0.0.1",
        **environment,
    }
