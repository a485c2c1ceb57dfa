from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.version import Version

from syncsteps.errors import LockError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Archive, Directory, Hash, Lock, Lookup, Package, Vcs
from syncsteps.locks.requirements import read_requirements
from tests.support.lock_texts import REQUIREMENTS, SHA

ROOT = Path("/project")
SHA256 = Hash(algorithm="sha256", digest=SHA)
COMMIT = SHA[:40]


@dataclass(frozen=True, slots=True)
class Files:
    """A project's files and the names of its directories, as values."""

    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=lambda: {".": "app"})

    def text(self, path: str) -> str:
        if path not in self.files:
            raise LockError("there is no such file", file=path)
        return self.files[path]

    def project_name(self, path: str) -> str | None:
        return self.names.get(path)


def read(text: str, environment: dict[str, str] | None = None, **files: str) -> Lock:
    surroundings = Files({name.replace("__", "/") + ".txt": body for name, body in files.items()})
    return read_requirements(
        text,
        Origin(name="reqs.txt", path=ROOT / "reqs.txt", root=ROOT, digest="d"),
        environment=environment or {},
        surroundings=surroundings,
    )


def one(text: str) -> Package:
    (package,) = read(text).packages
    return package


def test_everything_that_a_line_can_be() -> None:
    lock = read(REQUIREMENTS)
    assert (lock.format, lock.layout, lock.project) == ("requirements.txt", "flat", "app")
    app, local_wheel, archive, checkout, linux, other = lock.packages
    assert app.source == Directory(path=".", editable=True)
    assert (local_wheel.name, local_wheel.version) == ("local-wheel", Version("1.0"))
    assert local_wheel.source == Archive(
        path="files/local_wheel-1.0-py3-none-any.whl", hashes=(SHA256,)
    )
    assert (archive.name, archive.version) == ("archive-name", None)
    assert archive.source == Archive(
        url="https://files.invalid/archive.zip", hashes=(SHA256,), subdirectory="python"
    )
    assert str(checkout.marker) == 'python_version >= "3.9"'
    assert checkout.source == Vcs(
        type="git",
        url="https://git.invalid/checkout",
        commit_id=COMMIT,
        requested_revision=COMMIT,
        subdirectory="python",
    )
    assert (linux.name, linux.version, linux.index) == (
        "plain",
        Version("1.0"),
        "https://index.invalid/simple",
    )
    assert linux.hashes == (SHA256, Hash(algorithm="sha512", digest=SHA + SHA))
    assert str(linux.marker) == 'sys_platform == "linux"'
    assert (other.version, other.hashes) == (Version("2.0"), (SHA256,))
    assert (app.index, archive.index) == (None, None)


@pytest.mark.parametrize(
    ("text", "name", "source"),
    [
        ("./lib", None, None),
        (". ; sys_platform == 'linux'", "app", Directory(path=".")),
        ("-e .[fast]", "app", Directory(path=".", editable=True)),
        ("--editable=./", "app", Directory(path=".", editable=True)),
        ("app @ file:///srv/app%20x", "app", Directory(path="/srv/app x")),
        ("app @ file:///C:/app", "app", Directory(path="C:/app")),
        ("app @ file:lib/app", "app", Directory(path="lib/app")),
        ("app @ ../app", "app", Directory(path="../app")),
        ("app@./app-1.0.zip", "app", Archive(path="app-1.0.zip")),
        ("app-1.0.tar.gz", "app", Archive(path="app-1.0.tar.gz")),
        (
            "https://files.invalid/app-1.0-py3-none-any.whl",
            "app",
            Archive(url="https://files.invalid/app-1.0-py3-none-any.whl"),
        ),
        (
            "https://files.invalid/main.zip#egg=App[x]",
            "app",
            Archive(url="https://files.invalid/main.zip"),
        ),
        (
            f"-e git+ssh://git@git.invalid/app.git@{COMMIT}#egg=app",
            "app",
            Vcs(
                type="git",
                url="ssh://git@git.invalid/app.git",
                commit_id=COMMIT,
                requested_revision=COMMIT,
            ),
        ),
        (
            "app @ git+https://git.invalid/app@v1.0",
            "app",
            Vcs(
                type="git", url="https://git.invalid/app", commit_id=None, requested_revision="v1.0"
            ),
        ),
        (
            "app @ hg+https://hg.invalid/app@abc",
            "app",
            Vcs(type="hg", url="https://hg.invalid/app", commit_id="abc", requested_revision="abc"),
        ),
        (
            "app @ git+https://git.invalid/app",
            "app",
            Vcs(type="git", url="https://git.invalid/app", commit_id=None),
        ),
    ],
)
def test_addresses_and_paths(text: str, name: str | None, source: object) -> None:
    if name is None:
        with pytest.raises(LockError, match="line 1: cannot tell the name of the package at"):
            read(text)
    else:
        package = one(text)
        assert (package.name, package.source) == (name, source)


