"""From a lock and an interpreter to one file for each package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.errors import SelectionError
from syncsteps.selection.files import FileChooser
from syncsteps.selection.graph import reachable_packages
from syncsteps.selection.markers import MarkerEvaluator, release_environment
from syncsteps.selection.model import (
    Chosen,
    Pinned,
    Request,
    Selected,
    Selection,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.reached import Reached

__all__ = ["Chosen", "Pinned", "Request", "Selected", "Selection", "Unavailable", "select"]


def select(lock: Lock, request: Request, interpreter: Interpreter) -> Selection:
    """Choose what ``request`` asks of ``lock`` for ``interpreter``: one file for each package.

    A graph lock is walked from its roots as the tool that wrote it walks it; a flat lock is
    filtered entry by entry, as PEP 751 lays down. Only the interpreter's ``environment`` and
    ``tags`` are used. Whether the lock holds for this interpreter at all (Requires-Python,
    ``environments``) is not asked here: verifying reports that.

    Returns:
        The selection; a package without a usable file is in its ``unavailable``, not an error.

    Raises:
        SelectionError: an extra, a group or a package that the lock does not have, two sides of a
            conflict, two entries of one name, a marker that cannot be evaluated, or a wheel whose
            file name is another package's or version's.
    """
    environment = dict(interpreter.environment)
    if lock.layout == "graph":
        evaluator = MarkerEvaluator(environment=release_environment(environment))
        reached = reachable_packages(lock, request, evaluator)
    else:
        from syncsteps.selection.flat import matching_packages  # noqa: PLC0415 - of other formats

        reached = matching_packages(lock, request, MarkerEvaluator(environment=environment))

    chooser = FileChooser(tags=interpreter.tags, pins=lock.layout == "flat")
    selected: list[Selected] = []
    unavailable: list[Unavailable] = []
    for item in _one_per_name(reached):
        package = item.package
        if package.virtual or (package.local and not request.local):
            continue
        chosen = chooser.choose(package)
        if isinstance(chosen, Unavailable):
            unavailable.append(chosen)
        else:
            selected.append(
                Selected(package=package, chosen=chosen, required_by=item.required_by),
            )
    return Selection(request=request, packages=tuple(selected), unavailable=tuple(unavailable))


def _one_per_name(reached: Iterable[Reached]) -> list[Reached]:
    by_name: dict[str, Reached] = {}
    for item in reached:
        other = by_name.setdefault(item.package.name, item)
        if other is not item:
            raise SelectionError(
                f"two entries of {item.package.name} are selected at once: "
                f"{other.described} and {item.described}",
                hint="the lock does not separate them for this interpreter and request; ask for "
                "fewer extras or groups, or lock again",
            )
    return [by_name[name] for name in sorted(by_name)]
