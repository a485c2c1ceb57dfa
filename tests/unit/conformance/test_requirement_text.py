from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.environments import grid
from tests.conformance.pins import Pin
from tests.conformance.requirement_text import parse_exported

HERE = Path("/project")

TEXT = """\
-i https://index.invalid/simple
# a comment
Plain==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via app
plain==2.0.0; sys_platform != 'linux' --hash=sha256:cc
-e ./packages/lib
-e file:///project/other#egg=Other
./dist/local-1.0.tar.gz ; python_version >= '3.10' --hash=sha256:dd
direct @ https://files.invalid/direct-1.0.zip#sha256=ee --hash=sha256:ee
repo @ git+https://git.invalid/repo@0123abcd#subdirectory=python/repo
"""
NAMES = {"packages/lib": "lib", "dist/local-1.0.tar.gz": "local"}


def test_every_kind_of_line() -> None:
    exported = parse_exported(TEXT, directory=HERE, names=NAMES)

    assert exported.pins(grid()["3.12-linux-x86_64"]) == {
        Pin(name="plain", version="1.0", hashes=frozenset({"sha256:aa", "sha256:bb"})),
        Pin(name="lib", place="packages/lib"),
        Pin(name="other", place="other"),
        Pin(name="local", place="dist/local-1.0.tar.gz", hashes=frozenset({"sha256:dd"})),
        Pin(
            name="direct",
            place="https://files.invalid/direct-1.0.zip",
            hashes=frozenset({"sha256:ee"}),
        ),
        Pin(name="repo", place="git+https://git.invalid/repo@0123abcd#subdirectory=python/repo"),
    }


def test_markers_are_evaluated_for_the_target() -> None:
    exported = parse_exported(TEXT, directory=HERE, names=NAMES)

    found = {pin.name: pin for pin in exported.pins(grid()["3.9-windows-amd64"])}

    assert found["plain"].version == "2.0.0"
    assert "local" not in found


def test_one_package_on_two_lines_has_the_hashes_of_both() -> None:
    text = "a==1 --hash=sha256:aa\na==1 --hash=sha256:bb\n"

    (pin,) = parse_exported(text, directory=HERE).pins(grid()["3.12-linux-x86_64"])

    assert pin.hashes == {"sha256:aa", "sha256:bb"}


@pytest.mark.parametrize("line", ["a>=1", "./nameless", "not a requirement ==="])
def test_what_cannot_be_compared_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"not pinned|cannot tell which package"):
        parse_exported(line, directory=HERE)
