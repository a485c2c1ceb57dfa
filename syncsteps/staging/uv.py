"""Staging by uv: finding it, its command, and running it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps import processes
from syncsteps.staging.environment import installer_environment
from syncsteps.staging.inputs import write_inputs
from syncsteps.staging.output import Runner, run_installer
from syncsteps.staging.uv_settings import uv_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.model import StageOptions

__all__ = ["UvStager", "find_uv", "link_mode", "uv_command"]

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


def link_mode(environment: Mapping[str, str], platform: str, *, shared: bool) -> str:
    """Return how uv is to put files from its cache into the stage.

    That is ``UV_LINK_MODE`` unless it says ``symlink``, which would leave the interpreter with
    links into a cache; else what uv takes by itself on ``platform`` (as `sys.platform` names it).
    Unless ``shared`` it is to copy: where it cannot clone, uv falls back to hard links.
    """
    wanted = environment.get("UV_LINK_MODE", "")
    if wanted not in _LINK_MODES:
        wanted = "clone" if platform == "darwin" else "hardlink"
    return wanted if shared else "copy"


def uv_command(
    uv: Path,
    *,
    python: Path,
    prefix: Path,
    requirements: Path,
    hashed: bool,
    link: str,
    rebuilt: Sequence[str] = (),
    configuration: Path | None = None,
) -> list[str]:
    """Return the command that installs ``requirements`` under ``prefix``, for ``python``.

    ``rebuilt`` are names of packages that the cache must not answer for; ``configuration`` is the
    only configuration file that uv may read, if it may not look for them itself.
    """
    return [
        str(uv),
        "pip",
        "install",
        *([] if configuration is None else ["--config-file", str(configuration)]),
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

        uv is started in ``requests``, where it finds those of the project's settings that it may
        follow. In the project it would find all of them.
        """
        inputs = write_inputs(
            selection, lock=lock, directory=requests, source=options.source, pylock=True
        )
        settings = uv_settings(lock.root.absolute(), self.environment)
        configuration = requests / "uv.toml"
        configuration.write_text(settings.text, encoding="utf-8")
        features = self.environment.get("UV_PREVIEW_FEATURES", "")
        environment = installer_environment(
            self.environment,
            extra={"UV_PREVIEW_FEATURES": ",".join(filter(None, [features, "pylock"]))},
        )
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
                    link=link_mode(self.environment, sys.platform, shared=options.shared),
                    rebuilt=() if hashed else inputs.rebuilt,
                    configuration=configuration if settings.exclusive else None,
                ),
                name=self.name,
                environment=environment,
                directory=requests,
                on_line=on_line,
                runner=self.runner,
            )
