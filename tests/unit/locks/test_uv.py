from __future__ import annotations

from pathlib import Path

import pytest
import tomli
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from syncsteps.errors import LockError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import (
    Archive,
    ConflictItem,
    Declared,
    DeclaredSource,
    Directory,
    Hash,
    Lock,
    Package,
    Sdist,
    Vcs,
    Wheel,
)
from syncsteps.locks.uv import read_uv
from tests.support.lock_texts import SHA, UV

ROOT = Path("/project")
SHA256 = Hash(algorithm="sha256", digest=SHA)


def read(text: str) -> Lock:
    origin = Origin(name="uv.lock", path=ROOT / "uv.lock", root=ROOT, digest="d")
    return read_uv(tomli.loads(text), origin)


def changed(old: str, new: str) -> str:
    assert old in UV
    return UV.replace(old, new)


def package(lock: Lock, name: str, version: str | None = None) -> Package:
    (found,) = [
        item for item in lock.packages if item.name == name and version in {None, str(item.version)}
    ]
    return found


def test_the_lock_as_a_whole() -> None:
    lock = read(UV)
    assert (lock.format, lock.format_version, lock.layout) == ("uv.lock", "1, revision 3", "graph")
    assert (lock.path, lock.root, lock.digest) == (ROOT / "uv.lock", ROOT, "d")
    assert lock.requires_python == SpecifierSet(">=3.9")
    assert [str(marker) for marker in lock.environments] == ['sys_platform != "win32"']
    assert lock.members == ("app", "lib")
    assert lock.project == "app"
    assert lock.extras == ("cpu", "nothing")
    assert lock.groups == ("ci", "empty", "gpu")
    assert lock.default_groups == ()
    assert lock.conflicts == (
        (ConflictItem(package="app", extra="cpu"), ConflictItem(package="app", group="gpu")),
    )


def test_edges_that_hang_on_no_package() -> None:
    lock = read(UV)
    (requirement,) = lock.requirements
    assert (requirement.name, requirement.extras) == ("plain", ("x",))
    ((group, (edge,)),) = lock.dependency_groups
    assert (group, edge.name, str(edge.marker)) == ("ci", "plain", 'sys_platform == "linux"')
    assert lock.declared == (
        Declared(
            name="plain",
            specifier=SpecifierSet(">=1"),
            group="ci",
            marker=Marker('sys_platform == "linux"'),
        ),
    )


def test_the_edges_of_a_member() -> None:
    app = package(read(UV), "app")
    first, second, _, plain = app.dependencies
    assert (first.name, first.version) == ("forked", Version("1.0"))
    assert first.source_id == package(read(UV), "forked", "1.0").source_id
    assert str(second.marker) == 'sys_platform != "linux"'
    assert (plain.version, plain.source_id, plain.extras) == (None, None, ("x-y",))
    assert dict(app.optional_dependencies)["nothing"] == ()
    assert dict(app.dependency_groups)["empty"] == ()
    assert [edge.name for edge in dict(app.dependency_groups)["gpu"]] == ["archive", "local-wheel"]


def test_what_a_member_declared() -> None:
    assert package(read(UV), "app").declared == (
        Declared(
            name="checkout",
            extra="cpu",
            marker=Marker("extra == 'cpu'"),
            source=DeclaredSource(kind="git", location="https://git.invalid/checkout?tag=v1"),
        ),
        Declared(name="forked", specifier=SpecifierSet()),
        Declared(name="lib", source=DeclaredSource(kind="editable", location="lib")),
        Declared(name="plain", extras=("x-y",), specifier=SpecifierSet(">=1,<2")),
        Declared(
            name="archive",
            group="gpu",
            source=DeclaredSource(kind="url", location="https://files.invalid/archive-1.0.tar.gz"),
        ),
    )


def test_a_member_that_declares_nothing_and_one_that_does_not_say() -> None:
    assert package(read(UV), "lib").declared == ()
    edges = changed(
        '{ directory = "lib" }', '{ directory = "lib" }\ndependencies = [{ name = "flat" }]'
    )
    assert package(read(edges), "lib").declared is None


def test_files_of_a_registry() -> None:
    plain = package(read(UV), "plain")
    assert plain.index == "https://index.invalid/simple"
    assert plain.source is None
    assert plain.sdist == Sdist(
        filename="plain-1.0.tar.gz",
        url="https://files.invalid/plain-1.0.tar.gz",
        hashes=(SHA256,),
        size=10,
    )
    first, second = plain.wheels
    assert first.filename == "plain-1.0+cpu-py3-none-any.whl"
    assert first.hashes == (Hash(algorithm="sha512", digest=SHA + SHA),)
    assert second.filename == "plain-1.0-py3-none-any.whl"