@pytest.mark.parametrize("text", ["a===1.0", "a == 1.0", "a[x,y]==1.0", "a==1.0;os_name=='nt'"])
def test_pins(text: str) -> None:
    assert (one(text).name, one(text).version, one(text).source) == ("a", Version("1.0"), None)


@pytest.mark.parametrize("text", ["a", "a>=1", "a==1.*", "a==1,!=2", "a~=1.0", "a ; os_name=='x'"])
def test_what_is_not_pinned_is_not_a_lock(text: str) -> None:
    with pytest.raises(LockError, match=r"reqs.txt, line 2: .*is not pinned by ==") as caught:
        read(f"# first\n{text}\n")
    assert "--generate-hashes" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a==1.0 --evil", "'--evil' is no option"),
        ("--evil", "'--evil' is no option"),
        ("-x", "'-x' is no option"),
        ("--pre a==1", "expected an option, found 'a==1'"),
        ("--pre=1", "takes no value"),
        ("--index-url", "lacks its value"),
        ("--index-url ftp://index.invalid", "has none of the schemes"),
        ("--index-url 'https://index.invalid", "not closed"),
        ("a==1 --hash=sha256:0", "64 digits of hex"),
        ("a==1 --hash", "lacks its value"),
        ("a==1 --global-option=--x", "the option --global-option cannot stand behind"),
        ("a==1 -r other.txt", "the option --requirement cannot stand behind"),
        ("--hash=sha256:0", "stands behind no requirement"),
        ("-e . -e lib", "two editable"),
        ("a b", "is not a requirement"),
        ("a==one", "is not a requirement"),
        ("a===one", "is not a version"),
        ("a==1 ; nonsense", "is not a requirement"),
        ("a==1 ; os_name ~= 'x'", "is not a marker"),
        ("a @ https://files.invalid/${HOME}", "variable HOME is not set"),
        ("a @ https://files.invalid/${home}", "is not a URL"),
        ("a @ https://[files.invalid/a.zip", "is not a URL"),
        ("a @ ftp://files.invalid/a.zip", "has none of the schemes"),
        ("a @ git+ftp://files.invalid/a", "has none of the schemes"),
        ("a @ git+https://git.invalid/a@v1#subdirectory=../x", "leads out of"),
        ("a==1\x00", "control characters"),
        ("https://files.invalid/unnamed.zip", "cannot tell the name"),
        ("-r https://files.invalid/r.txt", "what an address answers is no lock"),
        ("-r lost.txt", "cannot include 'lost.txt': there is no such file"),
        ("-r ''", "a path is empty"),
    ],
)
def test_what_is_wrong_and_where(text: str, message: str) -> None:
    with pytest.raises(LockError, match=message) as caught:
        read(f"\n\n{text}\n")
    assert (caught.value.file, caught.value.table) == ("reqs.txt", "line 3")


def test_options_that_change_nothing_where_everything_is_pinned() -> None:
    lock = read("--pre --prefer-binary\n--use-feature=x\na==1\n")
    assert lock.packages == (Package(name="a", version=Version("1")),)


def test_where_files_are_looked_up() -> None:
    lock = read(
        "--extra-index-url=https://b.invalid/ -f ./links --find-links https://c.invalid/page\n"
        "--trusted-host 'b.invalid:8443'\n-ihttps://index.invalid/\na==1\n./b-1.0.tar.gz\n"
        "-r sub/more.txt\n",
        sub__more="--find-links wheels\n",
    )
    a, b = lock.packages
    assert a.index == "https://index.invalid/"
    assert a.lookup == Lookup(
        index="https://index.invalid/",
        extra_indexes=("https://b.invalid/",),
        find_links=("links", "https://c.invalid/page", "sub/wheels"),
        trusted_hosts=("b.invalid:8443",),
    )
    assert (b.index, b.lookup) == (None, None)


