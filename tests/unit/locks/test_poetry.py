from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli
from packaging.specifiers import SpecifierSet

from syncsteps.errors import LockError, SelectionError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Archive, Directory, Hash, Sdist, Vcs, Wheel
from syncsteps.locks.poetry import read_poetry
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.lock_texts import SHA
from tests.support.poetry_texts import (
    FLAT,
    FLAT_PROJECT,
    GRAPH,
    GRAPH_PROJECT,
    OLDEST,
    OLDEST_PROJECT,
)

if TYPE_CHECKING:
    from syncsteps.interpreter.model import Interpreter
    from syncsteps.locks.model import Lock, Package

ROOT = Path("/project")
SHA256 = Hash(algorithm="sha256", digest=SHA)
WINDOWS = {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"}


def read(text: str, pyproject: str | None) -> Lock:
    origin = Origin(name="poetry.lock", path=ROOT / "poetry.lock", root=ROOT, digest="d")
    return read_poetry(
        tomli.loads(text), origin, None if pyproject is None else tomli.loads(pyproject)
    )


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


def package(lock: Lock, name: str) -> Package:
    (found,) = [item for item in lock.packages if item.name == name]
    return found


def python(version: str = "3.12.1", **environment: str) -> Interpreter:
    return make_interpreter(version=version, environment=environment)


def chosen(lock: Lock, request: Request, target: Interpreter | None = None) -> list[str]:
    """Return what is selected or would be, with versions where a name has several entries."""
    selection = select(lock, request, target or python())
    found = [item.package for item in selection.packages]
    found += [item.package for item in selection.unavailable]
    names = [item.name for item in lock.packages]
    return sorted(f"{p.name} {p.version}" if names.count(p.name) > 1 else p.name for p in found)


class TestFlat:
    def test_the_lock_as_a_whole(self) -> None:
        lock = read(FLAT, FLAT_PROJECT)
        assert (lock.format, lock.format_version, lock.layout) == ("poetry.lock", "2.1", "flat")
        assert (lock.path, lock.root, lock.digest) == (ROOT / "poetry.lock", ROOT, "d")
        assert lock.requires_python is None
        (pythons,) = map(str, lock.environments)
        assert pythons == (
            '(python_full_version < "2.8" and python_full_version >= "2.7")'
            ' or python_full_version >= "3.9"'
        )
        assert lock.extras == ("big-one", "none")
        assert lock.groups == ("dev", "docs", "empty-one")
        assert (lock.production_group, lock.default_groups) == ("main", ())
        assert (lock.content_hash, lock.project) == (SHA, "the-app")

    def test_sources(self) -> None:
        lock = read(FLAT, None)
        assert package(lock, "archive").source == Archive(
            url="https://files.invalid/archive-1.0.tar.gz",
            hashes=(SHA256,),
            subdirectory="python",
        )
        assert package(lock, "checkout").source == Vcs(
            type="git",
            url="ssh://git@git.invalid/owner/checkout.git",
            commit_id=SHA[:40],
            requested_revision="v1",
            subdirectory="python",
        )
        assert package(lock, "directory").source == Directory(path="../directory", editable=True)
        assert package(lock, "file").source == Archive(
            path="dist/file-1.0-py3-none-any.whl", hashes=(SHA256,)
        )
        assert package(lock, "optional").index == "https://index.invalid/simple"
        assert package(lock, "optional").source is None

    def test_files_have_names_and_hashes_only(self) -> None:
        plain = package(read(FLAT, None), "plain")
        assert plain.wheels == (Wheel(filename="plain-1.0-py3-none-any.whl", hashes=(SHA256,)),)
        assert plain.sdist == Sdist(
            filename="plain-1.0.tar.gz", hashes=(Hash(algorithm="sha512", digest=SHA * 2),)
        )
        assert [each.digest for each in plain.hashes] == [SHA[::-1], f"{SHA[1:]}0"]
        assert plain.requires_python == SpecifierSet(">=2.7,!=3.0.*")

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            (Request(), ["checkout", "directory", "file", "plain", "the-app"]),
            (Request(project=False), ["checkout", "directory", "file", "plain"]),
            (Request(only_groups=("docs",)), ["archive"]),
            (Request(only_groups=("dev",)), ["checkout", "optional"]),
            (Request(only_groups=("Empty_One",)), []),
            (
                Request(groups=("docs",)),
                ["archive", "checkout", "directory", "file", "plain", "the-app"],
            ),
        ],
    )
    def test_groups(self, request_: Request, expected: list[str]) -> None:
        assert chosen(read(FLAT, FLAT_PROJECT), request_) == expected

    def test_markers_of_groups_and_extras(self) -> None:
        lock = read(FLAT, FLAT_PROJECT)
        old = python("3.11.1")
        nt = python(**WINDOWS)

        def there(request: Request, target: Interpreter) -> bool:
            return "optional" in chosen(lock, request, target)

        assert not there(Request(), old)
        assert there(Request(extras=("big-one",)), old)
        assert there(Request(extras=("Big.One",)), nt)
        assert not there(Request(extras=("big-one",)), python())
        assert there(Request(only_groups=("docs",)), old)
        assert not there(Request(only_groups=("docs",)), nt)
        assert there(Request(groups=("dev",)), python())
        assert not there(Request(extras=("none",)), old)
        assert "plain" not in chosen(lock, Request(), nt)

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("[build-system]", "[other]"),
            ('name = "The.App"', ""),
            ("[tool.poetry.group.docs]", "[tool.poetry]\npackage-mode = false\n[tool.unused]"),
        ],
    )
    def test_a_project_that_is_no_package(self, old: str, new: str) -> None:
        lock = read(FLAT, changed(FLAT_PROJECT, old, new))
        assert lock.project is None
        assert chosen(lock, Request()) == ["checkout", "directory", "file", "plain"]

    def test_without_pyproject(self) -> None:
        lock = read(FLAT, None)
        assert lock.project is None
        assert lock.groups == ("dev", "docs")


