from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.smoke.libraries.tree import Tree
from tests.support.elves import add_elf

pytest.importorskip("pwd", reason="paths are POSIX paths")


def test_links_do_not_lead_out_of_the_root(tmp_path: Path) -> None:
    add_elf(tmp_path / "usr/lib/libreal.so.1.2", soname="libreal.so.1")
    (tmp_path / "lib").symlink_to("/usr/lib")
    (tmp_path / "usr/lib/libreal.so.1").symlink_to("../../../../lib/libreal.so.1.2")
    (tmp_path / "usr/lib/libout.so.1").symlink_to("/../../../../usr/lib/libreal.so.1.2")

    tree = Tree(tmp_path)

    for name in ("libreal.so.1", "libout.so.1"):
        elf = tree.elf(f"/lib/{name}")
        assert elf is not None
        assert elf.soname == "libreal.so.1"
        assert tree.real(f"/lib/{name}") == "/usr/lib/libreal.so.1.2"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("/a")

    assert Tree(tmp_path).elf("/a/lib.so") is None


def test_a_path_is_known_by_both_its_names(tmp_path: Path) -> None:
    tree = Tree(tmp_path)

    assert tree.inside(tmp_path / "usr" / "x.so") == "/usr/x.so"
    assert tree.outside("/usr/x.so") == str(tmp_path / "usr/x.so")
    assert Tree(Path("/")).inside(tmp_path / "x") == str(tmp_path / "x")


def test_a_file_is_inside_through_a_link_to_the_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert Tree(tmp_path / "link").inside(tmp_path / "link" / "x.so") == "/x.so"


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF", b"\x7fELF" + bytes(100)])
def test_what_a_loader_cannot_load_is_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.so").write_bytes(content)
    (tmp_path / "directory.so").mkdir()
    tree = Tree(tmp_path)

    assert tree.elf("/x.so") is None
    assert not tree.exports("/x.so", "PyInit_x")
    assert tree.elf("/directory.so") is None
    assert tree.elf("/nothing.so") is None


def test_a_file_of_configuration_has_a_size(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate((64 << 20) + 1)
    (tmp_path / "small").write_bytes(b"x")
    tree = Tree(tmp_path)

    assert tree.content("/small") == b"x"
    with pytest.raises(OSError, match="too large"):
        tree.content("/huge")


def test_libraries_come_in_order(tmp_path: Path) -> None:
    for name in ("b/liby.so.1", "b/libx.so", "a/z.py", "a/solo.txt", "c.so"):
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).touch()

    assert list(Tree(tmp_path).libraries("/site")) == [
        "/site/c.so",
        "/site/b/libx.so",
        "/site/b/liby.so.1",
    ]
