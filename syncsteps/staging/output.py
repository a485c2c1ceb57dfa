"""Running an installer: its output without secrets, its failure in one sentence."""

from __future__ import annotations

import contextlib
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from syncsteps.errors import StagingError
from syncsteps.staging.secrets import known_secrets, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from syncsteps import processes

__all__ = [
    "Heard",
    "Runner",
    "explain",
    "run_installer",
    "startable",
]

_KEPT_LINES = 400
_SHOWN_LINES = 20


class Runner(Protocol):
    """What `processes.run` is; a test gives another."""

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = ...,
        directory: Path | None = ...,
        umask: int | None = ...,
        on_line: Callable[[str], None] | None = ...,
    ) -> processes.Completed:
        """Run ``command`` and return how it ended."""


def run_installer(
    command: Sequence[str | Path],
    *,
    name: str,
    environment: Mapping[str, str],
    directory: Path,
    on_line: Callable[[str], None],
    runner: Runner,
    places: str = "",
) -> None:
    """Run ``command``, an installer called ``name``, in ``directory`` with the umask 022.

    ``places`` is where the lock has it look for files, if it does, without secrets.

    Raises:
        StagingError: it cannot be started, or ended with another status than 0.
    """
    heard = Heard(name, environment, on_line)
    with startable(name, command):
        completed = runner(
            command, environment=environment, directory=directory, umask=0o022, on_line=heard
        )
    if completed.status != 0:
        raise heard.failure(completed.status, places)


class Heard:
    """The last lines of an installer, without the secrets that ``environment`` gives it."""

    def __init__(
        self, name: str, environment: Mapping[str, str], on_line: Callable[[str], None]
    ) -> None:
        self.name = name
        self.secrets = known_secrets(environment)
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.on_line = on_line

    def __call__(self, line: str) -> None:
        """Keep ``line`` and hand it on, both without secrets."""
        clean = redact(line, self.secrets)
        self.lines.append(clean)
        self.on_line(clean)

    def failure(self, status: int, places: str) -> StagingError:
        """Return what to say of an end with ``status``; ``places`` as in `run_installer`."""
        failure = explain(self.name, status, tuple(self.lines))
        if not places:
            return failure
        return StagingError(
            failure.message,
            hint=f"{failure.hint} The lock says where to look: {redact(places, self.secrets)}; with"
            " --source index the configured index is asked instead.",
            details=failure.details,
        )


