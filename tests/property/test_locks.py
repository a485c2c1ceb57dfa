"""Whatever is done to a lock, reading it gives a lock or an error that names the file."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli
from hypothesis import example, given
from hypothesis import strategies as st

from syncsteps.errors import LockError
from syncsteps.locks import read_lock
from syncsteps.locks.fields import Origin
from syncsteps.locks.pdm import read_pdm
from syncsteps.locks.pipfile import read_pipfile
from syncsteps.locks.poetry import read_poetry
from syncsteps.locks.pylock import read_pylock
from syncsteps.locks.staleness import Staleness, staleness
from syncsteps.locks.uv import read_uv
from tests.support.lock_texts import PYLOCK, REQUIREMENTS, SHA, UV
from tests.support.pdm_texts import PDM_FLAT, PDM_GRAPH, PDM_PYPROJECT
from tests.support.pipfile_texts import PIPFILE_LOCK
from tests.support.poetry_texts import (
    FLAT,
    FLAT_PROJECT,
    GRAPH,
    GRAPH_PROJECT,
    OLDEST,
    OLDEST_PROJECT,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncsteps.locks.model import Lock

ORIGIN = Origin(name="the.lock", path=Path("/p/the.lock"), root=Path("/p"), digest="")
HOSTILE = [
    "",
    "-r /etc/passwd",
    "a\n--index-url https://evil.invalid",
    "a\x00",
    "a\u2028b",
    "${HOME}",
    "a\\",
    "9" * 5000,
    "https://[",
    "https://a:b@c:d@e/f",
    "git+https://x@y#z",
    "sha256:" + SHA,
    "(" * 60,
    "os_name == 'x'",
    "extras == 'x'",
    "../..",
    "*",
    "\udc80",
]
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=20),
    st.integers(),
    st.just(10**6000),
    st.booleans(),
    st.floats(),
    st.none(),
    st.recursive(
        st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["name", "url", "hash", "a b"]), inner, max_size=2)
        ),
        max_leaves=4,
    ),
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to each value inside of ``value``."""
    found = [path] if path else []
    items: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        found += places(item, (*path, key))
    return found


