from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.locks import values
from tests.support.lock_texts import SHA

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_name_is_normalized() -> None:
    assert values.parse_name("Zope.Interface_x") == "zope-interface-x"


@pytest.mark.parametrize("text", ["", "-e", "a b", "a\n", "a/b", "é", "a;b", "a-"])
def test_what_is_not_a_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        values.parse_name(text)


@pytest.mark.parametrize("text", ["", "one", "1.0 --hash", "1.0\n-r x", "9" * 5000])
def test_what_is_not_a_version(text: str) -> None:
    with pytest.raises(ValueError, match="version"):
        values.parse_version(text)


@pytest.mark.parametrize("text", ["1.0", ">=", "== 1.0 --x", ">=" + "9" * 5000])
def test_what_is_not_a_specifier(text: str) -> None:
    with pytest.raises(ValueError, match="version"):
        values.parse_specifier(text)


@pytest.mark.parametrize(
    "text",
    [
        "python_version",
        "python_version > ",
        "os_name ~= 'posix'",  # parses; refused only when it is evaluated
        "extras == 'a'",  # as above
        "'os_name' == 'a'",  # as above
        f"python_version == '{'9' * 5000}'",
        "(" * 41 + "os_name == 'a'" + ")" * 41,
        "(" * 100_000,
    ],
)
def test_what_is_not_a_marker(text: str) -> None:
    with pytest.raises(ValueError, match="marker"):
        values.parse_marker(text)


@pytest.mark.parametrize(
    "text",
    [
        "extra == 'group-11-pydantic-ai-dev'",
        "'dev' in dependency_groups",
        "python_full_version == '3.10.*' or sys_platform == 'never'",
    ],
)
def test_markers_of_the_tools(text: str) -> None:
    assert str(values.parse_marker(text)).replace('"', "'") == text


