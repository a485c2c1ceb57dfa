"""A module from the shelf leaves Python as importing it anew does, on every Python that is here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncsteps.smoke import SmokeTarget, Verdict, _shelf, smoke_imports
from tests.support.interpreters import make_interpreter
from tests.support.wheels import metadata

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="there is a shelf where there are forks"
)

SHELF = Path(_shelf.__file__)
PYTHONS = sorted(
    {
        Path(sys.executable),
        *Path.home().glob(".pyenv/versions/3.[0-9]*/bin/python"),
    }
)
_SEEN = """
import sys
def seen():
    attributes = []
    for name in sys.modules:
        parent, _, last = name.rpartition(".")
        if parent in sys.modules and hasattr(sys.modules[parent], last):
            attributes.append(name)
    return [sorted(n for n in sys.modules if not n.startswith("syncsteps")), sorted(attributes)]
"""
_SHELVED = """
import sys
path, names = sys.argv[1], sys.argv[2].split(",")
shelf_module = type(sys)("syncsteps.smoke._shelf")
shelf_module.__spec__ = None
with open(path, "rb") as file:
    exec(compile(file.read(), "<syncsteps>", "exec"), vars(shelf_module))
shelf = shelf_module.Shelf("syncsteps.", {})
shelf.load(shelf_module.FIRST_MODULES)
shelf.load(shelf_module.MODULES + shelf_module.LINKED_MODULES)
import os, json
shelf.close()
for name in names:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            __import__(name)
            found = seen()
        except ImportError:
            found = None
        os.write(writing, (json.dumps(found) + "\\n").encode())
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as file:
        os.write(1, file.read())
    os.waitpid(pid, 0)
"""
_FRESH = """
import site
try:
    __import__(sys.argv[1])
    found = seen()
except ImportError:
    found = None
import json
print(json.dumps(found))
"""
NAMES = (
    *_shelf.MODULES[::4],
    "collections.abc",
    "typing",
    "asyncio",
    "xml.etree.ElementTree",
    "ssl",
)


def run(python: Path, code: str, *arguments: str) -> list[list[list[str]] | None]:
    done = subprocess.run(
        [python, "-I", "-S", "-B", "/dev/stdin", *arguments],
        input=_SEEN + code,
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def require_target(python: Path) -> None:
    version = subprocess.run(
        [python, "-c", "import sys; print(sys.version_info >= (3, 9))"],
        capture_output=True,
        text=True,
        check=True,
    )
    if version.stdout.strip() != "True":
        pytest.skip("no target is older than 3.9")


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_imports_are_forked_and_judged(python: Path, tmp_path: Path) -> None:
    require_target(python)
    sources = {
        "good": "import asyncio, dataclasses, logging, ssl\nprint(dataclasses)",
        "exits": "import sys; sys.exit(1)",
        "aborts": "import os; os.abort()",
        "hangs": "import time; time.sleep(600)",
        "misses": "import no_such_thing",
    }
    targets = []
    for name, source in sources.items():
        info = tmp_path / f"{name}-1.dist-info"
        info.mkdir()
        (tmp_path / f"{name}.py").write_text(source)
        (info / "METADATA").write_text(metadata(name, "1"))
        (info / "RECORD").write_text(f"{name}.py,,\n")
        targets.append(SmokeTarget(name=name, metadata=info))
    results = smoke_imports(
        targets,
        interpreter=make_interpreter(executable=python),
        site=(tmp_path,),
        jobs=2,
        timeout=5.0,
        environment=dict(os.environ),
        on_result=lambda _result: None,
    )
    assert [(each.verdict, each.module) for each in results] == [
        (Verdict.OK, ""),
        (Verdict.EXITED, "exits"),
        (Verdict.CRASHED, "aborts"),
        (Verdict.TIMED_OUT, "hangs"),
        (Verdict.MISSING_MODULE, "misses"),
    ]
    assert results[0].forked


@pytest.mark.parametrize("python", PYTHONS, ids=str)
def test_nothing_tells_a_module_from_the_shelf_from_a_new_one(python: Path) -> None:
    require_target(python)
    shelved = run(python, _SHELVED, str(SHELF), ",".join(NAMES))
    assert len(shelved) == len(NAMES)
    for name, found in zip(NAMES, shelved, strict=True):
        assert [found] == run(python, _FRESH, name), name
