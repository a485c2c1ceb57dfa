from __future__ import annotations

import sys
from pathlib import Path

import pytest

from syncsteps.interpreter import from_json, probe, to_json
from syncsteps.interpreter.model import Interpreter, Libc, Owner
from syncsteps.interpreter.profiles import find_profile, profile_names, to_interpreter
from tests.support.interpreters import installed_prefixes


def made(name: str) -> Interpreter:
    return to_interpreter(*find_profile(name, machine="x86_64"))


NAMES = [name for name in profile_names() if name != "ubi8"]  # whose Python is too old
# One name for each of those that are the same.
CASES = {made(f"{name}@{of}"): f"{name}@{of}" for name in NAMES for of in ("amd64", "arm64")}


@pytest.mark.parametrize("name", CASES.values())
class TestEvery:
    def test_one_survives_being_a_snapshot(self, name: str) -> None:
        interpreter = made(name)
        assert from_json(to_json(interpreter)) == interpreter
        assert "{" not in to_json(interpreter).replace("{\n", "")

    def test_one_has_plausible_tags(self, name: str) -> None:
        interpreter = made(name)
        digits = "".join(interpreter.version.split(".")[:2])
        machine = "aarch64" if name.endswith("@arm64") else "x86_64"
        assert interpreter.libc is not None
        kind = "musllinux" if interpreter.libc.name == "musl" else "manylinux"
        libc = interpreter.libc.version.replace(".", "_")
        plain, best, *_ = interpreter.tags
        assert plain == f"cp{digits}-cp{digits}-linux_{machine}"
        assert best == f"cp{digits}-cp{digits}-{kind}_{libc}_{machine}"
        assert interpreter.tags[-1] == "py30-none-any"
        assert f"cp{digits}-abi3-linux_{machine}" in interpreter.tags
        assert len(set(interpreter.tags)) == len(interpreter.tags)
        other = "manylinux" if kind == "musllinux" else "musllinux"
        assert not [tag for tag in interpreter.tags if other in tag]

    def test_one_installs_to_where_it_looks(self, name: str) -> None:
        interpreter = made(name)
        looked = {*interpreter.sys_path, *interpreter.site_packages}
        scheme = interpreter.scheme
        assert {scheme.purelib, scheme.platlib} <= looked
        assert {one.location for one in interpreter.distributions} <= looked
        for path in (*looked, scheme.scripts, scheme.headers, scheme.data, interpreter.executable):
            assert path.as_posix().startswith("/")
        short = f"python{'.'.join(interpreter.version.split('.')[:2])}"
        assert short in scheme.purelib.parts
        assert scheme.headers.name == short

    def test_one_leaves_open_what_is_the_machines(self, name: str) -> None:
        interpreter = made(name)
        environment = dict(interpreter.environment)
        assert (environment["platform_release"], environment["platform_version"]) == ("", "")
        assert environment["python_full_version"] == interpreter.version
        assert interpreter.free_space is None
        assert (interpreter.unwritable, interpreter.user) == ((), None)
        assert {"os", "json", "asyncio"} <= set(interpreter.standard_library)


def test_what_the_systems_package_managers_own() -> None:
    debian = made("debian:12")
    assert debian.externally_managed is not None
    assert debian.externally_managed.startswith("To install Python packages system-wide, try apt")
    pip = debian.find("pip")
    assert pip is not None
    assert pip.owner == Owner(manager="dpkg", package="python3-pip")
    assert pip.metadata == Path("/usr/lib/python3/dist-packages/pip-23.0.1.dist-info")
    assert debian.scheme.purelib == Path("/usr/local/lib/python3.11/dist-packages")
    requests = made("ubi9").find("requests")
    assert requests is not None
    assert requests.legacy
    assert requests.owner == Owner(manager="rpm", package="python3-requests")


@pytest.mark.parametrize(
    ("name", "libc", "managed"),
    [
        ("debian:11", Libc(name="glibc", version="2.31"), False),
        ("debian:12", Libc(name="glibc", version="2.36"), True),
        ("debian:13", Libc(name="glibc", version="2.41"), True),
        ("ubuntu:22.04", Libc(name="glibc", version="2.35"), False),
        ("ubuntu:24.04", Libc(name="glibc", version="2.39"), True),
        ("ubi8-python3.11", Libc(name="glibc", version="2.28"), False),
        ("ubi9", Libc(name="glibc", version="2.34"), False),
        ("amazonlinux:2023", Libc(name="glibc", version="2.34"), False),
        ("alpine:3.22", Libc(name="musl", version="1.2"), True),
        ("python:3.13-slim", Libc(name="glibc", version="2.41"), False),
        ("python:3.13-slim-bookworm", Libc(name="glibc", version="2.36"), False),
        ("python:3.13-alpine", Libc(name="musl", version="1.2"), False),
    ],
)
def test_c_libraries_and_who_manages(name: str, libc: Libc, *, managed: bool) -> None:
    interpreter = made(name)
    assert interpreter.libc == libc
    assert (interpreter.externally_managed is not None) == managed


@pytest.mark.skipif(sys.platform == "win32", reason="there it is laid out in another way")
@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_the_images_of_python_are_laid_out_like_one_that_was_built_the_same_way(
    python: str,
) -> None:
    prefix = next(installed_prefixes(python), None)
    if prefix is None:
        pytest.skip(f"no Python {python} that pyenv or uv installed")
    built, image = probe(prefix / "bin" / "python3"), made(f"python:{python}")

    def moved(path: Path) -> Path:
        return Path("/usr/local", path.relative_to(prefix))

    assert tuple(map(moved, built.sys_path)) == image.sys_path
    assert tuple(map(moved, built.site_packages)) == image.site_packages
    for name in ("purelib", "platlib", "scripts", "headers", "data"):
        assert moved(getattr(built.scheme, name)) == getattr(image.scheme, name)
    assert (built.externally_managed, built.python_headers) == (None, True)
    assert (image.externally_managed, image.python_headers) == (None, True)
    assert built.standard_library == image.standard_library
    assert built.implementation == image.implementation
    assert built.bits == image.bits
