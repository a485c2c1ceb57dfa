"""Runs beside the tool, on Linux: lays throwaway layers over directories and runs a program there.

It runs in this tool's Python, from its source alone: standard library only. Its argument is a file
with its orders, as JSON: ``layers`` are the directories, ``scratch`` where what is written to them
goes, ``memory`` whether that is to be a file system in memory, if it can, ``owned`` files of others
that may have to be changed, ``command`` and ``directory`` what to run and where, ``refusal`` a file
to say why that is not possible.

All of it is in a mount namespace of this process and its children (mount_namespaces(7)): nobody
else sees the layers, and they go with the last of them, however it ends. An ordinary user has it in
a user namespace (user_namespaces(7)), in which the user stays who that is. There, overlayfs cannot
copy what belongs to others: those directories are made in the layer beforehand, and so are files.
"""

import contextlib
import ctypes
import errno
import json
import os
import shutil
import signal
import stat
import sys
from typing import Any

_NEW_MOUNTS, _NEW_USER = 0x00020000, 0x10000000
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_DIE_WITH_PARENT = 1
_REFUSED = 125


class RefusedError(Exception):
    """A step that the system does not allow: its name, and the number of the error."""

    def __init__(self, step: str, number: int) -> None:
        super().__init__(step, number)
        self.step = step
        self.number = number


def main() -> None:
    """Do what the orders say, and become the command."""
    with open(sys.argv[1], encoding="utf-8") as file:
        orders: dict[str, Any] = json.load(file)
    try:
        ordinary = enter_namespace()
        cover(orders, ordinary=ordinary)
        os.chdir(orders["directory"])
    except RefusedError as error:
        refuse(orders, error.step, error.number)
    except OSError as error:
        refuse(orders, str(error.filename or "a file"), error.errno or 0)
    call("prctl", _DIE_WITH_PARENT, ctypes.c_ulong(signal.SIGKILL))
    command = orders["command"]
    os.execve(command[0], command, os.environ)  # noqa: S606 - it is what this is for


def refuse(orders: dict[str, Any], step: str, number: int) -> None:
    """Say what could not be done, and end."""
    with open(orders["refusal"], "w", encoding="utf-8") as file:
        json.dump({"step": step, "errno": number, "text": os.strerror(number)}, file)
    sys.exit(_REFUSED)


def call(name: str, *arguments: Any) -> None:
    """Make a call of the C library; RefusedError if it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    if function(*arguments):
        raise RefusedError(name, ctypes.get_errno())


def mount(kind: str, target: str, options: str) -> None:
    """Mount a file system of this kind (mount(2))."""
    name = os.fsencode(kind)
    try:
        call("mount", name, os.fsencode(target), name, ctypes.c_ulong(0), os.fsencode(options))
    except RefusedError as error:
        raise RefusedError(kind, error.number) from None


def enter_namespace() -> bool:
    """Have mounts of one's own; return whether as an ordinary user."""
    user, group = os.geteuid(), os.getegid()
    try:
        call("unshare", _NEW_MOUNTS)
    except RefusedError:
        call("unshare", _NEW_MOUNTS | _NEW_USER)
        maps = (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        )
        for name, text in maps:
            with open("/proc/self/" + name, "w", encoding="ascii") as file:
                file.write(text)
        ordinary = True
    else:
        ordinary = False
    be_private()
    return ordinary


def be_private() -> None:
    """Keep from others what is mounted here, also where the root is no mount (chroot(2))."""
    nothing = ctypes.c_char_p(None)
    flags = ctypes.c_ulong(_RECURSIVE | _PRIVATE)
    root, here = os.open("/", os.O_RDONLY), os.getcwd()
    try:
        call("mount", nothing, b"/", nothing, flags, nothing)
    except RefusedError:
        # To join one's own namespace leads to its root, and back from there.
        namespace = os.pidfd_open(os.getpid())
        call("setns", namespace, _NEW_MOUNTS)
        os.close(namespace)
        call("mount", nothing, b"/", nothing, flags, nothing)
        os.fchdir(root)
        os.chroot(".")
        os.chdir(here)
    finally:
        os.close(root)


def cover(orders: dict[str, Any], *, ordinary: bool) -> None:
    """Lay a layer over each directory."""
    scratch = orders["scratch"]
    if orders["memory"]:
        mount("tmpfs", scratch, "mode=0755")
        if ordinary and not takes_attributes(scratch):
            call("umount2", os.fsencode(scratch), 0)
    # Opened before anything is mounted: one may lie in another, on a file system of its own.
    places = [(path, os.open(path, os.O_RDONLY | os.O_DIRECTORY)) for path in orders["layers"]]
    for number, (lower, descriptor) in enumerate(places):
        os.fchdir(descriptor)
        upper, work = (os.path.join(scratch, f"{name}{number}") for name in ("upper", "work"))
        os.mkdir(upper)
        os.mkdir(work)
        if ordinary:
            prepare(lower, upper, orders["owned"])
        take_after(".", upper, ordinary=ordinary)
        options = f"lowerdir=.,upperdir={upper},workdir={work}"
        mount("overlay", lower, options + (",userxattr" if ordinary else ""))
    for path, descriptor in places:
        require_covered(path, descriptor)
        os.close(descriptor)


def require_covered(path: str, descriptor: int) -> None:
    """Make sure that ``path`` leads to a layer now, and not to the directory itself any more.

    What is mounted on the root directory, for one, is not what a process finds there.
    """
    if os.stat(path).st_dev == os.fstat(descriptor).st_dev:
        raise RefusedError("the layer over " + path, errno.EBUSY)


def takes_attributes(directory: str) -> bool:
    """Whether overlayfs can mark there what it hides: before Linux 6.6 it cannot in memory."""
    try:
        os.setxattr(directory, "user.syncsteps", b"")
    except OSError:
        return False
    return True


def prepare(lower: str, upper: str, owned: list[str]) -> None:
    """Make in ``upper`` what is others' in the current directory, which is ``lower``."""
    for parent, directories, _ in os.walk("."):
        for name in directories:
            path = os.path.join(parent, name)
            if not os.path.islink(path) and is_foreign(path):
                make_like(path, upper)
    for file in owned:
        if not file.startswith(os.path.join(lower, "")):
            continue
        path = os.path.relpath(file, lower)
        make_like(os.path.dirname(path), upper)
        # One that cannot be read stays as it is: to replace it will fail.
        with contextlib.suppress(PermissionError):
            shutil.copy2(path, os.path.join(upper, path), follow_symlinks=False)


def make_like(path: str, upper: str) -> None:
    """Make the directory ``path`` of the current one in ``upper``, and those that it lies in."""
    copy = os.path.join(upper, path)
    if not os.path.isdir(copy):
        make_like(os.path.dirname(path), upper)
        os.mkdir(copy)
        take_after(path, copy, ordinary=True)


def is_foreign(path: str) -> bool:
    """Whether overlayfs could not copy it for this user: its owner or its group are others."""
    status = os.lstat(path)
    return (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid())


def take_after(path: str, copy: str, *, ordinary: bool) -> None:
    """Give a directory the mode of another one, and its owner if that can be."""
    status = os.stat(path)
    os.chmod(copy, stat.S_IMODE(status.st_mode))
    if not ordinary:
        os.chown(copy, status.st_uid, status.st_gid)
