"""Why a throwaway view cannot be had in one of the ways, and how to get it."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MeansMissingError", "no_engine", "no_overlay"]

_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
)
_OTHERWISE = "or take --image IMAGE (docker, podman or buildah), or --isolation copy"


class MeansMissingError(InterpreterError):
    """A way to have a throwaway view that this system does not offer (exit 4)."""


def no_overlay(
    step: str, number: int, *, read: Callable[[str], str] | None = None
) -> MeansMissingError:
    """Return the error for an overlay that failed at ``step`` (of `_layers`) with errno ``number``.

    ``read`` returns the value of a setting of the kernel, by its name below /proc/sys.
    """
    reading = read or _setting
    why, what = _cause(step, number, reading)
    return MeansMissingError(
        f"no overlay can be laid over the system here: {why}", hint=f"{what}; {_OTHERWISE}"
    )


def _cause(step: str, number: int, read: Callable[[str], str]) -> tuple[str, str]:
    name = errno.errorcode.get(number, str(number))
    if step == "overlay" and number == errno.ENODEV:
        return "the kernel has no overlayfs", "run `modprobe overlay` as root"
    if step == "overlay" and number == errno.EINVAL:
        why = "the kernel refuses it (EINVAL): for ordinary users it has to be 5.11 or newer, and"
        why += " what is written must not go to an overlay itself"
        return why, "run as root, or without --scratch"
    for setting, bad, command in _SWITCHES:
        if read(setting) == bad:
            return (
                f"ordinary users may not have namespaces of their own ({setting} is {bad})",
                f"run as root, or once, as root, `{command}`",
            )
    if number in {errno.EPERM, errno.EACCES, errno.ENOSPC, errno.ENOSYS}:
        what = "run as root; in a container, start that with --cap-add SYS_ADMIN"
        return f"this user may not mount anything ({step}: {name})", what
    return f"{step}: {name}", "run as root"


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def no_engine(wanted: str, tried: dict[str, str]) -> MeansMissingError:
    """Return the error for no container engine; ``tried`` says why not, for each program."""
    which = "no container engine works here" if wanted == "auto" else f"{wanted} does not work here"
    return MeansMissingError(
        which,
        hint="install podman (or docker, or buildah) from the system's packages and start it; or go"
        " without --image",
        details=[f"{name}: {why}" for name, why in tried.items()],
    )
