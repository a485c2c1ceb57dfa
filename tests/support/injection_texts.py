"""Locks of every format and version that can be selected and exported whole, field by field."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from syncsteps.locks import formats
from syncsteps.locks.fields import Origin
from tests.support.lock_texts import SHA
from tests.support.pipfile_texts import COMMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.locks.model import Lock

__all__ = ["ENVIRONMENT", "ROOT", "SAMPLES", "Sample"]

ROOT = Path("/project")
# What hostile values may refer to; none of it may get into a text that is not for an installer.
ENVIRONMENT = {
    "HOME": "/home/someone",
    "USER": "reader",
    "TOKEN": "t0ken",
    "PASSWORD": "hunter2-of-nobody",
}
_INDEX = "https://index.invalid/simple"
_FILES = "https://files.invalid"
_ELSEWHERE = "5" * 40

_UV = f"""\
version = 1
revision = 3
requires-python = ">=3.9"
resolution-markers = ["python_version < '4'"]
supported-markers = ["sys_platform != 'win32'"]
required-markers = ["sys_platform == 'linux'"]
conflicts = [[{{ package = "app", extra = "one" }}, {{ package = "app", group = "two" }}]]

[options]
index-strategy = "first-index"

[manifest]
members = ["app", "member"]
requirements = [{{ name = "plain", extras = ["x"], specifier = ">=1", \
marker = "os_name == 'posix'" }}]
constraints = [{{ name = "plain", specifier = "<9" }}]
overrides = [{{ name = "plain", specifier = "<9" }}]

[manifest.dependency-groups]
ci = [{{ name = "plain", extras = ["x"], specifier = ">=1", marker = "os_name == 'posix'" }}]

[[package]]
name = "app"
version = "0.1"
source = {{ editable = "." }}
dependencies = [
    {{ name = "archive", version = "1.0", source = {{ url = "{_FILES}/archive-1.0.zip", \
subdirectory = "python" }}, extra = ["x"], marker = "os_name == 'posix'" }},
    {{ name = "checkout" }}, {{ name = "found" }}, {{ name = "member" }}, {{ name = "plain" }},
    {{ name = "vendored" }},
]

[package.optional-dependencies]
one = [{{ name = "plain" }}]

[package.dev-dependencies]
two = [{{ name = "plain", extra = ["x"] }}]

[package.metadata]
requires-dist = [
    {{ name = "plain", extras = ["x"], specifier = ">=1", marker = "extra == 'one'", \
index = "{_INDEX}" }},
    {{ name = "member", directory = "member" }},
    {{ name = "checkout", git = "https://git.invalid/checkout?rev=v1" }},
]
provides-extras = ["one", "three"]

[package.metadata.requires-dev]
two = [{{ name = "plain", specifier = ">=1" }}]

[[package]]
name = "archive"
version = "1.0"
source = {{ url = "{_FILES}/archive-1.0.zip", subdirectory = "python" }}
sdist = {{ hash = "sha256:{SHA}" }}

[[package]]
name = "checkout"
version = "1.0"
source = {{ git = "https://git.invalid/checkout?subdirectory=python&rev=v1#{COMMIT}" }}

[[package]]
name = "found"
version = "1.0"
source = {{ registry = "links" }}
wheels = [{{ path = "found-1.0-py3-none-any.whl", hash = "sha256:{SHA}" }}]

[[package]]
name = "member"
source = {{ directory = "member" }}

[[package]]
name = "plain"
version = "1.0"
source = {{ registry = "{_INDEX}" }}
resolution-markers = ["python_version < '4'"]
sdist = {{ url = "{_FILES}/plain-1.0.tar.gz", hash = "sha256:{SHA}", size = 10, \
upload-time = "2024-01-01T00:00:00Z" }}
wheels = [{{ url = "{_FILES}/plain-1.0-py3-none-any.whl", hash = "sha256:{SHA}", size = 9 }}]

[package.optional-dependencies]
x = [{{ name = "found" }}]

[[package]]
name = "vendored"
version = "1.0"
source = {{ path = "dist/vendored-1.0-py3-none-any.whl" }}
wheels = [{{ filename = "vendored-1.0-py3-none-any.whl", hash = "sha256:{SHA}" }}]
"""

_PYLOCK = f"""\
lock-version = "1.0"
created-by = "a test"
requires-python = ">=3.9"
environments = ["sys_platform == 'linux'"]
extras = ["fast"]
dependency-groups = ["dev"]
default-groups = ["default"]

[[packages]]
name = "app"
directory = {{ path = "member", editable = true, subdirectory = "python" }}

