"""Staging by pip: the target's, our own, or the one that virtualenv carries."""

from __future__ import annotations

import importlib.metadata
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from syncsteps.abreast import Call, run_abreast
from syncsteps.errors import StagingError
from syncsteps.staging.abreast import AbreastRunner, Installation, run_installers
from syncsteps.staging.environment import installer_environment
from syncsteps.staging.inputs import write_groups
from syncsteps.staging.lookups import described
from syncsteps.staging.shards import gather, split
from syncsteps.staging.uv_settings import is_true

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock
    from syncsteps.selection.model import Selection
    from syncsteps.staging.inputs import Inputs
    from syncsteps.staging.model import Listener, StageOptions

__all__ = [
    "PipStager",
    "closed_variables",
    "embedded_pip",
    "find_pip",
    "own_pip_serves",
    "pip_command",
]

_FIRST_WITH_PYTHON_OPTION = Version("22.3")
# Python 3.12 took away what earlier ones use (`pkgutil.ImpImporter`), and they do not say so.
_FIRST_FOR_PYTHON_3_12 = Version("23.1.2")


def find_pip(
    interpreter: Interpreter,
    *,
    own_serves: Callable[[str], bool],
    embedded: Callable[[str], Path | None],
) -> tuple[str, ...]:
    """Return the start of a command that runs a pip which installs for ``interpreter``.

    That is the target's own pip, else ours (``own_serves`` says, for a Python version, whether it
    can), else the wheel that ``embedded`` finds for the version, run by the target itself.

    Raises:
        StagingError: there is none of them.
    """
    target = str(interpreter.executable)
    if interpreter.find("pip") is not None:
        return (target, "-I", "-B", "-m", "pip")
    if own_serves(interpreter.version):
        return (sys.executable, "-I", "-B", "-m", "pip", "--python", target)
    wheel = embedded(interpreter.version)
    if wheel is not None:
        return (target, "-I", "-B", str(wheel / "pip"))
    raise StagingError(
        f"there is neither uv nor a pip that can install for {target}",
        hint="Install uv or pip beside syncsteps (pip install 'syncsteps[uv]').",
    )


def own_pip_serves(version: str) -> bool:
    """Whether the pip beside us can install into another Python, and one of this version."""
    try:
        metadata = importlib.metadata.metadata("pip")
        own = Version(metadata["Version"])
        requires = (metadata.get_all("Requires-Python") or [""])[0]
        supported = SpecifierSet(requires)
    except (importlib.metadata.PackageNotFoundError, InvalidVersion, InvalidSpecifier):
        return False
    late = Version(version) >= Version("3.12")
    first = _FIRST_FOR_PYTHON_3_12 if late else _FIRST_WITH_PYTHON_OPTION
    return own >= first and supported.contains(version, prereleases=True)


def embedded_pip(version: str) -> Path | None:
    """Return the wheel of pip that virtualenv carries for this version of Python, or None."""
    try:
        from virtualenv.seed.wheels.embed import get_embed_wheel  # noqa: PLC0415 - optional
    except ImportError:
        return None
    minor = ".".join(version.split(".")[:2])
    wheel = get_embed_wheel("pip", minor)
    return None if wheel is None else Path(wheel.path)


def pip_command(
    pip: tuple[str, ...],
    *,
    prefix: Path,
    requirements: Path,
    hashed: bool,
) -> list[str]:
    """Return the command that installs ``requirements`` under ``prefix`` with ``pip``.

    Only options that pip 20.3 already knows: Debian 11 has that one.
    """
    return [
        *pip,
        "install",
        "--prefix",
        str(prefix),
        "--no-user",
        "--no-deps",
        "--ignore-installed",
        "--no-compile",
        "--no-warn-script-location",
        "--disable-pip-version-check",
        "--no-input",
        "--no-color",
        "--progress-bar",
        "off",
        *(["--require-hashes"] if hashed else []),
        "--requirement",
        str(requirements),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipStager:
    """Stages with the command ``pip``, started with the variables of ``environment``."""

    pip: tuple[str, ...]
    environment: Mapping[str, str]
    runner: AbreastRunner = run_abreast
    name: str = "pip"

    def stage(
        self,
        selection: Selection,
        *,
        lock: Lock,
        interpreter: Interpreter,  # noqa: ARG002 - the command already names it
        directory: Path,
        requests: Path,
        options: StageOptions,
        on_line: Callable[[str], None],
        listener: Listener | None = None,
    ) -> None:
        """Fill ``directory`` as an installation prefix; see `Stager.stage`.

        pip is started in ``requests``, where no ``setup.cfg`` can have a say, or in folders there:
        it does one thing at a time, so that several share the work. Each has a prefix of its own,
        since pip removes what is in its way, and may not find what another one has just removed.
        """
        # Whoever forbids every index, forbids those of the lock.
        follow = options.source == "lock" and not is_true(self.environment, "PIP_NO_INDEX")
        parts = split(selection, lock=lock, follow=follow, jobs=options.jobs)
        chains, prefixes = [], []
        for number, part in enumerate(parts):
            # One alone needs nothing moved.
            folder, prefix = (
                (requests, directory)
                if len(parts) == 1
                else (requests / f"part-{number}", requests / f"prefix-{number}")
            )
            folder.mkdir(exist_ok=True)
            groups = write_groups(
                replace(selection, packages=part),
                lock=lock,
                directory=folder,
                source=options.source,
                pylock=False,
                follow=follow,
            )
            chains.append(self._installations(groups, prefix))
            prefixes.append(prefix)
        if listener is not None:
            listener.look_into(prefixes)
        run_installers(
            chains, name=self.name, on_line=on_line, runner=self.runner, listener=listener
        )
        if len(parts) > 1:
            gather(prefixes, directory)

    def _installations(self, groups: Iterable[Inputs], prefix: Path) -> list[Installation]:
        environment = installer_environment(
            self.environment,
            extra={
                "PIP_ROOT_USER_ACTION": "ignore",  # as root is how it is meant
                "PIP_USE_PEP517": "1",  # `setup.py install` would leave no RECORD
                "PYTHONNOUSERSITE": "1",
            },
        )
        return [
            Installation(
                call=Call(
                    command=pip_command(
                        self.pip, prefix=prefix, requirements=requirements, hashed=hashed
                    ),
                    environment={**environment, **closed_variables(inputs)},
                    directory=inputs.directory,
                    umask=0o022,
                ),
                places=described(inputs.lookup),
            )
            for inputs in groups
            for requirements, hashed in inputs.parts
        ]


def closed_variables(inputs: Inputs) -> dict[str, str]:
    """Return the variables that keep pip from pages that a configuration names.

    The index in a requirements file replaces other indexes, but pages add to each other. An empty
    variable would not win over a configuration file; a folder that has nothing to install does.
    """
    if inputs.lookup is None or inputs.lookup.index is None:
        return {}
    empty = inputs.directory / "no-links"
    empty.mkdir(exist_ok=True)
    return {"PIP_FIND_LINKS": str(empty)}
