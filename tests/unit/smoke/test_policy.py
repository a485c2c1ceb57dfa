from __future__ import annotations

import pytest
import tomli

from syncsteps.errors import SettingsError
from syncsteps.smoke.policy import SmokeChoice, SmokePolicy, read_smoke_policy

WHERE = "pyproject.toml: [tool.syncsteps.smoke]"


def read(text: str) -> SmokePolicy:
    return read_smoke_policy(tomli.loads(text), where=WHERE)


def test_every_part_is_read() -> None:
    policy = read("""
        environment = { A = "1" }
        [packages.Py_Qt5]
        include = ["PyQt5.uic.*"]
        exclude = ["PyQt5.QtMultimedia*"]
        statements = ["import PyQt5.QtWidgets"]
        environment = { QT_QPA_PLATFORM = "offscreen" }
        timeout = 5
        severity = "warning"
    """)
    choice = SmokeChoice(
        include=("PyQt5.uic.*",),
        exclude=("PyQt5.QtMultimedia*",),
        statements=("import PyQt5.QtWidgets",),
        environment=(("QT_QPA_PLATFORM", "offscreen"),),
        timeout=5.0,
        severity="warning",
    )
    assert policy == SmokePolicy(
        environment=(("A", "1"),), packages=(("py-qt5", choice),), where=WHERE
    )


def test_an_empty_table_says_nothing() -> None:
    policy = read("")
    assert policy == SmokePolicy(where=WHERE)
    assert policy.timeout("demo") is None
    assert not policy.tolerates("demo")
    assert not policy.leaves_out("demo")
    assert not policy.wants("demo", "demo")
    assert not policy.excludes("demo", "demo")


@pytest.mark.parametrize(
    ("pattern", "distribution", "whole"),
    [
        ("demo", "demo", True),
        ("Zope.Interface", "zope-interface", True),
        ("zope_*", "zope-interface", True),
        ("zope-*", "zope-interface", True),
        ("Z*e", "zope-interface", True),
        ("demo.*", "demo-extra", False),
        ("demo.core", "demo", False),
        ("demo", "demo-extra", False),
    ],
)
def test_patterns_of_distributions(pattern: str, distribution: str, whole: bool) -> None:  # noqa: FBT001 - a table
    assert SmokePolicy(exclude=(pattern,)).leaves_out(distribution) is whole
    assert SmokePolicy(include=(pattern,)).wants_all(distribution) is whole


@pytest.mark.parametrize(
    ("pattern", "module", "included", "excluded"),
    [
        ("demo.core", "demo.core", True, True),
        ("demo.core", "demo.core.x", False, True),
        ("demo.core", "demo.cores", False, False),
        ("demo.*", "demo.a.b", True, True),
        ("demo.*", "demo", False, False),
        ("*.contrib", "demo.contrib.x", False, True),
        ("Demo", "demo", False, False),
        ("demo.[ab]", "demo.b", True, True),
        ("demo.?", "demo.bb", False, False),
    ],
)
def test_patterns_of_modules(pattern: str, module: str, included: bool, excluded: bool) -> None:  # noqa: FBT001 - a table
    own = (("demo", SmokeChoice(include=(pattern,), exclude=(pattern,))),)
    for policy in (SmokePolicy(include=(pattern,), exclude=(pattern,)), SmokePolicy(packages=own)):
        assert policy.wants("demo", module) is included
        assert policy.excludes("demo", module) is excluded
    assert not SmokePolicy(packages=own).excludes("other", module)


def test_what_is_said_of_one_package_wins() -> None:
    policy = SmokePolicy(
        severity="warning",
        environment=(("A", "all"), ("B", "all")),
        packages=(("demo", SmokeChoice(severity="error", environment=(("A", "own"),))),),
    )
    assert policy.tolerates("other")
    assert not policy.tolerates("demo")
    assert policy.variables("demo") == (("A", "own"), ("B", "all"))
    assert policy.variables("other") == (("A", "all"), ("B", "all"))


def test_packages_have_to_be_there() -> None:
    policy = read("packages.wand.severity = 'warning'")
    policy.require_packages(["wand"])
    with pytest.raises(
        SettingsError, match="'wand' is neither in the lock nor installed"
    ) as caught:
        policy.require_packages(["band"])
    assert caught.value.hint == "did you mean 'band'?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("environment = 1", " environment: expected a table, found 1"),
        ("environment.A = 1", " environment: A: expected a string, found 1"),
        ("environment.'A=B' = 'x'", " environment: 'A=B' is no name of a variable"),
        ('environment.A = "\\u0000"', " environment: A: expected a string, found '\\x00'"),
        ("packages.x.include = 'x'", " packages.x include: expected an array of patterns"),
        ("packages.x.exclude = [' ']", " packages.x exclude: expected an array of patterns"),
        ("packages.x.statements = [1]", " packages.x statements: expected an array of statements"),
        ("packages.x.statements = ['import']", " packages.x statements: 'import' is not Python: "),
        ("packages.x.timeout = 0", " packages.x timeout: expected a positive number of seconds"),
        ("packages.x.timeout = true", " packages.x timeout: expected a positive number"),
        ("packages.x.timeout = nan", " packages.x timeout: expected a positive number"),
        ("packages.x.severity = 'note'", " packages.x severity: expected one of error, warning"),
        ("packages.x.sever = 1", " packages.x: unknown key 'sever'"),
    ],
)
def test_a_table_that_means_nothing(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert str(caught.value).startswith(f"{WHERE}{said}")