def test_no_index_and_only_an_index() -> None:
    assert read("--no-index\n-f .\na==1").packages[0].lookup == Lookup(
        no_index=True, find_links=(".",)
    )
    assert read("-i https://index.invalid/\na==1").packages[0].lookup is None


@pytest.mark.parametrize("host", ["a b", "https://a.invalid", "a.invalid/x", "u@a.invalid"])
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(LockError, match="line 1"):
        read(f"--trusted-host '{host}'\na==1")


@pytest.mark.parametrize(
    ("options", "a", "b"),
    [
        ("--no-binary a", "sdists", None),
        ("--only-binary=A,b", "wheels", "wheels"),
        ("--no-binary :all:", "sdists", "sdists"),
        ("--no-binary :all: --only-binary a", "wheels", "sdists"),
        ("--only-binary a --no-binary a", "sdists", None),
        ("--only-binary a --no-binary :all:", "sdists", "sdists"),
        ("--no-binary a --no-binary :none:", None, None),
        ("--no-binary a,:none:,b", None, "sdists"),
        ("--only-binary :all: --no-binary b", "wheels", "sdists"),
    ],
)
def test_which_kinds_of_files_may_be_taken(options: str, a: str | None, b: str | None) -> None:
    lock = read(f"a==1\nb==1\n{options}\n")
    assert [package.only for package in lock.packages] == [a, b]


def test_a_kind_of_files_of_no_name() -> None:
    with pytest.raises(LockError, match="line 1"):
        read("--no-binary 'a --index-url'\na==1")


def test_every_entry_has_the_hash_that_the_file_requires() -> None:
    hashed = f"a==1 --hash=sha256:{SHA}\n"
    assert len(read(f"--require-hashes\n{hashed}").packages) == 1
    for bad in ("b==1", "-e .", f"c @ git+https://files.invalid/c@{COMMIT}"):
        with pytest.raises(LockError, match=r"has no hash, and reqs\.txt, line 1") as caught:
            read(f"--require-hashes\n{hashed}{bad}\n")
        assert caught.value.table == "line 3"


def test_constraints_that_hold_change_nothing() -> None:
    text = "a==1.0\nb==2 ; python_version < '3'\n"
    constraints = "a>=1\nb==1 ; python_version >= '3'\nc==9\n-i https://index.invalid/\n"
    lock = read(f"{text}-c c.txt\n", c=constraints)
    assert [(p.name, str(p.version), p.index) for p in lock.packages] == [
        ("a", "1.0", "https://index.invalid/"),
        ("b", "2", "https://index.invalid/"),
    ]


@pytest.mark.parametrize("constraint", ["a==1.1", "a @ https://files.invalid/a-1.0.tar.gz", "A<1"])
def test_a_constraint_that_contradicts_a_pin(constraint: str) -> None:
    with pytest.raises(LockError, match="contradicts the constraint") as caught:
        read("-c sub/c.txt\na==1.0\n", sub__c=f"# nothing\n{constraint}\n")
    assert (caught.value.file, caught.value.table) == ("reqs.txt", "line 2")
    assert "of sub/c.txt, line 2" in str(caught.value)


def test_hashes_of_constraints() -> None:
    other = "0" * 64
    (bare,) = read("-c c.txt\na==1", c=f"a==1 --hash=sha256:{SHA}").packages
    assert bare.hashes == (SHA256,)
    both = f"a==1 --hash=sha256:{SHA} --hash=sha256:{other}\n-c c.txt"
    assert read(both, c=f"a==1 --hash=sha256:{SHA}").packages[0].hashes == (SHA256,)
    with pytest.raises(LockError, match=r"no hash of a is also one of c\.txt, line 1"):
        read(f"a==1 --hash=sha256:{other}\n-c c.txt", c=f"a==1 --hash=sha256:{SHA}")


@pytest.mark.parametrize("constraint", ["-e ./x", "./x", "a=1", "a==1 --hash=md5"])
def test_what_is_no_constraint(constraint: str) -> None:
    with pytest.raises(LockError) as caught:
        read("a==1\n-c c.txt", c=constraint)
    assert (caught.value.file, caught.value.table) == ("c.txt", "line 1")


