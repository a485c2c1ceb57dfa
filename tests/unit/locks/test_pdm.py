from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.version import Version

from syncsteps.errors import LockError, SelectionError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Archive, Directory, Hash, Vcs
from syncsteps.locks.pdm import read_pdm
from syncsteps.selection import Request, select
from tests.support.interpreters import make_interpreter
from tests.support.lock_texts import SHA
from tests.support.pdm_texts import PDM_FLAT, PDM_GRAPH, PDM_PYPROJECT

if TYPE_CHECKING:
    from syncsteps.locks.model import Lock, Package

ORIGIN = Origin(name="pdm.lock", path=Path("/p/pdm.lock"), root=Path("/p"), digest="d")
SHA256 = Hash(algorithm="sha256", digest=SHA)
FLAT = '[metadata]\nlock_version = "4.5.1"\nstrategy = ["inherit_metadata"]\n'
GRAPH = '[metadata]\nlock_version = "4.4.1"\nstrategy = ["cross_platform"]\n'


def read(text: str, pyproject: str | None = PDM_PYPROJECT) -> Lock:
    beside = None if pyproject is None else tomli.loads(pyproject)
    return read_pdm(tomli.loads(text), ORIGIN, beside)


def package(lock: Lock, name: str, version: str | None = None) -> Package:
    (found,) = (
        item
        for item in lock.packages
        if item.name == name and (version is None or str(item.version) == version)
    )
    return found


def entry(name: str = "pkg", version: str = "1.0", **values: object) -> str:
    """Return the text of a package; ``values`` are TOML already."""
    lines = [f'name = "{name}"', f'version = "{version}"']
    return "\n".join(["[[package]]", *lines, *(f"{key} = {text}" for key, text in values.items())])


def one(**values: object) -> Package:
    """Return the package that is the only entry of a flat lock."""
    lock = read(f"{FLAT}{entry(**values)}\n", None)  # type: ignore[arg-type]
    (only,) = lock.packages
    return only


def project(**tables: str) -> str:
    """Return a pyproject.toml of an application with these lines in [project] and beside it."""
    return f'{tables.get("top", "")}\n[project]\nname = "app"\n{tables.get("project", "")}\n'


def selected(lock: Lock, python: str = "3.12.0", **asked: Any) -> set[str]:  # noqa: ANN401 - fields of many types
    """Return the names of what is selected on Linux, whether or not there is a file for it."""
    return {item.name for item in reached(lock, python, **asked)}


def reached(lock: Lock, python: str = "3.12.0", **asked: Any) -> list[Package]:  # noqa: ANN401 - fields of many types
    chosen = select(lock, Request(**asked), make_interpreter(version=python))
    return [
        *(item.package for item in chosen.packages),
        *(item.package for item in chosen.unavailable),
    ]


