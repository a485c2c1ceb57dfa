"""uv.lock as `uv export --frozen` has it: as a requirements file, and as a pylock.toml."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import tomli
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from syncsteps.processes import run
from tests.conformance.oracle import Conditional, Refused
from tests.conformance.oracles.pylock import Locked
from tests.conformance.pins import Pin, plain_path
from tests.conformance.requirement_text import parse_exported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from syncsteps.locks.model import Lock
    from syncsteps.selection import Request
    from tests.conformance.corpus import Project
    from tests.conformance.oracle import Answer

__all__ = ["UvExport", "UvPylock", "write_stand_ins"]

_FILES = frozenset({"archive", "directory", "sdist", "vcs", "wheels"})
_TREES = ("editable", "directory", "virtual")


@dataclass(frozen=True, slots=True, kw_only=True)
class UvExport:
    """The requirements file: every file's hashes, and markers."""

    program: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = False

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"uv {self.version}"

    def reads(self, project: Project) -> bool:
        """Return whether it is a uv.lock."""
        return project.format == "uv"

    def prepare(self, project: Project) -> None:
        """Write the pyproject.toml of each member that has none."""
        write_stand_ins(project.lock)

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the exported requirements file."""
        del lock
        text = _export(self, project, request, "requirements.txt")
        return parse_exported(
            text,
            directory=project.directory,
            names=_local_names(project.lock, project.lock.stat().st_mtime_ns),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UvPylock:
    """The pylock.toml, from which `packaging` then chooses one file for each package."""

    program: Path
    version: str
    environment: Mapping[str, str]
    chooses: bool = True

    @property
    def name(self) -> str:
        """The tool and its version."""
        return f"uv {self.version} pylock"

    def reads(self, project: Project) -> bool:
        """Return whether it is a uv.lock."""
        return project.format == "uv"

    def prepare(self, project: Project) -> None:
        """Write the pyproject.toml of each member that has none."""
        write_stand_ins(project.lock)

    def ask(self, project: Project, lock: Lock | None, request: Request) -> Answer | None:
        """Return the exported pylock.toml."""
        del lock
        document = tomli.loads(_export(self, project, request, "pylock.toml"))
        # A pin that can never apply, or that no file is left of, is written without any.
        rows = document.get("packages", [])
        document["packages"] = [row for row in rows if not _FILES.isdisjoint(row)]
        fileless = tuple(
            (
                Pin(name=canonicalize_name(row["name"]), version=row.get("version", "")),
                Marker(row["marker"]) if "marker" in row else None,
            )
            for row in rows
            if _FILES.isdisjoint(row)
        )
        answer = Locked.of(document, directory=project.directory)
        return replace(answer, fileless=Conditional(entries=fileless))


def _export(oracle: UvExport | UvPylock, project: Project, request: Request, kind: str) -> str:
    done = run(
        [oracle.program, "export", "--frozen", "--no-header", "--no-annotate", "--quiet",
         "--format", kind, *_options(request)],
        directory=project.directory,
        environment={**oracle.environment, "UV_OFFLINE": "1"},
        timeout=120,
    )  # fmt: skip
    if done.status:
        raise Refused(done.stderr.strip())
    return done.stdout


def _options(request: Request) -> Iterator[str]:
    # The lock does not say which groups are the default ones: they are asked for by name.
    yield "--no-default-groups"
    named = {
        "--package": request.packages,
        "--extra": request.extras,
        "--group": request.groups,
        "--only-group": request.only_groups,
    }
    for option, values in named.items():
        for value in values:
            yield from (option, value)
    flags = {
        "--all-packages": request.all_packages,
        "--all-extras": request.all_extras,
        "--all-groups": request.all_groups,
        "--no-emit-project": not request.project,
        "--no-emit-local": not request.local,
    }
    yield from (name for name, on in flags.items() if on)


def _packages(lock: Path) -> list[dict[str, Any]]:
    document = tomli.loads(lock.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document.get("package", document.get("distribution", []))
    return found


@functools.lru_cache(maxsize=8)
def _local_names(lock: Path, changed: int) -> Mapping[str, str]:
    """Return the names of the lock's own projects and files by their paths.

    ``changed``, the file's time, is there to read a lock again that was written anew.
    """
    del changed
    return {
        plain_path(package["source"][kind]): canonicalize_name(package["name"])
        for package in _packages(lock)
        for kind in (*_TREES, "path")
        if kind in package["source"]
    }


def write_stand_ins(lock: Path) -> list[Path]:
    """Write a pyproject.toml for each source tree of a uv.lock that has none; return them.

    They hold what the lock knows: name, version, extras, groups and what the root's workspace is.
    """
    written = []
    root = lock.parent
    members = []
    for package in _packages(lock):
        source = next((package["source"][k] for k in _TREES if k in package["source"]), None)
        if source is None or source.startswith(("..", "/")):
            continue
        if source != ".":
            members.append(source)
        path = root / source / "pyproject.toml"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_stand_in(package), encoding="utf-8")
            written.append(path)
    top = root / "pyproject.toml"
    if not top.exists():
        top.write_text(f"[tool.uv.workspace]\nmembers = {json.dumps(members)}\n", encoding="utf-8")
        written.append(top)
    return written


def _stand_in(package: Mapping[str, Any]) -> str:
    lines = ["[project]", f"name = {json.dumps(package['name'])}"]
    metadata = package.get("metadata", {})
    lines.append(f'version = "{package.get("version", "0")}"')
    extras = {*package.get("optional-dependencies", {}), *metadata.get("provides-extras", [])}
    groups = {*package.get("dev-dependencies", {}), *metadata.get("requires-dev", {})}
    lines.append("[project.optional-dependencies]")
    lines += [f"{json.dumps(name)} = []" for name in sorted(extras)]
    lines.append("[dependency-groups]")
    lines += [f"{json.dumps(name)} = []" for name in sorted(groups)]
    return "\n".join(lines) + "\n"
