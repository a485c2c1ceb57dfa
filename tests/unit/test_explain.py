from __future__ import annotations

import pytest

from syncsteps import errors
from syncsteps.explain import explain
from syncsteps.verify import RULES
from tests.support.readme import README, code_table, with_codes

CODES = [rule.code for rule in RULES] + [getattr(errors, name).code for name in errors.__all__]


def test_the_table_in_the_readme_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_codes(text) == text, f"run `nox -s codes`, or paste\n\n{code_table()}"


def test_the_table_has_every_code_once_with_its_severity_and_title() -> None:
    rows = [line.strip("| ").split(" | ") for line in code_table().splitlines()[2:]]
    base = errors.SyncstepsError.code
    assert sorted([base, *(row[0] for row in rows)]) == sorted(CODES)
    by_code = {code: (severity, title) for code, severity, title in rows}
    for rule in RULES:
        assert by_code[rule.code] == (rule.severity.value, rule.title)
    assert by_code["ERR300"] == (
        "exit 3",
        "A lock file that is missing, malformed or of an unknown version",
    )


def test_a_table_that_is_old_is_replaced_and_nothing_else() -> None:
    text = README.read_text(encoding="utf-8")
    old = text.replace(code_table(), "| old |\n")
    assert old != text
    assert with_codes(old) == text
    with pytest.raises(ValueError, match="has no table between"):
        with_codes(text.replace("<!-- codes: end -->", ""))


@pytest.mark.parametrize("code", CODES)
def test_what_the_table_names_can_be_explained(
    code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(code) == 0
    assert capsys.readouterr().out.startswith(f"{code}: ")


def test_of_a_profile_it_is_what_is_known_and_from_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert explain("python:3.10-slim@arm64") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert text.startswith("python:3.10-slim: Python 3.10.")
    assert "glibc 2.41, aarch64" in text
    assert "Installs to /usr/local/lib/python3.10/site-packages. Has: pip 23.0.1, setup" in text
    assert "Dockerfiles of the repository docker-library/python" in text
    assert "Approximate: the patch release of Python" in text


def test_a_profile_that_cannot_be_a_target_says_why() -> None:
    with pytest.raises(errors.InterpreterError, match=r"ubi8 has Python 3\.6"):
        explain("ubi8")
