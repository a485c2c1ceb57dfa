"""What a failure means: a display that is not there, a library, a module, or just a failure."""

from __future__ import annotations

import re

from syncsteps.smoke.model import Verdict

__all__ = ["is_driver", "refined"]

# As they say it: tkinter, Xlib and what is built on it, GTK, Qt, SDL, pyglet, and whoever reads the
# variable itself.
_DISPLAY = re.compile(
    r"\$DISPLAY|KeyError: '(?:WAYLAND_)?DISPLAY'|DISPLAY environment"
    r"|(?:cannot|can't|could ?n[o']t|unable to) (?:open|connect to|find) (?:\w+ )?display"
    r"|unable to init server"
    r"|Display(?:Name|Connection)Error|NoSuchDisplayException|failed to acquire X connection"
    r"|no available video device|no Qt platform plugin could be initialized",
    re.IGNORECASE,
)
# They come with the driver, from the machine that runs the image: no package of it supplies them.
_DRIVER = re.compile(
    r"\blib(?:cuda|nvidia-[a-z]+|nvcuvid|nvoptix)\.so"
    r"|CUDA driver version is insufficient|no CUDA-capable device|found no NVIDIA driver"
    r"|CUDA_ERROR_NO_DEVICE|cudaError(?:NoDevice|InsufficientDriver)",
    re.IGNORECASE,
)
_REFINED = frozenset({Verdict.FAILED, Verdict.CRASHED, Verdict.EXITED})


def refined(verdict: Verdict, text: str, *, library: str, missing: bool) -> Verdict:
    """Return what a verdict comes to, in view of what was said.

    ``text`` is the exception with its message, or of what ended without one the last lines of
    output; ``library`` the shared library that could not be loaded, ``missing`` whether a Python
    module was not found.
    """
    if verdict not in _REFINED:
        return verdict
    if _DISPLAY.search(text) or _DRIVER.search(text):
        return Verdict.NEEDS_DISPLAY
    if verdict is not Verdict.FAILED:
        return verdict
    if missing:
        return Verdict.MISSING_MODULE
    return Verdict.MISSING_LIBRARY if library else verdict


def is_driver(library: str) -> bool:
    """Whether a shared library comes with the driver of a device."""
    return _DRIVER.search(library) is not None
