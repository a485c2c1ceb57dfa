"""Two sets of wheels, and all that can come between them when one follows the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Upgrade", "make_upgrade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """The wheels of the old lock and those of the new one; ``modules`` are what they bring."""

    old: tuple[Path, ...]
    new: tuple[Path, ...]
    modules: tuple[str, ...]


def make_upgrade(directory: Path, *, packages: int, files: int) -> Upgrade:
    """Write the wheels: ``packages`` of them with about ``files`` files each are upgraded.

    Beside these one stays as it is, one leaves, one comes, and two share a namespace. In an upgrade
    directories come and go, and a file becomes a directory; scripts, data files and headers change
    too.
    """

    def wheel(name: str, version: str, members: dict[str, str | bytes]) -> Path:
        return make_wheel(
            directory,
            name,
            version,
            files={f"{name}/__init__.py": f"__version__ = {version!r}\n", **members},
            entry_points={"console_scripts": {f"{name}-tool": f"{name}:main"}},
            scripts={f"{name}.sh": f"#!/bin/sh\necho {version}\n"},
            data={f"data/share/{name}/notes": version, f"headers/{name}.h": f"/* {version} */\n"},
            executable=[f"{name}/run"],
        )

    def space(name: str, version: str) -> Path:
        part = {f"space/{name}.py": f"__version__ = {version!r}\n"}
        return make_wheel(directory, f"space-{name}", version, files=part)

    upgraded = [f"upgraded{number}" for number in range(packages)]
    staying = wheel("staying", "1.0", {})
    return Upgrade(
        old=(
            *(wheel(name, "1.0", _members(name, "1.0", files)) for name in upgraded),
            staying,
            wheel("leaving", "1.0", _members("leaving", "1.0", 20)),
            space("one", "1.0"),
            space("two", "1.0"),
        ),
        new=(
            *(wheel(name, "2.0", _members(name, "2.0", files)) for name in upgraded),
            staying,
            wheel("coming", "2.0", _members("coming", "2.0", 20)),
            space("one", "1.0"),
            space("two", "2.0"),
        ),
        modules=(*upgraded, "staying", "leaving", "coming", "space.one", "space.two"),
    )


def _members(name: str, version: str, files: int) -> dict[str, str | bytes]:
    old = version == "1.0"
    parts: dict[str, str | bytes] = {
        f"{name}/sub{number % 7}/part{number}.py": f"VALUE = {version!r}, {number}\n"
        for number in range(files - 5)
    }
    return {
        **parts,
        f"{name}/run": f"#!/bin/sh\necho {version}\n",
        f"{name}/only{'_before' if old else '_after'}/data.bin": bytes(range(256)) * 8,
        f"{name}/becomes{'' if old else '/a/directory'}": version,
    }