@contextlib.contextmanager
def startable(name: str, command: Sequence[str | Path]) -> Iterator[None]:
    """Run a block that starts ``command``, an installer called ``name``.

    Raises:
        StagingError: it cannot be started.
    """
    try:
        yield
    except OSError as error:
        raise StagingError(
            f"{name} cannot be started: {error.strerror or error}",
            hint="Install it again, or choose the other one with --installer.",
            details=[f"command: {command[0]}"],
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """A way to fail: how to know it, and what to say of ``what`` the pattern caught."""

    pattern: re.Pattern[str]
    sentence: str
    hint: str
    unnamed: str = "a package"


_CAUSES = (
    _Cause(
        pattern=re.compile(r"No space left on device|os error 28\b|Errno 28\b|Disk quota exceeded"),
        sentence="there is no space left on the device",
        hint="Free space on the target's file system and in the temporary and cache directories.",
    ),
    _Cause(
        pattern=re.compile(
            r"Hash mismatch for `(?P<uv>[^`]+)`"
            r"|DO NOT MATCH THE HASHES[^\n]*\n\s+(?P<pip>[^\s@]+)"
        ),
        sentence="the file that came for {what} does not have the lock's hash",
        hint="Do not go on unless it is known why: the file was replaced, or cut off on its way.",
    ),
    _Cause(
        pattern=re.compile(
            r"all requirements must have a hash, but none were provided for: (?P<uv>\S+)"
            r"|Hashes are required in --require-hashes mode, but they are missing"
            r"[^\n]*(?:\n[^\n]*){0,4}?\n\s+(?P<pip>\S+) --hash"
        ),
        sentence="the lock gives no hash for {what}",
        hint="Make the lock anew with hashes.",
    ),
    _Cause(
        pattern=re.compile(
            r"Failed to extract archive: (?P<uv>\S+)"
            r"|Wheel '(?P<pip>[^']+)' located at \S+ is invalid"
        ),
        sentence="{what} is damaged: it cannot be unpacked",
        hint="The file was replaced, or cut off on its way; try again, then look at the index.",
    ),
    _Cause(
        pattern=re.compile(
            r"incompatible with the `pylock\.toml`'s Python requirement: `(?P<uv>[^`]+)`"
            r"|requires a different Python: \S+ not in '(?P<pip>[^']+)'"
        ),
        sentence="what the lock has is for Python {what}, which the target is not",
        hint="Give another interpreter with --python, or make the lock for this one.",
    ),
    _Cause(
        pattern=re.compile(r"invalid peer certificate|CERTIFICATE_VERIFY_FAILED"),
        sentence="the certificate of the index, or of a proxy before it, is not trusted",
        hint="Name the file of the authority that signed it in SSL_CERT_FILE (uv) or PIP_CERT"
        " (pip).",
    ),
    _Cause(
        pattern=re.compile(r"Git executable not found|Cannot find command 'git'"),
        sentence="the lock names a git repository, and git is not installed",
        hint="Install git, or leave the package out.",
    ),
    _Cause(
        pattern=re.compile(r"Invalid requirement: '?\"?(?P<pip>[^\n]*git\+file:///[^\s'\"]*)"),
        sentence="it cannot read {what}",
        hint="pip reads repositories on this machine's disk from version 24.1 on: update it, or use"
        " --installer uv.",
    ),
    _Cause(
        pattern=re.compile(
            r"unexpected argument '(?P<uv>--config-settings-package)'"
            r"|no such option: (?P<pip>--config-settings)"
        ),
        sentence="it does not know the option {what}",
        hint="The lock has settings for builds: update uv to 0.7.21 or pip to 23.1 or newer.",
    ),
    _Cause(
        pattern=re.compile(
            r"Failed to build `(?P<uv>[^`]+)`"
            r"|Failed to download and build `(?P<uv_source>[^`]+)`\n"
            r"(?=(?:[^\n]*\n){0,3}[^\n]*(?:build backend|build-system))"
            r"|(?:build backend returned an error)"
            r"|Failed building wheel for (?P<pip>\S+)"
            r"|Failed to build '?(?P<pip_source>[^\s']+)"
            r"|metadata-generation-failed"
            r"|Command errored out with exit status"
        ),
        sentence="{what} cannot be built",
        hint="The details are the build's last words. A compiler, a system library or a build "
        "requirement may be missing; a wheel for this target would need none of them.",
    ),
    _Cause(
        pattern=re.compile(
            r"Failed to connect to proxy (?P<pip>\S+)|Tunnel connection failed|tunnel error"
            r"|ProxyError"
        ),
        sentence="the proxy {what} does not let it through",
        unnamed="that is configured",
        hint="Look at HTTP_PROXY, HTTPS_PROXY and NO_PROXY, and at the proxy's own log.",
    ),
    _Cause(
        pattern=re.compile(
            r"40[13] (?:Unauthorized|Forbidden)|HTTP error 40[13]\b|40[13] Client"
            r"|401 Error, Credentials not correct"
        ),
        sentence="the index refused the credentials, or got none",
        hint="Give credentials as the installer reads them: its variables, netrc or keyring.",
    ),
    _Cause(
        pattern=re.compile(
            r"(?P<uv_name>\S+) was not found in the (?:package registry|provided package)"
            r"|there is no version of (?P<uv>[^\s,{]+)"
            r"|Distribution not found at: (?P<uv_path>\S+)"
            r"|No matching distribution found for (?P<pip>[^\s,]+)"
            r"|404 Not Found\) for url \((?P<uv_url>[^)]+)\)"
            r"|HTTP error 404 while getting (?P<pip_url>\S+)"
        ),
        sentence="{what} cannot be found",
        hint="Has the file been removed, or does the lock come from another index than the one "
        "that is configured here?",
    ),
    _Cause(
        pattern=re.compile(
            r"(?:error sending request for url \(|unable to access ')(?P<url>[^)']+)"
            r"|server error \([^)]*\) for url \((?P<uv_url>[^)]+)\)"
            r"|host='(?P<pip>[^']+)'[^\n]*Max retries exceeded"
            r"|Failed to (?:connect|establish a secure connection) to \S+ while fetching"
            r" (?P<pip_url>\S+)"
            r"|Unable to fetch (?P<pip_slow>\S+)"
            r"|Connection refused|Connection reset|dns error|NewConnectionError"
            r"|Failed to establish a new connection|name resolution|[Rr]ead ?timed ?out"
            r"|operation timed out|end of file before message length|IncompleteRead"
            r"|Network connectivity is disabled"
        ),
        sentence="the network does not give {what}",
        unnamed="what the lock needs",
        hint="Check the connection, the proxy variables and the index, and try again.",
    ),
)


def explain(
    name: str,
    status: int,
    lines: Sequence[str],
    *,
    consequence: str = "the target was not touched",
) -> StagingError:
    """Return the error for an installer called ``name`` that ended with ``status``.

    ``lines`` is the end of its output, already redacted; ``consequence`` what comes of it.
    """
    text = "\n".join(lines)
    shown = [line.rstrip() for line in lines if line.strip()][-_SHOWN_LINES:]
    for cause in _CAUSES:
        match = cause.pattern.search(text)
        if match is not None:
            what = next((value for value in match.groups() if value), cause.unnamed)
            return StagingError(
                f"{name} failed: {cause.sentence.format(what=what)}; {consequence}",
                hint=cause.hint,
                details=shown,
            )
    ending = f"signal {-status}" if status < 0 else f"status {status}"
    return StagingError(
        f"{name} ended with {ending}; {consequence}",
        hint="The details are its last words.",
        details=shown,
    )
