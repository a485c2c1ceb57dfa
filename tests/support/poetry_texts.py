"""Small poetry.locks, flat and graph, and their pyproject.toml, with something of everything."""

from __future__ import annotations

from tests.support.lock_texts import SHA

__all__ = ["FLAT", "FLAT_PROJECT", "GRAPH", "GRAPH_PROJECT", "OLDEST", "OLDEST_PROJECT"]

FLAT_PROJECT = """\
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"

[project]
name = "The.App"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["plain>=1"]

[dependency-groups]
Empty_One = []

[tool.poetry.group.docs]
optional = true
"""

FLAT = f"""\
[[package]]
name = "archive"
version = "1.0"
description = ""
optional = false
python-versions = "*"
groups = ["docs"]
files = [
    {{file = "archive-1.0.tar.gz", hash = "sha256:{SHA}"}},
]

[package.source]
type = "url"
url = "https://files.invalid/archive-1.0.tar.gz"
subdirectory = "python"

[[package]]
name = "checkout"
version = "1.0"
description = ""
optional = false
python-versions = ">=3.8"
groups = ["main", "dev"]
files = []
develop = false

[package.source]
type = "git"
url = "git@git.invalid:owner/checkout.git"
reference = "v1"
resolved_reference = "{SHA[:40]}"
subdirectory = "python"

[[package]]
name = "directory"
version = "1.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = []
develop = true

[package.source]
type = "directory"
url = "../directory"

[[package]]
name = "file"
version = "1.0"
description = ""
optional = false
python-versions = "*"
groups = ["main"]
files = [
    {{file = "file-1.0-py3-none-any.whl", hash = "sha256:{SHA}"}},
    {{file = "file-1.0.tar.gz", hash = "md5:{SHA[:32]}"}},
]

[package.source]
type = "file"
url = "dist/file-1.0-py3-none-any.whl"

[[package]]
name = "optional"
version = "1.0"
description = ""
optional = true
python-versions = "*"
groups = ["main", "dev", "docs"]
markers = {{main = "(python_version < \\"3.12\\" or os_name == \\"nt\\") \
and extra == \\"Big_One\\"", docs = "python_version < \\"3.12\\""}}
files = []

[package.source]
type = "legacy"
url = "https://index.invalid/simple"
reference = "mirror"

[[package]]
name = "Plain"
version = "1.0"
description = ""
optional = false
python-versions = ">=2.7, !=3.0.*"
groups = ["main"]
markers = "sys_platform == \\"linux\\""
files = [
    {{file = "plain-1.0-py3-none-any.whl", hash = "sha256:{SHA}"}},
    {{file = "plain-1.0.zip", hash = "sha256:{SHA[::-1]}"}},
    {{file = "plain-1.0.tar.gz", hash = "sha512:{SHA}{SHA}"}},
    {{file = "plain-1.0-py3.9.egg", hash = "sha256:{SHA[1:]}0"}},
]

[package.dependencies]
nothing = "*"

[extras]
Big_One = ["optional"]
none = []

[metadata]
lock-version = "2.1"
python-versions = "~2.7 || >=3.9"
content-hash = "{SHA}"
"""

GRAPH_PROJECT = """\
[build-system]
requires = ["poetry-core"]

[tool.poetry]
name = "app"

[tool.poetry.dependencies]
python = "^3.8"
plain = {version = "^1.0", extras = ["fast"]}
forked = [
    {version = "<2", python = "<3.10"},
    {version = ">=2", python = ">=3.10"},
]
chosen = {version = "*", optional = true}
windows = {version = "*", platform = "win32"}
checkout = {git = "https://git.invalid/checkout.git", branch = "main"}

[tool.poetry.extras]
Full_Set = ["chosen"]
none = []

[tool.poetry.group.test]
include-groups = ["lint"]
[tool.poetry.group.test.dependencies]
tester = "*"
forked = "*"

[tool.poetry.group.lint.dependencies]
linter = ">=1,<3"

[tool.poetry.dev-dependencies]
linter = "*"
"""

GRAPH = f"""\
[[package]]
name = "app"
version = "0.9"
description = "required by a package that it requires"
optional = false
python-versions = "*"
files = []

[[package]]
name = "checkout"
version = "1.0"
description = ""
optional = false
python-versions = "*"
files = []

[package.source]
type = "git"
url = "https://git.invalid/checkout.git"
reference = "main"
resolved_reference = "{SHA[:40]}"

[[package]]
name = "chosen"
version = "1.0"
description = ""
optional = true
python-versions = "*"
files = []

[[package]]
name = "forked"
version = "1.5"
description = ""
optional = false
python-versions = ">=3.7"
files = [{{file = "forked-1.5.tar.gz", hash = "sha256:{SHA}"}}]

[[package]]
name = "forked"
version = "2.5"
description = ""
optional = false
python-versions = ">=3.10"
files = [{{file = "forked-2.5.tar.gz", hash = "sha256:{SHA}"}}]

[[package]]
name = "linter"
version = "2.0"
description = ""
optional = false
python-versions = "*"
files = []

[package.dependencies]
setuptools = "*"

[[package]]
name = "plain"
version = "1.4"
description = ""
optional = false
python-versions = ">=3.7,<4.0"
files = [{{file = "plain-1.4-py3-none-any.whl", hash = "sha256:{SHA}"}}]

[package.dependencies]
app = "*"
forked = ">=1.0"
importlib-metadata = {{version = ">=1", markers = "python_version < \\"3.8\\""}}
speed = {{version = ">=1", optional = true, markers = "extra == \\"Fast\\""}}
unused = {{version = ">=1", optional = true}}

[package.extras]
all = ["plain[fast]", "plain[none]"]
none = []
fast = ["speed (>=1)", "not-locked ; python_version < \\"3\\""]

[[package]]
name = "speed"
version = "3.0"
description = ""
optional = false
python-versions = "*"
files = []

[[package]]
name = "tester"
version = "1.0"
description = ""
optional = false
python-versions = "*"
files = []

[[package]]
name = "windows"
version = "1.0"
description = ""
optional = false
python-versions = "*"
files = []

[extras]
full-set = ["chosen"]

[metadata]
lock-version = "2.0"
python-versions = "^3.8"
content-hash = "{SHA}"
"""

OLDEST_PROJECT = """\
[tool.poetry]
name = "app"

[tool.poetry.dependencies]
python = "~3.8"
two = [{version = "1.0", python = "<3.8.5"}, {version = "2.0", python = ">=3.8.5"}]
"""

OLDEST = f"""\
[[package]]
category = "main"
description = ""
marker = "sys_platform == \\"win32\\""
name = "colorama"
optional = false
python-versions = "*"
version = "0.4.3"

[[package]]
category = "main"
description = ""
name = "two"
optional = false
python-versions = "*"
version = "1.0"

[package.dependencies]
colorama = "*"
gone = ">=1"

[[package]]
category = "main"
description = ""
name = "two"
optional = false
python-versions = "*"
version = "2.0"

[metadata]
content-hash = "{SHA}"
lock-version = "1.0"
python-versions = "~3.8"

[metadata.files]
colorama = [{{file = "colorama-0.4.3.tar.gz", hash = "sha256:{SHA}"}}]
two = [
    {{file = "two-1.0.tar.gz", hash = "sha256:{SHA}"}},
    {{file = "two-2.0-py3-none-any.whl", hash = "sha256:{SHA[::-1]}"}},
]
"""
