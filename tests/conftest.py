"""What holds for all tests: how long one takes says nothing about whether it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

_TOLD = "told"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A function that prints a line at the end of the run, if the test passes.

    For numbers that say how much a test has tried. A report carries them out of xdist's workers.
    """

    def line(text: str) -> None:
        request.node.user_properties.append((_TOLD, text))

    return line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests that passed have told."""
    lines = [
        value
        for report in terminalreporter.getreports("passed")
        for key, value in report.user_properties
        if key == _TOLD
    ]
    if lines:
        terminalreporter.section("what was tried")
    for line in sorted(lines):
        terminalreporter.write_line(line)
