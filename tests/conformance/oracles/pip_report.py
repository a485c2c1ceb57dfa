"""pip's own report: what it would install of an exported lock, into real interpreters.

`verify` says that a lock fits if and only if pip finds a file for everything in it. For each lock
and each interpreter, the lock is exported for every platform, with hashes, and pip reads the
markers and the tags itself: ``pip install --dry-run --no-deps --require-hashes``. Then

- of wheels alone (``--only-binary :all:``), pip comes to an end where `verify` finds neither that a
  file is missing, nor that one has to be built, nor that Python or the environment is another than
  the lock was made for; and it has chosen the same files, by their hashes;
- where `verify` names packages, pip has to find all others (``others``), nothing at all for those
  without a file (``NAME``), and the very sdist for those that have to be built (``NAME``). Whether
  a build works is not known before: where it fails, or pip refuses the metadata that come of it,
  the file that pip had taken for it counts.

An export cannot say which versions of Python the lock is for. The locks below have, for any other
version, a package that has no file for it either. Those that name hashes without files, or neither
a Requires-Python of their own nor of their packages, cannot be judged without an index, and are
not among them; nor is any with files that no index has any more.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

import syncsteps
from syncsteps.export import to_universal_requirements
from syncsteps.locks.model import Sdist
from syncsteps.processes import run
from syncsteps.selection.universal import select_everywhere
from tests.conformance.compare import Cases
from tests.conformance.oracle import Refused
from tests.conformance.pins import Pin, file_kind, pins_of
from tests.conformance.selections import shown
from tests.support.interpreters import installed_prefixes, throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from tests.conformance.compare import Compared
    from tests.conformance.corpus import Project
    from tests.conformance.tools import Tool

__all__ = ["PipReport", "Said", "pins_of_report", "taken_before_build"]

_SAMPLE = ("uv/dantebben*", "pdm/2e0byo*", "pylock/pypa__packaging*")
_LOCKS = (
    *_SAMPLE,
    "uv/langchain-ai*",
    "uv/modelcontextprotocol*",
    "uv/pydantic__pydantic-ai__norev",
    "poetry/DavidVujic*",
    "poetry/element-hq*",
    "poetry/python-poetry__poetry__v11",
    "pdm/0-8-4*",
    "pdm/litestar-org*",
    "pdm/pdm-project*",
    "pylock/pdm-project*",
    "pylock/pydantic__pydantic*",
)
# What else is asked of one, which has a package without any file for 3.13.
_MORE: Mapping[str, Mapping[str, object]] = {"pdm/litestar-org*": {"only_group": ["dev"]}}
_PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
# The newest pip does not run in the oldest of them.
_OLD = frozenset({"3.9"})
_WHOLE = frozenset({"INT001", "INT006"})
_FILELESS, _BUILT = "FIL001", "FIL002"
_WHEELS = ("--only-binary", ":all:")
_TAKEN = re.compile(
    r"^\s*(?:Downloading|Using cached) (?:\S*/)?([^\s/]+\.(?:tar\.\w+|tgz|zip))", re.MULTILINE
)
# The last is what pip says of metadata that has been built, and that it does not like.
_UNBUILT = re.compile(
    r"subprocess-exited-with-error|metadata-generation-failed|Failed to build"
    r"|cannot declare direct URL dependencies"
)
_TIMEOUT = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class PipReport:
    """pip, run for interpreters of this machine; ``pythons`` is where they are, or shall be.

    ``online``: an index answers. ``every`` is for all the locks, else it is a few of them.
    """

    pip: Tool
    pip_old: Tool
    pythons: Path
    environment: Mapping[str, str]
    online: bool
    every: bool

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"pip {self.pip.version} report"

    def reads(self, project: Project) -> bool:
        """Return whether the lock is one of those that are compared, and can be here."""
        chosen = _LOCKS if self.every else _SAMPLE
        known = any(fnmatchcase(project.name, glob) for glob in chosen)
        return known and self.online and bool(self.versions)

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of Python that this machine has."""
        return tuple(version for version in _PYTHONS if any(installed_prefixes(version)))

    def prepare(self, project: Project) -> None:
        """Make the interpreters, where they are not yet: real ones, without distributions.

        One that cannot be copied, such as a distribution's own, is left out.
        """
        del project
        for version in self.versions:
            if not self.python(version).exists():
                with contextlib.suppress(pytest.skip.Exception):
                    throwaway_interpreter(self.pythons / version, version)

    def compare(self, project: Project) -> Compared:
        """Compare `verify` with pip, for every interpreter.

        Raises:
            SyncstepsError: the lock cannot be read, selected from or exported.
            ValueError: it has entries without a hash, which pip refuses beside others with one.
        """
        cases = Cases(project.name, self.name)
        more = [asked for glob, asked in _MORE.items() if fnmatchcase(project.name, glob)]
        for asked in ({}, *more):
            for version in self.versions:
                if self.python(version).exists():
                    _Installation(self, project, version, asked).note(cases)
        return cases.result()

    def python(self, version: str) -> Path:
        """Return the program of the interpreter of ``version``."""
        return self.pythons / version / "bin" / "python3"

    def ask(self, version: str, text: str, *options: str) -> Said:
        """Return what pip says of a requirements file, for the interpreter of ``version``."""
        pip = self.pip_old if version in _OLD else self.pip
        with tempfile.TemporaryDirectory(prefix="pip-report-") as scratch:
            requirements, report = Path(scratch, "requirements.txt"), Path(scratch, "report.json")
            requirements.write_text(text, encoding="utf-8")
            (packages,) = pip.scripts.parent.glob("lib/python*/site-packages")
            done = run(
                [
                    *(self.python(version), "-m", "pip", "install", "--dry-run", "--no-deps"),
                    *("--require-hashes", "--ignore-installed", "--progress-bar", "off", *options),
                    *("--report", report, "-r", requirements),
                ],
                environment={**self.environment, "PYTHONPATH": str(packages)},
                timeout=_TIMEOUT,
            )
            return Said(
                report=json.loads(report.read_text(encoding="utf-8")) if not done.status else None,
                output=done.stdout,
                errors=done.stderr,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What pip said: its report (None where it failed), and what it wrote meanwhile."""

    report: Mapping[str, Any] | None
    output: str
    errors: str

    def pins(self) -> frozenset[Pin] | Refused:
        """Return the files that pip chose, or why it did not."""
        if self.report is not None:
            return pins_of_report(self.report)
        lines = [line for line in self.errors.splitlines() if line.startswith("ERROR:")]
        return Refused(lines[-1] if lines else self.errors.strip())


def pins_of_report(report: Mapping[str, Any]) -> frozenset[Pin]:
    """Return the files of a report, as version 1 of its format has them."""
    pins = set()
    for item in report["install"]:
        info = item["download_info"]
        filename = unquote(urlsplit(info["url"]).path.rpartition("/")[2])
        hashes = info["archive_info"]["hashes"].items()
        pins.add(
            Pin(
                name=canonicalize_name(item["metadata"]["name"]),
                version=str(Version(item["metadata"]["version"])),
                file=file_kind(filename),
                hashes=frozenset(f"{kind}:{digest}" for kind, digest in hashes),
            )
        )
    return frozenset(pins)


def taken_before_build(said: Said) -> str | None:
    """Return the sdist that pip took, whose hash was good, and could not build; None if not so."""
    if said.report is not None or not _UNBUILT.search(said.errors):
        return None
    taken = _TAKEN.findall(said.output)
    return taken[0] if taken else None


class _Installation:
    """One lock for one interpreter: what `verify` says of it, to be compared with pip."""

    def __init__(
        self, oracle: PipReport, project: Project, version: str, asked: Mapping[str, object]
    ) -> None:
        self._oracle = oracle
        self._version = version
        self._settings = syncsteps.load_settings(
            {
                "lock": str(project.lock),
                "python": str(oracle.python(version)),
                "no_local": True,
                "allow_outside": True,
                **asked,
            },
            environment={},
            directory=project.directory,
        )
        self._outcome = syncsteps.verify(self._settings, environment=oracle.environment)
        lock, selection = self._outcome.lock, self._outcome.selection
        if lock is None or selection is None:
            raise TypeError("an outcome of verify has a lock and a selection")
        self._lock, self._selection = lock, selection
        self._universal = select_everywhere(lock, self._settings.request)
        self._request = shown(self._settings.request)

    def note(self, cases: Cases) -> None:
        """Note the whole lock, and what `verify` says of single packages."""
        findings = self._outcome.findings
        unfit = next((f for f in findings if f.code in {*_WHOLE, _FILELESS, _BUILT}), None)
        ours = Refused(unfit.message) if unfit else self._chosen(lambda _: True)
        theirs = self._ask(lambda _: True, *_WHEELS).pins()
        cases.note(self._request, self._version, ours, theirs)
        if any(finding.code in _WHOLE for finding in findings):
            return
        fileless = {f.subject: f for f in findings if f.code == _FILELESS}
        built = {f.subject for f in findings if f.code == _BUILT}
        if fileless or built:
            self._note_others(cases, without={*fileless, *built})
        for name, finding in fileless.items():
            theirs = self._ask(name.__eq__).pins()
            cases.note(self._request, f"{self._version} {name}", Refused(finding.message), theirs)
        for name in sorted(built):
            self._note_sdist(cases, name)

    def _note_others(self, cases: Cases, *, without: Collection[str]) -> None:
        def other(name: str) -> bool:
            return name not in without

        ours = self._chosen(other)
        if ours:
            theirs = self._ask(other, *_WHEELS).pins()
            cases.note(self._request, f"{self._version} others", ours, theirs)

    def _note_sdist(self, cases: Cases, name: str) -> None:
        ours = self._chosen(name.__eq__)
        said = self._ask(name.__eq__)
        taken = taken_before_build(said)
        (item,) = (item for item in self._selection.packages if item.name == name)
        same = isinstance(item.chosen, Sdist) and item.chosen.filename == taken
        theirs = ours if same else said.pins()
        cases.note(self._request, f"{self._version} {name}", ours, theirs)

    def _chosen(self, wanted: Callable[[str], bool]) -> frozenset[Pin]:
        packages = tuple(item for item in self._selection.packages if wanted(item.name))
        return pins_of(replace(self._selection, packages=packages, unavailable=()), chosen=True)

    def _ask(self, wanted: Callable[[str], bool], *options: str) -> Said:
        universal = self._universal
        packages = tuple(item for item in universal.packages if wanted(item.package.name))
        text = to_universal_requirements(
            replace(universal, packages=packages),
            lock=self._lock,
            root=self._lock.root,
            allow_outside=True,
        )
        if text.unhashed:
            raise ValueError(f"entries without a hash: {text.unhashed}")
        return self._oracle.ask(self._version, text.hashed, *options)