class TestGraph:
    def test_the_lock_as_a_whole(self) -> None:
        lock = read(GRAPH, GRAPH_PROJECT)
        assert (lock.format_version, lock.layout) == ("2.0", "graph")
        assert lock.requires_python == SpecifierSet(">=3.8,<4")
        assert (lock.members, lock.project) == (("app",), "app")
        assert lock.extras == ("full-set", "none")
        assert lock.groups == ("test", "lint", "dev")
        assert (lock.production_group, lock.content_hash) == (None, SHA)
        assert package(lock, "app").source == Directory(path=".")

    @pytest.mark.parametrize(
        ("request_", "expected"),
        [
            (Request(), ["app", "checkout", "forked 2.5", "plain", "speed"]),
            (Request(project=False), ["checkout", "forked 2.5", "plain", "speed"]),
            (
                Request(project=False, extras=("full.set",)),
                ["checkout", "chosen", "forked 2.5", "plain", "speed"],
            ),
            (Request(only_groups=("test",)), ["forked 2.5", "linter", "tester"]),
            (Request(only_groups=("lint",)), ["linter"]),
            (Request(only_groups=("dev",)), ["linter"]),
        ],
    )
    def test_what_is_asked_for(self, request_: Request, expected: list[str]) -> None:
        assert chosen(read(GRAPH, GRAPH_PROJECT), request_) == expected

    def test_platforms(self) -> None:
        lock = read(GRAPH, GRAPH_PROJECT)
        assert "windows" in chosen(lock, Request(), python(**WINDOWS))

    def test_of_two_versions_the_one_that_all_allow(self) -> None:
        lock = read(GRAPH, GRAPH_PROJECT)
        asked = Request(project=False, groups=("test",))
        assert "forked 1.5" in chosen(lock, asked, python("3.9.1"))
        assert "forked 2.5" in chosen(lock, asked, python("3.10.1"))

    def test_of_two_versions_the_newest_that_supports_the_python(self) -> None:
        pyproject = changed(GRAPH_PROJECT, '{version = "<2", python = "<3.10"},', "")
        pyproject = changed(pyproject, '{version = ">=2", python = ">=3.10"},', '"*"')
        lock = read(GRAPH, pyproject)
        assert "forked 1.5" in chosen(lock, Request(), python("3.9.1"))
        assert "forked 2.5" in chosen(lock, Request(), python("3.10.1"))

    def test_a_wish_counts_where_whoever_has_it_is_wanted(self) -> None:
        """Each version of one package goes with one version of another."""
        entries = "".join(
            f'[[package]]\nname = "{name}"\nversion = "{version}"\npython-versions = "*"\n{more}'
            for name, version, more in [
                ("outer", "1.0", '[package.dependencies]\ninner = "<2"\n'),
                ("outer", "2.0", '[package.dependencies]\ninner = ">=2"\n'),
                ("inner", "1.0", ""),
                ("inner", "2.0", ""),
                ("other", "1.0", '[package.dependencies]\ninner = "*"\nouter = ">=1"\n'),
            ]
        )
        lock = read(
            f'{entries}[metadata]\nlock-version = "2.0"\npython-versions = "*"\n',
            "[tool.poetry.dependencies]\n"
            "other = '*'\n"
            "outer = [{version = '^1', markers = \"sys_platform == 'win32'\"},"
            " {version = '^2', markers = \"sys_platform != 'win32'\"}]\n",
        )
        assert chosen(lock, Request(), python()) == ["inner 2.0", "other", "outer 2.0"]
        assert chosen(lock, Request(), python(**WINDOWS)) == ["inner 1.0", "other", "outer 1.0"]

    def test_of_two_indexes_the_one_that_is_named(self) -> None:
        entries = "".join(
            f'[[package]]\nname = "torch"\nversion = "{version}"\npython-versions = "*"\n'
            f'[package.source]\ntype = "legacy"\nurl = "https://{index}.invalid/simple"\n'
            f'reference = "{index}"\n'
            for version, index in [("2.0+cpu", "cpu"), ("2.0", "main")]
        )
        lock = read(
            f'{entries}[metadata]\nlock-version = "2.0"\npython-versions = "*"\n',
            "[tool.poetry.dependencies]\n"
            "torch = [{version = '2.0', markers = \"sys_platform == 'win32'\", source = 'main'},"
            " {version = '^2.0', markers = \"sys_platform != 'win32'\", source = 'cpu'}]\n",
        )
        assert chosen(lock, Request(), python()) == ["torch 2.0+cpu"]
        assert chosen(lock, Request(), python(**WINDOWS)) == ["torch 2.0"]

    def test_extras_of_extras(self) -> None:
        pyproject = changed(GRAPH_PROJECT, 'extras = ["fast"]', 'extras = ["all"]')
        assert "speed" in chosen(read(GRAPH, pyproject), Request())
        pyproject = changed(GRAPH_PROJECT, 'extras = ["fast"]', "extras = []")
        assert "speed" not in chosen(read(GRAPH, pyproject), Request())

    def test_standard_metadata(self) -> None:
        lock = read(
            GRAPH,
            """
            [project]
            name = "app"
            dependencies = ["plain>=1,<2", "windows; sys_platform == 'win32'"]
            [project.optional-dependencies]
            Extra_1 = ["checkout @ git+https://git.invalid/checkout.git"]
            all = ["app[extra-1]", "chosen"]
            [dependency-groups]
            Test = ["tester", {include-group = "lint"}]
            lint = ["linter ~= 2.0"]
            [tool.poetry.group.test.dependencies]
            tester = {version = "*", source = "mirror"}
            """,
        )
        assert lock.extras == ("extra-1", "all")
        assert lock.groups == ("test", "lint")
        assert chosen(lock, Request()) == ["forked 2.5", "plain"]
        assert chosen(lock, Request(extras=("all",))) == [
            "checkout",
            "chosen",
            "forked 2.5",
            "plain",
        ]
        assert chosen(lock, Request(only_groups=("test",))) == ["linter", "tester"]

    def test_what_is_dynamic_is_poetrys(self) -> None:
        lock = read(
            GRAPH,
            """
            [project]
            name = "app"
            dynamic = ["dependencies"]
            optional-dependencies = {more = ["tester"]}
            [tool.poetry.dependencies]
            linter = "*"
            chosen = {version = "*", optional = true}
            """,
        )
        assert chosen(lock, Request()) == ["linter"]
        assert chosen(lock, Request(extras=("more",))) == ["linter", "tester"]

    def test_a_project_without_a_name(self) -> None:
        lock = read(GRAPH, '[tool.poetry.dependencies]\nlinter = "*"\n')
        assert lock.project is None
        assert chosen(lock, Request()) == ["linter"]

    def test_what_is_lost_from_the_lock(self) -> None:
        start = GRAPH.index('[[package]]\nname = "forked"\nversion = "1.5"')
        end = GRAPH.index('[[package]]\nname = "linter"')
        with pytest.raises(LockError, match=r"plain depends on forked \(>=1.0\), which has no ent"):
            read(GRAPH[:start] + GRAPH[end:], GRAPH_PROJECT)

    def test_what_the_project_requires_and_is_not_locked_is_left_to_staleness(self) -> None:
        pyproject = changed(GRAPH_PROJECT, 'plain = {version = "^1.0"', 'x = {version = "^1.0"')
        assert "x" not in chosen(read(GRAPH, pyproject), Request())

    def test_it_needs_pyproject(self) -> None:
        with pytest.raises(LockError, match=r"no pyproject\.toml beside it") as caught:
            read(GRAPH, None)
        assert "pyproject.toml" in caught.value.hint


