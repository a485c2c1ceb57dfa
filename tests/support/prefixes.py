"""Installation prefixes as an installer leaves them, without running one."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from syncsteps.locks.model import Package
from syncsteps.selection.model import Request, Selected, Selection
from tests.support.locks import make_wheel_entry
from tests.support.wheels import record

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.locks.model import Source

__all__ = ["select_version", "selection_of", "unpack"]


def select_version(
    name: str, version: str | None = "1.0", source: Source | None = None
) -> Selected:
    """A selected package; with ``source`` that is what was chosen, else a wheel of an index."""
    return Selected(
        package=Package(
            name=name, version=None if version is None else Version(version), source=source
        ),
        chosen=source or make_wheel_entry(f"{name}-{version}-py3-none-any.whl"),
    )


def selection_of(*items: Selected | Path) -> Selection:
    """A selection of packages, or of wheels as if an index had them."""
    selected = [item if isinstance(item, Selected) else _from_wheel(item) for item in items]
    return Selection(request=Request(), packages=tuple(sorted(selected, key=lambda one: one.name)))


def _from_wheel(wheel: Path) -> Selected:
    name, version = wheel.name.split("-")[:2]
    return select_version(canonicalize_name(name), version)


def unpack(  # noqa: PLR0913 - in so many ways do prefixes differ
    wheel: Path,
    prefix: Path,
    *,
    site: str = "lib/python3.12/site-packages",
    base: str = "",
    headers: str = "include/python3.12",
    shebang: str = "#!/opt/python/bin/python3.12\n",
    extra: dict[str, str] | None = None,
    installed: dict[str, str] | None = None,
    unlisted: dict[str, str] | None = None,
) -> None:
    """Unpack ``wheel`` into ``prefix`` with a true RECORD, INSTALLER and REQUESTED.

    ``extra`` are further files of its ``.dist-info``, ``installed`` those that an installer made
    elsewhere in the prefix, ``unlisted`` those that RECORD does not have.
    """
    members: dict[str, bytes] = {}
    modes: dict[str, int] = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = _place(member.filename, site=site, base=base, headers=headers)
            content = archive.read(member)
            if path.startswith(f"{base}bin/"):
                content = content.replace(b"#!python\n", shebang.encode())
            members[path] = content
            modes[path] = member.external_attr >> 16 & 0o777
    own = next(path for path in members if path.endswith(".dist-info/RECORD"))
    del members[own]
    info = own.removesuffix("/RECORD")
    for name, text in {"INSTALLER": "test\n", "REQUESTED": "", **(extra or {})}.items():
        members[f"{info}/{name}"] = text.encode()
    members.update({path: text.encode() for path, text in (installed or {}).items()})
    depth = "../" * (site.count("/") + 1)
    listed = {
        path.removeprefix(f"{site}/") if path.startswith(f"{site}/") else f"{depth}{path}": content
        for path, content in members.items()
    }
    members[own] = record(listed, own.removeprefix(f"{site}/")).encode()
    members.update({path: text.encode() for path, text in (unlisted or {}).items()})
    for path, content in members.items():
        target = prefix / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(modes.get(path, 0o644))


def _place(member: str, *, site: str, base: str, headers: str) -> str:
    top, _, rest = member.partition("/")
    if not top.endswith(".data"):
        return f"{site}/{member}"
    kind, _, path = rest.partition("/")
    name = top.split("-")[0]
    place = {
        "scripts": f"{base}bin",
        "headers": f"{headers}/{name}",
        "data": base.rstrip("/"),
        "purelib": site,
        "platlib": site,
    }[kind]
    return f"{place}/{path}".lstrip("/")
