"""The run as one JSON document, for programs.

This is schema 1. A key that is added leaves the number as it is; with a key that goes or means
something else it is another one. Every key is always there; what a verb does not do, or did not
come to, is empty, null or false. The keys, with ``[]`` for each item of an array:

``schema``: 1.
``verb``: what was run.
``ok``: whether nothing is wrong: exactly then the process ends with 0.
``error``: why it ended otherwise, or null.
``error.code``: such as ERR120; `explain` says more about it.
``error.message``: one line.
``error.details``: an array of lines, such as the last ones of an installer.
``error.hint``: what to do, or empty.
``error.exit_code``: that of the process.
``interpreter``: the target; null without one, or with several.
``interpreter.executable``: its path.
``interpreter.implementation``: such as cpython.
``interpreter.version``: such as 3.12.7.
``interpreter.purelib``: the directory that it installs into.
``targets``: an array of the interpreters that it is about, one or several.
``targets[].name``: of the recorded interpreter: the name of its file, without .json; else empty.
``targets[].ok``: whether no finding on it is an error.
``targets[].error``: why nothing could be said of it, with the keys of ``error``, or null.
``targets[].interpreter``: the keys of ``interpreter``.
``lock``: null if it was not read.
``lock.format``: such as uv.lock, whatever the file's name is.
``lock.name``: the file's name.
``lock.sha256``: of its content, in hex.
``findings``: an array of what the rules found, target by target, in the order of the rules.
``findings[].code``: such as FIL001.
``findings[].severity``: error, warning or note.
``findings[].subject``: the package or the file that it is about, or empty.
``findings[].message``: what was found.
``findings[].hint``: what to do.
``findings[].target``: the name of the target that it is about.
``findings[].line``: that of the package's entry in the lock, from 1 on; null where it has none.
``plan``: an array of what is to be done, or was; empty with several targets.
``plan[].action``: install, replace, remove or keep.
``plan[].name``: the distribution's.
``plan[].version``: the new one; null if it is removed, or known only once it is built.
``plan[].installed``: the version that is there, or null.
``plan[].reason``: why.
``imports``: an array of what importing showed.
``imports[].distribution``: its name.
``imports[].verdict``: ok, nothing to import, flaky, needs a display or a GPU, failed, missing
system library, missing Python module, crashed, timed out or exited.
``imports[].modules``: an array of what was to be imported.
``imports[].module``: the one that failed, or was excused, or empty.
``imports[].exception``: its type and message, or empty.
``imports[].frames``: an array of the last lines of the traceback.
``imports[].advice``: what to do about it, or empty.
``imports[].library``: the shared library that is missing, or empty.
``imports[].needed_by``: the file that needs it, or empty.
``imports[].missing``: the Python module that was not found, or empty.
``imports[].doubts``: an array of what is said of libraries whose absence may not matter.
``imports[].timings``: an array of what was imported, in order.
``imports[].timings[].step``: a module, an entry point or a statement.
``imports[].timings[].seconds``: of wall time.
``imports[].memory``: the peak, in bytes, of the process that imported; 0 if it is not known.
``imports[].forked``: whether that was a fork of one which had loaded the standard library.
``imports[].network``: none, allowed, or why it could not be taken away.
``imports[].effects``: what importing did besides.
``imports[].effects.written``: an array of files, as ~/, $TMPDIR/ or ./ and a path.
``imports[].effects.environment``: an array of the variables that it changed.
``imports[].effects.builtins``: an array of the names there that it changed.
``imports[].effects.path``: an array of what it added to sys.path.
``imports[].effects.startup``: an array of what its .pth files do at each start of Python.
``imports[].effects.threads``: how many threads ran on.
``imports[].effects.processes``: how many processes ran on.
``imports[].effects.moved``: whether it changed the working directory.
``imports[].tolerated``: whether the settings make a failure no more than a warning.
``imports[].seconds``: of wall time.
``drift``: an array of differences from the lock and the receipt.
``drift[].distribution``: its name.
``drift[].kind``: such as file modified.
``drift[].path``: the file, or null.
``drift[].detail``: more about it, or empty.
``wheels``: an array of what a wheelhouse has, once it has been filled.
``wheels[].name``: the distribution's.
``wheels[].version``: as the wheel has it.
``wheels[].filename``: of the wheel.
``wheels[].sha256``: of the wheel, in hex.
``wheels[].built``: whether it was built, and is not the lock's own file.
``distributions``: an array of what the receipt names.
``distributions[].name``: the distribution's.
``distributions[].version``: as it is installed.
``distributions[].source``: the file, URL, commit or directory that it is from.
``distributions[].hash``: the lock's of that file, or the directory's, or empty.
``distributions[].digest``: SHA-256, in hex, of its tree.
``distributions[].files``: after a sync, an install and a reproduction, an array of lines: the
SHA-256 of a file in hex, x if it is executable or else -, and its path from where .dist-info is.
``placed``: how many files came.
``retired``: how many files went.
``size``: how many bytes those have that came.
``reproduction``: what `reproduce` found, or null.
``reproduction.isolation``: overlay, copy, docker, podman or buildah.
``reproduction.image``: the container's, or empty.
``reproduction.untouched``: SHA-256, in hex, over what is known of each file of the real system's
directories, the same before and after; empty of a container.
``reproduction.executable``: the path of Python that the digests hold for.
``reproduction.against``: the file that it is held against, or empty.
``reproduction.remarks``: an array of what else is not the same.
``reproduction.differences``: an array of the distributions that are not the same.
``reproduction.differences[].distribution``: its name.
``reproduction.differences[].kind``: missing here, not there, another version, from another file or
other files.
``reproduction.differences[].there``: the version, source or digest there, or empty.
``reproduction.differences[].here``: the one here, or empty.
``reproduction.differences[].files``: an array of paths, each after + (only here), - (only there) or
~ (not the same); empty where nobody has listed the files there.
``dry_run``: whether what is planned was not to be done.
``changed``: whether the interpreter was changed.
``digest``: SHA-256, in hex, of the tree that the receipt names, or null.
``seconds``: of wall time, or null.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from syncsteps.plan import Remove
from syncsteps.report.lines import action_cells
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.events import Outcome
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.plan import Action
    from syncsteps.report.places import Places
    from syncsteps.reproduce.model import Reproduction
    from syncsteps.smoke.model import ImportResult, SideEffects
    from syncsteps.verify.model import Finding

__all__ = ["SCHEMA", "render_json"]

SCHEMA = 1

_WORDS = {"+": "install", "~": "replace", "-": "remove", "=": "keep"}
_NOTHING: dict[str, Any] = {
    "interpreter": None,
    "targets": [],
    "lock": None,
    "findings": [],
    "plan": [],
    "imports": [],
    "drift": [],
    "wheels": [],
    "distributions": [],
    "placed": 0,
    "retired": 0,
    "size": 0,
    "reproduction": None,
    "dry_run": False,
    "changed": False,
    "digest": None,
    "seconds": None,
}


def render_json(
    verb: str,
    *,
    outcomes: Sequence[Outcome] = (),
    error: SyncstepsError | None = None,
    places: Places | None = None,
) -> str:
    """Return what a run came to, as JSON text in ASCII that ends with a new line.

    ``outcomes`` are those of all targets; ``places`` knows the lines of their findings.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "verb": verb,
        "ok": error is None,
        "error": _error(error),
    }
    document |= _outcome(outcomes[0]) if outcomes else _NOTHING
    document["targets"] = [_target(outcome) for outcome in outcomes]
    document["findings"] = [
        _finding(finding, outcome, places) for outcome in outcomes for finding in outcome.findings
    ]
    if len(outcomes) > 1:
        seconds = round(sum(outcome.seconds for outcome in outcomes), 3)
        document |= {"interpreter": None, "plan": [], "seconds": seconds}
    return json.dumps(document, indent=2) + "\n"


