"""Flags, ``SYNCSTEPS_…`` variables and ``[tool.syncsteps]`` as one value, in that order."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli

from syncsteps.errors import SettingsError
from syncsteps.options import OPTIONS, Option
from syncsteps.tables import read_table, refuse_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncsteps.selection.model import Request
    from syncsteps.smoke.policy import SmokePolicy
    from syncsteps.verify.policy import Policy

__all__ = ["Settings", "is_file_name", "load_settings", "read_pyproject", "read_toml"]
_OUTSIDE = "LCK004"  # the rule on it
# The keys in the file that are tables, and no options.
_POLICY = "verify"
_SMOKE = "smoke"
_SMOKE_OPTIONS = ("include", "exclude", "timeout", "severity", "network")
_SMOKE_TABLES = ("environment", "packages")
# A larger number of seconds is more than the system's clocks and waits can take.
_LARGEST = 1_000_000
_EXCLUSIVE = ("default_groups", "no_default_groups")
_BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a run was told. Field by field the options of `OPTIONS`.

    ``directory`` is the project's directory: the lock's, else the current one. ``policy`` is what
    ``[tool.syncsteps.verify]`` says, ``smoke`` what ``[tool.syncsteps.smoke]`` says that is no
    option; None where there is no such table.

    Example:
        >>> settings = Settings(directory=Path("service"), extra=("web",), no_project=True)
        >>> settings.installer, settings.prune  # as they are by default
        ('auto', 'owned')
    """

    directory: Path
    lock: str = ""
    python: str = ""
    interpreter: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    all_extras: bool = False
    group: tuple[str, ...] = ()
    only_group: tuple[str, ...] = ()
    all_groups: bool = False
    default_groups: bool = False
    no_default_groups: bool = False
    package: tuple[str, ...] = ()
    all_packages: bool = False
    no_project: bool = False
    no_local: bool = False
    installer: str = "auto"
    prune: str = "owned"
    reinstall_package: tuple[str, ...] = ()
    source: str = "lock"
    build: str = "auto"
    wheelhouse: str = ""
    break_system_packages: bool = False
    allow_virtualenv: bool = False
    allow_replace: tuple[str, ...] = ()
    allow_outside: bool = False
    ignore: tuple[str, ...] = ()
    smoke_include: tuple[str, ...] = ()
    smoke_exclude: tuple[str, ...] = ()
    smoke_timeout: float = 60.0
    smoke_severity: str = "error"
    smoke_network: bool = False
    compile_bytecode: bool = False
    jobs: float = field(default_factory=lambda: float(os.cpu_count() or 1))
    lock_timeout: float = 600.0
    hashes: bool = False
    cache_dir: str = ""
    no_cache: bool = False
    json: str = ""
    junit: str = ""
    sarif: str = ""
    quiet: bool = False
    verbose: bool = False
    no_progress: bool = False
    policy: Policy | None = None
    smoke: SmokePolicy | None = None

    @property
    def reports(self) -> tuple[str, ...]:
        """Where the run is to be written to as a document, of whatever kind."""
        return tuple(target for target in (self.json, self.junit, self.sarif) if target)

    @property
    def may_leave(self) -> bool:
        """Whether what the lock says may lie outside of the project's directory."""
        ignored = self.policy.everywhere.ignore if self.policy is not None else ()
        return self.allow_outside or _OUTSIDE in self.ignore or _OUTSIDE in ignored

    @property
    def smoke_policy(self) -> SmokePolicy:
        """What these settings say of imports, whether by options or in the file's table."""
        from syncsteps.smoke.policy import SmokePolicy  # noqa: PLC0415 - only imports need it

        return replace(
            self.smoke or SmokePolicy(),
            include=self.smoke_include,
            exclude=self.smoke_exclude,
            severity=self.smoke_severity,
            network=self.smoke_network,
        )

    @property
    def request(self) -> Request:
        """The part of the lock that these settings ask for."""
        # An interpreter that has been started uses the time that this takes.
        from syncsteps.selection.model import Request  # noqa: PLC0415

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
    return read_toml(directory / "pyproject.toml")


def read_toml(path: Path) -> Mapping[str, Any] | None:
    """Return the content of a TOML file, or None where there is none.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
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
    recorded: bool = True,
) -> Settings:
    """Merge ``flags`` (by field name; absent or None: not given) with the other two sources.

    A relative path is relative to ``directory`` when it comes from a flag or a variable, and to the
    file when it comes from ``[tool.syncsteps]``. ``recorded`` says whether the file's
    ``interpreter`` counts: it is what a project verifies against, and no target to change.

    Raises:
        SettingsError: an unknown key in the file, a file that cannot be read, a value of the
            wrong kind, or two values from one of the sources that exclude each other.

    Example:
        >>> variables = {"SYNCSTEPS_NO_PROJECT": "1", "SYNCSTEPS_JOBS": "2"}
        >>> settings = load_settings({"jobs": 4}, environment=variables, directory=Path("service"))
        >>> settings.no_project, settings.jobs
        (True, 4.0)
    """
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    variables: dict[str, Any] = {}
    for option in OPTIONS:
        text = environment.get(option.variable, "")
        if option.field in given:
            given[option.field] = _from_flag(option, given[option.field])
        elif text:
            variables[option.field] = _from_variable(option, text)
    _refuse_both(given, "--default-groups and --no-default-groups")
    _refuse_both(variables, "SYNCSTEPS_DEFAULT_GROUPS and SYNCSTEPS_NO_DEFAULT_GROUPS")
    given = _located(_over(given, variables), directory)
    project = Path(given["lock"]).parent if given.get("lock") else directory
    written = _located(_from_file(project), project)
    _refuse_both(written, "default-groups and no-default-groups of [tool.syncsteps]")
    if not recorded:
        written.pop("interpreter", None)
    given = _over(given, written)
    known = {item.name for item in fields(Settings)}
    return Settings(
        directory=project, **{name: value for name, value in given.items() if name in known}
    )


def _refuse_both(values: Mapping[str, Any], names: str) -> None:
    if all(values.get(name) for name in _EXCLUSIVE):
        raise SettingsError(f"{names} exclude each other", hint="leave out one of the two")


def _over(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``second`` with what ``first`` says instead: also where that excludes it."""
    taken = _EXCLUSIVE if any(first.get(name) for name in _EXCLUSIVE) else ()
    return {**{name: value for name, value in second.items() if name not in taken}, **first}


