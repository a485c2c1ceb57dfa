from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncsteps.errors import LockError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Archive, Directory, Hash, Lock, Package, Vcs
from syncsteps.locks.pipfile import read_pipfile
from tests.support.lock_texts import SHA
from tests.support.pipfile_texts import COMMIT, PIPFILE_LOCK, pipfile_document

ORIGIN = Origin(name="Pipfile.lock", path=Path("/p/Pipfile.lock"), root=Path("/p"), digest="d")
VARIABLES = {"USER": "me", "TOKEN": "s/cret@:"}
HASHES = (Hash(algorithm="sha256", digest=SHA),)


def read(document: dict[str, Any], **variables: str) -> Lock:
    return read_pipfile(document, ORIGIN, environment=variables)


def entry(value: object, **variables: str) -> Package:
    """Return what ``value`` is as the only entry of ``default``, called Some_Name."""
    (package,) = read(pipfile_document(default={"Some_Name": value}), **variables).packages
    return package


def whole() -> Lock:
    names = {".": "My.App"}
    return read_pipfile(
        json.loads(PIPFILE_LOCK), ORIGIN, environment=VARIABLES, project_name=names.get
    )


def package(name: str) -> Package:
    (found,) = (each for each in whole().packages if each.name == name)
    return found


class TestTheLock:
    def test_what_it_says_of_itself(self) -> None:
        lock = whole()
        assert (lock.format, lock.format_version, lock.layout) == ("Pipfile.lock", "6", "flat")
        assert (lock.path, lock.root, lock.digest) == (ORIGIN.path, ORIGIN.root, "d")
        assert lock.groups == ("default", "develop", "docs-extra")
        assert (lock.production_group, lock.default_groups, lock.extras) == ("default", (), ())
        assert lock.content_hash == SHA
        assert lock.project == "my-app"

    def test_it_is_for_the_python_that_the_pipfile_requires(self) -> None:
        assert str(whole().requires_python) == "==3.12.*,==3.12.9"

    @pytest.mark.parametrize(
        ("requires", "expected"),
        [
            ({}, "None"),
            ({"python_version": "3"}, "==3.*"),
            ({"python_version": "3.9.1"}, "==3.9.1.*"),
            ({"python_full_version": "3.9.1"}, "==3.9.1"),
            ({"python_version": ">=3.8"}, ">=3.8"),
            ({"python_version": "*"}, "None"),
        ],
    )
    def test_required_pythons(self, requires: dict[str, str], expected: str) -> None:
        document = pipfile_document()
        document["_meta"]["requires"] = requires
        assert str(read(document).requires_python) == expected

    def test_groups_are_there_without_their_categories(self) -> None:
        document = pipfile_document(tests={})
        del document["default"], document["develop"]
        assert read(document).groups == ("default", "develop", "tests")

    @pytest.mark.parametrize("hashes", [None, {}, {"sha256": ""}, {"md5": "0"}])
    def test_it_may_not_record_a_hash(self, hashes: object) -> None:
        document = pipfile_document()
        document["_meta"]["hash"] = hashes
        assert read(document).content_hash is None


