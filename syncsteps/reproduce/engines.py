"""The command lines of container engines: docker, podman and buildah.

Those of docker and podman are what their manuals say; tests run the one of buildah for real.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Container", "begin", "end", "run_in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container that is to be: of ``image``, and with directories of this machine in it.

    ``mounts`` are triples of where, as what, and whether it may be written to.
    """

    engine: str
    image: str
    name: str
    mounts: tuple[tuple[str, str, bool], ...]


def begin(container: Container) -> tuple[str, ...] | None:
    """Return the command that makes a container before something is run in it, or None.

    docker and podman make it when it runs. buildah prints the name of what it has made: the one
    that it was told.
    """
    if container.engine != "buildah":
        return None
    return ("buildah", "from", "--quiet", "--name", container.name, container.image)


def run_in(
    container: Container, command: Sequence[str], *, terminal: bool = False
) -> tuple[str, ...]:
    """Return the command line that runs ``command`` in it, as root and in this machine's network.

    So an index on the loopback interface, a proxy and a private network are there as they are here.
    Input and output are those of the process, with ``terminal`` those of a terminal.
    """
    if container.engine == "buildah":
        return (
            "buildah",
            "run",
            "--user=0:0",
            "--network=host",
            *(("--terminal",) if terminal else ()),
            *(f"--volume={_volume(mount)}" for mount in container.mounts),
            "--",
            container.name,
            *command,
        )
    program, *arguments = command
    return (
        container.engine,
        "run",
        "--rm",
        f"--name={container.name}",
        "--user=0:0",
        "--network=host",
        "--security-opt=label=disable",  # else SELinux keeps it from what is mounted
        *(("--interactive", "--tty") if terminal else ()),
        *(f"--volume={_volume(mount)}" for mount in container.mounts),
        f"--entrypoint={program}",
        container.image,
        *arguments,
    )


def end(container: Container) -> tuple[str, ...]:
    """Return the command that throws the container away, whether it runs or not."""
    if container.engine == "buildah":
        return ("buildah", "rm", container.name)
    return (container.engine, "rm", "--force", container.name)


def _volume(mount: tuple[str, str, bool]) -> str:
    source, target, writable = mount
    return f"{source}:{target}:{'rw' if writable else 'ro'}"
