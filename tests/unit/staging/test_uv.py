from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.staging.uv import find_uv, link_mode, uv_command


def _command(
    *, hashed: bool = True, rebuilt: tuple[str, ...] = (), configuration: Path | None = None
) -> list[str]:
    return uv_command(
        Path("/bin/uv"),
        python=Path("/opt/py/bin/python3"),
        prefix=Path("/opt/py/stage"),
        requirements=Path("/r/pylock.toml"),
        hashed=hashed,
        link="hardlink",
        rebuilt=rebuilt,
        configuration=configuration,
    )


def test_the_hashed_part() -> None:
    assert _command() == [
        str(Path("/bin/uv")),
        "pip",
        "install",
        "--python",
        str(Path("/opt/py/bin/python3")),
        "--prefix",
        str(Path("/opt/py/stage")),
        "--no-deps",
        "--verify-hashes",
        "--require-hashes",
        "--link-mode",
        "hardlink",
        "--no-compile-bytecode",
        "--no-progress",
        "--color",
        "never",
        "--requirements",
        str(Path("/r/pylock.toml")),
    ]


def test_the_unhashed_part_is_built_anew() -> None:
    command = _command(hashed=False, rebuilt=("a", "b"))
    assert "--no-require-hashes" in command
    assert "--require-hashes" not in command
    start = command.index("--refresh-package")
    assert command[start : start + 4] == ["--refresh-package", "a", "--refresh-package", "b"]


def test_with_one_configuration_file() -> None:
    command = _command(configuration=Path("/r/uv.toml"))
    assert command[3:5] == ["--config-file", str(Path("/r/uv.toml"))]


@pytest.mark.parametrize(
    ("wanted", "platform", "shared", "expected"),
    [
        (None, "linux", True, "hardlink"),
        (None, "win32", True, "hardlink"),
        (None, "darwin", True, "clone"),
        ("copy", "linux", True, "copy"),
        ("clone", "linux", True, "clone"),
        ("symlink", "linux", True, "hardlink"),
        (None, "linux", False, "copy"),
        (None, "darwin", False, "copy"),
        ("clone", "linux", False, "copy"),
        ("hardlink", "linux", False, "copy"),
        ("symlink", "linux", False, "copy"),
    ],
)
def test_link_mode(wanted: str | None, platform: str, expected: str, *, shared: bool) -> None:
    environment = {} if wanted is None else {"UV_LINK_MODE": wanted}
    assert link_mode(environment, platform, shared=shared) == expected


def test_uv_is_found_beside_us() -> None:
    pytest.importorskip("uv")
    found = find_uv({"PATH": "/nonexistent"})
    assert found is not None
    assert found.stem == "uv"
