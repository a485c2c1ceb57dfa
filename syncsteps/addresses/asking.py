"""Asking an index by uv, which has the user's configuration, credentials, proxies and cache."""

from __future__ import annotations

import hashlib
import os.path
import re
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from syncsteps import processes
from syncsteps.addresses.questions import project_of
from syncsteps.errors import StagingError
from syncsteps.locks import read_lock
from syncsteps.locks.model import Hash, Sdist, Wheel
from syncsteps.staging.environment import installer_environment
from syncsteps.staging.lookups import on_this_disk
from syncsteps.staging.output import Runner, explain
from syncsteps.staging.secrets import known_secrets, redact
from syncsteps.staging.uv_indexes import configured, environment_for, settings_for
from syncsteps.staging.uv_settings import is_true

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.addresses.questions import Project, Question
    from syncsteps.locks.model import Lookup, Package
    from syncsteps.staging.uv_settings import UvSettings

__all__ = ["UvAsker"]

File = TypeVar("File", Wheel, Sdist)

# In a configuration of the user's these make uv leave out files, or what is said of indexes here.
_MISLEADING = frozenset(
    {
        "no-binary-package",
        "no-build-package",
        "no-sources",
        "no-sources-package",
        "prerelease-package",
    }
)
# `NAME{MARKER}==VERSION`, as uv writes a release that is needed under a marker.
_NO_VERSION = re.compile(
    r"there is no version of (?P<name>[a-z0-9-]+)(?:\{[^}]*\})?={2,3}(?P<version>[^\s,]+)"
)
_NO_NAME = re.compile(
    r"there are no versions of (?P<name>[a-z0-9-]+)"
    r"|(?P<other>[a-z0-9-]+)(?:\{[^}]*\})? was not found in the"
)
# What an index refuses to tell is not missing from it.
_REFUSED = re.compile(r"40[13] (?:Unauthorized|Forbidden)")
_MOST_MISSING = 20
_KEPT_LINES = 400
_CHUNK = 1 << 20

