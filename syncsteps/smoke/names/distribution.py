"""What the files of a ``.dist-info`` directory say, as far as importing needs it."""

from __future__ import annotations

import configparser
import csv
import re
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from syncsteps.errors import SmokeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import Message
    from pathlib import Path

__all__ = ["Distribution", "EntryPoint", "read_distribution"]

_OBJECT = re.compile(r"(?P<module>[\w.]+)\s*(:\s*(?P<attribute>[\w.]+))?\s*(\[(?P<extras>.*)\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPoint:
    """One entry point: its group, and the module and attribute (may be empty) it refers to.

    The format is that of the packaging user guide's entry points specification.
    """

    group: str
    module: str
    attribute: str = ""

    @property
    def is_script(self) -> bool:
        """Whether an installer makes a program of it."""
        return self.group in {"console_scripts", "gui_scripts"}

    @property
    def object(self) -> str:
        """The reference to the object: ``module:attribute``, or the module alone."""
        return f"{self.module}:{self.attribute}" if self.attribute else self.module


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """An unpacked distribution: ``site`` is the directory that ``paths`` are relative to.

    ``name`` is normalized (PEP 503). ``import_names`` and ``import_namespaces`` are the fields of
    PEP 794, None where there are none. ``required`` and ``optional`` are normalized names: of what
    it needs in any case, and of what it needs for its extras only.
    """

    name: str
    site: Path
    paths: tuple[str, ...] = ()
    import_names: tuple[str, ...] | None = None
    import_namespaces: tuple[str, ...] | None = None
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    entry_points: tuple[EntryPoint, ...] = ()

    def source_of(self, module: str) -> str:
        """Return a module's source text, empty where it has none that can be read."""
        try:
            return self.site.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8")
        except (OSError, ValueError):
            # A compiled or unreadable module shows nothing here; importing it will.
            return ""

    def opening_of(self, package: str) -> str:
        """Return the source text of a package's ``__init__.py``, as `source_of` does."""
        return self.source_of(f"{package}.__init__")


def read_distribution(metadata: Path) -> Distribution:
    """Read METADATA, RECORD and entry_points.txt of a ``.dist-info`` directory.

    A file that is not there says nothing; neither do requirements and entry points that cannot be
    parsed.

    Raises:
        SmokeError: one of the files cannot be read, or RECORD is no list of files.
    """
    headers = HeaderParser().parsestr(_read(metadata / "METADATA"), headersonly=True)
    required, optional = _requirements(headers.get_all("Requires-Dist", []))
    return Distribution(
        name=canonicalize_name(headers.get("Name", "")),
        site=metadata.parent,
        paths=_record_paths(metadata / "RECORD"),
        import_names=_field(headers, "Import-Name"),
        import_namespaces=_field(headers, "Import-Namespace"),
        required=required,
        optional=optional,
        entry_points=_entry_points(_read(metadata / "entry_points.txt")),
    )


def _field(headers: Message, name: str) -> tuple[str, ...] | None:
    values = headers.get_all(name)
    return None if values is None else tuple(values)


def _requirements(lines: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that are needed in any case, and those that only extras need."""
    needed: set[str] = set()
    optional: set[str] = set()
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        extra = requirement.marker is not None and "extra" in str(requirement.marker)
        (optional if extra else needed).add(canonicalize_name(requirement.name))
    return frozenset(needed), frozenset(optional - needed)


def _entry_points(text: str) -> tuple[EntryPoint, ...]:
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ()
    found = []
    for group in parser.sections():
        for value in parser[group].values():
            match = _OBJECT.fullmatch((value or "").strip())
            if match is not None:
                found.append(
                    EntryPoint(
                        group=group, module=match["module"], attribute=match["attribute"] or ""
                    )
                )
    return tuple(found)


def _record_paths(record: Path) -> tuple[str, ...]:
    try:
        rows = list(csv.reader(_read(record).splitlines()))
    except csv.Error as error:
        raise SmokeError(
            f"{record} is not the list of files that it should be: {error}",
            hint="The distribution was not installed completely: install it again.",
        ) from error
    return tuple(row[0].replace("\\", "/") for row in rows if row)


def _read(path: Path) -> str:
    """Return a metadata file's text, empty where the distribution does not have it."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise SmokeError(
            f"{path} cannot be read: {error.strerror}",
            hint="Make the installed files readable for this user.",
        ) from error
