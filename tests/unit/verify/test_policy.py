from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.errors import SettingsError
from syncsteps.verify import RULES, Judgement, Policy, Severity, read_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

CODES = [rule.code for rule in RULES]
WHERE = "pyproject.toml: [tool.syncsteps.verify]"


def read(text: str) -> Policy:
    return read_policy(tomli.loads(text), where=WHERE)


def refused(text: str, known: Sequence[str] = CODES) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        read(text).require_codes(known)
    return caught.value


def test_every_part_is_read() -> None:
    policy = read("""
        ignore = ["LCK002"]
        severity = { FIL002 = "error" }
        packages.NumPy = { ignore = ["FIL002"], severity = { LCK003 = "warning" } }
    """)
    own = Judgement(ignore=("FIL002",), severity=(("LCK003", Severity.WARNING),))
    assert policy == Policy(
        everywhere=Judgement(ignore=("LCK002",), severity=(("FIL002", Severity.ERROR),)),
        packages=(("numpy", own),),
        where=WHERE,
    )
    policy.require_codes(CODES)
    policy.require_packages(["numpy", "idna"])


def test_an_empty_table_changes_nothing() -> None:
    policy = read("")
    assert policy == Policy(where=WHERE)
    assert policy.severity("FIL002", "numpy", Severity.WARNING) is Severity.WARNING


class TestSeverity:
    POLICY = read("""
        ignore = ["LCK002", "FIL001"]
        severity = { FIL002 = "error", SYS001 = "note" }
        packages.numpy = { ignore = ["FIL002"], severity = { FIL001 = "warning" } }
        packages.zope-interface = { severity = { SYS001 = "error" } }
    """)

    @pytest.mark.parametrize(
        ("code", "subject", "expected"),
        [
            ("LCK001", "pylock.toml", Severity.WARNING),  # of which nothing is said
            ("LCK002", "pylock.toml", None),
            ("FIL002", "scipy", Severity.ERROR),
            ("FIL002", "numpy", None),
            ("FIL001", "scipy", None),
            ("FIL001", "numpy", Severity.WARNING),
            ("LCK002", "numpy", None),
            ("SYS001", "six", Severity.NOTE),
            ("SYS001", "zope-interface", Severity.ERROR),
        ],
    )
    def test_what_is_said_of_a_package_wins(
        self, code: str, subject: str, expected: Severity | None
    ) -> None:
        assert self.POLICY.severity(code, subject, Severity.WARNING) is expected


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('ignored = ["LCK002"]', f"{WHERE}: unknown key 'ignored'", "did you mean 'ignore'?"),
        ("zzz = 1", "unknown key 'zzz'", "known keys: ignore, severity, packages"),
        ('ignore = "LCK002"', f"{WHERE} ignore: expected an array of codes, found 'LCK002'", ""),
        ("ignore = [1]", "expected an array of codes, found [1]", ""),
        ('severity = "error"', f"{WHERE} severity: expected a table, found 'error'", ""),
        (
            'severity = { FIL002 = "fatal" }',
            f"{WHERE} severity: FIL002 = 'fatal': expected one of error, warning, note",
            'write ignore = ["FIL002"]',
        ),
        ("severity = { FIL002 = false }", "FIL002 = False: expected one of error", ""),
        (
            'ignore = ["FIL002"]\nseverity = { FIL002 = "note" }',
            f"{WHERE}: FIL002 is both ignored and given a severity",
            "keep one",
        ),
        ("packages = []", f"{WHERE} packages: expected a table, found []", ""),
        ("packages.numpy = 1", f"{WHERE} packages.numpy: expected a table, found 1", ""),
        ("packages.numpy.packages = {}", f"{WHERE} packages.numpy: unknown key 'packages'", ""),
        (
            "packages.zope_interface = {}\npackages.Zope-Interface = {}",
            f"{WHERE} packages.Zope-Interface: zope-interface has two tables",
            "make them one",
        ),
        ('ignore = ["FIL0002"]', f"{WHERE}: no rule has the code 'FIL0002'", "did you mean 'FIL00"),
        ('ignore = ["fil002"]', "no rule has the code 'fil002'", "did you mean 'FIL002'?"),
        ('severity = { X = "note" }', "no rule has the code 'X'", "the rules are INT001, "),
        (
            'packages.numpy.ignore = ["XYZ999"]',
            f"{WHERE} packages.numpy: no rule has the code 'XYZ999'",
            "the rules are",
        ),
    ],
)
def test_what_means_nothing_is_refused(text: str, said: str, hint: str) -> None:
    error = refused(text)
    assert said in str(error)
    assert hint in error.hint
    assert error.exit_code == 2


def test_a_value_that_is_no_table() -> None:
    with pytest.raises(SettingsError, match="expected a table, found 'strict'"):
        read_policy("strict", where=WHERE)


def test_a_package_that_is_nowhere_is_refused() -> None:
    policy = read('packages.nunpy.ignore = ["FIL002"]')
    with pytest.raises(SettingsError, match="'nunpy' is neither in the lock nor inst") as caught:
        policy.require_packages({"numpy", "idna"})
    assert caught.value.hint == "did you mean 'numpy'?"
    with pytest.raises(SettingsError) as caught:
        policy.require_packages({"idna"})
    assert caught.value.hint == "remove its table"


@pytest.mark.parametrize(
    "text",
    [
        'severity = { LCK004 = "warning" }',
        'packages.demo = { severity = { LCK004 = "note" } }',
        'packages.demo = { ignore = ["LCK004"] }',
    ],
)
def test_a_rule_that_later_steps_rely_on_is_ignored_for_all_or_for_none(text: str) -> None:
    error = refused(text)
    assert "LCK004 can only be ignored for all packages" in str(error)
    assert 'write ignore = ["LCK004"]' in error.hint


@pytest.mark.parametrize(
    "text", ['ignore = ["LCK004"]', 'packages.demo = { severity = { LCK004 = "error" } }']
)
def test_such_a_rule_may_be_ignored_for_all_and_made_stricter(text: str) -> None:
    read(text).require_codes(CODES)
