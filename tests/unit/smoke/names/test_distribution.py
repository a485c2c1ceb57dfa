from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import SmokeError
from syncsteps.smoke.names.distribution import EntryPoint, read_distribution

if TYPE_CHECKING:
    from pathlib import Path


def write(site: Path, **files: str) -> Path:
    metadata = site / "demo-1.0.dist-info"
    metadata.mkdir()
    for name, text in files.items():
        (metadata / name.replace("__", ".")).write_text(text)
    return metadata


def test_what_is_not_there_says_nothing(tmp_path: Path) -> None:
    found = read_distribution(write(tmp_path))
    assert (found.paths, found.entry_points, found.import_names) == ((), (), None)
    assert found.site == tmp_path


def test_fields_of_the_headers_and_not_of_the_text(tmp_path: Path) -> None:
    text = "Name: De_mo\nImport-Name: a\nImport-Name: b\nImport-Namespace: ns\n\nImport-Name: c\n"
    found = read_distribution(write(tmp_path, METADATA=text))
    assert found.name == "de-mo"
    assert found.import_names == ("a", "b")
    assert found.import_namespaces == ("ns",)


def test_requirements_are_told_from_those_of_extras(tmp_path: Path) -> None:
    text = (
        "Name: demo\n"
        "Requires-Dist: idna>=2\n"
        "Requires-Dist: Flask_Login>=1; extra == 'web'\n"
        "Requires-Dist: idna>3; extra == 'web'\n"
        "Requires-Dist: colorama; sys_platform == 'win32'\n"
        "Requires-Dist: ???\n"
    )
    found = read_distribution(write(tmp_path, METADATA=text))
    assert found.optional == {"flask-login"}
    assert found.required == {"idna", "colorama"}


def test_entry_points_are_read_with_their_groups_and_extras(tmp_path: Path) -> None:
    text = (
        "[console_scripts]\n"
        "demo = demo.cli:main\n"
        "demo-d = demo.daemon : App.run [d,e]\n"
        "bad = not an object\n"
        "[pytest11]\n"
        "demo = demo.plugin\n"
    )
    found = read_distribution(write(tmp_path, entry_points__txt=text))
    assert found.entry_points == (
        EntryPoint(group="console_scripts", module="demo.cli", attribute="main"),
        EntryPoint(group="console_scripts", module="demo.daemon", attribute="App.run"),
        EntryPoint(group="pytest11", module="demo.plugin"),
    )
    assert [each.object for each in found.entry_points] == [
        "demo.cli:main",
        "demo.daemon:App.run",
        "demo.plugin",
    ]
    assert [each.is_script for each in found.entry_points] == [True, True, False]


def test_entry_points_that_cannot_be_parsed_are_none(tmp_path: Path) -> None:
    assert read_distribution(write(tmp_path, entry_points__txt="demo = x\n")).entry_points == ()


def test_sources_are_read_where_they_are(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").write_text("X = 1\n")
    (tmp_path / "demo" / "odd.py").write_bytes(b"\xff\xfe")
    found = read_distribution(write(tmp_path))
    assert found.opening_of("demo") == "X = 1\n"
    assert found.source_of("demo.odd") == ""
    assert found.source_of("demo.gone") == ""


@pytest.mark.parametrize("name", ["METADATA", "RECORD", "entry_points.txt"])
def test_metadata_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    metadata = write(tmp_path)
    (metadata / name).mkdir()
    with pytest.raises(SmokeError, match=rf"demo-1\.0\.dist-info.{name} cannot be read"):
        read_distribution(metadata)


def test_a_malformed_record_is_an_error_that_names_it(tmp_path: Path) -> None:
    metadata = write(tmp_path, RECORD="x" * 200_000 + ",,\n")
    with pytest.raises(SmokeError, match="not the list of files") as caught:
        read_distribution(metadata)
    assert "install it again" in caught.value.hint
