"""Small whole locks of each format, with something of everything that the format can say."""

from __future__ import annotations

__all__ = ["PYLOCK", "REQUIREMENTS", "SHA", "UV"]

SHA = "0123456789abcdef" * 4

UV = f"""\
version = 1
revision = 3
requires-python = ">=3.9"
resolution-markers = ["sys_platform == 'linux'", "sys_platform != 'linux'"]
supported-markers = ["sys_platform != 'win32'"]
conflicts = [[{{ package = "app", extra = "cpu" }}, {{ package = "app", group = "gpu" }}]]

[manifest]
members = ["app", "lib"]
requirements = [{{ name = "plain", extras = ["x"], specifier = ">=1" }}]

[manifest.dependency-groups]
ci = [{{ name = "plain", specifier = ">=1", marker = "sys_platform == 'linux'" }}]

[[package]]
name = "app"
version = "0.1"
source = {{ editable = "." }}
dependencies = [
    {{ name = "forked", version = "1.0", source = {{ registry = "https://index.invalid/simple" }}, \
marker = "sys_platform == 'linux'" }},
    {{ name = "forked", version = "2.0", source = {{ registry = "https://index.invalid/simple" }}, \
marker = "sys_platform != 'linux'" }},
    {{ name = "lib" }},
    {{ name = "plain", extra = ["X.y"] }},
]

[package.optional-dependencies]
cpu = [{{ name = "checkout" }}]

[package.dev-dependencies]
gpu = [{{ name = "archive" }}, {{ name = "local-wheel" }}]

[package.metadata]
requires-dist = [
    {{ name = "checkout", marker = "extra == 'cpu'", git = "https://git.invalid/checkout?tag=v1" }},
    {{ name = "forked" }},
    {{ name = "lib", editable = "lib" }},
    {{ name = "plain", extras = ["x-y"], specifier = ">=1,<2" }},
]
provides-extras = ["cpu", "nothing"]

[package.metadata.requires-dev]
empty = []
gpu = [{{ name = "archive", url = "https://files.invalid/archive-1.0.tar.gz" }}]

[[package]]
name = "archive"
version = "1.0"
source = {{ url = "https://files.invalid/archive-1.0.tar.gz", subdirectory = "python" }}
sdist = {{ hash = "sha256:{SHA}" }}

[[package]]
name = "checkout"
version = "1.0"
source = {{ git = "https://git.invalid/checkout?subdirectory=a%20b&tag=v1&lfs=true#{SHA[:40]}" }}

[[package]]
name = "flat"
version = "1.0"
source = {{ registry = "../links" }}
wheels = [{{ path = "flat-1.0-py3-none-any.whl" }}]

[[package]]
name = "forked"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
resolution-markers = ["sys_platform == 'linux'"]
sdist = {{ url = "https://files.invalid/forked-1.0.tar.gz", hash = "sha256:{SHA}", size = 10 }}

[[package]]
name = "forked"
version = "2.0"
source = {{ registry = "https://index.invalid/simple" }}
resolution-markers = ["sys_platform == 'darwin'", "sys_platform == 'win32'"]
sdist = {{ url = "https://files.invalid/forked-2.0.tar.gz", hash = "sha256:{SHA}" }}

[[package]]
name = "lib"
source = {{ directory = "lib" }}

[[package]]
name = "local-wheel"
version = "1.0"
source = {{ path = "../dist/local_wheel-1.0-py3-none-any.whl" }}
wheels = [{{ filename = "local_wheel-1.0-py3-none-any.whl", hash = "sha256:{SHA}" }}]

[[package]]
name = "plain"
version = "1.0"
source = {{ registry = "https://index.invalid/simple" }}
sdist = {{ url = "https://files.invalid/plain-1.0.tar.gz", hash = "sha256:{SHA}", size = 10 }}
wheels = [
    {{ url = "https://files.invalid/plain-1.0%2Bcpu-py3-none-any.whl", \
hash = "sha512:{SHA}{SHA}" }},
    {{ url = "https://files.invalid/plain-1.0-py3-none-any.whl#fragment", hash = "sha256:{SHA}" }},
]

[package.optional-dependencies]
x-y = [{{ name = "flat" }}]

[package.metadata]
requires-dist = [{{ name = "flat", marker = "extra == 'x-y'" }}]
"""

PYLOCK = f"""\
lock-version = "1.0"
created-by = "a test"
requires-python = ">=3.9"
environments = ["sys_platform == 'linux'"]
extras = ["fast"]
dependency-groups = ["dev"]
default-groups = ["default"]

[[packages]]
name = "app"
directory = {{ path = ".", editable = true }}

[[packages]]
name = "archive"
marker = "'fast' in extras"
archive = {{ url = "https://files.invalid/archive.zip", size = 5, subdirectory = "python", \
hashes = {{ sha256 = "{SHA}" }} }}

[[packages]]
name = "checkout"
vcs = {{ type = "git", url = "https://git.invalid/checkout", requested-revision = "main", \
commit-id = "{SHA[:40]}", subdirectory = "python" }}

[[packages]]
name = "plain"
version = "1.0"
requires-python = ">=3.8"
index = "https://index.invalid/simple"
marker = "'dev' in dependency_groups or 'default' in dependency_groups"
sdist = {{ name = "plain-1.0.tar.gz", path = "files/plain-1.0.tar.gz", \
hashes = {{ md5 = "{SHA[:32]}" }} }}

[[packages.wheels]]
url = "https://files.invalid/plain-1.0-py3-none-any.whl"
upload-time = 2024-01-01T00:00:00Z
size = 10
hashes = {{ sha256 = "{SHA}" }}
"""

REQUIREMENTS = f"""\
# made by a test
--index-url https://index.invalid/simple
-e .  # the project
./files/local_wheel-1.0-py3-none-any.whl --hash=sha256:{SHA}
Archive.Name @ https://files.invalid/archive.zip#sha256={SHA}&subdirectory=python
checkout @ git+https://git.invalid/checkout@{SHA[:40]}#subdirectory=python ; python_version >= "3.9"
plain[extra]==1.0 ; sys_platform == 'linux' \\
    --hash=sha256:{SHA} \\
    --hash=sha512:{SHA}{SHA}
    # via checkout
plain==2.0 ; sys_platform != 'linux' --hash sha256:{SHA}
"""