class TestFlat:
    def test_the_lock(self) -> None:
        lock = read(PDM_FLAT)
        assert (lock.format, lock.format_version, lock.layout) == ("pdm.lock", "4.5.1", "flat")
        assert (lock.root, lock.digest) == (Path("/p"), "d")
        assert lock.content_hash == "sha256:0"
        assert str(lock.requires_python) == ">=3.9"
        assert set(lock.extras) == {"fast-x", "all"}
        assert set(lock.groups) == {"lint", "test"}
        assert (lock.production_group, lock.default_groups) == ("default", ())
        assert lock.project == "app"

    def test_extras_are_told_from_groups_by_the_project(self) -> None:
        marker = str(package(read(PDM_FLAT), "archive").marker)
        assert marker == ('"all" in extras or "fast-x" in extras or "test" in dependency_groups')

    def test_without_a_project_every_name_is_a_group(self) -> None:
        lock = read(PDM_FLAT, None)
        assert lock.extras == ()
        assert set(lock.groups) == {"all", "fast-x", "lint", "test"}
        assert lock.project is None
        assert '"all" in dependency_groups' in str(package(lock, "archive").marker)

    def test_an_entry_with_extras_takes_its_base_along(self) -> None:
        plain = package(read(PDM_FLAT), "plain")
        assert str(plain.marker) == (
            '"default" in dependency_groups'
            ' or (python_version < "3.13" and "test" in dependency_groups)'
        )

    def test_what_an_entry_with_extras_adds_nothing_to_stays_short(self) -> None:
        text = FLAT + "\n".join(
            [
                entry(groups='["default", "test"]'),
                entry(groups='["test"]', extras='["x"]', marker="\"os_name == 'nt'\""),
            ]
        )
        (only,) = read(text, None).packages
        assert str(only.marker) == ('"default" in dependency_groups or "test" in dependency_groups')

    def test_an_entry_with_extras_that_stands_alone_is_the_package(self) -> None:
        only = one(extras='["x"]', groups='["default"]')
        assert str(only.marker) == '"default" in dependency_groups'

    def test_entries_of_one_commit_for_several_targets_are_one(self) -> None:
        lock = read(PDM_FLAT)
        assert selected(lock, "3.9.1", groups=("lint",)) >= {"checkout"}
        assert selected(lock, "3.12.0", groups=("lint",)) >= {"checkout"}
        assert "checkout" not in selected(lock, "3.10.0", groups=("lint",))

    def test_two_commits_are_two_packages(self) -> None:
        texts = [
            entry(git='"https://git.invalid/x"', revision=f'"{digit * 40}"', marker=f'"{marker}"')
            for digit, marker in (
                ("a", "python_version < '3.12'"),
                ("b", "python_version >= '3.12'"),
            )
        ]
        lock = read(FLAT + "\n".join(texts), None)
        (chosen,) = select(lock, Request(), make_interpreter(version="3.12.0")).packages
        assert isinstance(chosen.chosen, Vcs)
        assert chosen.chosen.commit_id == "b" * 40

    def test_an_entry_without_groups_is_always_there(self) -> None:
        assert package(read(PDM_FLAT), "wheel-file").marker is None

    def test_selections(self) -> None:
        lock = read(PDM_FLAT)
        assert selected(lock) == {"app", "plain", "wheel-file"}
        assert selected(lock, extras=("all",)) == {"app", "archive", "plain", "wheel-file"}
        assert selected(lock, only_groups=("test",)) == {
            "archive", "checkout", "plain", "tree", "wheel-file",
        }  # fmt: skip
        assert "plain" not in selected(lock, "3.13.0", only_groups=("test",))
        assert selected(lock, project=False) == {"plain", "wheel-file"}

    def test_a_group_that_was_not_locked_cannot_be_asked_for(self) -> None:
        with pytest.raises(SelectionError, match="no extra 'unlocked'"):
            selected(read(PDM_FLAT), extras=("unlocked",))

    def test_excluded_packages_are_left_out(self) -> None:
        text = FLAT + entry("banned", groups='["default"]')
        assert [item.name for item in read(text).packages] == ["app"]


class TestTheProject:
    def test_it_is_a_package_of_production(self) -> None:
        app = package(read(PDM_FLAT), "app")
        assert app.source == Directory(path=".")
        assert app.version == Version("0.3")
        assert str(app.marker) == '"default" in dependency_groups'

    @pytest.mark.parametrize(
        ("pyproject", "installed"),
        [
            ('[build-system]\n[project]\nname = "app"', True),
            ('[project]\nname = "app"', False),
            ('[build-system]\n[project]\nversion = "1"', False),
            ('[build-system]\n[project]\nname = "app"\n[tool.pdm]\ndistribution = false', False),
            ('[build-system]\n[project]\nname = "app"\n[tool.pdm]\ndistribution = true', True),
            (
                '[build-system]\n[project]\nname = "app"\n[tool.pdm]\npackage-type = "application"',
                False,
            ),
            ('[build-system]\n[project]\nname = "app"\n[tool.pdm]\npackage-type = "library"', True),
        ],
    )
    def test_it_is_one_only_if_it_is_a_distribution(
        self, pyproject: str, *, installed: bool
    ) -> None:
        flat = read(FLAT, pyproject)
        assert [item.name for item in flat.packages] == (["app"] if installed else [])
        (root,) = read(GRAPH, pyproject).packages
        assert root.virtual is not installed

    def test_what_is_locked_under_its_name_is_not_it(self) -> None:
        text = FLAT + entry("app", groups='["default"]')
        (app,) = read(text).packages
        assert app.source == Directory(path=".")

    def test_an_application_may_require_a_package_of_its_own_name(self) -> None:
        lock = read(GRAPH + entry("app"), project(project='dependencies = ["app>=1"]'))
        assert lock.project is None
        (app,) = reached(lock)
        assert (app.name, app.version) == ("app", Version("1.0"))


