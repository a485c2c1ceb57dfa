"""Which installed packages of a system need those that own distributions.

What its own package manager says counts: dpkg's Depends and Pre-Depends, rpm's and apk's
requirements, conda's depends. Versions are not compared, since what is installed together fits.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from syncsteps.interpreter.databases import apk_databases

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from syncsteps.interpreter.databases import Rpm
    from syncsteps.interpreter.model import Owner

__all__ = ["with_dependents"]

# Looked for from the end of the line before: with `^`, this takes three times as long.
_DPKG_FIELDS = re.compile(
    r"\n(Package|Status|Depends|Pre-Depends|Provides):([^\n]*(?:\n[ \t][^\n]*)*)"
)
_DPKG_NAME = re.compile(r"[,|]\s*([^\s,|:(]+)")
_DPKG_ABSENT = ("not-installed", "config-files", "half-installed")
_APK_NAME = re.compile(r"[^<>=~\s]+")
_CONDA_NAME = re.compile(r"[^\s<>=!~\[]+")
_CONDA_DEPENDS = re.compile(r'"depends"\s*:\s*')
_RPM_FORMAT = (
    "[%{=NAME}\\tprovides\\t%{PROVIDENAME}\\n]"
    "[%{=NAME}\\trequires\\t%{REQUIRENAME}\\n]"
    "[%{=NAME}\\tfile\\t%{FILENAMES}\\n]"
)
_RPM_OPERATOR = re.compile(r"\s(and|or|if|unless|else|with|without)\s")


class _Package(NamedTuple):
    """An installed package: what it can be required by beside its name, and what it requires."""

    name: str
    provides: Collection[str]
    requires: Collection[str]


def with_dependents(
    owners: Mapping[Path, Owner], *, prefixes: Sequence[Path], root: Path, rpm: Rpm | None
) -> dict[Path, Owner]:
    """Return the same ``owners``, each with the installed packages that need it.

    Arguments as for `find_owners`; a database that owns nothing of this is not looked at.

    Raises:
        InterpreterError: rpm gives no answer.
        OSError: a database cannot be read.
    """
    names: defaultdict[str, set[str]] = defaultdict(set)
    for owner in owners.values():
        names[owner.manager].add(owner.package)
    completed: dict[Owner, Owner] = {}
    for manager, of in names.items():
        needed = _dependents(_packages(manager, of, prefixes=prefixes, root=root, rpm=rpm), of)
        for owner in owners.values():
            if owner.manager == manager:
                direct, indirect = needed[owner.package]
                completed[owner] = replace(owner, needed_by=direct, needed_indirectly=indirect)
    return {path: completed[owner] for path, owner in owners.items()}


def _packages(
    manager: str, names: Collection[str], *, prefixes: Sequence[Path], root: Path, rpm: Rpm | None
) -> Iterator[_Package]:
    if manager == "dpkg":
        yield from _dpkg((root / "var/lib/dpkg/status").read_text("utf-8", "surrogateescape"))
    elif manager == "apk":
        for path in apk_databases(root):
            yield from _apk(path.read_text("utf-8", "surrogateescape"))
    elif manager == "conda":
        for prefix in dict.fromkeys(prefixes):
            yield from _conda(prefix)
    elif rpm is not None:
        yield from _rpm(rpm, names)


def _dependents(
    packages: Iterable[_Package], names: Collection[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return, for each of ``names``, who requires it, and who requires those, without end.

    The first are sorted; the others come in the order of their distance, and then sorted.
    Alternatives all count: nobody can tell which of them a program imports.
    """
    capabilities: defaultdict[str, set[str]] = defaultdict(set)
    requirers: defaultdict[str, set[str]] = defaultdict(set)
    for package in packages:
        capabilities[package.name].update((package.name, *package.provides))
        for capability in package.requires:
            requirers[capability].add(package.name)

    def needed_by(package: str) -> set[str]:
        needing = (requirers.get(each, set()) for each in capabilities.get(package, {package}))
        return set().union(*needing)

    found = {}
    for name in names:
        seen = {name}
        distances: list[list[str]] = []
        reached = sorted(needed_by(name) - seen)
        while reached:
            seen.update(reached)
            distances.append(reached)
            reached = sorted({one for each in reached for one in needed_by(each)} - seen)
        direct, *others = distances or [[]]
        found[name] = (tuple(direct), tuple(one for each in others for one in each))
    return found


