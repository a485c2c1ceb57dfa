from __future__ import annotations

import pytest

from syncsteps.smoke.model import Verdict
from syncsteps.smoke.verdicts import is_driver, refined

DISPLAY = [
    "_tkinter.TclError: no display name and no $DISPLAY environment variable",
    'Xlib.error.DisplayNameError: Bad display name ""',
    "ImportError: this platform is not supported: ('failed to acquire X connection: ...')",
    "KeyError: 'DISPLAY'",
    "qt.qpa.xcb: could not connect to display\nno Qt platform plugin could be initialized.",
    "RuntimeError: Unable to init server: Could not connect: Connection refused",
    "pygame.error: No available video device",
    'pyglet.display.xlib.NoSuchDisplayException: Cannot connect to "None"',
    "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory",
    "RuntimeError: Found no NVIDIA driver on your system",
    "CUDA driver version is insufficient for CUDA runtime version",
]
OTHER = [
    "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
    "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory",
    "ModuleNotFoundError: No module named 'display'",
    "ValueError: cannot display this",
    "KeyError: 'DISPLAYED'",
    "RuntimeError: could not connect to the server of the licence",
]


@pytest.mark.parametrize("text", DISPLAY)
@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.CRASHED, Verdict.EXITED])
def test_a_display_or_a_driver_that_is_wanted_is_no_fault(text: str, verdict: Verdict) -> None:
    assert refined(verdict, text, library="", missing=False) is Verdict.NEEDS_DISPLAY
    assert Verdict.NEEDS_DISPLAY.good


@pytest.mark.parametrize("text", OTHER)
def test_others_are_what_they_were(text: str) -> None:
    assert refined(Verdict.FAILED, text, library="", missing=False) is Verdict.FAILED


def test_a_library_and_a_module_are_told_apart() -> None:
    assert refined(Verdict.FAILED, "", library="libGL.so.1", missing=False) is (
        Verdict.MISSING_LIBRARY
    )
    assert refined(Verdict.FAILED, "", library="", missing=True) is Verdict.MISSING_MODULE
    assert refined(Verdict.CRASHED, "", library="libGL.so.1", missing=False) is Verdict.CRASHED


@pytest.mark.parametrize("verdict", [Verdict.OK, Verdict.TIMED_OUT, Verdict.FLAKY])
def test_other_verdicts_stay(verdict: Verdict) -> None:
    assert refined(verdict, DISPLAY[0], library="", missing=False) is verdict


def test_drivers_are_known_by_their_names() -> None:
    assert [is_driver(n) for n in ("libcuda.so.1", "libnvidia-ml.so.1", "libcudart.so.12")] == [
        True,
        True,
        False,
    ]
