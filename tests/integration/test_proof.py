"""What is proven of real wheels once real installers have unpacked them aside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])
REFUSED_BY_LOCK = 3


def lock(system: System, **files: Mapping[str, str]) -> None:
    """Lock a wheel of each name, with these files."""
    system.lock(
        [make_wheel(system.index.directory, name, files=members) for name, members in files.items()]
    )


def judge(system: System, table: str) -> None:
    """Write the project's pyproject.toml with a judgement on findings."""
    (system.project / "pyproject.toml").write_text(
        f'[project]\nname = "demo"\nversion = "1"\n[tool.syncsteps.verify{table}\n', "utf-8"
    )


def findings(system: System) -> list[tuple[str, str, str]]:
    """Return what the run found, but for the note that nobody can tell whether a lock is stale."""
    document = json.loads((system.project / "run.json").read_text("utf-8"))
    found = [(each["code"], each["severity"], each["subject"]) for each in document["findings"]]
    return [each for each in found if each[0] != "LCK002"]


CV = {"cv2/__init__.py": "by = {!r}\n", "cv2/data.txt": "{} once more\n"}


def rivals() -> dict[str, dict[str, str]]:
    return {
        name: {path: text.format(name) for path, text in CV.items()} for name in ("left", "right")
    }


@INSTALLERS
@pytest.mark.parametrize("verb", ["sync", "install"])
def test_two_that_bring_different_files_of_one_path_are_refused(
    verb: str, installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(system, **rivals())
    before = system.snapshot()
    status = system.run(verb, "--installer", installer, "--json", "run.json", "--junit", "run.xml")
    assert status == REFUSED_BY_LOCK
    assert system.snapshot() == before
    said = capsys.readouterr().err
    assert "error SYS009: left and right both bring 2 files, such as" in said
    assert "does not fit this interpreter (SYS009): nothing has been changed" in said
    assert "importing" not in said
    assert findings(system) == [("SYS009", "error", "left")]
    assert 'type="SYS009"' in (system.project / "run.xml").read_text("utf-8")
    assert system.run("verify") == 0  # it cannot be known without the files


@INSTALLERS
@pytest.mark.parametrize(
    "table", [']\nseverity = { SYS009 = "warning" }', '.packages.left]\nignore = ["SYS009"]']
)
def test_where_that_may_be_the_last_by_name_wins(
    table: str, installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(system, table)
    lock(system, **rivals())
    assert system.run("sync", "--installer", installer, "--json", "run.json") == 0
    told = "warning SYS009" in capsys.readouterr().err
    assert told == ("warning" in table)
    assert findings(system) == ([("SYS009", "warning", "left")] if told else [])
    package = next(system.prefix.rglob("cv2"))
    assert (package / "__init__.py").read_text("utf-8") == "by = 'right'\n"
    assert (package / "data.txt").read_text("utf-8") == "right once more\n"
    assert system.run("check") == 0
    assert system.run("sync") == 0
    assert "nothing to do" in capsys.readouterr().err


@INSTALLERS
def test_the_tree_of_such_a_sync_has_one_digest(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(system, '.packages.left]\nignore = ["SYS009"]')
    digests = set()
    for _ in range(3):
        lock(system, **rivals())
        assert system.run("sync", "--installer", installer) == 0
        digests.add(capsys.readouterr().err.rpartition("sha256:")[2])
        lock(system)
        assert system.run("sync") == 0
        capsys.readouterr()
    assert len(digests) == 1


@INSTALLERS
def test_importing_that_changes_one_of_two_rivals_changes_no_winner(
    installer: str, system: System
) -> None:
    judge(system, '.packages.left]\nignore = ["SYS009"]')
    files = rivals()
    files["left"]["left.py"] = (
        "import pathlib\npathlib.Path(__file__).with_name('left.txt').write_text('changed')\n"
    )
    files["left"]["left.txt"] = "as locked"
    lock(system, **files)
    assert system.run("sync", "--installer", installer) == 0
    package = next(system.prefix.rglob("cv2"))
    assert (package / "data.txt").read_text("utf-8") == "right once more\n"
    assert (package.parent / "left.txt").read_text("utf-8") == "as locked"
    assert system.run("check") == 0


def test_namespaces_and_leftovers_stop_nothing(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    declare = "__import__('pkg_resources').declare_namespace(__name__)\n"
    extend = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    lock(
        system,
        one={"ns/__init__.py": declare, "ns/a.py": "", "LICENSE": "one", "same.txt": "same"},
        two={"ns/__init__.py": extend, "ns/b.py": "", "LICENSE": "two", "same.txt": "same"},
    )
    assert system.run("sync", "--json", "run.json") == 0
    assert findings(system) == [("SYS012", "warning", "one")]
    assert "LICENSE, with different content" in capsys.readouterr().err
    assert next(system.prefix.rglob("ns/__init__.py")).read_text("utf-8") == extend
    assert system.run("check") == 0


@INSTALLERS
def test_a_module_of_the_standard_library_s_name_is_told(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(system, demo={"demo.py": "", "queue/__init__.py": "", "selectors.py": ""})
    assert system.run("sync", "--installer", installer, "--json", "run.json") == 0
    said = capsys.readouterr().err
    assert "warning SYS008: demo 1.0 brings 'queue', which is a module of the target's" in said
    assert findings(system) == [("SYS008", "warning", "demo")] * 2


def test_what_was_known_before_is_told_once(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    lock(system, typing={"typing.py": "x = 1\n"})
    assert system.run("sync", "--smoke-exclude", "typing") == 0
    assert capsys.readouterr().err.count("SYS008") == 1


def test_a_warning_can_be_made_to_stop_a_sync(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(system, ']\nseverity = { SYS011 = "error" }')
    lock(system, demo={"demo.py": "", "demo.pth": "./here\nimport demo\n"})
    before = system.snapshot()
    assert system.run("sync") == REFUSED_BY_LOCK
    assert system.snapshot() == before
    assert "error SYS011: demo brings code" in capsys.readouterr().err


@INSTALLERS
def test_code_that_every_start_would_run_is_told_by_file_and_line(
    installer: str, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    known = (
        "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') =="
        " 'local'; enabled and __import__('_distutils_hack').add_shim(); "
    )
    lock(
        system,
        demo={"demo.py": "", "demo.pth": "# a comment\nimport demo\n"},
        setuptools={
            "distutils-precedence.pth": known,
            "_distutils_hack/__init__.py": "def add_shim(): ...\n",
        },
        paths={"paths.pth": "./below\n", "below/inside.py": ""},
    )
    assert system.run("sync", "--installer", installer, "--json", "run.json") == 0
    assert findings(system) == [("SYS011", "warning", "demo")]
    said = capsys.readouterr().err
    assert "line 2 of " in said
    assert "demo.pth: import demo\n" in said
