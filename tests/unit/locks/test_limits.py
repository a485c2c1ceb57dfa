from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import LockError
from syncsteps.locks import limits, read_lock
from tests.support.injection import changed
from tests.support.injection_texts import SAMPLES
from tests.support.lock_texts import PYLOCK, SHA, UV

if TYPE_CHECKING:
    from pathlib import Path

NAMES = [
    "uv.lock",
    "pylock.toml",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "requirements.txt",
]
UV_HEAD = 'version = 1\nrequires-python = ">=3.9"\n'


def refusal(path: Path) -> LockError:
    with pytest.raises(LockError) as caught:
        read_lock(path, name="given.lock", environment={"V": "v" * 1000})
    assert caught.value.file == "given.lock"
    return caught.value


def refused(directory: Path, name: str, text: str) -> LockError:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return refusal(path)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_100_mb(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(100_000_000)
    assert str(refusal(path)) == "given.lock: expected at most 64 MiB, found more"


def test_a_file_of_just_the_size() -> None:
    limits.check_size(bytes(limits.LARGEST_FILE), file="a")
    with pytest.raises(LockError, match="64 MiB"):
        limits.check_size(bytes(limits.LARGEST_FILE + 1), file="a")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", UV_HEAD + "a = " + "[" * 100_000 + "]" * 100_000),
        ("uv.lock", UV_HEAD + "a = " + "{a = " * 100_000),
        ("pylock.toml", 'lock-version = "1.0"\na = ' + "[" * 100_000),
        ("pylock.toml", 'lock-version = "1.0"\na = ' + "{a = " * 100_000),
        ("poetry.lock", '[metadata]\nlock-version = "2.1"\na = ' + "[" * 100_000),
        ("poetry.lock", '[metadata]\nlock-version = "2.1"\na = ' + "{a = " * 100_000),
        ("pdm.lock", '[metadata]\nlock_version = "4.5.0"\na = ' + "[" * 100_000),
        ("pdm.lock", '[metadata]\nlock_version = "4.5.0"\na = ' + "{a = " * 100_000),
        ("Pipfile.lock", '{"_meta": ' + "[" * 100_000),
        ("Pipfile.lock", '{"_meta": ' * 100_000),
    ],
)
def test_nesting_of_100_000(tmp_path: Path, name: str, text: str) -> None:
    assert "nested too deeply" in str(refused(tmp_path, name, text))


@pytest.mark.parametrize("marks", ["k = 1\n", "[[a]]\n", "a.b = {}\n"])
def test_a_million_tiny_tables_of_toml(marks: str) -> None:
    with pytest.raises(LockError, match="at most 1,000,000 values"):
        limits.check_toml(marks * 1_000_001, file="a")
    limits.check_toml(marks * 200_000, file="a")


def test_a_million_tiny_tables_of_json(tmp_path: Path) -> None:
    text = json.dumps({"_meta": [{}] * 1_000_001})
    assert "at most 1,000,000 values" in str(refused(tmp_path, "Pipfile.lock", text))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\u2028"])
def test_a_million_lines(tmp_path: Path, end: str) -> None:
    text = "#" + end * 1_000_001
    assert "at most 1,000,000 lines" in str(refused(tmp_path, "requirements.txt", text))