[[packages]]
name = "archive"
version = "1.0"
archive = {{ url = "{_FILES}/archive.zip", size = 5, subdirectory = "python", \
hashes = {{ sha256 = "{SHA}" }} }}

[[packages]]
name = "checkout"
vcs = {{ type = "git", url = "https://git.invalid/checkout", requested-revision = "main", \
commit-id = "{COMMIT}", subdirectory = "python" }}

[[packages]]
name = "cloned"
vcs = {{ type = "hg", path = "clones/cloned", commit-id = "{COMMIT}" }}

[[packages]]
name = "plain"
version = "1.0"
requires-python = ">=3.8"
index = "{_INDEX}"
marker = "'fast' in extras or 'default' in dependency_groups"
dependencies = [{{ name = "vendored", version = "1.0" }}]
sdist = {{ name = "plain-1.0.tar.gz", path = "files/plain-1.0.tar.gz", \
hashes = {{ sha256 = "{SHA}" }} }}
wheels = [{{ name = "plain-1.0-py3-none-any.whl", url = "{_FILES}/plain-1.0-py3-none-any.whl", \
size = 10, hashes = {{ sha256 = "{SHA}" }} }}]
attestation-identities = [{{ kind = "GitHub", repository = "plain/plain" }}]

[packages.tool.writer]
note = "of a tool"

[[packages]]
name = "vendored"
archive = {{ path = "dist/vendored-1.0.zip", hashes = {{ sha512 = "{SHA}{SHA}" }} }}

[[packages]]
name = "wheel-file"
version = "1.0"
wheels = [{{ path = "dist/wheel_file-1.0-py3-none-any.whl", hashes = {{ sha256 = "{SHA}" }} }}]

[tool.writer]
note = "of a tool"
"""

_POETRY_ENTRIES = f"""\
[[package]]
name = "archive"
version = "1.0"
description = "one"
category = "main"
optional = false
python-versions = "*"
OF_GROUPS
OF_FILES

[package.source]
type = "url"
url = "{_FILES}/archive-1.0.tar.gz"
subdirectory = "python"

[[package]]
name = "checkout"
version = "1.0"
description = ""
category = "main"
optional = false
python-versions = ">=3.8"
OF_GROUPS
develop = false

[package.source]
type = "git"
url = "https://git.invalid/owner/checkout.git"
reference = "v1"
resolved_reference = "{COMMIT}"
subdirectory = "python"

[[package]]
name = "directory"
version = "1.0"
description = ""
category = "main"
optional = false
python-versions = "*"
OF_GROUPS
develop = true

[package.source]
type = "directory"
url = "libs/directory"

[[package]]
name = "file"
version = "1.0"
description = ""
category = "main"
optional = false
python-versions = "*"
OF_GROUPS

[package.source]
type = "file"
url = "dist/file-1.0-py3-none-any.whl"

[[package]]
name = "plain"
version = "1.0"
description = ""
category = "main"
optional = false
python-versions = ">=3.8"
OF_GROUPS
OF_PLAIN_FILES

[package.dependencies]
archive = ">=1"
speed = {{version = ">=1", optional = true, markers = "extra == \\"fast\\"", python = ">=3.8"}}

[package.extras]
fast = ["speed (>=1)"]

[package.source]
type = "legacy"
url = "{_INDEX}"
reference = "mirror"

[[package]]
name = "speed"
version = "1.0"
description = ""
category = "main"
optional = true
python-versions = "*"
OF_EXTRA
OF_SPEED_FILES

[extras]
quick = ["speed"]

[metadata]
lock-version = "OF_VERSION"
python-versions = ">=3.9"
content-hash = "{SHA}"
"""
_FILE_ROWS = {
    "archive": "archive-1.0.tar.gz",
    "plain": "plain-1.0-py3-none-any.whl",
    "speed": "speed-1.0.tar.gz",
}
_POETRY_PROJECT = f"""\
[build-system]
requires = ["poetry-core"]

[tool.poetry]
name = "app"

[tool.poetry.dependencies]
python = "^3.9"
archive = {{url = "{_FILES}/archive-1.0.tar.gz"}}
checkout = {{git = "https://git.invalid/owner/checkout.git", tag = "v1"}}
directory = {{path = "libs/directory", develop = true}}
file = {{path = "dist/file-1.0-py3-none-any.whl"}}
plain = {{version = "^1.0", extras = ["fast"], source = "mirror"}}
speed = {{version = "*", optional = true, markers = "os_name == 'posix'", platform = "linux"}}

[tool.poetry.extras]
quick = ["speed"]

