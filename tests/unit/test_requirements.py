from __future__ import annotations

import pytest

from syncsteps.requirements import extras_of, required_name, requirements_of
from tests.support.values import make_installed, make_system

ENVIRONMENT = dict(make_system().environment)
DISTRIBUTION = make_installed(
    requires=(
        "urllib3<1.27,>=1.21.1",
        "Zope.Interface (>=5)",
        'colorama; sys_platform == "win32"',
        'PySocks>=1.5; extra == "socks"',
        "not a requirement",
        'odd; python_version > "abc" and extra == "x" and',
    )
)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("urllib3<1.27", "urllib3"),
        ("Zope.Interface (>=5)", "zope-interface"),
        ("a_b[x]", "a-b"),
        ("==1", ""),
    ],
)
def test_the_name_that_a_line_begins_with(line: str, name: str) -> None:
    assert required_name(line) == name


def names(**how: object) -> list[str]:
    return [one.name for one in requirements_of(DISTRIBUTION, ENVIRONMENT, **how)]  # type: ignore[arg-type]


def test_what_applies_to_the_target_without_extras() -> None:
    assert names() == ["urllib3", "Zope.Interface"]


def test_what_an_extra_asks_for_comes_in_addition() -> None:
    assert names(extra="socks") == ["urllib3", "Zope.Interface", "PySocks"]


def test_only_what_is_asked_about() -> None:
    assert names(among={"zope-interface", "colorama"}) == ["Zope.Interface"]


def test_the_extras_that_are_asked_for_of_others() -> None:
    one = make_installed(
        requires=(
            "requests[Use_Chardet,socks]>=2",
            "plain",
            "other[x]; python_version < '3'",
            "deep[y]; extra == 'all'",
            "broken[z",
        )
    )
    always = [("requests", "socks"), ("requests", "use-chardet")]
    assert sorted(extras_of(one, ENVIRONMENT)) == always
    assert sorted(extras_of(one, ENVIRONMENT, extra="all")) == [("deep", "y"), *always]
    assert list(extras_of(DISTRIBUTION, ENVIRONMENT)) == []
