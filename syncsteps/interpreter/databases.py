"""Where the databases of package managers lie, and how rpm's is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps.errors import InterpreterError
from syncsteps.processes import ProcessTimeoutError, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["DPKG_LISTS", "HINT", "Rpm", "apk_databases", "database_paths", "find_rpm"]

HINT = (
    "Without it, the files of the system's packages cannot be told from others, so nothing is "
    "changed. Repair it, or choose another interpreter with --python."
)

DPKG_LISTS = "var/lib/dpkg/info"
"""The directory of dpkg's lists of files, none of which it ever changes in its place."""

_DPKG_STATUS = "var/lib/dpkg/status"
_APK_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM_DATABASES = ("var/lib/rpm", "usr/lib/sysimage/rpm")
_RPM_FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
_RPM_ERROR = re.compile(r"error:(?! file .*: No such file or directory$)")
_RPM_SECONDS = 60.0
_MOST_LINES = 8


def apk_databases(root: Path) -> tuple[Path, ...]:
    """Return the files in which apk, below ``root``, keeps what is installed: mostly one, or none.

    Of a merged ``/usr``, only one of the two names is returned.
    """
    found = [root / database for database in _APK_DATABASES if (root / database).exists()]
    return tuple({path.resolve(): path for path in reversed(found)}.values())


def find_rpm(root: Path, program: str) -> Rpm | None:
    """Return rpm with its database below ``root``, None where there is none."""
    candidates = (root / at / file for at in _RPM_DATABASES for file in _RPM_FILES)
    database = next((path for path in candidates if path.exists()), None)
    return None if database is None else Rpm(program=program, database=database)


def database_paths(root: Path = Path("/")) -> Iterator[str]:
    """Yield what changes below ``root`` whenever dpkg, apk or rpm install, or are installed.

    It need not exist. Conda's records are not among it: they lie in its prefixes.
    """
    for name in (_DPKG_STATUS, DPKG_LISTS, *_APK_DATABASES):
        yield str(root / name)
    for directory in _RPM_DATABASES:
        for file in _RPM_FILES:
            path = root / directory / file
            yield str(path)
            # Who reads the directory makes files of locks in it: it is looked at if it has none.
            if path.exists():
                break


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpm:
    """The program that knows rpm's database, and where that lies (for errors)."""

    program: str
    database: Path

    def query(self, *arguments: str | Path, queried: Iterable[str | Path]) -> str:
        """Return what ``rpm -q`` with these ``arguments`` writes about what is ``queried``.

        What it does not know of it says among that, in sentences.

        Raises:
            InterpreterError: there is no rpm, or it gives no answer.
        """
        command = [self.program, "-q", *arguments, *queried]
        # The system's own rpm, speaking English: of a path without owner it says so and fails.
        environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
        try:
            completed = run(command, environment=environment, timeout=_RPM_SECONDS)
        except FileNotFoundError as error:
            raise InterpreterError(
                f"There is a database of rpm at {self.database}, but no program `rpm` to ask it"
                " with.",
                hint=HINT,
            ) from error
        except ProcessTimeoutError as error:
            raise InterpreterError(
                f"rpm gave no answer about {self.database} within {_RPM_SECONDS:g} seconds.",
                hint=HINT,
            ) from error
        errors = [line for line in completed.stderr.splitlines() if _RPM_ERROR.match(line)]
        if completed.status < 0 or errors:
            raise InterpreterError(
                f"rpm cannot say who owns the installed distributions (status {completed.status}).",
                hint=HINT,
                details=list(dict.fromkeys(errors))[:_MOST_LINES],
            )
        return completed.stdout