class TestFiles:
    def test_urls_and_names(self) -> None:
        plain = package(read(PDM_FLAT), "plain")
        (wheel,) = plain.wheels
        assert wheel.url == "https://files.invalid/plain-1.0-py3-none-any.whl"
        assert [hash_.algorithm for hash_ in wheel.hashes] == ["sha256", "sha512"]
        assert plain.sdist is not None
        assert (plain.sdist.filename, plain.sdist.hashes) == ("plain-1.0.tar.gz", (SHA256,))

    def test_one_sdist_is_chosen_and_the_others_are_hashes(self) -> None:
        only_win = package(read(PDM_FLAT), "only-win")
        assert only_win.sdist is not None
        assert (only_win.sdist.filename, only_win.sdist.url) == ("only-win-2.0.tar.gz", None)
        assert [str(hash_)[:6] for hash_ in only_win.hashes] == ["sha256", "md5:01"]

    def test_version_4_2_has_them_in_one_table(self) -> None:
        text = (
            f'{entry("Some.Name", "1.10")}\n[metadata]\nlock_version = "4.2"\n[metadata.files]\n'
            '"some-name 1.10" = [{url = "https://files.invalid/some_name-1.10.tar.gz", '
            f'hash = "sha256:{SHA}"}}]\n"other[x] 1" = []\n'
        )
        lock = read(text, project(project='dependencies = ["some-name"]'))
        sdist = package(lock, "some-name").sdist
        assert (lock.layout, lock.format_version) == ("graph", "4.2")
        assert sdist is not None
        assert sdist.url == "https://files.invalid/some_name-1.10.tar.gz"

    def test_requires_python_of_old_metadata(self) -> None:
        assert str(one(requires_python='">=3.6.*,<=3.8.*"').requires_python) == "<3.8.0,>=3.6.0"


