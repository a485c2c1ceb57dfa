from __future__ import annotations

import pytest

from syncsteps.smoke.names.recorded import (
    every_module,
    is_test,
    names_in,
    public_modules,
    recorded_names,
)
from syncsteps.smoke.names.tree import module_tree
from tests.support.interpreters import linux_platforms, tags_for

TAGS = tags_for("3.12.7", linux_platforms())


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
        pytest.param(["demo.py", "demotests/__init__.py"], ("demo",), id="tests-in-one-word"),
        pytest.param(["a.py", "setup/__init__.py", "setup_sdist.py"], ("a",), id="build-scripts"),
        pytest.param(
            ["demo.py", "twisted/plugins/demo_plugin.py"], ("demo",), id="plug-in-of-a-host"
        ),
        pytest.param(["plugins/demo.py"], ("plugins.demo",), id="a-package-called-plugins"),
        pytest.param(
            ["twisted/plugins/demo.py"], ("twisted.plugins.demo",), id="nothing-but-plug-ins"
        ),
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
        pytest.param(["tools/attach_linux.so"], (), id="library-without-lib"),
        pytest.param([r"win\core\__init__.py"], ("win.core",), id="backslashes"),
        pytest.param(["demo-1.0.data/purelib/demo.py"], (), id="data-directory"),
    ],
)
def test_names_follow_from_the_files(paths: list[str], names: tuple[str, ...]) -> None:
    assert recorded_names(paths, tags=TAGS) == names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tests", True),
        ("_tests", True),
        ("demo.test_core", True),
        ("numpy._core._multiarray_tests", True),
        ("_testcapi", True),
        ("test_data.x", True),
        ("demo.examples", True),
        ("testtools", False),
        ("latest", False),
        ("setuptools", False),
        ("setup_demo", True),
        ("demo.contest", False),
        ("pytest_demo", False),
    ],
)
def test_tests_and_examples_are_told_by_their_names(name: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_test(name) is expected


DEEP = module_tree(
    [
        "demo/__init__.py",
        "demo/core.py",
        "demo/_private.py",
        "demo/__main__.py",
        "demo/conftest.py",
        "demo/test_core.py",
        "demo/sub/__init__.py",
        "demo/sub/fast.abi3.so",
        "demo/sub/py.typed",
        "demo/tests/__init__.py",
        "demo/_vendored/__init__.py",
        "demo/templates/project.py",
        "single.py",
    ],
    tags=TAGS,
)


def test_public_modules_are_those_that_others_may_import() -> None:
    assert list(public_modules(DEEP, "demo")) == [
        "demo",
        "demo.core",
        "demo.sub",
        "demo.sub.fast",
    ]
    assert list(public_modules(DEEP, "single")) == ["single"]


def test_every_module_is_every_one_that_has_a_name() -> None:
    found = list(every_module(DEEP))
    assert {"demo._private", "demo.tests", "demo.templates.project", "single"} <= set(found)
    assert not {"demo.__main__", "demo.conftest", "demo.templates", "demo.__init__"} & set(found)
    assert len(found) == len(set(found))


def test_a_tree_has_the_names_that_its_paths_have() -> None:
    assert names_in(DEEP) == ("demo", "single")
