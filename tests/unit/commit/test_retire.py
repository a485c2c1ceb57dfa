from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.commit import commit_roots, installed_files, prunable
from syncsteps.errors import CommitError
from syncsteps.interpreter.model import InstalledDistribution
from tests.support.faults import write
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    return make_interpreter(tmp_path / "prefix")


def installed(
    interpreter: Interpreter, record: str | None, *, metadata: str = "demo-1.0.dist-info"
) -> InstalledDistribution:
    site = interpreter.scheme.purelib
    path = site / metadata
    write(path / "METADATA", "Name: demo")
    if record is not None:
        write(path / "RECORD", record)
    return InstalledDistribution(name="demo", version="1.0", location=site, metadata=path)


def test_files_bytecode_scripts_and_metadata_go(interpreter: Interpreter) -> None:
    site, scripts = interpreter.scheme.purelib, interpreter.scheme.scripts
    files = [
        write(site / "demo" / "__init__.py"),
        write(site / "demo" / "with, comma.txt"),
        write(site / "demo" / "__pycache__" / "__init__.cpython-312.pyc"),
        write(site / "demo" / "__pycache__" / "__init__.cpython-312.opt-1.pyc"),
        write(site / "demo.py"),
        write(site / "__pycache__" / "demo.cpython-312.pyc"),
        write(scripts / "demo", mode=0o755),
    ]
    (scripts / "link").symlink_to("nowhere")
    write(site / "__pycache__" / "demolition.cpython-312.pyc")
    write(site / "demo" / "users_own.cfg")
    record = (
        'demo/__init__.py,sha256=x,0\n"demo/with, comma.txt",,\ndemo.py,,\ngone.py,,\ndemo,,\n'
        "../../../bin/demo,,\n../../../bin/link,,\ndemo-1.0.dist-info/METADATA,,\n"
        "demo-1.0.dist-info/RECORD,,\n"
    )
    distribution = installed(interpreter, record)
    unlisted = write(distribution.metadata / "licenses" / "LICENSE")
    assert installed_files(distribution, interpreter=interpreter) == tuple(
        sorted(
            [
                *files,
                scripts / "link",
                unlisted,
                distribution.metadata / "METADATA",
                distribution.metadata / "RECORD",
            ]
        )
    )


@pytest.mark.parametrize("entry", ["../../../../outside.txt", "/etc/passwd", "leads/out.txt"])
def test_a_record_that_reaches_outside_is_refused(
    interpreter: Interpreter, tmp_path: Path, entry: str
) -> None:
    write(tmp_path / "outside.txt")
    distribution = installed(interpreter, f"{entry},,\n")
    (interpreter.scheme.purelib / "leads").symlink_to(tmp_path)
    with pytest.raises(CommitError, match=r"demo 1\.0 lists files outside of") as caught:
        installed_files(distribution, interpreter=interpreter)
    assert str(entry).rsplit("/", 1)[-1] in str(caught.value)


def test_an_absolute_path_inside_is_as_good(interpreter: Interpreter) -> None:
    data = write(interpreter.scheme.data / "share" / "demo.txt")
    distribution = installed(interpreter, f"{data},,\n")
    assert data in installed_files(distribution, interpreter=interpreter)


def test_a_legacy_directory_goes_by_installed_files(interpreter: Interpreter) -> None:
    distribution = installed(interpreter, None, metadata="demo-1.0.egg-info")
    module = write(interpreter.scheme.purelib / "demo.py")
    listed = write(distribution.metadata / "installed-files.txt", "../demo.py\nPKG-INFO\n")
    assert installed_files(distribution, interpreter=interpreter) == (
        distribution.metadata / "METADATA",
        listed,
        module,
    )


@pytest.mark.parametrize("name", ["demo-1.0.dist-info", "demo-1.0.egg-info"])
def test_without_a_list_of_files_it_is_refused(interpreter: Interpreter, name: str) -> None:
    distribution = installed(interpreter, None, metadata=name)
    with pytest.raises(CommitError, match=r"demo 1\.0 cannot be removed: it has no list") as caught:
        installed_files(distribution, interpreter=interpreter)
    assert "setup.py" in caught.value.hint


def test_a_single_egg_info_file_has_no_list_either(interpreter: Interpreter) -> None:
    site = interpreter.scheme.purelib
    metadata = write(site / "demo-1.0.egg-info", "Name: demo")
    distribution = InstalledDistribution(
        name="demo", version="1.0", location=site, metadata=metadata
    )
    with pytest.raises(CommitError, match="it has no list of its files"):
        installed_files(distribution, interpreter=interpreter)


def test_a_record_that_is_no_text_is_refused(interpreter: Interpreter) -> None:
    distribution = installed(interpreter, "")
    (distribution.metadata / "RECORD").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommitError, match="RECORD cannot be read"):
        installed_files(distribution, interpreter=interpreter)


def test_the_data_directory_is_changed_but_not_pruned(interpreter: Interpreter) -> None:
    scheme = interpreter.scheme
    assert set(commit_roots(interpreter)) == {
        scheme.purelib,
        scheme.platlib,
        scheme.scripts,
        scheme.headers,
        scheme.data,
    }
    assert scheme.data not in prunable(interpreter)
    assert scheme.scripts not in prunable(interpreter)
