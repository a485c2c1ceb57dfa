"""Locks that do not say where their files are become a pylock.toml that pip and uv install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import tomli
import uv
from packaging.pylock import Pylock
from packaging.tags import sys_tags
from packaging.version import Version

from syncsteps.cli import main
from syncsteps.interpreter import to_json
from syncsteps.locks import read_lock
from syncsteps.selection import Request, select
from syncsteps.selection.model import Pinned
from tests.support.index import Index
from tests.support.interpreters import make_interpreter
from tests.support.wheels import make_sdist, make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from syncsteps.selection import Selection

pytestmark = pytest.mark.enable_socket

POETRY = """
[[package]]
name = "one"
version = "1.0"
optional = false
python-versions = ">=3.8"
groups = ["main"]
files = [FILES]

[[package]]
name = "two"
version = "2.0a1+local"
optional = true
python-versions = "*"
groups = ["main"]
markers = "extra == 'fast'"
files = [FILES]

[[package]]
name = "three"
version = "1.0"
optional = false
python-versions = "*"
groups = ["dev"]
files = [FILES]

[extras]
fast = ["two"]

[metadata]
lock-version = "2.1"
python-versions = ">=3.8"
content-hash = "0"
"""
PDM = """
[metadata]
groups = ["default", "fast", "dev"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
content_hash = "sha256:0"

[[metadata.targets]]
requires_python = ">=3.8"

[[package]]
name = "one"
version = "1.0"
groups = ["default"]
files = [FILES]

[[package]]
name = "two"
version = "2.0a1+local"
groups = ["fast"]
files = [FILES]

[[package]]
name = "three"
version = "1.0"
groups = ["dev"]
files = [FILES]
"""
PDM_PROJECT = """
[project]
name = "app"
version = "1"
dependencies = ["one"]
[project.optional-dependencies]
fast = ["two"]
[dependency-groups]
dev = ["three"]
"""
SECRET = "not-to-be-told"  # noqa: S105 - an example
VERSIONS = {"one": "1.0", "two": "2.0a1+local", "three": "1.0"}


@dataclass
class Made:
    """An index, and a project whose locks name its files; ``told`` is what it adds to each."""

    index: Index
    directory: Path

    def files(self, name: str) -> list[Path]:
        return self.index.files(name)

    def hashes(self, name: str) -> list[str]:
        return [f"sha256:{sha256(path)}" for path in self.files(name)]

    def lock(self, kind: str) -> Path:
        """Write the lock of this kind and return where it is."""
        return getattr(self, f"_{kind}")()  # type: ignore[no-any-return]

    def _poetry(self) -> Path:
        return self._toml("poetry.lock", POETRY)

    def _pdm(self) -> Path:
        (self.directory / "pyproject.toml").write_text(PDM_PROJECT, encoding="utf-8")
        return self._toml("pdm.lock", PDM)

    def _toml(self, name: str, text: str) -> Path:
        for package in VERSIONS:
            rows = [
                f'{{file = "{path.name}", hash = "sha256:{sha256(path)}"}}'
                for path in self.files(package)
            ]
            text = text.replace("FILES", ", ".join(rows), 1)
        return self._written(name, text)

    def _pipfile(self) -> Path:
        def entry(name: str) -> dict[str, object]:
            return {"version": f"=={VERSIONS[name]}", "hashes": self.hashes(name)}

        document = {
            "_meta": {
                "hash": {"sha256": "0" * 64},
                "pipfile-spec": 6,
                "requires": {},
                "sources": [{"name": "here", "url": self.index.url, "verify_ssl": True}],
            },
            "default": {"one": entry("one")},
            "develop": {"three": entry("three")},
            "fast": {"two": entry("two")},
        }
        return self._written("Pipfile.lock", json.dumps(document))

    def _requirements(self) -> Path:
        lines = [
            f"{name}=={VERSIONS[name]} " + " ".join(f"--hash={each}" for each in self.hashes(name))
            for name in ("one", "two")
        ]
        return self._written("requirements.txt", "\n".join(lines))

    def _written(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def export(self, lock: Path, *arguments: str, **variables: str) -> tuple[int, Path]:
        """Export it as pylock.toml and return the exit code and where it is."""
        out = self.directory / "pylock.toml"
        environment = {**os.environ, "UV_NO_CONFIG": "1", "UV_NO_CACHE": "1"}
        environment |= {"UV_DEFAULT_INDEX": self.index.url, **variables}
        words = ["export", "--lock", lock.name, "--format", "pylock.toml", "-o", str(out)]
        status = main(
            [*words, *arguments],
            environment={name: value for name, value in environment.items() if value},
            directory=self.directory,
        )
        return status, out


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    folder, project = tmp_path / "files", tmp_path / "project"
    folder.mkdir()
    project.mkdir()
    for name, version in VERSIONS.items():
        make_wheel(folder, name, version)
        make_wheel(folder, name, version, tag="cp37-cp37m-win_amd64")
        make_sdist(folder, name, version)
    with Index(folder) as index:
        for path in index.files("one"):
            index.told[path.name] = {"requires-python": ">=3.8,<4", "yanked": "too old"}
        yield Made(index=index, directory=project)


CHOICES: Mapping[str, Sequence[tuple[Mapping[str, Any], list[str]]]] = {
    "poetry": (
        ({}, ["one"]),
        ({"extras": ("fast",)}, ["one", "two"]),
        ({"groups": ("dev",)}, ["one", "three"]),
        ({"extras": ("fast",), "groups": ("dev",)}, ["one", "three", "two"]),
    ),
    "pdm": (
        ({}, ["one"]),
        ({"extras": ("fast",)}, ["one", "two"]),
        ({"groups": ("dev",)}, ["one", "three"]),
    ),
    "pipfile": (
        ({}, ["one"]),
        ({"groups": ("fast",)}, ["one", "two"]),
        ({"groups": ("develop", "fast")}, ["one", "three", "two"]),
    ),
    "requirements": (({}, ["one", "two"]),),
}
EVERY = [(kind, *choice) for kind, choices in CHOICES.items() for choice in choices]


def _select(path: Path, choice: Mapping[str, Any]) -> Selection:
    tags = tuple(str(tag) for tag in sys_tags())
    return select(read_lock(path), Request(**choice), make_interpreter(tags=tags))


@pytest.mark.parametrize("kind", CHOICES)
def test_one_file_for_every_choice(
    kind: str, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = made.lock(kind)
    status, path = made.export(lock, "--universal")
    said = capsys.readouterr()
    total = 2 if kind == "requirements" else 3
    assert said.err == (
        f"asking the index for the addresses of {total} packages, which the lock does not have\n"
    )
    assert status == 0
    # Neither metadata is fetched nor anything built.
    assert made.index.count("/files/") == 0
    document = tomli.loads(path.read_text(encoding="utf-8"))
    Pylock.from_dict(document).validate()
    for package in document["packages"]:
        # Also wheels for versions of Python that not even Requires-Python allows.
        files = [*package["wheels"], package["sdist"]]
        names = [file["name"] for file in files]
        assert sorted(names) == [file.name for file in made.files(package["name"])]
        assert [file["url"] for file in files] == [made.index.file_url(name) for name in names]
        assert all(file["size"] for file in files)
        assert package["index"].rstrip("/") == made.index.url.rstrip("/")
    for choice, names in CHOICES[kind]:
        ours, theirs = _select(lock, choice), _select(path, choice)
        assert [item.name for item in theirs.packages] == names
        for item, other in zip(ours.packages, theirs.packages, strict=True):
            assert (item.name, item.package.version) == (other.name, other.package.version)
            if isinstance(item.chosen, Pinned):
                assert set(other.hashes) <= set(item.hashes)
            else:
                assert other.hashes == item.hashes


def test_the_lock_names_more_than_one_index(made: Made, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    wheel = make_wheel(tmp_path / "more", "four", "1.0")
    linked = make_wheel(made.directory, "five", "1.0")
    lock = made.lock("requirements")
    with Index(tmp_path / "more") as more:
        options = f"--index-url {made.index.url}\n--extra-index-url {more.url}\n--find-links .\n"
        lines = [f"{p.name[:4]}==1.0 --hash=sha256:{sha256(p)}\n" for p in (wheel, linked)]
        text = "".join([options, lock.read_text(encoding="utf-8"), "\n", *lines])
        lock.write_text(text, encoding="utf-8")
        # Neither of the indexes is the configured one.
        nowhere = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}
        status, path = made.export(lock, "--universal", **nowhere)
        assert status == 0
        found = {p["name"]: p["wheels"][0] for p in tomli.loads(path.read_text())["packages"]}
        assert found["four"]["url"] == more.file_url(wheel.name)
        assert found["five"]["path"] == linked.name
        assert found["one"]["url"].startswith(made.index.url.partition("/simple")[0])
        # With the source that is configured, none of them counts.
        status, _ = made.export(lock, "--universal", "--source", "index", **nowhere)
        assert status == 5


@pytest.mark.parametrize("source", ["lock", "index"])
def test_an_index_of_the_project_and_one_of_a_variable(
    source: str, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = made.lock("poetry")
    (made.directory / "pyproject.toml").write_text(
        '[[tool.uv.index]]\nname = "own"\nurl = "http://127.0.0.1:9/simple"\n', encoding="utf-8"
    )
    status, _ = made.export(lock, "--universal", "--source", source, UV_NO_CONFIG="")
    # The variable stands for the mirror that `index` is for; else the project's own comes first.
    assert status == {"lock": 5, "index": 0}[source], capsys.readouterr().err


@pytest.mark.parametrize("tool", ["pip", "uv"])
@pytest.mark.parametrize(("kind", "choice", "names"), EVERY)
def test_it_is_installed(
    tool: str, kind: str, choice: Mapping[str, Any], names: list[str], made: Made, tmp_path: Path
) -> None:
    status, path = made.export(made.lock(kind), "--universal")
    assert status == 0
    groups = choice.get("groups", ())
    if groups:
        groups = ({"poetry": "main"}.get(kind, "default"), *groups)
    extras = choice.get("extras", ())
    asked: list[str]
    if tool == "uv":
        command = [uv.find_uv_bin(), "pip", "install", "--no-cache", "--python", sys.executable]
        command += ["--preview-features", "pylock", "--no-config", "-r", str(path)]
        asked = [part for name in extras for part in ("--extra", name)]
        asked += [part for name in groups for part in ("--group", name)]
    else:
        pip = pytest.importorskip("pip")
        if Version(pip.__version__) < Version("26.3"):
            pytest.skip("this pip does not read groups and extras of a pylock.toml")
        command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input"]
        asked = ["-r", f"{path}[{','.join(extras)}]"] if extras or not groups else []
        asked = [word.replace("[]", "") for word in asked]
        asked += [part for name in groups for part in ("--group", f"{path}:{name}")]
    done = subprocess.run(
        [*command, "--target", tmp_path / "out", *asked],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    installed = sorted(
        each.name.removesuffix(".dist-info") for each in (tmp_path / "out").glob("*.dist-info")
    )
    assert installed == [f"{name}-{VERSIONS[name]}" for name in names]


@pytest.mark.parametrize("kind", CHOICES)
def test_for_one_target(kind: str, made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    status, path = made.export(made.lock(kind), "--python", sys.executable, "--allow-virtualenv")
    said = capsys.readouterr().err.splitlines()
    document = tomli.loads(path.read_text(encoding="utf-8"))
    expected = ["one", "two"] if kind == "requirements" else ["one"]
    assert status == 0
    # What is not for the target is not asked for.
    what = "2 packages" if kind == "requirements" else "1 package"
    assert said[-1] == f"asking the index for the addresses of {what}, which the lock does not have"
    assert [package["name"] for package in document["packages"]] == expected
    for package in document["packages"]:
        (wheel,) = package["wheels"]
        assert wheel["name"].endswith("py3-none-any.whl")
        assert wheel["url"] == made.index.file_url(wheel["name"])
        assert "sdist" not in package


def test_a_target_that_no_file_of_the_index_is_for(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made.lock("requirements")
    (windows,) = (file for file in made.files("two") if file.name.endswith("win_amd64.whl"))
    lines = [f"two=={VERSIONS['two']} --hash=sha256:{sha256(windows)}\n"]
    path.write_text("".join(lines), encoding="utf-8")
    interpreter = made.directory / "linux.json"
    interpreter.write_text(to_json(make_interpreter(version="3.12.1")), encoding="utf-8")
    status, out = made.export(path, "--interpreter", str(interpreter))
    assert status == 3
    assert "the lock has no file that this target can use of 1 of 1" in capsys.readouterr().err
    assert not out.exists()


def test_a_pin_without_hashes_is_refused(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    path = made.lock("requirements")
    path.write_text("one==1.0\n", encoding="utf-8")
    status, _ = made.export(path, "--universal")
    assert status == 3
    assert "pins one and names no file of it" in capsys.readouterr().err
    assert made.index.count() == 0


def test_nothing_is_asked_where_every_file_has_its_address(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    status, path = made.export(made.lock("poetry"), "--universal")
    first = path.read_bytes()
    capsys.readouterr()
    before = made.index.count()
    status, again = made.export(path.rename(path.with_name("pylock.first.toml")), "--universal")
    assert (status, capsys.readouterr().err) == (0, "")
    assert made.index.count() == before
    assert again.read_bytes() == first


@pytest.mark.parametrize("kind", ["poetry", "requirements"])
def test_a_replaced_file_is_refused(
    kind: str, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = made.lock(kind)
    for path in made.files("two"):
        path.write_bytes(path.read_bytes() + b"\0")
    status, path = made.export(lock, "--universal")
    error = capsys.readouterr().err
    assert status == 3
    assert not path.exists()
    said = {
        "poetry": "error ERR310: the index has other files than poetry.lock under the same names",
        "requirements": "the index has no file that requirements.txt names of two 2.0a1+local",
    }
    assert said[kind] in error


def test_a_file_that_is_gone_is_left_out(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    lock = made.lock("poetry")
    gone = next(path for path in made.files("two") if path.name.endswith("win_amd64.whl"))
    gone.unlink()
    status, path = made.export(lock, "--universal", "--quiet")
    assert status == 0
    assert capsys.readouterr().err == f"warning: left out: the index has no {gone.name} any more\n"
    assert gone.name not in path.read_text(encoding="utf-8")


def test_releases_that_are_gone_are_all_named(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = made.lock("poetry")
    for name in ("one", "three"):
        for path in made.files(name):
            path.unlink()
    make_wheel(made.index.directory, "three", "9.0")
    status, _ = made.export(lock, "--universal")
    error = capsys.readouterr().err
    assert status == 3
    assert "the index has no file that poetry.lock names of 2 packages" in error
    assert "  | one 1.0\n  | three 1.0\n" in error


def test_an_index_that_does_not_answer(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    lock = made.lock("poetry")
    made.index.stop()
    status, path = made.export(lock, "--universal", UV_HTTP_RETRIES="0")
    assert status == 5
    assert "error ERR500: uv failed: the network does not give" in capsys.readouterr().err
    assert not path.exists()


def test_without_a_network(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = made.export(made.lock("poetry"), "--universal", UV_OFFLINE="1")
    assert status == 5
    assert "uv may not use the network, and its cache does not" in capsys.readouterr().err
    assert made.index.count() == 0


def test_an_index_that_wants_credentials(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.index.failures, made.index.failure_status = 1000, 401
    status, _ = made.export(made.lock("poetry"), "--universal")
    assert status == 5
    assert "the index refused the credentials, or got none" in capsys.readouterr().err


def test_without_uv(
    made: Made, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uv", None)
    status, _ = made.export(made.lock("poetry"), "--universal", PATH="")
    error = capsys.readouterr().err
    assert status == 5
    assert "there is no uv to ask an index" in error
    assert "what to do: install uv" in error


def test_what_hides_files_from_uv_elsewhere_does_not_here(made: Made, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "uv").mkdir(parents=True)
    (home / "uv" / "uv.toml").write_text(
        'exclude-newer = "2001-01-01"\nno-sources = true\nno-binary = true\n', encoding="utf-8"
    )
    hiding = {"UV_EXCLUDE_NEWER": "2001-01-01", "UV_NO_BINARY": "1", "UV_PRERELEASE": "disallow"}
    status, path = made.export(
        made.lock("poetry"), "--universal", UV_NO_CONFIG="", XDG_CONFIG_HOME=str(home), **hiding
    )
    assert status == 0
    packages = tomli.loads(path.read_text(encoding="utf-8"))["packages"]
    assert [len(package["wheels"]) for package in packages] == [2, 2, 2]


def test_a_folder_of_files(made: Made) -> None:
    lock = made.lock("requirements")
    (made.directory / "uv.toml").write_text(
        'no-index = true\nfind-links = ["../files"]\n', encoding="utf-8"
    )
    status, path = made.export(lock, "--universal", UV_NO_CONFIG="", UV_DEFAULT_INDEX="")
    assert status == 0
    assert made.index.count() == 0
    packages = tomli.loads(path.read_text(encoding="utf-8"))["packages"]
    places = [package["sdist"]["path"] for package in packages]
    assert places == ["../files/one-1.0.tar.gz", "../files/two-2.0a1+local.tar.gz"]
    assert all("index" not in package for package in packages)


class TestIndexes:
    @pytest.fixture
    def other(self, made: Made, tmp_path: Path) -> Iterator[Index]:
        """Serve another file for one of the packages, and nothing else."""
        folder = tmp_path / "other"
        make_wheel(folder, "two", VERSIONS["two"], files={"two.py": "OTHER = 1\n"})
        with Index(folder) as index:
            index.told = made.index.told
            yield index

    def poetry_with(self, made: Made, other: Index) -> Path:
        """Return a lock in which ``two`` is of the other index."""
        lock = made.lock("poetry")
        source = f'[package.source]\ntype = "legacy"\nurl = "{other.url}"\nreference = "other"\n'
        (wheel,) = other.files("two")
        row = f'files = [{{file = "{wheel.name}", hash = "sha256:{sha256(wheel)}"}}]\n{source}'
        text = lock.read_text(encoding="utf-8")
        rows = [line for line in text.splitlines() if line.startswith("files = ")]
        lock.write_text(text.replace(rows[1], row), encoding="utf-8")
        return lock

    @pytest.mark.parametrize("no_config", ["1", ""])
    def test_the_locks_own_is_asked_for_what_is_from_there(
        self, no_config: str, made: Made, other: Index, tmp_path: Path
    ) -> None:
        home = str(tmp_path / "no-settings")
        variables = {"UV_NO_CONFIG": no_config, "XDG_CONFIG_HOME": home}
        status, path = made.export(self.poetry_with(made, other), "--universal", **variables)
        assert status == 0
        packages = tomli.loads(path.read_text(encoding="utf-8"))["packages"]
        urls = {package["name"]: package["wheels"][0]["url"] for package in packages}
        assert urls["two"].startswith(other.url.partition("simple")[0])
        assert urls["one"].startswith(made.index.url.partition("simple")[0])
        assert other.count("/simple/one") == made.index.count("/simple/two") == 0

    def test_unless_the_configured_one_is_wanted(
        self, made: Made, other: Index, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lock = self.poetry_with(made, other)
        status, _ = made.export(lock, "--universal", "--source", "index")
        assert status == 3
        assert "under the same names" in capsys.readouterr().err
        assert other.count() == 0

    def test_credentials_are_used_and_not_written(self, made: Made) -> None:
        lock = made.lock("pipfile")
        text = lock.read_text(encoding="utf-8")
        lock.write_text(text.replace("http://", "http://${WHO}:${PASS}@"), encoding="utf-8")
        status, path = made.export(lock, "--universal", UV_DEFAULT_INDEX="", WHO="me", PASS=SECRET)
        assert status == 0
        assert made.index.credentials
        written = path.read_text(encoding="utf-8")
        assert SECRET not in written
        assert "@" not in written


def test_two_versions_of_one_name(made: Made) -> None:
    make_wheel(made.index.directory, "one", "2.0", requires_python=">=3.12")
    (newer,) = (path for path in made.files("one") if "-2.0-" in path.name)
    made.index.told[newer.name] = {"requires-python": ">=3.12"}
    older = next(path for path in made.files("one") if path.name == "one-1.0-py3-none-any.whl")
    lock = made.directory / "requirements.txt"
    lock.write_text(
        f"one==1.0 ; python_version < '3.12' --hash=sha256:{sha256(older)}\n"
        f"one==2.0 ; python_version >= '3.12' --hash=sha256:{sha256(newer)}\n",
        encoding="utf-8",
    )
    status, path = made.export(lock, "--universal")
    assert status == 0
    packages = read_lock(path).packages
    assert [(str(p.version), [w.filename for w in p.wheels], p.sdist) for p in packages] == [
        ("1.0", [older.name], None),
        ("2.0", [newer.name], None),
    ]
    assert [str(package.marker) for package in packages] == [
        'python_version < "3.12"',
        'python_version >= "3.12"',
    ]
    assert replace(packages[0], marker=None) != replace(packages[1], marker=None)
