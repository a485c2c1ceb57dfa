"""A run that may become the answer to the same run later: what it says, writes and looks at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO, cast

from syncsteps.caching.gate import ANSWERS, pack
from syncsteps.caching.keeping import keeping_directory
from syncsteps.caching.marks import mark_all, unsettled
from syncsteps.caching.store import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.caching.gate import Question
    from syncsteps.caching.witness import Witness
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.settings import Settings

__all__ = ["Recording", "Run"]

_MOST_PATHS = 50_000


class _Heard:
    """A stream that passes on what is written to it, and keeps it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


class Run:
    """What a run came to: a good end, after which another one like it has nothing else to do.

    ``took`` is the time, as the last line says it. ``interpreter`` is None for an export that is
    for every platform; ``with_distributions`` says whether what is installed in it mattered.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        lock: Lock,
        interpreter: Interpreter | None,
        with_distributions: bool,
        took: str = "",
    ) -> None:
        self.settings = settings
        self.lock = lock
        self.interpreter = interpreter
        self.with_distributions = with_distributions
        self.took = took


class Recording:
    """Keeps the answer to ``question``, in whose run ``witness`` has been watching.

    ``stream`` is to be used in place of standard error.
    """

    def __init__(self, question: Question, witness: Witness, *, stream: TextIO) -> None:
        self._question = question
        self._witness = witness
        self._heard = _Heard(stream)
        self._outputs: list[tuple[str, str | None]] = []
        self._run: Run | None = None

    @property
    def stream(self) -> TextIO:
        """Standard error, listened to."""
        return cast("TextIO", self._heard)

    def output(self, target: str, text: str | None) -> None:
        """Note what went to a file, or to standard output (``-``); None: there was no such file."""
        self._outputs.append((target, text))

    def give_up(self) -> None:
        """Watch no more: there is something to do, and what does it opens thousands of files."""
        self._witness.rest()
        self._witness.doubts.add("there was something to do")

    def may_keep(self, run: Run) -> None:
        """Note that ``run`` can be answered for, if it ends well."""
        self._run = run

    def keep(self, environment: Mapping[str, str]) -> str:
        """Write the answer, and return why not, or nothing."""
        self._witness.rest()
        try:
            return self._keep(environment)
        except (OSError, ValueError) as error:
            return str(error)

    def _keep(self, environment: Mapping[str, str]) -> str:
        # While the run was under way, nobody was to wait for this.
        from syncsteps.caching.surroundings import surroundings  # noqa: PLC0415

        run = self._run
        if run is None:
            return "the same run again may come to something else"
        directory = keeping_directory(run.settings, environment, ANSWERS)
        doubt = self._doubt() if directory else "there is no directory for it"
        if doubt:
            return doubt
        paths = set(surroundings(run, self._witness, environment=environment))
        if len(paths) > _MOST_PATHS:
            return f"it depends on {len(paths)} files"
        marks = mark_all(sorted(paths))
        moment = self._question.moment
        recent = [path for each in marks for path in unsettled(each, before=moment)]
        if recent or run.settings.verbose:
            return f"{recent[0]} has only just been changed" if recent else "it says too much"
        payload = pack(
            said=self._said(run.took), outputs=self._outputs, marks=marks[:2], access=_access(run)
        )
        return write(directory, self._question.name, payload, now=moment / 1e9)

    def _doubt(self) -> str:
        """Return what the run did that nobody can answer for."""
        from syncsteps.caching.surroundings import is_known  # noqa: PLC0415 - as in `_keep`

        seen = self._witness
        targets = {os.path.abspath(target) for target, _ in self._outputs}  # noqa: PTH100 - links stay
        files = [target for target, text in self._outputs if target != "-" and text is not None]
        if not all(map(os.path.isfile, files)):
            return "it went to what is no file"
        if not all(map(is_known, seen.programs)):
            return "other programs had a part in it"
        return ", ".join(sorted(seen.doubts | (seen.written - targets)))

    def _said(self, took: str) -> tuple[str, str]:
        """Return what was said before and after ``took``, all of it before if that is not said."""
        before, found, after = self._heard.text.rpartition(took) if took else ("", "", "")
        return (before, after) if found else (self._heard.text, "")


def _access(run: Run) -> list[tuple[str, bool]]:
    """Return the directories that an installation would write to, and whether it could now."""
    if run.settings.interpreter or run.interpreter is None or not run.with_distributions:
        return []
    scheme = run.interpreter.scheme
    places = (scheme.purelib, scheme.platlib, scheme.scripts, scheme.headers, scheme.data)
    nearest = {
        next(str(one) for one in (place, *place.parents) if os.path.exists(one))  # noqa: PTH110
        for place in places
    }
    return [(place, os.access(place, os.W_OK | os.X_OK)) for place in sorted(nearest)]
