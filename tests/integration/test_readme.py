"""The README's own examples, on a real interpreter: commands, settings and the library."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from syncsteps import processes
from syncsteps.cli import main
from syncsteps.interpreter import from_json, to_json
from tests.support.interpreters import make_interpreter
from tests.support.readme import code_block
from tests.support.wheels import make_sdist, make_wheel, sha256

if TYPE_CHECKING:
    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket


def commands(block: str) -> list[list[str]]:
    """Return the commands of a block, each without the ``syncsteps`` that it begins with."""
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    assert {line[0] for line in lines} == {"syncsteps"}
    return [line[1:] for line in lines]


def run(system: System, command: list[str]) -> int:
    """Run a command in the project as it is printed, where ``python3`` is the target."""
    there = os.pathsep.join([str(system.target.parent), os.environ["PATH"]])
    environment = {**system.environment, "PATH": there, "SYNCSTEPS_BREAK_SYSTEM_PACKAGES": "1"}
    return main(command, environment=environment, directory=system.project)


def write_pyproject(system: System, block: str) -> None:
    text = f'[project]\nname = "service"\nversion = "1"\n{block}'
    (system.project / "pyproject.toml").write_text(text, encoding="utf-8")


def test_a_lock_against_snapshots(
    system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    once, verify = commands(code_block("Verbs", "syncsteps inspect -o base.json"))
    monkeypatch.chdir(system.project)  # where -o starts from
    assert run(system, once) == 0
    text = (system.project / "base.json").read_text("utf-8")
    assert from_json(text).executable.parent == system.target.parent
    images = system.project / "images"
    images.mkdir()
    (images / "base.json").write_text(text, encoding="utf-8")
    other = to_json(make_interpreter(version="3.9.2"))
    (images / "other.json").write_text(other, encoding="utf-8")
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}-none-any"
    system.lock([make_wheel(system.index.directory, "alpha", "1.0", tag=tag)])
    capsys.readouterr()
    assert run(system, verify) == 1
    base, worse, *_ = capsys.readouterr().err.splitlines()
    assert base.split()[:2] == ["fits", "base"]
    assert worse.split()[1] == "other"
    assert "1 error" in worse


def test_the_same_at_home(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    block = code_block("The same at home", "syncsteps sync --json synced.json")
    sync, against, shell = commands(block)
    system.lock([make_wheel(system.index.directory, "alpha", "1.0", files={"alpha.py": ""})])
    assert run(system, sync[:1] + sync[1:2] + [str(system.project / sync[2])]) == 0
    before = system.snapshot()
    capsys.readouterr()
    assert run(system, against) == 0
    assert "reproduced, as " in capsys.readouterr().err.splitlines()[-1]
    assert run(system, shell) == 0
    assert system.snapshot() == before


def test_a_lock_against_images(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    (verify,) = commands(code_block("Verbs", "syncsteps verify --interpreter python:3.13-slim"))
    wheel = make_wheel(system.index.directory, "alpha", "1.0")
    system.lock([wheel])
    assert run(system, verify) == 0
    said = capsys.readouterr().err
    for name in verify[2::2]:
        assert name in said
    compiled = make_wheel(
        system.index.directory, "beta", "1.0", tag="cp313-cp313-manylinux_2_28_x86_64"
    )
    system.lock([wheel, compiled])
    assert run(system, verify) != 0


def test_how_much_findings_matter(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    write_pyproject(system, code_block("Verbs", "[tool.syncsteps.verify]"))
    lines = ['lock-version = "1.0"', 'created-by = "test"']
    for name in ("alpha", "numpy"):
        sdist = make_sdist(system.index.directory, name, "1.0")
        url = system.index.file_url(sdist.name)
        lines += [
            "[[packages]]",
            f'name = "{name}"',
            'version = "1.0"',
            f'sdist = {{ url = "{url}", hashes = {{ sha256 = "{sha256(sdist)}" }} }}',
        ]
    (system.project / "pylock.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert system.run("verify") == 1
    said = capsys.readouterr().err
    assert "LCK002" not in said
    assert "error FIL002: alpha" in said
    assert "numpy" not in said
    (system.project / "pyproject.toml").unlink()
    assert system.run("verify", "--verbose") == 0
    said = capsys.readouterr().err
    assert "LCK002" in said
    assert "numpy" in said


def test_what_is_imported(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    write_pyproject(system, code_block("Verbs", "[tool.syncsteps.smoke]"))
    plugin = "import os\nassert os.environ['QT_QPA_PLATFORM'] == 'offscreen'\n"
    folder = system.index.directory
    demo = make_wheel(
        folder, "demo", "1.0", files={"demo/__init__.py": "", "demo/plugins/one.py": plugin}
    )
    torch = make_wheel(folder, "torch", "1.0", files={"torch.py": "raise OSError('no GPU')\n"})
    image = "class Image:\n    def __init__(self): raise OSError('no MagickWand')\n"
    wand = make_wheel(folder, "wand", "1.0", files={"wand/__init__.py": "", "wand/image.py": image})
    system.lock([demo, torch, wand])
    assert system.run("sync", "--verbose") == 0
    said = capsys.readouterr().err
    assert "no GPU" not in said
    assert "no MagickWand" in said
    assert set(system.installed()) == {"demo", "torch", "wand"}
    (system.project / "pyproject.toml").unlink()
    assert system.run("smoke") == 1
    assert "no GPU" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a line for a POSIX shell")
def test_what_the_dockerfiles_replace(system: System) -> None:
    """It does what it is said to do; so the comparison is with something that works."""
    line = code_block("In a Dockerfile", "RUN uv pip compile").removeprefix("RUN ")
    make_wheel(system.index.directory, "alpha", "1.0")
    write_pyproject(system, 'dependencies = ["alpha"]\n')
    programs = [str(system.target.parent), str(Path(find_uv_bin()).parent)]
    environment = {
        # Else uv takes the Python of nox's session, which nox names, for the system's.
        **{name: value for name, value in system.environment.items() if name != "UV_PYTHON"},
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "UV_DEFAULT_INDEX": system.index.url,
    }
    done = processes.run(
        ["sh", "-euc", line], environment=environment, directory=system.project, timeout=120
    )
    assert done.status == 0, done.stderr
    assert system.installed() == {"alpha": "1.0"}


def test_the_library(
    service: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = code_block("As a library", "from pathlib import Path")
    assert code.count("/usr/bin/python3") == 1
    code = code.replace("/usr/bin/python3", str(service.target))
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - it is the README's own
    assert set(service.installed()) == {"alpha", "beta"}
    found, came, done = capsys.readouterr().out.splitlines()
    assert found.startswith("note LCK002 ")
    assert came.endswith(" files come, 0 go")
    assert re.fullmatch("True [0-9a-f]{64}", done)
    monkeypatch.chdir(service.project)  # where there is no directory of that name
    code = code.partition("for finding")[0] + code[code.index("def tell") :]
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - as above
    assert capsys.readouterr().out.startswith("ERR300 ")
