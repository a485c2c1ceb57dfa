from __future__ import annotations

import pytest

from syncsteps.reproduce.engines import Container, begin, end, run_in


def container(engine: str) -> Container:
    return Container(
        engine=engine,
        image="python:3.13-slim",
        name="syncsteps-reproduce-1",
        mounts=(("/tmp/work", "/syncsteps/work", True), ("/src", "/syncsteps/source", False)),  # noqa: S108
    )


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_docker_and_podman_run_it_at_once(engine: str) -> None:
    made = container(engine)
    assert begin(made) is None
    assert run_in(made, ["python3", "-I", "-c", "code"]) == (
        engine,
        "run",
        "--rm",
        "--name=syncsteps-reproduce-1",
        "--user=0:0",
        "--network=host",
        "--security-opt=label=disable",
        "--volume=/tmp/work:/syncsteps/work:rw",
        "--volume=/src:/syncsteps/source:ro",
        "--entrypoint=python3",
        "python:3.13-slim",
        "-I",
        "-c",
        "code",
    )
    assert end(made) == (engine, "rm", "--force", "syncsteps-reproduce-1")


def test_buildah_makes_a_container_first() -> None:
    made = container("buildah")
    assert begin(made) == (
        "buildah",
        "from",
        "--quiet",
        "--name",
        "syncsteps-reproduce-1",
        "python:3.13-slim",
    )
    assert run_in(made, ["python3", "-I"]) == (
        "buildah",
        "run",
        "--user=0:0",
        "--network=host",
        "--volume=/tmp/work:/syncsteps/work:rw",
        "--volume=/src:/syncsteps/source:ro",
        "--",
        "syncsteps-reproduce-1",
        "python3",
        "-I",
    )
    assert end(made) == ("buildah", "rm", "syncsteps-reproduce-1")


@pytest.mark.parametrize(
    ("engine", "options"),
    [("docker", ["--interactive", "--tty"]), ("podman", ["--tty"]), ("buildah", ["--terminal"])],
)
def test_a_shell_has_the_terminal(engine: str, options: list[str]) -> None:
    command = run_in(container(engine), ["python3"], terminal=True)
    place = command.index("--volume=/tmp/work:/syncsteps/work:rw")
    assert list(command[place - len(options) : place]) == options
