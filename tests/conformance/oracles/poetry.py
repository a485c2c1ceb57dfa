"""poetry.lock as `poetry export` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import tomli
from packaging.utils import canonicalize_name

from syncsteps.processes import run
from tests.conformance.oracle import Conditional, Refused
from tests.conformance.pins import Pin, plain_path
from tests.conformance.requirement_text import parse_exported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["PoetryExport", "PoetryFirst"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoetryExport:
    """The exported requirements file, which never has the project itself: that is added here.

    An ``old`` one is for the locks that poetry wrote before version 2.1 of them.
    """

    program: Path
    version: str
    environment: Mapping[str, str]
    old: bool = False
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"poetry {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is a poetry.lock, for an old poetry an old one."""
        return project.format == "poetry" and not (self.old and _version(project.lock) == "2.1")

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock but its pyproject.toml."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the exported requirements file; poetry cannot leave out what is local."""
        del lock
        if not request.local or (self.old and request.all_groups):
            return None
        return _exported(self, project, request, _options(request))


@dataclass(frozen=True, slots=True, kw_only=True)
class PoetryFirst:
    """The same of the locks of poetry 1.0, which leave setuptools out: later ones refuse those.

    Of groups it knows the one that ``[tool.poetry.dev-dependencies]`` is.
    """

    program: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"poetry {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is a poetry.lock of version 1.0."""
        return project.format == "poetry" and _version(project.lock) == "1.0"

    def prepare(self, project: Project) -> None:
        """Nothing is needed beside the lock but its pyproject.toml."""

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the exported requirements file, never that of a group alone."""
        del lock
        if not request.local or request.only_groups or request.all_extras:
            return None
        options = [part for extra in request.extras for part in ("--extras", extra)]
        if request.groups or request.all_groups:
            options.append("--dev")
        return _exported(self, project, request, ["--format", "requirements.txt", *options])


def _exported(
    oracle: PoetryExport | PoetryFirst, project: Project, request: Request, options: Iterable[str]
) -> Answer:
    done = run(
        [oracle.program, "export", "--no-interaction", *options],
        directory=project.directory,
        environment={
            **oracle.environment,
            "POETRY_VIRTUALENVS_CREATE": "false",
            # The first one found in a desktop's session would be asked for credentials.
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        },
        timeout=300,
    )
    if done.status:
        raise Refused(done.stderr.strip())
    names = _local_names(project.lock)
    answer = parse_exported(done.stdout, directory=project.directory, names=names)
    if not request.project or request.only_groups:
        return answer
    itself = ((pin, None) for pin in _itself(project.directory / "pyproject.toml"))
    return Conditional(entries=(*answer.entries, *itself))


def _options(request: Request) -> Iterator[str]:
    named = {"--with": request.groups, "--only": request.only_groups, "--extras": request.extras}
    for option, values in named.items():
        for value in values:
            yield from (option, value)
    flags = {"--all-extras": request.all_extras, "--all-groups": request.all_groups}
    yield from (name for name, on in flags.items() if on)


def _version(lock: Path) -> str:
    metadata = tomli.loads(lock.read_text(encoding="utf-8"))["metadata"]
    return str(metadata.get("lock-version", "1.0"))


def _itself(pyproject: Path) -> Iterator[Pin]:
    document = tomli.loads(pyproject.read_text(encoding="utf-8"))
    poetry = document.get("tool", {}).get("poetry", {})
    name = document.get("project", {}).get("name", poetry.get("name"))
    if name and "build-system" in document and poetry.get("package-mode", True):
        yield Pin(name=canonicalize_name(name), place=".")


def _local_names(lock: Path) -> dict[str, str]:
    document = tomli.loads(lock.read_text(encoding="utf-8"))
    return {
        plain_path(package["source"]["url"]): canonicalize_name(package["name"])
        for package in document["package"]
        if package.get("source", {}).get("type") in {"directory", "file"}
    }
