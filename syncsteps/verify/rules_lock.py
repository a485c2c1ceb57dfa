"""Rules on the lock: is it current, and does it say enough."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

from syncsteps.locks.boundaries import HINT, outside
from syncsteps.locks.model import Directory, Vcs
from syncsteps.locks.values import redacted
from syncsteps.selection.markers import release_environment
from syncsteps.verify.model import Facts, Problem, Rule, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from packaging.markers import Marker

    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected

__all__ = ["RULES"]

_PYLOCK = "1.0"
_UNENCRYPTED = frozenset({"http", "git", "git+http", "svn"})
# What never leaves the machine needs no encryption; pip calls these secure as well.
_LOOPBACK = re.compile(r"(?:.+\.)?localhost|127(?:\.\d+){3}|::1")
_VARIABLE = re.compile(r"\$\{\w+\}|\$\w+")
_STRONG = frozenset({"sha256", "sha384", "sha512"})
# With many targets, the same addresses come back for each of them.
_split = lru_cache(maxsize=8192)(urlsplit)


def _stale(facts: Facts) -> Iterator[Problem]:
    for reason in facts.staleness.reasons:
        yield Problem(
            subject=facts.lock.path.name,
            message=f"{facts.lock.path.name} is stale: {reason}",
            hint="lock again, or pass --ignore LCK001 to install it as it is",
        )


def _unknown_staleness(facts: Facts) -> Iterator[Problem]:
    if not facts.staleness.known:
        yield Problem(
            subject=facts.lock.path.name,
            message=f"whether {facts.lock.path.name} is current cannot be told:"
            f" {facts.staleness.note}",
            hint="nothing to do, if your CI locks again and compares",
        )


def _later_version(facts: Facts) -> Iterator[Problem]:
    if facts.lock.format == "pylock.toml" and facts.lock.format_version != _PYLOCK:
        yield Problem(
            subject=facts.lock.path.name,
            message=f"{facts.lock.path.name} has lock-version {facts.lock.format_version}; what"
            f" that has more than {_PYLOCK} is not taken into account",
            hint=f"lock again as version {_PYLOCK}, or get a newer syncsteps",
        )


def _hashes(facts: Facts) -> Iterator[Problem]:
    for item in facts.selection.packages:
        if isinstance(item.chosen, Vcs | Directory) or item.package.local:
            continue
        if not any(each.algorithm in _STRONG for each in item.hashes):
            found = f"only {item.hashes[0].algorithm}" if item.hashes else "no hash"
            yield Problem(
                subject=item.name,
                message=f"{_label(item)} has {found} in the lock, so nothing says that the file"
                " that comes is the one that was locked",
                hint="lock again with SHA-256 hashes",
            )


def _commits(facts: Facts) -> Iterator[Problem]:
    for item in facts.selection.packages:
        if isinstance(item.chosen, Vcs) and not item.chosen.commit_id:
            yield Problem(
                subject=item.name,
                message=f"{_label(item)} comes from a repository without naming a commit",
                hint="lock again with a tool that pins the commit",
            )


def _outside(facts: Facts) -> Iterator[Problem]:
    if facts.settings.may_leave:
        return
    for item in facts.selection.packages:
        found = outside(item.chosen, root=facts.lock.root)
        if found is not None:
            yield Problem(
                subject=item.name,
                message=f"{_label(item)} is taken from {redacted(found[1])}, outside of the"
                " project's directory",
                hint=HINT,
            )


def _unencrypted(facts: Facts) -> Iterator[Problem]:
    for item in facts.selection.packages:
        url = _url(item)
        parts = _split(url)
        if parts.scheme.lower() in _UNENCRYPTED and not _LOOPBACK.fullmatch(parts.hostname or ""):
            yield Problem(
                subject=item.name,
                message=f"{_label(item)} is fetched without encryption, from {_shown(url)}",
                hint="name the index or the file by https:// in the project, and lock again",
            )


def _credentials(facts: Facts) -> Iterator[Problem]:
    """Yield each URL that carries a secret; the name alone of an ssh:// or git user is none."""
    for item in facts.selection.packages:
        urls = {url: None for url in (_url(item), item.package.index or "") if _secret(url)}
        for url in urls:
            yield Problem(
                subject=item.name,
                message=f"{_label(item)} has credentials in the lock's URL {_shown(url)}",
                hint="change them, since whoever can read the lock has them; give them to the"
                " installer by its variables, netrc or keyring, and lock again",
            )


