"""Which of a project's and a user's settings uv may follow while it stages a lock."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli

from syncsteps.errors import StagingError
from syncsteps.export.toml import to_toml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["UvSettings", "is_true", "uv_settings", "uv_tables"]

# Where files come from, how they are fetched and how they are built. Everything else (what is
# installed, in which version, where to) the lock and the target say: uv would let `pip.target` win
# over `--prefix`, and resolves again what a constraint or an override names.
_FOLLOWED = frozenset(
    {
        "allow-insecure-host",
        "build-constraint-dependencies",
        "cache-dir",
        "concurrent-builds",
        "concurrent-downloads",
        "concurrent-installs",
        "config-settings",
        "config-settings-package",
        "extra-build-dependencies",
        "extra-build-variables",
        "extra-index-url",
        "find-links",
        "http-proxy",
        "https-proxy",
        "index",
        "index-strategy",
        "index-url",
        "keyring-provider",
        "native-tls",
        "no-binary",
        "no-binary-package",
        "no-build",
        "no-build-isolation",
        "no-build-isolation-package",
        "no-build-package",
        "no-index",
        "no-proxy",
        "no-sources",
        "no-sources-package",
        "offline",
        "only-binary",
        "system-certs",
    }
)
_NETWORK = frozenset(
    {
        "allow-insecure-host",
        "cache-dir",
        "http-proxy",
        "https-proxy",
        "keyring-provider",
        "native-tls",
        "no-proxy",
        "offline",
        "system-certs",
    }
)
_PLACES = frozenset({"cache-dir", "extra-index-url", "find-links", "index-url"})
_MISLEADING = frozenset(
    {
        "constraint-dependencies",
        "exclude-dependencies",
        "exclude-newer",
        "exclude-newer-package",
        "override-dependencies",
    }
)
_TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class UvSettings:
    """The text of a ``uv.toml``, and whether uv must read no other configuration than that.

    ``table`` is the same as the text.
    """

    text: str
    exclusive: bool
    table: Mapping[str, object]


def uv_settings(
    directory: Path,
    environment: Mapping[str, str],
    *,
    misleading: frozenset[str] = frozenset(),
) -> UvSettings:
    """Return the settings that uv may follow when it works for the project in ``directory``.

    They are those of the file that uv itself would take: ``UV_CONFIG_FILE``, else the nearest
    ``uv.toml`` or ``[tool.uv]`` from ``directory`` upwards; with paths made absolute. The user's
    and the system's files are left to uv, unless one of them misleads it: ``misleading`` are keys
    that do, besides those that always would. Of such a file only the network's settings count.

    Raises:
        StagingError: the file is not one that uv could follow.
    """
    if is_true(environment, "UV_NO_CONFIG"):
        return UvSettings(text="", exclusive=False, table={})
    named = environment.get("UV_CONFIG_FILE")
    if named is not None:
        return _settings(Path(named), _read(Path(named)), exclusive=True)
    keys = _MISLEADING | misleading
    files = tuple(_files_of_user(environment))
    path, table = _of_project(directory)
    if not any(_misleads(file, keys) for file in files):
        return _settings(path, table, exclusive=False)
    # How a network is reached holds for every index; uv will not read it there any more.
    for file in files:
        if file.is_file():
            reached = _followed(_read(file), file.parent)
            table = {**{k: v for k, v in reached.items() if k in _NETWORK - keys}, **table}
    return _settings(path, table, exclusive=True)


def uv_tables(directory: Path, environment: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """Yield the settings that uv itself would read in ``directory``, what wins comes first.

    They are whole, as they are written there. A file that cannot be read has none.
    """
    if is_true(environment, "UV_NO_CONFIG"):
        return
    named = environment.get("UV_CONFIG_FILE")
    with contextlib.suppress(StagingError):
        yield _read(Path(named)) if named is not None else _of_project(directory)[1]
    for path in () if named is not None else _files_of_user(environment):
        with contextlib.suppress(StagingError):
            if path.is_file():
                yield _read(path)


def is_true(environment: Mapping[str, str], name: str) -> bool:
    """Return whether the variable ``name`` says yes, as uv reads it."""
    return environment.get(name, "").lower() in _TRUE


def _of_project(directory: Path) -> tuple[Path, Mapping[str, object]]:
    for parent in (directory, *directory.parents):
        path = parent / "uv.toml"
        if path.is_file():
            return path, _read(path)
        path = parent / "pyproject.toml"
        if path.is_file():
            tool = _table(_read(path), "tool")
            if "uv" in tool:
                return path, _table(tool, "uv")
    return directory / "uv.toml", {}


def _files_of_user(environment: Mapping[str, str]) -> Iterator[Path]:
    for name in ("XDG_CONFIG_HOME", "APPDATA", "PROGRAMDATA"):
        if name in environment:
            yield Path(environment[name], "uv", "uv.toml")
    if "HOME" in environment:
        yield Path(environment["HOME"], ".config", "uv", "uv.toml")
    for place in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(place, "uv", "uv.toml")
    yield Path("/etc/uv/uv.toml")


def _misleads(path: Path, keys: frozenset[str]) -> bool:
    if not path.is_file():
        return False
    document = _read(path)
    return not keys.isdisjoint(document) or "target" in _table(document, "pip")


def _read(path: Path) -> Mapping[str, object]:
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _table(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _settings(path: Path, table: Mapping[str, object], *, exclusive: bool) -> UvSettings:
    followed = _followed(table, path.parent)
    pip = _followed(_table(table, "pip"), path.parent)
    if pip:
        followed["pip"] = pip
    try:
        return UvSettings(text=to_toml(followed), exclusive=exclusive, table=followed)
    except (TypeError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StagingError:
    return StagingError(
        f"uv's settings in {path} cannot be read: {error}",
        hint="Correct the file, or set UV_NO_CONFIG=1, or use --installer pip.",
    )


def _followed(table: Mapping[str, object], base: Path) -> dict[str, object]:
    followed: dict[str, object] = {}
    for key, value in table.items():
        if key == "index" and isinstance(value, list):
            followed[key] = [_index(entry, base) for entry in value]
        elif key in _PLACES:
            followed[key] = (
                [_absolute(one, base) for one in value]
                if isinstance(value, list)
                else _absolute(value, base)
            )
        elif key in _FOLLOWED:
            followed[key] = value
    return followed


def _index(entry: object, base: Path) -> object:
    if not isinstance(entry, dict) or "url" not in entry:
        return entry
    return {**entry, "url": _absolute(entry["url"], base)}


def _absolute(place: object, base: Path) -> object:
    """Return ``place`` as it means the same elsewhere: URLs and home directories already do."""
    if not isinstance(place, str) or "://" in place or place.startswith(("~", "$")):
        return place
    return str(base.absolute() / place)
