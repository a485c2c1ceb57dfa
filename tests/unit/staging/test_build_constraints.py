from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.errors import SelectionError, StagingError
from syncsteps.locks.model import Declared, DeclaredSource, Recorded
from syncsteps.processes import Completed
from syncsteps.staging.build_constraints import (
    build_constraint_lines,
    pip_variables,
    uv_options,
)
from tests.support.interpreters import make_interpreter
from tests.support.values import make_lock, make_sdist, make_selected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from syncsteps.locks.model import Lock

SDIST = make_selected(chosen=make_sdist())
WHEEL = make_selected()
HERE = make_interpreter()


def lock_of(*constraints: Declared) -> Lock:
    return make_lock(recorded=Recorded(build_constraints=constraints))


SETUPTOOLS = Declared(
    name="setuptools", specifier=SpecifierSet("<70"), marker=Marker("os_name == 'posix'")
)
CYTHON = Declared(
    name="Cython",
    specifier=SpecifierSet(""),
    source=DeclaredSource(kind="index", location="https://index.invalid/simple"),
)


class Pip:
    """A pip that says what version it has, and remembers how it was asked."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.asked: list[tuple[Sequence[str], Mapping[str, str]]] = []

    def __call__(self, command: Sequence[str], *, environment: Mapping[str, str]) -> Completed:
        self.asked.append((command, environment))
        return Completed(status=0, stdout=self.said, stderr="")


def variables(
    directory: Path,
    pip: Pip,
    lock: Lock,
    *,
    wanted: Sequence[object] = (SDIST,),
    environment: Mapping[str, str] | None = None,
) -> dict[str, str]:
    return pip_variables(
        wanted,  # type: ignore[arg-type]
        lock=lock,
        interpreter=HERE,
        directory=directory,
        pip=("python", "-m", "pip"),
        environment=environment or {},
        run=pip,
    )


def test_lines_are_sorted_requirements() -> None:
    assert build_constraint_lines(lock_of(SETUPTOOLS, CYTHON)) == (
        "cython",
        'setuptools<70 ; os_name == "posix"',
    )
    assert build_constraint_lines(make_lock()) == ()


def test_a_place_is_no_constraint() -> None:
    place = DeclaredSource(kind="url", location="https://index.invalid/setuptools.zip")
    with pytest.raises(SelectionError, match="constrains builds to setuptools from") as caught:
        build_constraint_lines(lock_of(Declared(name="setuptools", source=place)))
    assert "constrain its version instead" in caught.value.hint


def test_pip_gets_a_variable(tmp_path: Path) -> None:
    pip = Pip("pip 25.3 from /somewhere (python 3.12)\n")
    directory = tmp_path / "with blank"
    directory.mkdir()
    environment = {"PIP_BUILD_CONSTRAINT": "mine.txt"}
    found = variables(directory, pip, lock_of(SETUPTOOLS), environment=environment)
    file = directory / "build-constraints.txt"
    assert found == {"PIP_BUILD_CONSTRAINT": f"mine.txt {file.as_uri()}"}
    assert " " not in file.as_uri()
    assert file.read_text(encoding="utf-8") == 'setuptools<70 ; os_name == "posix"\n'
    assert pip.asked == [(["python", "-m", "pip", "--version"], environment)]


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [(make_lock(), [SDIST]), (lock_of(), [SDIST]), (lock_of(SETUPTOOLS), [WHEEL])],
)
def test_where_there_is_nothing_to_constrain_nobody_is_asked(
    lock: Lock, wanted: list[object], tmp_path: Path
) -> None:
    pip = Pip("pip 20.3")
    assert variables(tmp_path, pip, lock, wanted=wanted) == {}
    assert pip.asked == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("pip 25.2 from /x (python 3.12)", "pip 25.2"),
        ("pip 20.3.4 from /x (python 3.9)", "pip 20.3.4"),
        ("pip strange from /x", "pip of an unknown version"),
        ("", "pip of an unknown version"),
    ],
)
def test_a_pip_that_cannot_be_told_is_an_error(said: str, version: str, tmp_path: Path) -> None:
    with pytest.raises(StagingError) as caught:
        variables(tmp_path, Pip(said), lock_of(SETUPTOOLS))
    assert f"constrains what builds may install, which {version} cannot be told" in str(
        caught.value
    )
    assert caught.value.details == ('setuptools<70 ; os_name == "posix"',)
    assert "update pip to 25.3" in caught.value.hint


def test_uv_gets_options(tmp_path: Path) -> None:
    options = uv_options(
        [WHEEL, SDIST],
        lock=lock_of(SETUPTOOLS),
        interpreter=HERE,
        directory=tmp_path,
        environment={"UV_BUILD_CONSTRAINT": "a.txt b.txt"},
    )
    names = ["a.txt", "b.txt", str(tmp_path / "build-constraints.txt")]
    assert options == [part for name in names for part in ("--build-constraints", name)]
    assert (
        uv_options(
            [WHEEL], lock=lock_of(SETUPTOOLS), interpreter=HERE, directory=tmp_path, environment={}
        )
        == []
    )
