"""Runs in the view, after the sync: what it left, as a file for the run outside."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.exporting import inspect
from syncsteps.interpreter import to_json
from syncsteps.processes import attached
from syncsteps.receipts import load_receipts, state_directory
from syncsteps.receipts import to_json as receipt_to_json
from syncsteps.reproduce.standard import listings_of
from syncsteps.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.receipts import Listing

__all__ = ["collect", "open_shell"]

_LARGEST_SCRIPT = 1 << 20


def collect(report: str, evidence: str, *, environment: Mapping[str, str]) -> str:
    """Write the file ``evidence`` on what the sync whose document is ``report`` has left.

    It has the snapshot of the interpreter, the sync's receipt, or nothing where it left none, and
    of each distribution its RECORD and its scripts. Returned is the directory of the interpreter's
    scripts.

    Raises:
        InterpreterError: the interpreter cannot be looked at any more.
        CheckError: a receipt cannot be read.
        OSError: a file cannot be read.
    """
    document: dict[str, Any] = json.loads(Path(report).read_text(encoding="utf-8"))
    settings = Settings(
        directory=Path.cwd(),
        python=document["interpreter"]["executable"],
        allow_virtualenv=True,
    )
    interpreter = inspect(settings, environment=environment)
    trees = {
        name: _tree(listing, name, interpreter) for name, listing in listings_of(document).items()
    }
    told = {
        "interpreter": to_json(interpreter),
        "receipt": _receipt(document, interpreter),
        "trees": trees,
    }
    Path(evidence).write_text(json.dumps(told), encoding="ascii")
    return os.fspath(interpreter.scheme.scripts)


def _receipt(document: Mapping[str, Any], interpreter: Interpreter) -> str:
    ledger = load_receipts(state_directory(interpreter))
    lock = document["lock"]["sha256"]
    same = [each for each in ledger.receipts if each.digest == document["digest"]]
    # Of two projects with the same distributions it is the one with this lock.
    same.sort(key=lambda receipt: receipt.lock_digest != lock)
    return receipt_to_json(same[0]) if same else ""


def _tree(listing: Listing, name: str, interpreter: Interpreter) -> dict[str, Any]:
    installed = interpreter.find(name)
    if installed is None:
        return {"record": "", "scripts": []}
    scripts = []
    for path, executable, _ in listing:
        file = installed.metadata.parent / path
        if executable and file.is_file() and file.stat().st_size <= _LARGEST_SCRIPT:
            content = file.read_bytes()
            if content.startswith(b"#!"):
                scripts.append([path, content.decode("latin-1")])
    record = (installed.metadata / "RECORD").read_bytes().decode("utf-8", "surrogateescape")
    return {"record": record, "scripts": scripts}


def open_shell(scripts: str, *, environment: Mapping[str, str]) -> int:
    """Run the user's shell on this terminal, with ``scripts`` first on PATH; return its status.

    Raises:
        OSError: there is no shell.
    """
    windows = sys.platform == "win32"
    usual = environment.get("COMSPEC", "cmd.exe") if windows else "/bin/sh"
    shell = usual if windows else environment.get("SHELL", usual)
    path = os.pathsep.join([scripts, environment.get("PATH", os.defpath)])
    return attached([shell if Path(shell).exists() else usual], {**environment, "PATH": path})
