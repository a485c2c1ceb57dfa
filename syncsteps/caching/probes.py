"""What a probe has found, kept for later runs: while nothing has changed, no program is started.

Beside a whole run's answer, this is for the runs that differ: other settings, another lock, a verb
that tells something else each time.
"""

from __future__ import annotations

import marshal
import os
import sys
from typing import TYPE_CHECKING

from syncsteps.caching.gate import UNHEARD
from syncsteps.caching.keeping import PROBES, code_marks, keeping_directory, looking_directory
from syncsteps.caching.marks import mark, mark_all, unchanged, unsettled
from syncsteps.caching.store import digest, read, write
from syncsteps.errors import InterpreterError
from syncsteps.interpreter.probe import packaging_home
from syncsteps.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.settings import Settings

__all__ = ["keep_probe", "recall_probe"]


def recall_probe(
    program: Path,
    *,
    settings: Settings,
    environment: Mapping[str, str],
    with_distributions: bool = True,
) -> Interpreter | None:
    """Return what `keep_probe` has kept of the interpreter at ``program``, None if nothing holds.

    All of it is as it was found then, the free space and what the user can write to included;
    ``with_distributions`` is as for `probe`. ``environment`` says where the cache is.
    """
    directory = looking_directory(settings, environment, PROBES)
    text = _text(directory, _name(str(program))) if directory else None
    if text is None:
        return None
    # Most runs find nothing.
    import json  # noqa: PLC0415

    from syncsteps.interpreter.snapshot import from_mapping  # noqa: PLC0415

    value = json.loads(text)
    if not with_distributions:
        value.update(distributions=[], broken=[])
    try:
        return from_mapping(value)
    except InterpreterError:  # of a version that had other keys
        return None


def keep_probe(
    interpreter: Interpreter,
    *,
    settings: Settings,
    environment: Mapping[str, str],
    moment: int,
) -> str:
    """Keep what a probe that began at ``moment`` (ns since the epoch) found; return why not.

    That is empty where it has been kept, or was before. An interpreter that says that it is
    another program than the one that was started, as behind a script, is not found again.
    """
    directory = keeping_directory(settings, environment, PROBES)
    if not directory:
        return "there is no directory for it"
    scheme = interpreter.scheme
    # What has just been installed into is not marked to no purpose.
    libraries = [(path, mark(path)) for path in (str(scheme.purelib), str(scheme.platlib))]
    if unsettled(tuple(libraries), before=moment):
        return f"{scheme.purelib} has only just been changed"
    name = _name(str(interpreter.executable))
    if _text(directory, name) is not None:
        return ""
    own, behind, around = mark_all(sorted(set(_paths(interpreter))))
    recent = [path for each in (own, behind, around) for path in unsettled(each, before=moment)]
    if recent:
        return f"{recent[0]} has only just been changed"
    from syncsteps.interpreter.snapshot import to_json  # noqa: PLC0415 - as above

    text = to_json(interpreter, redact=False)
    return write(directory, name, marshal.dumps((own, behind, text)), now=moment / 1e9)


def _text(directory: str, name: str) -> str | None:
    payload = read(directory, name)
    if payload is None:
        return None
    try:
        # Nobody else can have written it, and its digest is right.
        own, behind, text = marshal.loads(payload)  # noqa: S302
        return str(text) if unchanged(own, behind) else None
    except (ValueError, TypeError, EOFError):
        return None


def _paths(interpreter: Interpreter) -> Iterator[str]:
    from syncsteps.caching.surroundings import of_interpreter  # noqa: PLC0415 - as above

    yield from of_interpreter(interpreter, with_distributions=True)
    home = packaging_home()
    yield from (str(home), str(home / "packaging" / "tags.py"))


def _name(program: str) -> str:
    """Return the name of what a probe of ``program`` found: by all that the target is told."""
    told = (
        __version__,
        sys.version,
        program,
        code_marks("interpreter"),
        str(packaging_home()),
        # The target inherits the process's own, whatever this run is told.
        sorted(item for item in os.environ.items() if item[0] not in UNHEARD),
        os.geteuid() if hasattr(os, "geteuid") else None,
        tuple(os.uname()) if hasattr(os, "uname") else None,
    )
    return digest(ascii(told).encode("ascii")).hex()