def _error(error: SyncstepsError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {
        "code": error.code,
        "message": str(error),
        "details": list(error.details),
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def _interpreter(interpreter: Interpreter) -> dict[str, Any]:
    return {
        "executable": str(interpreter.executable),
        "implementation": interpreter.implementation,
        "version": interpreter.version,
        "purelib": str(interpreter.scheme.purelib),
    }


def _target(outcome: Outcome) -> dict[str, Any]:
    wrong = any(finding.severity is Severity.ERROR for finding in outcome.findings)
    return {
        "name": outcome.target,
        "ok": not wrong and outcome.refused is None,
        "error": _error(outcome.refused),
        "interpreter": _interpreter(outcome.interpreter),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    lock, receipt, found = outcome.lock, outcome.receipt, outcome.reproduction
    return {
        "interpreter": _interpreter(outcome.interpreter),
        "targets": [],
        "lock": lock and {"format": lock.format, "name": lock.path.name, "sha256": lock.digest},
        "findings": [],
        "plan": [_action(action) for action in (outcome.plan.actions if outcome.plan else ())]
        or [dict(row) for row in (found.plan if found is not None else ())],
        "imports": [_import(result) for result in outcome.imports],
        "drift": [
            {
                "distribution": drift.distribution,
                "kind": drift.kind.value,
                "path": None if drift.path is None else str(drift.path),
                "detail": drift.detail,
            }
            for drift in outcome.drifts
        ],
        "wheels": [
            {
                "name": wheel.name,
                "version": wheel.version,
                "filename": wheel.filename,
                "sha256": wheel.sha256,
                "built": wheel.built,
            }
            for wheel in (outcome.wheelhouse.wheels if outcome.wheelhouse is not None else ())
        ],
        "distributions": [
            {
                "name": entry.name,
                "version": entry.version,
                "source": entry.source,
                "hash": entry.hash,
                "digest": entry.digest,
                "files": [
                    f"{sha256} {'x' if executable else '-'} {path}"
                    for path, executable, sha256 in sorted(outcome.listings.get(entry.name, ()))
                ],
            }
            for entry in (receipt.entries if receipt is not None else ())
        ],
        "placed": outcome.placed,
        "retired": outcome.retired,
        "size": outcome.size,
        "reproduction": None if found is None else _reproduction(found),
        "dry_run": outcome.dry_run,
        "changed": outcome.changed,
        "digest": receipt.digest if receipt is not None else None,
        "seconds": round(outcome.seconds, 3),
    }


def _reproduction(found: Reproduction) -> dict[str, Any]:
    return {
        "isolation": found.isolation,
        "image": found.image,
        "untouched": found.untouched,
        "executable": found.executable,
        "against": found.against,
        "remarks": list(found.remarks),
        "differences": [
            {
                "distribution": each.distribution,
                "kind": each.kind.value,
                "there": each.there,
                "here": each.here,
                "files": list(each.files),
            }
            for each in found.differences
        ],
    }


def _finding(finding: Finding, outcome: Outcome, places: Places | None) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "message": finding.message,
        "hint": finding.hint,
        "target": outcome.target,
        "line": places and places.line(outcome, finding),
    }


def _action(action: Action) -> dict[str, Any]:
    sign, name, _, reason = action_cells(action)
    installed = getattr(action, "installed", None)
    version = None if isinstance(action, Remove) else action.selected.package.version
    return {
        "action": _WORDS[sign],
        "name": name,
        "version": None if version is None else str(version),
        "installed": None if installed is None else installed.version,
        "reason": reason,
    }


def _import(result: ImportResult) -> dict[str, Any]:
    return {
        "distribution": result.distribution,
        "verdict": result.verdict.value,
        "modules": list(result.modules),
        "module": result.module,
        "exception": result.exception,
        "frames": list(result.frames),
        "advice": result.advice,
        "library": result.library,
        "needed_by": result.needed_by,
        "missing": result.missing,
        "doubts": list(result.doubts),
        "timings": [
            {"step": timing.step, "seconds": round(timing.seconds, 4)} for timing in result.timings
        ],
        "memory": result.memory,
        "forked": result.forked,
        "network": result.network,
        "effects": _effects(result.effects),
        "tolerated": result.tolerated,
        "seconds": round(result.seconds, 3),
    }


def _effects(effects: SideEffects) -> dict[str, Any]:
    return {
        "written": list(effects.written),
        "environment": list(effects.environment),
        "builtins": list(effects.builtins),
        "path": list(effects.path),
        "startup": list(effects.startup),
        "threads": effects.threads,
        "processes": effects.processes,
        "moved": effects.moved,
    }
