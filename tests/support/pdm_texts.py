"""A small pdm.lock of either kind, with something of everything, and the project beside it."""

from __future__ import annotations

__all__ = ["PDM_FLAT", "PDM_GRAPH", "PDM_PYPROJECT"]

_SHA = "0123456789abcdef" * 4

PDM_PYPROJECT = """\
[build-system]
requires = ["pdm-backend"]
build-backend = "pdm.backend"
[project]
name = "App"
version = "0.3"
requires-python = ">=3.9"
dependencies = [
    "plain[fast,Safe] >=1",
    "only-win ; sys_platform == 'win32'",
    "banned",
]
[project.optional-dependencies]
Fast_X = ["archive @ https://files.invalid/archive-1.0.zip"]
all = ["app[fast-x]"]
unlocked = ["nothing"]
[dependency-groups]
test = ["plain[fast]", { include-group = "lint" }, "App[all]"]
lint = ["checkout @ git+https://git.invalid/checkout@v1#subdirectory=sub"]
[tool.pdm.dev-dependencies]
test = ["-e file:///${PROJECT_ROOT}/libs/tree#egg=tree"]
[tool.pdm.resolution]
excludes = ["Banned"]
"""

_METADATA = """\
[metadata]
groups = ["default", "all", "fast-x", "lint", "test"]
strategy = [{strategy}]
lock_version = "4.5.1"
content_hash = "sha256:0"

[[metadata.targets]]
requires_python = ">=3.9"
platform = "manylinux_2_17_x86_64"
implementation = "cpython"
gil_disabled = false
"""

PDM_FLAT = f"""\
{_METADATA.format(strategy='"inherit_metadata", "static_urls"')}
[[package]]
name = "archive"
version = "1.0"
url = "https://files.invalid/archive-1.0.zip#subdirectory=python"
groups = ["all", "fast-x", "test"]
files = [{{url = "https://files.invalid/archive-1.0.zip", hash = "sha256:{_SHA}"}}]

[[package]]
name = "checkout"
version = "1.0"
subdirectory = "sub"
git = "https://git.invalid/checkout"
ref = "v1"
revision = "{_SHA[:40]}"
groups = ["lint", "test"]
marker = "python_version >= \\"3.11\\""

[[package]]
name = "checkout"
version = "1.0"
subdirectory = "sub"
git = "https://git.invalid/checkout"
ref = "v1"
revision = "{_SHA[:40]}"
groups = ["lint", "test"]
marker = "python_version == \\"3.9\\""

[[package]]
name = "only-win"
version = "2.0"
groups = ["default"]
marker = "sys_platform == \\"win32\\""
files = [
    {{file = "only-win-2.0.zip", hash = "sha256:{_SHA}"}},
    {{file = "only-win-2.0.tar.gz", hash = "sha256:{_SHA}"}},
    {{file = "only_win-2.0.win32.exe", hash = "md5:{_SHA[:32]}"}},
]

[[package]]
name = "Plain"
version = "1.0"
requires_python = ">=3.6.*"
groups = ["default"]
files = [
    {{url = "https://files.invalid/plain-1.0-py3-none-any.whl", hash = "sha256:{_SHA}"}},
    {{url = "https://files.invalid/plain-1.0-py3-none-any.whl", hash = "sha512:{_SHA}{_SHA}"}},
    {{url = "https://files.invalid/plain-1.0.tar.gz", hash = "sha256:{_SHA}"}},
]

[[package]]
name = "plain"
version = "1.0"
extras = ["fast"]
groups = ["test"]
marker = "python_version < \\"3.13\\""
dependencies = ["plain==1.0", "speed"]

[[package]]
name = "tree"
version = "1.5"
editable = true
path = "./libs/tree"
groups = ["test"]

[[package]]
name = "wheel-file"
version = "1.0"
path = "./wheel_file-1.0-py3-none-any.whl"
files = [{{file = "wheel_file-1.0-py3-none-any.whl", hash = "sha256:{_SHA}"}}]
"""

PDM_GRAPH = f"""\
{_METADATA.format(strategy='"cross_platform"')}
[[package]]
name = "archive"
version = "1.0"
url = "file:///${{PROJECT_ROOT}}/my%20files/archive-1.0.zip"

[[package]]
name = "banned"
version = "1.0"

[[package]]
name = "checkout"
version = "1.0"
git = "https://git.invalid/checkout"
revision = "{_SHA[:40]}"
dependencies = ["banned", "plain<2; python_version < \\"4\\""]

[[package]]
name = "plain"
version = "1.0"
dependencies = ["base"]
files = [{{file = "plain-1.0-py3-none-any.whl", hash = "sha256:{_SHA}"}}]

[[package]]
name = "plain"
version = "1.0"
extras = ["fast"]
dependencies = ["plain==1.0", "speed>=1"]
files = [{{file = "plain-1.0-py3-none-any.whl", hash = "sha256:{_SHA}"}}]

[[package]]
name = "plain"
version = "1.0"
extras = ["fast", "safe"]
dependencies = ["plain==1.0", "locks", "speed>=1"]
files = [{{file = "plain-1.0-py3-none-any.whl", hash = "sha256:{_SHA}"}}]

[[package]]
name = "speed"
version = "1.0"

[[package]]
name = "speed"
version = "0.5"

[[package]]
name = "tree"
version = "1.5"
editable = true
path = "./libs/tree"
"""