# Which releases and files uv is to look at is ours to say: those of the lock, however new they
# are, and whatever is built or not built elsewhere.
_CHOOSING = frozenset(
    f"UV_{name}"
    for name in (
        "BUILD_CONSTRAINT",
        "EXCLUDE_NEWER",
        "EXCLUDE_NEWER_PACKAGE",
        "FORK_STRATEGY",
        "FROZEN",
        "LOCKED",
        "NO_CONFIG",
        "NO_BINARY",
        "NO_BINARY_PACKAGE",
        "NO_BUILD",
        "NO_BUILD_PACKAGE",
        "NO_SOURCES",
        "NO_SOURCES_PACKAGE",
        "ONLY_BINARY",
        "PRERELEASE",
        "PRERELEASE_PACKAGE",
        "RESOLUTION",
        "UPGRADE",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UvAsker:
    """Asks with the executable ``uv``, started with the variables of ``environment``.

    ``source`` is ``index`` where only configured indexes count: those that a variable names, if one
    does.
    """

    uv: Path
    environment: Mapping[str, str]
    source: str = "lock"
    runner: Runner = processes.run

    def ask(
        self, questions: Sequence[Question], *, root: Path, on_line: Callable[[str], None]
    ) -> tuple[Package, ...]:
        """Return the releases that ``questions`` are about, with every file that uv can use.

        Those that no index has are not among them. Paths are absolute. ``root`` is the project
        whose settings uv may follow, as far as they say where indexes are. ``on_line`` gets each
        line that uv prints, without secrets.

        Raises:
            StagingError: uv cannot be run or gets no answer, or there is no room for a temporary
                project.
            LockError: what it answers cannot be read.
        """
        alike: dict[Lookup | None, list[Question]] = {}
        for question in questions:
            alike.setdefault(question.lookup, []).append(question)
        try:
            return tuple(
                release
                for lookup, some in alike.items()
                for release in self._ask(tuple(some), self._place(lookup, root.absolute()), on_line)
            )
        except OSError as error:
            raise StagingError(
                f"cannot write a temporary project for uv: {error.strerror or error}",
                hint="free space in the directory for temporary files, or name another in TMPDIR",
            ) from error

    def _place(self, lookup: Lookup | None, root: Path) -> _Place:
        """Return what uv may read to look where ``lookup`` says."""
        settings = configured(root, self.environment, source=self.source, misleading=_MISLEADING)
        located = None if lookup is None else on_this_disk(lookup, root=root, of="the lock")
        return _Place(
            settings=settings_for(
                located, settings, root, self.environment, misleading=_MISLEADING
            ),
            environment=environment_for(located, self.environment),
        )

    def _ask(
        self, remaining: tuple[Question, ...], place: _Place, on_line: Callable[[str], None]
    ) -> tuple[Package, ...]:
        settings = place.settings
        # Without any configuration uv would not be told what is in the project.
        exclusive = settings.exclusive or is_true(self.environment, "UV_NO_CONFIG")
        offline = settings.table.get("offline") is True or is_true(self.environment, "UV_OFFLINE")
        with tempfile.TemporaryDirectory(prefix="syncsteps-addresses-") as name:
            directory = Path(name).resolve()
            missing = 0
            while remaining:
                project = project_of(remaining, settings.table)
                ended = self._lock(
                    project, directory, place.environment, on_line, exclusive=exclusive
                )
                if ended.status == 0:
                    return _answer(directory)
                # uv tells of the first one only, and then locks nothing at all.
                known = _without_missing(remaining, ended.lines)
                if offline and known != remaining:
                    raise _unknown_offline(remaining, known, ended.lines)
                missing += len(remaining) - len(known)
                if known == remaining or missing > _MOST_MISSING:
                    raise explain(
                        "uv", ended.status, ended.lines, consequence="nothing has been written"
                    )
                remaining = known
        return ()

    def _lock(
        self,
        project: Project,
        directory: Path,
        variables: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        exclusive: bool,
    ) -> _Ended:
        (directory / "pyproject.toml").write_text(project.pyproject, encoding="utf-8")
        configuration = None
        if exclusive:
            configuration = directory / "settings" / "uv.toml"
            configuration.parent.mkdir(exist_ok=True)
            configuration.write_text(project.configuration, encoding="utf-8")
        kept = {n: v for n, v in variables.items() if n.upper() not in _CHOOSING}
        environment = installer_environment(
            kept, extra={"UV_NO_WRAP": "1", "UV_PYTHON_DOWNLOADS": "never"}
        )
        secrets = known_secrets(environment)
        lines: deque[str] = deque(maxlen=_KEPT_LINES)

        def keep(line: str) -> None:
            clean = redact(line, secrets)
            lines.append(clean)
            on_line(clean)

        command = _command(self.uv, configuration)
        try:
            completed = self.runner(
                command, environment=environment, directory=directory, on_line=keep
            )
        except OSError as error:
            raise StagingError(
                f"uv cannot be started: {error.strerror or error}",
                hint="install it again, or export the lock as requirements.txt",
                details=[f"command: {command[0]}"],
            ) from error
        return _Ended(status=completed.status, lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What uv may read, and the variables that it is started with."""

    settings: UvSettings
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """With which status uv ended, and the end of what it printed."""

    status: int
    lines: tuple[str, ...]


def _command(uv: Path, configuration: Path | None) -> list[str]:
    # The options are those of which a configuration of the user's could say the contrary.
    return [
        str(uv),
        "lock",
        *([] if configuration is None else ["--config-file", str(configuration)]),
        "--python",
        sys.executable,
        "--prerelease",
        "allow",
        "--resolution",
        "highest",
        "--binary",
        "--build",
        "--no-progress",
        "--color",
        "never",
    ]


def _without_missing(questions: tuple[Question, ...], lines: Sequence[str]) -> tuple[Question, ...]:
    """Return ``questions`` without those that uv says no index has an answer to."""
    text = "\n".join(lines)
    if _REFUSED.search(text) is not None:
        return questions
    releases = {(match["name"], match["version"]) for match in _NO_VERSION.finditer(text)}
    names = {match["name"] or match["other"] for match in _NO_NAME.finditer(text)}
    return tuple(
        question
        for question in questions
        if question.name not in names and (question.name, str(question.version)) not in releases
    )


def _unknown_offline(
    questions: Sequence[Question], known: Sequence[Question], lines: Sequence[str]
) -> StagingError:
    # uv itself says the same of a release that it cannot look up and of one that does not exist.
    name = next(question.name for question in questions if question not in known)
    return StagingError(
        f"uv may not use the network, and its cache does not have what the index says of {name}",
        hint="do it online once, or name a folder that has the files in uv's find-links",
        details=[line for line in lines if line.strip()],
    )


def _answer(directory: Path) -> tuple[Package, ...]:
    lock = read_lock(directory / "uv.lock", name="uv's answer")
    return tuple(
        _with_paths(package, directory) for package in lock.packages if package.source is None
    )


def _with_paths(package: Package, directory: Path) -> Package:
    sdist = package.sdist
    return replace(
        package,
        sdist=sdist if sdist is None else _with_path(sdist, directory),
        wheels=tuple(_with_path(wheel, directory) for wheel in package.wheels),
    )


def _with_path(file: File, directory: Path) -> File:
    """Return ``file`` with an absolute path, if it has one, and with what is there to be told."""
    if file.path is None:
        return file
    path = Path(os.path.normpath(directory / file.path))
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise StagingError(
            f"{path}, which uv finds, cannot be read: {error.strerror or error}",
            hint="look at the folder that uv's find-links names",
        ) from error
    hashes = (Hash(algorithm="sha256", digest=digest.hexdigest()),)
    return replace(file, path=str(path), hashes=hashes, size=path.stat().st_size)
