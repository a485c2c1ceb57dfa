from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.staging.uv import configured_target, find_uv, link_mode, uv_command


def _command(
    *, hashed: bool = True, rebuilt: tuple[str, ...] = (), configured: bool = True
) -> list[str]:
    return uv_command(
        Path("/bin/uv"),
        python=Path("/opt/py/bin/python3"),
        prefix=Path("/opt/py/stage"),
        requirements=Path("/r/pylock.toml"),
        hashed=hashed,
        link="hardlink",
        rebuilt=rebuilt,
        configured=configured,
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


def test_without_configuration() -> None:
    assert _command(configured=False)[:4] == [str(Path("/bin/uv")), "pip", "install", "--no-config"]


@pytest.mark.parametrize(
    ("wanted", "platform", "expected"),
    [
        (None, "linux", "hardlink"),
        (None, "win32", "hardlink"),
        (None, "darwin", "clone"),
        ("copy", "linux", "copy"),
        ("clone", "linux", "clone"),
        ("symlink", "linux", "hardlink"),
    ],
)
def test_link_mode(wanted: str | None, platform: str, expected: str) -> None:
    environment = {} if wanted is None else {"UV_LINK_MODE": wanted}
    assert link_mode(environment, platform) == expected


def test_target_of_the_project(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    file = project / "pyproject.toml"
    file.write_text('[tool.uv.pip]\ntarget = "elsewhere"\n')
    assert configured_target(project, {}) == file
    assert configured_target(project / "src", {}) == file
    file.write_text('[tool.uv.pip]\nprefix = "elsewhere"\n[tool.other]\ntarget = "x"\n')
    assert configured_target(project, {}) is None


def test_target_of_a_uv_toml(tmp_path: Path) -> None:
    file = tmp_path / "uv.toml"
    file.write_text('[pip]\ntarget = "elsewhere"\n')
    assert configured_target(tmp_path, {}) == file


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("HOME", ".config/uv/uv.toml"),
        ("XDG_CONFIG_HOME", "uv/uv.toml"),
        ("XDG_CONFIG_DIRS", "uv/uv.toml"),
        ("APPDATA", "uv/uv.toml"),
    ],
)
def test_target_of_the_user(tmp_path: Path, variable: str, path: str) -> None:
    file = tmp_path / "user" / path
    file.parent.mkdir(parents=True)
    file.write_text('[pip]\ntarget = "elsewhere"\n')
    assert configured_target(tmp_path, {variable: str(tmp_path / "user")}) == file


def test_target_of_the_named_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[pip]\ntarget = "elsewhere"\n')
    assert configured_target(tmp_path, {"UV_CONFIG_FILE": str(file)}) == file


@pytest.mark.parametrize("text", ["not toml [", "tool = 1\n", "[tool]\nuv = [1]\n", "pip = 'x'\n"])
def test_nonsense_is_left_to_uv(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "uv.toml").write_text(text)
    assert configured_target(tmp_path, {}) is None


def test_uv_is_found_beside_us() -> None:
    pytest.importorskip("uv")
    found = find_uv({"PATH": "/nonexistent"})
    assert found is not None
    assert found.stem == "uv"