def _dpkg(status: str) -> Iterator[_Package]:
    fields: dict[str, str] = {}
    for key, value in (*_DPKG_FIELDS.findall(f"\n{status}"), ("Package", "")):
        if key != "Package":
            fields[key] = value
            continue
        if fields.get("Status", _DPKG_ABSENT[0]).rpartition(" ")[2] not in _DPKG_ABSENT:
            needed = f",{fields.get('Depends', '')},{fields.get('Pre-Depends', '')}"
            provided = fields.get("Provides", "")
            yield _Package(
                name=fields["Package"].strip(),
                provides=_DPKG_NAME.findall(f",{provided}") if provided else (),
                requires=_DPKG_NAME.findall(needed),
            )
        fields = {key: value}


def _apk(database: str) -> Iterator[_Package]:
    """Yield what the paragraphs of apk's database say; ``!name`` is a conflict."""
    for paragraph in database.split("\n\n"):
        lines = dict(
            line.split(":", 1) for line in paragraph.split("\n") if line[:2] in {"P:", "D:", "p:"}
        )
        if "P" in lines:
            needed, provided = lines.get("D", "").split(), lines.get("p", "").split()
            yield _Package(
                name=lines["P"],
                provides=[match[0] for each in provided if (match := _APK_NAME.match(each))],
                requires=[
                    match[0]
                    for each in needed
                    if not each.startswith("!") and (match := _APK_NAME.match(each))
                ],
            )


def _conda(prefix: Path) -> Iterator[_Package]:
    """Yield what conda's records say; a record's name is that of the package's archive."""
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        needed = _conda_depends(path.read_text("utf-8", "surrogateescape"))
        yield _Package(
            name=path.stem.rsplit("-", 2)[0],
            provides=(),
            requires=[match[0] for each in needed if (match := _CONDA_NAME.match(each.strip()))],
        )


def _conda_depends(record: str) -> list[str]:
    """Return the specifications of a record's ``depends``; of a damaged record there are none.

    A record lists all files with their hashes, and parsing those takes long.
    """
    places = list(_CONDA_DEPENDS.finditer(record))
    value: Any
    try:
        if len(places) == 1:
            value, _ = json.JSONDecoder().raw_decode(record, places[0].end())
        else:
            document = json.loads(record)
            value = document.get("depends") if isinstance(document, dict) else None
    except (ValueError, RecursionError):
        return []
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _rpm(rpm: Rpm, names: Collection[str]) -> Iterator[_Package]:
    """Ask for the packages of these names, then for who requires what those provide, and so on.

    Of their files, those that are programs count: packages require hardly any other by its path.
    """
    known: set[str] = set()
    asked: set[str] = set()
    answer = rpm.query("--queryformat", _RPM_FORMAT, queried=sorted(names))
    while True:
        fresh = [each for each in _rpm_packages(answer) if each.name not in known]
        yield from fresh
        known.update(each.name for each in fresh)
        capabilities = {one for each in fresh for one in (each.name, *each.provides)} - asked
        if not capabilities:
            return
        asked |= capabilities
        answer = rpm.query(
            "--whatrequires", "--queryformat", _RPM_FORMAT, queried=sorted(capabilities)
        )


def _rpm_packages(answer: str) -> list[_Package]:
    found: dict[str, dict[str, set[str]]] = {}
    for line in answer.splitlines():
        name, _, rest = line.partition("\t")
        kind, tab, value = rest.partition("\t")
        if tab:
            kinds = found.setdefault(name, {"provides": set(), "requires": set()})
            if kind == "requires":
                kinds[kind].update(_rpm_capabilities(value))
            elif kind == "provides" or "bin" in value.split("/")[:-1]:
                kinds["provides"].add(value)
    return [_Package(name=name, **kinds) for name, kinds in found.items()]


def _rpm_capabilities(requirement: str) -> Iterator[str]:
    """Yield what a requirement names: one capability, or those of a boolean one, in parentheses.

    In that, what follows ``if`` and ``unless`` is a condition, and what follows ``without`` is not
    to be there.
    """
    if not requirement.startswith("("):
        yield requirement
        return
    operator = "and"
    for number, part in enumerate(_RPM_OPERATOR.split(requirement)):
        if number % 2:
            operator = part
        elif operator not in {"if", "unless", "without"}:
            yield _closed(part.strip().lstrip("(").split(" ")[0])


def _closed(text: str) -> str:
    """Return the text without the closing parentheses that nothing in it has opened."""
    while text.endswith(")") and text.count(")") > text.count("("):
        text = text[:-1]
    return text
