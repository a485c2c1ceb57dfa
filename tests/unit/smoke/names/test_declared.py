from __future__ import annotations

import pytest

from syncsteps.smoke.names.declared import declared_names
from syncsteps.smoke.names.tree import Directory, module_tree

TREE = module_tree(
    [
        "ns/a/__init__.py",
        "ns/a/deep/__init__.py",
        "ns/tests/__init__.py",
        "ns/loose.py",
        "flat/one.py",
        "flat/_two.py",
        "old/__init__.py",
        "old/part/__init__.py",
    ],
    tags=(),
)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (None, None),
        ([""], ()),
        (["b", "a.b"], ("a.b", "b")),
        (["demo", "_demo ; private"], ("demo",)),
        (["_demo; private"], ("_demo",)),
        (["not-a-name"], ()),
    ],
)
def test_declared_names(fields: list[str] | None, names: tuple[str, ...] | None) -> None:
    assert declared_names(fields, None, Directory()) == names


@pytest.mark.parametrize(
    ("fields", "spaces", "names"),
    [
        pytest.param(None, ["ns"], ("ns.a",), id="packages-before-modules"),
        pytest.param(None, ["flat"], ("flat.one",), id="modules-where-there-is-no-package"),
        pytest.param(None, ["old"], ("old.part",), id="a-namespace-with-an-init"),
        pytest.param(["other"], ["ns"], ("ns.a", "other"), id="beside-names"),
        pytest.param(["ns.a.deep"], ["ns", "ns.a"], ("ns.a.deep",), id="a-name-is-below"),
        pytest.param(["ns.a"], ["ns; private"], ("ns.a",), id="marked-private"),
        pytest.param(None, ["flat ; private"], ("flat.one",), id="nothing-but-private"),
        pytest.param(None, ["elsewhere"], (), id="no-files"),
        pytest.param(None, [""], (), id="empty"),
    ],
)
def test_in_place_of_a_namespace_comes_what_lies_below(
    fields: list[str] | None, spaces: list[str], names: tuple[str, ...]
) -> None:
    assert declared_names(fields, spaces, TREE) == names


def test_a_namespace_below_a_namespace_is_looked_into() -> None:
    found = declared_names(None, ["old"], TREE, is_namespace=lambda name: name == "old.part")
    assert found == ()
