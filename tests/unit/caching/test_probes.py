from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from syncsteps.caching import probes
from syncsteps.caching.probes import keep_probe, recall_probe
from syncsteps.interpreter.model import InstalledDistribution, Scheme
from syncsteps.settings import Settings
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncsteps.interpreter.model import Interpreter

HOUR = 3600 * 10**9
DIRECT_URL = '{"url": "https://user:secret@index.invalid/a-1.0.whl"}'


class Target:
    """A prefix with one distribution, and a cache beside it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.prefix = directory / "sys"
        self.site = self.prefix / "lib" / "python3.12" / "site-packages"
        self.metadata = self.site / "alpha-1.0.dist-info"
        self.program = self.prefix / "bin" / "python3.12"
        for path in (self.metadata, self.program.parent):
            path.mkdir(parents=True)
        (self.prefix / "conda-meta").mkdir()
        (self.prefix / "conda-meta" / "alpha-1.0-0.json").write_text("{}")
        (self.metadata / "METADATA").write_text("Name: alpha\nVersion: 1.0\n")
        self.program.write_text("a program")
        self.settings = Settings(directory=directory, cache_dir=str(directory / "cache"))

    @property
    def interpreter(self) -> Interpreter:
        return make_interpreter(
            self.prefix,
            executable=self.program,
            sys_path=(self.site,),
            site_packages=(self.site,),
            scheme=Scheme(
                purelib=self.site,
                platlib=self.site,
                scripts=self.program.parent,
                headers=self.prefix / "include",
                data=self.prefix,
            ),
            distributions=(
                InstalledDistribution(
                    name="alpha",
                    version="1.0",
                    location=self.site,
                    metadata=self.metadata,
                    direct_url=DIRECT_URL,
                ),
            ),
        )

    def keep(self, *, later: int = HOUR) -> str:
        return keep_probe(
            self.interpreter,
            settings=self.settings,
            environment={},
            moment=time.time_ns() + later,
        )

    def recall(self, program: Path | None = None) -> Interpreter | None:
        return recall_probe(program or self.program, settings=self.settings, environment={})

    @property
    def kept(self) -> list[Path]:
        return sorted((self.directory / "cache").glob("probes/*"))


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return Target(tmp_path)


def test_what_has_been_kept_is_recalled_to_the_letter(target: Target) -> None:
    assert target.recall() is None
    assert target.keep() == ""
    assert target.recall() == target.interpreter
    bare = recall_probe(
        target.program, settings=target.settings, environment={}, with_distributions=False
    )
    assert bare == replace(target.interpreter, distributions=(), broken=())
    # It says what is installed, in all detail.
    assert [path.stat().st_mode & 0o077 for path in target.kept if os.name == "posix"] in ([0], [])


def add_a_distribution(target: Target) -> None:
    (target.site / "beta-1.0.dist-info").mkdir()


def change_its_metadata(target: Target) -> None:
    (target.metadata / "METADATA").write_text("Name: alpha\nVersion: 1.1\n")


def add_code_at_the_start(target: Target) -> None:
    (target.site / "sitecustomize.py").write_text("import sys")


def replace_the_program(target: Target) -> None:
    target.program.unlink()
    target.program.write_text("a program")


def add_a_record_of_conda(target: Target) -> None:
    (target.prefix / "conda-meta" / "beta-1.0-0.json").write_text("{}")


def change_a_record_of_conda(target: Target) -> None:
    (target.prefix / "conda-meta" / "alpha-1.0-0.json").write_text('{"name": "other"}')


def make_it_an_environment(target: Target) -> None:
    (target.prefix / "pyvenv.cfg").write_text("home = /usr/bin")


@pytest.mark.parametrize(
    "change",
    [
        add_a_distribution,
        change_its_metadata,
        add_a_record_of_conda,
        change_a_record_of_conda,
        add_code_at_the_start,
        replace_the_program,
        make_it_an_environment,
    ],
)
def test_nothing_holds_once_the_target_has_changed(
    target: Target, change: Callable[[Target], None]
) -> None:
    assert target.keep() == ""
    change(target)
    assert target.recall() is None


def test_nothing_is_kept_of_what_has_only_just_been_changed(target: Target) -> None:
    assert "only just" in target.keep(later=0)
    assert target.kept == []


def test_another_process_environment_is_another_target(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target.keep() == ""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    assert target.recall() is None
    monkeypatch.delenv("LD_LIBRARY_PATH")
    monkeypatch.setenv("SHLVL", "7")
    assert target.recall() == target.interpreter


def test_another_program_is_another_target(target: Target) -> None:
    assert target.keep() == ""
    other = target.program.with_name("python3")
    other.symlink_to(target.program)
    assert target.recall(other) is None


def test_another_version_of_the_probe_asks_again(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert target.keep() == ""
    monkeypatch.setattr(probes, "code_marks", lambda _folder: ())
    assert target.recall() is None


@pytest.mark.parametrize("content", [b"", b"damaged", None])
def test_what_is_damaged_is_ignored_and_replaced(target: Target, content: bytes | None) -> None:
    assert target.keep() == ""
    (file,) = target.kept
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] if content is None else content)
    assert target.recall() is None
    assert target.keep() == ""
    assert target.recall() == target.interpreter


def test_what_holds_is_not_written_again(target: Target) -> None:
    assert target.keep() == ""
    (file,) = target.kept
    before = file.stat()
    assert target.keep() == ""
    assert file.stat() == before


def test_no_cache_means_none(tmp_path: Path) -> None:
    target = Target(tmp_path)
    assert target.keep() == ""
    target.settings = Settings(directory=tmp_path, cache_dir=str(tmp_path / "cache"), no_cache=True)
    assert target.recall() is None
    assert target.keep() != ""
