from __future__ import annotations

import sys
from email.message import Message
from pathlib import Path

import pytest

from syncsteps.errors import StagingError
from syncsteps.interpreter.model import InstalledDistribution
from syncsteps.staging.pip import embedded_pip, find_pip, own_pip_serves, pip_command
from tests.support.interpreters import make_interpreter

WITHOUT = make_interpreter(Path("/opt/py"))
TARGET = str(WITHOUT.executable)


def _never(_version: str) -> bool:
    return False


def _none(_version: str) -> Path | None:
    return None


def test_the_targets_pip_comes_first() -> None:
    place = Path("/opt/py/lib")
    pip = InstalledDistribution(
        name="pip", version="20.3.4", location=place, metadata=place / "pip-20.3.4.dist-info"
    )
    target = make_interpreter(Path("/opt/py"), distributions=(pip,))
    found = find_pip(target, own_serves=lambda _: True, embedded=_none)
    assert found == (TARGET, "-I", "-B", "-m", "pip")


def test_then_our_own() -> None:
    found = find_pip(WITHOUT, own_serves=lambda version: version == "3.12.7", embedded=_none)
    assert found == (sys.executable, "-I", "-B", "-m", "pip", "--python", TARGET)


def test_then_the_embedded_wheel() -> None:
    found = find_pip(WITHOUT, own_serves=_never, embedded=lambda _: Path("/w/pip-26.whl"))
    assert found == (TARGET, "-I", "-B", str(Path("/w/pip-26.whl/pip")))


def test_else_an_error_with_a_way_out() -> None:
    with pytest.raises(StagingError, match="neither uv nor a pip") as caught:
        find_pip(WITHOUT, own_serves=_never, embedded=_none)
    assert "syncsteps[uv]" in caught.value.hint


def test_our_own_pip_serves_what_it_supports() -> None:
    assert own_pip_serves(".".join(map(str, sys.version_info[:3])))
    assert not own_pip_serves("3.5.0")


@pytest.mark.parametrize(
    ("own", "target", "serves"),
    [
        ("22.2", "3.11.4", False),
        ("22.3", "3.11.4", True),
        ("23.1.1", "3.11.4", True),
        ("23.1.1", "3.12.0", False),
        ("23.1.2", "3.12.0", True),
    ],
)
def test_an_old_pip_of_ours_does_not_run_everywhere(
    own: str,
    target: str,
    serves: bool,  # noqa: FBT001 - a case of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    metadata = Message()
    metadata["Version"], metadata["Requires-Python"] = own, ">=3.7"
    monkeypatch.setattr("importlib.metadata.metadata", lambda _: metadata)
    assert own_pip_serves(target) is serves


def test_virtualenv_carries_a_pip() -> None:
    pytest.importorskip("virtualenv")
    wheel = embedded_pip("3.12.7")
    assert wheel is not None
    assert wheel.is_file()
    assert wheel.name.startswith("pip-")


def test_the_command() -> None:
    command = pip_command(
        ("python", "-I", "-B", "-m", "pip"),
        prefix=Path("/stage"),
        requirements=Path("/r.txt"),
        hashed=True,
    )
    assert command == [
        "python",
        "-I",
        "-B",
        "-m",
        "pip",
        "install",
        "--prefix",
        str(Path("/stage")),
        "--no-user",
        "--no-deps",
        "--ignore-installed",
        "--no-compile",
        "--no-warn-script-location",
        "--disable-pip-version-check",
        "--no-input",
        "--no-color",
        "--progress-bar",
        "off",
        "--require-hashes",
        "--requirement",
        str(Path("/r.txt")),
    ]


def test_the_command_without_hashes() -> None:
    command = pip_command(
        ("pip",), prefix=Path("/stage"), requirements=Path("/r.txt"), hashed=False
    )
    assert "--require-hashes" not in command
    assert "--no-deps" in command
