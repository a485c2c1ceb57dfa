"""Makes broken and hostile locks out of good ones, the same ones for the same seed."""

from __future__ import annotations

import copy
import datetime as dt
import json
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fuzz.seeds import FORMATS, part_of
from tests.support.lock_texts import SHA

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fuzz.seeds import Seed

__all__ = ["HOSTILE", "Input", "make_input", "to_toml"]

# Texts that mean something to an installer, a shell, a terminal or a parser where they end up.
HOSTILE = (
    "",
    " ",
    "-r /etc/passwd",
    "--index-url=https://evil.invalid",
    "a\n--index-url https://evil.invalid",
    "a\r\n-r other.txt",
    "a --hash=sha256:" + SHA,
    "a ; os_name == 'x'",
    "a @ https://evil.invalid/a.whl",
    "a # b",
    "a\\",
    "a\\\n-r b",
    "a\x00",
    "a\x1b[2J",
    "a\u2028b",
    "a\u2029b",
    "a\x85b",
    "a\x0bb",
    "a\x1cb",
    "\u202ea",
    "\ufeffa",
    "é",
    "${HOME}",
    "${UNSET}",
    "$HOME",
    "%0A--pre",
    "%2e%2e%2f",
    "..",
    "../..",
    "/etc",
    "a/../../b",
    "C:\\x",
    "\\\\host\\share",
    "file:",
    "file:///etc/passwd",
    "file://${HOME}/x",
    "https://[",
    "https://[::1]:99999999/a-1.0.tar.gz",
    "https://user:secret@files.invalid/a-1.0.tar.gz",
    "https://a:b@c:d@e/f",
    "https:///a",
    "git+https://x@y#z",
    "git+ssh://git@host.invalid/a@-x",
    "ext::sh -c true",
    "sha256:" + SHA,
    "sha256:" + SHA + "\n--pre",
    "md5:0",
    "9" * 5000,
    "1." * 3000,
    "1" + ".0" * 500,
    "(" * 60,
    "(" * 5000,
    "((os_name == 'a' or (os_name == 'b' and os_name == 'c')) and os_name == 'd')",
    "os_name == 'a' and (" * 40 + "os_name == 'b' or os_name == 'c'" + ")" * 40,
    "os_name == 'x'",
    "os_name ~= 'x'",
    "extras == 'x'",
    "extra == 'x'",
    "'x' in extras",
    "extra == 'extra-3-app-x'",
    "python_version in '3.9 3.10'",
    "python_version >= '3'",
    "*",
    "==1.0",
    "==*",
    "===a b",
    ">=3.9,<4",
    "^3.9",
    "~3.9",
    "main",
    "default",
    "a" * 3000,
    "a" + "-" * 3000 + "a",
    "\udc80",
)
_OTHERS: tuple[object, ...] = (
    True,
    False,
    0,
    -1,
    2**63,
    10**4000,
    1.5,
    float("inf"),
    float("nan"),
    dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc),
    dt.date(2024, 1, 1),
    dt.time(1, 2),
    [],
    {},
    [[]],
    [{}],
    {"": {}},
    {"a\nb": "c"},
    {"\x1b[2J": {"\x1b[2J": 1}},
    ["a", 1],
)
_TOKENS = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\n", b"\r", b"\\\n", b'"',
    b"'", b'"""', b"[", b"]", b"[[", b"{", b"}", b"=", b",", b".", b"#", b" #", b" ;", b"--", b" -",
    b"\t", b"[[package]]\n", b"[package.source]\n", b"version = 2\n", b"a.b.c.d.e = 1\n",
    b"<<<<<<< HEAD\n", b"-r x.txt\n", b"-c x\n", b"--hash=", b"${A}", b"\x1b[0m", b"\xe2\x80\xa8",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A lock to be read: the bytes of the file and of the pyproject.toml beside it."""

    origin: str
    filename: str
    content: bytes
    pyproject: bytes


def make_input(seeds: Sequence[Seed], *, seed: int, index: int) -> Input:
    """Return the input of this number; it depends on nothing but the arguments."""
    random = Random(f"{seed}/{index}")  # noqa: S311 - to be the same again, not to be secret
    # Each format as often as the others, however many real locks of it there are.
    filename = random.choice(list(FORMATS.values()))
    start = random.choice([each for each in seeds if _same_format(each.filename, filename)])
    text, document = part_of(start, random)
    if document is not None and random.random() < 0.6:
        document = copy.deepcopy(document)
        for _ in range(random.choice((1, 1, 1, 2, 4))):
            _mutate_document(document, random)
        text = (
            json.dumps(document, default=str) if filename == "Pipfile.lock" else to_toml(document)
        )
        content = text.encode(errors="surrogatepass")
    else:
        content = text.encode()
        for _ in range(random.choice((0, 1, 1, 2, 4, 8))):
            content = _mutate_bytes(content, random)
    pyproject = start.pyproject.encode()
    if not random.randrange(10):
        pyproject = _mutate_bytes(pyproject, random)
    names = list(FORMATS.values())
    return Input(
        origin=start.origin,
        filename=random.choice(names) if not random.randrange(20) else start.filename,
        content=content,
        pyproject=pyproject,
    )


def _same_format(filename: str, usual: str) -> bool:
    if usual == "pylock.toml":
        return filename.startswith("pylock.")
    return filename.endswith(".txt") if usual == "requirements.txt" else filename == usual


def to_toml(value: object, *, top: bool = True) -> str:
    """Return any document as TOML, its tables inline; half surrogate pairs stay what they are."""
    if isinstance(value, dict):
        pairs = [f"{_quoted(key)} = {to_toml(item, top=False)}" for key, item in value.items()]
        return "\n".join([*pairs, ""]) if top else "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(to_toml(item, top=False) for item in value) + "]"
    return _quoted(value) if isinstance(value, str) else _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return hex(value) if value > 2**64 else str(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else repr(value)


def _quoted(text: str) -> str:
    escaped = "".join(
        f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < ord(" ") or ord(c) == 0x7F else c for c in text
    )
    return f'"{escaped}"'


def _mutate_document(document: dict[str, Any], random: Random) -> None:
    places = _places(document)
    if not places:
        document["version"] = 1
        return
    holder, key = random.choice(places)
    random.choice(_ON_PLACES)(holder, key, random)
    if not random.randrange(8) and len(places) > 1:
        other, other_key = random.choice(places)
        if _has(other, other_key) and _has(holder, key):
            holder[key] = copy.deepcopy(other[other_key])


def _places(value: object) -> list[tuple[Any, Any]]:
    """Return each value inside of ``value`` as what holds it and its key or index there."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            items: list[tuple[Any, Any]] = list(holder.items())
        elif isinstance(holder, list):
            items = list(enumerate(holder))
        else:
            continue
        found += [(holder, key) for key, _ in items]
        waiting += [item for _, item in items]
    return found


