from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import packaging
import pytest

from syncsteps.interpreter import _inside

SCRIPT = Path(_inside.__file__)
PACKAGING = Path(packaging.__file__).parent


def make_metadata(site: Path, name: str, content: str, file: str = "METADATA") -> Path:
    directory = site / name
    directory.mkdir(parents=True)
    (directory / file).write_text(content, "utf-8")
    return directory


def test_the_script_compiles_on_python_3_6_and_is_ascii() -> None:
    source = SCRIPT.read_text("utf-8")
    assert source.isascii()
    ast.parse(source, feature_version=(3, 6))


def run(*arguments: str, script: str | None = None) -> dict[str, Any]:
    source = SCRIPT.read_text("utf-8") if script is None else script
    shown = subprocess.run(
        [sys.executable, "-I", "-B", "-", *arguments],
        input=source,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.startswith("FENCE{")
    answer: dict[str, Any] = json.loads(shown.stdout.removeprefix("FENCE").removesuffix("FENCE\n"))
    return answer


def test_a_python_below_the_minimum_answers_with_its_version_only() -> None:
    answer = run("FENCE", "/nowhere", f"{sys.version_info[0]}.{sys.version_info[1] + 1}")
    assert answer == {"too_old": ".".join(map(str, sys.version_info[:3]))}


def test_packaging_may_lie_in_a_zip_and_another_copy_may_be_imported(tmp_path: Path) -> None:
    archive = tmp_path / "tool.pyz"
    with zipfile.ZipFile(archive, "w") as target:
        for path in PACKAGING.glob("*.py"):
            target.write(path, f"packaging/{path.name}")
    stale = "import sys, types\nsys.modules['packaging'] = types.ModuleType('packaging')\n"
    script = stale + SCRIPT.read_text("utf-8")
    answer = run("FENCE", str(archive), "3.9", script=script)
    assert answer["tags"] == run("FENCE", str(PACKAGING.parent), "3.9")["tags"]
    assert str(archive) not in answer["sys_path"]


@pytest.mark.parametrize(
    "code",
    ["a syntax of the future", "from os import a_name_of_the_future", "None | None", "None.then"],
)
def test_a_packaging_that_is_too_new_for_the_target_computes_no_tags(
    tmp_path: Path, code: str
) -> None:
    (tmp_path / "packaging").mkdir()
    (tmp_path / "packaging" / "__init__.py").write_text("", "utf-8")
    (tmp_path / "packaging" / "tags.py").write_text(code, "utf-8")
    assert run("FENCE", str(tmp_path), "3.9")["tags"] == []


def test_headers_are_read_to_the_first_empty_line(tmp_path: Path) -> None:
    metadata = make_metadata(
        tmp_path,
        "Foo.Bar-1.0.dist-info",
        "Metadata-Version: 2.4\r\nname: Foo.Bar__Baz\r\nVERSION : 1.0\r\nRequires-Python: >=3.9\r\n"
        "Requires-Dist: ham\r\nLicense: x\r\n Requires-Dist: not-this\r\n"
        "Requires-Dist: eggs>=2 ;\r\n  extra == 'x'\r\n\r\nName: body\r\nRequires-Dist: body\r\n",
    )
    (metadata / "INSTALLER").write_text("pip\n", "utf-8")
    (metadata / "direct_url.json").write_text('{"url": "file:///x"}', "utf-8")
    assert _inside.describe(str(tmp_path), str(metadata)) == {
        "name": "foo-bar-baz",
        "version": "1.0",
        "location": str(tmp_path),
        "metadata": str(metadata),
        "installer": "pip",
        "direct_url": '{"url": "file:///x"}',
        "requires": ["ham", "eggs>=2 ; extra == 'x'"],
        "requires_python": ">=3.9",
    }


def test_setuptools_own_requirements_are_converted(tmp_path: Path) -> None:
    egg = make_metadata(tmp_path, "a.egg-info", "Name: a\nVersion: 1\n", "PKG-INFO")
    (egg / "requires.txt").write_text("ham>=1\n\n[x]\neggs\n", "utf-8")
    found = _inside.describe(str(tmp_path), str(egg))
    assert found is not None
    assert found["requires"] == ["ham>=1", 'eggs; extra == "x"']
    assert found["installer"] is None


def test_distributions_come_in_the_order_of_the_path(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    make_metadata(second, "spam-1.dist-info", "Name: spam\nVersion: 1\n")
    make_metadata(first, "spam-2.dist-info", "Name: spam\nVersion: 2\n")
    make_metadata(first, "ham-1.dist-info", "Name: ham\nVersion: 1\n")
    (first / "old-3.egg-info").write_text("Name: old\nVersion: 3\n", "utf-8")
    make_metadata(first, "nameless-1.dist-info", "Version: 1\n")
    make_metadata(first, "versionless-1.dist-info", "Name: versionless\n")
    (first / "empty-1.dist-info").mkdir()
    egg = tmp_path / "zope-4-py3.egg"
    make_metadata(egg, "EGG-INFO", "Name: zope\nVersion: 4\n", "PKG-INFO")
    path = [str(entry) for entry in (tmp_path / "gone", first, second, first, egg)]
    distributions, broken = _inside.find_distributions(path)
    assert [(one["name"], one["version"]) for one in distributions] == [
        ("ham", "1"),
        ("old", "3"),
        ("spam", "2"),
        ("spam", "1"),
        ("zope", "4"),
    ]
    assert [Path(path).name for path in broken] == [
        "empty-1.dist-info",
        "nameless-1.dist-info",
        "versionless-1.dist-info",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_directory_that_is_listed_twice_counts_once(tmp_path: Path) -> None:
    make_metadata(tmp_path / "lib", "spam-1.dist-info", "Name: spam\nVersion: 1\n")
    (tmp_path / "lib64").symlink_to("lib")
    path = [str(tmp_path / "lib64"), str(tmp_path / "lib")]
    distributions, _ = _inside.find_distributions(path)
    assert [one["location"] for one in distributions] == [str(tmp_path / "lib64")]


def test_a_zipped_egg_on_the_path_is_a_distribution(tmp_path: Path) -> None:
    egg = tmp_path / "old-1-py3.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", "Name: Old_One\nVersion: 1\n")
    (tmp_path / "python312.zip").write_bytes(b"")
    distributions, _ = _inside.find_distributions([str(egg), str(tmp_path / "python312.zip")])
    assert [(one["name"], one["location"]) for one in distributions] == [("old-one", str(egg))]


PATHS = {
    "purelib": "/usr/lib/python3.9/site-packages",
    "platlib": "/usr/lib/python3.9/site-packages",
    "scripts": "/usr/bin",
    "data": "/usr",
    "include": "/usr/include/python3.9",
}


@pytest.fixture
def python_3_9(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_paths", lambda: dict(PATHS))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "prefix", "/env")


@pytest.mark.usefixtures("python_3_9")
@pytest.mark.skipif(sys.platform == "win32", reason="these are POSIX paths")
class TestScheme:
    def test_a_library_off_the_path_is_replaced_by_the_first_that_site_adds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        library = "/usr/local/lib/python3.9/dist-packages"
        monkeypatch.setattr(sys, "path", ["/usr/lib/python3.9", library])
        found = _inside.find_scheme([library, "/usr/lib/python3/dist-packages"], virtual=False)
        assert found == {
            "purelib": library,
            "platlib": library,
            "scripts": "/usr/local/bin",
            "headers": "/usr/local/include/python3.9",
            "data": "/usr/local",
        }

    def test_a_library_on_the_path_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "path", [PATHS["purelib"]])
        found = _inside.find_scheme(["/elsewhere"], virtual=False)
        assert found["purelib"] == found["platlib"] == PATHS["purelib"]
        assert (found["scripts"], found["headers"]) == ("/usr/bin", "/usr/include/python3.9")

    def test_a_library_that_site_would_add_need_not_be_on_the_path_yet(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "path", [])
        found = _inside.find_scheme([PATHS["purelib"]], virtual=False)
        assert found["purelib"] == PATHS["purelib"]

    def test_a_prefix_is_guessed_only_from_the_usual_layout(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "path", [])
        found = _inside.find_scheme(["/site"], virtual=False)
        assert (found["purelib"], found["scripts"]) == ("/site", "/usr/bin")

    def test_headers_of_an_environment_are_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "path", [PATHS["purelib"]])
        found = _inside.find_scheme([], virtual=True)
        assert found["headers"] == "/env/include/site/python3.9"


def test_musl_is_told_from_the_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "confstr", raising=False)
    tags = ["cp312-cp312-linux_x86_64", "cp312-cp312-musllinux_1_2_x86_64"]
    assert _inside.find_libc(tags) == {"name": "musl", "version": "1.2"}
    assert _inside.find_libc(["cp312-cp312-macosx_14_0_arm64"]) is None


def test_the_base_of_an_environment_is_an_existing_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "_base_executable", sys.executable)
    suffix = ".exe" if sys.platform == "win32" else ""
    home = tmp_path / "home"
    home.mkdir()
    settings = f"home = {home}\nexecutable = {tmp_path / 'gone'}\n"
    (tmp_path / "pyvenv.cfg").write_text(settings, "utf-8")
    assert _inside.find_base_executable() is None
    (home / f"python3{suffix}").touch()
    assert _inside.find_base_executable() == str(home / f"python3{suffix}")
    (tmp_path / "gone").touch()
    assert _inside.find_base_executable() == str(tmp_path / "gone")


@pytest.mark.parametrize("says", [True, False])
def test_the_standard_library_is_known_also_where_python_does_not_say(
    monkeypatch: pytest.MonkeyPatch, *, says: bool
) -> None:
    if not says:
        monkeypatch.delattr(sys, "stdlib_module_names", raising=False)
    found = _inside.find_standard_library()
    assert found == sorted(found)
    assert {"asyncio", "enum", "math", "sys", "zlib"} <= set(found)
    assert not {"site-packages", "_thread", "packaging"} & set(found)