def mutated(document: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """Return a copy of ``document`` with ``value`` at ``path``, or without it (value None)."""
    changed = copy.deepcopy(document)
    holder: Any = changed
    for key in path[:-1]:
        holder = holder[key]
    if value is None:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return changed


UV_DOCUMENT = tomli.loads(UV)
PYLOCK_DOCUMENT = tomli.loads(PYLOCK)
PDM_DOCUMENTS = [tomli.loads(PDM_FLAT), tomli.loads(PDM_GRAPH)]
PDM_PROJECT = tomli.loads(PDM_PYPROJECT)
PIPFILE_DOCUMENT = json.loads(PIPFILE_LOCK)

POETRY_DOCUMENTS = [
    (tomli.loads(lock), tomli.loads(pyproject))
    for lock, pyproject in [
        (FLAT, FLAT_PROJECT),
        (GRAPH, GRAPH_PROJECT),
        (OLDEST, OLDEST_PROJECT),
    ]
]


def outcome(read: Callable[[], Lock]) -> Lock | LockError:
    """Return what ``read`` returns, or the one kind of error that it may raise."""
    try:
        return read()
    except LockError as error:
        return error


def check(result: Lock | LockError) -> None:
    """An error names a file; nothing in a lock may break a line or be read as an option."""
    if isinstance(result, LockError):
        assert result.file
        return
    lock = result
    texts = [
        text
        for package in lock.packages
        for part in (package.source, package.sdist, *package.wheels)
        if part is not None
        for name in ("url", "path", "filename", "subdirectory", "requested_revision")
        if (text := getattr(part, name, None)) is not None
    ]
    texts += [package.name for package in lock.packages]
    texts += [package.index for package in lock.packages if package.index is not None]
    for text in texts:
        assert text
        assert text.isprintable()
        assert not text.startswith("-")
    for package in lock.packages:
        assert package.name == package.name.lower()
        for part in (package.source, package.sdist, *package.wheels):
            assert "${" not in str(getattr(part, "url", ""))


@given(path=st.sampled_from(places(UV_DOCUMENT)), value=VALUES)
@example(path=("package", 0, "name"), value=None)
@example(path=("package",), value=None)
def test_uv(path: tuple[Any, ...], value: object) -> None:
    document = mutated(UV_DOCUMENT, path, value)
    result = outcome(lambda: read_uv(document, ORIGIN))
    check(result)
    if not isinstance(result, LockError):
        assert isinstance(staleness(result, {"project": {"name": "app"}}), Staleness)


@given(path=st.sampled_from(places(PYLOCK_DOCUMENT)), value=VALUES)
def test_pylock(path: tuple[Any, ...], value: object) -> None:
    document = mutated(PYLOCK_DOCUMENT, path, value)
    check(outcome(lambda: read_pylock(document, ORIGIN)))


@given(data=st.data(), document=st.sampled_from(PDM_DOCUMENTS), value=VALUES)
def test_pdm(data: st.DataObject, document: dict[str, Any], value: object) -> None:
    changed = mutated(document, data.draw(st.sampled_from(places(document))), value)
    check(outcome(lambda: read_pdm(changed, ORIGIN, PDM_PROJECT)))


@given(
    document=st.sampled_from(PDM_DOCUMENTS),
    path=st.sampled_from(places(PDM_PROJECT)),
    value=VALUES,
)
def test_the_project_of_a_pdm_lock(
    document: dict[str, Any], path: tuple[Any, ...], value: object
) -> None:
    pyproject = mutated(PDM_PROJECT, path, value)
    result = outcome(lambda: read_pdm(document, ORIGIN, pyproject))
    check(result)
    if not isinstance(result, LockError):
        assert isinstance(staleness(result, pyproject), Staleness)


@given(data=st.data(), documents=st.sampled_from(POETRY_DOCUMENTS), value=VALUES)
def test_poetry(
    data: st.DataObject, documents: tuple[dict[str, Any], dict[str, Any]], value: object
) -> None:
    lock, pyproject = documents
    if data.draw(st.booleans(), label="in pyproject.toml"):
        pyproject = mutated(pyproject, data.draw(st.sampled_from(places(pyproject))), value)
    else:
        lock = mutated(lock, data.draw(st.sampled_from(places(lock))), value)
    result = outcome(lambda: read_poetry(lock, ORIGIN, pyproject))
    check(result)
    if not isinstance(result, LockError):
        assert isinstance(staleness(result, pyproject), Staleness)


@given(path=st.sampled_from(places(PIPFILE_DOCUMENT)), value=VALUES)
@example(path=("default",), value=None)
@example(path=("_meta",), value=None)
def test_pipfile(path: tuple[Any, ...], value: object) -> None:
    document = mutated(PIPFILE_DOCUMENT, path, value)
    variables = {"USER": "u", "TOKEN": "t", "HOME": "/h"}
    result = outcome(lambda: read_pipfile(document, ORIGIN, environment=variables))
    check(result)
    if not isinstance(result, LockError):
        assert isinstance(staleness(result, None, pipfile=document), Staleness)


@given(name=st.sampled_from(HOSTILE) | st.text(max_size=20), category=st.booleans())
def test_names_of_a_pipfile(name: str, *, category: bool) -> None:
    document = copy.deepcopy(PIPFILE_DOCUMENT)
    document.update({name: {}} if category else {"default": {name: {"version": "==1"}}})
    variables = {"USER": "u", "TOKEN": "t"}
    check(outcome(lambda: read_pipfile(document, ORIGIN, environment=variables)))


def read_bytes(content: bytes, name: str) -> Lock | LockError:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory, "pyproject.toml").write_text("[project]\nname = 'app'\n", encoding="utf-8")
        path = Path(directory, name)
        path.write_bytes(content)
        return outcome(
            lambda: read_lock(
                path, name="given", environment={"HOME": "/h", "USER": "u", "TOKEN": "t"}
            )
        )


@given(
    text=st.sampled_from([UV, PYLOCK, REQUIREMENTS, PDM_FLAT, PDM_GRAPH, PIPFILE_LOCK]),
    at=st.floats(0, 1),
    length=st.integers(0, 30),
    patch=st.binary(max_size=8) | st.sampled_from(HOSTILE[:-1]).map(str.encode),
    name=st.sampled_from(["uv.lock", "pylock.toml", "requirements.txt", "x"]),
)
def test_damaged_files(text: str, at: float, length: int, patch: bytes, name: str) -> None:
    content = text.encode()
    start = int(at * len(content))
    check(read_bytes(content[:start] + patch + content[start + length :], name))


@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(REQUIREMENTS.splitlines()),
            st.sampled_from(HOSTILE),
            st.text(max_size=30),
        ),
        max_size=5,
    )
)
def test_lines_of_requirements(lines: list[str]) -> None:
    check(read_bytes("\n".join(lines).encode("utf-8", errors="replace"), "requirements.txt"))
