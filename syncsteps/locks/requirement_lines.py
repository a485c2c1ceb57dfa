"""The lines of a requirements file, as pip takes them apart."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncsteps.errors import LockError
from syncsteps.locks.limits import LONGEST_LINE, LONGEST_TEXT, check_lines
from syncsteps.locks.values import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Line", "Option", "read_lines"]

# Each looks back at one white space only: to match a run of them would take quadratic time.
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_COMMENT_LINE = re.compile(r"\s*#")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_NO_ADDRESS = re.compile(r"[^@/\\]*")
_MARKER_START = re.compile(r"\s;|;\s")
_OPTIONS_START = re.compile(r"(?:^|(?<=\s))(?=-)")
_WORD = re.compile(r"(?:[^\s'\"]+|'[^']*'|\"[^\"]*\"|(?P<unclosed>['\"]))+")
_QUOTATION = re.compile(r"'[^']*'|\"[^\"]*\"")

# Each option that pip or uv takes in a requirements file, with its other spellings.
_WITH_VALUE = {
    "--requirement": ("-r",),
    "--constraint": ("-c",),
    "--editable": ("-e",),
    "--index-url": ("-i", "--pypi-url"),
    "--extra-index-url": (),
    "--find-links": ("-f",),
    "--no-binary": (),
    "--only-binary": (),
    "--trusted-host": (),
    "--use-feature": (),
    "--all-releases": (),
    "--only-final": (),
    "--hash": (),
    "--global-option": (),
    "--config-settings": ("-C", "--config-setting"),
}
_WITHOUT_VALUE = {
    "--no-index": (),
    "--pre": (),
    "--prefer-binary": (),
    "--require-hashes": (),
}
_NAMES = {
    spelling: name
    for table in (_WITH_VALUE, _WITHOUT_VALUE)
    for name, others in table.items()
    for spelling in (name, *others)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of a line, by its long name; ``value`` is empty where it takes none."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A logical line: a requirement (or empty), and the options behind it.

    ``file`` is the name of its file for errors, ``number`` that of its first physical line.
    ``written`` is its text before variables were replaced, if it has any.
    """

    file: str
    number: int
    requirement: str
    options: tuple[Option, ...] = ()
    written: str = ""

    def error(self, message: str, *, hint: str = "") -> LockError:
        """Return the error that ``message`` is, at this line.

        Where variables have been replaced it would show their values, which may be secrets: then it
        only says what stands there.
        """
        if self.written:
            message = f"{quoted(self.written)} cannot be read once its variables are replaced"
        return LockError(
            plain(message), file=plain(self.file), table=f"line {self.number}", hint=hint
        )


def read_lines(text: str, *, file: str, environment: Mapping[str, str]) -> Iterator[Line]:
    """Yield the lines of ``text`` that say something.

    Continued lines are joined, comments left out, and ``${NAME}`` is replaced by the variable of
    ``environment``; NAME is upper case, as for pip.

    Raises:
        LockError: an unknown option, one that lacks its value, an unset variable, or characters
            that no requirement has.
    """
    check_lines(text, file=file)
    for number, joined in _joined(text):
        stripped = _COMMENT.sub("", joined).replace("\t", " ").strip()
        if not stripped:
            continue
        line = Line(file=file, number=number, requirement="")
        _check_length(stripped, LONGEST_LINE, line)
        expanded = _expand(stripped, line, environment)
        if not expanded.isprintable():
            raise line.error("control characters in a requirement")
        if expanded != stripped:
            _check_variables(stripped, line)
            line = replace(line, written=stripped)
        requirement, *rest = _OPTIONS_START.split(expanded, maxsplit=1)
        _check_length(requirement, LONGEST_TEXT, line)
        options = tuple(_options(rest[0], line)) if rest else ()
        yield replace(line, requirement=requirement.strip(), options=options)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield logical lines with the numbers of their first lines; a comment ends one."""
    parts: list[str] = []
    start = 1
    for number, physical in enumerate(text.splitlines(), start=1):
        if not parts:
            start = number
        comment = _COMMENT_LINE.match(physical)
        if physical.endswith("\\") and not comment:
            parts.append(physical[:-1])
            continue
        yield start, "".join(parts) + (f" {physical}" if comment else physical)
        parts = []
    if parts:
        yield start, "".join(parts)


def _expand(text: str, line: Line, environment: Mapping[str, str]) -> str:
    used = _VARIABLE.findall(text)
    unset = [name for name in used if name not in environment]
    if unset:
        raise line.error(
            f"the environment variable {unset[0]} is not set",
            hint=f"set {unset[0]}, or write its value into the file",
        )
    if sum(len(environment[name]) for name in used) > LONGEST_TEXT:
        raise line.error(f"its variables have more than {LONGEST_TEXT:,} characters")
    return _VARIABLE.sub(lambda match: environment[match[1]], text)


def _check_variables(text: str, line: Line) -> None:
    """Refuse variables where they would decide what is pinned, and be shown to everybody."""
    requirement = _OPTIONS_START.split(text, maxsplit=1)[0]
    marker = _MARKER_START.search(requirement)
    name = _NO_ADDRESS.match(requirement)
    pin = "" if name is None else name[0].partition("==")[2]
    if _VARIABLE.search(pin) or (marker and _VARIABLE.search(requirement, marker.end())):
        raise line.error(
            f"a variable in a version or a marker, so this file is not a lock: {quoted(text)}",
            hint="variables are for addresses: write down what is locked",
        )


def _check_length(text: str, longest: int, line: Line) -> None:
    if len(text) > longest:
        raise line.error(f"expected at most {longest:,} characters, found {len(text):,}")


def _words(text: str, line: Line) -> list[str]:
    """Split ``text`` as a shell does, but for backslashes: they are part of Windows paths."""
    if "'" not in text and '"' not in text:
        return text.split()
    words = []
    for match in _WORD.finditer(text):
        if match["unclosed"]:
            raise line.error("a quotation in the options is not closed")
        words.append(_QUOTATION.sub(lambda quotation: quotation[0][1:-1], match[0]))
    return words


def _options(text: str, line: Line) -> Iterator[Option]:
    words = deque(_words(text, line))
    while words:
        word = words.popleft()
        spelling, equals, value = _split(word)
        name = _NAMES.get(spelling)
        if name is None:
            raise line.error(
                f"{quoted(word)} is no option of a requirements file"
                if word.startswith("-")
                else f"expected an option, found {quoted(word)}"
            )
        if name in _WITHOUT_VALUE:
            if equals:
                raise line.error(f"the option {spelling} takes no value")
            value = ""
        elif not equals:
            if not words:
                raise line.error(f"the option {spelling} lacks its value")
            value = words.popleft()
        yield Option(name=name, value=value)


def _split(word: str) -> tuple[str, bool, str]:
    """Split ``--name=value`` and ``-nvalue``; the middle says whether there was a value."""
    if word.startswith("--") or len(word) <= 2:  # noqa: PLR2004 - a dash and a letter
        spelling, equals, value = word.partition("=")
        return spelling, bool(equals), value
    return word[:2], True, word[2:].removeprefix("=")
