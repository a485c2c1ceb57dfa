from __future__ import annotations

import pytest

from syncsteps.errors import LockError
from syncsteps.locks.detect import format_of_name, recognize
from tests.support.lock_texts import PYLOCK, REQUIREMENTS, UV

POETRY = '[[package]]\nname = "a"\n[metadata]\nlock-version = "2.1"\ncontent-hash = "x"\n'
PDM = '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "a"\n'
PIPFILE = '{"_meta": {"pipfile-spec": 6}, "default": {}}'


@pytest.mark.parametrize("filename", ["uv.lock", "constraints.txt", "pylock.toml", "a.lock", "x"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (UV, "uv"),
        (PYLOCK, "pylock"),
        (POETRY, "poetry"),
        (PDM, "pdm"),
        (PIPFILE, "pipfile"),
    ],
)
def test_the_content_says_the_format(text: str, found: str, filename: str) -> None:
    assert recognize(text, filename=filename, file="f").format == found


@pytest.mark.parametrize("filename", ["requirements.txt", "requirements.lock", "main.in", "x"])
@pytest.mark.parametrize("text", [REQUIREMENTS, "version==1.0\n", "# nothing\n", "package\n"])
def test_lines_are_requirements(text: str, filename: str) -> None:
    document = recognize(text, filename=filename, file="f")
    assert (document.format, document.data) == ("requirements", {})


def test_a_name_stands_in_for_content_that_says_nothing() -> None:
    assert recognize("# nothing", filename="uv.lock", file="f").format == "uv"


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("pylock.toml", "pylock"),
        ("pylock.dev.toml", "pylock"),
        ("pylock.a.b.toml", None),
        ("requirements.txt", None),
    ],
)
def test_formats_of_names(filename: str, expected: str | None) -> None:
    assert format_of_name(filename) == expected


@pytest.mark.parametrize(
    ("text", "filename", "message"),
    [
        ("", "uv.lock", "the file is empty"),
        (" \n\t\n", "requirements.txt", "the file is empty"),
        ("= 1", "uv.lock", "not valid TOML: .*line 1"),
        ("[[package]]\nname\n", "renamed", "not valid TOML: .*line 2"),
        ("version = " + "9" * 5000, "uv.lock", "not readable as TOML"),
        ("a = " + "[" * 50_000, "uv.lock", "not readable as TOML: nested too deeply"),
        ("{" * 10, "x.lock", "not valid JSON"),
        ('{"a": ' * 50_000, "x.lock", "not readable as JSON: nested too deeply"),
        ("[]", "Pipfile.lock", "expected a JSON object"),
        ("{}", "x.lock", "no lock of a known kind"),
        ("a = 1", "settings.toml", "no lock of a known kind"),
    ],
)
def test_what_is_no_lock(text: str, filename: str, message: str) -> None:
    with pytest.raises(LockError, match=message) as caught:
        recognize(text, filename=filename, file="f")
    assert caught.value.file == "f"


def test_a_pyproject_is_no_lock() -> None:
    with pytest.raises(LockError) as caught:
        recognize("[project]\nname = 'a'", filename="pyproject.toml", file="f")
    assert "not its pyproject.toml" in caught.value.hint


@pytest.mark.parametrize(
    ("filename", "text"),
    [
        ("uv.lock", UV.replace("[manifest]", "<<<<<<< HEAD\n[manifest]", 1)),
        ("uv.lock", f"<<<<<<< HEAD\n{UV}"),
        ("Pipfile.lock", '{"_meta": {},\n<<<<<<< HEAD\n"default": {}\n'),
        ("requirements.txt", "<<<<<<< HEAD\na==1\n=======\na==2\n>>>>>>> other\n"),
    ],
)
def test_a_merge_conflict_is_called_one(filename: str, text: str) -> None:
    with pytest.raises(LockError, match="two versions of the file") as caught:
        recognize(text, filename=filename, file=filename)
    assert "merge conflict" in caught.value.hint
    line = text.splitlines().index("<<<<<<< HEAD") + 1
    assert str(caught.value).startswith(f"{filename}, line {line}: ")


@pytest.mark.parametrize(("filename", "text"), [("uv.lock", UV[:-20]), ("Pipfile.lock", '{"_me')])
def test_what_is_cut_off_is_to_be_made_again(filename: str, text: str) -> None:
    with pytest.raises(LockError, match="not valid") as caught:
        recognize(text, filename=filename, file=filename)
    assert "make it again" in caught.value.hint
