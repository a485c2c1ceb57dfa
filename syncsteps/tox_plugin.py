"""The tox plugin: a run environment, ``runner = "syncsteps"``, that is the system's interpreter.

Nothing is created, and tox installs nothing: before ``commands``, ``syncsteps sync`` puts the lock
into the interpreter, whose ``python``, ``python3`` and scripts the commands find first on PATH. The
settings of such an environment, beside those that all of tox's environments have:

``syncsteps_python``
    The target, as for ``--python`` (default: what ``[tool.syncsteps]``, SYNCSTEPS_PYTHON or PATH
    give).
``syncsteps_lock``
    The lock file, relative to ``tox_root`` (default: the one there).
``syncsteps_options``
    Further options of ``syncsteps sync``, one each, with ``=`` before a value: ``--group=dev``.

``env_python``, ``env_bin_dir`` and ``env_site_packages_dir`` are the interpreter's, to refer to.
What ``pass_env`` and ``set_env`` say holds for the sync as well; tox's ``-q`` and ``-v`` are its
``--quiet`` and ``--verbose``. What tells tox to install something (``deps``, ``package`` and the
like) is refused. ``--recreate`` empties tox's own directory and leaves the interpreter to the sync.
"""

from __future__ import annotations

import contextlib
import glob
import io
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, List  # noqa: UP035 - see _LIST

from tox.execute.local_sub_process import LocalSubProcessExecutor
from tox.execute.request import StdinSource
from tox.plugin import impl
from tox.tox_env.errors import Fail
from tox.tox_env.installer import Installer
from tox.tox_env.runner import RunToxEnv

from syncsteps.errors import SettingsError, SyncstepsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox.execute.api import Execute
    from tox.tox_env.package import Package
    from tox.tox_env.register import ToxEnvRegister

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.settings import Settings

__all__ = ["SystemInstaller", "SystemRunner", "sync_command", "tox_register_tox_env"]

