"""What a project says of its imports: ``[tool.syncsteps.smoke]``, for all packages or for one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError
from syncsteps.tables import (
    PACKAGES,
    package_tables,
    read_table,
    refuse_unknown,
    require_packages,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["SEVERITIES", "SmokeChoice", "SmokePolicy", "read_smoke_policy"]

SEVERITIES = ("error", "warning")
"""What a failed import may be: a sync stops, or goes on and tells of it."""

_CHOICE_KEYS = ("include", "exclude", "statements", "environment", "timeout", "severity")
# A larger number of seconds is more than the system's clocks and waits can take.
_LARGEST = 1_000_000
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokeChoice:
    """What is said of one package: patterns of its modules, and what else is to be done with it.

    ``statements`` are Python, each executed once everything is imported. ``timeout`` is in seconds;
    it and ``severity`` are None where nothing is said.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    timeout: float | None = None
    severity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmokePolicy:
    """What is to be imported beyond what offers itself, what not, and how much a failure matters.

    ``include`` and ``exclude`` are patterns, with ``*``, ``?`` and ``[…]``. Each is held against
    dotted names of modules, where ``*`` stands for dots too, and against names of distributions,
    which it means as a whole: one without a wildcard in whatever spelling, others against the
    normalized name (PEP 503). What is excluded is not imported, whatever includes it, nor what lies
    below. ``environment`` are variables for every import. ``network`` says
    that imports may use the network. ``packages`` are pairs of a normalized name and what is said
    of it, which wins. ``where`` is the table that this was read from, for errors.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    severity: str = "error"
    network: bool = False
    packages: tuple[tuple[str, SmokeChoice], ...] = ()
    where: str = "[tool.syncsteps.smoke]"

    def leaves_out(self, distribution: str) -> bool:
        """Whether nothing of a distribution is to be imported."""
        return any(_is_of(pattern, distribution) for pattern in self.exclude)

    def wants_all(self, distribution: str) -> bool:
        """Whether every public module of a distribution is to be imported."""
        return any(_is_of(pattern, distribution) for pattern in self.include)

    def wants(self, distribution: str, module: str) -> bool:
        """Whether a module is to be imported although it does not offer itself."""
        patterns = (*self.include, *self._said(distribution).include)
        return any(fnmatchcase(module, pattern) for pattern in patterns)

    def excludes(self, distribution: str, module: str) -> bool:
        """Whether a module, or one that it lies in, is not to be imported."""
        patterns = (*self.exclude, *self._said(distribution).exclude)
        parts = module.split(".")
        within = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
        return any(fnmatchcase(name, pattern) for pattern in patterns for name in within)

    def statements(self, distribution: str) -> tuple[str, ...]:
        """Return what to execute after the imports."""
        return self._said(distribution).statements

    def timeout(self, distribution: str) -> float | None:
        """Return the distribution's own limit in seconds, or None."""
        return self._said(distribution).timeout

    def variables(self, distribution: str) -> tuple[tuple[str, str], ...]:
        """Return the environment variables for its imports, sorted."""
        both = {**dict(self.environment), **dict(self._said(distribution).environment)}
        return tuple(sorted(both.items()))

    def tolerates(self, distribution: str) -> bool:
        """Whether a sync goes on where the distribution does not import."""
        return (self._said(distribution).severity or self.severity) == "warning"

    def require_packages(self, known: Collection[str]) -> None:
        """Make sure that every package that is spoken of is one of ``known``.

        Raises:
            SettingsError: one is not.
        """
        require_packages([name for name, _ in self.packages], known, where=self.where)

    def _said(self, distribution: str) -> SmokeChoice:
        return dict(self.packages).get(distribution, SmokeChoice())


def read_smoke_policy(values: Mapping[str, object], *, where: str) -> SmokePolicy:
    """Return what the keys ``environment`` and ``packages`` of the table ``smoke`` say.

    ``where`` names the table in errors. Whether the packages exist is not looked at here.

    Raises:
        SettingsError: an unknown key of a package, or a value of the wrong kind.
    """
    packages = []
    for name, (inner, place) in package_tables(values.get(PACKAGES, {}), where=where).items():
        refuse_unknown(inner, _CHOICE_KEYS, where=place)
        packages.append((name, _choice(inner, where=place)))
    environment = _variables(values.get("environment", {}), where=f"{where} environment")
    return SmokePolicy(environment=environment, packages=tuple(packages), where=where)


def _choice(values: Mapping[str, object], *, where: str) -> SmokeChoice:
    severity = values.get("severity")
    if not (severity is None or (isinstance(severity, str) and severity in SEVERITIES)):
        expected = f"expected one of {', '.join(SEVERITIES)}"
        raise SettingsError(
            f"{where} severity: {expected}, found {severity!r}",
            hint="to have it not imported at all, exclude it",
        )
    statements = _texts(values.get("statements", []), "statements", where=f"{where} statements")
    for statement in statements:
        _refuse_unparsable(statement, where=f"{where} statements")
    return SmokeChoice(
        include=_texts(values.get("include", []), "patterns", where=f"{where} include"),
        exclude=_texts(values.get("exclude", []), "patterns", where=f"{where} exclude"),
        statements=statements,
        environment=_variables(values.get("environment", {}), where=f"{where} environment"),
        timeout=_seconds(values.get("timeout"), where=f"{where} timeout"),
        severity=severity,
    )


def _texts(value: object, what: str, *, where: str) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value):
        return tuple(value)
    raise SettingsError(f"{where}: expected an array of {what}, found {value!r}")


def _refuse_unparsable(statement: str, *, where: str) -> None:
    try:
        compile(statement, "<statement>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        # The target's Python may be newer than this one, but hardly in a test of a line or two.
        raise SettingsError(f"{where}: {statement!r} is not Python: {error}") from error


def _seconds(value: object, *, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _LARGEST:
        return float(value)
    raise SettingsError(
        f"{where}: expected a positive number of seconds, {_LARGEST:,} at the most, found {value!r}"
    )


def _variables(value: object, *, where: str) -> tuple[tuple[str, str], ...]:
    table = read_table(value, where=where)
    return tuple(_checked(table, where))


def _checked(table: Mapping[str, object], where: str) -> Iterator[tuple[str, str]]:
    for name, text in table.items():
        if not isinstance(text, str) or "\0" in text:
            raise SettingsError(f"{where}: {name}: expected a string, found {text!r}")
        if not name or "=" in name or "\0" in name:
            raise SettingsError(f"{where}: {name!r} is no name of a variable")
        yield name, text


def _is_of(pattern: str, distribution: str) -> bool:
    if _WILD.search(pattern):
        return fnmatchcase(distribution, pattern.lower().replace("_", "-"))
    return re.sub(r"[-_.]+", "-", pattern).lower() == distribution
