from __future__ import annotations

import sys
from pathlib import Path

import pytest

from syncsteps.staging.entry_points import script_bodies, write_scripts
from syncsteps.staging.layout import find_metadata
from syncsteps.staging.unpacked import find_files, find_unpacked
from tests.support.interpreters import make_interpreter
from tests.support.prefixes import unpack
from tests.support.wheels import make_wheel

TARGET = make_interpreter(Path("/opt/python"))
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="programs there")


def _bodies(text: str, version: str = "3.12.7") -> dict[str, str]:
    return dict(script_bodies(text, version=version))


def test_what_a_script_says() -> None:
    bodies = _bodies("[console_scripts]\ntool = pkg.sub:object.attribute.main\n")
    assert bodies == {
        "tool": "import sys\n\nfrom pkg.sub import object\n\n"
        'if __name__ == "__main__":\n    sys.exit(object.attribute.main())\n'
    }


@pytest.mark.parametrize(
    ("answer", "status"), [("None", 0), ("0", 0), ("3", 3), ("'no'", 1), ("sys.argv[1:] != []", 0)]
)
def test_what_the_function_returns_is_the_status(
    answer: str, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answering.py").write_text(f"import sys\nclass A:\n    def m(): return {answer}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "argv", ["tool"])
    (body,) = _bodies("[console_scripts]\ntool = answering:A.m\n").values()
    monkeypatch.delitem(sys.modules, "answering", raising=False)
    with pytest.raises(SystemExit) as ended:
        exec(compile(body, "tool", "exec"), {"__name__": "__main__"})  # noqa: S102 - just made
    code = ended.value.code
    assert (1 if isinstance(code, str) else int(code or 0)) == status
    exec(compile(body, "tool", "exec"), {"__name__": "__mp_main__"})  # noqa: S102 - as above


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("tool=pkg:main", ["tool"]),
        ("  a.b-c_d  =  pkg : main  ", ["a.b-c_d"]),
        ("tool = pkg:main [extra, other]", ["tool"]),
        ("with space = pkg:main", ["with space"]),
        ("# tool = pkg:main", []),
        ("; tool = pkg:main", []),
        ("", []),
        ("tool", []),
        ("tool =", []),
        ("tool = pkg", []),
        ("tool = pkg:", []),
        ("tool = pkg:main()", []),
        ("tool = pkg:main; import os", []),
        ("tool = pkg:1st", []),
        ("tool = pkg..x:main", []),
        ("tool = import:main", []),
        ("= pkg:main", []),
        ("../tool = pkg:main", []),
        ("a\\b = pkg:main", []),
        (".. = pkg:main", []),
        ("a\0b = pkg:main", []),
    ],
)
def test_which_lines_are_scripts(line: str, names: list[str]) -> None:
    assert list(_bodies(f"[other]\nx = y:z\n[console_scripts]\n{line}\n")) == names


def test_both_groups_and_no_other() -> None:
    text = "[gui_scripts]\nw = p:w\nc = p:gui\n[ console_scripts ]\nc = p:c\n[pytest11]\nx = p:x\n"
    bodies = _bodies(text)
    assert list(bodies) == ["c", "w"]
    assert "gui()" in bodies["c"]  # as installers do, who write these last


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip = p:m\npip3 = p:m", ["pip", "pip3", "pip3.12"]),
        ("pip = p:m\npip3 = p:m\npip3.9 = p:m", ["pip", "pip3", "pip3.12"]),
        ("pip3.9 = p:m", ["pip3.9"]),
        ("easy_install = p:m\neasy_install-3.8 = p:m", ["easy_install", "easy_install-3.12"]),
        ("tool3.9 = p:m", ["tool3.9"]),
    ],
)
def test_scripts_that_are_named_after_the_python(text: str, names: list[str]) -> None:
    assert sorted(_bodies(f"[console_scripts]\n{text}\n")) == names


@posix_only
def test_the_scripts_of_a_distribution(tmp_path: Path) -> None:
    prefix = tmp_path / "stage"
    wheel = make_wheel(
        tmp_path,
        entry_points={
            "console_scripts": {
                "easy_install": "demo:m",
                "easy_install-3.8": "demo:m",
                "missing": "demo:m",
                "others": "demo:m",
            }
        },
    )
    unpack(
        wheel,
        prefix,
        installed={"bin/easy_install": "x", "bin/easy_install-3.8": "x"},
        unlisted={"bin/others": "of another"},
    )
    files = find_files(prefix).files - {"bin/others"}
    (one,) = find_unpacked(prefix, files)
    written = write_scripts(prefix, one, [path for path, _ in one.files], interpreter=TARGET)
    scripts = {path for path in written if path.startswith("bin/")}
    assert scripts == {"bin/easy_install", "bin/easy_install-3.12", "bin/missing"}
    assert scripts | {"bin/others"} == {f"bin/{p.name}" for p in (prefix / "bin").iterdir()}
    assert (prefix / "bin/others").read_text() == "of another"
    head = b"#!/opt/python/bin/python3.12\nimport sys\n"
    assert all((prefix / path).read_bytes().startswith(head) for path in scripts)
    assert all((prefix / path).stat().st_mode & 0o777 == 0o755 for path in scripts)


def test_a_distribution_without_entry_points_is_left_alone(tmp_path: Path) -> None:
    prefix = tmp_path / "stage"
    unpack(make_wheel(tmp_path), prefix)
    (one,) = find_unpacked(prefix, find_files(prefix).files)
    files = tuple(path for path, _ in one.files)
    assert write_scripts(prefix, one, files, interpreter=TARGET) == files
    assert len(find_metadata(files)) == 1
