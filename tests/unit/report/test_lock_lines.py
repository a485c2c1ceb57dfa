from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name, canonicalize_version

from syncsteps.errors import LockError
from syncsteps.locks import read_lock
from syncsteps.report.lock_lines import entry_lines

DEFAULT = Path(__file__).resolve().parents[4] / "shared" / "corpus"
CORPUS = Path(os.environ.get("SYNCSTEPS_CORPUS", DEFAULT))

UV = """version = 1

[options]
name = "no entry"

[[package]]
name = "Zope.Interface"
version = "1.0.0"
source = { registry = "https://index.invalid/simple" }
dependencies = [
    { name = "idna", version = "9" },
]
wheels = [
    { url = "https://index.invalid/idna.whl", hash = "sha256:00" },
]

[package.optional-dependencies]
name = [
    { name = "attrs" },
]

[package.metadata]
version = "7"

[[package]]
name = "idna" # twice
version = "3.9"

[[package]]
version = '3.10'
name = 'idna'

[[package]]
name = "project"
source = { editable = "." }
"""

PYLOCK = '''lock-version = "1.0"
note = """
[[packages]]
name = "quoted"
version = "1"
"""
[[ packages ]] # with blanks
  "name" = "demo"
  "version" = "1!2.0"
  [[packages.wheels]]
  name = "demo-1-py3-none-any.whl"
  [packages.tool.x]
  say = "not a \\""" quote" # nor is this: """
  [[packages]]
name = "last"
'''

PIPFILE = """{
    "_meta": {"hash": {"sha256": "x"}, "sources": [{"name": "pypi", "url": "u"}]},
    "default": {
        "idna": {
            "hashes": ["sha256:00"],
            "markers": "python_version >= '3.6'",
            "version": "==3.10"
        },
        "nested": {"ref": "v1", "editable": {"version": "==9"}}, "beside": {
            "version": "==1.0"
        }
    },
    "develop": {
        "idna":
            {"version": "==3.9"}
    }
}
"""

REQUIREMENTS = """# idna==1.0
--index-url https://index.invalid/simple
-r base.txt
zope_interface[test]==1.0 ; python_version >= "3.9" \\
    --hash=sha256:00 \\
    # idna==2
idna == 3.10
attrs===25.1 --hash=sha256:00
demo @ https://index.invalid/demo.zip
-e git+https://git.invalid/x@abc#subdirectory=y&egg=editable
https://index.invalid/wheeled-2.0-1-py3-none-any.whl --hash=sha256:00
loose
"""


@pytest.mark.parametrize(
    ("lock_format", "text", "expected"),
    [
        (
            "uv.lock",
            UV,
            {
                ("zope-interface", "1"): 7,
                ("zope-interface", ""): 7,
                ("idna", "3.9"): 26,
                ("idna", ""): 26,
                ("idna", "3.10"): 31,
                ("project", ""): 34,
            },
        ),
        ("pylock.toml", PYLOCK, {("demo", "1!2"): 8, ("demo", ""): 8, ("last", ""): 15}),
        (
            "Pipfile.lock",
            PIPFILE,
            {
                ("idna", "3.10"): 4,
                ("idna", ""): 4,
                ("nested", ""): 9,
                ("beside", "1"): 9,
                ("beside", ""): 9,
                ("idna", "3.9"): 14,
            },
        ),
        (
            "requirements.txt",
            REQUIREMENTS,
            {
                ("zope-interface", "1"): 4,
                ("zope-interface", ""): 4,
                ("idna", "3.10"): 7,
                ("idna", ""): 7,
                ("attrs", "25.1"): 8,
                ("attrs", ""): 8,
                ("demo", ""): 9,
                ("editable", ""): 10,
                ("wheeled", "2"): 11,
                ("wheeled", ""): 11,
                ("loose", ""): 12,
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)
def test_lines_of_entries(
    lock_format: str, text: str, expected: dict[tuple[str, str], int]
) -> None:
    assert dict(entry_lines(text, lock_format=lock_format)) == expected
    windows = text.replace("\n", "\r\n")
    assert dict(entry_lines(windows, lock_format=lock_format)) == expected


@pytest.mark.parametrize(
    "lock_format", ["uv.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "requirements.txt"]
)
@pytest.mark.parametrize(
    "text", ["", "\n", "{", '"', '[[package]]\nname = "', "]]]}}}", '"""', "x"]
)
def test_what_is_no_lock_has_lines_or_none(text: str, lock_format: str) -> None:
    found = entry_lines(text, lock_format=lock_format)
    assert set(found) <= {("x", ""), ("name", "")}


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus of real locks")
def test_every_entry_of_real_locks_is_found_where_its_name_is() -> None:
    paths = [
        path for path in CORPUS.rglob("*") if re.search(r"lock$|lock\.toml$|main\.txt$", path.name)
    ]
    entries = 0
    for path in (path for path in paths if path.stat().st_size < 250_000):
        try:
            lock = read_lock(path)
        except LockError:
            continue  # it needs an environment, or is broken in its project as well
        text = path.read_text(encoding="utf-8-sig")
        lines = entry_lines(text, lock_format=lock.format)
        for package in lock.packages:
            version = canonicalize_version(str(package.version)) if package.version else ""
            if package.source_id == "" and package.name == lock.project:
                continue  # made up by the reader: the project itself
            if (package.name, version) not in lines and package.local:
                continue
            line = text.split("\n")[lines[package.name, version] - 1]
            assert package.name in canonicalize_name(re.sub(r"[^\w.]+", "-", line)), path
            entries += 1
    assert entries > 1000
