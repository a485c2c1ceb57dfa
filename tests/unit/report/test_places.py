from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.report.places import Places
from syncsteps.selection.model import Unavailable
from tests.support.runs import make_finding, make_outcome
from tests.support.targets import write_lock
from tests.support.values import make_lock, make_package, make_selected, make_selection

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.events import Outcome


def outcome_of(directory: Path, **fields: object) -> Outcome:
    path = write_lock(directory, ("idna", "3.9"), ("idna", "3.10"), ("six", "1.0"))
    names = (("idna", "3.9"), ("idna", "3.10"), ("six", "1.0"), ("absent", "1.0"))
    lock = make_lock(*(make_package(*name) for name in names), path=path)
    return make_outcome("verify", lock=lock, **fields)


def line_text(directory: Path, line: int | None) -> str:
    assert line is not None
    return "\n".join((directory / "pylock.toml").read_text().split("\n")[line - 1 : line + 1])


def test_the_line_is_that_of_the_entry_that_was_chosen(tmp_path: Path) -> None:
    selection = make_selection(make_selected("idna", "3.10"))
    outcome = outcome_of(tmp_path, selection=selection)
    line = Places(tmp_path).line(outcome, make_finding(subject="idna"))
    assert line_text(tmp_path, line) == 'name = "idna"\nversion = "3.10"'


def test_a_package_without_a_file_has_its_line_too(tmp_path: Path) -> None:
    missing = Unavailable(package=make_package("idna", "3.10"), reason="r")
    outcome = outcome_of(tmp_path, selection=make_selection(unavailable=(missing,)))
    line = Places(tmp_path).line(outcome, make_finding(subject="idna"))
    assert line_text(tmp_path, line) == 'name = "idna"\nversion = "3.10"'


def test_without_a_choice_it_is_the_first_entry_of_the_name(tmp_path: Path) -> None:
    line = Places(tmp_path).line(outcome_of(tmp_path), make_finding(subject="idna"))
    assert line_text(tmp_path, line) == 'name = "idna"\nversion = "3.9"'


def test_what_is_about_no_entry_has_no_line(tmp_path: Path) -> None:
    places, outcome = Places(tmp_path), outcome_of(tmp_path)
    for subject in ("/usr", "", "pylock.toml", "absent", "other"):
        assert places.line(outcome, make_finding(subject=subject)) is None
    assert places.line(make_outcome("verify"), make_finding(subject="idna")) is None


def test_the_text_is_read_once_and_only_if_it_is_needed(tmp_path: Path) -> None:
    places, outcome = Places(tmp_path), outcome_of(tmp_path)
    (tmp_path / "pylock.toml").rename(tmp_path / "away")
    assert places.line(outcome, make_finding(subject="/usr")) is None
    (tmp_path / "away").rename(tmp_path / "pylock.toml")
    assert places.line(outcome, make_finding(subject="idna")) is not None
    (tmp_path / "pylock.toml").unlink()
    assert places.line(outcome, make_finding(subject="six")) is not None
    assert Places(tmp_path).line(outcome, make_finding(subject="six")) is None


def test_paths_are_relative_to_the_base_if_they_are_below_it(tmp_path: Path) -> None:
    lock = make_lock(path=tmp_path / "a folder" / "ü.lock")
    assert Places(tmp_path).path(lock) == "a folder/ü.lock"
    assert Places(tmp_path).uri(lock) == "a%20folder/%C3%BC.lock"
    assert Places(tmp_path / "a folder").uri(lock) == "%C3%BC.lock"
    elsewhere = Places(tmp_path / "other")
    assert elsewhere.path(lock) == (tmp_path / "a folder" / "ü.lock").as_posix()
    assert elsewhere.uri(lock) == lock.path.as_uri()


def test_a_name_that_begins_with_dots_is_not_above(tmp_path: Path) -> None:
    assert Places(tmp_path).path(make_lock(path=tmp_path / "..x" / "uv.lock")) == "..x/uv.lock"
