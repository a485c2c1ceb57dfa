"""What the compiled files of a distribution need of the system, beside what imports show."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.smoke.guarded import is_guarded
from syncsteps.smoke.libraries import Certainty, MissingFinder, read_system, supplier
from syncsteps.smoke.model import Verdict
from syncsteps.smoke.recorded import compiled_files, sources
from syncsteps.smoke.verdicts import is_driver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.smoke.libraries import MissingLibrary, System
    from syncsteps.smoke.model import ImportResult, SmokeTarget

__all__ = ["Linker"]


class Linker:
    """Knows the system that distributions are linked to; ``site`` are staged directories."""

    def __init__(
        self, interpreter: Interpreter, site: tuple[Path, ...], environment: Mapping[str, str]
    ) -> None:
        self._interpreter = interpreter
        self._sites = (*site, *interpreter.site_packages)
        self._path = environment.get("LD_LIBRARY_PATH", "")

    def linked(self, result: ImportResult, target: SmokeTarget) -> ImportResult:
        """Return ``result`` with the libraries that compiled files would not find.

        A module that was not imported may be imported some day: what is well without it is not well
        with it, unless the distribution itself expects that it may be missing.
        """
        files = compiled_files(target) if sys.platform == "linux" else ()
        if not files or result.verdict not in {Verdict.OK, Verdict.NOTHING, Verdict.FLAKY}:
            return result
        found = self._finder.find(files)
        sure = [
            each
            for each in found
            if each.certainty is Certainty.MISSING and not _is_optional(each, target)
        ]
        doubts = tuple(self._doubt(each) for each in found if each not in sure)
        result = replace(result, doubts=doubts)
        if not sure:
            return result
        first = sure[0]
        return replace(
            result,
            verdict=Verdict.NEEDS_DISPLAY if is_driver(first.soname) else Verdict.MISSING_LIBRARY,
            module=self._place(first.needed_by),
            exception="; ".join(dict.fromkeys(self._said(each) for each in sure)),
            frames=(),
            library=first.soname,
            needed_by=self._place(first.needed_by),
        )

    def package(self, soname: str) -> str:
        """Return the command that installs what supplies a library, or nothing if none is known."""
        found = None if self._system is None else supplier(soname, self._system)
        return "" if found is None else found.command

    @cached_property
    def _finder(self) -> MissingFinder:
        return MissingFinder(
            executable=self._interpreter.executable,
            tags=self._interpreter.tags,
            sites=self._sites,
            library_path=self._path,
        )

    @cached_property
    def _system(self) -> System | None:
        return read_system(Path(os.sep), bits=64 if sys.maxsize > 2**32 else 32)

    def _said(self, missing: MissingLibrary) -> str:
        return f"{missing} is not there, needed by {self._place(missing.chain[-1])}"

    def _doubt(self, missing: MissingLibrary) -> str:
        reason = missing.reason or "its own modules do without it"
        return f"{self._said(missing)}: {reason}"

    def _place(self, path: Path) -> str:
        for site in self._sites:
            if path.is_relative_to(site):
                return path.relative_to(site).as_posix()
        return str(path)


def _is_optional(missing: MissingLibrary, target: SmokeTarget) -> bool:
    """Whether the distribution does without the module that needs a library."""
    module = missing.needed_by.name.partition(".")[0]
    return is_guarded(module, sources(target))
