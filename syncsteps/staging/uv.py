"""Staging by uv: finding it, its command, and running it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from syncsteps import processes
from syncsteps.staging.build_constraints import uv_options
from syncsteps.staging.environment import installer_environment
from syncsteps.staging.inputs import write_groups
from syncsteps.staging.lookups import described
from syncsteps.staging.output import Runner, run_installer
from syncsteps.staging.uv_indexes import (
    configured,
    environment_for,
    explicit_indexes,
    settings_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.inputs import Inputs
    from syncsteps.staging.model import Listener, StageOptions
    from syncsteps.staging.uv_settings import UvSettings

__all__ = ["UvStager", "find_uv", "link_mode", "uv_command"]

# The root of a workspace that has nothing: where the target lies within a project's directory, uv
# would go by that project's settings instead of those beside this.
_NO_PROJECT = "[tool.uv.workspace]\n"
_MERGING = ("--index-strategy", "unsafe-best-match")
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
        listener: Listener | None = None,
    ) -> None:
        """Fill ``directory`` as an installation prefix; see `Stager.stage`.

        uv is started in ``requests``, or a folder in there, where it finds those of the project's
        settings that it may follow. In the project it would find all of them.
        """

        def hear(line: str) -> None:
            if listener is not None:
                listener.line(0, line)
            on_line(line)

        builds = [
            *_settings_of_builds(selection),
            *([] if options.builds else ["--no-build"]),
            *(["--no-cache"] if options.fresh else []),
            *uv_options(
                selection.packages,
                lock=lock,
                interpreter=interpreter,
                directory=requests,
                environment=self.environment,
            ),
        ]
        settings = configured(lock.root.absolute(), self.environment, source=options.source)
        for inputs in write_groups(
            selection,
            lock=lock,
            directory=requests,
            source=options.source,
            pylock=True,
            follow=options.source == "lock" and settings.table.get("no-index") is not True,
            explicit=explicit_indexes(settings),
        ):
            here = settings_for(inputs.lookup, settings, lock.root.absolute(), self.environment)
            configuration = inputs.directory / "uv.toml"
            configuration.write_text(here.text, encoding="utf-8")
            (inputs.directory / "pyproject.toml").write_text(_NO_PROJECT, encoding="utf-8")
            merging = _MERGING if self._merges(inputs, here) else ()
            for requirements, hashed in inputs.parts:
                command = uv_command(
                    self.uv,
                    python=interpreter.executable,
                    prefix=directory,
                    requirements=requirements,
                    hashed=hashed,
                    link=link_mode(self.environment, sys.platform, shared=options.shared),
                    rebuilt=() if hashed else inputs.rebuilt,
                    configuration=configuration if here.exclusive else None,
                )
                run_installer(
                    [*command, *builds, *(merging if hashed else ())],
                    name=self.name,
                    environment=self._variables(inputs),
                    directory=inputs.directory,
                    on_line=hear,
                    runner=self.runner,
                    places=described(inputs.lookup),
                )

    def _variables(self, inputs: Inputs) -> dict[str, str]:
        features = self.environment.get("UV_PREVIEW_FEATURES", "")
        return installer_environment(
            environment_for(inputs.lookup, self.environment),
            extra={"UV_PREVIEW_FEATURES": ",".join(filter(None, [features, "pylock"]))},
        )

    def _merges(self, inputs: Inputs, settings: UvSettings) -> bool:
        """Whether the files of several indexes count as one index's, as they do for pip.

        Hashes say which file is meant, so that no index can bring in one of its own.
        """
        said = "index-strategy" in settings.table or "UV_INDEX_STRATEGY" in self.environment
        return inputs.lookup is not None and bool(inputs.lookup.extra_indexes) and not said


def _settings_of_builds(selection: Selection) -> list[str]:
    return [
        part
        for item in selection.packages
        for key, value in item.package.config_settings
        for part in ("--config-settings-package", f"{item.name}:{key}={value}")
    ]
