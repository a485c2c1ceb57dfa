"""What a project makes of the rules: ``[tool.syncsteps.verify]``, for all packages or for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.errors import SettingsError
from syncsteps.tables import (
    PACKAGES,
    nearest,
    package_tables,
    read_table,
    refuse_unknown,
    require_packages,
)
from syncsteps.verify.model import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = ["GUARDED", "Judgement", "Policy", "read_policy"]

GUARDED = frozenset({"LCK004"})
"""Rules that the steps after them rely on: these are on for all packages, or off for all."""

_KEYS = ("ignore", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Codes that do not count, and codes whose findings have another severity than the rule's."""

    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that is spoken of."""
        return (*self.ignore, *(code for code, _ in self.severity))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A project's judgement on all findings, and on those of single packages, which wins.

    ``packages`` are pairs of a normalized name (PEP 503) and what is said for it. ``where`` is the
    table that this was read from, for errors.
    """

    everywhere: Judgement = Judgement()
    packages: tuple[tuple[str, Judgement], ...] = ()
    where: str = "[tool.syncsteps.verify]"

    def severity(self, code: str, subject: str, default: Severity) -> Severity | None:
        """Return how much a finding of this code on ``subject`` matters; None: it does not count.

        ``default`` is what its rule says.
        """
        own = dict(self.packages).get(subject, Judgement())
        if code in own.codes:
            return dict(own.severity).get(code)
        if code in self.everywhere.ignore:
            return None
        return dict(self.everywhere.severity).get(code, default)

    def require_codes(self, known: Sequence[str]) -> None:
        """Make sure that every code is one of ``known``, and may be spoken of where it is.

        Raises:
            SettingsError: one is not, or may not.
        """
        for where, judgement in self._parts():
            for code in judgement.codes:
                if code not in known:
                    raise SettingsError(
                        f"{where}: no rule has the code {code!r}",
                        hint=nearest(code.upper(), known) or f"the rules are {', '.join(known)}",
                    )
        for where, judgement in self._parts():
            softened = [code for code, said in judgement.severity if said is not Severity.ERROR]
            of_one = judgement.ignore if judgement is not self.everywhere else ()
            for code in (*softened, *of_one):
                if code in GUARDED:
                    raise SettingsError(
                        f"{where}: {code} can only be ignored for all packages",
                        hint=f'write ignore = ["{code}"] in {self.where}, which also lets the'
                        " steps that follow go where the rule says that they would",
                    )

    def require_packages(self, known: Collection[str]) -> None:
        """Make sure that every package that is spoken of is one of ``known``.

        Raises:
            SettingsError: one is not.
        """
        require_packages([name for name, _ in self.packages], known, where=self.where)

    def _parts(self) -> Iterator[tuple[str, Judgement]]:
        yield self.where, self.everywhere
        for name, judgement in self.packages:
            yield f"{self.where} {PACKAGES}.{name}", judgement


def read_policy(table: object, *, where: str) -> Policy:
    """Return what the TOML value of the key ``verify`` says; ``where`` names it in errors.

    Whether the codes and the packages exist is not looked at here.

    Raises:
        SettingsError: an unknown key, a value of the wrong kind, no severity, or a code that is
            both ignored and given a severity.
    """
    values = read_table(table, where=where)
    refuse_unknown(values, (*_KEYS, PACKAGES), where=where)
    judgements: dict[str, Judgement] = {}
    for name, (inner, place) in package_tables(values.get(PACKAGES, {}), where=where).items():
        refuse_unknown(inner, _KEYS, where=place)
        judgements[name] = _judgement(inner, where=place)
    everywhere = _judgement(values, where=where)
    return Policy(everywhere=everywhere, packages=tuple(judgements.items()), where=where)


def _judgement(values: Mapping[str, object], *, where: str) -> Judgement:
    ignore = values.get("ignore", [])
    if not isinstance(ignore, list) or not all(isinstance(code, str) for code in ignore):
        raise SettingsError(f"{where} ignore: expected an array of codes, found {ignore!r}")
    kinds = {severity.value: severity for severity in Severity}
    severities: dict[str, Severity] = {}
    for code, said in read_table(values.get("severity", {}), where=f"{where} severity").items():
        if not isinstance(said, str) or said not in kinds:
            raise SettingsError(
                f"{where} severity: {code} = {said!r}: expected one of {', '.join(kinds)}",
                hint=f'to have it not count at all, write ignore = ["{code}"]',
            )
        if code in ignore:
            raise SettingsError(
                f"{where}: {code} is both ignored and given a severity", hint="keep one of them"
            )
        severities[code] = kinds[said]
    return Judgement(ignore=tuple(ignore), severity=tuple(severities.items()))
