from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import SmokeError
from syncsteps.smoke.names import (
    declared_names,
    import_names,
    is_namespace_declaration,
    optional_requirements,
    recorded_names,
)
from tests.support.interpreters import linux_platforms, tags_for

if TYPE_CHECKING:
    from pathlib import Path

TAGS = tags_for("3.12.7", linux_platforms())
PYPY = ("pypy310-pypy310_pp73-linux_x86_64", "py3-none-any")
EXTEND_PATH = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


def make_metadata(site: Path, *, headers: str = "", record: str | None = None) -> Path:
    directory = site / "demo-1.0.dist-info"
    directory.mkdir(parents=True)
    text = f"Metadata-Version: 2.5\nName: demo\nVersion: 1.0\n{headers}\nImport-Name: in_the_text\n"
    (directory / "METADATA").write_text(text)
    if record is not None:
        (directory / "RECORD").write_text(record)
    return directory


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        pytest.param(["six.py", "six-1.17.dist-info/RECORD"], ("six",), id="module"),
        pytest.param(["attr/__init__.py", "attrs/__init__.py"], ("attr", "attrs"), id="packages"),
        pytest.param(["old/__init__.pyc"], ("old",), id="without-source"),
        pytest.param(["fast/__init__.cpython-312-x86_64-linux-gnu.so"], ("fast",), id="compiled"),
        pytest.param(
            ["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py"],
            ("google.cloud.storage",),
            id="namespace",
        ),
        pytest.param(
            ["google/api/http_pb2.py", "google/rpc/context/__init__.py", "google/rpc/code_pb2.py"],
            ("google.api.http_pb2", "google.rpc.context"),
            id="loose-modules-only-where-there-is-no-package",
        ),
        pytest.param(["jaraco/context.py"], ("jaraco.context",), id="namespace-of-a-module"),
        pytest.param(
            ["google/protobuf/__init__.py", "google/_upb/_message.abi3.so"],
            ("google.protobuf",),
            id="private-below-a-namespace",
        ),
        pytest.param(
            ["cffi/__init__.py", "_cffi_backend.cpython-312-x86_64-linux-gnu.so"],
            ("cffi",),
            id="private-beside-public",
        ),
        pytest.param(["_speedups.abi3.so"], ("_speedups",), id="nothing-but-private"),
        pytest.param(
            ["black/__init__.py", "a1b2__mypyc.cpython-312-x86_64-linux-gnu.so"],
            ("black",),
            id="mypyc",
        ),
        pytest.param(["demo.py", "tests/__init__.py", "docs/conf.py"], ("demo",), id="tests"),
        pytest.param(["testing/__init__.py"], ("testing",), id="nothing-but-tests"),
        pytest.param(["demo.py", "scripts/run.py"], ("demo",), id="directory-of-scripts"),
        pytest.param(["tools/__init__.py"], ("tools",), id="package-called-tools"),
        pytest.param(
            ["demo.py", "setup.py", "conftest.py", "__main__.py"], ("demo",), id="never-modules"
        ),
        pytest.param(["requests-stubs/__init__.pyi", "requests-stubs/api.pyi"], (), id="stubs"),
        pytest.param(["demo/py.typed", "demo/__init__.pyi"], (), id="types-only"),
        pytest.param(["my-script.py", "class.py", "2to3.py"], (), id="not-identifiers"),
        pytest.param(["../../../bin/tool", "/etc/tool.py", ""], (), id="outside"),
        pytest.param(["../../tool.py"], (), id="module-outside"),
        pytest.param(["share/icons/x.png", "demo.pth"], (), id="data"),
        pytest.param(
            ["__editable__.demo-1.0.pth", "__editable___demo_1_0_finder.py"], (), id="editable"
        ),
        pytest.param(["__pycache__/six.cpython-312.pyc"], (), id="bytecode"),
        pytest.param(["PyQt5/Qt5/plugins/libqxcb.so"], (), id="shared-library"),
        pytest.param([r"win\core\__init__.py"], ("win.core",), id="backslashes"),
        pytest.param(["demo-1.0.data/purelib/demo.py"], (), id="data-directory"),
    ],
)
def test_names_follow_from_the_files(paths: list[str], names: tuple[str, ...]) -> None:
    assert recorded_names(paths, tags=TAGS) == names


