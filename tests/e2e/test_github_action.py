"""What the composite action and the reusable workflow run, with the variables of GitHub."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import run
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import write_pylock, write_requirements
from tests.support.readme import code_block
from tests.support.wheels import make_wheel
from tests.support.workflows import CHECKOUT, read_action, read_workflow, read_yaml

if TYPE_CHECKING:
    from syncsteps.processes import Completed
    from tests.support.index import Index

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

SCRIPT = CHECKOUT / ".github" / "actions" / "sync-system" / "sync.sh"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job on a runner whose python3 is a throwaway interpreter."""

    place: Path
    python: Path
    index: Index

    def step(self, *, lock: str = "", target: str = "", options: str = "") -> Completed:
        """Run the action's script in the project; ``target`` is the job's Python by default."""
        (self.place / "temp").mkdir(exist_ok=True)
        (self.place / "output").write_text("")
        return run(
            ["bash", SCRIPT],
            environment={
                **self.variables,
                "RUNNER_TEMP": str(self.place / "temp"),
                "GITHUB_OUTPUT": str(self.place / "output"),
                "GITHUB_STEP_SUMMARY": str(self.place / "summary"),
                "GITHUB_WORKSPACE": str(self.project),
                "GITHUB_ACTIONS": "true",
                "UV_DEFAULT_INDEX": self.index.url,
                "LOCK": lock,
                "TARGET": target or str(self.python),
                "OPTIONS": options,
            },
            directory=self.project,
            timeout=600,
        )

    @property
    def variables(self) -> dict[str, str]:
        # The first on PATH has no pip; the one that runs pytest has.
        return {**os.environ, "PATH": f"{self.place / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    @property
    def project(self) -> Path:
        return self.place / "project"

    @property
    def outputs(self) -> dict[str, str]:
        lines = (self.place / "output").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def job(tmp_path: Path, index: Index) -> Job:
    (tmp_path / "project").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    python = throwaway_interpreter(tmp_path / "system")
    return Job(place=tmp_path, python=python, index=index)


def test_a_step_syncs_and_tells_the_steps_after_it(job: Job) -> None:
    write_requirements(job.project, [make_wheel(job.index.directory, "alpha", "1.0")])
    done = job.step(options="--no-project\n--verbose\n")
    assert done.status == 0, done.stderr
    outputs = job.outputs
    document = json.loads(Path(outputs["report"]).read_text("utf-8"))
    assert outputs == {
        "changed": "true",
        "digest": document["digest"],
        "report": str(job.place / "temp" / "syncsteps.json"),
    }
    assert len(outputs["digest"]) == 64
    assert "## syncsteps sync: done" in (job.place / "summary").read_text("utf-8")
    again = job.step(lock="requirements.txt")
    assert again.status == 0, again.stderr
    assert (job.outputs["changed"], job.outputs["digest"]) == ("false", outputs["digest"])


def test_a_step_that_fails_says_why_and_changes_nothing(job: Job) -> None:
    broken = make_wheel(job.index.directory, "beta", "1.0", files={"beta.py": "import absent\n"})
    write_requirements(job.project, [broken])
    done = job.step()
    assert done.status == 1
    assert "::error" in done.stdout + done.stderr
    assert (job.outputs["changed"], job.outputs["digest"]) == ("false", "")
    assert run([job.python, "-c", "import beta"]).status == 1


def test_the_step_of_the_readme(job: Job, tmp_path: Path) -> None:
    (step,) = read_yaml(code_block("In GitHub Actions, GitLab and pre-commit", "- uses:"))
    path, _, version = step["uses"].removeprefix("OWNER/syncsteps/").partition("@")
    assert SCRIPT.is_relative_to(CHECKOUT / path)
    assert version == "v1"
    assert step["with"].keys() <= read_action("sync-system")["inputs"].keys()
    there = throwaway_interpreter(tmp_path / "named", step["with"]["python"])
    (tmp_path / "bin" / f"python{step['with']['python']}").symlink_to(there)
    alpha, beta = (make_wheel(job.index.directory, name, "1.0") for name in ("alpha", "beta"))
    lock = write_pylock(job.project, job.index, [alpha, beta])
    text = lock.read_text("utf-8").replace('"test"', '"test"\nextras = ["web"]', 1)
    lock.write_text(text.replace('name = "beta"', 'name = "beta"\nmarker = "\'web\' in extras"'))
    done = job.step(target=step["with"]["python"], options=step["with"]["options"])
    assert done.status == 0, done.stderr
    assert run([there, "-c", "import alpha, beta"]).status == 0


def test_a_script_after_the_sync_fails_the_job_where_one_of_its_commands_does(job: Job) -> None:
    script = read_workflow("sync-system.yml")["jobs"]["sync"]["steps"][-1]

    def after(text: str) -> Completed:
        variables = {**job.variables, **dict.fromkeys(script["env"], text)}
        return run(["bash", "-c", script["run"]], environment=variables, directory=job.project)

    (job.project / "here").touch()
    assert after("ls\npython3 -c 'print(1 + 1)'").stdout.split() == ["here", "2"]
    assert after("false | cat\necho gone on").status == 1
    assert after("echo $UNSET\necho gone on").stdout == ""
