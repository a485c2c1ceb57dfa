"""A profile's facts as the snapshot that `inspect` would write in the image, as far as known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.interpreter.model import InstalledDistribution, Interpreter, Libc, Owner, Scheme
from syncsteps.interpreter.profiles.tables import standard_library
from syncsteps.interpreter.tags import tags_of_linux

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.interpreter.profiles.names import Architecture
    from syncsteps.interpreter.profiles.tables import Profile

__all__ = ["to_interpreter"]


def to_interpreter(profile: Profile, architecture: Architecture) -> Interpreter:
    """Return the interpreter of the image: CPython on a 64-bit Linux, run by root.

    Its tags (PEP 425) are those of its version, C library and processor. What is a matter of the
    machine that runs the image is left open: free space, and the kernel's release and version,
    which are empty as marker variables (PEP 508).
    """
    facts, version = profile.facts, str(profile.facts["version"])
    name, libc_version = facts["libc"].split()
    libc = Libc(name=name, version=libc_version)
    fill = _Filler(profile.python)
    return Interpreter(
        executable=fill.path(facts["executable"]),
        version=version,
        implementation="cpython",
        prefix=fill.path(facts["prefix"]),
        base_prefix=fill.path(facts["prefix"]),
        environment=_environment(version, profile.python, architecture.value),
        tags=tags_of_linux(version, libc=libc, machine=architecture.value),
        scheme=Scheme(**{key: fill.path(text) for key, text in facts["scheme"].items()}),
        sys_path=fill.paths(facts["sys_path"]),
        site_packages=fill.paths(facts["site_packages"]),
        distributions=tuple(
            _distribution(one, facts, fill) for one in facts.get("distributions", ())
        ),
        externally_managed=facts.get("externally_managed"),
        libc=libc,
        standard_library=_library(facts, profile.python),
        python_headers=facts["python_headers"],
        build_tools=tuple(facts["build_tools"]),
    )


class _Filler:
    """Puts a version of Python into texts."""

    def __init__(self, python: str) -> None:
        self._python = python

    def text(self, template: str) -> str:
        digits = self._python.replace(".", "")
        return template.replace("{python}", self._python).replace("{digits}", digits)

    def path(self, template: str) -> Path:
        return Path(self.text(template))

    def paths(self, templates: list[str]) -> tuple[Path, ...]:
        return tuple(self.path(template) for template in templates)


def _environment(version: str, python: str, machine: str) -> tuple[tuple[str, str], ...]:
    return (
        ("implementation_name", "cpython"),
        ("implementation_version", version),
        ("os_name", "posix"),
        ("platform_machine", machine),
        ("platform_python_implementation", "CPython"),
        ("platform_release", ""),
        ("platform_system", "Linux"),
        ("platform_version", ""),
        ("python_full_version", version),
        ("python_version", python),
        ("sys_platform", "linux"),
    )


def _distribution(
    item: Mapping[str, Any], facts: Mapping[str, Any], fill: _Filler
) -> InstalledDistribution:
    location = fill.path(item.get("location", facts["location"]))
    metadata = item.get("metadata", facts.get("metadata", "{name}-{version}.dist-info"))
    metadata = metadata.replace("{name}", item["name"].replace("-", "_"))
    metadata = metadata.replace("{version}", item["version"])
    owner = item.get("owner")
    return InstalledDistribution(
        name=item["name"],
        version=item["version"],
        location=location,
        metadata=location / fill.text(metadata),
        installer=item.get("installer"),
        requires=tuple(item.get("requires", ())),
        requires_python=item.get("requires_python"),
        owner=Owner(manager=facts["manager"], package=owner) if owner else None,
    )


def _library(facts: Mapping[str, Any], python: str) -> tuple[str, ...]:
    """Return the modules of this version, with what the system added and what it packs apart."""
    added, apart = facts.get("library_added", ""), facts.get("library_apart", "")
    return tuple(sorted((standard_library(python) | set(added.split())) - set(apart.split())))
