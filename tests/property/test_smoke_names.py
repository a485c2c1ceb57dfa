"""Whatever files a distribution has, what is to be imported of it can be written in a program."""

from __future__ import annotations

from keyword import iskeyword
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from syncsteps.smoke.names.declared import declared_names
from syncsteps.smoke.names.deeper import deeper_modules
from syncsteps.smoke.names.distribution import Distribution
from syncsteps.smoke.names.recorded import (
    every_module,
    names_in,
    public_modules,
    recorded_names,
)
from syncsteps.smoke.names.tree import module_tree
from syncsteps.smoke.policy import SmokePolicy

TAGS = ("cp312-cp312-linux_x86_64", "cp312-abi3-linux_x86_64", "py3-none-any")
NAMES = st.sampled_from(
    [
        "a",
        "b",
        "_c",
        "tests",
        "class",
        "2d",
        "ns",
        "a-b",
        "__init__",
        "__main__",
        "é",
        "",
        ".",
        "..",
    ]
) | st.text(max_size=4)
FILES = st.builds(
    "{}{}".format,
    NAMES,
    st.sampled_from(
        [
            *(".py", ".pyi", ".so", ".abi3.so", ".pyd", ".txt", ".pth", ""),
            *(".cpython-312-x86_64-linux-gnu.so", ".cpython-311-darwin.so", ".cp312-win_amd64.pyd"),
        ]
    ),
)
PATHS = st.lists(
    st.builds(lambda parents, file: "/".join([*parents, file]), st.lists(NAMES, max_size=3), FILES)
    | st.text(max_size=12),
    max_size=12,
)
SITE = Distribution(name="demo", site=Path("/nowhere"))


def can_be_written(name: str) -> bool:
    parts = name.split(".")
    return all(part.isidentifier() and not iskeyword(part) for part in parts)


@given(PATHS.flatmap(lambda paths: st.tuples(st.just(paths), st.permutations(paths))))
def test_names_are_importable_sorted_and_independent_of_the_order(
    both: tuple[list[str], list[str]],
) -> None:
    paths, shuffled = both
    names = recorded_names(paths, tags=TAGS)
    assert all(can_be_written(name) for name in names)
    assert list(names) == sorted(set(names))
    assert recorded_names(shuffled, tags=TAGS) == names
    assert recorded_names([*paths, *paths], tags=TAGS) == names


@given(PATHS)
def test_every_name_is_of_a_file_that_is_there(paths: list[str]) -> None:
    tree = module_tree(paths, tags=TAGS)
    known = set(every_module(tree))
    names = names_in(tree)
    assert set(names) <= known
    below = deeper_modules(SITE, tree, names)
    assert set(below) <= known - set(names)
    assert all(can_be_written(name) for name in (*known, *below))
    for name in names:
        assert set(public_modules(tree, name)) <= known


@given(PATHS, st.lists(st.text(max_size=8) | NAMES, max_size=3))
def test_what_is_declared_is_importable_whatever_it_says(
    paths: list[str], fields: list[str]
) -> None:
    tree = module_tree(paths, tags=TAGS)
    for names, spaces in ((fields, None), (None, fields), (fields, fields)):
        found = declared_names(names, spaces, tree)
        assert found is not None
        assert all(can_be_written(name) for name in found)


@given(st.text("ab*?[].", max_size=8), st.text("ab._", min_size=1, max_size=8))
def test_what_lies_below_goes_with_what_is_excluded(pattern: str, module: str) -> None:
    assert SmokePolicy(exclude=(module,)).excludes("demo", module)
    policy = SmokePolicy(exclude=(pattern,))
    if policy.excludes("demo", module):
        assert policy.excludes("demo", f"{module}.below")
