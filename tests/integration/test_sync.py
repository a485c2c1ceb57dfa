"""The whole chain on real interpreters, with real uv and real pip, against a local index."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from syncsteps.cli import main
from tests.support.index import Index
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import snapshot, write_pylock, write_requirements
from tests.support.wheels import make_source_tree, make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    directory = tmp_path / "files"
    directory.mkdir()
    with Index(directory) as running:
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return throwaway_interpreter(tmp_path / "system")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "project"
    directory.mkdir()
    return directory


@pytest.fixture
def run(project: Path, target: Path, index: Index, tmp_path: Path) -> Callable[..., int]:
    """Run the command line in the project, on the throwaway target, with its own caches."""
    environment = {
        **os.environ,
        "PIP_INDEX_URL": index.url,
        "UV_INDEX_URL": index.url,
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_CACHE_DIR": str(tmp_path / "pip-cache"),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        "PIP_RETRIES": "0",
    }
    environment.pop("PIP_FIND_LINKS", None)

    def call(*arguments: str) -> int:
        verb, *rest = arguments
        return main(
            [verb, "--python", str(target), *rest], environment=environment, directory=project
        )

    return call


def prefix(target: Path) -> Path:
    return target.parent.parent


def installed(target: Path) -> dict[str, str]:
    code = (
        "import importlib.metadata as m, json;"
        "print(json.dumps({d.metadata['Name']: d.version for d in m.distributions()}))"
    )
    done = subprocess.run([target, "-I", "-c", code], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


INSTALLERS = pytest.mark.parametrize("installer", ["uv", "pip"])


@INSTALLERS
def test_sync_installs_the_lock_and_the_second_run_changes_nothing(
    installer: str,
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheels = [
        make_wheel(index.directory, "alpha", "1.0", files={"alpha/__init__.py": "import beta\n"}),
        make_wheel(
            index.directory,
            "beta",
            "2.0",
            files={"beta.py": "def main(): print('from beta')\n"},
            entry_points={"console_scripts": {"beta-tool": "beta:main"}},
        ),
    ]
    write_pylock(project, index, wheels)

    assert run("sync", "--installer", installer) == 0
    said = capsys.readouterr().err
    assert said.splitlines()[0].startswith("target: CPython ")
    assert "done: 2 installed, 2 of 2 import" in said.splitlines()[-1]
    assert "tree sha256:" in said.splitlines()[-1]
    assert installed(target) == {"alpha": "1.0", "beta": "2.0"}
    script = target.parent / "beta-tool"
    assert subprocess.run([script], capture_output=True, text=True, check=True).stdout == (
        "from beta\n"
    )

    before = snapshot(prefix(target))
    assert run("sync", "--installer", installer) == 0
    assert "nothing to do: 2 distributions as the lock says" in capsys.readouterr().err
    assert snapshot(prefix(target)) == before
    assert run("check") == 0
    assert run("smoke") == 0


def test_uv_and_pip_leave_the_same_tree(
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheel = make_wheel(
        index.directory,
        "alpha",
        "1.0",
        files={"alpha/__init__.py": "", "alpha/data.txt": "x"},
        entry_points={"console_scripts": {"alpha-tool": "alpha:main"}},
    )
    write_pylock(project, index, [wheel])
    paths = []
    for installer in ("uv", "pip"):
        assert run("sync", "--installer", installer) == 0
        names = set(snapshot(prefix(target)))
        paths.append(names)
        write_pylock(project, index, [])
        assert run("sync", "--installer", installer) == 0  # owned by this project: taken away
        assert installed(target) == {}
        write_pylock(project, index, [wheel])
    assert paths[0] == paths[1]
    assert "1 removed" in capsys.readouterr().err


@INSTALLERS
def test_an_upgrade_replaces_every_file_of_the_old_version(
    installer: str, run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    old = make_wheel(
        index.directory, "alpha", "1.0", files={"alpha/__init__.py": "", "alpha/gone.py": ""}
    )
    new = make_wheel(index.directory, "alpha", "2.0", files={"alpha/__init__.py": "new = 1\n"})
    write_pylock(project, index, [old])
    assert run("sync", "--installer", installer) == 0
    write_pylock(project, index, [new])
    assert run("sync", "--installer", installer) == 0
    assert installed(target) == {"alpha": "2.0"}
    assert not list(prefix(target).rglob("gone.py"))
    assert not list(prefix(target).rglob("alpha-1.0*"))


@INSTALLERS
@pytest.mark.parametrize("case", ["hash", "gone", "dead", "import"])
def test_what_fails_before_the_swap_changes_nothing(
    case: str,
    installer: str,
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = "import not_there\n" if case == "import" else ""
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha/__init__.py": source})
    write_pylock(project, index, [wheel], **({"alpha": "0" * 64} if case == "hash" else {}))
    if case == "gone":
        wheel.unlink()
    if case == "dead":
        index.stop()
    before = snapshot(prefix(target))

    status = run("sync", "--installer", installer)

    assert status == (1 if case == "import" else 5)
    assert snapshot(prefix(target)) == before
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "alpha" in said
    if case == "import":
        assert "ModuleNotFoundError: No module named 'not_there'" in said
        assert "nothing has been changed" in said


@INSTALLERS
def test_a_hashed_requirements_file_is_a_lock(
    installer: str, run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    write_requirements(project, [wheel])
    assert run("sync", "--installer", installer) == 0
    assert installed(target) == {"alpha": "1.0"}


@INSTALLERS
def test_a_directory_of_the_lock_is_built_and_built_again_only_when_it_changed(
    installer: str,
    run: Callable[..., int],
    project: Path,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tree = make_source_tree(project / "local", "local", "1.0", files={"local.py": "value = 1\n"})
    (project / "pylock.toml").write_text('lock-version = "1.0"\ncreated-by = "test"\n')
    with (project / "pylock.toml").open("a", encoding="utf-8") as lock:
        lock.write('[[packages]]\nname = "local"\nversion = "1.0"\n')
        lock.write('directory = { path = "local" }\n')
    assert run("sync", "--installer", installer) == 0
    assert installed(target) == {"local": "1.0"}
    capsys.readouterr()
    assert run("sync", "--installer", installer) == 0
    assert "nothing to do" in capsys.readouterr().err
    (tree / "src" / "local.py").write_text("value = 2\n", encoding="utf-8")
    assert run("sync", "--installer", installer) == 0
    assert "its source has changed" in capsys.readouterr().err


def test_what_another_installed_and_nobody_named_stays(
    run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    other = make_wheel(index.directory, "other", "1.0", files={"other.py": ""})
    write_pylock(project, index, [other])
    assert run("sync") == 0
    (project / "pyproject.toml").write_text('[project]\nname = "second"\nversion = "1"\n')
    alpha = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    write_pylock(project, index, [alpha])
    assert run("sync") == 0
    assert installed(target) == {"alpha": "1.0", "other": "1.0"}


def test_two_projects_share_and_the_last_one_takes_it_away(
    run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    for name, wheels in (("a", [wheel]), ("b", [wheel]), ("a", [])):
        (project / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1"\n')
        write_pylock(project, index, wheels)
        assert run("sync") == 0
        assert installed(target) == {"alpha": "1.0"}
    (project / "pyproject.toml").write_text('[project]\nname = "b"\nversion = "1"\n')
    write_pylock(project, index, [])
    assert run("sync") == 0
    assert installed(target) == {}


def test_a_disagreement_of_two_projects_is_refused(
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    two = make_wheel(index.directory, "alpha", "2.0", files={"alpha.py": ""})
    (project / "pyproject.toml").write_text('[project]\nname = "first"\nversion = "1"\n')
    write_pylock(project, index, [one])
    assert run("sync") == 0
    (project / "pyproject.toml").write_text('[project]\nname = "second"\nversion = "1"\n')
    write_pylock(project, index, [two])
    capsys.readouterr()
    assert run("sync") == 4
    said = capsys.readouterr().err
    assert "SYS002" in said
    assert "'first'" in said
    assert installed(target) == {"alpha": "1.0"}
    assert run("sync", "--allow-replace", "alpha") == 0
    assert installed(target) == {"alpha": "2.0"}


def test_check_names_what_was_changed_by_hand(
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    write_pylock(project, index, [wheel])
    assert run("sync") == 0
    module = next(prefix(target).rglob("alpha.py"))
    module.write_text("value = 2\n")
    capsys.readouterr()
    assert run("check") == 1
    said = capsys.readouterr().err
    assert "alpha.py" in said


def test_dry_run_writes_nothing_and_says_what_would_be_done(
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    write_pylock(project, index, [wheel])
    before = snapshot(prefix(target))
    assert run("sync", "--dry-run", "--json", "-") == 0
    captured = capsys.readouterr()
    assert "+  alpha  1.0  not installed" in captured.err
    assert "1 to be installed" in captured.err
    document = json.loads(captured.out)
    assert document["plan"] == [
        {
            "action": "install",
            "name": "alpha",
            "version": "1.0",
            "installed": None,
            "reason": "not installed",
        }
    ]
    assert snapshot(prefix(target)) == before


@pytest.mark.parametrize("file_format", ["requirements.txt", "pylock.toml"])
def test_an_export_installs_by_the_tools_themselves(
    file_format: str,
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    tmp_path: Path,
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": ""})
    write_pylock(project, index, [wheel])
    exported = tmp_path / f"{'pylock' if file_format == 'pylock.toml' else 'req'}.toml"
    assert run("export", "--format", file_format, "-o", str(exported)) == 0
    (project / "pylock.toml").unlink()
    (project / file_format).write_text(exported.read_text())
    assert run("sync") == 0
    assert installed(target) == {"alpha": "1.0"}


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="users as POSIX has them")
def test_modes_are_for_everyone_whatever_the_umask(
    run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha/__init__.py": ""})
    write_pylock(project, index, [wheel])
    before = os.umask(0o077)
    try:
        assert run("sync") == 0
    finally:
        os.umask(before)
    module = next(prefix(target).rglob("alpha/__init__.py"))
    assert module.stat().st_mode & 0o777 == 0o644
    assert module.parent.stat().st_mode & 0o777 == 0o755
    receipts = next(prefix(target).rglob(".syncsteps/receipts/*.json"))
    assert receipts.stat().st_mode & 0o777 == 0o644
    assert receipts.parent.stat().st_mode & 0o777 == 0o755
    assert receipts.parent.parent.stat().st_mode & 0o777 == 0o755


@INSTALLERS
def test_a_module_that_writes_into_its_own_files_does_not_get_them_in(
    installer: str,
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = (
        "import pathlib\n"
        "with pathlib.Path(__file__).with_name('data.txt').open('a') as data:\n"
        "    data.write('more')\n"
    )
    files = {"alpha/__init__.py": source, "alpha/data.txt": "as locked\n"}
    write_pylock(project, index, [make_wheel(index.directory, "alpha", "1.0", files=files)])
    assert run("sync", "--installer", installer) == 0
    assert "importing changed files of alpha" in capsys.readouterr().err
    placed = next(prefix(target).rglob("data.txt"))
    assert placed.read_text() == "as locked\n"
    assert run("check") == 0
    cached = list((tmp_path / "uv-cache").rglob("data.txt")) if installer == "uv" else []
    assert [path.read_text() for path in cached] == ["as locked\n"] * len(cached)


def test_a_file_that_two_distributions_share_goes_with_the_last_of_them(
    run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    shared = "__import__('pkgutil')\n"
    wheels = [
        make_wheel(
            index.directory, name, "1.0", files={"ns/__init__.py": shared, f"ns/{name}.py": ""}
        )
        for name in ("alpha", "beta")
    ]
    write_pylock(project, index, wheels)
    assert run("sync") == 0
    upgrade = make_wheel(
        index.directory, "alpha", "2.0", files={"ns/__init__.py": shared, "ns/alpha.py": "x = 1\n"}
    )
    write_pylock(project, index, [upgrade, wheels[1]])
    assert run("sync") == 0
    assert run("check") == 0
    write_pylock(project, index, [wheels[1]])
    assert run("sync") == 0
    assert run("check") == 0
    assert installed(target) == {"beta": "1.0"}
    write_pylock(project, index, [])
    assert run("sync") == 0
    assert not list(prefix(target).rglob("ns"))


def test_a_foreign_file_in_the_way_is_not_overwritten(
    run: Callable[..., int],
    project: Path,
    index: Index,
    target: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = make_wheel(index.directory, "other", "1.0", files={"clash.py": "1\n"})
    write_pylock(project, index, [other])
    assert run("sync") == 0
    (project / "pyproject.toml").write_text('[project]\nname = "second"\nversion = "1"\n')
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"clash.py": "2\n"})
    write_pylock(project, index, [wheel])
    before = snapshot(prefix(target))
    capsys.readouterr()
    assert run("sync") == 4
    assert "alpha would overwrite 1 files of other" in capsys.readouterr().err
    assert snapshot(prefix(target)) == before


def test_what_was_changed_by_hand_is_put_right_on_request(
    run: Callable[..., int], project: Path, index: Index, target: Path
) -> None:
    wheel = make_wheel(index.directory, "alpha", "1.0", files={"alpha.py": "value = 1\n"})
    write_pylock(project, index, [wheel])
    assert run("sync") == 0
    module = next(prefix(target).rglob("alpha.py"))
    module.write_text("value = 2\n")
    assert run("check") == 1
    assert run("sync", "--reinstall-package", "Alpha") == 0
    assert module.read_text() == "value = 1\n"
    assert run("check") == 0
