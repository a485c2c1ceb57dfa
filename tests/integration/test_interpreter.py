"""Real interpreters are found and probed: copies of CPython, and environments made from them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import syncsteps
from syncsteps.errors import InterpreterError
from syncsteps.interpreter import from_json, probe, resolve, to_json
from syncsteps.interpreter.tags import tags_from_outside
from tests.support.interpreters import throwaway_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable

posix = pytest.mark.skipif(sys.platform == "win32", reason="uses POSIX paths and modes")
unprivileged = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere"
)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    return throwaway_interpreter(tmp_path / "python")


def make_distribution(site: Path, name: str, version: str) -> Path:
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", "utf-8")
    return metadata


def listing(root: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in root.rglob("*")}


def test_a_clean_interpreter_is_described(python: Path) -> None:
    found = probe(python)
    prefix = python.parent if sys.platform == "win32" else python.parent.parent
    assert (found.prefix, found.base_prefix) == (prefix, prefix)
    assert not found.virtual
    assert found.base_executable is None
    assert found.distributions == ()
    assert found.externally_managed is None
    assert found.unwritable == ()
    assert found.scheme.purelib in found.sys_path
    assert found.scheme.purelib in found.site_packages
    assert found.scheme.data == prefix
    assert from_json(to_json(found)) == found


def test_nothing_is_written_not_even_byte_code(python: Path) -> None:
    root = probe(python).prefix
    for cache in list(root.rglob("__pycache__")):
        shutil.rmtree(cache)
    before = listing(root)
    probe(python)
    assert listing(root) == before


def test_what_is_installed_is_found(python: Path) -> None:
    site = probe(python).scheme.purelib
    metadata = make_distribution(site, "Spam_Ham", "1.5")
    (site / "broken-1.dist-info").mkdir()
    found = probe(python)
    assert [(one.name, one.version) for one in found.distributions] == [("spam-ham", "1.5")]
    assert found.distributions[0].metadata == metadata
    assert found.distributions[0].owner is None
    assert found.broken == (site / "broken-1.dist-info",)


def test_a_distribution_of_conda_has_its_owner(python: Path) -> None:
    found = probe(python)
    metadata = make_distribution(found.scheme.purelib, "spam", "1")
    listed = (metadata / "METADATA").relative_to(found.prefix).as_posix()
    (found.prefix / "conda-meta").mkdir()
    record = f'{{"name": "spam", "files": ["{listed}"]}}'
    (found.prefix / "conda-meta" / "spam-1-0.json").write_text(record, "utf-8")
    assert str(probe(python).distributions[0].owner) == "spam (conda)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[externally-managed]\nError=Use apt:\n apt install %s\n", "Use apt:\napt install %s"),
        ("[externally-managed]\nError-de=Nein.\n", ""),
        ("not a settings file", ""),
        ("", ""),
    ],
)
def test_an_externally_managed_interpreter_gives_its_message(
    python: Path, text: str, message: str
) -> None:
    site = probe(python).scheme.purelib
    (site.parent / "EXTERNALLY-MANAGED").write_text(text, "utf-8")
    assert probe(python).externally_managed == message


def test_an_environment_of_an_externally_managed_interpreter_is_not(
    python: Path, tmp_path: Path
) -> None:
    site = probe(python).scheme.purelib
    (site.parent / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=x\n", "utf-8")
    environment = make_venv(python, tmp_path / "venv")
    assert probe(environment).externally_managed is None


NOISE = """\
import sys
print("hello from the start")
sys.stderr.write("and to stderr\\n")
import atexit
atexit.register(print, "bye")
import packaging_shadow
sys.modules["packaging"] = packaging_shadow
class Stdout:
    def write(self, text): raise RuntimeError
    def flush(self): raise RuntimeError
