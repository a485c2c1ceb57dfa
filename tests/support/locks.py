"""Locks as values: short to write, valid by default, every part can be overridden."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.version import Version

from syncsteps.locks.model import Dependency, Directory, Hash, Lock, Package, Sdist, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "edge",
    "index_url",
    "make_hash",
    "make_lock",
    "make_package",
    "make_project",
    "make_sdist_entry",
    "make_wheel_entry",
]


def make_hash(seed: str = "0", algorithm: str = "sha256") -> Hash:
    """Return a hash of the usual length whose digits repeat ``seed``, one or more hex digits."""
    length = {"md5": 32, "sha1": 40, "sha512": 128}.get(algorithm, 64)
    return Hash(algorithm=algorithm, digest=(seed * length)[:length])


def index_url(filename: str) -> str:
    """Return where an index that does not exist has a file."""
    return f"https://index.invalid/files/{filename}"


def make_wheel_entry(filename: str, *, seed: str = "a", **overrides: Any) -> Wheel:  # noqa: ANN401 - fields of many types
    """Return a wheel of an index, with a URL, a hash and a size."""
    fields = {"url": index_url(filename), "hashes": (make_hash(seed),), "size": 10, **overrides}
    return Wheel(filename=filename, **fields)


def make_sdist_entry(filename: str, *, seed: str = "b", **overrides: Any) -> Sdist:  # noqa: ANN401 - fields of many types
    """Return an sdist of an index, with a URL, a hash and a size."""
    fields = {"url": index_url(filename), "hashes": (make_hash(seed),), "size": 20, **overrides}
    return Sdist(filename=filename, **fields)


def edge(text: str, *, source_id: str | None = None) -> Dependency:
    """Return the edge that ``text`` means: ``name[extra,…]==version ; marker``."""
    requirement = Requirement(text)
    versions = [specifier.version for specifier in requirement.specifier]
    return Dependency(
        name=requirement.name,
        version=Version(versions[0]) if versions else None,
        source_id=source_id,
        extras=tuple(sorted(requirement.extras)),
        marker=requirement.marker,
    )


def _edges(texts: Iterable[str | Dependency]) -> tuple[Dependency, ...]:
    return tuple(text if isinstance(text, Dependency) else edge(text) for text in texts)


def _tables(
    tables: Mapping[str, Iterable[str | Dependency]],
) -> tuple[tuple[str, tuple[Dependency, ...]], ...]:
    return tuple((name, _edges(texts)) for name, texts in tables.items())


def make_package(
    name: str,
    version: str | None = "1.0",
    *,
    needs: Iterable[str | Dependency] = (),
    extras: Mapping[str, Iterable[str | Dependency]] | None = None,
    groups: Mapping[str, Iterable[str | Dependency]] | None = None,
    marker: str | None = None,
    **overrides: Any,  # noqa: ANN401 - fields of many types
) -> Package:
    """Return a package of an index with one universal wheel, unless it has a ``source``."""
    filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    fields: dict[str, Any] = {} if "source" in overrides else {"wheels": [filename]}
    fields.update(overrides)
    fields["wheels"] = tuple(
        make_wheel_entry(wheel) if isinstance(wheel, str) else wheel
        for wheel in fields.get("wheels", ())
    )
    return Package(
        name=name,
        version=None if version is None else Version(version),
        marker=None if marker is None else Marker(marker),
        dependencies=_edges(needs),
        optional_dependencies=_tables(extras or {}),
        dependency_groups=_tables(groups or {}),
        **fields,
    )


def make_project(name: str = "app", path: str = ".", **parts: Any) -> Package:  # noqa: ANN401 - as make_package
    """Return a member of a workspace: an editable source tree at ``path``."""
    return make_package(name, source=Directory(path=path, editable=True), **parts)


def make_lock(
    *packages: Package,
    layout: Literal["flat", "graph"] = "graph",
    groups_of_workspace: Mapping[str, Iterable[str | Dependency]] | None = None,
    **overrides: Any,  # noqa: ANN401 - fields of many types
) -> Lock:
    """Return a lock of these packages; the source trees among them are a graph's members."""
    trees = [p for p in packages if isinstance(p.source, Directory)]
    members = tuple(sorted(p.name for p in trees)) if layout == "graph" else ()
    root = next((p.name for p in trees if p.source == Directory(path=".", editable=True)), None)
    fields: dict[str, Any] = {
        "format": "uv.lock" if layout == "graph" else "pylock.toml",
        "format_version": "1",
        "path": Path("uv.lock" if layout == "graph" else "pylock.toml"),
        "root": Path("/project"),
        "digest": "0" * 64,
        "members": members,
        "project": root,
        "dependency_groups": _tables(groups_of_workspace or {}),
        **overrides,
    }
    return Lock(layout=layout, packages=packages, **fields)
