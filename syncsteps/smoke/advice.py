"""What to do about a verdict that is not plainly good."""

from __future__ import annotations

import contextlib
import re
import sys
from collections import defaultdict
from dataclasses import replace
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.smoke.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncsteps.smoke.model import ImportResult, SmokeTarget

__all__ = ["Extras", "advised"]

# Modules whose distribution has another name, of those that are often missed (PyPI's own pages).
_DISTRIBUTIONS = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "crypto": "pycryptodome",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "git": "gitpython",
    "google.protobuf": "protobuf",
    "jose": "python-jose",
    "jwt": "pyjwt",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "mysqldb": "mysqlclient",
    "openssl": "pyopenssl",
    "pil": "pillow",
    "pkg_resources": "setuptools",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "usb": "pyusb",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}
# Parts of the standard library that Debian and its kin package on their own.
_SPLIT_OFF = {
    "_gdbm": "python3-gdbm",
    "_tkinter": "python3-tk",
    "distutils": "python3-distutils",
    "ensurepip": "python3-venv",
    "lib2to3": "python3-lib2to3",
    "tkinter": "python3-tk",
}
_REMOVED = frozenset(
    {
        "aifc",
        "asynchat",
        "asyncore",
        "audioop",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "imghdr",
        "imp",
        "lib2to3",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "pipes",
        "smtpd",
        "sndhdr",
        "spwd",
        "sunau",
        "telnetlib",
        "uu",
        "xdrlib",
    }
)
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")
_SIMPLE = {
    Verdict.FLAKY: "it was imported when it was tried again, alone: look for what depends on the"
    " time, on other processes, or on chance",
    Verdict.NEEDS_DISPLAY: "this is no fault of the installation: try it where it is to run",
    Verdict.CRASHED: "its compiled code may not suit this system or its processor: look for another"
    " build of it, or build it from source here",
    Verdict.TIMED_OUT: "give it more time with --smoke-timeout, if it is not waiting for something",
    Verdict.EXITED: "it is a program rather than a library: leave it out with --smoke-exclude",
}


class Extras:
    """Which extra of which distribution brings a module; read only if somebody asks."""

    def __init__(self, targets: Iterable[SmokeTarget]) -> None:
        self._targets = tuple(targets)
        self._index: dict[str, list[str]] | None = None

    def bringing(self, module: str) -> tuple[str, ...]:
        """Return the extras that require what a module is likely to come from, as ``name[extra]``.

        Metadata that cannot be read has none.
        """
        if self._index is None:
            self._index = self._read()
        return tuple(dict.fromkeys(e for name in _names(module) for e in self._index.get(name, ())))

    def _read(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = defaultdict(list)
        for target in self._targets:
            for requirement in _requirements(target):
                for extra in _EXTRA.findall(str(requirement.marker or "")):
                    index[canonicalize_name(requirement.name)].append(f"{target.name}[{extra}]")
        return dict(index)


def _names(module: str) -> tuple[str, ...]:
    """Return the distributions that a module may come from, the likeliest first."""
    lower = module.lower()
    parts = lower.split(".")
    prefixes = [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
    known = [_DISTRIBUTIONS[prefix] for prefix in prefixes if prefix in _DISTRIBUTIONS]
    return (*known, *(canonicalize_name(prefix) for prefix in prefixes))


def _requirements(target: SmokeTarget) -> Iterable[Requirement]:
    try:
        text = (target.metadata / "METADATA").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in HeaderParser().parsestr(text, headersonly=True).get_all("Requires-Dist", []):
        with contextlib.suppress(InvalidRequirement):
            yield Requirement(line)


def advised(result: ImportResult, extras: Extras, package: Callable[[str], str]) -> ImportResult:
    """Return ``result`` with what to do about it.

    ``package`` returns the command that installs what supplies a library, or nothing.
    """
    if result.verdict is Verdict.MISSING_MODULE:
        advice = _about_module(result, extras)
    elif result.verdict is Verdict.MISSING_LIBRARY:
        command = package(result.library)
        advice = command or f"install the system's package that has {result.library}"
    elif result.verdict is Verdict.FAILED:
        advice = "look at the last line: another version of it may suit this interpreter"
    else:
        advice = _SIMPLE.get(result.verdict, "")
    return replace(result, advice=advice)


def _about_module(result: ImportResult, extras: Extras) -> str:
    missing = result.missing
    top = missing.partition(".")[0]
    if any(f"{missing}.".startswith(f"{module}.") for module in result.modules):
        return "the distribution itself lacks it: install it again, or look for a better build"
    if top in _SPLIT_OFF and top not in _REMOVED:
        return f"install the system's {_SPLIT_OFF[top]}, or a Python that was built with {top}"
    if top in _REMOVED:
        return f"newer Pythons have no {top}: take a newer version of {result.distribution}"
    if top in sys.stdlib_module_names:
        return f"it is of the standard library: take a Python that was built with {top}"
    brought = extras.bringing(missing)
    if brought:
        return f"an extra brings it: add {' or '.join(brought[:3])} to the project, and lock it"
    return f"nothing in the lock brings it: add {_names(missing)[0]} to the project, and lock it"
