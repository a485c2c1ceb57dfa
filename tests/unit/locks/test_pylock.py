from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from packaging.specifiers import SpecifierSet

from syncsteps.errors import LockError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Archive, Directory, Hash, Lock, Sdist, Vcs, Wheel
from syncsteps.locks.pylock import read_pylock
from tests.support.lock_texts import PYLOCK, SHA

ROOT = Path("/project").absolute()
SHA256 = Hash(algorithm="sha256", digest=SHA)


def read(text: str) -> Lock:
    origin = Origin(name="pylock.toml", path=ROOT / "pylock.toml", root=ROOT, digest="d")
    return read_pylock(tomli.loads(text), origin)


def changed(old: str, new: str) -> str:
    assert old in PYLOCK
    return PYLOCK.replace(old, new)


def test_the_lock_as_a_whole() -> None:
    lock = read(PYLOCK)
    assert (lock.format, lock.format_version, lock.layout) == ("pylock.toml", "1.0", "flat")
    assert lock.requires_python == SpecifierSet(">=3.9")
    assert [str(marker) for marker in lock.environments] == ['sys_platform == "linux"']
    assert lock.extras == ("fast",)
    assert lock.groups == ("dev", "default")
    assert lock.default_groups == ("default",)
    assert lock.project == "app"
    assert [item.name for item in lock.packages] == ["app", "archive", "checkout", "plain"]


@pytest.mark.parametrize(
    ("listed", "default", "expected"),
    [
        ([], [], None),
        (["dev"], [], None),
        (["dev"], ["own"], "own"),  # as the standard wants it
        (["default", "dev"], ["default"], "default"),  # pdm
        (["dev", "main"], ["dev", "main"], "main"),  # an export of ours of a poetry.lock
        (["default", "default-project"], ["default-project"], "default-project"),
        (["dev", "docs"], ["dev"], None),
    ],
)
def test_the_group_of_the_project_itself(
    listed: list[str], default: list[str], expected: str | None
) -> None:
    text = changed('dependency-groups = ["dev"]', f"dependency-groups = {listed}")
    assert read(text.replace('["default"]', str(default))).production_group == expected


def test_direct_sources() -> None:
    app, archive, checkout, _ = read(PYLOCK).packages
    assert app.source == Directory(path=".", editable=True)
    assert archive.source == Archive(
        url="https://files.invalid/archive.zip", hashes=(SHA256,), size=5, subdirectory="python"
    )
    assert str(archive.marker) == '"fast" in extras'
    assert checkout.source == Vcs(
        type="git",
        url="https://git.invalid/checkout",
        commit_id=SHA[:40],
        requested_revision="main",
        subdirectory="python",
    )


def test_files() -> None:
    plain = read(PYLOCK).packages[3]
    assert plain.index == "https://index.invalid/simple"
    assert plain.requires_python == SpecifierSet(">=3.8")
    assert plain.sdist == Sdist(
        filename="plain-1.0.tar.gz",
        path="files/plain-1.0.tar.gz",
        hashes=(Hash(algorithm="md5", digest=SHA[:32]),),
    )
    assert plain.wheels == (
        Wheel(
            filename="plain-1.0-py3-none-any.whl",
            url="https://files.invalid/plain-1.0-py3-none-any.whl",
            hashes=(SHA256,),
            size=10,
        ),
    )


def test_a_repository_on_disk_becomes_an_address() -> None:
    text = changed('url = "https://git.invalid/checkout"', 'path = "checkout"')
    source = read(text).packages[2].source
    assert isinstance(source, Vcs)
    assert source.url == (ROOT / "checkout").as_uri()


def test_an_upload_time_may_be_anything() -> None:
    text = changed("upload-time = 2024-01-01T00:00:00Z", 'upload-time = "yesterday"')
    assert read(text).packages == read(PYLOCK).packages


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('lock-version = "1.0"\n', "", "pylock.toml, key 'lock-version': Missing"),
        ('"1.0"\ncreated', '"2.0"\ncreated', "key 'lock-version': expected lock-version 1.0"),
        ('created-by = "a test"\n', "", "key 'created-by': Missing"),
        ('name = "plain"\n', 'name = "Plain"\n', r"packages\[3\], key 'name': .*not normalized"),
        ('name = "app"\n', "", r"packages\[0\], key 'name': Missing"),
        ("directory = {", "vcs = {}\ndirectory = {", r"packages\[0\].vcs, key 'type'"),
        ('"plain-1.0.tar.gz", path', '"plain-2.0.tar.gz", path', r"packages\[3\], key 'sdist'"),
        ("1.0-py3-none-any.whl", "1.0-py3-none.whl", r"packages\[3\], key 'wheels\[0\]'"),
        ("size = 10", "size = true", r"packages\[3\].wheels\[0\], key 'size'"),
        ("size = 10", "size = -1", r"packages\[3\].wheels\[0\], key 'size': .*from zero"),
        (f'sha256 = "{SHA}" }}\n', 'sha256 = "0" }\n', r"wheels\[0\].hashes, key 'sha256': '0' is"),
        (f"md5 = '{SHA[:32]}'".replace("'", '"'), "", r"packages\[3\].sdist, key 'hashes'"),
        ("index.invalid/simple", "index.invalid/a b", r"packages\[3\], key 'index'"),
        ("invalid/archive.zip", "invalid/a\\n--pre", r"packages\[1\].archive, key 'url'"),
        (f'commit-id = "{SHA[:40]}"', 'commit-id = "main"', r"packages\[2\].vcs, key 'commit-id'"),
        ('type = "git"', 'type = "cvs"', r"packages\[2\].vcs, key 'type': .*found 'cvs'"),
        ('path = "."', 'path = "a\\u0000"', r"packages\[0\].directory, key 'path'"),
        ("'fast' in extras", "fast in extras", r"packages\[1\], key 'marker'"),
        ("'fast' in extras", "os_name ~= 'x'", r"packages\[1\], key 'marker'"),
        ('dependency-groups = ["dev"]', 'dependency-groups = ["-"]', r"key 'dependency-groups\[0"),
    ],
)
def test_what_is_wrong_and_where(old: str, new: str, where: str) -> None:
    with pytest.raises(LockError, match=where) as caught:
        read(changed(old, new))
    assert caught.value.file == "pylock.toml"


def test_packages_are_an_array() -> None:
    text = f"{PYLOCK.partition('[[packages]]')[0]}[packages]\n"
    with pytest.raises(LockError, match=r"key 'packages': .*Sequence"):
        read(text)


def test_an_entry_that_is_not_valid_is_named() -> None:
    text = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "colorama"\n'
    with pytest.raises(LockError) as caught:
        read(text)
    assert str(caught.value).startswith("pylock.toml, packages[0]: colorama: Exactly one of ")
    assert "lock again" in caught.value.hint


def test_a_later_minor_version_is_read_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert read(changed('lock-version = "1.0"', 'lock-version = "1.1"')).format_version == "1.1"
    assert capsys.readouterr().err == ""
