"""Pipfile.lock as `pipenv requirements --hash` has it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.processes import run
from tests.conformance.oracle import Conditional, Refused
from tests.conformance.pins import Pin, plain_path
from tests.conformance.requirement_text import parse_exported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.markers import Marker

    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["PipenvRequirements"]

_ENTRY = re.compile(r"[A-Za-z0-9]")
# Pipenv prints these conditions as the lock has them. When it installs it drops them, since the
# category says it all; to pip they mean nothing.
_IN_GROUP = re.compile(r"'[^']*' in dependency_groups")
_ALWAYS = "python_version != '0'"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipenvRequirements:
    """The lines that Pipenv prints for some of the categories, with their markers.

    Where more than one of them has a package, Pipenv prints that of the last which it is told,
    and with ``--dev`` that of ``default``: categories are told it with ``default`` last.
    """

    program: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"pipenv {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is a Pipfile.lock."""
        return project.format == "pipfile"

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock but its Pipfile."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return what Pipenv prints; it can leave out neither the project nor local packages."""
        del lock
        if not (request.project and request.local):
            return None
        document = json.loads(project.lock.read_text(encoding="utf-8"))
        done = run(
            [self.program, "requirements", "--hash", *_options(request, document)],
            directory=project.directory,
            environment={**self.environment, "PIPENV_IGNORE_VIRTUALENVS": "1"},
            timeout=120,
        )
        if done.status:
            raise Refused(done.stderr.strip())
        lines = _IN_GROUP.sub(_ALWAYS, done.stdout).splitlines()
        unpinned = [pin for line in lines if (pin := _unpinned(line)) is not None]
        others = "\n".join(line for line in lines if _unpinned(line) is None)
        listed = parse_exported(others, directory=project.directory, names=_names(document))
        return Conditional(entries=(*listed.entries, *unpinned))


def _options(request: Request, document: Mapping[str, Any]) -> list[str]:
    asked = {*request.groups, *request.only_groups}
    if asked <= {"develop"} and not request.all_groups:
        if not asked:
            return []
        return ["--dev-only" if request.only_groups else "--dev"]
    order = ["default", "develop", *(key for key in document if key not in {"default", "develop"})]
    wanted = [
        category
        for category in order
        if category != "_meta"
        and (
            request.all_groups
            or canonicalize_name(category) in asked
            or (category == "default" and not request.only_groups)
        )
    ]
    return ["--categories", " ".join(reversed(wanted))]


def _unpinned(line: str) -> tuple[Pin, Marker | None] | None:
    """Return what a line says that names a package and neither a version nor a place."""
    if not _ENTRY.match(line) or "--hash" in line:
        return None
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return None
    if requirement.url is not None or requirement.specifier:
        return None
    return Pin(name=canonicalize_name(requirement.name)), requirement.marker


def _names(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of local projects and files by their paths."""
    return dict(_local(document))


def _local(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for category, entries in document.items():
        for name, entry in entries.items() if category != "_meta" else ():
            path = entry.get("path") or entry.get("file")
            if path is not None:
                yield plain_path(path), canonicalize_name(name)