sys.stdout = Stdout()
"""


def test_noise_on_start_up_does_not_hurt(python: Path) -> None:
    site = probe(python).scheme.purelib
    (site / "packaging_shadow.py").write_text("", "utf-8")
    (site / "sitecustomize.py").write_text(NOISE, "utf-8")
    (site / "noise.pth").write_text("import sys; print('from a pth file', sys.argv)\n", "utf-8")
    assert probe(python).scheme.purelib == site


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import os; os._exit(3)", "ended with status 3"),
        ("import os; os._exit(0)", "ended without an answer"),
        ("import os; os.close(1)", "ended with status"),
        ("import time; time.sleep(600)", "did not answer within 1 seconds"),
    ],
)
def test_an_interpreter_that_is_broken_on_start_up_is_refused(
    python: Path, body: str, message: str
) -> None:
    (probe(python).scheme.purelib / "sitecustomize.py").write_text(body, "utf-8")
    with pytest.raises(InterpreterError, match=message):
        probe(python, timeout=1.0 if "sleep" in body else 30.0)


@posix
@posix
def test_a_path_that_the_locale_cannot_express_is_told(tmp_path: Path) -> None:
    python = throwaway_interpreter(tmp_path / "pythön")
    make_distribution(probe(python).scheme.purelib, "demo", "1.0")
    checkout = str(Path(syncsteps.__file__).parent.parent)
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "syncsteps", "inspect", "--python", python],
        cwd=tmp_path,
        env={**os.environ, **ascii_only, "PYTHONPATH": checkout},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "cannot be written in this process's locale (ascii)" in done.stderr
    assert "LC_ALL=C.UTF-8" in done.stderr


def test_a_directory_that_cannot_be_made_is_unwritable(python: Path) -> None:
    found = probe(python)
    include = found.prefix / "include"
    include.write_text("a file in the way", "utf-8")
    assert probe(python).unwritable == (found.scheme.headers,)


@unprivileged
def test_a_read_only_directory_is_unwritable(python: Path) -> None:
    scheme = probe(python).scheme
    scheme.purelib.chmod(0o555)
    try:
        assert probe(python).unwritable == (scheme.purelib,)
    finally:
        scheme.purelib.chmod(0o755)


@posix
@pytest.mark.parametrize("version", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_supported_version_is_described(tmp_path: Path, version: str) -> None:
    # Whether or not this program's `packaging` still runs in it.
    found = probe(throwaway_interpreter(tmp_path / "python", version))
    assert found.version.startswith(f"{version}.")
    assert dict(found.environment)["python_version"] == version
    assert found.tags[0].startswith(f"cp{version.replace('.', '')}-")
    assert found.scheme.purelib.parent.name == f"python{version}"
    assert tags_from_outside(found) == found.tags


def make_venv(python: Path, directory: Path, *options: str) -> Path:
    command = (python, "-I", "-m", "venv", "--without-pip", *options, directory)
    subprocess.run([str(part) for part in command], check=True)
    return directory / (r"Scripts\python.exe" if sys.platform == "win32" else "bin/python")


def make_virtualenv(python: Path, directory: Path) -> Path:
    options = ("--quiet", "--no-seed", "--no-periodic-update", "--python", str(python))
    subprocess.run([sys.executable, "-m", "virtualenv", *options, str(directory)], check=True)
    return directory / (r"Scripts\python.exe" if sys.platform == "win32" else "bin/python")


@pytest.mark.parametrize("make", [make_venv, make_virtualenv])
def test_an_environment_leads_to_its_base(
    python: Path, tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    environment = make(python, tmp_path / "env")
    found = probe(environment)
    assert found.virtual
    assert found.prefix == tmp_path / "env"
    assert found.scheme.purelib.is_relative_to(tmp_path / "env")
    assert found.base_executable is not None
    assert probe(found.base_executable).prefix == found.base_prefix == probe(python).prefix


@posix
@pytest.mark.parametrize("version", ["3.9", "3.13"])
def test_an_environment_of_another_version_leads_to_its_base(tmp_path: Path, version: str) -> None:
    python = throwaway_interpreter(tmp_path / "python", version)
    inner = make_venv(make_venv(python, tmp_path / "outer"), tmp_path / "inner")
    search = {"PATH": str(inner.parent)}
    assert probe(inner).virtual
    assert resolve(None, environment=search).prefix == tmp_path / "python"


def test_an_environment_that_sees_the_system_sees_its_distributions(
    python: Path, tmp_path: Path
) -> None:
    site = probe(python).scheme.purelib
    make_distribution(site, "spam", "1")
    environment = make_venv(python, tmp_path / "env", "--system-site-packages")
    make_distribution(probe(environment).scheme.purelib, "spam", "2")
    found = [(one.version, one.location) for one in probe(environment).distributions]
    assert found == [("2", probe(environment).scheme.purelib), ("1", site)]


@posix
def test_the_target_is_the_first_python_that_is_not_active(python: Path, tmp_path: Path) -> None:
    environment = make_venv(python, tmp_path / "env")
    search = {
        "PATH": os.pathsep.join([str(environment.parent), str(python.parent)]),
        "VIRTUAL_ENV": str(tmp_path / "env"),
    }
    assert resolve(None, environment=search).executable == python
    with pytest.raises(InterpreterError, match="belongs to the virtual environment"):
        resolve(str(tmp_path / "env"), environment=search)
    allowed = resolve(str(tmp_path / "env"), environment=search, allow_virtualenv=True)
    assert allowed.prefix == tmp_path / "env"
