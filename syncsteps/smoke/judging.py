"""From what a child reported, and how it ended, to the result."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from syncsteps.smoke.libraries import library_in
from syncsteps.smoke.model import ImportResult, SideEffects, Timing, Verdict
from syncsteps.smoke.verdicts import refined

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.smoke.model import Candidate
    from syncsteps.smoke.throwaway import ChildSettings, Throwaway

__all__ = ["Ending", "judge"]

# Windows reports an unhandled exception as the process's status: 0xC0000005 and its like.
_WINDOWS_EXCEPTIONS = 0xC0000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a child ended.

    ``status`` is below zero for a signal, and None if nobody knows it; ``expired`` is whether the
    time ran out; ``words`` are the last lines that it wrote; ``left`` is how many processes it left
    running; ``startup`` what ``.pth`` files did, as the child's program says it.
    """

    status: int | None
    seconds: float
    expired: bool = False
    words: tuple[str, ...] = ()
    left: int = 0
    forked: bool = False
    network: str = "allowed"
    startup: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class _Account:
    """What the entries of a report come to."""

    verdict: Verdict
    exception: str
    frames: tuple[str, ...]
    step: str = ""
    excuse: str = ""
    excused: str = ""
    missing: str = ""
    file: str = ""
    timings: list[Timing] = field(default_factory=list)
    effects: dict[str, Any] = field(default_factory=dict)

    def add(self, entry: dict[str, Any]) -> None:
        match entry:
            case {"importing": step}:
                self.step = step
            case {"took": seconds}:
                self.timings.append(Timing(step=self.step, seconds=seconds))
            case {"excused": excuse}:
                self.excuse, self.excused = excuse, self.step
            case {"failed": exception, "frames": lines}:
                self.verdict, self.exception = Verdict.FAILED, exception
                self.frames = tuple(lines)
                self.missing, self.file = entry.get("missing", ""), entry.get("file", "")
            case {"exited": exception, "frames": lines}:
                self.verdict, self.exception = Verdict.EXITED, exception
                self.frames = tuple(lines)
            case {"done": True}:
                self.verdict, self.exception = Verdict.OK, self.excuse
                self.step, self.frames = self.excused, ()
            case {"effects": effects}:
                self.effects = effects


def judge(
    candidate: Candidate, settings: ChildSettings, files: Throwaway, ending: Ending
) -> ImportResult:
    """Return the result of one test, as far as the child itself can know it."""
    verdict, exception = _meaning(ending, settings.timeout_of(candidate))
    account = _Account(verdict=verdict, exception=exception, frames=files.frames() or ending.words)
    for entry in files.entries():
        account.add(entry)
    library = (not account.missing and library_in(account.exception)) or ""
    # What raised an exception has said in it what is wrong; other lines can be about anything.
    words = () if account.verdict is Verdict.FAILED else ending.words
    said = "\n".join((account.exception, *words))
    return ImportResult(
        distribution=candidate.name,
        verdict=refined(account.verdict, said, library=library, missing=bool(account.missing)),
        modules=candidate.modules,
        module=account.step,
        exception=account.exception,
        frames=tuple(_from_site(frame, settings) for frame in account.frames),
        library=library,
        needed_by=_from_site(account.file, settings),
        missing=account.missing,
        seconds=ending.seconds,
        memory=account.effects.get("memory", 0),
        timings=tuple(account.timings),
        effects=_effects(account.effects, files, ending, settings),
        forked=ending.forked,
        network=ending.network,
    )


def _effects(
    reported: dict[str, Any], files: Throwaway, ending: Ending, settings: ChildSettings
) -> SideEffects:
    return SideEffects(
        written=files.written(),
        environment=tuple(reported.get("environment", ())),
        builtins=tuple(reported.get("builtins", ())),
        path=tuple(_from_site(path, settings) for path in reported.get("path", ())),
        startup=tuple(_startup(ending.startup)),
        threads=reported.get("threads", 0),
        processes=ending.left,
        moved=reported.get("directory", False),
    )


def _startup(activity: Iterable[dict[str, Any]]) -> Iterable[str]:
    """Say what each ``.pth`` file did, beginning with its name."""
    for each in activity:
        did = []
        if each["modules"]:
            did.append(f"imports {', '.join(each['modules'])}")
        if each["path"]:
            did.append(f"adds {', '.join(each['path'])} to sys.path")
        yield f"{each['file']} {' and '.join(did)}"


def _from_site(text: str, settings: ChildSettings) -> str:
    """Return ``text`` with files named as they will be imported, not by the place they are in."""
    for site in settings.site:
        text = text.replace(f"{site}{os.sep}", "")
    for directory, stand_in in settings.stand_ins:
        text = text.replace(str(stand_in), str(directory))
    return text


def _meaning(ending: Ending, timeout: float) -> tuple[Verdict, str]:
    """Return what it means that a child ended like this without saying how it went."""
    if ending.expired:
        return Verdict.TIMED_OUT, f"not imported within {timeout:g} seconds"
    if ending.status is None:
        return Verdict.CRASHED, "the process that had started it was killed"
    if ending.status < 0:
        return Verdict.CRASHED, _signal_name(-ending.status)
    if ending.status >= _WINDOWS_EXCEPTIONS:
        return Verdict.CRASHED, f"exception {ending.status:#010x}"
    return Verdict.EXITED, f"the process ended with status {ending.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