class TestSources:
    def test_a_repository(self) -> None:
        assert package(read(PDM_FLAT), "checkout").source == Vcs(
            type="git",
            url="https://git.invalid/checkout",
            commit_id=SHA[:40],
            requested_revision="v1",
            subdirectory="sub",
        )

    def test_an_editable_repository_has_no_commit(self) -> None:
        source = one(git='"ssh://git@git.invalid/x"', editable="true").source
        assert source == Vcs(type="git", url="ssh://git@git.invalid/x", commit_id=None)

    def test_a_url(self) -> None:
        assert package(read(PDM_FLAT), "archive").source == Archive(
            url="https://files.invalid/archive-1.0.zip", hashes=(SHA256,), subdirectory="python"
        )

    def test_a_directory_has_no_fixed_version(self) -> None:
        tree = package(read(PDM_FLAT), "tree")
        assert tree.source == Directory(path="libs/tree", editable=True)
        assert tree.version is None

    def test_a_file(self) -> None:
        assert package(read(PDM_FLAT), "wheel-file").source == Archive(
            path="wheel_file-1.0-py3-none-any.whl", hashes=(SHA256,)
        )

    @pytest.mark.parametrize(
        ("url", "path"),
        [
            ("file:///${PROJECT_ROOT}/my%20dir", "my dir"),
            ("file:///${PROJECT_ROOT}/../sub", "../sub"),
            ("{root:uri}/sub", "sub"),
            ("{root:uri}", "."),
            ("file:///elsewhere/sub", "/elsewhere/sub"),
        ],
    )
    def test_addresses_on_this_disk_are_paths(self, url: str, path: str) -> None:
        assert one(url=f'"{url}"').source == Directory(path=path)

    @pytest.mark.parametrize(
        ("values", "message"),
        [
            ({"url": '"https://${TOKEN}@h.invalid/x.zip"'}, "package[0], key 'url': .*not a URL"),
            ({"git": '"https://h.invalid/x"', "revision": '"main"'}, "key 'revision'.*commit"),
            ({"git": '"https://h.invalid/x"', "path": '"."'}, "one source, found git and path"),
            ({"path": '"."', "subdirectory": '"../x"'}, "key 'subdirectory'.*leads out"),
            ({"files": '[{file = "a.whl"}]'}, r"package\[0\].files\[0\], key 'hash'.*missing"),
            ({"files": f'[{{hash = "sha256:{SHA}"}}]'}, "key 'file'.*missing"),
            ({"marker": "\"os_name = 'x'\""}, "key 'marker'.*not a marker"),
            ({"groups": '["&"]'}, r"key 'groups\[0\]'.*not a name"),
            ({"version": '""'}, "key 'version'"),
        ],
    )
    def test_what_is_wrong_is_named(self, values: dict[str, str], message: str) -> None:
        text = f'{FLAT}[[package]]\nname = "pkg"\n' + "\n".join(
            f"{key} = {value}" for key, value in ({"version": '"1"'} | values).items()
        )
        with pytest.raises(LockError, match=message.replace("[0],", r"\[0\],")):
            read(text, None)

    def test_a_version_is_needed_on_an_index(self) -> None:
        with pytest.raises(LockError, match="key 'version': missing"):
            read(f'{FLAT}[[package]]\nname = "pkg"\n', None)

    def test_two_entries_that_disagree_are_refused(self) -> None:
        text = FLAT + "\n".join(
            [entry(), entry(files=f'[{{file = "pkg-1.0.zip", hash = "sha256:{SHA}"}}]')]
        )
        with pytest.raises(LockError, match=r"package\[1\]: a second entry of pkg 1.0 that says"):
            read(text, None)

    def test_a_marker_that_grows_too_deep_is_refused(self) -> None:
        marker = "os_name == 'x' or os_name == 'z'"
        for depth in range(40):
            marker = f"os_name == 'y' {('and', 'or')[depth % 2]} ({marker})"
        alone = FLAT + entry(marker=f'"{marker}"')
        assert read(alone, None).packages[0].marker is not None
        with pytest.raises(LockError, match=r"package\[0\], key 'marker': .*too deeply"):
            read(FLAT + entry(groups='["a"]', marker=f'"{marker}"'), None)


