from __future__ import annotations

import datetime as dt
import re
import sys
import zipfile
from pathlib import Path

import pytest
import tomli

from syncsteps.errors import InterpreterError
from syncsteps.interpreter.profiles import find_profile, tables, to_interpreter
from syncsteps.interpreter.profiles.tables import FAMILIES, profiles_of, standard_library
from syncsteps.processes import run
from tests.support.profiles import DEBIAN, UBUNTU, Release, facts_of, to_table

ALL = [profile for family in FAMILIES for profile in profiles_of(family).values()]
ROOT = Path(tables.__file__).resolve().parents[3]


@pytest.mark.parametrize("profile", ALL, ids=[profile.name for profile in ALL])
def test_each_profile_says_where_its_facts_are_from_and_when(profile: tables.Profile) -> None:
    assert len(profile.source) > 40
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", profile.as_of)
    assert "://" not in profile.source + profile.approximate
    assert "  " not in profile.source + profile.approximate


def test_a_family_has_the_names_that_start_with_its_own() -> None:
    for family in FAMILIES:
        names = list(profiles_of(family))
        assert names
        assert all(re.fullmatch(family + r"(\d*[:-].+|\d+)", name) for name in names)


def test_what_a_later_part_says_counts_and_sources_and_distributions_add_up() -> None:
    old = profiles_of("python")["python:3.10-slim"]
    names = [one["name"] for one in old.facts["distributions"]]
    assert names == ["pip", "setuptools", "wheel"]
    assert old.facts["build_tools"] == []
    assert profiles_of("python")["python:3.10"].facts["build_tools"] == ["cc", "c++", "make"]
    assert "The slim images" in old.source
    assert old.source.startswith("Dockerfiles of")
    assert "; packaging is there too" in old.approximate
    assert "packaging" not in profiles_of("python")["python:3.13-slim"].approximate
    assert {"source", "as_of", "approximate"} & old.facts.keys() == set()


def test_no_part_is_left_over() -> None:
    for family in FAMILIES:
        table = tables._read(family)  # noqa: SLF001 - the parts are nowhere else
        used = {part for parts in table["profiles"].values() for part in parts}
        assert used == set(table["parts"]), family


class TestStandardLibrary:
    @pytest.mark.skipif(sys.version_info < (3, 10), reason="3.9 does not say")
    def test_of_this_version_it_is_what_python_says(self) -> None:
        own = "{}.{}".format(*sys.version_info)
        if own not in tables._read("standard_library"):  # noqa: SLF001 - as above
            pytest.skip(f"Python {own} is in no profile")
        said = {name for name in sys.stdlib_module_names if not name.startswith("_")}
        assert standard_library(own) == said

    def test_modules_come_and_go(self) -> None:
        assert {"distutils", "telnetlib"} <= standard_library("3.11")
        assert {"distutils", "telnetlib"} & standard_library("3.12") == {"telnetlib"}
        assert {"telnetlib", "annotationlib"} & standard_library("3.14") == {"annotationlib"}
        assert "tomllib" not in standard_library("3.10")

    def test_every_profile_has_its_version(self) -> None:
        versions = set(tables._read("standard_library"))  # noqa: SLF001 - as above
        assert {profile.python for profile in ALL} - versions == {"3.6"}


def test_the_tables_can_be_read_from_a_zip_file(tmp_path: Path) -> None:
    archive = tmp_path / "syncsteps.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted((ROOT / "syncsteps").rglob("*")):
            if path.suffix in {".py", ".toml"}:
                file.write(path, path.relative_to(ROOT))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from syncsteps.interpreter.profiles import profile_names\n"
        "import syncsteps; print(syncsteps.__file__); print(*profile_names(), sep='\\n')"
    )
    done = run([sys.executable, "-I", "-B", "-c", code, archive], timeout=60)
    assert done.status == 0, done.stderr
    where, *names = done.stdout.splitlines()
    assert where.startswith(str(archive))
    assert names == [profile.name for profile in ALL]


def test_a_table_that_is_not_there_is_an_error_and_no_traceback() -> None:
    with pytest.raises(InterpreterError, match=r"its table absent\.toml"):
        tables.profiles_of("absent")


@pytest.mark.skipif(sys.platform == "win32", reason="paths would be written in another way")
@pytest.mark.parametrize("releases", [DEBIAN, UBUNTU], ids=["debian", "ubuntu"])
def test_what_was_written_from_inspect_is_what_would_be_written_again(
    releases: tuple[Release, ...],
) -> None:
    family = releases[0].system.lower()
    written = tables._read(family)  # noqa: SLF001 - as above
    made = []
    for release in releases:
        profile, architecture = find_profile(f"{release.names[0]}@amd64", machine="")
        made.append((release, facts_of(to_interpreter(profile, architecture))))
    again = tomli.loads(to_table(made, today=dt.date(2026, 11, 28)))
    assert again["profiles"] == written["profiles"]
    for release in releases:
        before, after = (dict(table["parts"][release.suite]) for table in (written, again))
        for said in ("as_of", "source"):  # of the day, and of the processor
            assert before.pop(said)
            assert after.pop(said)
        assert after == before
