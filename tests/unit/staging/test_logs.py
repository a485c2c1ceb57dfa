from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

import pytest

from syncsteps.errors import SelectionError, StagingError, SyncstepsError
from syncsteps.staging.logs import logged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def run(lines: Sequence[str], seen: list[str], error: SyncstepsError | None = None) -> None:
    with logged(seen.append) as listen:
        for line in lines:
            listen(line)
        if error is not None:
            raise error


def fail(*lines: str) -> StagingError:
    seen: list[str] = []
    failure = StagingError("it failed", hint="Look.", details=lines[-2:])
    with pytest.raises(StagingError) as caught:
        run(lines, seen, failure)
    assert seen == list(lines)
    return caught.value


def test_a_long_log_is_kept_whole_and_named(temporary: Path) -> None:
    # More than what stays in memory.
    lines = [f"line {number} {'x' * 80}" for number in range(20_000)]
    error = fail(*lines, "\udcff", "last \N{SNOWMAN}")
    (log,) = temporary.iterdir()
    assert error.message == "it failed"
    assert error.hint == f"Look. All 20002 lines of the installer are in {log}."
    assert error.details == ("\udcff", "last \N{SNOWMAN}")
    assert log.read_text(encoding="utf-8").splitlines() == [*lines, "?", "last \N{SNOWMAN}"]
    assert log.stat().st_mode & 0o077 == 0


def test_a_log_that_the_error_shows_whole_is_not_kept(temporary: Path) -> None:
    assert fail(*map(str, range(20))).hint == "Look."
    assert list(temporary.iterdir()) == []


def test_what_ends_well_or_otherwise_leaves_nothing(temporary: Path) -> None:
    run(["x" * (1 << 15)] * 100, [])
    with pytest.raises(SelectionError):
        run(["x"] * 100, [], SelectionError("the lock is at fault"))
    assert list(temporary.iterdir()) == []


def test_that_a_log_cannot_be_kept_hides_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    assert fail(*map(str, range(50))).hint == "Look."


def test_a_full_disk_ends_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = mock.MagicMock()
    full.__enter__.return_value = full
    full.write.side_effect = full.seek.side_effect = OSError(28, "No space left on device")
    monkeypatch.setattr("tempfile.SpooledTemporaryFile", lambda **_options: full)
    assert fail(*map(str, range(50))).hint == "Look."
    assert list(temporary.iterdir()) == []
