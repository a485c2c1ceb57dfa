"""A Pipfile and its Pipfile.lock with something of everything that the format can say."""

from __future__ import annotations

import json
from typing import Any

from tests.support.lock_texts import SHA

__all__ = ["COMMIT", "PIPFILE", "PIPFILE_HASHES", "PIPFILE_LOCK", "pipfile_document"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"

PIPFILE = """\
[[source]]
name = "main"
url = "https://index.invalid/simple"
verify_ssl = true

[[source]]
name = "private"
url = "https://${USER}:${TOKEN}@private.invalid/simple"
verify_ssl = true

[packages]
Py_YAML = "*"
requests = {version = ">=2", extras = ["socks"]}

[dev-packages]
pytest = {version = "*", markers = "python_version >= '3.9'"}

[docs_extra]
Sphinx = "*"

[requires]
python_version = "3.12"

[scripts]
tests = "pytest"

[pipenv]
allow_prereleases = true
"""

# What Pipenv 2026.10.3 makes of PIPFILE, and what plette 2.4.0 does, as older Pipenvs did.
PIPFILE_HASHES = (
    "ee4776ea970fafa371c14d8c894da9da68e0614a7a72754ac991360d1e1da74d",
    "66a003e9048d80433e293abf0552c5c249cd933576acd1992828349bbfd084ce",
)


def pipfile_document(**categories: dict[str, Any]) -> dict[str, Any]:
    """Return the document of a Pipfile.lock with these categories and one source."""
    return {
        "_meta": {
            "hash": {"sha256": SHA},
            "pipfile-spec": 6,
            "requires": {},
            "sources": [{"name": "main", "url": "https://index.invalid/simple"}],
        },
        "default": {},
        "develop": {},
        **categories,
    }


def _pin(version: str, **others: object) -> dict[str, object]:
    return {"hashes": [f"sha256:{SHA}"], "version": f"=={version}", **others}


PIPFILE_LOCK = json.dumps(
    {
        "_meta": {
            "hash": {"sha256": SHA},
            "pipfile-spec": 6,
            "requires": {"python_full_version": "3.12.9", "python_version": "3.12"},
            "sources": [
                {"name": "main", "url": "https://index.invalid/simple", "verify_ssl": True},
                {"name": "private", "url": "https://${USER}:${TOKEN}@private.invalid/simple"},
            ],
        },
        "default": {
            "a7b3c09": {"editable": True, "path": "."},
            "archive": {"file": "https://files.invalid/archive-1.0.zip", "hashes": []},
            "checkout": {
                "editable": True,
                "git": "https://$USER@git.invalid/checkout.git",
                "ref": COMMIT,
                "subdirectory": "python",
            },
            "py_yaml": _pin("6.0", index="private", markers="python_version >= '3.8'"),
            "requests": _pin("2.34", extras=["socks"], index="main"),
            "star": {"version": "*", "markers": "sys_platform == 'win32'"},
            "vendored": {
                "hashes": [f"sha256:{SHA}"],
                "path": "wheels/vendored-1.0-py3-none-any.whl",
            },
        },
        "develop": {
            "pytest": _pin("9.0", markers="('dev' in dependency_groups) and os_name == 'posix'"),
            "requests": _pin("2.34"),
        },
        "docs_extra": {"requests": _pin("2.33"), "sphinx": _pin("8.0", os_markers="")},
    },
    indent=4,
)
