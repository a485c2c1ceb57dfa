from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import Change, Outcome, Placement, commit, recover
from syncsteps.errors import RecoveryError
from tests.support.faults import Crash, Faulty, snapshot, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    return site


@pytest.fixture
def state(tmp_path: Path) -> Path:
    state = tmp_path / ".syncsteps"
    state.mkdir()
    return state


def cut_off(site: Path, state: Path, *, at: int) -> None:
    """Kill a commit that replaces site/a.py at its operation ``at``."""
    old = write(site / "a.py", "old")
    new = write(state / "stage-1" / "a", "new")
    change = Change(retire=(old,), place=(Placement(source=new, target=old),))
    with pytest.raises(Crash):
        commit(change, state=state, roots=(site,), files=Faulty(at=at, fault=Crash()))


def operation(site: Path, state: Path, name: str) -> int:
    """The number of the operation before which ``name`` first exists in the journal's directory."""
    for at in range(100):
        cut_off(site, state, at=at)
        found = (state / "commit" / name).exists()
        recover(state, roots=(site,))
        if found:
            return at
    raise AssertionError(name)


def test_without_a_journal_nothing_is_touched(site: Path, state: Path, tmp_path: Path) -> None:
    write(site / "a.py", "x")
    before = snapshot(tmp_path)
    assert recover(state, roots=(site,)) is None
    assert recover(tmp_path / "none", roots=(site,)) is None
    assert snapshot(tmp_path) == before


def test_what_a_recovery_did_is_told(site: Path, state: Path) -> None:
    stage = state / "stage-1"
    cut_off(site, state, at=operation(site, state, "journal.tmp"))
    recovery = recover(state, roots=(site,))
    assert recovery is not None
    assert (recovery.outcome, recovery.files) == (Outcome.CLEARED, 0)

    cut_off(site, state, at=operation(site, state, "retired/0"))
    recovery = recover(state, roots=(site,))
    assert recovery is not None
    assert (recovery.outcome, recovery.files, recovery.stages) == (Outcome.UNDONE, 1, (stage,))
    assert (site / "a.py").read_text() == "old"

    cut_off(site, state, at=operation(site, state, "committed.json"))
    recovery = recover(state, roots=(site,))
    assert recovery is not None
    assert (recovery.outcome, recovery.files, recovery.stages) == (Outcome.FINISHED, 1, (stage,))
    assert (site / "a.py").read_text() == "new"
    assert list(state.iterdir()) == []


def test_an_abandoned_stage_is_removed_and_links_in_it_are_not_followed(
    site: Path, state: Path
) -> None:
    kept = write(site / "keep" / "a.py", "x")
    write(state / "stage-abc" / "deep" / "b.py", "y")
    (state / "stage-abc" / "link").symlink_to(kept.parent)
    write(state / "receipts" / "demo.json", "{}")
    recovery = recover(state, roots=(site,))
    assert recovery is not None
    assert (recovery.outcome, recovery.stages) == (Outcome.CLEARED, (state / "stage-abc",))
    assert kept.read_text() == "x"
    assert [path.name for path in state.iterdir()] == ["receipts"]