KEYS = [
    "a.b.c.d.e.f{} = 1",
    "[a.b.c.d.e.f{}]",
    "[[ a . b.c.d.e.f{} ]]",
    '"a".\'b\'.c."d".e.f{} = 1',
    "x = {{ y = 1, a.b.c.d.e.f{} = 1 }}",
    "x = [{{a.b.c.d.e.f{} = 1}}]",
    "  a-a.b_b.c.d\t.e.f{} = 1",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_of_many_parts(key: str) -> None:
    limits.check_toml(key.format(""), file="a")
    limits.check_toml(f"a = 1\n{key}".format(""), file="a")
    for before, line in (("", 1), ("\n", 2), ("a = 1\nb = 2\n", 3), ("[a]\n", 2)):
        with pytest.raises(LockError, match="more than 6 parts") as caught:
            limits.check_toml(before + key.format(".g"), file="a")
        assert caught.value.table == f"line {line}"


@pytest.mark.parametrize("text", ["1.2.3.4.5.6.7.8.9", "a.b.c.d.e.f.g.invalid/h.i.j.k.l.m.n"])
def test_dots_in_values_are_not_counted(text: str) -> None:
    limits.check_toml(f'a = "{text}"\nb = ["{text}", "{text}"]\nc = {{ d = "{text}" }}', file="a")


def test_only_the_key_is_counted_in_a_line_of_many_dots() -> None:
    text = 'a.b = "1.2.3.4.5.6.7.8.9"\n'
    limits.check_toml(text, file="a")
    with pytest.raises(LockError, match="more than 6 parts"):
        limits.check_toml(f"{text}a.b.c.d.e.f.g = 1\n", file="a")


def test_real_locks_are_far_from_the_limits() -> None:
    for text in (UV, PYLOCK):
        limits.check_toml(text, file="a")


MEGABYTE = {
    "marker": 'marker = "{}"'.format(" or ".join(["os_name == 'a'"] * 60_000)),
    "name": 'name = "{}"'.format("a" * 1_000_000),
    "version": 'version = "{}"'.format("9" * 1_000_000),
    "url": 'url = "https://{}"'.format("a@" * 500_000),
}


@pytest.mark.parametrize("key", MEGABYTE)
def test_a_value_of_a_megabyte(tmp_path: Path, key: str) -> None:
    fields = {
        "name": 'name = "a"',
        "version": 'version = "1.0"',
        "url": 'url = "https://files.invalid/a-1.0.tar.gz"',
        "marker": "marker = \"os_name == 'a'\"",
        key: MEGABYTE[key],
    }
    error = refused(
        tmp_path,
        "uv.lock",
        f"{UV_HEAD}[[package]]\n{fields['name']}\n{fields['version']}\n"
        'source = { registry = "https://index.invalid/simple" }\n'
        f'dependencies = [{{ name = "a", {fields["marker"]} }}]\n'
        f'sdist = {{ {fields["url"]}, hash = "sha256:{SHA}" }}\n',
    )
    assert error.key == key
    assert error.table.startswith("package[0]")
    assert "expected at most 100,000 characters, found" in error.message


MARKERS = {
    "of a megabyte": " or ".join(["os_name == 'a'"] * 60_000),
    "with a value of a megabyte": "os_name == '{}'".format("a" * 1_000_000),
    "with a nesting of 500,000": "(" * 500_000 + "os_name == 'a'" + ")" * 500_000,
    "with a nesting of 40,000": "(" * 40_000 + "os_name == 'a'" + ")" * 40_000,
}
# A marker of each format and version that has any, and the key that the error names.
MARKED: list[tuple[str, tuple[str | int, ...], str, str]] = [
    ("uv.lock", ("package", 0, "dependencies", 0, "marker"), "marker", ""),
    ("uv.lock", ("supported-markers", 0), "supported-markers[0]", ""),
    ("pylock.toml", ("packages", 4, "marker"), "marker", ""),
    ("pylock.toml", ("environments", 0), "environments[0]", ""),
    ("poetry.lock 1.0", ("package", 0, "marker"), "marker", ""),
    *(
        (f"poetry.lock {v}", ("package", 4, "dependencies", "speed", "markers"), "markers", "")
        for v in ("1.1", "2.0")
    ),
    ("poetry.lock 2.1", ("package", 5, "markers"), "markers", ""),
    ("poetry.lock 2.1", ("package", 0, "markers", "dev"), "dev", ""),
    ("pdm.lock 4.2", ("package", 4, "dependencies", 1), "dependencies[1]", "tree ; "),
    ("pdm.lock 4.5", ("package", 0, "marker"), "marker", ""),
    ("Pipfile.lock", ("default", "plain", "markers"), "markers", ""),
]


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize(("name", "place", "key", "before"), MARKED)
def test_a_marker(
    name: str, place: tuple[str | int, ...], key: str, before: str, marker: str
) -> None:
    sample = next(each for each in SAMPLES if each.name == name)
    started = time.process_time()
    with pytest.raises(LockError) as caught:
        sample.read(changed(sample.document, place, before + MARKERS[marker]))
    assert time.process_time() - started < 5
    assert caught.value.key == key
    assert caught.value.table or len(place) == 2
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_of_a_requirement(tmp_path: Path, marker: str) -> None:
    error = refused(tmp_path, "requirements.txt", f"a==1 ; {MARKERS[marker]}\n")
    assert error.table == "line 1"
    assert len(str(error)) < 1000


@pytest.mark.parametrize("digits", [300, 5_000, 100_000])
def test_a_version_of_many_digits(tmp_path: Path, digits: int) -> None:
    text = UV.replace('version = "0.1"', f'version = "{"9" * digits}"', 1)
    error = refused(tmp_path, "uv.lock", text)
    assert (error.table, error.key) == ("package[0]", "version")


# What takes the square of its length in time takes minutes here.
@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a==1" + " " * 999_000, None),
        ("a==1" + " " * 90_000 + "x", "not a requirement"),
        (" " * 900_000 + "a==1", None),
        ("a==1" + "\t" * 900_000 + "# b", None),
        ("./a" + " " * 90_000 + "x", "cannot tell the name"),
        ("./a" + " ;" * 45_000, "not a marker"),
        ("a==1 --hash='" + "a" * 900_000, "not closed"),
        ("a==1" + f" --hash='sha256:{SHA}'" * 10_000, None),
        ("https://" + "a@" * 49_000 + " ", "names no host"),
        ("a==1 ;" + "(" * 90_000, "not a requirement"),
        ("a==1 " + "x" * 2_000_000, "at most 1,000,000 characters"),
        ("a" * 200_000, "at most 100,000 characters"),
        ("a" + "==" * 45_000 + "@${V}", "cannot be read once its variables are replaced"),
        ("a @ b ;" * 12_000 + "${V}", "a variable in a version or a marker"),
        ("${V}" * 200, "more than 100,000 characters"),
    ],
)
def test_a_hostile_line(tmp_path: Path, line: str, message: str | None) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(f"{line}\n", encoding="utf-8")
    if message is None:
        assert [package.name for package in read_lock(path).packages] == ["a"]
        return
    error = refusal(path)
    assert message in error.message
    assert error.table == "line 1"
    assert len(str(error)) < 1000


