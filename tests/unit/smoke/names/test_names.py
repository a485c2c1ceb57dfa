from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.smoke.names import import_names
from tests.support.interpreters import linux_platforms, tags_for

if TYPE_CHECKING:
    from pathlib import Path

TAGS = tags_for("3.12.7", linux_platforms())
EXTEND_PATH = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def make_metadata(site: Path, *, headers: str = "", record: str | None = None) -> Path:
    directory = site / "demo-1.0.dist-info"
    directory.mkdir(parents=True)
    text = f"Metadata-Version: 2.5\nName: demo\nVersion: 1.0\n{headers}\nImport-Name: in_the_text\n"
    (directory / "METADATA").write_text(text)
    if record is not None:
        (directory / "RECORD").write_text(record)
    return directory


def test_the_record_is_read_and_legacy_namespaces_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "backports").mkdir()
    (tmp_path / "backports" / "__init__.py").write_text(EXTEND_PATH)
    record = 'backports/__init__.py,,\nbackports/tarfile/__init__.py,,\n"a,b/x.py",,\n\n'
    metadata = make_metadata(tmp_path, record=record)
    assert import_names(metadata, tags=TAGS) == ("backports.tarfile",)


def test_a_package_that_cannot_be_read_is_no_namespace(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").write_bytes(b"\xff\xfe")
    metadata = make_metadata(tmp_path, record="demo/__init__.py,,\nlost/__init__.py,,\n")
    assert import_names(metadata, tags=TAGS) == ("demo", "lost")


def test_what_is_declared_wins_over_the_record_and_the_text_is_no_header(tmp_path: Path) -> None:
    record = "other.py,,\n"
    metadata = make_metadata(tmp_path / "a", headers="Import-Name: demo\n", record=record)
    assert import_names(metadata, tags=TAGS) == ("demo",)
    undeclared = make_metadata(tmp_path / "b", record=record)
    assert import_names(undeclared, tags=TAGS) == ("other",)


def test_without_a_record_there_is_nothing(tmp_path: Path) -> None:
    (make_metadata(tmp_path) / "top_level.txt").write_text("demo\n")
    assert import_names(tmp_path / "demo-1.0.dist-info", tags=TAGS) == ()
    assert import_names(tmp_path / "gone.egg-info", tags=TAGS) == ()


def test_psycopg_comes_before_its_speed_up(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path, record="psycopg_binary/__init__.py,,\n")
    (metadata / "METADATA").write_text("Name: psycopg_binary\n")
    assert import_names(metadata, tags=TAGS) == ("psycopg", "psycopg_binary")


def test_namespaces_that_are_declared_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "ns").mkdir()
    (tmp_path / "ns" / "__init__.py").write_text(EXTEND_PATH)
    record = "ns/__init__.py,,\nns/part/__init__.py,,\nother.py,,\n"
    metadata = make_metadata(tmp_path, headers="Import-Namespace: ns\n", record=record)
    assert import_names(metadata, tags=TAGS) == ("ns.part",)


def test_a_plugin_is_no_name_of_its_own(tmp_path: Path) -> None:
    record = "demo/__init__.py,,\npytest_demo.py,,\n"
    metadata = make_metadata(tmp_path, record=record)
    assert import_names(metadata, tags=TAGS) == ("demo", "pytest_demo")
    (metadata / "entry_points.txt").write_text("[pytest11]\ndemo = pytest_demo\n")
    assert import_names(metadata, tags=TAGS) == ("demo",)
