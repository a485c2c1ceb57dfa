"""What the fuzzer starts from: small locks of the tests, and parts of real ones if there are."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from tests.support import lock_texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["FORMATS", "Seed", "load_seeds", "part_of", "small_seeds"]

# The usual name of a lock of each format, by the name of its text in tests/support/lock_texts.py.
FORMATS = {
    "UV": "uv.lock",
    "PYLOCK": "pylock.toml",
    "POETRY": "poetry.lock",
    "PDM": "pdm.lock",
    "PIPFILE": "Pipfile.lock",
    "REQUIREMENTS": "requirements.txt",
}
_PYPROJECT = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.9"\n'
_SMALLEST = {
    "poetry.lock": """\
[[package]]
name = "plain"
version = "1.0"
groups = ["main"]
files = [{file = "plain-1.0-py3-none-any.whl", hash = "sha256:%(sha)s"}]

[metadata]
lock-version = "2.1"
python-versions = ">=3.9"
content-hash = "%(sha)s"
""",
    "pdm.lock": """\
[metadata]
groups = ["default"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:%(sha)s"

[[package]]
name = "plain"
version = "1.0"
groups = ["default"]
files = [{file = "plain-1.0-py3-none-any.whl", hash = "sha256:%(sha)s"}]
""",
    "Pipfile.lock": """\
{"_meta": {"hash": {"sha256": "%(sha)s"}, "pipfile-spec": 6, "requires": {},
 "sources": [{"name": "main", "url": "https://index.invalid/simple", "verify_ssl": true}]},
 "default": {"plain": {"hashes": ["sha256:%(sha)s"], "version": "==1.0"}}, "develop": {}}
""",
}
_CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
_PATTERNS = (
    "**/uv.lock",
    "**/pylock*.toml",
    "**/poetry.lock",
    "**/pdm.lock",
    "**/Pipfile.lock",
    "requirements/**/*.txt",
)
_ENTRY = re.compile(r"\n(?=\[\[package)")
_ENTRY_OF_LINES = re.compile(r"\n(?=[A-Za-z.-])")
_LARGEST_PART = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """A lock that some tool could have written, and the pyproject.toml that lies beside it.

    ``document`` is the parsed text; None for a requirements file, and where it is no valid TOML.
    """

    origin: str
    filename: str
    text: str
    pyproject: str
    document: dict[str, Any] | None


def load_seeds() -> tuple[Seed, ...]:
    """Return every seed: those of lock_texts, the smallest ones, and the corpus of real locks.

    The corpus is the folder that SYNCSTEPS_CORPUS names, or the usual one; it may be missing.
    """
    corpus = Path(os.environ.get("SYNCSTEPS_CORPUS", _CORPUS))
    return (*small_seeds(), *_real_seeds(corpus))


def part_of(seed: Seed, random: Random) -> tuple[str, dict[str, Any] | None]:
    """Return some of a seed's packages, with all that stands around them, as text and parsed.

    Real locks are so large that reading one takes a hundred times as long as reading a part of it.
    """
    if seed.document is None:
        return "\n".join(_some(_ENTRY_OF_LINES.split(seed.text), random)), None
    if seed.filename == "Pipfile.lock":
        document = {key: _some(value, random) for key, value in seed.document.items()}
        return json.dumps(document, indent=4), document
    head, *entries = _ENTRY.split(seed.text)
    text = "\n".join([head, *_some(entries, random)])
    try:
        return text, tomli.loads(text)
    except ValueError:
        return text, seed.document


def _some(value: Any, random: Random) -> Any:  # noqa: ANN401 - what TOML and JSON have
    if len(value) <= _LARGEST_PART:
        return value
    chosen = sorted(random.sample(range(len(value)), random.randrange(1, _LARGEST_PART)))
    if isinstance(value, dict):
        keys = list(value)
        return {keys[index]: value[keys[index]] for index in chosen}
    return [value[index] for index in chosen]


def small_seeds() -> Iterator[Seed]:
    """Yield the seeds that are in this repository: at least one of each format."""
    for name, filename in FORMATS.items():
        if hasattr(lock_texts, name):
            yield _seed(f"lock_texts.{name}", filename, getattr(lock_texts, name), _PYPROJECT)
    # One of its wheels is of another version, which selecting refuses.
    selectable = lock_texts.UV.replace("1.0%2Bcpu-", "1.0-7-")
    yield _seed("lock_texts.UV, selectable", "uv.lock", selectable, _PYPROJECT)
    for filename, text in _SMALLEST.items():
        yield _seed(f"smallest {filename}", filename, text % {"sha": lock_texts.SHA}, _PYPROJECT)


def _real_seeds(corpus: Path) -> Iterator[Seed]:
    for pattern in _PATTERNS:
        for path in sorted(corpus.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            beside = path.with_name("pyproject.toml")
            pyproject = beside.read_text(encoding="utf-8") if beside.is_file() else _PYPROJECT
            origin = path.relative_to(corpus).as_posix()
            yield _seed(origin, path.name, text, pyproject)


def _seed(origin: str, filename: str, text: str, pyproject: str) -> Seed:
    return Seed(
        origin=origin,
        filename=filename,
        text=text,
        pyproject=pyproject,
        document=None if filename.endswith(".txt") else _parsed(text),
    )


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        data = json.loads(text) if text.startswith("{") else tomli.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
