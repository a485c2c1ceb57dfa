"""Staging by uv: the command, and where its configuration may not have its way."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli

from syncsteps import processes
from syncsteps.staging.environment import installer_environment
from syncsteps.staging.inputs import write_inputs
from syncsteps.staging.output import Runner, run_installer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.model import StageOptions

__all__ = ["UvStager", "configured_target", "find_uv", "link_mode", "uv_command"]

_LINK_MODES = frozenset({"clone", "copy", "hardlink"})


def find_uv(environment: Mapping[str, str]) -> Path | None:
    """Return uv's executable: the one of the ``uv`` package beside us, else the one on ``PATH``."""
    try:
        import uv  # noqa: PLC0415 - optional, and wanted only here
    except ImportError:
        pass
    else:
        try:
            return Path(uv.find_uv_bin())
        except FileNotFoundError:  # the package is there, its program is not
            pass
    found = shutil.which("uv", path=environment.get("PATH", ""))
    return None if found is None else Path(found)


def link_mode(environment: Mapping[str, str], platform: str) -> str:
    """Return how uv is to put files from its cache into the stage.

    That is ``UV_LINK_MODE`` unless it says ``symlink``, which would leave the interpreter with
    links into a cache; else what uv takes by itself on ``platform`` (as `sys.platform` names it).
    """
    wanted = environment.get("UV_LINK_MODE", "")
    if wanted in _LINK_MODES:
        return wanted
    return "clone" if platform == "darwin" else "hardlink"


def uv_command(
    uv: Path,
    *,
    python: Path,
    prefix: Path,
    requirements: Path,
    hashed: bool,
    link: str,
    rebuilt: Sequence[str] = (),
    configured: bool = True,
) -> list[str]:
    """Return the command that installs ``requirements`` under ``prefix``, for ``python``.

    ``rebuilt`` are names of packages that the cache must not answer for; ``configured`` says
    whether uv may read its configuration files.
    """
    return [
        str(uv),
        "pip",
        "install",
        *([] if configured else ["--no-config"]),
        "--python",
        str(python),
        "--prefix",
        str(prefix),
        "--no-deps",
        "--verify-hashes",
        "--require-hashes" if hashed else "--no-require-hashes",
        "--link-mode",
        link,
        "--no-compile-bytecode",
        "--no-progress",
        "--color",
        "never",
        *(part for name in rebuilt for part in ("--refresh-package", name)),
        "--requirements",
        str(requirements),
    ]


def configured_target(directory: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the first of uv's configuration files that sets ``pip.target``, or None.

    uv lets such a setting win over ``--prefix``: everything would go there instead of aside.
    ``directory`` is where uv is started. A file that cannot be read is left to uv to complain of.
    """
    for path in _configuration_files(directory, environment):
        try:
            document = tomli.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if path.name == "pyproject.toml":
            document = _table(_table(document, "tool"), "uv")
        if "target" in _table(document, "pip"):
            return path
    return None


def _table(document: object, key: str) -> dict[str, object]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, dict) else {}


def _configuration_files(directory: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    if "UV_CONFIG_FILE" in environment:
        yield Path(environment["UV_CONFIG_FILE"])
    for parent in (directory, *directory.parents):
        yield parent / "uv.toml"
        yield parent / "pyproject.toml"
    for name in ("XDG_CONFIG_HOME", "APPDATA", "PROGRAMDATA"):
        if name in environment:
            yield Path(environment[name], "uv", "uv.toml")
    if "HOME" in environment:
        yield Path(environment["HOME"], ".config", "uv", "uv.toml")
    for place in environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"):
        yield Path(place, "uv", "uv.toml")
    yield Path("/etc/uv/uv.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class UvStager:
    """Stages with the executable ``uv``, started with the variables of ``environment``."""

    uv: Path
    environment: Mapping[str, str]
    runner: Runner = processes.run
    name: str = "uv"

    def stage(
        self,
        selection: Selection,
        *,
        lock: Lock,
        interpreter: Interpreter,
        directory: Path,
        requests: Path,
        options: StageOptions,
        on_line: Callable[[str], None],
    ) -> None:
        """Fill ``directory`` as an installation prefix; see `Stager.stage`.

        uv is started in the lock's root, so that the project's indexes and build settings hold.
        """
        inputs = write_inputs(
            selection, lock=lock, directory=requests, source=options.source, pylock=True
        )
        configured = configured_target(lock.root, self.environment) is None
        features = self.environment.get("UV_PREVIEW_FEATURES", "")
        environment = installer_environment(
            self.environment,
            extra={"UV_PREVIEW_FEATURES": ",".join(filter(None, [features, "pylock"]))},
        )
        if not configured:
            environment.pop("UV_CONFIG_FILE", None)
        for requirements, hashed in ((inputs.hashed, True), (inputs.unhashed, False)):
            if requirements is None:
                continue
            run_installer(
                uv_command(
                    self.uv,
                    python=interpreter.executable,
                    prefix=directory,
                    requirements=requirements,
                    hashed=hashed,
                    link=link_mode(self.environment, sys.platform),
                    rebuilt=() if hashed else inputs.rebuilt,
                    configured=configured,
                ),
                name=self.name,
                environment=environment,
                directory=lock.root,
                on_line=on_line,
                runner=self.runner,
            )
