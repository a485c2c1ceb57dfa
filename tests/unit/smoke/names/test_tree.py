from __future__ import annotations

import pytest

from syncsteps.smoke.names.tree import module_tree
from tests.support.interpreters import linux_platforms, tags_for

TAGS = tags_for("3.12.7", linux_platforms())
PYPY = ("pypy310-pypy310_pp73-linux_x86_64", "py3-none-any")


@pytest.mark.parametrize(
    ("filename", "tags", "loads"),
    [
        ("m.cpython-312-x86_64-linux-gnu.so", TAGS, True),
        ("m.cpython-311-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-312t-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-313t-darwin.so", ("cp313-cp313t-macosx_11_0_arm64",), True),
        ("m.cp312-win_amd64.pyd", TAGS, True),
        ("m.cp310-win_amd64.pyd", TAGS, False),
        ("m.abi3.so", TAGS, True),
        ("m.abi3.so", ("cp313-cp313t-linux_x86_64", "py3-none-any"), False),
        ("m.so", TAGS, False),
        ("m.pyd", TAGS, True),
        ("m.dll", TAGS, False),
        ("m.pypy310-pp73-x86_64-linux-gnu.so", PYPY, True),
        ("m.pypy310-pp73-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-312-x86_64-linux-gnu.so", PYPY, False),
    ],
)
def test_a_compiled_module_counts_where_it_is_loaded(
    filename: str,
    tags: tuple[str, ...],
    loads: bool,  # noqa: FBT001 - a table
) -> None:
    assert module_tree([filename], tags=tags).compiled == ({"m"} if loads else set())


@pytest.mark.parametrize(
    ("sibling", "counts"), [("m.py", True), ("m.pyi", True), ("m.txt", False), ("d/m.py", False)]
)
def test_without_a_tag_a_sibling_tells_a_module_from_a_library(
    sibling: str,
    counts: bool,  # noqa: FBT001 - a table
) -> None:
    assert module_tree(["m.so", sibling], tags=TAGS).compiled == ({"m"} if counts else set())


def test_a_module_may_be_source_and_compiled() -> None:
    tree = module_tree(["a/b.py", "a/b.abi3.so", "a/__init__.pyc"], tags=TAGS)
    package = tree.find("a")
    assert package is not None
    assert (package.sources, package.compiled) == ({"b", "__init__"}, {"b"})
    assert package.is_package
    assert not tree.is_package


def test_what_is_not_there_is_not_found() -> None:
    tree = module_tree(["a/b/c.py"], tags=TAGS)
    assert tree.find("a.b") is not None
    assert tree.find("a.x") is None
    assert tree.find("x.b") is None
