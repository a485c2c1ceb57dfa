from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.advice import Extras, advised
from syncsteps.smoke.model import ImportResult, SmokeTarget, Verdict
from tests.support.wheels import metadata

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def extras(tmp_path: Path) -> Extras:
    requires = ("PyYAML>=5; extra == 'conf'", "rich; extra == 'cli' and python_version > '3'", "x")
    (tmp_path / "METADATA").write_text(metadata("demo", "1", requires=requires))
    missing = SmokeTarget(name="other", metadata=tmp_path / "nowhere")
    return Extras([SmokeTarget(name="demo", metadata=tmp_path), missing])


def advice(extras: Extras, missing: str) -> str:
    result = ImportResult(
        distribution="demo", verdict=Verdict.MISSING_MODULE, modules=("demo",), missing=missing
    )
    return advised(result, extras, str).advice


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("yaml", "demo[conf]"),
        ("rich.console", "demo[cli]"),
        ("x", "add x to the project"),
        ("PIL.Image", "add pillow to the project"),
        ("google.cloud.storage", "add google-cloud-storage to the project"),
        ("demo._speedups", "the distribution itself lacks it"),
        ("demonstration", "add demonstration to the project"),
        ("_tkinter", "python3-tk"),
        ("imp", "newer Pythons have no imp"),
        ("_sqlite3", "a Python that was built with _sqlite3"),
    ],
)
def test_a_missing_module(extras: Extras, missing: str, said: str) -> None:
    assert said in advice(extras, missing)


def test_a_missing_library_has_its_package(extras: Extras) -> None:
    result = ImportResult(
        distribution="demo", verdict=Verdict.MISSING_LIBRARY, library="libGL.so.1"
    )
    command = advised(result, extras, lambda soname: f"get {soname}").advice
    assert command == "get libGL.so.1"
    assert "libGL.so.1" in advised(result, extras, lambda _soname: "").advice


@pytest.mark.parametrize("verdict", [each for each in Verdict if each.remarkable])
def test_whatever_is_remarkable_has_advice(extras: Extras, verdict: Verdict) -> None:
    assert advised(ImportResult(distribution="demo", verdict=verdict), extras, str).advice


def test_what_is_well_has_none(extras: Extras) -> None:
    assert not advised(ImportResult(distribution="d", verdict=Verdict.OK), extras, str).advice
