from __future__ import annotations

from typing import Any

from tests.support.readme import code_block, code_blocks
from tests.support.workflows import CHECKOUT, read_action, read_workflow, read_yaml

ACTION = read_action("sync-system")
WORKFLOW = read_workflow("sync-system.yml")
CALLED = WORKFLOW[True]["workflow_call"]
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["sync"]["steps"]
(SYNC,) = [step for step in STEPS if step.get("id") == "sync"]
TYPES = {"string": str, "boolean": bool}
PREFIX = "OWNER/syncsteps/"


def same(text: object) -> str:
    return " ".join(str(text).split())


def test_the_workflow_takes_the_action_of_its_own_commit() -> None:
    own, _, path = SYNC["uses"].partition("/")
    assert own == "$"
    assert (CHECKOUT / path / "action.yml").is_file()


def test_every_input_of_the_action_is_one_of_the_workflow_and_handed_on() -> None:
    for name, about in ACTION["inputs"].items():
        given = CALLED["inputs"][name]
        assert same(given["description"]) == same(about["description"])
        assert str(given["default"]).lower() == about["default"], name
        assert SYNC["with"][name] == f"${{{{ inputs.{name} }}}}"


def test_every_output_of_the_action_is_one_of_the_workflow() -> None:
    assert CALLED["outputs"].keys() == ACTION["outputs"].keys()
    for name, about in CALLED["outputs"].items():
        assert about["value"] == f"${{{{ jobs.sync.outputs.{name} }}}}"
        assert f"steps.sync.outputs.{name}" in WORKFLOW["jobs"]["sync"]["outputs"][name]


def test_every_input_of_the_workflow_is_used() -> None:
    used = str(WORKFLOW["jobs"])
    for name, about in CALLED["inputs"].items():
        assert f"inputs.{name}" in used
        assert isinstance(about["default"], TYPES[about["type"]])


def test_no_script_has_an_expression_in_it() -> None:
    scripts = [step["run"] for step in (*STEPS, *ACTION["runs"]["steps"]) if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_the_job_of_the_readme_calls_the_workflow() -> None:
    block = code_block("In GitHub Actions, GitLab and pre-commit", "jobs:")
    ((_, job),) = read_yaml(block)["jobs"].items()
    path, _, version = job["uses"].removeprefix(PREFIX).partition("@")
    assert (CHECKOUT / path).is_file()
    assert version == "v1"
    for name, value in job["with"].items():
        assert isinstance(value, TYPES[CALLED["inputs"][name]["type"]])


def test_the_commands_of_the_readme_are_those_that_ci_runs() -> None:
    sync, tests = code_blocks("Try it", "console")
    assert sync.strip() == read_workflow("ci.yml")["jobs"]["sync"]["steps"][-1]["run"]
    assert tests in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8").splitlines(keepends=True)
