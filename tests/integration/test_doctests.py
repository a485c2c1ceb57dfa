"""The examples in the docstrings of the public API, run on a real interpreter."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import syncsteps

pytestmark = pytest.mark.enable_socket

PUBLIC = {name: getattr(syncsteps, name) for name in syncsteps.__all__}
FUNCTIONS = sorted(name for name, value in PUBLIC.items() if inspect.isfunction(value))
OTHERS = ["Settings", "SyncstepsError"]


def examples(name: str) -> list[doctest.DocTest]:
    """Return the examples in a public object's docstring, with the public names at hand."""
    value = PUBLIC.get(name, syncsteps)
    module = inspect.getmodule(value)
    known = {**vars(module), "Path": Path, "Settings": syncsteps.Settings}
    finder = doctest.DocTestFinder(exclude_empty=True, recurse=False)
    return finder.find(value, name, module=module, globs=known)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("name", ["syncsteps", *FUNCTIONS, *OTHERS])
def test_the_examples_say_what_comes_out(name: str) -> None:
    (found,) = examples(name)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    outcome = runner.run(found, out=said.append)
    assert outcome.attempted > 0
    assert outcome.failed == 0, "".join(said)