@pytest.mark.parametrize(
    ("filename", "tags", "loads"),
    [
        ("m.cpython-312-x86_64-linux-gnu.so", TAGS, True),
        ("m.cpython-311-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-312t-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-313t-darwin.so", ("cp313-cp313t-macosx_11_0_arm64",), True),
        ("m.cp312-win_amd64.pyd", TAGS, True),
        ("m.cp310-win_amd64.pyd", TAGS, False),
        ("m.abi3.so", TAGS, True),
        ("m.abi3.so", ("cp313-cp313t-linux_x86_64", "py3-none-any"), False),
        ("m.so", TAGS, True),
        ("m.pyd", TAGS, True),
        ("m.dll", TAGS, False),
        ("m.pypy310-pp73-x86_64-linux-gnu.so", PYPY, True),
        ("m.pypy310-pp73-x86_64-linux-gnu.so", TAGS, False),
        ("m.cpython-312-x86_64-linux-gnu.so", PYPY, False),
    ],
)
def test_a_compiled_module_counts_where_it_is_loaded(
    filename: str,
    tags: tuple[str, ...],
    loads: bool,  # noqa: FBT001 - a table
) -> None:
    assert recorded_names([filename], tags=tags) == (("m",) if loads else ())


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (None, None),
        ([""], ()),
        (["b", "a.b"], ("a.b", "b")),
        (["demo", "_demo ; private"], ("demo",)),
        (["_demo; private"], ("_demo",)),
        (["not-a-name"], ()),
    ],
)
def test_declared_names(fields: list[str] | None, names: tuple[str, ...] | None) -> None:
    assert declared_names(fields) == names


@pytest.mark.parametrize(
    ("source", "declares"),
    [
        (EXTEND_PATH, True),
        ('"""Text."""\n# comment\nfrom pkgutil import extend_path\n' + EXTEND_PATH, True),
        ("__import__('pkg_resources').declare_namespace(__name__)", True),
        (
            (
                "try:\n    import pkg_resources\n"
                "    pkg_resources.declare_namespace(__name__)\n"
                "except ImportError:\n    import pkgutil\n"
                "    __path__ = pkgutil.extend_path(__path__, __name__)\n"
            ),
            True,
        ),
        ("", False),
        ('"""Only text."""', False),
        ("import pkgutil", False),
        (EXTEND_PATH + "from .core import run\n", False),
        (EXTEND_PATH + "__version__ = '1'\n", False),
        (EXTEND_PATH + "def run(): pass\n", False),
        ("def (", False),
        ("\0", False),
    ],
)
def test_legacy_namespaces_are_told_from_packages(source: str, declares: bool) -> None:  # noqa: FBT001 - a table
    assert is_namespace_declaration(source) is declares


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


def test_metadata_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path)
    (metadata / "RECORD").mkdir()
    with pytest.raises(SmokeError, match=r"demo-1\.0\.dist-info.RECORD cannot be read"):
        import_names(metadata, tags=TAGS)


def test_a_malformed_record_is_an_error_that_names_it(tmp_path: Path) -> None:
    metadata = make_metadata(tmp_path, record="x" * 200_000 + ",,\n")
    with pytest.raises(SmokeError, match="not the list of files") as caught:
        import_names(metadata, tags=TAGS)
    assert "install it again" in caught.value.hint


def test_optional_requirements_are_those_of_extras_only(tmp_path: Path) -> None:
    headers = (
        "Requires-Dist: idna>=2\n"
        "Requires-Dist: Flask_Login>=1; extra == 'web'\n"
        "Requires-Dist: idna>3; extra == 'web'\n"
        "Requires-Dist: colorama; sys_platform == 'win32'\n"
        "Requires-Dist: ???\n"
    )
    metadata = make_metadata(tmp_path, headers=headers)
    assert optional_requirements(metadata) == ("flask-login",)
