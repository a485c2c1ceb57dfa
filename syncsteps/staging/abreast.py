"""Several runs of an installer, side by side: one failure for them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from syncsteps.staging.output import Heard, startable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from syncsteps.abreast import Call, Failure
    from syncsteps.staging.model import Listener

__all__ = ["AbreastRunner", "Installation", "run_installers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An installer's run; ``places`` is where the lock has it look for files, if it does."""

    call: Call
    places: str = ""


class AbreastRunner(Protocol):
    """What `syncsteps.abreast.run_abreast` is; a test gives another."""

    def __call__(
        self,
        chains: Sequence[Sequence[Call]],
        *,
        on_line: Callable[[int, str], None],
        on_tick: Callable[[], None] | None = ...,
    ) -> Failure | None:
        """Run ``chains`` and return the first failure."""


def run_installers(
    chains: Sequence[Sequence[Installation]],
    *,
    name: str,
    on_line: Callable[[str], None],
    runner: AbreastRunner,
    listener: Listener | None = None,
) -> None:
    """Run the installations of each chain one after the other, and the chains side by side.

    Each is by the installer ``name``. The first that fails stops the others, and the error is about
    it alone. ``on_line`` gets the lines of all of them, secrets redacted, and so does ``listener``,
    with the number of the chain.

    Raises:
        StagingError: one cannot be started, or ended with another status than 0.
    """

    def hear(number: int) -> Callable[[str], None]:
        def take(line: str) -> None:
            if listener is not None:
                listener.line(number, line)
            on_line(line)

        return take

    heard = [
        Heard(name, chain[0].call.environment, hear(number)) for number, chain in enumerate(chains)
    ]
    with startable(name, chains[0][0].call.command):
        failure = runner(
            [[each.call for each in chain] for chain in chains],
            on_line=lambda number, line: heard[number](line),
            on_tick=None if listener is None else listener.tick,
        )
    if failure is not None:
        places = chains[failure.chain][failure.place].places
        raise heard[failure.chain].failure(failure.status, places)
