from __future__ import annotations

import pytest

from syncsteps.smoke.names.opening import does_nothing, is_namespace_declaration

EXTEND_PATH = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


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


@pytest.mark.parametrize(
    ("source", "nothing"),
    [
        ("", True),
        ('"""Text."""\n# comment\n', True),
        ("from __future__ import annotations\n__all__ = ['a', *b]\nVERSION = '1'\n", True),
        ("from .version import VERSION\n__version__ = VERSION\n", True),
        ("from demo._version import version as __version__\n", True),
        (
            (
                "import sys\nfrom importlib.metadata import version\n"
                "try:\n    __version__ = version('demo')\nexcept ImportError:\n    pass\n"
            ),
            True,
        ),
        ("__version__: str = '1'", True),
        ("from .core import run\n", False),
        ("from . import core\n", False),
        ("import os\n", False),
        ("limit = compute()\n", False),
        ("def run(): pass\n", False),
        ("if x:\n    import y\n", False),
        ("def (", False),
        ("\0", False),
    ],
)
def test_a_package_that_does_nothing_is_told_by_its_source(source: str, nothing: bool) -> None:  # noqa: FBT001 - a table
    assert does_nothing(source) is nothing
