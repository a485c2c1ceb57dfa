from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.libraries.elf import Elf
from syncsteps.smoke.libraries.loader import CacheError, parse_cache, read_loader
from syncsteps.smoke.libraries.tree import Tree
from tests.support.elves import GLIBC, MUSL
from tests.support.loaders import make_cache

if TYPE_CHECKING:
    from pathlib import Path

PATHS = {"libGL.so.1": ("/usr/lib/libGL.so.1",), "libz.so.1": ("/lib/v3/libz.so.1", "/lib/z")}


@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("after_old", [True, False])
def test_a_cache_is_read(*, little: bool, after_old: bool) -> None:
    data = make_cache(PATHS, little=little, after_old=after_old)

    assert parse_cache(data, little=little) == PATHS


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ld.so-1.7.0\0",
        b"ld.so-1.7.0\0\xff\xff\xff\xff",
        b"glibc-ld.so.cache1.1",
        b"glibc-ld.so.cache1.1\xff\xff\xff\xff" + bytes(100),
        b"glibc-ld.so.cache1.1\x09\0\0\0" + bytes(24),
        make_cache(PATHS)[:-1],
    ],
)
def test_a_damaged_cache_is_an_error(data: bytes) -> None:
    with pytest.raises(CacheError):
        parse_cache(data)


def program(interpreter: str, machine: int = 62) -> Elf:
    return Elf(bits=64, little=True, machine=machine, dynamic=True, interpreter=interpreter)


def write(root: Path, path: str, content: str | bytes) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    (root / path).write_bytes(data)


def test_default_directories_are_those_of_the_machine(tmp_path: Path) -> None:
    loader = read_loader(Tree(tmp_path), program("/lib/ld-linux-aarch64.so.1", machine=183))

    assert loader.directories == (
        "/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/lib64",
        "/usr/lib64",
        "/lib",
        "/usr/lib",
    )
    assert not loader.musl


def test_a_loader_in_a_place_of_its_own_looks_beside_itself(tmp_path: Path) -> None:
    loader = read_loader(Tree(tmp_path), program("/nix/store/x-glibc/lib/ld-linux-x86-64.so.2"))

    assert loader.directories[-1] == "/nix/store/x-glibc/lib"


def test_without_a_cache_the_configuration_counts(tmp_path: Path) -> None:
    write(
        tmp_path,
        "etc/ld.so.conf",
        "# mine\ninclude ld.so.conf.d/*.conf\nhwcap 0 nosegneg\n/opt/a/lib # more\n/opt/b=libc6\n",
    )
    write(tmp_path, "etc/ld.so.conf.d/2.conf", "/opt/two\n")
    write(tmp_path, "etc/ld.so.conf.d/1.conf", "/opt/one:/opt/uno\ninclude /etc/ld.so.conf\n")
    write(tmp_path, "etc/ld.so.conf.d/other", "/opt/never\n")

    loader = read_loader(Tree(tmp_path), program(GLIBC))

    expected = ["/opt/one", "/opt/uno", "/opt/two", "/opt/a/lib", "/opt/b"]
    found = [each for each in loader.directories if each.startswith("/opt")]
    assert sorted(found) == sorted(expected)


def test_with_a_cache_the_configuration_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, "etc/ld.so.conf", "/opt/never\n")
    write(tmp_path, "etc/ld.so.cache", make_cache(PATHS))

    loader = read_loader(Tree(tmp_path), program(GLIBC))

    assert "/opt/never" not in loader.directories
    assert loader.cache == PATHS


@pytest.mark.parametrize("text", ["/opt/lib:/usr/lib\n", "/opt/lib\n/usr/lib\n"])
def test_musl_has_a_file_of_its_own(text: str, tmp_path: Path) -> None:
    write(tmp_path, "etc/ld-musl-x86_64.path", text)
    write(tmp_path, "etc/ld.so.conf", "/opt/never\n")

    loader = read_loader(Tree(tmp_path), program(MUSL))

    assert loader.musl
    assert loader.directories == ("/opt/lib", "/usr/lib")


def test_musl_without_it_has_three_directories(tmp_path: Path) -> None:
    loader = read_loader(Tree(tmp_path), program(MUSL))

    assert loader.directories == ("/lib", "/usr/local/lib", "/usr/lib")