[tool.poetry.group.dev]
include-groups = ["lint"]
[tool.poetry.group.dev.dependencies]
plain = "*"
[tool.poetry.group.lint.dependencies]
speed = ">=1,<3"
"""


def _poetry(version: str) -> str:
    rows = {name: f'[{{file = "{f}", hash = "sha256:{SHA}"}}]' for name, f in _FILE_ROWS.items()}
    flat, together = version == "2.1", version in {"1.0", "1.1"}
    text = _POETRY_ENTRIES.replace("OF_VERSION", version)
    groups = (
        'groups = ["main", "dev"]\nmarkers = {main = "os_name == \'posix\'", '
        "dev = \"python_version < '4'\"}"
    )
    extra = 'groups = ["main"]\nmarkers = "extra == \\"quick\\""'
    # Where a package is needed, as version 1.0 says it.
    whole = "marker = \"os_name == 'posix'\"" if version == "1.0" else ""
    text = text.replace("OF_GROUPS", groups if flat else whole)
    text = text.replace("OF_EXTRA", extra if flat else whole)
    for name, mark in (("archive", "OF_FILES"), ("plain", "OF_PLAIN_FILES"),
                       ("speed", "OF_SPEED_FILES")):  # fmt: skip
        text = text.replace(mark, "" if together else f"files = {rows[name]}")
    if together:
        text += "\n[metadata.files]\n" + "".join(f"{name} = {row}\n" for name, row in rows.items())
    return text


_PDM_HEAD = """\
[metadata]
groups = ["default", "quick", "test"]
strategy = [{strategy}]
lock_version = "{version}"
content_hash = "sha256:{sha}"

[[metadata.targets]]
requires_python = ">=3.9"
platform = "manylinux_2_17_x86_64"
implementation = "cpython"
gil_disabled = false

"""
_PDM_ENTRIES = f"""\
[[package]]
name = "archive"
version = "1.0"
summary = "one"
url = "{_FILES}/archive-1.0.zip#subdirectory=python"
OF_GROUPS
files = [{{url = "{_FILES}/archive-1.0.zip", hash = "sha256:{SHA}"}}]

[[package]]
name = "checkout"
version = "1.0"
subdirectory = "sub"
git = "https://git.invalid/checkout"
ref = "v1"
revision = "{COMMIT}"
OF_GROUPS

[[package]]
name = "local-file"
version = "1.0"
path = "./dist/local_file-1.0-py3-none-any.whl"
OF_GROUPS
files = [{{file = "local_file-1.0-py3-none-any.whl", hash = "sha256:{SHA}"}}]

[[package]]
name = "plain"
version = "1.0"
requires_python = ">=3.6"
OF_GROUPS
OF_FILES

[[package]]
name = "plain"
version = "1.0"
extras = ["fast"]
OF_GROUPS
dependencies = ["plain==1.0", "tree ; python_version < '4'"]
OF_FILES

[[package]]
name = "rooted"
version = "1.0"
url = "file:///${{PROJECT_ROOT}}/dist/rooted-1.0.zip"
OF_GROUPS

