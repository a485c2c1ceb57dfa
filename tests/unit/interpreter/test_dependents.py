from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.interpreter import Owner
from syncsteps.interpreter.databases import apk_databases, find_rpm
from syncsteps.interpreter.dependents import with_dependents

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(sys.platform == "win32", reason="these databases are POSIX systems'")

Needed = tuple[tuple[str, ...], tuple[str, ...]]


def needed(
    root: Path, manager: str, *packages: str, prefixes: tuple[Path, ...] = ()
) -> list[Needed]:
    """Return who needs each of the packages, directly and indirectly."""
    owners = {root / name: Owner(manager=manager, package=name) for name in packages}
    found = with_dependents(
        owners, prefixes=prefixes, root=root, rpm=find_rpm(root, str(root / "rpm"))
    )
    assert list(found) == list(owners)
    assert [(each.manager, each.package) for each in found.values()] == [
        (manager, name) for name in packages
    ]
    return [(each.needed_by, each.needed_indirectly) for each in found.values()]


class TestDpkg:
    @staticmethod
    def write(root: Path, text: str) -> None:
        status = root / "var/lib/dpkg/status"
        status.parent.mkdir(parents=True)
        status.write_text(text, "utf-8")

    def needed(self, root: Path, text: str, *packages: str) -> list[Needed]:
        paragraphs = []
        for paragraph in text.strip().split("\n\n"):
            name, _, rest = paragraph.partition("\n")
            status = "" if "Status:" in rest else "Status: install ok installed\n"
            paragraphs.append(f"Package: {name}\n{status}{rest}")
        self.write(root, "\n\n".join(paragraphs) + "\n")
        return needed(root, "dpkg", *packages)

    def test_direct_ones_come_sorted_and_others_by_their_distance(self, tmp_path: Path) -> None:
        text = """
python3-a
Version: 1

zoo
Depends: libc6 (>= 2.36), python3-a:any (>= 1.0~rc1), python3 (<< 3.14)

bar
Pre-Depends: python3-a

far
Depends: near

near
Depends: zoo | other

also-near
Depends: bar

unconcerned
Depends: python3-ab, python3-a-extra, xpython3-a
"""
        assert self.needed(tmp_path, text, "python3-a", "zoo", "far", "unknown") == [
            (("bar", "zoo"), ("also-near", "near", "far")),
            (("near",), ("far",)),
            ((), ()),
            ((), ()),
        ]

    def test_what_it_provides_can_be_needed(self, tmp_path: Path) -> None:
        text = """
python3-a
Provides: python3.13-a (= 1.0), virtual

one
Depends: python3.13-a (>= 1)

two
Depends: third|virtual

three
Depends: virtual-else
"""
        assert self.needed(tmp_path, text, "python3-a") == [(("one", "two"), ())]

    @pytest.mark.parametrize(
        ("status", "there"),
        [
            ("install ok installed", True),
            ("hold ok installed", True),
            ("install ok half-configured", True),
            ("install ok triggers-pending", True),
            ("deinstall ok config-files", False),
            ("purge ok not-installed", False),
            ("install reinstreq half-installed", False),
        ],
    )
    def test_only_what_is_installed_counts(
        self, status: str, tmp_path: Path, *, there: bool
    ) -> None:
        text = f"python3-a\n\ntool\nStatus: {status}\nDepends: python3-a\n"
        assert self.needed(tmp_path, text, "python3-a") == [(("tool",) if there else (), ())]

    def test_circles_end_and_nothing_needs_itself(self, tmp_path: Path) -> None:
        text = "a\nDepends: b, a\n\nb\nDepends: c\n\nc\nDepends: a\n"
        assert self.needed(tmp_path, text, "a", "b") == [(("c",), ("b",)), (("a",), ("c",))]

    def test_a_folded_field_is_read_to_its_end(self, tmp_path: Path) -> None:
        text = "a\n\ntool\nDepends: b,\n c (>= 1),\n\ta\nDescription: for\n Depends: nothing\n"
        assert self.needed(tmp_path, text, "a", "nothing") == [(("tool",), ()), ((), ())]

    def test_of_two_architectures_a_package_is_one(self, tmp_path: Path) -> None:
        text = "a\n\ntool\nDepends: a\n\ntool\nDepends: a\n"
        assert self.needed(tmp_path, text, "a") == [(("tool",), ())]


class TestApk:
    DATABASE = (
        "C:Q1=\nP:py3-a\nV:1-r0\np:py3.12:a=1 cmd:a=1-r0 so:liba.so.1=1.0\nF:usr\nR:D:x\n\n"
        "P:by-name\nD:musl py3-a>=1\n\n"
        "P:by-program\nD:cmd:a\n\n"
        "P:by-library\nD:so:liba.so.1\n\n"
        "P:enemy\nD:!py3-a\n\n"
        "P:far\nD:by-name~2 python3\n"
    )

    def test_names_and_what_they_provide(self, tmp_path: Path) -> None:
        database = tmp_path / "lib/apk/db/installed"
        database.parent.mkdir(parents=True)
        database.write_text(self.DATABASE, "utf-8")
        direct = ("by-library", "by-name", "by-program")
        assert needed(tmp_path, "apk", "py3-a") == [(direct, ("far",))]

    @posix
    def test_a_database_by_two_names_is_one(self, tmp_path: Path) -> None:
        database = tmp_path / "usr/lib/apk/db/installed"
        database.parent.mkdir(parents=True)
        database.touch()
        assert apk_databases(tmp_path) == (database,)
        (tmp_path / "lib").symlink_to("usr/lib")
        assert apk_databases(tmp_path) == (tmp_path / "lib/apk/db/installed",)


