from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import Change, Placement, commit
from syncsteps.commit.drawing import draw_up
from syncsteps.errors import CommitError, InterpreterError
from tests.support.faults import Faulty, Folding, snapshot, write

if TYPE_CHECKING:
    from syncsteps.commit.filesystem import Kind


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "state" / "stage").mkdir(parents=True)
    (tmp_path / "site" / "theirs").mkdir(parents=True)
    return tmp_path / "site"


def placement(site: Path, target: str) -> Placement:
    source = write(site.parent / "state" / "stage" / target, f"new {target}")
    return Placement(source=source, target=site / target)


def test_a_directory_that_may_not_be_written_to_is_refused_before_anything_changes(
    site: Path,
) -> None:
    class Guarded(Faulty):
        def may_change(self, directory: Path) -> bool:
            return super().may_change(directory) and directory != site / "theirs"

        def rename(self, source: Path, target: Path) -> None:
            pytest.fail(f"{source} was renamed to {target}")

    change = Change(
        retire=(write(site / "theirs" / "mod.py"),),
        place=(placement(site, "ours/mod.py"), placement(site, "theirs/new/deep/mod.py")),
    )
    before = snapshot(site.parent)
    with pytest.raises(InterpreterError, match=r"this user may not write to .*theirs$") as caught:
        commit(change, state=site.parent / "state", roots=(site,), files=Guarded())
    assert caught.value.details == (str(site / "theirs"),)
    assert snapshot(site.parent) == before


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can become somebody else"
)
def test_a_real_user_without_rights_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are closed to others
        site = Path(name).resolve() / "site"
        site.parent.chmod(0o755)
        change = Change(retire=(write(site / "theirs" / "mod.py"),))
        os.seteuid(65534)
        try:
            with pytest.raises(InterpreterError, match="this user may not write"):
                draw_up(change, state=site.parent / "state", roots=(site,))
        finally:
            os.seteuid(0)
        draw_up(change, state=site.parent / "state", roots=(site,))


def test_where_case_does_not_matter_another_case_is_in_the_way(site: Path) -> None:
    write(site / "Demo.py", "theirs")
    change = Change(place=(placement(site, "demo.py"),))
    with pytest.raises(CommitError, match=r"demo\.py is in the way"):
        commit(change, state=site.parent / "state", roots=(site,), files=Folding())
    assert (site / "Demo.py").read_text() == "theirs"


def test_where_case_matters_it_is_not(site: Path) -> None:
    write(site / "Demo.py", "theirs")
    commit(Change(place=(placement(site, "demo.py"),)), state=site.parent / "state", roots=(site,))
    assert sorted(path.name for path in site.iterdir()) == ["Demo.py", "demo.py", "theirs"]


def test_a_file_may_come_back_in_another_case(site: Path) -> None:
    old = write(site / "Demo.py", "old")
    change = Change(retire=(old,), place=(placement(site, "demo.py"),))
    commit(change, state=site.parent / "state", roots=(site,), files=Folding())
    assert {path.name for path in site.iterdir()} == {"demo.py", "theirs"}
    assert (site / "demo.py").read_text() == "new demo.py"


def test_staged_directories_of_which_all_is_known_are_not_looked_into(site: Path) -> None:
    class Blind(Faulty):
        def kinds(self, directory: str) -> dict[str, Kind]:
            assert f"{os.sep}stage" not in directory
            return super().kinds(directory)

    place = tuple(placement(site, f"new/{name}") for name in ("a.py", "b/c.py", "b/d.py"))
    (stage,) = {
        Path(*each.source.parts[: -len(each.target.relative_to(site).parts)]) for each in place
    }
    change = Change(place=place, full=(stage,))
    draft = draw_up(change, state=site.parent / "state", roots=(site,), files=Blind())
    assert draft.whole == {str(site / "new"): str(stage / "new")}
    # Half of it goes elsewhere: then no directory comes whole that holds the other half.
    moved = Placement(source=place[2].source, target=site / "theirs" / "d.py")
    change = Change(place=(*place[:2], moved), full=(stage,))
    draft = draw_up(change, state=site.parent / "state", roots=(site,), files=Blind())
    assert draft.whole == {}
