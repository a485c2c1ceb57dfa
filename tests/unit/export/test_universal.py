from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import tomli
from packaging.markers import Marker
from packaging.pylock import Pylock
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.export import Requirements, to_universal_pylock, to_universal_requirements
from syncsteps.export.pylock_entries import Places
from syncsteps.locks.model import Archive, Directory, Package, Vcs
from syncsteps.selection.universal import Conditional, Universal
from tests.support.locks import (
    index_url,
    make_hash,
    make_lock,
    make_package,
    make_sdist_entry,
    make_wheel_entry,
)

ROOT = Path("C:/proj" if sys.platform == "win32" else "/proj")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)
WHEELS = (
    make_wheel_entry("demo-1.0-py3-none-any.whl", seed="c"),
    make_wheel_entry("demo-1.0-cp39-cp39-win32.whl", seed="a"),
)
DEMO = make_package(
    "demo",
    wheels=WHEELS,
    sdist=make_sdist_entry("demo-1.0.tar.gz"),
    index="https://index.invalid/simple",
)


def of(package: Package, marker: str | None = None, *required_by: str) -> Conditional:
    return Conditional(package=package, marker=marker, required_by=required_by)


def requirements(*items: Conditional, annotate: bool = False) -> Requirements:
    universal = Universal(packages=items)
    return to_universal_requirements(universal, lock=make_lock(), root=ROOT, annotate=annotate)