class TestGraph:
    def test_the_lock(self) -> None:
        lock = read(PDM_GRAPH)
        assert (lock.layout, lock.project, lock.members) == ("graph", "app", ("app",))
        assert (lock.extras, lock.groups) == (("fast-x", "all"), ("test", "lint"))
        assert lock.production_group is None
        assert package(lock, "archive").source == Archive(path="my files/archive-1.0.zip")
        assert not [item for item in lock.packages if item.name == "banned"]

    def test_each_extra_has_what_is_in_all_combinations_that_have_it(self) -> None:
        extras = dict(package(read(PDM_GRAPH), "plain").optional_dependencies)
        assert {extra: [str(edge.name) for edge in edges] for extra, edges in extras.items()} == {
            "fast": ["speed"],
            "safe": ["locks", "speed"],
        }

    def test_an_edge_names_the_version_where_there_are_several(self) -> None:
        (speed,) = dict(package(read(PDM_GRAPH), "plain").optional_dependencies)["fast"]
        assert (speed.version, speed.source_id) == (Version("1.0"), "")
        (plain,) = package(read(PDM_GRAPH), "checkout").dependencies
        assert (plain.version, str(plain.marker)) == (None, 'python_version < "4"')

    def test_an_override_may_lead_to_any_version(self) -> None:
        text = GRAPH + entry("certifi", "1.0")
        lock = read(text, project(project='dependencies = ["certifi>=2"]'))
        assert selected(lock) == {"certifi"}

    def test_an_address_leads_to_the_entry_with_a_source(self) -> None:
        text = GRAPH + "\n".join([entry(), entry(version="2.0", url='"https://h.invalid/x.zip"')])
        lock = read(text, project(project='dependencies = ["pkg @ https://h.invalid/x.zip"]'))
        (edge,) = package(lock, "app").dependencies
        assert edge.version == Version("2.0")

    def test_groups_are_followed_into_groups_and_extras(self) -> None:
        groups = dict(package(read(PDM_GRAPH), "app").dependency_groups)
        assert {edge.name for edge in groups["test"]} == {"plain", "tree", "archive", "checkout"}
        assert {edge.name for edge in groups["lint"]} == {"checkout"}

    def test_the_project_itself_is_not_required_by_its_groups(self) -> None:
        pyproject = project(
            top='[dependency-groups]\ntest = ["app", "app[x]", "a"]',
            project='dependencies = ["b"]\n[project.optional-dependencies]\nx = ["c", "app[x]"]',
        )
        text = GRAPH + "\n".join(map(entry, "abc"))
        assert selected(read(text, pyproject), only_groups=("test",)) == {"a", "c"}

    def test_requirements_that_are_not_locked_matter_only_where_they_apply(self) -> None:
        lock = read(GRAPH, project(project="dependencies = [\"w; sys_platform == 'win32'\"]"))
        assert selected(lock) == set()
        lock = read(GRAPH, project(project='dependencies = ["w"]'))
        with pytest.raises(SelectionError, match="no entry for w"):
            selected(lock)

    def test_without_a_project_there_is_nowhere_to_start(self) -> None:
        with pytest.raises(LockError, match=r"no pyproject\.toml beside it") as caught:
            read(PDM_GRAPH, None)
        assert "inherit_metadata" in caught.value.hint

    def test_all_groups_are_there_where_the_lock_names_none(self) -> None:
        lock = read(GRAPH)
        assert set(lock.extras) == {"fast-x", "all", "unlocked"}
        assert set(lock.groups) == {"test", "lint"}

    @pytest.mark.parametrize(
        ("pyproject", "place"),
        [
            (project(project='dependencies = ["a b"]'), r"project, key 'dependencies\[0\]'"),
            (project(project="dependencies = 3"), "project, key 'dependencies'"),
            (project(project="dependencies = [{}]"), r"key 'dependencies\[0\]': expected a req"),
            (project(project='dependencies = ["app[no]"]'), "no extra or group 'no'"),
            (
                project(top='[dependency-groups]\na = [{include-group = "no"}]'),
                r"dependency-groups, key 'a\[0\]': there is no extra or group 'no'",
            ),
            (
                # Python refuses to write so large a number in decimal digits.
                project(top=f"[dependency-groups]\na = [{{include-group = 0x{'f' * 9000}}}]"),
                r"dependency-groups, key 'a\[0\]': expected a requirement, or a group",
            ),
            (
                project(top='[tool.pdm.dev-dependencies]\na = ["-e ./lib"]'),
                r"tool.pdm.dev-dependencies, key 'a\[0\]': .*with a name",
            ),
            (project(top="tool = 1"), "key 'tool': expected a table"),
            (project(project='version = "x"'), "project, key 'version'"),
        ],
    )
    def test_what_is_wrong_in_the_project_is_named(self, pyproject: str, place: str) -> None:
        with pytest.raises(LockError, match=f"pyproject.toml, .*{place}|^pyproject.toml: {place}"):
            read(GRAPH, pyproject)

    def test_a_dependency_that_cannot_be_read_is_named(self) -> None:
        text = GRAPH + entry(dependencies='["fine", "a b"]')
        with pytest.raises(LockError, match=r"package\[0\], key 'dependencies\[1\]'"):
            read(text)


