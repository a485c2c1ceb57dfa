"""What a reproduction is to be held against: read from a receipt, or from a sync's document."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from syncsteps.check.tree import look
from syncsteps.errors import CheckError, SettingsError
from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.receipts import from_json
from syncsteps.reproduce.model import Against

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncsteps.receipts import Listing, Receipt

__all__ = ["listings_of", "read_against"]

_SHA256_DIGITS = 64
_HINT = (
    "name a receipt (.syncsteps/receipts/PROJECT.json beside the target's site-packages), or what"
    " `sync --json FILE` wrote"
)


def read_against(path: Path) -> Against:
    """Read a receipt, or the document that `sync`, `install` or `reproduce` wrote of its run.

    Of a receipt that lies where a sync has left it, as in an image that is unpacked or mounted, the
    files are known from what lies beside it.

    Raises:
        SettingsError: the file cannot be read.
        CheckError: it is neither, or has been edited, or the run left no receipt.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"cannot read {path}: {reason}", hint=_HINT) from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckError(f"{path} is not JSON ({error})", hint=_HINT) from error
    if not isinstance(data, dict) or "verb" not in data:
        try:
            receipt = from_json(text, file=str(path))
        except CheckError as error:
            # What the receipts of an interpreter need is another thing.
            raise CheckError(str(error), hint=_HINT, details=error.details) from error
        return Against(
            file=path,
            receipt=receipt,
            executables=_usual(receipt.python),
            listings=_listings_beside(path, receipt),
        )
    try:
        receipt = _receipt_of(data, file=str(path))
        interpreter = data["interpreter"]
        return Against(
            file=path,
            receipt=receipt,
            executables=(str(interpreter["executable"]), *_usual(receipt.python)),
            listings=listings_of(data),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckError(
            f"{path}: the document has no sync in it that left a receipt", hint=_HINT
        ) from error


def _receipt_of(document: Mapping[str, Any], *, file: str) -> Receipt:
    """Return the receipt that a run's document tells of, for a project without a name.

    Raises:
        CheckError: the digest is not the one of the distributions.
        KeyError, TypeError: the document is of a run that left none.
    """
    if document["digest"] is None:
        raise TypeError("no digest")
    return from_json(
        json.dumps(
            {
                "schema": 1,
                "project": "",
                "lock": document["lock"]["name"],
                "lock_digest": document["lock"]["sha256"],
                "python": document["interpreter"]["version"],
                "distributions": document["distributions"],
                "digest": document["digest"],
            }
        ),
        file=file,
    )


def listings_of(document: Mapping[str, Any]) -> dict[str, Listing]:
    """Return the files of each distribution that a document lists them of, by its name.

    Raises:
        KeyError, TypeError, ValueError: it is not as documents are.
    """
    return {
        row["name"]: tuple(map(_file, row["files"]))
        for row in document["distributions"]
        if row["files"]
    }


def _listings_beside(path: Path, receipt: Receipt) -> dict[str, Listing]:
    """Return the files of what was installed with a receipt, if that lies in its interpreter."""
    receipts = path.absolute().parent
    state = receipts.parent
    if (receipts.name, state.name) != ("receipts", ".syncsteps"):
        return {}
    wanted = {entry.name: entry.version for entry in receipt.entries}
    found: dict[str, Listing] = {}
    for metadata in state.parent.glob("*/*.dist-info"):
        name, _, version = metadata.stem.partition("-")
        name = canonicalize_name(name)
        if wanted.get(name) == version:
            installed = InstalledDistribution(
                name=name, version=version, location=metadata.parent, metadata=metadata
            )
            with contextlib.suppress(CheckError, OSError):
                found[name] = look(installed, hashes=False).listing
    return found


def _file(line: str) -> tuple[str, bool, str]:
    sha256, executable, path = line.split(" ", 2)
    if len(sha256) != _SHA256_DIGITS or executable not in {"x", "-"}:
        raise ValueError(line)
    return path, executable == "x", sha256


def _usual(version: str) -> tuple[str, ...]:
    """Return where images have a Python of this version: a receipt does not say where it was."""
    short = ".".join(version.split(".")[:2])
    directories = ("/usr/bin", "/usr/local/bin")
    return tuple(
        f"{directory}/python{suffix}" for directory in directories for suffix in ("3", short, "")
    )
