"""Who installed what: one receipt for each project that was synced into an interpreter."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from packaging.utils import canonicalize_name

from syncsteps.errors import CheckError
from syncsteps.locks.model import Archive, Directory, Sdist, Vcs, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selected
    from syncsteps.staging.model import StagedDistribution

    # Each file of a tree: its relative POSIX path, whether it is executable, its SHA-256 in hex.
    Listing = tuple[tuple[str, bool, str], ...]

__all__ = [
    "Ledger",
    "Receipt",
    "ReceiptEntry",
    "from_json",
    "load_receipts",
    "make_entry",
    "make_receipt",
    "receipt_path",
    "source_of",
    "staged_digest",
    "staged_listing",
    "state_directory",
    "to_json",
    "tree_digest",
    "with_digests",
]

_SCHEMA = 1
_LONGEST_NAME = 100
_EXECUTABLE = 0o111


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEntry:
    """One distribution of a receipt.

    ``source`` is what was chosen: a file's name, a URL without credentials, ``git+URL@COMMIT`` or a
    directory relative to the project. ``hash`` is the lock's hash of the chosen file
    (``sha256:…``), or for a directory the digest of its content when it was built, or empty.
    ``digest`` is the SHA-256 of the installed tree of this distribution, in hex.
    """

    name: str
    version: str
    source: str
    hash: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one project put into an interpreter, and from which lock.

    ``project`` names the project, or the members of a workspace that were asked for by name
    (``service-a+service-b``). ``lock`` is the lock's file name, ``lock_digest`` its SHA-256 in hex.
    ``digest`` is the SHA-256 over the entries' digests: equal trees have equal digests.
    ``directories`` are those that the project's syncs made among data files and scripts, relative
    to the scheme's data directory, with ``/``: they go when they are left empty.
    """

    project: str
    lock: str
    lock_digest: str
    python: str
    entries: tuple[ReceiptEntry, ...]
    digest: str
    directories: tuple[str, ...] = ()


def state_directory(interpreter: Interpreter) -> Path:
    """Return the directory beside ``purelib`` that holds receipts, the journal and the stage."""
    return interpreter.scheme.purelib.parent / ".syncsteps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Every receipt of an interpreter, in the order of the projects' names."""

    receipts: tuple[Receipt, ...] = ()

    @property
    def directories(self) -> tuple[str, ...]:
        """The directories that any project's syncs made, sorted; see `Receipt`."""
        return tuple(sorted({name for receipt in self.receipts for name in receipt.directories}))

    def of(self, project: str) -> Receipt | None:
        """Return the receipt of a project, names compared as PEP 503 normalizes them."""
        wanted = canonicalize_name(project)
        return next((r for r in self.receipts if canonicalize_name(r.project) == wanted), None)

    def others(self, *, than: str) -> dict[str, tuple[str, ...]]:
        """Return the projects other than ``than`` that installed a distribution, by its name."""
        own = canonicalize_name(than)
        found: dict[str, tuple[str, ...]] = {}
        for receipt in self.receipts:
            if canonicalize_name(receipt.project) != own:
                for entry in receipt.entries:
                    found[entry.name] = (*found.get(entry.name, ()), receipt.project)
        return found


def tree_digest(files: Iterable[tuple[str, bool, str]]) -> str:
    """Return the SHA-256, in hex, that stands for a tree.

    Each file is its relative POSIX path, whether it is executable, and its SHA-256 in hex. The
    order of ``files`` does not matter.
    """
    lines = [
        f"{sha256} {'x' if executable else '-'} {path}\0"
        for path, executable, sha256 in sorted(files)
    ]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def staged_digest(distribution: StagedDistribution) -> str:
    """Return the `tree_digest` that a staged distribution will have in the target."""
    return tree_digest(staged_listing(distribution))


def staged_listing(distribution: StagedDistribution) -> Listing:
    """Return the files of a staged distribution as `tree_digest` takes them.

    Paths are relative to the directory that holds its ``.dist-info``. Byte code is left out, since
    the interpreter may replace it; what was compiled for the target is covered by its hashes in
    RECORD, which is not left out.
    """
    metadata = os.fspath(distribution.metadata)
    target = next(
        f.target for f in distribution.files if f.source.rpartition(os.sep)[0] == metadata
    )
    site = os.fspath(Path(target).parent.parent)
    return tuple(
        (_relative(file.target, site), bool(file.mode & _EXECUTABLE), file.sha256)
        for file in distribution.files
        if not file.is_bytecode
    )


def _relative(path: str, site: str) -> str:
    inside = f"{site}{os.sep}"  # as nearly everything is; `relpath` takes ten times as long
    relative = path[len(inside) :] if path.startswith(inside) else os.path.relpath(path, site)
    return relative.replace(os.sep, "/")


def make_entry(
    selected: Selected, *, version: str, digest: str, source_digest: str = ""
) -> ReceiptEntry:
    """Return the entry for a package that was installed as ``version`` with the tree ``digest``.

    ``source_digest`` is the digest of a local directory's content when it was built. The source
    carries no credentials and no path of this machine outside the project.
    """
    digests = sorted(selected.hashes, key=lambda each: (each.algorithm != "sha256", str(each)))
    return ReceiptEntry(
        name=selected.name,
        version=version,
        source=source_of(selected),
        hash=str(digests[0]) if digests else source_digest,
        digest=digest,
    )


