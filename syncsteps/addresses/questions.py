"""What a lock leaves open of where its files are, and a project that makes uv look it up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from syncsteps.export.toml import to_toml
from syncsteps.export.values import checked_name, checked_url, every_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.version import Version

    from syncsteps.locks.model import Lookup, Package

__all__ = ["Project", "Question", "lacks_addresses", "project_of", "questions_of"]

# What says where an index is and how it is reached; nothing that says which files count.
_FOLLOWED = (
    "allow-insecure-host",
    "cache-dir",
    "concurrent-downloads",
    "extra-index-url",
    "find-links",
    "http-proxy",
    "https-proxy",
    "index",
    "index-strategy",
    "index-url",
    "keyring-provider",
    "native-tls",
    "no-index",
    "no-proxy",
    "offline",
    "system-certs",
)
# uv leaves out the wheels that no Python of the project's range can use, and refuses a release
# whose Requires-Python does not cover all of where it is needed, of which it only takes the lower
# bound. So the range begins before every wheel, and each release is needed in a far future only.
# Patch releases of that keep several versions of a name apart.
_RANGE = ">=2.7"
_FUTURE = "3.99"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A release whose files are to be found, in the index at ``index`` (None: uv's own choice).

    Where the lock says more than one index of where to look, that is ``lookup``.
    """

    name: str
    version: Version
    index: str | None = None
    lookup: Lookup | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The text of a ``pyproject.toml``, and its settings as a ``uv.toml``, where uv needs one."""

    pyproject: str
    configuration: str


def lacks_addresses(package: Package) -> bool:
    """Return whether ``package`` has files, or hashes of files, that the lock gives no place for.

    What has neither is a pin without any file: no index can tell which one was meant.
    """
    if package.source is not None or package.version is None:
        return False
    files = every_file(package)
    return any(file.url is None and file.path is None for file in files) or bool(
        package.hashes and not files
    )


def questions_of(packages: Iterable[Package], *, follow_indexes: bool) -> tuple[Question, ...]:
    """Return what is to be asked so that every file of ``packages`` has its address, once each.

    Unless ``follow_indexes``, the indexes that the lock names do not matter.

    Raises:
        SelectionError: a name or an index's URL is not what it should be.
    """
    questions = (
        Question(
            name=checked_name(package),
            version=package.version,
            index=_index(package) if follow_indexes and package.lookup is None else None,
            lookup=package.lookup if follow_indexes else None,
        )
        for package in packages
        if lacks_addresses(package) and package.version is not None
    )
    return tuple(dict.fromkeys(questions))


def _index(package: Package) -> str | None:
    if package.index is None:
        return None
    return checked_url(package.index, of=f"the index of {package.name}")


def project_of(questions: Sequence[Question], settings: Mapping[str, object]) -> Project:
    """Return a project that requires exactly what ``questions`` are about.

    ``settings`` are those of uv that may be followed; what they say of indexes, proxies and
    certificates is. An index that all questions name is uv's default one, unless ``settings``
    have another; of several, each is asked for nothing but its own releases. That no metadata is
    fetched and nothing is built, uv is told by having it all: no release requires anything.
    """
    indexes = list(dict.fromkeys(q.index for q in questions))
    explicit = {url: f"syncsteps-{n}" for n, url in enumerate(indexes) if url is not None}
    configuration = _followed(settings)
    if len(indexes) == 1 and explicit:
        _set_default(configuration, next(iter(explicit)))
        explicit = {}
    seen: Counter[str] = Counter()
    requirements: list[str] = []
    sources: dict[str, list[Mapping[str, str]]] = {}
    for question in questions:
        seen[question.name] += 1
        marker = f"python_full_version == '{_FUTURE}.{seen[question.name]}'"
        # PEP 440 has `==1.0` match 1.0+local too, of which uv would take the highest.
        requirements.append(f"{question.name}==={question.version} ; {marker}")
        if question.index in explicit:
            source = {"index": explicit[question.index], "marker": marker}
            sources.setdefault(question.name, []).append(source)
    configuration["dependency-metadata"] = [
        {"name": name, "version": version, "requires-dist": ()}
        for name, version in dict.fromkeys((q.name, str(q.version)) for q in questions)
    ]
    named = [{"name": name, "url": url, "explicit": True} for url, name in explicit.items()]
    project = {
        "name": _name_for_project(seen),
        "version": "0",
        "requires-python": _RANGE,
        "dependencies": requirements,
    }
    here = {
        **configuration,
        "index": [*named, *_indexes(configuration)],
        "sources": sources,
        # The root of a workspace: uv looks for none above.
        "workspace": {},
    }
    return Project(
        pyproject=to_toml({"project": project, "tool": {"uv": here}}),
        configuration=to_toml(configuration),
    )


def _followed(settings: Mapping[str, object]) -> dict[str, object]:
    # What is only said for `uv pip` is meant for looking up releases just as well.
    pip = settings.get("pip")
    said = {**pip, **settings} if isinstance(pip, dict) else settings
    return {key: said[key] for key in _FOLLOWED if key in said}


def _set_default(configuration: dict[str, object], url: str) -> None:
    entries = _indexes(configuration)
    defaults = [each for each in entries if isinstance(each, dict) and each.get("default") is True]
    if not defaults and "index-url" not in configuration:
        configuration["index"] = [*entries, {"url": url, "default": True}]


def _indexes(configuration: Mapping[str, object]) -> Sequence[object]:
    listed = configuration.get("index")
    return listed if isinstance(listed, list) else []


def _name_for_project(taken: Iterable[str]) -> str:
    name = "syncsteps-addresses"
    names = set(taken)
    while name in names:
        name += "-0"
    return name
