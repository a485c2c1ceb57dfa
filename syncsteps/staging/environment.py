"""The variables that an installer is started with: nothing in them may send it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["installer_environment", "surroundings"]

_PYTHON = frozenset(
    {
        "__PYVENV_LAUNCHER__",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONEXECUTABLE",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONPATH",
        "PYTHONPLATLIBDIR",
        "PYTHONSAFEPATH",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "VIRTUAL_ENV",
    }
)

# Where uv installs, what it installs there, and whether it checks: this is ours to say. The file
# that UV_CONFIG_FILE names is read in part and handed on.
_UV = frozenset(
    f"UV_{name}"
    for name in (
        "CONFIG_FILE",
        "CONSTRAINT",
        "DRY_RUN",
        "EXCLUDE",
        "LINK_MODE",
        "NO_DEPS",
        "NO_INSTALLER_METADATA",
        "NO_VERIFY_HASHES",
        "OVERRIDE",
        "PREFIX",
        "PROJECT",
        "PROJECT_ENVIRONMENT",
        "PYTHON",
        "REQUIRE_HASHES",
        "SYSTEM_PYTHON",
        "TARGET",
        "TORCH_BACKEND",
        "USER",
        "VERIFY_HASHES",
        "WORKING_DIR",
        "WORKING_DIRECTORY",
    )
)

_PIP = frozenset(
    f"PIP_{name}"
    for name in (
        "ABI",
        "COMPILE",
        "CONSTRAINT",
        "DRY_RUN",
        "EDITABLE",
        "FORCE_REINSTALL",
        "GROUP",
        "IMPLEMENTATION",
        "NO_COMPILE",
        "NO_DEPS",
        "PLATFORM",
        "PREFIX",
        "PYTHON",
        "PYTHON_VERSION",
        "QUIET",
        "REPORT",
        "REQUIREMENT",
        "REQUIREMENTS_FROM_SCRIPT",
        "REQUIRE_HASHES",
        "REQUIRE_VIRTUALENV",
        "ROOT",
        "TARGET",
        "UPGRADE",
        "USER",
        "VERBOSE",
    )
)

_REDIRECTING = _PYTHON | _UV | _PIP


def installer_environment(
    environment: Mapping[str, str], *, extra: Mapping[str, str]
) -> dict[str, str]:
    """Return ``environment`` without what would redirect an installation, and with ``extra``.

    Indexes, proxies, certificates, credentials, caches and build settings stay as they are: they
    are the user's to say. On Windows names are compared without regard to case, as it does itself.
    What is built runs in the target, which is not to be left with byte code of its own modules: an
    image's Python often has none, and would have it in the layer.
    """
    kept = {name: value for name, value in environment.items() if name.upper() not in _REDIRECTING}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **extra}


def surroundings(temporary: str) -> dict[str, str]:
    """Return the variables that keep an installer's own files in one place, and its lines whole.

    An installer that is killed leaves its temporary files behind, and both fold their lines at the
    width that COLUMNS says, in the middle of what there is to recognize.
    """
    return {"TMPDIR": temporary, "TEMP": temporary, "TMP": temporary, "COLUMNS": "1000"}
