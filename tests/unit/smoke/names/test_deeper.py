from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.names.deeper import deeper_modules
from syncsteps.smoke.names.distribution import Distribution
from syncsteps.smoke.names.recorded import names_in
from syncsteps.smoke.names.tree import module_tree
from tests.support.interpreters import linux_platforms, tags_for

if TYPE_CHECKING:
    from pathlib import Path

TAGS = tags_for("3.12.7", linux_platforms())


def deeper(site: Path, files: dict[str, str], names: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return what is found for a distribution with these files."""
    for path, text in files.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    tree = module_tree(files, tags=TAGS)
    return deeper_modules(Distribution(name="demo", site=site), tree, names or names_in(tree))


@pytest.mark.parametrize(
    ("paths", "modules"),
    [
        pytest.param(
            ["Qt/__init__.py", "Qt/Core.abi3.so", "Qt/Widgets.abi3.so"],
            ("Qt.Core", "Qt.Widgets"),
            id="beside-an-empty-init",
        ),
        pytest.param(["im/__init__.py", "im/_core.abi3.so"], ("im._core",), id="private-modules"),
        pytest.param(
            ["a/__init__.py", "a/b/__init__.py", "a/b/x.abi3.so", "a/c/d/y.abi3.so"],
            ("a.b.x", "a.c.d.y"),
            id="each-branch",
        ),
        pytest.param(
            ["a/__init__.py", "a/x.abi3.so", "a/np/pool.abi3.so"], ("a.x",), id="the-shallowest"
        ),
        pytest.param(["a/__init__.py", "a/_vendored/x.abi3.so"], (), id="not-in-private-packages"),
        pytest.param(
            ["a/__init__.py", "a/tests/x.abi3.so", "a/_test_x.abi3.so", "a/_x_tests.abi3.so"],
            (),
            id="no-tests",
        ),
        pytest.param(
            ["a/__init__.py", "1f__mypyc.abi3.so", "a/2f__mypyc.abi3.so"], (), id="no-mypyc-library"
        ),
        pytest.param(["a/__init__.py", "a/x.cpython-311-x86_64-linux-gnu.so"], (), id="other-abi"),
        pytest.param(["a/__init__.py", "a/plugins/libx.so"], (), id="shared-library"),
        pytest.param(["a/__init__.py", "a/core.py"], (), id="nothing-compiled"),
        pytest.param(["_x.abi3.so", "a/__init__.py"], ("_x",), id="private-beside-packages"),
        pytest.param(["_x.abi3.so"], (), id="nothing-but-a-private-name"),
        pytest.param(["_test_x.abi3.so", "a/__init__.py"], (), id="a-test-beside-packages"),
    ],
)
def test_compiled_modules(tmp_path: Path, paths: list[str], modules: tuple[str, ...]) -> None:
    assert deeper(tmp_path, dict.fromkeys(paths, "")) == modules


def test_a_package_loads_the_module_of_its_own_name_by_itself(tmp_path: Path) -> None:
    files = {"cv/__init__.py": "from .loader import bootstrap\n", "cv/cv.abi3.so": ""}
    assert deeper(tmp_path, files) == ()
    assert deeper(tmp_path, {**files, "cv/__init__.py": ""}) == ("cv.cv",)


def test_a_namespace_is_looked_into_beside_its_packages(tmp_path: Path) -> None:
    files = {"Qt/uic/__init__.py": "", "Qt/Core.abi3.so": ""}
    assert deeper(tmp_path, files) == ("Qt.Core",)


def test_a_name_is_not_named_again(tmp_path: Path) -> None:
    assert deeper(tmp_path, {"ns/x.abi3.so": "", "ns/y.abi3.so": ""}) == ()


OPENER = "import ctypes\nlibrary = ctypes.CDLL(ctypes.util.find_library('x'))\n"


@pytest.mark.parametrize(
    ("files", "modules"),
    [
        pytest.param(
            {"w/__init__.py": "", "w/api.py": OPENER, "w/image.py": "from .api import library\n"},
            ("w.api", "w.image"),
            id="every-public-module",
        ),
        pytest.param(
            {"w/__init__.py": "", "w/_api.py": OPENER, "w/image.py": "", "w/test_image.py": ""},
            ("w.image",),
            id="opened-by-a-private-one",
        ),
        pytest.param(
            {"w/__init__.py": "from . import api\n", "w/api.py": OPENER}, (), id="imported-anyway"
        ),
        pytest.param(
            {"w/__init__.py": "", "w/api.py": "def dlopen(): pass\nimport ctypes, ctypes.util\n"},
            (),
            id="has-a-word-of-it-before",
        ),
        pytest.param({"w/__init__.py": "", "w/api.py": "x = 1\n"}, (), id="opens-nothing"),
        pytest.param(
            {"w/__init__.py": "", "w/api.py": "import ctypes\nctypes.CDLL(None)\n"},
            (),
            id="opens-the-program",
        ),
        pytest.param(
            {"w/__init__.py": "", "w/api.py": "# what dlopen() does\n"}, (), id="speaks-of-it"
        ),
        pytest.param(
            {"w/__init__.py": "", "w/api.py": OPENER, "w/sub/x.abi3.so": ""},
            ("w.sub.x",),
            id="has-compiled-modules",
        ),
        pytest.param({"w/api.py": OPENER, "w/image.py": ""}, (), id="a-namespace"),
    ],
)
def test_modules_of_a_package_that_opens_shared_libraries(
    tmp_path: Path, files: dict[str, str], modules: tuple[str, ...]
) -> None:
    assert deeper(tmp_path, files) == modules