def _from_flag(option: Option, value: Any) -> object:  # noqa: ANN401 - what argparse has made
    where = f"--{option.name}"
    if option.kind == "number":
        return _number(option, value, where=where)
    if option.kind in {"text", "path"}:
        return _choice(option, value, where=where)
    if option.kind == "snapshots":
        return tuple(_choice(option, path, where=where) for path in value)
    return tuple(value) if option.kind == "list" else value


def _located(values: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """Return ``values`` with paths that start from ``directory``; ``-`` is no path."""
    paths = {option.field for option in OPTIONS if option.kind == "path"}
    several = {option.field for option in OPTIONS if option.kind == "snapshots"}
    return {
        name: _beside(value, directory)
        if name in paths
        else tuple(
            _beside(each, directory) if is_file_name(each, directory) else each for each in value
        )
        if name in several
        else value
        for name, value in values.items()
    }


def is_file_name(text: str, directory: Path) -> bool:
    """Return whether ``text``, given for a snapshot, names a file and not the image of a profile.

    That is so if it has a separator of directories in it, ends in ``.json``, or is the name of a
    file in ``directory``.
    """
    if text.endswith(".json") or "/" in text or os.sep in text:
        return True
    # os.path.isfile, because Path.is_file raises where a name is too long to be one.
    return os.path.isfile(directory / text)  # noqa: PTH113


def _beside(path: str, directory: Path) -> str:
    return path if path in {"", "-"} else os.fspath(directory / path)


def _from_variable(option: Option, text: str) -> object:
    if option.kind == "list":
        return tuple(text.replace(",", " ").split())
    if option.kind == "snapshots":  # whose paths may have blanks in them
        return tuple(path.strip() for path in text.split(",") if path.strip())
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
    values: dict[str, object] = {}
    for key, value in table.items():
        inner = f"{where[:-1]}.{key}]"
        if key == _POLICY:
            from syncsteps.verify.policy import read_policy  # noqa: PLC0415 - few projects have it

            values["policy"] = read_policy(value, where=inner)
        elif key == _SMOKE:
            values |= _from_smoke_table(value, table, where=inner)
        else:
            refuse_unknown((key,), (*_BY_NAME, _POLICY, _SMOKE), where=where)
            option = _BY_NAME[key]
            values[option.field] = _from_toml(option, value, where=f"{where} {key}")
    return values


def _from_smoke_table(
    value: object, around: Mapping[str, object], *, where: str
) -> dict[str, object]:
    """Return what the table ``smoke`` says: options under shorter names, and what is none."""
    from syncsteps.smoke.policy import read_smoke_policy  # noqa: PLC0415 - few projects have it

    table = read_table(value, where=where)
    refuse_unknown(table, (*_SMOKE_OPTIONS, *_SMOKE_TABLES), where=where)
    values: dict[str, object] = {}
    for key in table.keys() & set(_SMOKE_OPTIONS):
        option = _BY_NAME[f"{_SMOKE}-{key}"]
        if option.name in around:
            raise SettingsError(
                f"{where} {key}: the key {option.name} above says it, too", hint="keep one of them"
            )
        values[option.field] = _from_toml(option, table[key], where=f"{where} {key}")
    values[_SMOKE] = read_smoke_policy(table, where=where)
    return values


def _from_toml(option: Option, value: object, *, where: str) -> object:
    if option.kind == "flag" and isinstance(value, bool):
        return value
    if option.kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        return _number(option, value, where=where)
    if option.kind in {"text", "path"} and isinstance(value, str):
        return _choice(option, value, where=where)
    if option.kind == "snapshots" and isinstance(value, str):
        value = [value]
    if option.kind in {"list", "snapshots"} and isinstance(value, list):
        check = _text if option.kind == "list" else functools.partial(_choice, option)
        texts = tuple(check(item, where=where) for item in value if isinstance(item, str))
        if len(texts) == len(value):
            return texts
    expected = {
        "flag": "true or false",
        "number": "a number",
        "text": "a string",
        "path": "a string",
        "snapshots": "a string or an array of strings",
        "list": "an array of strings",
    }
    raise SettingsError(f"{where}: expected {expected[option.kind]}, found {value!r}")


def _text(text: str, *, where: str) -> str:
    if "\0" in text:
        raise SettingsError(f"{where}: {text!r} has a NUL character in it")
    return text


def _choice(option: Option, text: str, *, where: str) -> str:
    if not text.strip():
        # `--python "$PYTHON"` with nothing in it must not come to mean the system's Python.
        raise SettingsError(
            f"{where}: the value is empty", hint="leave the option out to have its default"
        )
    if option.choices and text not in option.choices:
        raise SettingsError(f"{where}: {text!r} is none of {', '.join(option.choices)}")
    return _text(text, where=where)


def _number(option: Option, number: float, *, where: str) -> float:
    if not 0 < number <= _LARGEST:
        raise SettingsError(
            f"{where}: {option.name} is to be a positive number, {_LARGEST:,} at the most"
        )
    return float(number)