def _unlocked(facts: Facts) -> Iterator[Problem]:
    """Yield what selected packages require on this target, and no entry of the lock is."""
    environment = release_environment(dict(facts.interpreter.environment))
    if not _made_for(facts.lock, environment):
        return  # INT001 and INT006 tell; nobody has resolved what is required here
    for item in facts.selection.packages:
        for need in item.package.unlocked:
            if need.marker is None or _applies(need.marker, environment):
                yield Problem(
                    subject=item.name,
                    message=f"{_label(item)} requires {need.name}, of which the lock has no entry",
                    hint="lock again: entries were lost, for example in a merge",
                )


def _made_for(lock: Lock, environment: dict[str, str]) -> bool:
    pythons, markers = lock.requires_python, lock.environments
    return (pythons is None or pythons.contains(environment["python_full_version"])) and (
        not markers or any(_applies(marker, environment) for marker in markers)
    )


def _applies(marker: Marker, environment: dict[str, str]) -> bool:
    """Return whether ``marker`` holds; one that cannot be told on this target accuses nobody."""
    try:
        return marker.evaluate(environment)
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def _secret(url: str) -> bool:
    user_info, at, _ = _split(url).netloc.rpartition("@")
    user, _, password = user_info.partition(":")
    if not at or _VARIABLE.fullmatch(password or user):
        return False
    # A token may stand alone; a user's name does where keys are what authenticates.
    return bool(password) or (user != "git" and not _split(url).scheme.endswith("ssh"))


def _url(item: Selected) -> str:
    """Return where the chosen file or repository comes from, empty for what lies on the disk."""
    return getattr(item.chosen, "url", None) or ""


def _shown(url: str) -> str:
    """Return ``url`` without credentials and without the query, in which tokens stand as well."""
    return redacted(urlsplit(url)._replace(query="", fragment="").geturl())


def _label(item: Selected) -> str:
    return f"{item.name} {item.package.version or ''}".rstrip()


RULES = (
    Rule(
        code="LCK001",
        title="the lock is stale",
        why="The project's requirements have changed since the lock was made: what it installs is"
        " not what the project asks for.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_stale,
    ),
    Rule(
        code="LCK002",
        title="whether the lock is current cannot be told",
        why="Some formats do not record what they were made from.",
        severity=Severity.NOTE,
        exit_code=3,
        check=_unknown_staleness,
    ),
    Rule(
        code="LCK003",
        title="a file has no hash that counts",
        why="Without a hash (md5 and sha1 do not count, as for pip) an index, a mirror or a proxy"
        " decides what is installed.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_hashes,
    ),
    Rule(
        code="LCK004",
        title="a path leaves the project",
        why="A lock is data that others may have written; what it names outside of the project's"
        " directory would be built, and so run, here.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_outside,
    ),
    Rule(
        code="LCK005",
        title="a repository without a commit",
        why="A branch or a tag names something else tomorrow.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_commits,
    ),
    Rule(
        code="LCK006",
        title="the lock is of a later minor version",
        why="A later minor version of pylock.toml (PEP 751) may say more than is known here. What"
        " is known is installed as it stands; what is not known might have changed that.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_later_version,
    ),
    Rule(
        code="LCK007",
        title="a file is fetched without encryption",
        why="Whoever is on the way can read what is fetched, and withhold it. The hash still keeps"
        " anything else from being installed; of a repository, the commit's.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_unencrypted,
    ),
    Rule(
        code="LCK008",
        title="a URL carries credentials",
        why="A lock is checked in and copied into images: a password in it is known to all who can"
        " read these. Installers take credentials from their environment.",
        severity=Severity.WARNING,
        exit_code=3,
        check=_credentials,
    ),
    Rule(
        code="LCK009",
        title="the lock lacks what one of its packages requires",
        why="Where a lock tells what its entries require, each of these has an entry as well. One"
        " without was cut or merged badly: what is installed from it fails when it is imported.",
        severity=Severity.ERROR,
        exit_code=3,
        check=_unlocked,
    ),
)
