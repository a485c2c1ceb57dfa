"""The one-file form: built by its session, run by every Python that is here, with nothing else."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from syncsteps.processes import run
from tests.support.interpreters import installed_prefixes, throwaway_interpreter
from tests.support.projects import snapshot, write_requirements
from tests.support.readme import code_block
from tests.support.wheels import make_wheel
from tests.support.workflows import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.index import Index

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

METADATA = frozenset({"INSTALLER", "METADATA", "RECORD", "REQUESTED", "WHEEL"})
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


def pythons() -> Iterator[Path]:
    for version in VERSIONS:
        for prefix in list(installed_prefixes(version))[:1]:
            yield prefix / "bin" / "python3"


def test_every_python_runs_it_and_syncs_with_it(pyz: Path, index: Index, tmp_path: Path) -> None:
    target = throwaway_interpreter(tmp_path / "system", "3.12")
    project = tmp_path / "project"
    project.mkdir()
    wheels = [make_wheel(index.directory, name, "1.0") for name in ("alpha", "beta")]
    write_requirements(project, wheels)
    before = snapshot(target.parent.parent)
    seen, options = [], ("--reinstall-package", "beta", "--json", "-")
    # No other folder on Python's path than its own; uv is where a container has it mounted.
    uv = Path(find_uv_bin())
    variables = {
        "HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([str(uv.parent), os.defpath]),
        "UV_DEFAULT_INDEX": index.url,
        "SYNCSTEPS_NO_CACHE": "1",
    }
    for python in pythons():
        done = run(
            [python, "-I", pyz, "sync", "--python", target, *options],
            environment=variables,
            directory=project,
            timeout=300,
        )
        assert done.status == 0, done.stderr
        document = json.loads(done.stdout)
        assert {each["verdict"] for each in document["imports"]} == {"ok"}
        assert document["changed"]
        seen.append(document["digest"])
    assert len(seen) > 1
    assert set(seen) == {seen[0]}
    added = {Path(path).name for path in snapshot(target.parent.parent).keys() - before.keys()}
    assert {name for name in added if not name.endswith(".dist-info")} - METADATA == {
        "alpha.py",
        "beta.py",
        ".syncsteps",
        "receipts",
        "project.json",
    }


def test_the_job_of_the_readme(pyz: Path, index: Index, tmp_path: Path) -> None:
    job = read_yaml(code_block("In GitHub Actions, GitLab and pre-commit", "sync:"))["sync"]
    target = throwaway_interpreter(tmp_path / "system")
    project = tmp_path / "project"
    project.mkdir()
    shutil.copyfile(pyz, project / "syncsteps.pyz")
    write_requirements(project, [make_wheel(index.directory, "alpha", "1.0")])
    programs = (target.parent, Path(find_uv_bin()).parent)
    done = run(
        ["bash", "-euc", "\n".join(job["script"])],
        environment={
            "HOME": str(tmp_path / "home"),
            "PATH": os.pathsep.join([*map(str, programs), os.defpath]),
            "UV_DEFAULT_INDEX": index.url,
        },
        directory=project,
        timeout=300,
    )
    assert done.status == 0, done.stderr
    assert run([target, "-c", "import alpha"]).status == 0
    report = project / job["artifacts"]["reports"]["junit"]
    assert "<testsuites" in report.read_text("utf-8")