def test_a_constraint_that_is_not_there() -> None:
    with pytest.raises(LockError, match=r"cannot include 'c\.txt': there is no such file"):
        read("a==1\n-c c.txt\n")


def test_settings_for_builds() -> None:
    package = one("a==1 --config-settings a=b -C c='d=e f' --config-settings \"--x=y\"")
    assert package.config_settings == (("a", "b"), ("c", "d=e f"), ("--x", "y"))
    assert one("-e . --config-setting a=").config_settings == (("a", ""),)


@pytest.mark.parametrize("setting", ["a", "=b", "'a=\"b'", "a=b\\c"])
def test_what_is_no_setting(setting: str) -> None:
    with pytest.raises(LockError, match="is not KEY=VALUE"):
        read(f"a==1 --config-settings {setting}")


def test_an_option_that_pip_has_no_more() -> None:
    with pytest.raises(LockError, match="--global-option cannot stand behind") as caught:
        read("a==1 --global-option=x")
    assert "--config-settings" in caught.value.hint


def test_variables_come_from_the_environment_that_is_given() -> None:
    lock = read(
        "-i https://${USER}:${PASS_1}@index.invalid/\na==1", {"USER": "me", "PASS_1": "secret"}
    )
    assert lock.packages[0].index == "https://me:secret@index.invalid/"


@pytest.mark.parametrize(
    "line",
    [
        "a @ https://user:${SECRET}@files.invalid/a 1.0.zip",
        "a @ https://${SECRET}[/a-1.0.zip",
        "--index-url https://${SECRET}/a b",
        "a==1.0 --${SECRET}",
        "a==1.0 --hash=${SECRET}",
        "-r ${SECRET}/lost.txt",
    ],
)
def test_an_error_does_not_tell_a_variables_value(line: str) -> None:
    with pytest.raises(LockError) as caught:
        read(line, environment={"SECRET": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "cannot be read once its variables are replaced" in str(caught.value)
    assert caught.value.table == "line 1"


@pytest.mark.parametrize(
    "line", ["a==${SECRET}", "a==1.${SECRET}", "a==1.0 ; os_name == '${SECRET}'", "./a; ${SECRET}"]
)
def test_a_variable_pins_nothing(line: str) -> None:
    with pytest.raises(LockError, match="a variable in a version or a marker") as caught:
        read(line, environment={"SECRET": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_variable_cannot_smuggle_a_line() -> None:
    with pytest.raises(LockError, match="control characters"):
        read("a @ https://files.invalid/${X}", {"X": "a\n--index-url https://evil.invalid"})


def test_an_error_does_not_tell_a_password() -> None:
    with pytest.raises(LockError) as caught:
        read("a @ https://me:${P}@files.invalid/x y", {"P": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_included_files_are_read_in_place_and_relative_to_their_own() -> None:
    lock = read(
        "a==1\n-r sub/one.txt\nd==4\n",
        sub__one="b==2\n-r ../two.txt\n",
        two="c==3\n-e .\n",
    )
    assert [item.name for item in lock.packages] == ["a", "b", "c", "app", "d"]


def test_an_error_in_an_included_file_names_that_file() -> None:
    with pytest.raises(LockError, match=r"^sub/one.txt, line 2: 'b' is not pinned"):
        read("-r sub/one.txt", sub__one="\nb\n")


def test_files_that_include_each_other() -> None:
    with pytest.raises(
        LockError, match=r"other.txt, line 1: .*: reqs.txt -> other.txt -> reqs.txt"
    ):
        read("-r other.txt", other="-r ./reqs.txt")


def test_a_file_that_is_included_twice_counts_once() -> None:
    assert len(read("-r a.txt\n-r a.txt", a="a==1").packages) == 1


def test_a_comment_ends_a_continued_line() -> None:
    first, second = read(f"a==1 \\\n  --hash=sha256:{SHA} \\\n  # via b\nc==1").packages
    assert (first.hashes, second.name) == ((SHA256,), "c")


def test_a_line_that_is_continued_to_the_end() -> None:
    assert one("a==1 \\\n").name == "a"


def test_a_file_of_comments_is_an_empty_lock() -> None:
    assert read("# nothing is needed\n").packages == ()