def _has(holder: Any, key: Any) -> bool:  # noqa: ANN401 - a table or an array, a key or an index
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _remove(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401, ARG001 - as above
    del holder[key]


def _replace(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    holder[key] = random.choice(HOSTILE)


def _retype(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    holder[key] = copy.deepcopy(random.choice(_OTHERS))


def _edit(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    text = holder[key]
    if not isinstance(text, str):
        _replace(holder, key, random)
        return
    at = random.randrange(len(text) + 1)
    patch = random.choice((*HOSTILE, *"\n\r\\;#'\"${} -@/"))
    holder[key] = random.choice((text[:at] + patch + text[at:], text[:at] + patch, patch + text))


def _wrap(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    value = holder[key]
    for _ in range(random.choice((1, 1, 2, 60))):
        value = [value] if random.randrange(2) else {"a": value}
    holder[key] = value


def _repeat(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    value = holder[key]
    if isinstance(value, str | list) and value:
        holder[key] = value * random.choice((2, 2, 3, 50))
    elif isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))


def _rename(holder: Any, key: Any, random: Random) -> None:  # noqa: ANN401 - as above
    if isinstance(holder, dict):
        holder[random.choice((*HOSTILE, "name", "version", "url", "path", "git"))] = holder.pop(key)
    else:
        _repeat(holder, key, random)


_ON_PLACES: tuple[Callable[[Any, Any, Random], None], ...] = (
    _remove,
    _replace,
    _replace,
    _retype,
    _edit,
    _edit,
    _edit,
    _wrap,
    _repeat,
    _rename,
)


def _mutate_bytes(content: bytes, random: Random) -> bytes:
    start = random.randrange(len(content) + 1)
    stop = min(len(content), start + random.choice((1, 1, 4, 30, 300)))
    before, here, after = content[:start], content[start:stop], content[stop:]
    token = random.choice((*_TOKENS, *(text.encode(errors="replace") for text in HOSTILE)))
    return random.choice(
        (
            before + after,
            before + token + after,
            before + token + here + after,
            before + token * random.choice((2, 100, 2000)) + here + after,
            before + here * random.choice((2, 3, 100)) + after,
            before + random.randbytes(random.randrange(1, 9)) + after,
            before + bytes(byte ^ 1 << random.randrange(8) for byte in here[:2]) + here[2:] + after,
            before,
            after + here + before,
        )
    )
