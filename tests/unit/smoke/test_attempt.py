from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.errors import InterpreterError, SmokeError
from syncsteps.smoke.attempt import Starter
from syncsteps.smoke.keepers import Keeper, can_keep
from syncsteps.smoke.model import Candidate
from syncsteps.smoke.throwaway import ChildSettings, Throwaway

SETTINGS = ChildSettings(
    executable=Path("/nowhere/python3"), site=(), timeout=5.0, environment={"PATH": "/bin"}
)
CANDIDATE = Candidate(name="demo", modules=("demo",), optional=())


def way(kind: str, directory: Path) -> Starter | Keeper:
    if kind == "plain":
        return Starter(SETTINGS)
    if not can_keep():
        pytest.skip("keepers are for Linux")
    (directory / "keeper").mkdir()
    return Keeper(SETTINGS, directory / "keeper")


@pytest.mark.parametrize("kind", ["plain", "keeper"])
@pytest.mark.parametrize("fresh", [True, False])
def test_an_interpreter_that_cannot_be_started_is_named(
    kind: str,
    fresh: bool,  # noqa: FBT001 - both
    tmp_path: Path,
) -> None:
    each = way(kind, tmp_path)
    (tmp_path / "test").mkdir()
    files = Throwaway(tmp_path / "test", CANDIDATE, SETTINGS)
    try:
        with pytest.raises(InterpreterError, match="/nowhere/python3 cannot be started: No such"):
            each.run(CANDIDATE, files, fresh=fresh)
    finally:
        each.close()


@pytest.mark.parametrize("kind", ["plain", "keeper"])
def test_what_was_stopped_does_not_start(kind: str, tmp_path: Path) -> None:
    each = way(kind, tmp_path)
    (tmp_path / "test").mkdir()
    each.close()
    files = Throwaway(tmp_path / "test", CANDIDATE, SETTINGS)
    with pytest.raises(SmokeError, match="demo was stopped"):
        each.run(CANDIDATE, files, fresh=True)
