"""Locks of real projects, into throwaway copies of CPython 3.12, from the configured index."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.processes import Completed, run
from tests.support.interpreters import throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

CHECKOUT = Path(__file__).resolve().parents[2]
VERSION = "3.12"
FULL = os.environ.get("SYNCSTEPS_E2E") == "full"
SCRUBBED = ("PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "UV_PROJECT_ENVIRONMENT")

LISTING = (
    "import json; from importlib.metadata import distributions as d;"
    "print(json.dumps(sorted([i.metadata['Name'], i.version] for i in d())))"
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A project that is synced into an interpreter."""

    project: Path
    python: Path

    def syncsteps(self, verb: str, *arguments: str) -> Completed:
        """Run a verb on the project and the interpreter, local sources left out."""
        kept = {k: v for k, v in os.environ.items() if k not in SCRUBBED}
        options = ("--python", str(self.python), "--no-local", *arguments)
        return run(
            [sys.executable, "-m", "syncsteps", verb, *options],
            environment={**kept, "PYTHONPATH": str(CHECKOUT), "SYNCSTEPS_NO_CACHE": "1"},
            directory=self.project,
            timeout=900,
        )

    def report(self, verb: str, *arguments: str) -> Mapping[str, Any]:
        """Run a verb that has to succeed, and return its JSON document."""
        done = self.syncsteps(verb, *arguments, "--json", "-")
        assert done.status == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def installed(self) -> list[list[str]]:
        """The name and version of every distribution that the interpreter finds."""
        found: list[list[str]] = json.loads(run([self.python, "-I", "-c", LISTING]).stdout)
        return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of real locks, with the public index's addresses in them."""
    place = Path(os.environ.get("SYNCSTEPS_CORPUS") or CHECKOUT.parent / "shared" / "corpus")
    if not place.is_dir():
        pytest.skip(f"no real locks in {place}: name the folder in SYNCSTEPS_CORPUS")
    unpack = place / "unpack.py"
    if not unpack.is_file():
        return place
    directory = tmp_path_factory.mktemp("corpus") / "locks"
    done = run([sys.executable, unpack, directory])
    assert done.status == 0, done.stderr
    return directory


@pytest.mark.parametrize(
    ("name", "installers", "least"),
    [
        ("modelcontextprotocol__python-sdk", ("uv", "pip"), 25),
        ("saleor__saleor", ("uv", "pip") if FULL else ("uv",), 140),
    ],
)
def test_a_real_lock_is_installed_imported_and_then_left_alone(
    name: str, installers: tuple[str, ...], least: int, corpus: Path, tmp_path: Path
) -> None:
    outcomes = []
    for installer in installers:
        python = throwaway_interpreter(tmp_path / installer, VERSION)
        target = Target(project=corpus / "uv" / name, python=python)

        first = target.report("sync", "--installer", installer)
        again = target.report("sync", "--installer", installer)

        wanted = sorted([a["name"], a["version"]] for a in first["plan"])
        assert len(wanted) >= least
        assert sorted([_normal(n), v] for n, v in target.installed()) == wanted
        assert {result["distribution"] for result in first["imports"]} == {n for n, _ in wanted}
        assert first["changed"]
        assert not again["changed"]
        assert again["digest"] == first["digest"]
        assert target.report("check")["drift"] == []
        outcomes.append(wanted)
    assert all(outcome == outcomes[0] for outcome in outcomes)


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
