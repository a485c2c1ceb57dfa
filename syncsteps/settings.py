"""Flags, ``SYNCSTEPS_…`` variables and ``[tool.syncsteps]`` as one value, in that order."""

from __future__ import annotations

import difflib
import os
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

import tomli

from syncsteps.errors import SettingsError
from syncsteps.selection.model import Request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["OPTIONS", "Option", "Settings", "load_settings", "read_pyproject"]

Kind = Literal["flag", "text", "list", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of every verb: flag ``--NAME``, key ``NAME``, variable ``SYNCSTEPS_NAME``."""

    name: str
    kind: Kind
    help: str
    metavar: str = ""
    choices: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The field of `Settings` that it sets."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"SYNCSTEPS_{self.field.upper()}"


# A larger number of seconds is more than the system's clocks and waits can take.
_LARGEST = 1_000_000
OPTIONS: tuple[Option, ...] = (
    Option(name="lock", kind="text", metavar="FILE", help="the lock file (default: the one here)"),
    Option(
        name="python",
        kind="text",
        metavar="PYTHON",
        help="the target: a path, a command, or a version such as 3.12 (default: python3 on PATH)",
    ),
    Option(
        name="interpreter",
        kind="text",
        metavar="FILE",
        help="a snapshot written by inspect, in place of an interpreter",
    ),
    Option(name="extra", kind="list", metavar="EXTRA", help="add an extra"),
    Option(name="all-extras", kind="flag", help="add every extra"),
    Option(name="group", kind="list", metavar="GROUP", help="add a dependency group"),
    Option(
        name="only-group",
        kind="list",
        metavar="GROUP",
        help="only this dependency group, without the project",
    ),
    Option(name="all-groups", kind="flag", help="add every dependency group"),
    Option(name="no-default-groups", kind="flag", help="leave out the lock's default groups"),
    Option(name="package", kind="list", metavar="NAME", help="only this member of the workspace"),
    Option(name="all-packages", kind="flag", help="every member of the workspace"),
    Option(name="no-project", kind="flag", help="its dependencies, but not the project itself"),
    Option(name="no-local", kind="flag", help="nothing that is built from this machine's disk"),
    Option(
        name="installer",
        kind="text",
        choices=("auto", "uv", "pip"),
        help="what fetches and builds (default: uv if it is there, else pip)",
    ),
    Option(
        name="prune",
        kind="text",
        choices=("none", "owned", "all"),
        help="what to remove: nothing, what this project's earlier sync installed and nothing"
        " needs any more (the default), or all that the lock does not name",
    ),
    Option(
        name="source",
        kind="text",
        choices=("lock", "index"),
        help="fetch from the URLs that the lock names (the default), or from the configured index",
    ),
    Option(
        name="break-system-packages",
        kind="flag",
        help="install although the interpreter is externally managed (PEP 668)",
    ),
    Option(
        name="allow-virtualenv",
        kind="flag",
        help="accept a virtual environment as the target (for isolated tests)",
    ),
    Option(
        name="allow-replace",
        kind="list",
        metavar="NAME",
        help="let the lock's NAME replace or shadow the copy of the system or of another project",
    ),
    Option(
        name="allow-outside",
        kind="flag",
        help="accept paths in the lock that leave the project's directory",
    ),
    Option(
        name="ignore",
        kind="list",
        metavar="CODE",
        help="a finding that is not to count",
    ),
    Option(
        name="smoke-exclude",
        kind="list",
        metavar="NAME",
        help="a distribution that is not to be imported",
    ),
    Option(
        name="smoke-timeout",
        kind="number",
        metavar="SECONDS",
        help="how long importing one distribution may take (default: 60)",
    ),
    Option(
        name="jobs",
        kind="number",
        metavar="N",
        help="imports that run at once (default: one for each processor)",
    ),
    Option(
        name="lock-timeout",
        kind="number",
        metavar="SECONDS",
        help="how long to wait for another sync of the same interpreter (default: 600)",
    ),
    Option(name="json", kind="text", metavar="FILE", help="write the result as JSON (-: stdout)"),
    Option(name="quiet", kind="flag", help="print only problems"),
    Option(name="verbose", kind="flag", help="print each file's and each installer's line"),
    Option(name="no-progress", kind="flag", help="plain lines, as in a log"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run was told. Field by field the options of `OPTIONS`.

    ``directory`` is the project's directory: the lock's, else the current one.
    """

    directory: Path
    lock: str = ""
    python: str = ""
    interpreter: str = ""
    extra: tuple[str, ...] = ()
    all_extras: bool = False
    group: tuple[str, ...] = ()
    only_group: tuple[str, ...] = ()
    all_groups: bool = False
    no_default_groups: bool = False
    package: tuple[str, ...] = ()
    all_packages: bool = False
    no_project: bool = False
    no_local: bool = False
    installer: str = "auto"
    prune: str = "owned"
    source: str = "lock"
    break_system_packages: bool = False
    allow_virtualenv: bool = False
    allow_replace: tuple[str, ...] = ()
    allow_outside: bool = False
    ignore: tuple[str, ...] = ()
    smoke_exclude: tuple[str, ...] = ()
    smoke_timeout: float = 60.0
    jobs: float = field(default_factory=lambda: float(os.cpu_count() or 1))
    lock_timeout: float = 600.0
    json: str = ""
    quiet: bool = False
    verbose: bool = False
    no_progress: bool = False

    @property
    def request(self) -> Request:
        """The part of the lock that these settings ask for."""
        return Request(
            extras=self.extra,
            all_extras=self.all_extras,
            groups=self.group,
            only_groups=self.only_group,
            all_groups=self.all_groups,
            default_groups=not self.no_default_groups,
            packages=self.package,
            all_packages=self.all_packages,
            project=not self.no_project,
            local=not self.no_local,
        )


def read_pyproject(directory: Path) -> Mapping[str, Any] | None:
    """Return the content of ``directory``'s pyproject.toml, or None where there is none.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    path = directory / "pyproject.toml"
    try:
        return tomli.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not a readable TOML file: {error}") from error


def load_settings(
    flags: Mapping[str, Any],
    *,
    environment: Mapping[str, str],
    directory: Path,
) -> Settings:
    """Merge ``flags`` (by field name; absent or None: not given) with the other two sources.

    A relative ``lock`` is relative to ``directory`` when it comes from a flag or a variable, and to
    the file when it comes from ``[tool.syncsteps]``.

    Raises:
        SettingsError: an unknown key in the file, a file that cannot be read, or a value of the
            wrong kind.
    """
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    for option in OPTIONS:
        text = environment.get(option.variable, "")
        if option.field in given:
            given[option.field] = _from_flag(option, given[option.field])
        elif text:
            given[option.field] = _from_variable(option, text)
    project = directory
    if given.get("lock"):
        lock = directory / str(given["lock"])
        given["lock"] = os.fspath(lock)
        project = lock.parent
    for name, value in _from_file(project).items():
        if name == "lock":
            given.setdefault(name, os.fspath(project / str(value)))
        given.setdefault(name, value)
    known = {item.name for item in fields(Settings)}
    return Settings(
        directory=project, **{name: value for name, value in given.items() if name in known}
    )


def _from_flag(option: Option, value: Any) -> object:  # noqa: ANN401 - what argparse has made
    if option.kind == "number":
        return _number(option, value, where=f"--{option.name}")
    return tuple(value) if option.kind == "list" else value


def _from_variable(option: Option, text: str) -> object:
    if option.kind == "list":
        return tuple(text.replace(",", " ").split())
    if option.kind == "flag":
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise SettingsError(f"{option.variable}={text!r}: expected 1 or 0, true or false")
    if option.kind == "number":
        try:
            return _number(option, float(text), where=option.variable)
        except ValueError:
            raise SettingsError(f"{option.variable}={text!r}: expected a number") from None
    return _choice(option, text, where=option.variable)


def _from_file(directory: Path) -> dict[str, object]:
    pyproject = read_pyproject(directory) or {}
    tool = pyproject.get("tool", {})
    table = tool.get("syncsteps", {}) if isinstance(tool, dict) else {}
    where = f"{directory / 'pyproject.toml'}: [tool.syncsteps]"
    if not isinstance(table, dict):
        raise SettingsError(f"{where}: expected a table, found {type(table).__name__}")
    options = {option.name: option for option in OPTIONS}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in options:
            near = difflib.get_close_matches(key, options, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(options)}"
            raise SettingsError(f"{where}: unknown key {key!r}", hint=hint)
        values[options[key].field] = _from_toml(options[key], value, where=f"{where} {key}")
    return values


def _from_toml(option: Option, value: object, *, where: str) -> object:
    if option.kind == "flag" and isinstance(value, bool):
        return value
    if option.kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(option, value, where=where)
    if option.kind == "text" and isinstance(value, str):
        return _choice(option, value, where=where)
    if option.kind == "list" and isinstance(value, list):
        texts = tuple(_text(item, where=where) for item in value if isinstance(item, str))
        if len(texts) == len(value):
            return texts
    expected = {
        "flag": "true or false",
        "number": "a number",
        "text": "a string",
        "list": "an array of strings",
    }
    raise SettingsError(f"{where}: expected {expected[option.kind]}, found {value!r}")


def _text(text: str, *, where: str) -> str:
    if "\0" in text:
        raise SettingsError(f"{where}: {text!r} has a NUL character in it")
    return text


def _choice(option: Option, text: str, *, where: str) -> str:
    if option.choices and text not in option.choices:
        raise SettingsError(f"{where}: {text!r} is none of {', '.join(option.choices)}")
    return _text(text, where=where)


def _number(option: Option, number: float, *, where: str) -> float:
    if not 0 < number <= _LARGEST:
        raise SettingsError(
            f"{where}: {option.name} is to be a positive number, {_LARGEST:,} at the most"
        )
    return float(number)
