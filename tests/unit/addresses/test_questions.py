from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.markers import Marker
from packaging.version import Version

from syncsteps.addresses.questions import (
    Question,
    lacks_addresses,
    project_of,
    questions_of,
)
from syncsteps.errors import SelectionError
from syncsteps.locks.model import Directory
from tests.support.locks import make_hash, make_package, make_sdist_entry, make_wheel_entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.locks.model import Package

WHEEL = "one-1.0-py3-none-any.whl"
ONE = Question(name="one", version=Version("1.0"))


def nowhere(name: str = "one", version: str = "1.0", **parts: Any) -> Package:  # noqa: ANN401 - as make_package
    wheel = make_wheel_entry(f"{name}-{version}-py3-none-any.whl", url=None)
    return make_package(name, version, **{"wheels": (wheel,), **parts})


def hashed(name: str = "one", version: str = "1.0", **parts: Any) -> Package:  # noqa: ANN401 - as make_package
    return make_package(name, version, wheels=(), hashes=(make_hash(),), **parts)


def uv_table(*questions: Question, settings: Mapping[str, object] | None = None) -> dict[str, Any]:
    project = project_of(questions, settings or {})
    table: dict[str, Any] = tomli.loads(project.pyproject)["tool"]["uv"]
    configuration = tomli.loads(project.configuration)
    explicit = [each for each in table["index"] if each.get("explicit")]
    # Whichever of the two uv reads, it is told the same.
    assert [*explicit, *configuration.get("index", [])] == table["index"]
    assert {key: table[key] for key in configuration if key != "index"} == {
        key: value for key, value in configuration.items() if key != "index"
    }
    return table


def requirements(*questions: Question) -> list[str]:
    project = tomli.loads(project_of(questions, {}).pyproject)["project"]
    found: list[str] = project["dependencies"]
    return found


@pytest.mark.parametrize(
    ("package", "lacks"),
    [
        (make_package("one"), False),
        (nowhere(), True),
        (hashed(), True),
        (make_package("one", wheels=(make_wheel_entry(WHEEL, url=None, path=WHEEL),)), False),
        (nowhere(sdist=make_sdist_entry("one-1.0.tar.gz")), True),
        (make_package("one", wheels=(), sdist=make_sdist_entry("one-1.0.zip", url=None)), True),
        # Further hashes beside files are of formats that nobody installs.
        (make_package("one", hashes=(make_hash("c"),)), False),
        # A pin without any hash, or with no version: nobody can tell which file was meant.
        (make_package("one", wheels=()), False),
        (make_package("one", None, wheels=(), hashes=(make_hash(),)), False),
        (make_package("one", source=Directory(path="."), hashes=(make_hash(),)), False),
    ],
)
def test_what_lacks_addresses(package: Package, *, lacks: bool) -> None:
    assert lacks_addresses(package) is lacks


def test_each_release_is_asked_for_once() -> None:
    packages = (nowhere(), make_package("two"), hashed(), hashed(version="2.0"))
    assert questions_of(packages, follow_indexes=True) == (
        ONE,
        Question(name="one", version=Version("2.0")),
    )


def test_the_locks_index_is_followed_or_not() -> None:
    packages = (nowhere(index="https://index.invalid/simple"), nowhere())
    assert [q.index for q in questions_of(packages, follow_indexes=True)] == [
        "https://index.invalid/simple",
        None,
    ]
    assert questions_of(packages, follow_indexes=False) == (ONE,)


@pytest.mark.parametrize(
    "package",
    [nowhere("One"), nowhere("one\n[tool"), nowhere(index="ftp://index.invalid/simple")],
)
def test_what_is_no_name_or_index_is_not_asked(package: Package) -> None:
    with pytest.raises(SelectionError):
        questions_of([package], follow_indexes=True)


def test_versions_of_one_name_are_kept_apart() -> None:
    texts = requirements(
        ONE,
        Question(name="one", version=Version("2.0+cpu")),
        Question(name="two", version=Version("1")),
    )
    assert [text.partition(" ; ")[0] for text in texts] == [
        "one===1.0",
        "one===2.0+cpu",
        "two===1",
    ]
    first, second, third = (Marker(text.partition(" ; ")[2]) for text in texts)
    assert first == third
    for python, holds in (
        ("3.99.1", (True, False)),
        ("3.99.2", (False, True)),
        ("3.13.0", (False,) * 2),
    ):
        environment = {"python_full_version": python}
        assert (first.evaluate(environment), second.evaluate(environment)) == holds


def test_nothing_is_fetched_or_built_to_learn_what_a_release_requires() -> None:
    local = Question(name="one", version=Version("1.0"), index="https://index.invalid/simple")
    assert uv_table(ONE, local)["dependency-metadata"] == [
        {"name": "one", "version": "1.0", "requires-dist": []}
    ]


def test_the_project_has_a_name_of_its_own() -> None:
    taken = Question(name="syncsteps-addresses", version=Version("1"))
    project = tomli.loads(project_of((taken,), {}).pyproject)["project"]
    assert project["name"] == "syncsteps-addresses-0"


class TestIndexes:
    LOCKS = "https://index.invalid/simple"
    OTHER = "https://other.invalid/simple"

    def at(self, index: str | None, name: str = "one") -> Question:
        return Question(name=name, version=Version("1.0"), index=index)

    def test_the_only_one_is_the_default(self) -> None:
        table = uv_table(self.at(self.LOCKS), self.at(self.LOCKS, "two"))
        assert table["index"] == [{"url": self.LOCKS, "default": True}]
        assert table["sources"] == {}

    @pytest.mark.parametrize(
        "settings",
        [
            {"index-url": OTHER},
            {"index": [{"url": OTHER, "default": True}]},
            {"pip": {"index-url": OTHER}},
        ],
    )
    def test_unless_uv_has_another(self, settings: Mapping[str, object]) -> None:
        table = uv_table(self.at(self.LOCKS), settings=settings)
        assert self.LOCKS not in str(table)
        assert self.OTHER in str(table)

    def test_further_ones_of_uv_are_asked_too(self) -> None:
        table = uv_table(self.at(self.LOCKS), settings={"index": [{"url": self.OTHER}]})
        assert table["index"] == [{"url": self.OTHER}, {"url": self.LOCKS, "default": True}]

    def test_of_several_each_has_its_own_releases(self) -> None:
        table = uv_table(
            self.at(self.LOCKS), self.at(self.OTHER), self.at(None, "two"), self.at(self.OTHER, "x")
        )
        assert table["index"] == [
            {"name": "syncsteps-0", "url": self.LOCKS, "explicit": True},
            {"name": "syncsteps-1", "url": self.OTHER, "explicit": True},
        ]
        assert table["sources"] == {
            "one": [
                {"index": "syncsteps-0", "marker": "python_full_version == '3.99.1'"},
                {"index": "syncsteps-1", "marker": "python_full_version == '3.99.2'"},
            ],
            "x": [{"index": "syncsteps-1", "marker": "python_full_version == '3.99.1'"}],
        }

    def test_of_uvs_settings_those_that_say_where(self) -> None:
        where = {"find-links": ["/wheels"], "no-index": True, "cache-dir": "/c", "offline": True}
        which = {"no-binary": True, "no-build": True, "no-sources": True, "config-settings": {}}
        table = uv_table(ONE, settings={**where, **which})
        assert {key: table.get(key) for key in where} == where
        assert not which.keys() & table.keys()
