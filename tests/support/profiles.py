"""The profiles that are made here: what `inspect` says in real roots, as tables that ship.

Run as a module it writes them again: those of Debian, and those of Ubuntu with ``--ubuntu``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.interpreter import from_json
from syncsteps.interpreter.profiles.tables import standard_library
from syncsteps.processes import run
from tests.support.debian import Root, debian_root, fork_root, missing_means
from tests.support.debian_tool import bring_tool, put_tool
from tests.support.ubuntu import ubuntu_root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter

__all__ = ["DEBIAN", "UBUNTU", "Release", "facts_of", "inspected", "to_table"]

CHECKOUT = Path(__file__).resolve().parents[2]
TABLES = CHECKOUT / "syncsteps" / "interpreter" / "profiles"

_SOURCE = (
    "`syncsteps inspect` in a minbase of {system} {suite} that debootstrap made, with python3 and"
    " python3-pip, and without what they recommend. The image itself has no Python. It was {made};"
    " {other}, whose packages are built from the same sources, is taken to be like it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release of Debian or Ubuntu and the names of its images."""

    system: str
    suite: str
    names: tuple[str, ...]
    runs_the_tool: bool = True
    approximate: str = ""

    def root(self) -> Path:
        """Return a root of it that is not to be written to."""
        return (ubuntu_root if self.system == "Ubuntu" else debian_root)(self.suite)


def _debian(number: int, suite: str, *, runs_the_tool: bool = True) -> Release:
    names = [f"debian:{tag}{kind}" for tag in (number, suite) for kind in ("", "-slim")]
    return Release(system="Debian", suite=suite, names=tuple(names), runs_the_tool=runs_the_tool)


def _ubuntu(number: str, suite: str) -> Release:
    return Release(
        system="Ubuntu",
        suite=suite,
        names=(f"ubuntu:{number}", f"ubuntu:{suite}"),
        approximate="the patch release of Python, which has been raised by updates",
    )


DEBIAN = (
    _debian(11, "bullseye", runs_the_tool=False),
    _debian(12, "bookworm"),
    _debian(13, "trixie"),
)
UBUNTU = (_ubuntu("22.04", "jammy"), _ubuntu("24.04", "noble"))


def inspected(release: Release, wheel: Path, directory: Path) -> Interpreter:
    """Return what `inspect` says in a root of ``release``, with the syncsteps in ``wheel``."""
    root = fork_root(Root(path=release.root()), directory)
    tool = (put_tool if release.runs_the_tool else bring_tool)(root, wheel)
    done = root.run([*tool.command, "inspect"], environment=tool.environment)
    assert done.status == 0, done.stderr
    return from_json(done.stdout, file=release.suite)


def facts_of(interpreter: Interpreter) -> dict[str, Any]:
    """Return what a table says of an interpreter: all but what its machine brings."""
    managers = {one.owner.manager for one in interpreter.distributions if one.owner}
    assert len(managers) == 1, managers
    libc = interpreter.libc
    assert libc is not None
    facts: dict[str, Any] = {
        "executable": interpreter.executable,
        "version": interpreter.version,
        "prefix": interpreter.prefix,
        "libc": f"{libc.name} {libc.version}",
        "manager": managers.pop(),
        "location": interpreter.distributions[0].location,
        "python_headers": interpreter.python_headers,
        "build_tools": interpreter.build_tools,
        "sys_path": interpreter.sys_path,
        "site_packages": interpreter.site_packages,
        "scheme": {
            name: getattr(interpreter.scheme, name)
            for name in ("purelib", "platlib", "scripts", "headers", "data")
        },
        "distributions": tuple(_distribution(one) for one in interpreter.distributions),
    }
    if interpreter.externally_managed is not None:
        facts["externally_managed"] = interpreter.externally_managed
    usual = standard_library(".".join(interpreter.version.split(".")[:2]))
    added = set(interpreter.standard_library) - usual
    apart = usual - set(interpreter.standard_library)
    for key, names in (("library_added", added), ("library_apart", apart)):
        if names:
            facts[key] = " ".join(sorted(names))
    return facts


def _distribution(one: InstalledDistribution) -> dict[str, Any]:
    item: dict[str, Any] = {"name": one.name, "version": one.version}
    if one.owner is not None:
        item["owner"] = one.owner.package
    if one.metadata.name != f"{one.name.replace('-', '_')}-{one.version}.dist-info":
        item["metadata"] = one.metadata.name
    if one.installer:
        item["installer"] = one.installer
    # What an extra asks for is nothing that the system needs.
    requires = [line for line in one.requires if "extra ==" not in line]
    if requires:
        item["requires"] = requires
    if one.requires_python:
        item["requires_python"] = one.requires_python
    return item


def to_table(made: Sequence[tuple[Release, Mapping[str, Any]]], *, today: dt.date) -> str:
    """Return the text of a table: a part for each release, and the names that are made of it."""
    own = platform.machine() == "x86_64"
    architectures = ("amd64", "arm64") if own else ("arm64", "amd64")
    lines = ["# Written by `nox -s profiles`, from what `syncsteps inspect` says in real roots."]
    for release, facts in made:
        lines += ["", f"[parts.{release.suite}]"]
        source = _SOURCE.format(
            system=release.system,
            suite=release.suite,
            made=architectures[0],
            other=architectures[1],
        )
        lines += [f"source = {_value(source)}", f"as_of = {_value(today.isoformat())}"]
        if release.approximate:
            lines.append(f"approximate = {_value(release.approximate)}")
        lines += [f"{key} = {_value(value)}" for key, value in facts.items()]
    lines += ["", "[profiles]"]
    lines += [f"{_value(name)} = [{_value(r.suite)}]" for r, _ in made for name in r.names]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):  # of what one distribution requires
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, tuple):
        lines = [f"\n  {_value(one)}," for one in value]
        return f"[{''.join(lines)}\n]" if lines else "[]"
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    assert isinstance(text, str), value
    if "\n" in text and "\\" not in text and '"""' not in text:
        return f'"""\n{text}"""'
    # Of ASCII, JSON's strings are TOML's.
    return json.dumps(text)


def main(argv: Sequence[str]) -> None:
    """Write the tables again."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.profiles")
    parser.add_argument("--ubuntu", action="store_true", help="Ubuntu's too")
    arguments = parser.parse_args(argv)
    reason = missing_means()
    if reason is not None:
        parser.error(reason)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        command: list[str | Path] = [sys.executable, "-m", "pip", "wheel", "--no-deps"]
        done = run([*command, "-w", directory, CHECKOUT], timeout=300)
        assert done.status == 0, done.stderr
        (wheel,) = place.glob("syncsteps-*.whl")
        today = dt.datetime.now(tz=dt.timezone.utc).date()
        families = {"debian": DEBIAN, **({"ubuntu": UBUNTU} if arguments.ubuntu else {})}
        for family, releases in families.items():
            made = [(r, facts_of(inspected(r, wheel, place / r.suite))) for r in releases]
            text = to_table(made, today=today)
            (TABLES / f"{family}.toml").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