class TestOldest:
    def test_markers_stand_with_the_packages(self) -> None:
        lock = read(OLDEST, OLDEST_PROJECT)
        assert lock.format_version == "1.0"
        assert chosen(lock, Request(), python("3.8.1")) == ["two 1.0"]
        assert chosen(lock, Request(), python("3.8.1", **WINDOWS)) == ["colorama", "two 1.0"]
        assert chosen(lock, Request(), python("3.8.6")) == ["two 2.0"]

    def test_files_of_several_versions_are_told_apart(self) -> None:
        old, new = [p for p in read(OLDEST, OLDEST_PROJECT).packages if p.name == "two"]
        assert (old.sdist, old.wheels) == (
            Sdist(filename="two-1.0.tar.gz", hashes=(SHA256,)),
            (),
        )
        assert new.sdist is None
        assert [wheel.filename for wheel in new.wheels] == ["two-2.0-py3-none-any.whl"]


REFUSED = {
    "no metadata": ("[metadata]", "[other]", "metadata", "missing"),
    "version": ('"2.1"', '"3.0"', "lock-version", "expected lock-version 1.0 to 2.1, found '3.0'"),
    "name": ('name = "archive"', 'name = "-r x"', "name", "is not a name"),
    "package version": ('version = "1.0"', 'version = "x y"', "version", "is not a version"),
    "groups": ('groups = ["docs"]', "groups = []", "groups", "missing"),
    "group": ('groups = ["docs"]', 'groups = ["a b"]', "groups[0]", "is not a name"),
    "marker": (
        'markers = "sys_platform == \\"linux\\""',
        'markers = "nonsense"',
        "markers",
        "is not a marker",
    ),
    "group's marker": (
        'docs = "python_version < \\"3.12\\""',
        'docs = "(("',
        "docs",
        "is not a marker",
    ),
    "python": ('python-versions = ">=3.8"', 'python-versions = "x y"', "python-versions", "is not"),
    "kind": ('type = "url"', 'type = "hg"', "type", "expected one of git, directory"),
    "commit": (
        f'resolved_reference = "{SHA[:40]}"',
        'resolved_reference = "main"',
        "resolved_reference",
        "is not a commit",
    ),
    "git's URL": (
        'url = "git@git.invalid:owner/checkout.git"',
        'url = "../checkout"',
        "url",
        "is not a URL",
    ),
    "index": ('"https://index.invalid/simple"', '"https://a b/"', "url", "is not a URL"),
    "file's name": ('file = "plain-1.0.zip"', 'file = "../x.zip"', "file", "is not the name"),
    "hash": (f'hash = "md5:{SHA[:32]}"', 'hash = "md5:0"', "hash", "is not a md5 digest"),
    "path": ('url = "../directory"', 'url = "-r x"', "url", "reads like an option"),
    "extra": ('Big_One = ["', '"a b" = ["', "a b", "is not a name"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_malformed(what: str) -> None:
    old, new, key, message = REFUSED[what]
    with pytest.raises(LockError) as caught:
        read(changed(FLAT, old, new), FLAT_PROJECT)
    assert caught.value.file == "poetry.lock"
    assert caught.value.key == key
    assert message in caught.value.message


def test_the_same_entry_twice() -> None:
    twice = FLAT[: FLAT.index('[[package]]\nname = "checkout"')] + FLAT
    with pytest.raises(LockError, match=r"second entry of archive 1.0") as caught:
        read(twice, None)
    assert caught.value.table == "package[1]"


REFUSED_PROJECTS = {
    "constraint": ('plain = {version = "^1.0"', 'plain = {version = "a b"', "version", "is not"),
    "kind of dependency": ('tester = "*"', "tester = 1", "tester", "expected a version constrain"),
    "text": ('tester = "*"', 'tester = "a b"', "tester", "'a' is not a version"),
    "platform": ('platform = "win32"', 'platform = "a b"', "platform", "is not a constraint on"),
    "group": ('["lint"]', '["gone"]', "", "there is no group 'gone'"),
    "optional": ("optional = true", 'optional = "yes"', "optional", "expected true or false"),
    "name of an extra": ("Full_Set =", '"a b" =', "a b", "is not a name"),
}


@pytest.mark.parametrize("what", REFUSED_PROJECTS)
def test_what_is_malformed_in_pyproject(what: str) -> None:
    old, new, key, message = REFUSED_PROJECTS[what]
    with pytest.raises(LockError) as caught:
        read(GRAPH, changed(GRAPH_PROJECT, old, new))
    assert (caught.value.file, caught.value.key) == ("pyproject.toml", key)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ("{test = 1}", "expected an array"),
        ("{test = [1]}", "expected a string"),
        ("{test = ['a b']}", "is not a requirement"),
        ("{test = [{include-group = 'gone'}]}", "there is no group 'gone'"),
        ("{test = [{other = 'x'}]}", "missing"),
    ],
)
def test_what_is_malformed_in_standard_groups(groups: str, message: str) -> None:
    with pytest.raises(LockError, match=message) as caught:
        read(GRAPH, f"dependency-groups = {groups}")
    assert caught.value.file == "pyproject.toml"