def document(*items: Conditional, base: Path | None = None, **parts: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of many types
    text = to_universal_pylock(
        Universal(packages=items, **parts),
        lock=make_lock(requires_python=SpecifierSet(">=3.9")),
        root=ROOT,
        base=base,
    )
    Pylock.from_dict(tomli.loads(text))
    return tomli.loads(text)


class TestRequirements:
    def test_options_once_for_each_name(self) -> None:
        package = Package(
            name="demo", version=Version("1.0"), only="sdists", config_settings=(("a", "b"),)
        )
        items = [of(package, f"sys_platform == '{each}'") for each in ("linux", "win32")]
        lines = requirements(*items).unhashed.splitlines()
        assert lines[0] == "--no-binary demo"
        assert lines.count("--no-binary demo") == 1
        assert lines.count('    --config-settings="a=b"') == 2

    def test_every_hash_and_the_marker(self) -> None:
        item = of(DEMO, "sys_platform == 'win32'", "app", "extra:x")
        assert requirements(item, of(make_package("z")), annotate=True) == Requirements(
            hashed=(
                "demo==1.0 ; sys_platform == 'win32' \\\n"
                f"    --hash=sha256:{A} \\\n"
                f"    --hash=sha256:{B} \\\n"
                f"    --hash=sha256:{C}\n"
                "    # via app, extra:x\n"
                f"z==1.0 \\\n    --hash=sha256:{A}\n"
            ),
            unhashed="",
        )
        assert "# via" not in requirements(item).hashed

    def test_what_does_not_come_from_an_index(self) -> None:
        archive = Archive(url="https://index.invalid/a.tar.gz", hashes=(make_hash("b"),))
        vcs = Vcs(type="git", url="https://git.invalid/v", commit_id=COMMIT)
        result = requirements(
            of(make_package("a", source=archive), "os_name == 'nt'"),
            of(make_package("d", source=Directory(path=".", editable=True))),
            of(make_package("v", source=vcs), "os_name == 'nt'"),
        )
        assert result.hashed == (
            f"a @ https://index.invalid/a.tar.gz ; os_name == 'nt' \\\n    --hash=sha256:{B}\n"
        )
        assert result.unhashed == (
            f"d @ {ROOT.as_uri()}\nv @ git+https://git.invalid/v@{COMMIT} ; os_name == 'nt'\n"
        )

    def test_pins_have_the_hashes_of_the_lock(self) -> None:
        pin = make_package("demo", wheels=(), hashes=(make_hash("a"), make_hash("1", "md5")))
        assert requirements(of(pin)).hashed == f"demo==1.0 \\\n    --hash=sha256:{A}\n"
        assert requirements(of(make_package("demo", wheels=()))).unhashed == "demo==1.0\n"

    def test_a_version_or_a_place_is_needed(self) -> None:
        with pytest.raises(SelectionError, match="neither a version nor a place for demo"):
            requirements(of(make_package("demo", None, wheels=())))

    @pytest.mark.parametrize(
        "value",
        ["a\nb", "a #b", "a --index-url=x", "a -r x", "${HOME}", "a\\", "a;b", "a\u2028b", "a\tb"],
    )
    def test_no_marker_is_more_than_a_marker(self, value: str) -> None:
        with pytest.raises(SelectionError, match="marker of demo cannot be written"):
            requirements(of(DEMO, f"platform_version == '{value}'"))

    def test_other_markers_pass(self) -> None:
        marker = "platform_version == '6.1 (x86_64) SMP-2, a+b~c' and \"a'b\" in platform_release"
        assert requirements(of(DEMO, marker)).hashed.startswith(f"demo==1.0 ; {marker} \\\n")


class TestPylock:
    def test_the_whole(self) -> None:
        written = document(
            of(DEMO, "'x' in extras and os_name == 'nt'"),
            extras=("x",),
            groups=("dev",),
            default_groups=("default",),
            environments=("os_name != 'never'",),
        )
        (package,) = written.pop("packages")
        assert written == {
            "lock-version": "1.0",
            "environments": ['os_name != "never"'],
            "requires-python": ">=3.9",
            "extras": ["x"],
            "dependency-groups": ["default", "dev"],
            "default-groups": ["default"],
            "created-by": "syncsteps",
        }
        assert package["marker"] == "'x' in extras and os_name == 'nt'"
        assert (package["name"], package["version"]) == ("demo", "1.0")
        assert package["index"] == "https://index.invalid/simple"
        assert [wheel["name"] for wheel in package["wheels"]] == [w.filename for w in WHEELS]
        assert package["sdist"]["url"] == index_url("demo-1.0.tar.gz")
        assert package["sdist"]["hashes"] == {"sha256": B}

    def test_the_markers_quotes_need_no_backslashes(self) -> None:
        universal = Universal(packages=(of(DEMO, "os_name == 'nt'"),))
        text = to_universal_pylock(universal, lock=make_lock(), root=ROOT)
        assert "marker = \"os_name == 'nt'\"\n" in text

    def test_without_choices_there_are_no_keys_for_them(self) -> None:
        written = document(of(DEMO))
        assert set(written) == {"lock-version", "requires-python", "created-by", "packages"}
        assert "marker" not in written["packages"][0]

    def test_sources(self) -> None:
        vcs = Vcs(type="git", url="https://git.invalid/v", commit_id=COMMIT)
        archive = Archive(url="https://index.invalid/a.tar.gz", hashes=(make_hash("b"),))
        packages = document(
            of(make_package("a", source=archive)),
            of(make_package("d", source=Directory(path="sub", editable=True))),
            of(make_package("v", source=vcs, requires_python=SpecifierSet(">=3.8"))),
            base=ROOT,
        )["packages"]
        assert packages == [
            {
                "name": "a",
                "version": "1.0",
                "archive": {"url": archive.url, "hashes": {"sha256": B}},
            },
            {"name": "d", "directory": {"path": "sub"}},
            {
                "name": "v",
                "version": "1.0",
                "requires-python": ">=3.8",
                "vcs": {"type": "git", "url": vcs.url, "commit-id": COMMIT},
            },
        ]

    def test_several_versions_of_a_name(self) -> None:
        packages = document(
            of(make_package("demo", "1"), "python_version < '3.12'"),
            of(make_package("demo", "2"), "python_version >= '3.12'"),
        )["packages"]
        assert [(p["version"], str(Marker(p["marker"]))) for p in packages] == [
            ("1", 'python_version < "3.12"'),
            ("2", 'python_version >= "3.12"'),
        ]

    def test_a_package_without_files_cannot_be_named(self) -> None:
        with pytest.raises(SelectionError, match="names no file of it"):
            document(of(Package(name="demo", version=Version("1"))))

    def test_a_file_without_an_address_cannot_be_named(self) -> None:
        wheel = make_wheel_entry(WHEELS[0].filename, url=None)
        with pytest.raises(SelectionError, match=r"no address of demo-1\.0-py3") as caught:
            document(of(make_package("demo", wheels=(wheel,))))
        assert "requirements.txt" in caught.value.hint


def test_paths_are_relative_to_where_the_text_goes() -> None:
    places = Places(root=ROOT / "project", base=ROOT / "out")
    assert places.text("lib/a", of="a") == "../project/lib/a"
    assert places.text("../out/a", of="a") == "a"
    assert places.text("../out", of="a") == "."
    absolute = Places(root=ROOT / "project")
    assert absolute.text("lib", of="a") == str(ROOT / "project" / "lib")
