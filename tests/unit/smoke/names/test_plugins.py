from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.smoke.names.distribution import Distribution, EntryPoint
from syncsteps.smoke.names.known import MODULES_OF, PLUGIN_HOSTS
from syncsteps.smoke.names.plugins import plugin_hosts, without_plugins


def distribution(*points: str, name: str = "demo", required: tuple[str, ...] = ()) -> Distribution:
    """Return one with entry points that are written ``group=module``."""
    made = (point.split("=") for point in points)
    return Distribution(
        name=name,
        site=Path("/site"),
        required=frozenset(required),
        optional=frozenset({"studio"}),
        entry_points=tuple(EntryPoint(group=group, module=module) for group, module in made),
    )


@pytest.mark.parametrize(
    ("points", "hosts"),
    [
        (["pytest11=demo.plugin"], {"pytest"}),
        (["sphinx.builders=demo", "sphinx.html_themes=demo"], {"sphinx"}),
        (["apache_airflow_provider=demo.info"], {"apache-airflow"}),
        (["studio.tools=demo.tools"], {"studio"}),
        (["demo.own=demo.one"], set()),
        (["unheard_of=demo.one"], set()),
        (["console_scripts=demo.cli"], set()),
    ],
)
def test_the_host_follows_from_the_group(points: list[str], hosts: set[str]) -> None:
    assert plugin_hosts(distribution(*points)) == hosts


def test_what_is_required_is_there() -> None:
    assert plugin_hosts(distribution("pytest11=demo.plugin", required=("pytest",))) == frozenset()
    assert plugin_hosts(distribution("pytest11=demo.plugin", name="pytest")) == frozenset()


@pytest.mark.parametrize(
    ("names", "points", "left"),
    [
        (["demo", "pytest_demo"], ["pytest11=pytest_demo.plugin"], ("demo",)),
        (["demo", "hook"], ["pytest11=hook"], ("demo",)),
        (["demo", "other"], ["pytest11=demo.plugin"], ("demo", "other")),
        (["pytest_demo"], ["pytest11=pytest_demo"], ("pytest_demo",)),
        (["demo", "hook"], ["pytest11=hook", "console_scripts=hook.cli"], ("demo", "hook")),
        (["demo", "hook"], ["unheard_of=hook"], ("demo", "hook")),
        (["demo"], [], ("demo",)),
    ],
)
def test_only_what_is_a_plugin_alone_is_left_out(
    names: list[str], points: list[str], left: tuple[str, ...]
) -> None:
    assert without_plugins(names, distribution(*points)) == left


def test_the_tables_have_normalized_names() -> None:
    for name in (*MODULES_OF, *PLUGIN_HOSTS, *PLUGIN_HOSTS.values()):
        assert name == name.lower().replace("_", "-").replace(".", "-")
