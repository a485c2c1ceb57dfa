from __future__ import annotations

import pytest

from syncsteps.interpreter.probe import BUILD_TOOLS
from syncsteps.plan import Install, Keep
from syncsteps.selection.model import Unavailable
from syncsteps.settings import Settings
from syncsteps.verify import Severity, verify
from tests.support.values import (
    PROJECT,
    make_directory,
    make_facts,
    make_installed,
    make_package,
    make_plan_of,
    make_sdist,
    make_selected,
    make_selection,
    make_system,
)

ALL_TOOLS = tuple(BUILD_TOOLS)


def test_a_package_without_a_file_for_the_target() -> None:
    reason = "demo 1.0 has wheels for cp311 only, and the target is cp312"
    missing = Unavailable(package=make_package(), reason=reason)
    (finding,) = verify(make_facts(selection=make_selection(unavailable=(missing,))))
    assert (finding.code, finding.subject, finding.message) == ("FIL001", "demo", reason)
    assert finding.severity is Severity.ERROR
    assert finding.exit_code == 3
    assert "--python" in finding.hint


def test_an_sdist_that_has_to_be_built_is_a_warning() -> None:
    sdist = make_selected(chosen=make_sdist())
    plan = make_plan_of(
        Install(selected=sdist, reason="not installed"),
        Install(selected=make_selected("wheel"), reason="not installed"),
    )
    (finding,) = verify(make_facts(sdist, plan=plan))
    assert (finding.code, finding.severity) == ("FIL002", Severity.WARNING)
    assert finding.message == "demo 1.0 has no wheel for the target: it is built from its sdist"
    assert "build tools" in finding.hint


def test_an_sdist_that_is_already_installed_is_not_built() -> None:
    sdist = make_selected(chosen=make_sdist())
    plan = make_plan_of(Keep(selected=sdist, installed=make_installed(), reason="already there"))
    assert verify(make_facts(sdist, plan=plan)) == ()


@pytest.mark.parametrize(
    ("known", "absent"),
    [
        ({}, ""),
        ({"build_tools": ALL_TOOLS, "python_headers": True}, ""),
        ({"build_tools": ALL_TOOLS, "python_headers": False}, "Python.h"),
        (
            {"build_tools": (), "python_headers": True},
            "a C compiler, a C++ compiler, make, cmake, cargo, rustc",
        ),
        (
            {"build_tools": ("cc", "make", "rustc"), "python_headers": False},
            "a C++ compiler, cmake, cargo, Python.h",
        ),
    ],
)
def test_what_a_build_may_need_and_is_absent(known: dict[str, object], absent: str) -> None:
    action = Install(selected=make_selected(chosen=make_sdist()), reason="not installed")
    facts = make_facts(plan=make_plan_of(action), interpreter=make_system(**known))
    (finding,) = verify(facts)
    said = f"; what a build may need and is not here: {absent}" if absent else ""
    assert finding.message.endswith(f"it is built from its sdist{said}")


NEVER = Settings(directory=PROJECT, build="never")


def test_where_builds_are_forbidden_each_is_an_error_that_says_why() -> None:
    plan = make_plan_of(
        Install(selected=make_selected(chosen=make_sdist()), reason="not installed"),
        Install(selected=make_directory(version=None), reason="not installed"),
        Install(selected=make_selected("wheel"), reason="not installed"),
    )
    findings = verify(make_facts(plan=plan, settings=NEVER))
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("FIL003", Severity.ERROR),
        ("FIL003", Severity.ERROR),
    ]
    assert [finding.message for finding in findings] == [
        "demo 1.0 would have to be built, which is forbidden: the lock has no wheel of it",
        "project would have to be built, which is forbidden: it is a directory",
    ]
    assert "--build auto" in findings[0].hint


def test_what_is_installed_already_is_not_built_either() -> None:
    keep = Keep(selected=make_directory(), installed=make_installed("project"), reason="is there")
    assert verify(make_facts(plan=make_plan_of(keep), settings=NEVER)) == ()


@pytest.mark.parametrize("build", ["auto", "never"])
def test_from_a_wheelhouse_nothing_is_built(build: str) -> None:
    action = Install(selected=make_selected(chosen=make_sdist()), reason="not installed")
    settings = Settings(directory=PROJECT, build=build, wheelhouse="house")
    assert verify(make_facts(plan=make_plan_of(action), settings=settings)) == ()