def journal_of(site: Path, **changes: object) -> str:
    content = {
        "format": 2,
        "nonce": "ab12",
        "retire": [],
        "emptied": [],
        "directories": [],
        "place": [["/stage", str(site), ["a.py"], ["a"]]],
        "remove_empty": [],
    }
    return json.dumps({**content, **changes})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 1}, "its format is 1, this version knows format 2"),
        ({"nonce": "../x"}, "key 'nonce' is not a word"),
        ({"retire": "a"}, "key 'retire' is not a list"),
        ({"retire": [1]}, "key 'retire' does not hold paths"),
        ({"place": [["a"]]}, "key 'place' does not hold directories and names"),
        ({"place": [["/a", "/b", ["c"], []]]}, "key 'place' does not hold directories and names"),
        ({"place": [["/a", "/b", [1]]]}, "key 'place' does not hold paths"),
        ({"place": [["/a", "/b", ["../c"]]]}, "key 'place' does not hold names"),
        ({"place": [["/a", "/b", [".."]]]}, "key 'place' does not hold names"),
        ({"place": [["/a", "/etc", ["c"]]]}, "/etc/c is outside of this interpreter's"),
        ({"emptied": [["/a"]]}, "key 'emptied' does not hold pairs"),
        ({"emptied": [["/a", "0755"]]}, "key 'emptied' does not hold modes"),
        ({"emptied": [["/a", -1]]}, "key 'emptied' does not hold modes"),
        ({"emptied": [["/etc/x", 493]]}, "/etc/x is outside of this interpreter's directories"),
        ({"retire": ["a.py"]}, "a.py is not an absolute path"),
        ({"directories": ["/etc/x"]}, "/etc/x is outside of this interpreter's directories"),
        ({"remove_empty": ["/etc/../x"]}, "has '..' in it"),
    ],
)
def test_a_journal_that_makes_no_sense_is_left_to_a_person(
    site: Path, state: Path, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    write(site / "a.py", "theirs")
    write(state / "commit" / "journal.json", journal_of(site, **changes))
    before = snapshot(tmp_path)
    with pytest.raises(RecoveryError, match="cannot be understood") as caught:
        recover(state, roots=(site,))
    assert why in str(caught.value)
    assert caught.value.exit_code == 7
    assert str(state / "commit" / "retired") in caught.value.details[0]
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_a_journal_that_is_not_json_is_left_to_a_person(site: Path, state: Path, text: str) -> None:
    path = write(state / "commit" / "committed.json")
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(RecoveryError, match="cannot be understood: it is not"):
        recover(state, roots=(site,))
    assert path.exists()


def test_a_directory_that_became_a_link_is_not_followed(
    site: Path, state: Path, tmp_path: Path
) -> None:
    outside = write(tmp_path / "outside" / "a.py", "theirs")
    (site / "pkg").symlink_to(outside.parent)
    place = [["/stage", str(site / "pkg"), ["a.py"]]]
    write(state / "commit" / "journal.json", journal_of(site, place=place))
    with pytest.raises(RecoveryError, match="a directory became a link"):
        recover(state, roots=(site,))
    assert outside.read_text() == "theirs"


def test_strange_files_and_files_without_a_journal_are_left_to_a_person(
    site: Path, state: Path
) -> None:
    strange = write(state / "commit" / "notes.txt")
    with pytest.raises(RecoveryError, match=r"holds notes\.txt"):
        recover(state, roots=(site,))
    strange.unlink()
    retired = write(state / "commit" / "retired" / "0", "the only copy")
    with pytest.raises(RecoveryError, match="no journal says which"):
        recover(state, roots=(site,))
    assert retired.read_text() == "the only copy"
    retired.unlink()
    write(state / "commit" / "journal.json", journal_of(site))
    write(state / "commit" / "committed.json", journal_of(site))
    with pytest.raises(RecoveryError, match="both a journal and a commit record"):
        recover(state, roots=(site,))


CHILD = """
import sys
from pathlib import Path
from syncsteps.commit import Change, Placement, commit
site, state = Path(sys.argv[1]), Path(sys.argv[2])
names = sorted(p.name for p in (state / "stage-1").iterdir())
change = Change(
    retire=tuple(site / name / "old.py" for name in names),
    place=tuple(
        Placement(source=state / "stage-1" / name, target=site / name / "sub" / "new.py")
        for name in names
    ),
    remove_empty=(site,),
)
print("ready", flush=True)
commit(change, state=state, roots=(site,))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05])
def test_a_process_that_is_killed_in_the_middle(site: Path, state: Path, delay: float) -> None:
    for number in range(300):
        write(site / f"p{number}" / "old.py", f"old {number}")
        write(state / "stage-1" / f"p{number}", f"new {number}")
    old = snapshot(site)
    command = [sys.executable, "-c", CHILD, str(site), str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
    recover(state, roots=(site,))
    tree = snapshot(site)
    if tree != old:
        files = {path: content for path, (_, content) in tree.items() if content}
        assert files == {
            str(site / f"p{number}/sub/new.py"): f"new {number}".encode() for number in range(300)
        }
    assert list(state.iterdir()) == []
