"""Runs beside the tool, on Linux: takes the network away from this process and its children."""

import ctypes
import fcntl
import os
import socket
import struct

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41


def leave_network() -> str:
    """Leave the network, if the system allows; return ``none``, or why there still is one.

    It is tried in a child first: half of it done would be worse than nothing.
    """
    pid = os.fork()
    if not pid:
        try:
            unshare_network()
        except OSError as error:
            os._exit(error.errno or 1)
        finally:
            os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status:
        return f"cannot be taken away: {os.strerror(status)}"
    unshare_network()
    return "none"


def unshare_network() -> None:
    """Have a network of one's own (unshare(2)), with the loopback device up.

    Raises:
        OSError: the system does not allow it.
    """
    user, group = os.getuid(), os.getgid()
    try:
        unshare(_NEW_NETWORK)
    except PermissionError:
        unshare(_NEW_NETWORK | _NEW_USER)
        maps = (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        )
        for name, text in maps:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        fcntl.ioctl(device, _SET_FLAGS, struct.pack("16sH22x", b"lo", _UP_AND_RUNNING))


def unshare(flags: int) -> None:
    """Make the system call of this name."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