_LOGGER = logging.getLogger(__name__)
_QUIET, _VERBOSE = 1, 3  # tox's verbosity with -q and with -v
# For the arrays of a TOML file, an older tox that is admitted knows `list[str]` by this name alone.
_LIST = List[str]  # noqa: UP006
# What makes tox's own environments install something: all its names, its type and what is nothing.
_REFUSED: tuple[tuple[tuple[str, ...], type, object], ...] = (
    (("deps",), _LIST, []),
    (("dependency_groups",), _LIST, []),
    (("extras",), _LIST, []),
    (("pylock",), str, ""),
    (("package",), str, ""),
    (("use_develop", "usedevelop"), bool, False),
    (("base_python", "basepython"), _LIST, []),
)
_PASSED = (
    "PIP_*",
    "UV_*",
    "SYNCSTEPS_*",
    "SOURCE_DATE_EPOCH",
    "XDG_*",
    "REQUESTS_CA_BUNDLE",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "GITHUB_WORKSPACE",
    # Without them no program starts on Windows, or none finds its files.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "COMSPEC",
    "PROCESSOR_ARCHITECTURE",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Make ``runner = "syncsteps"`` known to tox."""
    register.add_run_env(SystemRunner)


class SystemInstaller(Installer[Any]):
    """Says what is installed in the interpreter, and installs nothing."""

    def _register_config(self) -> None:
        """Nothing is to be chosen."""

    def installed(self) -> list[str]:
        """Return what the interpreter has now, as ``NAME==VERSION``, sorted."""
        found = self._env.look().distributions
        return sorted({f"{one.name}=={one.version}" for one in reversed(found)})

    def install(self, arguments: object, section: str, of_type: str) -> None:
        """Refuse it: the lock alone says what is installed."""
        raise Fail(
            f"tox installs nothing here, and is to install {of_type} of {section}: {arguments}"
        )


class SystemRunner(RunToxEnv):
    """The system's interpreter as an environment of tox, with the lock put into it."""

    _found: Interpreter | None = None
    _system_installer: SystemInstaller | None = None
    _system_executor: Execute | None = None
    _syncing = False

    @staticmethod
    def id() -> str:
        """The name that ``runner`` gives."""
        return "syncsteps"

    @property
    def runs_on_platform(self) -> str:
        """What ``platform`` is compared with."""
        return sys.platform

    @property
    def executor(self) -> Execute:
        """What runs the commands."""
        if self._system_executor is None:
            self._system_executor = LocalSubProcessExecutor(self.options.is_colored)
        return self._system_executor

    @property
    def installer(self) -> SystemInstaller:
        """What tells what is installed."""
        if self._system_installer is None:
            self._system_installer = SystemInstaller(self)
        return self._system_installer

    def register_config(self) -> None:
        """Add the settings that the module's first lines list."""
        super().register_config()
        add = self.conf.add_config
        add("syncsteps_python", of_type=str, default="", desc="the interpreter, as for --python")
        add("syncsteps_lock", of_type=str, default="", desc="the lock, relative to tox_root")
        add(
            "syncsteps_options",
            of_type=_LIST,
            default=[],
            desc="further options of syncsteps sync, one each",
        )
        for names, of_type, nothing in _REFUSED:
            add(names, of_type=of_type, default=nothing, desc="not here: leave it empty")
        for keys, desc, value in (
            (["env_python", "envpython"], "the interpreter", lambda: self.target.executable),
            (["env_bin_dir", "envbindir"], "its scripts", lambda: self.target.scheme.scripts),
            (
                ["env_site_packages_dir", "envsitepackagesdir"],
                "where its packages are",
                lambda: self.target.scheme.purelib,
            ),
        ):
            self.conf.add_constant(keys, desc, value)

    def _default_pass_env(self) -> list[str]:
        return [*super()._default_pass_env(), *_PASSED]

    def _register_package_conf(self) -> bool:
        super()._register_package_conf()  # whose settings may stand in a file for all environments
        return False

    @property
    def _package_tox_env_type(self) -> str:
        return "virtualenv-pep-517"

    @property
    def _external_pkg_tox_env_type(self) -> str:
        return "virtualenv-cmd-builder"

    def _build_packages(self) -> list[Package]:
        return []

    def _sync_options(self, python: str) -> list[str]:
        """Return the options of ``syncsteps sync`` that the settings come to, with this target."""
        options: list[str] = list(self.conf["syncsteps_options"])
        if self.conf["syncsteps_lock"]:
            options.append(f"--lock={self.core['tox_root'] / self.conf['syncsteps_lock']}")
        return [*options, f"--python={python}"] if python else options

    @property
    def target(self) -> Interpreter:
        """The interpreter, when it was first asked for, without what is installed in it.

        Raises:
            SyncstepsError: the settings mean nothing, or there is no such interpreter.
        """
        if self._found is None:
            self._found = self.look(with_distributions=False)
        return self._found

    def look(self, *, with_distributions: bool = True) -> Interpreter:
        """Return the interpreter as it is now; errors as for `target`."""
        from syncsteps.interpreter import resolve  # noqa: PLC0415 - tox starts without it

        options = self._sync_options(self.conf["syncsteps_python"])
        settings = _read_settings(options, directory=self.core["tox_root"])
        return resolve(
            settings.python or None,
            environment=os.environ,
            allow_virtualenv=settings.allow_virtualenv,
            with_distributions=with_distributions,
        )

    def _setup_env(self) -> None:
        super()._setup_env()
        self._refuse_installs()
        with _told():
            self._paths = _program_directories(self.target, self.env_tmp_dir / "bin")
        if getattr(self.options, "skip_env_install", False):
            _LOGGER.warning("skip the sync")
        else:
            self._sync()
        if self.journal:
            self.journal["python"] = _described(self.target)

    def _setup_with_env(self) -> None:
        """Nothing is packaged."""

    def _done_with_setup(self) -> None:
        super()._done_with_setup()
        if self.journal or self.options.list_dependencies:
            with _told():
                installed = self.installer.installed()
            if self.journal:
                self.journal["installed_packages"] = installed
            if self.options.list_dependencies:
                _LOGGER.warning(",".join(installed))

    def _refuse_installs(self) -> None:
        given = [
            key
            for (key, *_), *_ in _REFUSED
            if self.conf[key] and (key, self.conf[key]) != ("package", "skip")
        ]
        if given:
            raise Fail(
                f"{', '.join(given)}: not for the runner syncsteps, where the lock says what is"
                " installed, and syncsteps_python where to: leave it out, or empty it for this"
                " environment where it comes from what holds for all"
            )

    def _sync(self) -> None:
        # The interpreter itself: the sync may not see all that it was found by.
        options = self._sync_options(str(self.target.executable))
        command = sync_command(options, verbosity=self.options.verbosity)
        self._syncing = True
        try:
            # Not coloured: tox paints all of standard error red, and the report goes there.
            outcome = self.execute(
                command,
                stdin=StdinSource.OFF,
                show=True,
                run_id="sync",
                executor=LocalSubProcessExecutor(colored=False),
            )
        finally:
            self._syncing = False
        outcome.assert_success()

    @property
    def _allow_externals(self) -> list[str]:
        # The sync runs in tox's own Python, which the commands have no business with.
        own = [glob.escape(sys.executable)] if self._syncing else []
        return [*super()._allow_externals, *own]


def sync_command(options: list[str], *, verbosity: int) -> list[str]:
    """Return the command line of a sync with these options, as a process of its own.

    ``verbosity`` is tox's: 2, less one for each ``-q`` and more by one for each ``-v``.
    """
    # The project may have folders of the same names as what syncsteps imports.
    safe = ["-P"] if sys.version_info >= (3, 11) else []
    told = ["--quiet"] if verbosity <= _QUIET else ["--verbose"] if verbosity >= _VERBOSE else []
    return [sys.executable, *safe, "-m", "syncsteps", "sync", *options, *told]


def _read_settings(options: list[str], *, directory: Path) -> Settings:
    from syncsteps.arguments import make_parser  # noqa: PLC0415 - tox starts without it
    from syncsteps.settings import load_settings  # noqa: PLC0415 - as above

    argv = ["sync", *options]
    try:
        arguments = make_parser(argv).parse_args(argv)
    except SystemExit as error:
        raise SettingsError(
            f"syncsteps_options is no list of options of a sync: {options}",
            hint="`syncsteps sync --help` lists them; each is one string, such as --group=dev",
        ) from error
    return load_settings(
        vars(arguments), environment=os.environ, directory=directory, recorded=False
    )


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Have tox tell an error of syncsteps as syncsteps does, and end with its exit code."""
    try:
        yield
    except SyncstepsError as error:
        from syncsteps.report import Console  # noqa: PLC0415 - tox starts without it

        text = io.StringIO()
        Console(text).error(error)
        _LOGGER.error("%s", text.getvalue().rstrip())  # noqa: TRY400 - no traceback
        raise SystemExit(error.exit_code) from error


def _program_directories(interpreter: Interpreter, links: Path) -> list[Path]:
    """Return where commands find the interpreter and its scripts: first of all on PATH.

    Where ``python`` or ``python3`` is another interpreter there, or none, as in Debian, ``links``
    gets a link of that name.
    """
    directories = list(dict.fromkeys((interpreter.scheme.scripts, interpreter.executable.parent)))
    path = os.pathsep.join(map(str, directories))
    found = {name: shutil.which(name, path=path) for name in ("python", "python3")}
    missing = [
        name
        for name, program in found.items()
        if program is None or not Path(program).samefile(interpreter.executable)
    ]
    if os.name != "posix" or not missing:
        return directories
    links.mkdir(parents=True, exist_ok=True)
    for name in missing:
        (links / name).symlink_to(interpreter.executable)
    return [links, *directories]


def _described(interpreter: Interpreter) -> dict[str, Any]:
    """Return what tox's result says of an environment's Python, and which one it is."""
    variables = dict(interpreter.environment)
    return {
        "executable": str(interpreter.executable),
        "implementation": variables["platform_python_implementation"],
        "version": interpreter.version,
        "is_64": interpreter.bits == 64,  # noqa: PLR2004 - bits
        "sysplatform": variables["sys_platform"],
        "machine": variables["platform_machine"],
        "free_threaded": interpreter.free_threaded,
        "debug": interpreter.debug,
    }
