from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import syncsteps

CHECKOUT = str(Path(syncsteps.__file__).parent.parent)

# What Python itself has imported on start-up, or is compiled into it.
CHEAP = {"__future__", "_blake2"}


def test_the_first_question_is_asked_with_next_to_nothing_imported() -> None:
    code = (
        f"import sys; sys.path.insert(0, {CHECKOUT!r}); before = set(sys.modules)\n"
        "import syncsteps.start\n"
        "print(*(set(sys.modules) - before))"
    )
    # Without `site`: an environment's own start-up files import what they like.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name for name in done.stdout.split() if name.partition(".")[0] != "syncsteps"}
    standard = {"abc", "_abc", "_collections_abc", "_stat", "genericpath", "os", "os.path"}
    standard |= {"ntpath", "posixpath", "stat"}
    assert loaded - standard <= CHEAP


def test_misuse_is_told_by_the_long_way() -> None:
    code = (
        f"import sys; sys.path.insert(0, {CHECKOUT!r})\n"
        "sys.argv[1:] = ['sync', '--nonsense']\n"
        "from syncsteps.start import entry_point; entry_point()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--nonsense" in done.stderr
