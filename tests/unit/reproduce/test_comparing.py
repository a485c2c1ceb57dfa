from __future__ import annotations

from dataclasses import replace

import pytest

from syncsteps.receipts import from_json, to_json
from syncsteps.reproduce.comparing import compare, relocated
from syncsteps.reproduce.model import DifferenceKind, Evidence
from tests.support.reproductions import make_against, make_evidence, make_tree

ELSEWHERE = "/opt/python/bin/python3.12"


def changed(evidence: Evidence, name: str, **fields: str) -> Evidence:
    entries = tuple(
        replace(entry, **fields) if entry.name == name else entry
        for entry in evidence.receipt.entries
    )
    return replace(evidence, receipt=replace(evidence.receipt, entries=entries, digest="other"))


@pytest.mark.parametrize(
    "executable", [ELSEWHERE, "/with a space/python3", "/" + "long/" * 40 + "python3"]
)
def test_a_tree_is_moved_to_what_it_would_be_elsewhere(executable: str) -> None:
    here = make_evidence(demo=make_tree())
    there = make_evidence(executable, demo=make_tree(executable))
    assert here.receipt.digest != there.receipt.digest
    moved = relocated(here, executable, platform="linux")
    assert moved.receipt == there.receipt
    assert moved.trees["demo"] == there.trees["demo"]
    assert relocated(moved, here.executable, platform="linux") == here
    from_json(to_json(moved.receipt))  # its digest is right


def test_options_of_python_in_the_first_line_stay() -> None:
    tree = make_tree()
    ((path, content),) = tree.scripts
    head, _, rest = content.partition(b"\n")
    evidence = make_evidence(demo=replace(tree, scripts=((path, head + b" -E\n" + rest),)))
    moved = relocated(evidence, ELSEWHERE, platform="linux").trees["demo"]
    assert moved.scripts == ((path, f"#!{ELSEWHERE} -E\n".encode() + rest),)


def test_names_that_are_no_text_stay_what_they_are() -> None:
    tree = make_tree(more=("demo/\udcff.py",))
    evidence = make_evidence(demo=tree)
    moved = relocated(evidence, ELSEWHERE, platform="linux")
    assert relocated(moved, evidence.executable, platform="linux") == evidence


def test_where_it_is_nothing_moves() -> None:
    evidence = make_evidence(demo=make_tree())
    assert relocated(evidence, evidence.executable) is evidence


def test_a_script_of_another_program_stays_as_it_is() -> None:
    tree = make_tree("/bin/sh")
    evidence = make_evidence(demo=tree)
    assert relocated(evidence, ELSEWHERE, platform="linux").trees["demo"] is tree


def test_the_same_is_the_same_wherever_the_interpreter_lies() -> None:
    here = make_evidence(ELSEWHERE, demo=make_tree(ELSEWHERE))
    there = make_evidence(demo=make_tree())
    nearest, differences = compare(here, make_against(there, "/bin/none", "/usr/bin/python3"))
    assert differences == ()
    assert nearest.executable == "/usr/bin/python3"
    assert nearest.receipt.digest == there.receipt.digest


def test_missing_and_added_distributions_are_told() -> None:
    tree = make_tree()
    here, there = make_evidence(a=tree, b=tree), make_evidence(b=tree, c=tree)
    _, differences = compare(here, make_against(there))
    assert [(d.distribution, d.kind, d.there, d.here) for d in differences] == [
        ("a", DifferenceKind.ADDED, "", "1.0"),
        ("c", DifferenceKind.MISSING, "1.0", ""),
    ]


def test_changed_files_are_told() -> None:
    here = make_evidence(demo=make_tree(content=b"VALUE = 2\n", more=("demo/new.py",)))
    there = make_evidence(demo=make_tree(more=("demo/old.py",)))
    _, (difference,) = compare(here, make_against(there))
    assert difference.kind is DifferenceKind.CONTENT
    assert difference.files == (
        "~ demo-1.0.dist-info/RECORD",
        "~ demo/__init__.py",
        "+ demo/new.py",
        "- demo/old.py",
    )


def test_where_nobody_has_listed_the_files_there_are_the_digests() -> None:
    here = make_evidence(demo=make_tree(content=b"VALUE = 2\n"))
    there = make_evidence(demo=make_tree())
    _, (difference,) = compare(here, make_against(there, listed=False))
    assert difference.files == ()
    assert difference.there == there.receipt.entries[0].digest
    assert difference.here == here.receipt.entries[0].digest


def test_files_are_compared_as_if_the_interpreter_lay_there() -> None:
    here = make_evidence(ELSEWHERE, demo=make_tree(ELSEWHERE), same=make_tree(ELSEWHERE))
    there = make_evidence(demo=make_tree(content=b"VALUE = 2\n"), same=make_tree())
    _, (difference,) = compare(here, make_against(there))
    assert difference.files == ("~ demo-1.0.dist-info/RECORD", "~ demo/__init__.py")


def test_an_executable_bit_is_a_difference() -> None:
    tree = make_tree()
    other = replace(tree, listing=tuple((path, True, sha) for path, _, sha in tree.listing))
    _, (difference,) = compare(make_evidence(demo=tree), make_against(make_evidence(demo=other)))
    assert difference.files == ("~ demo-1.0.dist-info/RECORD", "~ demo/__init__.py")


@pytest.mark.parametrize(
    ("fields", "kind", "there"),
    [
        ({"version": "0.9"}, DifferenceKind.VERSION, "0.9"),
        (
            {"source": "demo-1.0.tar.gz", "hash": "", "digest": "0" * 64},
            DifferenceKind.SOURCE,
            "demo-1.0.tar.gz",
        ),
    ],
)
def test_another_version_or_source_is_told_before_the_files(
    fields: dict[str, str], kind: DifferenceKind, there: str
) -> None:
    evidence = make_evidence(demo=make_tree())
    _, (difference,) = compare(evidence, make_against(changed(evidence, "demo", **fields)))
    assert (difference.kind, difference.there) == (kind, there)