class TestEntries:
    def test_a_pin(self) -> None:
        found = package("py-yaml")
        assert (str(found.version), found.hashes) == ("6.0", HASHES)
        assert (found.source, found.wheels, found.sdist) == (None, (), None)
        assert found.index == "https://me:s%2Fcret%40%3A@private.invalid/simple"
        assert str(found.marker) == '"default" in dependency_groups and python_version >= "3.8"'

    def test_a_version_alone(self) -> None:
        assert entry("==1.0") == entry({"version": "==1.0"})
        assert str(entry("===1.0").version) == "1.0"

    @pytest.mark.parametrize("value", ["*", {"version": "*"}, {"version": ""}, {}])
    def test_a_star_pins_nothing(self, value: object) -> None:
        found = entry(value)
        assert (found.version, found.hashes, found.source) == (None, (), None)

    def test_without_an_index_it_is_the_first_source(self) -> None:
        assert package("star").index == "https://index.invalid/simple"
        document = pipfile_document(default={"a": "==1"})
        document["_meta"]["sources"] = []
        assert read(document).packages[0].index is None

    def test_an_index_by_its_address(self) -> None:
        found = entry({"version": "==1", "index": "https://index.invalid/simple"})
        assert found.index == "https://index.invalid/simple"

    def test_the_project_goes_by_its_own_name(self) -> None:
        assert package("my-app").source == Directory(path=".", editable=True)

    def test_a_directory_that_does_not_tell_its_name_goes_by_the_key(self) -> None:
        found = entry({"path": "./libs\\thing"})
        assert (found.name, found.source) == ("some-name", Directory(path="libs/thing"))

    def test_a_wheel_goes_by_its_own_name(self) -> None:
        found = entry({"path": "w/Real_Name-1.0-py3-none-any.whl", "hashes": [f"sha256:{SHA}"]})
        assert (found.name, str(found.version), found.hashes) == ("real-name", "1.0", ())
        assert found.source == Archive(path="w/Real_Name-1.0-py3-none-any.whl", hashes=HASHES)

    def test_hashes_that_no_one_file_can_have_say_nothing_of_it(self) -> None:
        digests = [f"sha256:{SHA}", f"sha256:{SHA[::-1]}"]
        found = entry({"path": "a-1.0.zip", "hashes": digests})
        assert found.source == Archive(path="a-1.0.zip")

    def test_an_sdist_goes_by_the_key(self) -> None:
        found = entry({"file": "https://files.invalid/main.zip#egg=other", "subdirectory": "src"})
        assert found.name == "some-name"
        assert found.source == Archive(url="https://files.invalid/main.zip", subdirectory="src")

    def test_a_file_url_is_a_path(self) -> None:
        assert entry({"file": "file:///w/a-1.zip"}).source == Archive(path="/w/a-1.zip")

    def test_a_repository(self) -> None:
        assert package("checkout").source == Vcs(
            type="git",
            url="https://me@git.invalid/checkout.git",
            commit_id=COMMIT,
            requested_revision=COMMIT,
            subdirectory="python",
        )

    @pytest.mark.parametrize(
        ("written", "url"),
        [
            ("git+https://git.invalid/r.git#egg=r", "https://git.invalid/r.git"),
            ("https://git.invalid/r.git@main", "https://git.invalid/r.git"),
            ("git@git.invalid:o/r.git", "ssh://git@git.invalid/o/r.git"),
            ("ssh://git@git.invalid:o/r.git", "ssh://git@git.invalid/o/r.git"),
            ("ssh://git@git.invalid:22/o/r.git", "ssh://git@git.invalid:22/o/r.git"),
            ("file:///repositories/r", "file:///repositories/r"),
        ],
    )
    def test_addresses_of_repositories(self, written: str, url: str) -> None:
        source = entry({"git": written, "ref": COMMIT}).source
        assert source == Vcs(type="git", url=url, commit_id=COMMIT, requested_revision=COMMIT)

    @pytest.mark.parametrize(
        ("value", "commit", "requested"),
        [
            ({"git": "https://g.invalid/r", "ref": "main"}, None, "main"),
            ({"git": "https://g.invalid/r@v1"}, None, "v1"),
            ({"git": "https://g.invalid/r"}, None, None),
            ({"hg": "https://g.invalid/r", "ref": "v1"}, "v1", "v1"),
        ],
    )
    def test_what_is_no_commit(
        self, value: object, commit: str | None, requested: str | None
    ) -> None:
        source = entry(value).source
        assert isinstance(source, Vcs)
        assert (source.commit_id, source.requested_revision) == (commit, requested)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ({"markers": "os_name == 'nt'"}, 'os_name == "nt"'),
            ({"os_markers": "os_name == 'nt'"}, 'os_name == "nt"'),
            (
                {"markers": "os_name == 'nt'", "os_markers": "sys_platform == 'win32'"},
                'os_name == "nt" and sys_platform == "win32"',
            ),
        ],
    )
    def test_markers(self, value: dict[str, str], expected: str) -> None:
        marker = str(entry({"version": "==1", **value}).marker).replace("(", "").replace(")", "")
        assert marker == f'"default" in dependency_groups and {expected}'

    def test_a_condition_on_a_group_is_that_of_the_category(self) -> None:
        assert "dev" not in str(package("pytest").marker).replace("develop", "")
        assert str(package("pytest").marker).count('"develop" in dependency_groups') == 2


class TestVariables:
    @pytest.mark.parametrize(
        ("address", "variables", "expected"),
        [
            ("${URL}", {"URL": "https://a.invalid/s"}, "https://a.invalid/s"),
            ("https://$H/${P}", {"H": "a.invalid", "P": "s"}, "https://a.invalid/s"),
            ("https://${U}@a.invalid", {"U": "n:p:/@"}, "https://n:p%3A%2F%40@a.invalid"),
            ("https://u:'${P}'@a.invalid/", {"P": "é"}, "https://u:%C3%A9@a.invalid/"),
            ("https://u:%40@${H}/", {"H": "a.invalid"}, "https://u:%40@a.invalid/"),
        ],
    )
    def test_they_are_replaced(
        self, address: str, variables: dict[str, str], expected: str
    ) -> None:
        document = pipfile_document(default={"a": "==1"})
        document["_meta"]["sources"] = [{"url": address}]
        assert read(document, **variables).packages[0].index == expected

    def test_one_that_is_not_set(self) -> None:
        document = pipfile_document(default={"a": "==1"})
        document["_meta"]["sources"] = [{"url": "https://${TOKEN}@a.invalid"}]
        with pytest.raises(LockError, match="the environment variable TOKEN is not set") as caught:
            read(document)
        assert (caught.value.table, caught.value.key) == ("_meta.sources[0]", "url")
        assert caught.value.hint.startswith("set TOKEN")

    def test_a_source_that_nothing_uses_needs_none(self) -> None:
        document = pipfile_document(default={"a": "==1"})
        document["_meta"]["sources"].append({"name": "other", "url": "${UNSET}"})
        assert len(read(document).packages) == 1

    def test_their_values_are_not_shown(self) -> None:
        document = pipfile_document(default={"a": "==1"})
        document["_meta"]["sources"] = [{"url": "https://${HOST}/"}]
        with pytest.raises(LockError) as caught:
            read(document, HOST="secret value")
        assert str(caught.value).endswith(
            "'https://${HOST}/' is not a URL once its variables are replaced"
        )
        assert caught.value.__cause__ is None

    def test_paths_have_none(self) -> None:
        assert entry({"path": "${HOME}/x"}, HOME="/h").source == Directory(path="${HOME}/x")