def entry_with(wheels: str) -> str:
    return (
        'version = 1\nrequires-python = ">=3.9"\n[[package]]\nname = "demo"\nversion = "1"\n'
        f'source = {{ registry = "https://index.invalid/simple" }}\nwheels = {wheels}\n'
    )


PLAIN_ROW = f'url = "https://index.invalid/f/demo-1-py3-none-any.whl", hash = "sha256:{SHA}"'


@pytest.mark.parametrize(
    "unusual",
    [
        f'{{ url = "http://index.invalid/demo-1-py2-none-any.whl", hash = "sha256:{SHA}" }}',
        f'{{ url = "https://index.invalid/demo-1-py2-none-any.whl", hash = "sha512:{SHA * 2}" }}',
        '{ url = "https://index.invalid/demo-1-py2-none-any.whl", size = 10 }',
        '{ filename = "demo-1-py2-none-any.whl" }',
    ],
)
def test_usual_wheels_are_read_alike_beside_unusual_ones(unusual: str) -> None:
    usual = f"{{ {PLAIN_ROW}, size = 10 }}"
    (first,) = package(read(entry_with(f"[{usual}]")), "demo").wheels
    assert first == Wheel(
        filename="demo-1-py3-none-any.whl",
        url="https://index.invalid/f/demo-1-py3-none-any.whl",
        hashes=(SHA256,),
        size=10,
    )
    both = package(read(entry_with(f"[{usual}, {unusual}]")), "demo").wheels
    assert both[0] == first
    assert both[1].filename == "demo-1-py2-none-any.whl"


@pytest.mark.parametrize(
    ("wheels", "where"),
    [
        ("3", r"package\[0\], key 'wheels': expected an array, found an integer"),
        ("{ }", r"package\[0\], key 'wheels': expected an array, found a table"),
        (f"[{{ {PLAIN_ROW}, size = 1 }}, 3]", r"key 'wheels\[1\]': expected a table"),
        (f"[{{ {PLAIN_ROW}, size = -1 }}]", r"wheels\[0\], key 'size': expected a number from"),
        (f"[{{ {PLAIN_ROW}, size = true }}]", r"wheels\[0\], key 'size': expected an integer"),
        (f'[{{ {PLAIN_ROW[:-1]}0", size = 1 }}]', r"wheels\[0\], key 'hash': .*not a sha256"),
        (f"[{{ {PLAIN_ROW.replace('.whl', '.zip')}, size = 1 }}]", "not the name of a wheel's"),
        (f"[{{ url = 1, {PLAIN_ROW.partition(', ')[2]}, size = 1 }}]", r"\[0\], key 'url': exp"),
    ],
)
def test_wheels_that_are_almost_usual_are_refused(wheels: str, where: str) -> None:
    with pytest.raises(LockError, match=where):
        read(entry_with(wheels))


def test_files_of_a_directory_of_files() -> None:
    flat = package(read(UV), "flat")
    assert flat.index == "../links"
    (wheel,) = flat.wheels
    assert (wheel.path, wheel.url) == ("../links/flat-1.0-py3-none-any.whl", None)


def test_files_by_name_only() -> None:
    text = changed(
        '{ path = "flat-1.0-py3-none-any.whl" }', '{ filename = "flat-1.0-py3-none-any.whl" }'
    )
    (wheel,) = package(read(text), "flat").wheels
    assert wheel.path == "../links/flat-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("app", Directory(path=".", editable=True)),
        ("lib", Directory(path="lib")),
        (
            "archive",
            Archive(
                url="https://files.invalid/archive-1.0.tar.gz",
                hashes=(SHA256,),
                subdirectory="python",
            ),
        ),
        (
            "local-wheel",
            Archive(path="../dist/local_wheel-1.0-py3-none-any.whl", hashes=(SHA256,)),
        ),
        (
            "checkout",
            Vcs(
                type="git",
                url="https://git.invalid/checkout",
                commit_id=SHA[:40],
                requested_revision="v1",
                subdirectory="a b",
                lfs=True,
            ),
        ),
    ],
)
def test_direct_sources(name: str, source: object) -> None:
    found = package(read(UV), name)
    assert found.source == source
    assert (found.index, found.sdist, found.wheels) == (None, None, ())


def test_a_virtual_package() -> None:
    lib = package(read(changed('{ directory = "lib" }', '{ virtual = "lib" }')), "lib")
    assert lib.virtual
    assert lib.local


@pytest.mark.parametrize(
    ("query", "revision"), [("?rev=abc&x=1", "abc"), ("?branch=main&x=1", "main"), ("?x=1", None)]
)
def test_a_git_source_keeps_what_it_does_not_know(query: str, revision: str | None) -> None:
    text = changed("?subdirectory=a%20b&tag=v1&lfs=true", query)
    source = package(read(text), "checkout").source
    assert isinstance(source, Vcs)
    assert (source.url, source.requested_revision) == ("https://git.invalid/checkout?x=1", revision)
    assert source.lfs is False


