from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from syncsteps.staging.clashes import declares_namespace, settle
from syncsteps.staging.unpacked import find_files, find_unpacked
from tests.support.prefixes import unpack
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SITE = "lib/python3.12/site-packages"
PKGUTIL = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
SETUPTOOLS = "__import__('pkg_resources').declare_namespace(__name__)\n"


class Stage:
    """A prefix with a distribution for each of ``names``, in the order of their unpacking."""

    def __init__(self, directory: Path, names: Mapping[str, Mapping[str, str]]) -> None:
        self.prefix = directory / "prefix"
        self.apart = directory / "apart"
        self.staged_alone: list[str] = []
        self._wheels = {
            name: make_wheel(directory, name, files=files) for name, files in names.items()
        }
        for wheel in self._wheels.values():
            unpack(wheel, self.prefix)

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[Path]:
        self.staged_alone.append(name)
        place = self.apart / name
        unpack(self._wheels[name], place)
        yield place

    def settle(self) -> list[tuple[str, str, str]]:
        found = find_unpacked(self.prefix, find_files(self.prefix).files)
        clashes = settle(self.prefix, found, alone=self.alone)
        return [(path.removeprefix(f"{SITE}/"), one, other) for path, one, other in clashes]

    def read(self, path: str) -> str:
        return (self.prefix / SITE / path).read_text("utf-8")


def test_nothing_in_common_is_not_staged_again(tmp_path: Path) -> None:
    stage = Stage(
        tmp_path, {"a": {"ns/__init__.py": "x", "a.py": ""}, "b": {"ns/__init__.py": "x"}}
    )
    assert stage.settle() == []
    assert stage.staged_alone == []


@pytest.mark.parametrize("names", ["abc", "cba", "bca"])
def test_the_last_by_name_wins_whatever_was_unpacked_last(names: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, {name: {"x/y.py": name, f"x/{name}.py": ""} for name in names})
    assert stage.settle() == [("x/y.py", "a", "c"), ("x/y.py", "b", "c")]
    assert stage.read("x/y.py") == "c"
    assert stage.staged_alone == ["a", "b", "c"]


def test_only_what_differs_from_the_winner_is_told(tmp_path: Path) -> None:
    contents = {"a": "one", "b": "two", "c": "two"}
    stage = Stage(tmp_path, {name: {"x/y.py": text} for name, text in contents.items()})
    assert stage.settle() == [("x/y.py", "a", "c")]
    assert stage.read("x/y.py") == "two"


def test_namespaces_may_differ_in_their_words(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"b": {"ns/__init__.py": PKGUTIL}, "a": {"ns/__init__.py": SETUPTOOLS}})
    assert stage.settle() == []
    assert stage.read("ns/__init__.py") == PKGUTIL


@pytest.mark.parametrize("path", ["ns/__init__.py", "ns/other.py"])
def test_a_namespace_and_something_else_do_clash(path: str, tmp_path: Path) -> None:
    text = "value = 1\n" if path == "ns/__init__.py" else SETUPTOOLS
    stage = Stage(tmp_path, {"a": {path: PKGUTIL}, "b": {path: text}})
    assert stage.settle() == [(path, "a", "b")]


def test_what_an_installer_s_cache_holds_stays_as_it_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path, {"b": {"x/y.py": "b"}, "a": {"x/y.py": "a"}})
    cached = tmp_path / "cached"
    cached.hardlink_to(stage.prefix / SITE / "x/y.py")
    stage.settle()
    assert (cached.read_text("utf-8"), stage.read("x/y.py")) == ("a", "b")


@pytest.mark.parametrize(
    "source",
    [
        "",
        "# a comment\n",
        '"""A docstring."""\n\n\n',
        "pass\n",
        PKGUTIL,
        SETUPTOOLS,
        "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n",
        "import pkg_resources\npkg_resources.declare_namespace(__name__)\n",
        f"from __future__ import division\n{SETUPTOOLS}",
        f"try:\n    {SETUPTOOLS}except ImportError:\n    {PKGUTIL}",
        f"try:\n    import pkg_resources\nexcept ImportError:\n    pass\nelse:\n    {SETUPTOOLS}",
    ],
)
def test_what_only_declares_a_namespace(source: str) -> None:
    assert declares_namespace(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "value = 1\n",
        "__version__ = '1'\n",
        "import os\n",
        "from ns.a import b\n",
        f"{PKGUTIL}\ndef f(): ...\n",
        "__path__ = ['/elsewhere']\n",
        "__path__ = compute()\n",
        "run()\n",
        "setup.run()\n",
        f"try:\n    {SETUPTOOLS}except ImportError:\n    run()\n",
        f"try:\n    {SETUPTOOLS}finally:\n    pass\n",
        "if True:\n    pass\n",
        "not python\n",
        "\0",
    ],
)
def test_what_does_more(source: str) -> None:
    assert not declares_namespace(source.encode())