class TestEditableLines:
    @pytest.mark.parametrize(
        ("line", "name", "extras", "marker"),
        [
            ("-e file:///${PROJECT_ROOT}/lib#egg=My.Lib", "my-lib", (), None),
            ("-e git+https://h.invalid/x@v1#egg=x[B,a]&subdirectory=s", "x", ("a", "b"), None),
            (
                "-e file:///x#egg=x ; sys_platform == 'linux'",
                "x",
                (),
                'sys_platform == "linux"',
            ),
        ],
    )
    def test_they_name_the_package_by_its_egg(
        self, line: str, name: str, extras: tuple[str, ...], marker: str | None
    ) -> None:
        text = GRAPH + entry(dependencies=f'["{line}"]')
        (edge,) = package(read(text), "pkg").dependencies
        assert (edge.name, edge.extras) == (name, extras)
        assert (None if edge.marker is None else str(edge.marker)) == marker


class TestTargets:
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            (
                'requires_python = ">=3.9,!=3.10.1"',
                'python_full_version != "3.10.1" and python_full_version >= "3.9"',
            ),
            (
                'requires_python = ">=3.8,<3.9||>=3.11"\nimplementation = "cpython"',
                (
                    '(python_full_version < "3.9" and python_full_version >= "3.8"'
                    ' or python_full_version >= "3.11") and implementation_name == "cpython"'
                ),
            ),
            (
                'platform = "windows_amd64"',
                'sys_platform == "win32" and platform_machine == "AMD64"',
            ),
            ('platform = "alpine"', 'sys_platform == "linux" and platform_machine == "x86_64"'),
            (
                'platform = "macos_14_0_arm64"',
                'sys_platform == "darwin" and platform_machine == "arm64"',
            ),
            (
                'platform = "musllinux_1_2_aarch64"',
                'sys_platform == "linux" and platform_machine == "aarch64"',
            ),
            ('implementation = "pypy"', 'implementation_name == "pypy"'),
        ],
    )
    def test_each_is_an_environment(self, target: str, expected: str) -> None:
        (marker,) = read(f"{FLAT}[[metadata.targets]]\n{target}\n").environments
        assert str(marker) == expected

    @pytest.mark.parametrize(
        "target", ["", 'requires_python = ""', 'requires_python = "*"', 'platform = "haiku_1_x"']
    )
    def test_a_target_that_is_everything_is_no_limit(self, target: str) -> None:
        text = (
            f'{FLAT}[[metadata.targets]]\nrequires_python = ">=3.9"\n[[metadata.targets]]\n{target}'
        )
        assert read(text).environments == ()

    @pytest.mark.parametrize(
        ("target", "key"),
        [
            ('requires_python = "x"', "requires_python"),
            ('platform = "Linux!"', "platform"),
            ('implementation = "x"', "implementation"),
        ],
    )
    def test_others_are_refused(self, target: str, key: str) -> None:
        with pytest.raises(LockError, match=rf"metadata.targets\[0\], key '{key}'"):
            read(f"{FLAT}[[metadata.targets]]\n{target}\n")

    def test_what_no_marker_can_express_is_refused(self) -> None:
        with pytest.raises(LockError, match=r"metadata.targets\[0\]"):
            read(f'{FLAT}[[metadata.targets]]\nrequires_python = "===a\'b"\n')


class TestVersions:
    @pytest.mark.parametrize("version", ["4.1", "4.6.0", "5.0", "", "4.5.x"])
    def test_others_are_refused(self, version: str) -> None:
        with pytest.raises(LockError, match="metadata, key 'lock_version': expected"):
            read(f'[metadata]\nlock_version = "{version}"\n')

    @pytest.mark.parametrize("version", ["4.2", "4.3", "4.4", "4.4.2", "4.5.0", "4.5.9"])
    def test_these_are_read(self, version: str) -> None:
        assert read(f'[metadata]\nlock_version = "{version}"\n').format_version == version

    def test_metadata_is_needed(self) -> None:
        with pytest.raises(LockError, match="key 'metadata': missing"):
            read_pdm({}, ORIGIN, None)
