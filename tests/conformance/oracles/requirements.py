"""requirements.txt as pip reads it, by a program that runs in pip's own environment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import tomli
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from syncsteps.processes import run
from tests.conformance.oracle import Conditional, Refused
from tests.conformance.requirement_text import parse_requirement, relative_place

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["PipParser"]

# pip's parser is no public interface, which is why pip is pinned. Its install requirements tell
# what a line means: name, specifier or link, marker, and the hashes that are allowed.
_PROGRAM = """
import json, sys
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

found = []
for parsed in parse_requirements(sys.argv[1], session=PipSession()):
    requirement = install_req_from_parsed_requirement(parsed)
    hashes = requirement.hashes(trust_internet=False)
    found.append({
        "text": str(requirement.req) if requirement.req is not None else parsed.requirement,
        "link": requirement.link.url if requirement.link is not None else None,
        "name": requirement.name,
        "marker": str(requirement.markers) if requirement.markers else None,
        "hashes": [f"{kind}:{d}" for kind in hashes._allowed for d in hashes._allowed[kind]],
    })
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PipParser:
    """What pip would install with ``--no-deps -r FILE``."""

    python: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"pip {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is a requirements file."""
        return project.format == "requirements"

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the file's entries as pip understands them."""
        del lock
        if not (request.project and request.local):
            return None
        done = run(
            [self.python, "-I", "-c", _PROGRAM, project.lock.name],
            directory=project.directory,
            environment=self.environment,
            timeout=120,
        )
        if done.status:
            raise Refused(done.stderr.strip())
        place = partial(relative_place, directory=project.directory)
        entries = []
        names = _project_names(project.directory)
        for row in json.loads(done.stdout):
            text = row["text"].partition(";")[0].strip()
            if row["link"] is not None and row["name"]:
                text = f"{row['name']} @ {row['link']}"
            pin, _ = parse_requirement(
                text, hashes=frozenset(row["hashes"]), place=place, names=names
            )
            entries.append((pin, Marker(row["marker"]) if row["marker"] else None))
        return Conditional(entries=tuple(entries))


def _project_names(directory: Path) -> dict[str, str]:
    """Return the name of the project in ``directory``, by its path: an ``-e .`` leaves it out."""
    pyproject = directory / "pyproject.toml"
    if not pyproject.is_file():
        return {}
    document = tomli.loads(pyproject.read_text(encoding="utf-8"))
    name = document.get("project", {}).get("name")
    return {".": canonicalize_name(name)} if name else {}
