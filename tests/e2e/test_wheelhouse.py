"""A container build in two stages: a compiler in the first, and no network in the last."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import uv

from syncsteps.processes import run
from tests.support.debian_tool import PROJECT
from tests.support.wheels import make_wheel, metadata

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

BREAK = "--break-system-packages"
HOUSE = "/srv/wheelhouse"
FAILED = 5

# Compiles one C file with what the target's own sysconfig names, and needs no other package.
BACKEND = """\
import os, subprocess, sysconfig, zipfile

TAG = "cp%s-cp%s-%s" % (
    (sysconfig.get_config_var("py_version_nodot"),) * 2
    + (sysconfig.get_platform().replace("-", "_").replace(".", "_"),)
)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    module = "native" + sysconfig.get_config_var("EXT_SUFFIX")
    include = "-I" + sysconfig.get_path("include")
    subprocess.check_call(["gcc", "-shared", "-fPIC", include, "native.c", "-o", module])
    info = "native-1.0.dist-info"
    members = {module: open(module, "rb").read()}
    members[info + "/METADATA"] = open("PKG-INFO", "rb").read()
    members[info + "/WHEEL"] = (
        "Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: %s\\n" % TAG
    ).encode()
    lines = [path + ",," for path in (*members, info + "/RECORD")]
    members[info + "/RECORD"] = ("\\n".join(lines) + "\\n").encode()
    filename = "native-1.0-%s.whl" % TAG
    with zipfile.ZipFile(os.path.join(wheel_directory, filename), "w") as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    return filename
"""

MODULE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static struct PyModuleDef definition = { PyModuleDef_HEAD_INIT, "native", NULL, -1, NULL };

PyMODINIT_FUNC PyInit_native(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL) {
        PyModule_AddStringConstant(module, "MADE_BY", "a compiler");
    }
    return module;
}
"""


def write_sdist(directory: Path) -> Path:
    """Write the sdist of a C extension."""
    tree = directory.parent / "native-1.0"
    (tree / "_backend").mkdir(parents=True)
    (tree / "_backend/local_backend.py").write_text(BACKEND, encoding="utf-8")
    (tree / "native.c").write_text(MODULE, encoding="utf-8")
    (tree / "PKG-INFO").write_text(metadata("native", "1.0"), encoding="utf-8")
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "local_backend"\n'
        'backend-path = ["_backend"]\n\n[project]\nname = "native"\nversion = "1.0"\n',
        encoding="utf-8",
    )
    archive = directory / "native-1.0.tar.gz"
    done = run(["tar", "-czf", archive, "-C", directory.parent, tree.name])
    assert done.status == 0, done.stderr
    return archive


def lock_project(project: Path, system: System) -> None:
    """Have uv lock a project that needs the extension and a wheel, and write it into the system."""
    text = (
        '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.9"\n'
        'dependencies = ["native", "plain"]\n\n[tool.uv]\npackage = false\n'
    )
    project.mkdir(exist_ok=True)
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    command = [uv.find_uv_bin(), "lock", "--no-config", "--default-index", system.index.url]
    done = run(command, directory=project, environment=os.environ)
    assert done.status == 0, done.stderr
    for name in ("pyproject.toml", "uv.lock"):
        system.root.write(f"{PROJECT}/{name}", (project / name).read_text(encoding="utf-8"))


def without_network(system: System) -> System:
    """Return the system with a tool that has no network at all, not even a loopback interface."""
    tool = replace(system.tool, command=("unshare", "--net", *system.tool.command))
    return replace(system, tool=tool)


@pytest.mark.parametrize("suite", ["bullseye", "trixie"])
def test_what_one_stage_has_built_another_installs_with_neither_compiler_nor_network(
    suite: str, system: Callable[..., System], tmp_path: Path
) -> None:
    built = system(suite, "gcc", "libc6-dev", "python3-dev")
    write_sdist(built.index.directory)
    make_wheel(built.index.directory, "plain", "2.0", requires_python=">=3.9")
    lock_project(tmp_path / "project", built)
    before = built.root.digest()
    done = built.run("fetch", "--wheelhouse", HOUSE)
    assert done.status == 0, done.stderr
    assert "fetched 2, built 1 of them" in done.stderr
    assert built.root.digest() == before
    packed = built.root.check(["sh", "-c", f"tar -C {HOUSE} -c . | base64"])
    document = json.loads(built.root.check(["cat", f"{HOUSE}/syncsteps-wheelhouse.json"]))
    native, plain = document["wheels"]
    assert native["built"]
    assert native["origin"]["kind"] == "sdist"
    assert "linux_x86_64" in native["filename"]
    assert not plain["built"]

    trees = []
    for installer in ("uv", "pip"):
        final = without_network(system(suite))
        lock_project(tmp_path / "project", final)
        assert final.root.run(["sh", "-c", "command -v gcc cc"]).status != 0
        without = final.run("sync", BREAK, "--installer", installer)
        assert without.status == FAILED, without.stderr
        unpack = ["sh", "-c", f"mkdir {HOUSE} && base64 -d | tar -C {HOUSE} -x"]
        assert final.root.run(unpack, input_text=packed).status == 0

        done = final.run("sync", BREAK, "--installer", installer, "--wheelhouse", HOUSE)

        assert done.status == 0, done.stderr
        assert "done: 2 installed, 2 of 2 import" in done.stderr
        assert final.python("import native; print(native.MADE_BY)") == "a compiler"
        again = final.run("sync", BREAK, "--installer", installer, "--wheelhouse", HOUSE)
        assert "nothing to do" in again.stderr, again.stderr
        trees.append(final.root.digest("/usr/local/lib"))
    assert trees[0] == trees[1]