@pytest.mark.parametrize(("count", "times"), [(30, 2), (2000, 1)])
def test_files_that_include_ever_more(tmp_path: Path, count: int, times: int) -> None:
    for number in range(count):
        text = f"-r r{number + 1}.txt\n" * times
        (tmp_path / f"r{number}.txt").write_text(text, encoding="utf-8")
    (tmp_path / f"r{count}.txt").write_text("a==1\n", encoding="utf-8")
    with pytest.raises(LockError, match="at most 100 included files"):
        read_lock(tmp_path / "r0.txt")


def test_a_hundred_included_files(tmp_path: Path) -> None:
    (tmp_path / "all.txt").write_text("-r one.txt\n" * 100, encoding="utf-8")
    (tmp_path / "one.txt").write_text("a==1\n", encoding="utf-8")
    assert len(read_lock(tmp_path / "all.txt").packages) == 1


def test_a_pylock_whose_other_tools_nest_deeply(tmp_path: Path) -> None:
    path = tmp_path / "pylock.toml"
    path.write_text(f"{PYLOCK}\n[tool]\nx = {'[' * 80}{']' * 80}\n", encoding="utf-8")
    assert len(read_lock(path).packages) == 4


def test_many_versions_of_one_name(tmp_path: Path) -> None:
    """Each is looked up at once: to compare each with each would take minutes."""
    source = 'source = { registry = "https://index.invalid/simple" }'
    text = UV_HEAD + "".join(
        f'[[package]]\nname = "a"\nversion = "1.{number}"\n{source}\n' for number in range(5_000)
    )
    edges = ", ".join(f'{{ name = "a", version = "1.{n}" }}' for n in range(4_999, 0, -1))
    path = tmp_path / "uv.lock"
    path.write_text(
        f'{text}[[package]]\nname = "b"\nversion = "1"\n{source}\ndependencies = [{edges}]\n',
        encoding="utf-8",
    )
    assert len(read_lock(path).packages) == 5_001


def test_forks_that_nest_as_deeply_as_can_be_read(tmp_path: Path) -> None:
    deep = "os_name == 'a' and (" * 40 + "os_name == 'b' or os_name == 'c'" + ")" * 40
    text = UV.replace(
        "resolution-markers = [\"sys_platform == 'darwin'\"", f'resolution-markers = ["{deep}"', 1
    )
    error = refused(tmp_path, "uv.lock", text)
    assert (error.table, error.key) == ("package[5]", "resolution-markers")
