from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.cli import main
from syncsteps.errors import SelectionError
from syncsteps.exporting import export
from syncsteps.interpreter import to_json
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from pathlib import Path

LOCK = """
version = 1
requires-python = ">=3.9"

[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "one", marker = "sys_platform == 'win32'" }]

[package.optional-dependencies]
fast = [{ name = "one" }]

[package.dev-dependencies]
dev = [{ name = "two" }]

[[package]]
name = "one"
version = "1.0"
source = { registry = "https://index.invalid/simple" }
wheels = [{ url = "https://index.invalid/one-1.0-py3-none-any.whl", hash = "sha256:HASH" }]

[[package]]
name = "two"
version = "2.0"
source = { registry = "https://index.invalid/simple" }
wheels = [{ url = "https://index.invalid/two-2.0-py3-none-any.whl", hash = "sha256:HASH" }]
""".replace("HASH", "0" * 64)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "uv.lock").write_text(LOCK, encoding="utf-8")
    return tmp_path


def settings(project: Path, **parts: object) -> Settings:
    # There is no such interpreter: nothing may look for it.
    fields = {"directory": project, "python": str(project / "no-such-python"), **parts}
    return Settings(**fields)  # type: ignore[arg-type]  # fields of many types


def test_everywhere_needs_no_interpreter(project: Path) -> None:
    texts = export(settings(project), universal=True, annotate=True, environment={})
    first, _, comment = texts.hashed.splitlines()
    assert first == "one==1.0 ; sys_platform == 'win32' \\"
    assert comment == "    # via app"
    assert texts.unhashed == f"app @ {project.as_uri()}\n"


def test_a_pylock_leaves_the_choice(project: Path) -> None:
    texts = export(
        settings(project), universal=True, file_format="pylock.toml", base=project, environment={}
    )
    document = tomli.loads(texts.hashed)
    assert document["extras"] == ["fast"]
    assert document["dependency-groups"] == ["default", "dev"]
    assert [package.get("marker") for package in document["packages"]] == [
        "'default' in dependency_groups",
        "'fast' in extras or (sys_platform == 'win32' and 'default' in dependency_groups)",
        "'dev' in dependency_groups",
    ]
    assert document["packages"][0]["directory"] == {"path": "."}


def test_a_pylock_of_what_is_asked_for(project: Path) -> None:
    asked = settings(project, extra=("fast",), no_project=True)
    texts = export(asked, universal=True, file_format="pylock.toml", environment={})
    document = tomli.loads(texts.hashed)
    assert "extras" not in document
    assert [(p["name"], p.get("marker")) for p in document["packages"]] == [("one", None)]


def test_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = project / "out" / "pylock.toml"
    target.parent.mkdir()
    universal = ["export", "--universal", "--python", "no-such-python"]
    arguments = [*universal, "--format", "pylock.toml", "-o", str(target)]
    assert main(arguments, environment={}, directory=project) == 0
    document = tomli.loads(target.read_text(encoding="utf-8"))
    assert document["packages"][0]["directory"] == {"path": ".."}
    assert main(universal, environment={}, directory=project) == 0
    assert "# via app" in capsys.readouterr().out
    assert main([*universal, "--no-annotate"], environment={}, directory=project) == 0
    assert "# via" not in capsys.readouterr().out


REQUIREMENTS = f"outside @ file:../outside\nplain==1.0 --hash=sha256:{'0' * 64}\n"


@pytest.mark.parametrize("universal", [False, True])
@pytest.mark.parametrize("file_format", ["requirements.txt", "pylock.toml"])
def test_nothing_outside_is_exported_unless_it_is_allowed(
    tmp_path: Path, file_format: str, *, universal: bool
) -> None:
    (tmp_path / "uv.lock").write_text(
        LOCK.replace('{ name = "one", marker = "sys_platform == \'win32\'" }', '{ name = "out" }')
        + '[[package]]\nname = "out"\nsource = { directory = "../out" }\n',
        encoding="utf-8",
    )
    (tmp_path / "target.json").write_text(to_json(make_interpreter()), encoding="utf-8")
    asked = settings(tmp_path, interpreter=(str(tmp_path / "target.json"),))
    with pytest.raises(SelectionError) as caught:
        export(asked, universal=universal, file_format=file_format, environment={})
    assert str(caught.value) == (
        "uv.lock, package 'out', key 'path': '../out' is outside of the project's directory"
    )
    assert "--allow-outside" in caught.value.hint
    for allowed in (
        replace(asked, allow_outside=True),
        replace(asked, ignore=("LCK004",)),
        replace(asked, no_local=True),
    ):
        export(allowed, universal=universal, file_format=file_format, environment={})


def test_it_can_be_allowed_by_flag_by_variable_and_in_the_projects_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "requirements.txt").write_text(REQUIREMENTS, encoding="utf-8")
    command = ["export", "--universal"]
    assert main(command, environment={}, directory=tmp_path) == 3
    assert "--allow-outside" in capsys.readouterr().err
    assert main([*command, "--allow-outside"], environment={}, directory=tmp_path) == 0
    variable = {"SYNCSTEPS_ALLOW_OUTSIDE": "1"}
    assert main(command, environment=variable, directory=tmp_path) == 0
    (tmp_path / "pyproject.toml").write_text(
        "[tool.syncsteps]\nallow-outside = true\n", encoding="utf-8"
    )
    assert main(command, environment={}, directory=tmp_path) == 0


def test_only_a_lock_without_addresses_loads_what_asks_for_them(project: Path) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from syncsteps.exporting import export
        from syncsteps.settings import Settings
        settings = Settings(directory=Path(sys.argv[1]))
        export(settings, universal=True, environment={})
        print(any(name.startswith("syncsteps.addresses") for name in sys.modules))
        export(settings, universal=True, file_format="pylock.toml", environment={})
        print({"syncsteps.addresses.asking", "syncsteps.staging"} & {*sys.modules})
    """
    done = subprocess.run(
        [sys.executable, "-c", code, str(project)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["False", "set()"]
