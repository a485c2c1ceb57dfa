"""pdm.lock as `pdm export` has it, and as PDM resolves it where that is not said in the lock."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import tomli
from packaging.utils import canonicalize_name

from syncsteps.processes import run
from tests.conformance.oracle import Conditional, Refused
from tests.conformance.pins import Pin
from tests.conformance.requirement_text import local_pin, parse_exported, relative_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["PdmExport", "PdmResolve"]

# What `pdm install` does with a lock that does not tell each package's groups: it resolves among
# the locked candidates, for one environment. There is no command that only prints the result.
_PROGRAM = """
import contextlib, json, sys
from pdm.cli.actions import resolve_candidates_from_lockfile
from pdm.core import Core
from pdm.models.markers import EnvSpec

groups, version, platform = json.loads(sys.argv[1])
project = Core().create_project(".")
project.project_config["python.use_venv"] = False
with contextlib.redirect_stdout(sys.stderr):
    found = resolve_candidates_from_lockfile(
        project,
        [r for g in groups for r in project.get_dependencies(g, project.all_dependencies)],
        groups=groups,
        env_spec=EnvSpec.from_spec("==" + version, platform, "cpython"),
    )
json.dump([
    {
        "name": candidate.req.key,
        "version": candidate.version,
        "url": None if candidate.req.is_named else candidate.req.get_full_url(),
        "hashes": sorted({file["hash"] for file in candidate.hashes}),
    }
    for candidate in found.values()
], sys.stdout)
"""

# PDM's own words for platforms, by the marker variables that they stand for.
_PLATFORMS = {
    ("linux", "x86_64"): "manylinux_2_36_x86_64",
    ("linux", "aarch64"): "manylinux_2_36_aarch64",
    ("darwin", "arm64"): "macos_14_0_arm64",
    ("darwin", "x86_64"): "macos_14_0_x86_64",
    ("win32", "AMD64"): "windows_amd64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PdmExport:
    """The exported requirements file of a lock that tells each package's groups and marker.

    It never has the project itself: that is added here.
    """

    program: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"pdm {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is such a pdm.lock."""
        return project.format == "pdm" and _is_flat(project.lock)

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock but its pyproject.toml."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the exported requirements file; PDM cannot leave out what is local."""
        if lock is None or not request.local:
            return None
        done = run(
            [self.program, "export", "--format", "requirements", *_options(lock, request)],
            directory=project.directory,
            environment={**self.environment, "PDM_CHECK_UPDATE": "0"},
            timeout=300,
        )
        if done.status:
            raise Refused(done.stderr.strip())
        answer = parse_exported(done.stdout, directory=project.directory)
        itself = ((pin, None) for pin in _itself(project, request))
        return Conditional(entries=(*answer.entries, *itself))


@dataclass(frozen=True, slots=True, kw_only=True)
class PdmResolve:
    """What PDM takes of a lock that it has to resolve again, which it does for one environment."""

    python: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"pdm {self.version} resolve"

    def reads(self, project: Project) -> bool:
        """Return whether it is such a pdm.lock."""
        return project.format == "pdm" and not _is_flat(project.lock)

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock but its pyproject.toml."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return an answer that asks PDM when it is asked; it cannot leave out what is local."""
        if lock is None or not request.local:
            return None
        groups = [*_asked(lock, request)]
        return _Resolving(
            oracle=self,
            directory=project.directory,
            groups=groups if request.only_groups else ["default", *groups],
            itself=tuple(_itself(project, request)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolving:
    """One request to PDM, to be made for each environment anew."""

    oracle: PdmResolve
    directory: Path
    groups: Sequence[str]
    itself: tuple[Pin, ...]
    _known: dict[tuple[tuple[str, str], ...], frozenset[Pin]] = field(default_factory=dict)

    def pins(self, target: Interpreter) -> frozenset[Pin]:
        """Return what PDM resolves; two C libraries are one environment."""
        if target.environment not in self._known:
            self._known[target.environment] = frozenset((*self._resolved(target), *self.itself))
        return self._known[target.environment]

    def _resolved(self, target: Interpreter) -> Iterator[Pin]:
        variables = dict(target.environment)
        platform = _PLATFORMS[variables["sys_platform"], variables["platform_machine"]]
        done = run(
            [
                self.oracle.python,
                "-c",
                _PROGRAM,
                json.dumps([self.groups, target.version, platform]),
            ],
            directory=self.directory,
            environment={**self.oracle.environment, "PDM_CHECK_UPDATE": "0"},
            timeout=300,
        )
        if done.status:
            raise Refused(done.stderr.strip())
        place = partial(relative_place, directory=self.directory)
        for row in json.loads(done.stdout):
            hashes = frozenset(row["hashes"])
            name = canonicalize_name(row["name"])
            if row["url"] is None:
                yield Pin(name=name, version=row["version"], hashes=hashes)
            else:
                yield local_pin(name, row["url"], hashes=hashes, place=place, names={})


def _options(lock: Lock, request: Request) -> Iterator[str]:
    if request.only_groups:
        yield "--no-default"
    elif not (request.groups or request.all_groups):
        yield "--prod"
    for name in _asked(lock, request):
        yield from ("--group", name)


def _asked(lock: Lock, request: Request) -> Iterator[str]:
    """Yield what PDM calls groups, which are extras too; the names are the lock's own."""
    yield from request.only_groups
    yield from lock.groups if request.all_groups else request.groups
    yield from lock.extras if request.all_extras else request.extras


def _is_flat(lock: Path) -> bool:
    metadata = tomli.loads(lock.read_text(encoding="utf-8"))["metadata"]
    return "inherit_metadata" in metadata.get("strategy", ())


def _itself(project: Project, request: Request) -> Iterator[Pin]:
    pyproject = project.directory / "pyproject.toml"
    document = tomli.loads(pyproject.read_text(encoding="utf-8"))
    distribution = document.get("tool", {}).get("pdm", {}).get("distribution")
    # PDM's own rule: what it can build is a distribution, unless the project says otherwise.
    built = "build-system" in document if distribution is None else distribution
    if request.project and not request.only_groups and built:
        yield Pin(name=canonicalize_name(document["project"]["name"]), place=".")
