"""Text out of a lock, checked before anything else sees it.

What a reader takes in may later be a line of a requirements file or an argument of an installer.
Each function here takes one text and returns what it means, or raises ValueError with a sentence
that says what was found and what was expected. The caller knows where it stood.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

from packaging.markers import Marker, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from syncsteps.locks.model import Hash

__all__ = [
    "VCS_TYPES",
    "file_name_of",
    "is_url",
    "parse_commit",
    "parse_content_hash",
    "parse_digest",
    "parse_file_name",
    "parse_hash",
    "parse_marker",
    "parse_name",
    "parse_path",
    "parse_revision",
    "parse_specifier",
    "parse_subdirectory",
    "parse_url",
    "parse_vcs_url",
    "parse_version",
    "plain",
    "plain_file_name",
    "quoted",
    "redacted",
    "split_url",
    "without_credentials",
]

VCS_TYPES = ("git", "hg", "svn", "bzr")

# Digits of hex by hashlib's names: those of a fixed length, whatever this Python's OpenSSL allows.
_DIGITS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_224": 56,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
# Patterns that stay text are compiled when a lock first needs them, which most never do.
_HEX = r"[0-9a-f]+"
_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
_CONTENT_HASH = r"(?:[a-z0-9_]{1,20}:)?[0-9A-Fa-f]{1,128}"
_REVISION = r"[^\s\"<>\\^`{|}#?/-][^\s\"<>\\^`{|}#?]*"
_FILE_NAME = r"[A-Za-z0-9_][^\s/\\\"<>^`{|}]*"
# RFC 3986 has no place for these. Two of them are live in a requirements file: a backslash at the
# end continues the line, and ${NAME} is replaced by a variable of the environment.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s\"<>\\^`{|}]*)(?:[/?#][^\s\"<>\\^`{|}]*)?")
# What nearly every URL of a file is like, with nothing in it that needs a closer look.
_PLAIN_URL = re.compile(
    r"https://[a-z0-9][a-z0-9.-]*/(?:[A-Za-z0-9._~+/-]*/)?([A-Za-z0-9_][A-Za-z0-9._+-]{,200})"
)
_PLAIN_SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
_FILE_SCHEMES = frozenset({"http", "https", "file"})
_VCS_SCHEMES = frozenset({"http", "https", "file", "ssh", "git", "svn"})
# Of no importance but that it is complete: nothing is to depend on the system that reads the lock.
_ANY_ENVIRONMENT = {
    "extra": "",
    "implementation_name": "cpython",
    "implementation_version": "3.12.0",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1.0",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.12.0",
    "python_version": "3.12",
    "sys_platform": "linux",
}
# Names and versions become names of files, which no usual file system allows to be longer.
_LONGEST_NAME = 255
_LONGEST_PLAIN = 1000
_LONGEST_QUOTE = 120
_LONGEST_MESSAGE = 500
_DEEPEST_MARKER = 40


def redacted(text: str) -> str:
    """Return ``text`` with the user and password of every URL in it replaced by asterisks."""
    return _USER_INFO.sub("****@", text)


def without_credentials(text: str) -> str:
    """Return ``text`` without the user and password of every URL in it."""
    return _USER_INFO.sub("", text)


def quoted(text: str) -> str:
    """Return ``text`` fit for a message: one line, not long, in quotes, without credentials."""
    shown = redacted(text)
    if len(shown) > _LONGEST_QUOTE:
        shown = f"{shown[:_LONGEST_QUOTE]}…"
    return repr(shown)


def plain(text: str) -> str:
    """Return a whole message fit to be shown, whatever it quotes: as `quoted`, without quotes."""
    # The whole of it: half of a URL may not show that it begins with a password.
    safe = redacted(text)
    shown = "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in safe[:_LONGEST_MESSAGE]
    )
    return shown if len(safe) <= _LONGEST_MESSAGE else f"{shown}…"


def _check_length(text: str, what: str) -> None:
    if len(text) > _LONGEST_NAME:
        raise ValueError(f"{quoted(text)} is longer than a {what} can be ({_LONGEST_NAME})")


@lru_cache(maxsize=8192)
def parse_name(text: str) -> str:
    """Return the normalized form (PEP 503) of a package's, an extra's or a group's name."""
    _check_length(text, "name")
    if not _NAME.fullmatch(text):
        raise ValueError(f"{quoted(text)} is not a name (PEP 508: letters, digits, '.', '_', '-')")
    return canonicalize_name(text)


@lru_cache(maxsize=8192)
def parse_version(text: str) -> Version:
    """Return a version (PEP 440)."""
    _check_length(text, "version")
    try:
        return Version(text)
    except InvalidVersion:
        raise ValueError(f"{quoted(text)} is not a version (PEP 440)") from None


@lru_cache(maxsize=2048)
def parse_specifier(text: str) -> SpecifierSet:
    """Return a set of version specifiers (PEP 440)."""
    try:
        specifiers = SpecifierSet(text)
        for specifier in specifiers:
            # A version in it is otherwise read only when it is compared, too late to say where.
            specifier.contains("1")
    except InvalidSpecifier:
        raise ValueError(f"{quoted(text)} is not a version specifier (PEP 440)") from None
    except ValueError:
        raise ValueError(f"{quoted(text)} has a number that is too long for a version") from None
    return specifiers


@lru_cache(maxsize=8192)
def parse_marker(text: str) -> Marker:
    """Return a marker (PEP 508, with the two variables of PEP 751) that can be evaluated."""
    if _depth(text) > _DEEPEST_MARKER:
        raise ValueError(f"the marker {quoted(text)} is nested too deeply")
    try:
        marker = Marker(text)
        # Some comparisons are refused only when they are made, which is too late to say where.
        marker.evaluate(_ANY_ENVIRONMENT, context="lock_file")
    except (ValueError, RecursionError, UndefinedEnvironmentName) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{quoted(text)} is not a marker (PEP 508): {reason}") from None
    return marker


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest


def is_url(text: str) -> bool:
    """Return whether ``text`` claims to be a URL, as opposed to a path."""
    return "://" in text


@lru_cache(maxsize=1024)
def parse_url(text: str) -> str:
    """Return the http, https or file URL ``text`` as it is."""
    return _url(text, _FILE_SCHEMES)


def parse_vcs_url(text: str) -> str:
    """Return the URL of a repository as it is, without a ``git+`` in front of its scheme."""
    return _url(text, _VCS_SCHEMES)


def _url(text: str, schemes: frozenset[str]) -> str:
    match = _URL.fullmatch(text)
    if match is None or not text.isprintable():
        raise ValueError(
            f"{quoted(text)} is not a URL (RFC 3986: no white space, quotes, braces or backslashes)"
        )
    scheme = match[1].lower()
    if scheme not in schemes:
        expected = ", ".join(sorted(schemes))
        raise ValueError(f"the URL {quoted(text)} has none of the schemes {expected}")
    if scheme != "file" and not match[2].rpartition("@")[2]:
        raise ValueError(f"the URL {quoted(text)} names no host")
    # A program that is started with the host as an argument would take it for an option.
    if any(part.startswith("-") for part in match[2].split("@")):
        raise ValueError(f"the user or the host of the URL {quoted(text)} reads like an option")
    # Wherever it is shown or recorded only the user and the password at its start are left out.
    if "://" in text[match.end(2) :] and "@" in text[match.end(2) :]:
        raise ValueError(f"the URL {quoted(text)} has another one with a user in it")
    if "[" in match[2] or "]" in match[2]:
        split_url(text)
    return text


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL that has been parsed by one of the functions above."""
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError(f"{quoted(url)} is not a URL (RFC 3986)") from None


def parse_path(text: str) -> str:
    """Return the path ``text`` as it is: not empty, no URL, without control characters."""
    if not text.strip():
        raise ValueError("a path is empty")
    if not text.isprintable():
        raise ValueError(f"the path {quoted(text)} has control characters")
    if is_url(text):
        raise ValueError(f"expected a path, found {quoted(text)}")
    if text.startswith("-"):
        raise ValueError(f"the path {quoted(text)} reads like an option; write it as ./{text[:20]}")
    return text


def parse_subdirectory(text: str) -> str:
    """Return a path within a repository or an archive as it is; it may not lead out of it."""
    parts = parse_path(text).replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or ":" in parts[0]:
        raise ValueError(f"the subdirectory {quoted(text)} leads out of its archive or repository")
    return text


def parse_file_name(text: str) -> str:
    """Return the name of a wheel's or an sdist's file as it is: a name, not a path."""
    _check_length(text, "file's name")
    if not re.fullmatch(_FILE_NAME, text) or not text.isprintable():
        raise ValueError(f"{quoted(text)} is not the name of a wheel's or an sdist's file")
    return text


def plain_file_name(url: str) -> str | None:
    """Return the name of the file at a ``url`` like those of indexes; None: it may be anything.

    What this gives a name for, `parse_url` accepts, and `file_name_of` gives the same name; those
    take several times as long, which a lock of thousands of files shows.
    """
    match = _PLAIN_URL.fullmatch(url) if len(url) <= _LONGEST_PLAIN else None
    return match[1] if match else None


def file_name_of(location: str) -> str:
    """Return the checked name of the file that a URL or a path points to."""
    if is_url(location):
        plain = location.partition("#")[0].partition("?")[0]
        return parse_file_name(unquote(plain.rpartition("/")[2]))
    return parse_file_name(location.replace("\\", "/").rpartition("/")[2])


def parse_hash(text: str) -> Hash:
    """Return the hash that is written as ``algorithm:digest``."""
    if _PLAIN_SHA256.fullmatch(text):
        return Hash(algorithm="sha256", digest=text[7:])
    algorithm, colon, digest = text.partition(":")
    if not colon:
        raise ValueError(f"{quoted(text)} is not a hash (expected ALGORITHM:DIGEST)")
    return parse_digest(algorithm, digest)


def parse_digest(algorithm: str, digest: str) -> Hash:
    """Return the hash with this algorithm, by hashlib's name, and this digest, in hex."""
    digits = _DIGITS.get(algorithm)
    if digits is None:
        known = ", ".join(_DIGITS)
        raise ValueError(f"the hash algorithm {quoted(algorithm)} is none of {known}")
    lower = digest.lower()
    if len(lower) != digits or not re.fullmatch(_HEX, lower):
        raise ValueError(f"{quoted(digest)} is not a {algorithm} digest ({digits} digits of hex)")
    return Hash(algorithm=algorithm, digest=lower)


def parse_content_hash(text: str) -> str:
    """Return what a lock calls the hash of the file that it was made from, as it is."""
    if not re.fullmatch(_CONTENT_HASH, text):
        raise ValueError(f"{quoted(text)} is not a hash")
    return text


def parse_commit(text: str) -> str:
    """Return the full name of a git commit, in lower case."""
    lower = text.lower()
    if not re.fullmatch(_COMMIT, lower):
        raise ValueError(f"{quoted(text)} is not a commit (40 or 64 digits of hex)")
    return lower


def parse_revision(text: str) -> str:
    """Return a branch, a tag or another repository's word for a revision as it is.

    Where a repository would have it in a path it may not lead out of it (see git-check-ref-format).
    """
    wrong = not re.fullmatch(_REVISION, text) or ".." in text or "//" in text
    if wrong or not text.isprintable():
        raise ValueError(f"{quoted(text)} is not the name of a revision")
    return text
