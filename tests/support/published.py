"""syncsteps as its users get it: the wheel of this checkout, on an index with all that it needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uv

from syncsteps.processes import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.index import Index

__all__ = ["CHECKOUT", "install", "publish"]

CHECKOUT = Path(__file__).resolve().parents[2]
_PURE = ("--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none")


def publish(directory: Path, *others: str, extras: str = "", python: str | None = None) -> Path:
    """Put the wheel, the distributions ``others`` and all that they require into ``directory``.

    They come from the index that this machine's pip uses, and are for this Python; with ``python``,
    such as ``3.13``, for every system that has that one. Returned is the wheel of syncsteps.
    """
    _check([uv.find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", directory, CHECKOUT])
    (wheel,) = directory.glob("syncsteps-*.whl")
    wanted = [f"{wheel}[{extras}]" if extras else str(wheel), *others]
    kind = () if python is None else (*_PURE, f"--python-version={python}")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(directory)]
    _check([*pip, *kind, *wanted])
    return wheel


def install(environment: Path, index: Index, *requirements: str) -> Path:
    """Make a virtual environment and install ``requirements`` in it, from ``index`` alone."""
    program = uv.find_uv_bin()
    _check([program, "venv", "--quiet", "--no-config", "--python", sys.executable, environment])
    source = ("--no-config", "--no-cache", "--default-index", index.url)
    python = ("--python", environment)
    _check([program, "pip", "install", "--quiet", *source, *python, *requirements])
    return environment


def _check(command: Sequence[str | Path]) -> None:
    done = run(command, timeout=600)
    assert done.status == 0, f"{command}: {done.stdout}{done.stderr}"
