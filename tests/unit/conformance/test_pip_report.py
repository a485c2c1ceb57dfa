from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.oracle import Refused
from tests.conformance.oracles.pip_report import Said, pins_of_report, taken_before_build
from tests.conformance.pins import Pin

UNBUILT = "error: subprocess-exited-with-error\nERROR: Failed to build 'demo'\n"


def installed(name: str, version: str, url: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "version": version},
        "download_info": {"url": url, "archive_info": {"hashes": {"sha256": "a" * 64}}},
    }


def said(output: str = "", errors: str = "", *, report: dict[str, Any] | None = None) -> Said:
    return Said(report=report, output=output, errors=errors)


def test_the_files_of_a_report() -> None:
    wheel = "https://index.invalid/a1/Demo_One-1.0-cp312-cp312-linux_x86_64.whl"
    sdist = "https://index.invalid/a2/two-2.0%2Bx.tar.gz"
    report = {"install": [installed("Demo_One", "1.0", wheel), installed("two", "2.0+x", sdist)]}
    hashes = frozenset({f"sha256:{'a' * 64}"})

    assert pins_of_report(report) == {
        Pin(name="demo-one", version="1.0", file="cp312-cp312-linux_x86_64", hashes=hashes),
        Pin(name="two", version="2.0+x", file="sdist", hashes=hashes),
    }
    assert said(report=report).pins() == pins_of_report(report)


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ("WARNING: old\nERROR: Ignored\nERROR: No matching distribution\n", "No matching"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n    demo from\n", "DO NOT MATCH"),
        ("killed\n", "killed"),
    ],
)
def test_no_report_is_a_refusal(errors: str, told: str) -> None:
    pins = said(errors=errors).pins()

    assert isinstance(pins, Refused)
    assert told in str(pins)


@pytest.mark.parametrize(
    "line",
    [
        "  Downloading demo-1.0.tar.gz (3.4 MB)",
        "  Using cached demo-1.0.tar.gz (3.4 MB)",
        "  Downloading https://index.invalid/a1/demo-1.0.tar.gz",
    ],
)
def test_the_sdist_that_could_not_be_built(line: str) -> None:
    output = f"Collecting demo==1.0 (from -r r.txt (line 1))\n{line}\n  Preparing metadata: error\n"

    assert taken_before_build(said(output, UNBUILT)) == "demo-1.0.tar.gz"


def test_the_sdist_whose_metadata_were_refused() -> None:
    refused = "ERROR: Distributions from PyPI cannot declare direct URL dependencies.\n"

    assert taken_before_build(said("  Downloading demo-1.0.tar.gz\n", refused)) == (
        "demo-1.0.tar.gz"
    )


@pytest.mark.parametrize(
    "other",
    [
        said("  Downloading demo-1.0.tar.gz\n", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n"),
        said("Collecting demo==1.0\n", UNBUILT),
        said("  Downloading demo-1.0.tar.gz\n", UNBUILT, report={"install": []}),
        said("  Downloading demo-1.0-py3-none-any.whl\n", UNBUILT),
    ],
)
def test_nothing_was_taken_to_be_built(other: Said) -> None:
    assert taken_before_build(other) is None