@pytest.mark.parametrize(
    "text",
    [
        "https://files.invalid/a-1.0.tar.gz",
        "file:///srv/a-1.0.tar.gz",
        "HTTPS://user:secret@files.invalid:8443/a%20b?x=1#sha256=0",
        "http://[::1]/a",
    ],
)
def test_urls(text: str) -> None:
    assert values.parse_url(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-https://files.invalid",
        "https://files.invalid/a b",
        "https://files.invalid/a\n--index-url=https://evil.invalid",
        "https://files.invalid/a\x85--pre",
        "https://files.invalid/a\u2028--pre",
        "https://files.invalid/${SECRET}",
        "https://files.invalid/a\\",
        "https:///a",
        "https://[::1/a",
        "https://user@/a",
        "ftp://files.invalid/a",
        "https://-oProxyCommand=x/a",
        "https://user@-oProxyCommand=x/a",
        "https://files.invalid/https://user:hunter2@files.invalid/a",
        "javascript://files.invalid/a",
        "files.invalid/a",
    ],
)
def test_what_is_not_a_url(text: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        values.parse_url(text)


def test_repositories_have_more_schemes_than_files() -> None:
    url = "ssh://git@git.invalid/a.git"
    assert values.parse_vcs_url(url) == url
    with pytest.raises(ValueError, match="none of the schemes file, http, https"):
        values.parse_url(url)


def test_an_error_does_not_tell_a_password() -> None:
    with pytest.raises(ValueError, match="URL") as caught:
        values.parse_url("https://user:hunter2@files.invalid/a b")
    assert "hunter2" not in str(caught.value)
    assert "files.invalid" in str(caught.value)


def test_a_long_text_is_cut_in_an_error() -> None:
    with pytest.raises(ValueError, match="is not a hash") as caught:
        values.parse_hash("-" * 10_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("parse", [values.parse_name, values.parse_version, values.parse_file_name])
def test_what_becomes_the_name_of_a_file_is_no_longer_than_one(
    parse: Callable[[str], object],
) -> None:
    assert parse("1" * 255)
    with pytest.raises(ValueError, match=r"longer than a .* can be \(255\)"):
        parse("1" * 256)


def test_a_message_is_shown_as_one_line_and_not_whole() -> None:
    shown = values.plain("a\nb\x1b[2J\u2028\udc80 https://user:hunter2@files.invalid " + "x" * 9000)
    assert shown.startswith(r"a\nb\x1b[2J\u2028\udc80 https://****@files.invalid xxx")
    assert shown.endswith("x…")
    assert len(shown) < 600
    assert values.plain("as it is, 'é'") == "as it is, 'é'"


@pytest.mark.parametrize("before", range(470, 500))
def test_a_message_does_not_end_in_the_middle_of_a_password(before: int) -> None:
    shown = values.plain(f"{'x' * before} https://user:hunter2@files.invalid/ and so on, and so on")
    assert "hunter" not in shown
    assert "user" not in shown


@pytest.mark.parametrize("text", ["abc", "sha256:00ff", "0" * 64])
def test_hashes_of_what_a_lock_was_made_from(text: str) -> None:
    assert values.parse_content_hash(text) == text


@pytest.mark.parametrize("text", ["", "a b", "00\n", "https://user:hunter2@files.invalid", "x:"])
def test_what_is_no_hash_of_that(text: str) -> None:
    with pytest.raises(ValueError, match="is not a hash"):
        values.parse_content_hash(text)


@pytest.mark.parametrize("text", ["main", "feature/x-1.0", "v1.0@b", "r123", "revid:a-1"])
def test_revisions(text: str) -> None:
    assert values.parse_revision(text) == text


@pytest.mark.parametrize("text", ["", "-x", "/x", "a/../b", "a b", "a#b", "a?b", "https://u:p@h"])
def test_what_is_not_a_revision(text: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a revision"):
        values.parse_revision(text)


@pytest.mark.parametrize("text", ["", " ", "a\nb", "a\0b", "-r other.txt", "https://u:p@h/a"])
def test_what_is_not_a_path(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        values.parse_path(text)


@pytest.mark.parametrize("text", ["..", "a/../../b", "/etc", "C:/x", "a\\..\\b"])
def test_a_subdirectory_stays_inside(text: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        values.parse_subdirectory(text)


@pytest.mark.parametrize(
    ("location", "name"),
    [
        (
            "https://files.invalid/x/torch-2.0%2Bcu121-py3-none-any.whl?a=/b#c/d",
            "torch-2.0+cu121-py3-none-any.whl",
        ),
        ("../dist/a-1.0.tar.gz", "a-1.0.tar.gz"),
        ("dist\\a-1.0.tar.gz", "a-1.0.tar.gz"),
    ],
)
def test_the_file_name_of_a_location(location: str, name: str) -> None:
    assert values.file_name_of(location) == name


@pytest.mark.parametrize(
    "location",
    ["https://files.invalid/", "x/..", "https://x.invalid/%2e%2e%2fa", "https://x.invalid/a%0Ab"],
)
def test_a_location_without_a_file_name(location: str) -> None:
    with pytest.raises(ValueError, match="not the name of"):
        values.file_name_of(location)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://index.invalid/a/b/demo-1.0-py3-none-any.whl", "demo-1.0-py3-none-any.whl"),
        ("https://index.invalid/demo-1.0+local.tar.gz", "demo-1.0+local.tar.gz"),
        ("https://index.invalid/demo%2B1.whl", None),
        ("https://index.invalid/demo-1.whl#sha256=0", None),
        ("https://index.invalid/demo-1.whl\n", None),
        ("https://user@index.invalid/demo-1.whl", None),
        ("https://index.invalid/a//demo-1.whl", "demo-1.whl"),
        ("https://index.invalid/-demo.whl", None),
        ("https://index.invalid/", None),
        ("http://index.invalid/demo-1.whl", None),
        (f"https://index.invalid/{'a' * 252}.whl", None),
        ("https://-h.invalid/a-1.whl", None),
        ("https://h.invalid/a/", None),
    ],
)
def test_the_file_name_of_a_plain_url(url: str, name: str | None) -> None:
    assert values.plain_file_name(url) == name


def test_a_hash() -> None:
    parsed = values.parse_hash(f"sha256:{SHA.upper()}")
    assert (parsed.algorithm, parsed.digest) == ("sha256", SHA)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SHA, "is not a hash"),
        (f"sha257:{SHA}", "is none of md5"),
        (f"shake_128:{SHA}", "is none of md5"),
        (f"sha256:{SHA[:-1]}", "64 digits"),
        (f"sha256:{SHA[:-1]}g", "64 digits"),
        (f"sha256:{SHA[:-1]}\n", "64 digits"),
    ],
)
def test_what_is_not_a_hash(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        values.parse_hash(text)


@pytest.mark.parametrize("text", ["main", SHA[:39], f"{SHA[:40]}\n", "g" * 40])
def test_what_is_not_a_commit(text: str) -> None:
    with pytest.raises(ValueError, match="is not a commit"):
        values.parse_commit(text)


@pytest.mark.parametrize("text", ["", "-x", "a b", "a\n", "a#b", "${A}"])
def test_what_is_no_word_for_a_revision(text: str) -> None:
    with pytest.raises(ValueError, match="revision"):
        values.parse_revision(text)
