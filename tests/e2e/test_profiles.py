"""The profiles that ship, beside what `inspect` says in a real root of the same system."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.interpreter.profiles import Architecture, find_profile, to_interpreter
from tests.support.profiles import DEBIAN, UBUNTU, Release, inspected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.interpreter.model import InstalledDistribution, Interpreter

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

# The kernel's, which a profile leaves open.
OF_THE_MACHINE = {"platform_release", "platform_version"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "root"
    shutil.rmtree(tmp_path / "root", ignore_errors=True)


@pytest.mark.parametrize("release", DEBIAN, ids=lambda release: release.suite)
def test_a_profile_of_debian_is_what_inspect_says_today(
    release: Release, tool_wheel: Path, place: Path
) -> None:
    fresh = inspected(release, tool_wheel, place)
    shipped = shipped_for(release, fresh)
    assert shipped.version == fresh.version  # Debian's releases keep it
    assert without_releases(shipped) == without_releases(fresh)


@pytest.mark.parametrize("release", UBUNTU, ids=lambda release: release.suite)
def test_a_profile_of_ubuntu_is_what_inspect_says_today(
    release: Release, tool_wheel: Path, place: Path
) -> None:
    fresh = inspected(release, tool_wheel, place)
    shipped = shipped_for(release, fresh)
    # Ubuntu's updates have raised the patch release, and may do so again.
    same_patch = with_version(fresh, shipped.version)
    assert without_releases(shipped) == without_releases(same_patch)


def shipped_for(release: Release, fresh: Interpreter) -> Interpreter:
    machine = dict(fresh.environment)["platform_machine"]
    found = [find_profile(name, machine=machine) for name in release.names]
    made = [to_interpreter(*one) for one in found]
    assert all(one == made[0] for one in made)
    assert found[0][1] is Architecture(machine)
    return made[0]


def with_version(interpreter: Interpreter, version: str) -> Interpreter:
    assert interpreter.version.split(".")[:2] == version.split(".")[:2]
    patched = ("implementation_version", "python_full_version")
    environment = [(k, version if k in patched else v) for k, v in interpreter.environment]
    return replace(interpreter, version=version, environment=tuple(environment))


def without_releases(interpreter: Interpreter) -> Interpreter:
    """Return the interpreter less what is the machine's, and the releases of what is installed.

    A point release of the system may bring new ones; which distributions there are, whose they are
    and where they lie is what it keeps. What needs their packages depends on what else is there,
    and is in no profile.
    """
    return replace(
        interpreter,
        environment=tuple(
            pair for pair in interpreter.environment if pair[0] not in OF_THE_MACHINE
        ),
        distributions=tuple(map(without_release, interpreter.distributions)),
        free_space=None,
        user=None,
    )


def without_release(distribution: InstalledDistribution) -> InstalledDistribution:
    owner = distribution.owner
    return replace(
        distribution,
        owner=owner and replace(owner, needed_by=(), needed_indirectly=()),
        version="",
        metadata=Path(distribution.metadata.name.replace(distribution.version, "")),
        requires=(),
        requires_python=None,
    )
