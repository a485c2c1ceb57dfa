"""What a Pipfile.lock selects is what going through its categories by hand selects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker

from syncsteps.errors import SelectionError
from syncsteps.locks.fields import Origin
from syncsteps.locks.pipfile import read_pipfile
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.pipfile_texts import pipfile_document

ORIGIN = Origin(name="Pipfile.lock", path=Path("/p/Pipfile.lock"), root=Path("/p"), digest="")
CATEGORIES = ("default", "develop", "docs", "tests")
TARGETS = {version: make_interpreter(version=version) for version in ("3.9.1", "3.12.1", "3.14.0")}
NEGATED = [
    "",
    "python_version >= '3.10'",
    "python_version < '3.10'",
    "python_version == '3.12'",
    "sys_platform == 'win32'",
    "python_version > '3.9' and python_full_version != '3.14.0'",
    "python_full_version not in '3.9.0, 3.9.1'",
]
NOT_NEGATED = ["python_full_version >= '3.10'", "python_version < '3.10' or os_name == 'nt'"]


def entries(markers: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda version, digit, marker: {
            "version": f"=={version}",
            "hashes": [f"sha256:{digit * 64}"],
            **({"markers": marker} if marker else {}),
        },
        st.sampled_from(["1", "2"]),
        st.sampled_from("ab"),
        st.sampled_from(markers),
    )


def universes(markers: list[str]) -> st.SearchStrategy[dict[str, dict[str, Any]]]:
    packages = st.dictionaries(st.sampled_from(["x", "y"]), entries(markers))
    return st.fixed_dictionaries({}, optional=dict.fromkeys(reversed(CATEGORIES), packages))


def by_hand(
    categories: dict[str, dict[str, Any]], asked: frozenset[str], target: str
) -> dict[str, list[tuple[str, str]]]:
    """Return the version and the hash of each entry that applies, the one that counts first."""
    environment: Any = dict(TARGETS[target].environment)
    found: dict[str, list[tuple[str, str]]] = {}
    for category in ("default", "develop", *(c for c in categories if c in {"docs", "tests"})):
        for name, entry in categories.get(category, {}).items() if category in asked else ():
            marker = entry.get("markers")
            if marker is None or Marker(marker).evaluate(dict(environment)):
                found.setdefault(name, []).append((entry["version"], entry["hashes"][0]))
    return found


def selected(
    categories: dict[str, dict[str, Any]], asked: frozenset[str], target: str
) -> dict[str, tuple[str, str]]:
    lock = read_pipfile(pipfile_document(**categories), ORIGIN)
    known = tuple(sorted(asked & set(lock.groups)))
    selection = select(lock, Request(only_groups=known), TARGETS[target])
    return {
        item.name: (f"=={item.package.version}", str(item.hashes[0])) for item in selection.packages
    }


GROUPS = st.frozensets(st.sampled_from(CATEGORIES), min_size=1).map(lambda s: s | {"default"})


@given(
    categories=universes(NEGATED),
    asked=GROUPS | st.just(frozenset({"develop"})),
    target=st.sampled_from(sorted(TARGETS)),
)
def test_the_first_that_applies_counts(
    categories: dict[str, dict[str, Any]], asked: frozenset[str], target: str
) -> None:
    expected = {name: rows[0] for name, rows in by_hand(categories, asked, target).items()}
    assert selected(categories, asked, target) == expected


@given(
    categories=universes(NEGATED + NOT_NEGATED),
    asked=GROUPS,
    target=st.sampled_from(sorted(TARGETS)),
)
def test_it_is_that_or_an_error_that_two_apply(
    categories: dict[str, dict[str, Any]], asked: frozenset[str], target: str
) -> None:
    rows = by_hand(categories, asked, target)
    try:
        found = selected(categories, asked, target)
    except SelectionError as error:
        refused = str(error)
        found = {}
    else:
        refused = ""
    if refused:
        ambiguous = [name for name, row in rows.items() if len(set(row)) > 1]
        assert any(f"two entries of {name} are selected" in refused for name in ambiguous)
    else:
        assert found == {name: row[0] for name, row in rows.items()}