def make_receipt(
    project: str,
    *,
    lock: Lock,
    python: str,
    entries: Iterable[ReceiptEntry],
    directories: Iterable[str] = (),
) -> Receipt:
    """Return the receipt for what ``project`` installed from ``lock`` into Python ``python``."""
    ordered = tuple(sorted(entries, key=lambda entry: entry.name))
    return Receipt(
        project=project,
        lock=lock.path.name,
        lock_digest=lock.digest,
        python=python,
        entries=ordered,
        digest=_digest(ordered),
        directories=tuple(sorted(set(directories))),
    )


def with_digests(receipt: Receipt, digests: Mapping[str, str]) -> Receipt:
    """Return ``receipt`` with other digests of some of its distributions, by their names."""
    entries = tuple(
        replace(entry, digest=digests.get(entry.name, entry.digest)) for entry in receipt.entries
    )
    return replace(receipt, entries=entries, digest=_digest(entries))


def receipt_path(state: Path, project: str) -> Path:
    """Return where the receipt of ``project`` lies; any name makes one safe file name."""
    name = quote(canonicalize_name(project), safe="")
    if name.startswith("."):
        name = f"%2E{name[1:]}"
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return state / "receipts" / f"{name}.json"


def load_receipts(state: Path) -> Ledger:
    """Read every receipt in ``state``, which need not exist.

    Raises:
        CheckError: one of them cannot be read or is malformed.
    """
    receipts = []
    for path in _receipt_files(state / "receipts"):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CheckError(f"{path}: the receipt cannot be read: {error}") from error
        receipts.append(from_json(text, file=str(path)))
    return Ledger(receipts=tuple(sorted(receipts, key=lambda receipt: receipt.project)))


def _receipt_files(directory: Path) -> list[Path]:
    try:
        # Not `glob`, which finds nothing in a directory that cannot be read.
        return sorted(path for path in directory.iterdir() if path.suffix == ".json")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise CheckError(
            f"the receipts in {directory} cannot be read: {error.strerror}",
            hint="run as a user who may read them: they say what belongs to whom",
        ) from error


def to_json(receipt: Receipt) -> str:
    """Return a receipt as JSON in ASCII: equal receipts are equal bytes, there is no time in it."""
    content = asdict(receipt)
    content["distributions"] = content.pop("entries")
    return json.dumps({"schema": _SCHEMA, **content}, indent=2) + "\n"


def from_json(text: str, *, file: str = "receipt") -> Receipt:
    """Read back what `to_json` wrote; ``file`` is named in errors.

    Raises:
        CheckError: it is malformed, of an unknown schema, or has been edited.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed(file, f"it is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise _malformed(file, "it is not an object")
    if data.get("schema") != _SCHEMA:
        raise _malformed(file, f"key 'schema' is {data.get('schema')!r}, expected {_SCHEMA}")
    rows = data.get("distributions")
    if not isinstance(rows, list):
        raise _malformed(file, "key 'distributions' is not a list")
    entries = tuple(
        ReceiptEntry(**_texts(row, ReceiptEntry, f"{file}: distributions[{number}]"))
        for number, row in enumerate(rows)
    )
    receipt = Receipt(
        entries=entries, directories=_directories(data, file), **_texts(data, Receipt, file)
    )
    if receipt.digest != _digest(entries):
        raise _malformed(file, "its digest is not the one of its distributions")
    return receipt


def _directories(data: dict[str, Any], file: str) -> tuple[str, ...]:
    names = data.get("directories", [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise _malformed(file, "key 'directories' is not a list of names")
    if any(name.startswith("/") or ".." in name.split("/") or "\0" in name for name in names):
        raise _malformed(file, "key 'directories' leads out of the interpreter")
    return tuple(names)


def _texts(row: object, model: type[Receipt | ReceiptEntry], where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise _malformed(where, "it is not an object")
    texts = {}
    for field in fields(model):
        if field.name in {"entries", "directories"}:
            continue
        value = row.get(field.name)
        if not isinstance(value, str):
            raise _malformed(where, f"key {field.name!r} is not a string")
        texts[field.name] = value
    return texts


def _malformed(where: str, why: str) -> CheckError:
    return CheckError(
        f"{where}: the receipt cannot be used: {why}",
        hint="restore it, or remove it: what it names stays, and is nobody's until it is installed"
        " again (--reinstall-package NAME)",
    )


def _digest(entries: Iterable[ReceiptEntry]) -> str:
    lines = sorted(f"{entry.name}=={entry.version} {entry.digest}\n" for entry in entries)
    # JSON can hold lone surrogates: an edited receipt is to be found out, not to break the reader.
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def source_of(selected: Selected) -> str:
    """Return where a package was taken from, as `ReceiptEntry` names it, without credentials."""
    chosen = selected.chosen
    if isinstance(chosen, Wheel | Sdist):
        return chosen.filename
    if isinstance(chosen, Vcs):
        below = f"#subdirectory={chosen.subdirectory}" if chosen.subdirectory else ""
        return f"{chosen.type}+{_public(chosen.url)}@{chosen.commit_id or 'unknown'}{below}"
    if isinstance(chosen, Archive):
        return _public(chosen.url) if chosen.url is not None else _portable(chosen.path or "")
    if isinstance(chosen, Directory):
        return _portable(chosen.path)
    return f"{selected.name} (index)"


def _public(url: str) -> str:
    """``url`` without what may be a secret: the user's name and password, and the query."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _portable(parts.path)
    user, _, host = parts.netloc.rpartition("@")
    # In ssh://git@host the name is a part of the address; in https://token@host it is a secret.
    if user and parts.scheme.endswith("ssh") and ":" not in user:
        host = parts.netloc
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _portable(path: str) -> str:
    """``path`` as it is if it is relative, otherwise its last name only."""
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute():
        return PurePosixPath(PureWindowsPath(path).as_posix()).name
    return path