def test_an_extra_of_nothing() -> None:
    with pytest.raises(LockError, match=r"'\[x\]' names no package") as caught:
        read(changed(GRAPH, '"speed (>=1)"', '"[x]"'), GRAPH_PROJECT)
    assert caught.value.table == "package[6].extras"


@pytest.mark.parametrize(
    ("kind", "url"),
    [("url", "https://files.invalid/a-1.tar.gz"), ("file", "a-1.tar.gz"), ("directory", "../a")],
)
def test_addresses_are_found_by_their_kind(kind: str, url: str) -> None:
    lock = (
        f'[[package]]\nname = "a"\nversion = "1"\n[package.source]\ntype = "{kind}"\n'
        f'url = "{url}"\n[[package]]\nname = "a"\nversion = "2"\n'
        '[metadata]\nlock-version = "2.0"\n'
    )
    address = url if kind == "url" else f"file:///{url}"
    pyproject = f'project = {{name = "app", dependencies = ["a @ {address}"]}}'
    assert chosen(read(lock, pyproject), Request()) == ["a 1"]
    key = "url" if kind == "url" else "path"
    pyproject = f'tool.poetry.dependencies.a = {{{key} = "{url}"}}'
    assert chosen(read(lock, pyproject), Request()) == ["a 1"]


def test_groups_that_include_each_other_end() -> None:
    groups = "{a = [{include-group = 'b'}, 'tester'], b = [{include-group = 'a'}, 'linter']}"
    lock = read(GRAPH, f"dependency-groups = {groups}")
    assert chosen(lock, Request(only_groups=("a",))) == ["linter", "tester"]


def test_more_versions_than_a_lock_has() -> None:
    entries = "".join(f'[[package]]\nname = "a"\nversion = "{n}"\n' for n in range(30))
    lock = f'{entries}[metadata]\nlock-version = "2.0"\n'
    with pytest.raises(LockError, match="at most 20 entries of a"):
        read(lock, "")


def test_an_unknown_extra() -> None:
    with pytest.raises(SelectionError, match="no extra 'gone'; it has big-one, none"):
        chosen(read(FLAT, None), Request(extras=("gone",)))
