"""Runs the command line as a program, as if all that there is had been there for an hour.

``python asking.py MODE ARGUMENT …``: with the mode ``run`` the whole of it, with ``ask`` only what
comes before the long way; that then ends with `LONG_WAY`. With ``now`` as well as with ``run`` the
whole, and what has just been changed has just been changed.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import syncsteps
from syncsteps import start
from syncsteps.caching import gate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["LONG_WAY"]

LONG_WAY = 99
_HOUR = 3600 * 10**9


def _ask_later(argv: Sequence[str], environment: Mapping[str, str]) -> gate.Question | None:
    question = gate.ask(argv, environment)
    if question is not None:
        question.moment += _HOUR
    return question


def _long_way(*_: object) -> NoReturn:
    sys.exit(LONG_WAY)


def main() -> NoReturn:
    mode = sys.argv.pop(1)
    if mode != "now":
        vars(start)["ask"] = _ask_later
    if mode == "ask":
        stub = ModuleType("syncsteps.cli")
        stub.entry_point = _long_way  # type: ignore[attr-defined]
        sys.modules[stub.__name__] = stub
        vars(syncsteps)["cli"] = stub
    start.entry_point()


if __name__ == "__main__":
    main()