class TestConda:
    @staticmethod
    def write(prefix: Path, archive: str, content: str) -> None:
        (prefix / "conda-meta").mkdir(parents=True, exist_ok=True)
        (prefix / "conda-meta" / f"{archive}.json").write_text(content, "utf-8")

    def test_depends_of_its_prefix(self, tmp_path: Path) -> None:
        prefix = tmp_path / "conda"
        depends = {
            "numpy-2.1.0-py312_0": ["python >=3.12,<3.13.0a0"],
            "pandas-2.2-py312_1": ["numpy >=1.22,<3", "python"],
            "my-tool-1.0-0": ["pandas[version='>=2']", "numpy==2.1.0"],
            "numpy-base-1-0": ["numpy-other"],
        }
        for archive, needs in depends.items():
            self.write(prefix, archive, json.dumps({"build": "0", "depends": needs}, indent=2))
        self.write(prefix, "small-1-0", '{"depends":["my-tool"],"name":"small"}')
        assert needed(tmp_path, "conda", "numpy", prefixes=(prefix, prefix)) == [
            (("my-tool", "pandas"), ("small",))
        ]

    @pytest.mark.parametrize(
        "content",
        [
            '{"depends": ["numpy"], "link": {"depends": ["other"]}}',
            '{"link": {"depends": []}, "depends": ["numpy", 1]}',
        ],
    )
    def test_a_record_that_says_depends_twice_is_read_whole(
        self, content: str, tmp_path: Path
    ) -> None:
        self.write(tmp_path, "tool-1-0", content)
        assert needed(tmp_path, "conda", "numpy", prefixes=(tmp_path,)) == [(("tool",), ())]

    @pytest.mark.parametrize(
        "content", ["", "[]", '{"depends": 1}', '{"depends": [', '{"depends": {"numpy": 1}}']
    )
    def test_a_record_that_says_nothing_needs_nothing(self, content: str, tmp_path: Path) -> None:
        self.write(tmp_path, "tool-1-0", content)
        assert needed(tmp_path, "conda", "numpy", prefixes=(tmp_path,)) == [((), ())]


@posix
class TestRpm:
    PACKAGES = r"""
answer() {
    case $1 in
    python3-a)
        printf 'python3-a\tprovides\tpython3.12dist(a)\n'
        printf 'python3-a\tfile\t/usr/bin/a-tool\npython3-a\tfile\t/usr/lib/a.py\n';;
    'python3.12dist(a)') printf 'direct\trequires\tpython3.12dist(a)\n'; rich;;
    /usr/bin/a-tool) printf 'by-program\trequires\t/usr/bin/a-tool\n';;
    direct)
        printf 'far\trequires\tdirect\n'
        printf 'far\trequires\trpmlib(CompressedFileNames)\n'
        printf 'far\tprovides\tfar(x86-64)\n';;
    *) echo "no package requires $1"; missing=1;;
    esac
}
rich() {
    printf 'rich\trequires\t((python3.12dist(a) >= 1 or other) if python3)\n'
    printf 'without\trequires\t(other without python3.12dist(a))\n'
    printf 'condition\trequires\t(other if python3.12dist(a))\n'
}
"""

    def write(self, root: Path, script: str) -> None:
        (root / "usr/lib/sysimage/rpm").mkdir(parents=True)
        (root / "usr/lib/sysimage/rpm/rpmdb.sqlite").touch()
        program = root / "rpm"
        program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        program.chmod(0o755)

    def test_it_is_asked_again_until_nothing_new_is_named(self, tmp_path: Path) -> None:
        loop = (
            f'printf "%s\\n" "$*" >> {tmp_path}/asked\n'
            'for each; do case $each in -*|*NAME*) ;; *) answer "$each";; esac; done\n'
            "exit ${missing:-0}"
        )
        self.write(tmp_path, self.PACKAGES + loop)
        assert needed(tmp_path, "rpm", "python3-a") == [
            (("by-program", "direct", "rich"), ("far",))
        ]
        asked = (tmp_path / "asked").read_text("utf-8").splitlines()
        assert [" --whatrequires " in line for line in asked] == [False, True, True, True]
        words = [word for line in asked[1:] for word in line.rpartition("\\n]")[2].split()]
        assert len(words) == len(set(words))

    def test_what_is_wrong_with_it_is_an_error(self, tmp_path: Path) -> None:
        self.write(tmp_path, 'echo "error: rpmdb: damaged header" >&2; exit 1')
        with pytest.raises(InterpreterError, match="rpm cannot say") as caught:
            needed(tmp_path, "rpm", "python3-a")
        assert caught.value.details == ("error: rpmdb: damaged header",)
