from __future__ import annotations

from pathlib import Path

from syncsteps.smoke.throwaway import child_environment


def test_the_environment_is_what_programs_need_and_nothing_that_steers_them() -> None:
    given = {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": "/opt/lib",
        "SystemRoot": r"C:\Windows",
        "HOME": "/home/me",
        "DISPLAY": ":0",
        "PYTHONPATH": "/src",
        "PYTHONSTARTUP": "/rc",
        "TOKEN": "secret",
        "XDG_CONFIG_HOME": "/home/me/.config",
    }
    directory = Path("/throwaway")
    home, temporary = str(directory / "home"), str(directory / "tmp")
    assert child_environment(given, directory) == {
        "PATH": "/bin",
        "LANG": "C.UTF-8",
        "LC_ALL": "C",
        "LD_LIBRARY_PATH": "/opt/lib",
        "SystemRoot": r"C:\Windows",
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home,
        "LOCALAPPDATA": home,
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