def test_the_forks_of_an_entry_are_joined() -> None:
    marker = package(read(UV), "forked", "2.0").marker
    assert str(marker) == 'sys_platform == "darwin" or sys_platform == "win32"'
    assert str(package(read(UV), "forked", "1.0").marker) == 'sys_platform == "linux"'
    assert package(read(UV), "plain").marker is None


def test_older_names_of_keys() -> None:
    text = UV.replace("[[package]]", "[[distribution]]").replace("[package.", "[distribution.")
    text = text.replace("dev-dependencies", "dependency-groups").replace(
        "requires-dev", "dependency-groups"
    )
    old, new = read(text.replace("revision = 3\n", "")), read(UV)
    assert old.format_version == "1, revision 0"
    assert old.packages == new.packages


def test_a_lock_without_members_is_that_of_its_root() -> None:
    lock = read(changed('members = ["app", "lib"]\n', ""))
    assert (lock.members, lock.project) == (("app",), "app")


def test_a_workspace_whose_root_is_no_project() -> None:
    lock = read(changed('{ editable = "." }', '{ editable = "app" }'))
    assert (lock.members, lock.project) == (("app", "lib"), None)


def test_unknown_keys_and_revisions_are_left_alone() -> None:
    text = changed("revision = 3", "revision = 99\nunheard-of = 1").replace(
        "size = 10 }", 'size = 10, zstd = { hash = "x" } }'
    )
    assert len(read(text).packages) == 9


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("version = 1\nrev", "rev", "uv.lock, key 'version': missing"),
        ("version = 1\n", "version = 2\n", "expected version 1 of uv.lock, found version 2"),
        ("version = 1\n", "version = '1'\n", "key 'version': expected an integer"),
        ('requires-python = ">=3.9"\n', "", "key 'requires-python': missing"),
        ('name = "app"\nversion', "version", r"package\[0\], key 'name': missing"),
        ('name = "app"\nversion', 'name = "-app"\nversion', r"package\[0\], key 'name': '-app'"),
        ('source = { editable = "." }\n', "", r"package\[0\], key 'source': missing"),
        ('{ editable = "." }', "{ }", r"package\[0\].source: expected one of registry.*nothing"),
        ('{ editable = "." }', '{ ftp = "." }', r"package\[0\].source: .*found ftp"),
        ('{ editable = "." }', '{ editable = "a\\nb" }', r"package\[0\].source, key 'editable'"),
        ('"flat"\nversion = "1.0"', '"flat"', r"package\[3\], key 'version': missing"),
        ('"flat"\nversion = "1.0"', '"flat"\nversion = "x"', r"package\[3\], key 'version': 'x'"),
        ('{ registry = "../links" }', '{ registry = "ftp://a/b" }', r"\[3\].source, key 'reg"),
        ('path = "flat-1.0-py3-none-any.whl"', "size = 1", r"\[3\].wheels\[0\]: expected one"),
        ('path = "flat-1.0-py3-none-any.whl"', 'path = "a.tar.gz"', "not the name of a wheel's"),
        (f"#{SHA[:40]}", "", r"package\[2\].source, key 'git': '' is not a commit"),
        (f"#{SHA[:40]}", "#main", r"package\[2\].source, key 'git': 'main' is not a commit"),
        ("subdirectory=a%20b", "subdirectory=../x", "leads out of"),
        ("tag=v1&", "tag=-v1&", "not the name of a revision"),
        (f"sha256:{SHA}", "sha256:1", r"package\[1\].sdist, key 'hash': '1' is not a sha256 dig"),
        ("sys_platform == 'darwin'", "darwin", r"key 'resolution-markers\[0\]'"),
        ('group = "gpu" }]]', "group = 3 }]]", r"conflicts\[0\]\[1\], key 'group'"),
        ('members = ["app", "lib"]', 'members = ["app", "lost"]', r"manifest, key 'members\[1\]'"),
        ('{ name = "flat" }]\n\n', '{ name = "lost" }]\n\n', "depends on lost, which has no entry"),
        ('forked", version = "1.0"', 'forked", version = "3.0"', "app 0.1 depends on forked 3.0"),
        ('name = "forked"\nversion = "2.0"', 'name = "forked"\nversion = "1.0"', "a second entry"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(old: str, new: str, where: str) -> None:
    with pytest.raises(LockError, match=where) as caught:
        read(changed(old, new))
    assert caught.value.file == "uv.lock"


def test_credentials_are_not_told() -> None:
    text = changed(
        "https://git.invalid/checkout?sub", "https://me:hunter2@git invalid/checkout?sub"
    )
    with pytest.raises(LockError) as caught:
        read(text)
    assert "hunter2" not in str(caught.value)