[[package]]
name = "tree"
version = "1.5"
editable = true
path = "./libs/tree"
OF_GROUPS
"""
_PDM_FILES = f"""\
files = [
    {{url = "{_FILES}/plain-1.0-py3-none-any.whl", hash = "sha256:{SHA}"}},
    {{url = "{_FILES}/plain-1.0.tar.gz", hash = "sha256:{SHA}"}},
]"""
_PDM_NAMES = f"""\
files = [{{file = "plain-1.0-py3-none-any.whl", hash = "sha256:{SHA}"}}]"""
_PDM_PROJECT = f"""\
[project]
name = "app"
version = "0.3"
requires-python = ">=3.9"
dependencies = [
    "plain[fast] >=1",
    "archive @ {_FILES}/archive-1.0.zip#subdirectory=python",
    "checkout @ git+https://git.invalid/checkout@v1#subdirectory=sub",
    "local-file @ file:///${{PROJECT_ROOT}}/dist/local_file-1.0-py3-none-any.whl",
    "rooted @ file:///${{PROJECT_ROOT}}/dist/rooted-1.0.zip",
]
[project.optional-dependencies]
quick = ["plain"]
[dependency-groups]
test = ["plain[fast]"]
"""


def _pdm(version: str, *, flat: bool) -> str:
    entries = _PDM_ENTRIES
    groups = 'groups = ["default", "test"]\nmarker = "os_name == \'posix\'"'
    entries = entries.replace("OF_GROUPS", groups if flat else "")
    old = version == "4.2"
    entries = entries.replace("OF_FILES", _PDM_FILES if flat else "" if old else _PDM_NAMES)
    strategy = '"inherit_metadata", "static_urls"' if flat else '"cross_platform"'
    text = _PDM_HEAD.format(strategy=strategy, version=version, sha=SHA) + entries
    if old:
        text += (
            '\n[metadata.files]\n"plain 1.0" = [{file = "plain-1.0-py3-none-any.whl",'
            f' hash = "sha256:{SHA}"}}]\n'
        )
    return text


_PIN = {"hashes": [f"sha256:{SHA}"], "version": "==1.0"}
_PIPFILE = {
    "_meta": {
        "hash": {"sha256": SHA},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.12", "python_full_version": "3.12.7"},
        "sources": [
            {"name": "main", "url": _INDEX, "verify_ssl": True},
            {"name": "private", "url": "https://${USER}:${TOKEN}@private.invalid/simple"},
        ],
    },
    "default": {
        "archive": {"file": f"{_FILES}/archive-1.0.zip", "hashes": [f"sha256:{SHA}"]},
        "checkout": {
            "git": "https://git.invalid/checkout.git",
            "ref": COMMIT,
            "subdirectory": "python",
        },
        "cloned": {"hg": "https://hg.invalid/cloned", "ref": _ELSEWHERE},
        "plain": {**_PIN, "index": "private", "markers": "os_name == 'posix'", "extras": ["x"]},
        "tree": {"editable": True, "path": "./libs/tree", "subdirectory": "python"},
        "vendored": {"path": "dist/vendored-1.0-py3-none-any.whl", "hashes": [f"sha256:{SHA}"]},
    },
    "develop": {"plain": {**_PIN, "os_markers": "os_name == 'posix'"}, "bare": "==2.0"},
    "docs": {"other": {**_PIN, "index": "main"}},
}

_REQUIREMENTS = f"""\
--index-url {_INDEX}
--extra-index-url {_INDEX}
--find-links links
-c constraints.txt
./dist/local_wheel-1.0-py3-none-any.whl --hash=sha256:{SHA}
-e ./libs/tree#egg=tree
archive @ {_FILES}/archive.zip#sha256={SHA}&subdirectory=python
checkout @ git+https://git.invalid/checkout@{COMMIT}#subdirectory=python
plain[extra]==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:{SHA} \\
    --hash=sha512:{SHA}{SHA}
    # via checkout
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A good lock: its document, for requirements one string, and the pyproject.toml beside it."""

    name: str
    format: str
    document: Any
    pyproject: Mapping[str, Any] | None = field(default=None)

    def read(self, document: Any) -> Lock:  # noqa: ANN401 - what TOML and JSON have
        """Return what the reader of the format makes of ``document`` in place of the sample's own.

        Raises:
            LockError: nothing.
        """
        origin = Origin(name="given.lock", path=ROOT / "given.lock", root=ROOT, digest="")
        if self.format == "uv":
            return formats.read_uv(document, origin)
        if self.format == "pylock":
            return formats.read_pylock(document, origin)
        if self.format == "poetry":
            return formats.read_poetry(document, origin, self.pyproject)
        if self.format == "pdm":
            return formats.read_pdm(document, origin, self.pyproject)
        if self.format == "pipfile":
            return formats.read_pipfile(document, origin, environment=ENVIRONMENT)
        return formats.read_requirements(
            document, origin, environment=ENVIRONMENT, surroundings=_Nothing()
        )


class _Nothing:
    """The surroundings of a lock beside which there is nothing."""

    def text(self, path: str) -> str:
        return f"included==1.0 --hash=sha256:{SHA}\n" if path == "other.txt" else ""

    def project_name(self, _path: str) -> str | None:
        return None


def _toml(name: str, kind: str, text: str, pyproject: str | None = None) -> Sample:
    return Sample(
        name=name,
        format=kind,
        document=tomli.loads(text),
        pyproject=None if pyproject is None else tomli.loads(pyproject),
    )


SAMPLES = (
    _toml("uv.lock", "uv", _UV),
    _toml("pylock.toml", "pylock", _PYLOCK),
    *(
        _toml(f"poetry.lock {version}", "poetry", _poetry(version), _POETRY_PROJECT)
        for version in ("1.0", "1.1", "2.0", "2.1")
    ),
    _toml("pdm.lock 4.2", "pdm", _pdm("4.2", flat=False), _PDM_PROJECT),
    _toml("pdm.lock 4.5 without metadata", "pdm", _pdm("4.5.0", flat=False), _PDM_PROJECT),
    _toml("pdm.lock 4.5", "pdm", _pdm("4.5.0", flat=True), _PDM_PROJECT),
    Sample(name="Pipfile.lock", format="pipfile", document=json.loads(json.dumps(_PIPFILE))),
    Sample(name="requirements.txt", format="requirements", document=_REQUIREMENTS),
)
