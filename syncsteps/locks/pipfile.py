"""Pipfile.lock (Pipenv's ``pipfile-spec`` 6): a flat list of packages for each category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.specifiers import SpecifierSet

from syncsteps.locks.fields import Table
from syncsteps.locks.model import Directory, Lock
from syncsteps.locks.pipfile_categories import Use, merged
from syncsteps.locks.pipfile_entries import EntryReader
from syncsteps.locks.values import parse_digest, parse_name, parse_specifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncsteps.locks.fields import Origin

__all__ = ["read_pipfile"]

_SPEC = 6
_META = "_meta"
_MOST_CATEGORIES = 30  # far more than anybody has: work grows with the square
_DEFAULT, _DEVELOP = "default", "develop"


def _no_project(_path: str) -> None:
    """Tell of no directory what project it holds."""


def read_pipfile(
    data: Mapping[str, Any],
    origin: Origin,
    *,
    environment: Mapping[str, str] | None = None,
    project_name: Callable[[str], str | None] = _no_project,
) -> Lock:
    """Return the lock that ``data``, the JSON document of a Pipfile.lock, is.

    Each category is a group, by the name that it has in the lock: ``develop`` is what the Pipfile
    calls ``dev-packages``, and ``default``, the Pipfile's ``packages``, is the production group.
    What several categories say of one package is put together by
    `syncsteps.locks.pipfile_categories.merged`, in the order ``default``, ``develop``, others.

    ``_meta.requires`` becomes ``requires_python``. ``environment`` is where the variables in
    addresses come from (None: nowhere), ``project_name`` tells the name of the project in a
    directory, which the lock may not have right. Extras of an entry say nothing that the other
    entries do not say, and are left out.

    Raises:
        LockError: it is of another version, something in it is missing or malformed, or an
            address has a variable that is not set.
    """
    top = Table(values=data, file=origin.name)
    meta = top.table(_META)
    if meta is None:
        raise top.missing(_META)
    _check_version(meta)
    reader = EntryReader(
        sources=meta.tables("sources"), environment=environment or {}, project_name=project_name
    )
    packages = tuple(merged(_uses(top, reader)))
    return Lock(
        format="Pipfile.lock",
        format_version=str(_SPEC),
        path=origin.path,
        root=origin.root,
        digest=origin.digest,
        layout="flat",
        packages=packages,
        requires_python=_requires_python(meta),
        groups=tuple(dict.fromkeys(group for group, _ in _categories(top))),
        production_group=_DEFAULT,
        content_hash=_content_hash(meta),
        project=next(
            (
                package.name
                for package in packages
                if isinstance(package.source, Directory) and package.source.path == "."
            ),
            None,
        ),
    )


def _check_version(meta: Table) -> None:
    version = meta.integer("pipfile-spec")
    if version is None:
        raise meta.missing("pipfile-spec")
    if version != _SPEC:
        raise meta.error(
            f"expected version {_SPEC}, found {version}",
            key="pipfile-spec",
            hint="lock again with a current Pipenv, or get a newer syncsteps",
        )


def _content_hash(meta: Table) -> str | None:
    table = meta.table("hash")
    if table is None or not table.text("sha256"):
        return None
    return table.require("sha256", lambda text: parse_digest("sha256", text).digest)


def _requires_python(meta: Table) -> SpecifierSet | None:
    requires = meta.table("requires")
    if requires is None:
        return None
    release = requires.parse("python_version", lambda text: _python(text, ".*"))
    full = requires.parse("python_full_version", lambda text: _python(text, ""))
    if release is None or full is None:
        return release or full
    return release & full


def _python(text: str, suffix: str) -> SpecifierSet:
    if text == "*":
        return SpecifierSet()
    return parse_specifier(f"=={text}{suffix}" if text[:1].isdigit() else text)


def _categories(top: Table) -> Iterator[tuple[str, Table]]:
    """Yield each category by the group's name, the one that counts for more first."""
    names = dict.fromkeys((_DEFAULT, _DEVELOP, *(key for key in top.values if key != _META)))
    if len(names) > _MOST_CATEGORIES:
        raise top.error(f"expected at most {_MOST_CATEGORIES} categories, found {len(names)}")
    for name in names:
        group = top.parse_key(name, parse_name)
        yield group, top.table(name) or Table(values={}, file=top.file, step=name, parent=top)


def _uses(top: Table, reader: EntryReader) -> Iterator[Use]:
    for group, category in _categories(top):
        for key, value in category.values.items():
            # Early versions wrote a version alone.
            entry = (
                Table(values={"version": value}, file=top.file, step=key, parent=category)
                if isinstance(value, str)
                else category.table(key)
            )
            if entry is None:
                raise category.missing(key)
            name = category.parse_key(key, parse_name)
            yield Use(group=group, package=reader.read(name, entry, group=group))