class TestWhatIsMalformed:
    @pytest.mark.parametrize(
        ("value", "key", "message"),
        [
            ({"version": ">=1"}, "version", "'>=1' is not pinned by =="),
            ({"version": "==1.*"}, "version", "not a version"),
            ({"version": 1}, "version", "expected a string, found an integer"),
            ({"version": "==1", "hashes": ["sha256:12"]}, "hashes[0]", "not a sha256 digest"),
            ({"version": "==1", "hashes": "sha256:12"}, "hashes", "expected an array"),
            ({"version": "==1", "index": "lost"}, "index", "_meta.sources has no source 'lost'"),
            ({"version": "==1", "markers": "os_name"}, "markers", "not a marker"),
            ({"git": "https://g.invalid/r", "ref": "a\n-r x"}, "ref", "not the name of a revision"),
            (
                {"git": "https://g.invalid/r", "ref": "a", "subdirectory": ".."},
                "subdirectory",
                "leads",
            ),
            ({"git": "ftp://g.invalid/r"}, "git", "none of the schemes"),
            ({"git": None}, "git", "missing"),
            ({"path": "-r x"}, "path", "reads like an option"),
            ({"path": ".", "editable": "yes"}, "editable", "expected true or false"),
            ({"file": "https://files.invalid/"}, "file", "not the name of a wheel's"),
            ({"file": "ftp://files.invalid/a-1.zip"}, "file", "none of the schemes"),
        ],
    )
    def test_entries(self, value: object, key: str, message: str) -> None:
        with pytest.raises(LockError, match=message) as caught:
            entry(value)
        assert caught.value.file == "Pipfile.lock"
        assert (caught.value.table, caught.value.key) == ("default.Some_Name", key)

    @pytest.mark.parametrize("value", [None, 1, []])
    def test_what_is_no_entry(self, value: object) -> None:
        with pytest.raises(LockError) as caught:
            entry(value)
        assert (caught.value.table, caught.value.key) == ("default", "Some_Name")

    def test_a_name(self) -> None:
        with pytest.raises(LockError, match="is not a name") as caught:
            read(pipfile_document(develop={"a\n--index-url x": "==1"}))
        assert caught.value.table == "develop"
        assert "\n" not in str(caught.value)

    def test_a_category(self) -> None:
        with pytest.raises(LockError, match="is not a name"):
            read(pipfile_document(**{"a b": {}}))
        with pytest.raises(LockError, match="expected a table, found an array"):
            read({**pipfile_document(), "default": []})
        with pytest.raises(LockError, match="at most 30 categories, found 33"):
            read(pipfile_document(**{f"c{n}": {} for n in range(31)}))

    @pytest.mark.parametrize(
        ("meta", "key", "message"),
        [
            ({"pipfile-spec": 7}, "pipfile-spec", "expected version 6, found 7"),
            ({}, "pipfile-spec", "missing"),
            ({"pipfile-spec": 6, "hash": {"sha256": "12"}}, "sha256", "not a sha256 digest"),
            ({"pipfile-spec": 6, "requires": {"python_version": "3 7"}}, "python_version", "3 7"),
            ({"pipfile-spec": 6, "sources": {}}, "sources", "expected an array"),
        ],
    )
    def test_the_lock_itself(self, meta: object, key: str, message: str) -> None:
        with pytest.raises(LockError, match=message) as caught:
            read({"_meta": meta})
        assert caught.value.key == key

    def test_no_meta(self) -> None:
        with pytest.raises(LockError, match="missing"):
            read({"default": {}})

    def test_the_name_of_a_project(self) -> None:
        document = pipfile_document(default={"a": {"path": "."}})
        with pytest.raises(LockError, match="is not a name") as caught:
            read_pipfile(document, ORIGIN, project_name=lambda _: "a\n-r b")
        assert caught.value.key == "path"


@pytest.mark.parametrize(("verify", "trusted"), [(False, ("a.invalid:8443",)), (True, None)])
def test_a_source_whose_certificate_is_not_verified(
    verify: bool,  # noqa: FBT001 - a value of the lock
    trusted: tuple[str, ...] | None,
) -> None:
    document = pipfile_document(default={"x": {"version": "==1", "index": "own"}})
    url = "https://me:pw@a.invalid:8443/simple"
    document["_meta"]["sources"].append({"name": "own", "url": url, "verify_ssl": verify})
    (found,) = read(document).packages
    assert found.index == url
    assert (found.lookup and found.lookup.trusted_hosts) == trusted
