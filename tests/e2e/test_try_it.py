"""The README's first command, to the letter, in a copy of the checkout."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import run
from tests.support.interpreters import throwaway_interpreter
from tests.support.readme import code_blocks
from tests.support.workflows import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

COMMAND, _ = code_blocks("Try it", "console")
PARTS = ("syncsteps", "noxfile.py", "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
OURS = ("COVERAGE", "NOX", "PYTHON", "SYNCSTEPS", "VIRTUAL_ENV")


def test_it_puts_the_lock_of_this_project_into_the_python_on_path(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for part in PARTS:
        source = CHECKOUT / part
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, checkout / part)
    target = throwaway_interpreter(tmp_path / "system")
    there = os.pathsep.join([str(target.parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = run(
        ["bash", "-euc", COMMAND],
        environment={**kept, "PATH": there, "HOME": str(tmp_path)},
        directory=checkout,
        timeout=600,
    )
    assert done.status == 0, done.stdout + done.stderr
    asked = run([target, "-c", "import rich, sys; print(sys.prefix)"])
    assert asked.stdout.strip() == str(target.parent.parent)
