from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import stat
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import pytest

from syncsteps.errors import StagingError
from syncsteps.interpreter.model import Scheme
from syncsteps.locks.model import Archive, Directory, Vcs
from syncsteps.staging.model import Clash
from syncsteps.staging.record import parse_record
from syncsteps.staging.tree import read_stage
from tests.support.interpreters import make_interpreter
from tests.support.locks import make_hash, make_lock
from tests.support.prefixes import select_version, selection_of, unpack
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncsteps.interpreter.model import Interpreter
    from syncsteps.selection.model import Selection
    from syncsteps.staging.model import Stage, StagedDistribution

SITE = "lib/python3.12/site-packages"
INFO = f"{SITE}/demo-1.0.dist-info"
TARGET = make_interpreter(Path("/opt/python"))
LOCK = make_lock(layout="flat")
NO_HASH = "0" * 64
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes and shebangs are POSIX's")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    (tmp_path / "stage").mkdir()
    return tmp_path / "stage"


def _read(prefix: Path, *wheels: Path, interpreter: Interpreter = TARGET) -> Stage:
    return _read_selection(prefix, selection_of(*wheels), interpreter=interpreter)


def _read_selection(
    prefix: Path, selection: Selection, *, interpreter: Interpreter = TARGET
) -> Stage:
    """Read a stage in which no two distributions have the same file."""

    def alone(name: str) -> NoReturn:
        raise AssertionError(f"{name} was to be staged alone")

    return read_stage(prefix, interpreter=interpreter, selection=selection, lock=LOCK, alone=alone)


def _targets(one: StagedDistribution) -> dict[str, int]:
    return {file.target.replace(os.sep, "/"): file.mode for file in one.files}


def _assert_record_is_true(one: StagedDistribution, site: Path) -> None:
    """Every file and nothing else is in RECORD, with its hash and size, seen from the target."""
    entries = {entry.path: entry for entry in parse_record((one.metadata / "RECORD").read_text())}
    assert set(entries) == {
        os.path.relpath(file.target, site).replace(os.sep, "/") for file in one.files
    }
    for file in one.files:
        content = Path(file.source).read_bytes()
        assert (file.sha256, file.size) == (hashlib.sha256(content).hexdigest(), len(content))
        entry = entries[os.path.relpath(file.target, site).replace(os.sep, "/")]
        digest = base64.urlsafe_b64encode(bytes.fromhex(file.sha256)).decode().rstrip("=")
        if Path(file.target).name == "RECORD":
            assert (entry.hash, entry.size) == ("", None)
        else:
            assert (entry.hash, entry.size) == (f"sha256={digest}", file.size)


@posix_only
def test_every_kind_of_file_finds_its_place(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(
        wheels,
        scripts={"run": "#!python\nx\n"},
        data={"data/share/demo/x.txt": "x", "headers/x.h": "h", "platlib/plat.py": ""},
        executable=["demo.py"],
    )
    unpack(wheel, prefix)
    stage = _read(prefix, wheel)
    assert stage.root == prefix
    assert stage.site == (prefix / SITE,)
    (one,) = stage.distributions
    assert (one.name, one.version, one.metadata) == ("demo", "1.0", prefix / INFO)
    assert _targets(one) == {
        "/opt/python/bin/run": 0o755,
        "/opt/python/include/python3.12/demo/x.h": 0o644,
        f"/opt/python/{INFO}/INSTALLER": 0o644,
        f"/opt/python/{INFO}/METADATA": 0o644,
        f"/opt/python/{INFO}/RECORD": 0o644,
        f"/opt/python/{INFO}/REQUESTED": 0o644,
        f"/opt/python/{INFO}/WHEEL": 0o644,
        f"/opt/python/{SITE}/demo.py": 0o755,
        f"/opt/python/{SITE}/plat.py": 0o644,
        "/opt/python/share/demo/x.txt": 0o644,
    }
    _assert_record_is_true(one, Path("/opt/python", SITE))


def test_another_depth_in_the_target_changes_record(wheels: Path, prefix: Path) -> None:
    site = Path("/usr/lib/deep/down/python3.12/dist-packages")
    scheme = Scheme(
        purelib=site,
        platlib=site,
        scripts=Path("/usr/local/bin"),
        headers=Path("/usr/include/python3.12"),
        data=Path("/usr/local"),
    )
    wheel = make_wheel(wheels, scripts={"run": "x\n"}, data={"data/etc/x": "x"})
    unpack(wheel, prefix, site="local/lib/python3.12/dist-packages", base="local/")
    (one,) = _read(prefix, wheel, interpreter=make_interpreter(scheme=scheme)).distributions
    paths = {entry.path for entry in parse_record((one.metadata / "RECORD").read_text())}
    assert {"../../../../../local/bin/run", "../../../../../local/etc/x", "demo.py"} < paths
    _assert_record_is_true(one, site)


def test_two_stages_of_the_same_are_the_same(wheels: Path, tmp_path: Path) -> None:
    wheel = make_wheel(wheels)
    stages = []
    for name in ("one", "two"):
        unpack(wheel, tmp_path / name, extra={"uv_cache.json": name, "uv_build.json": "{}"})
        (one,) = _read(tmp_path / name, wheel).distributions
        stages.append([(file.target, file.sha256, file.mode) for file in one.files])
    assert stages[0] == stages[1]
    assert not any(Path(target).name.startswith("uv_") for target, _, _ in stages[0])
    assert not (tmp_path / "one" / INFO / "uv_cache.json").exists()


def test_reading_again_gives_the_same(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels, scripts={"run": "#!python\nx\n"})
    unpack(wheel, prefix)
    first = _read(prefix, wheel)
    assert _read(prefix, wheel) == first


def test_byte_code_and_leftovers_stay_behind(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels, files={"demo.py": "", "__pycache__/demo.cpython-312.pyc": "x"})
    unpack(wheel, prefix)
    (prefix / ".lock").touch()
    (one,) = _read(prefix, wheel).distributions
    assert not any("pycache" in target or ".lock" in target for target in _targets(one))
    assert "pycache" not in (one.metadata / "RECORD").read_text()


@posix_only
def test_a_script_runs_the_target(wheels: Path, prefix: Path, tmp_path: Path) -> None:
    executable = tmp_path / "python3.12"
    executable.touch()
    spelled = tmp_path / "python3"
    spelled.symlink_to(executable)
    wheel = make_wheel(
        wheels, scripts={"ours": "#!python\nx\n", "other": "#!/bin/sh\n"}, data={"data/run": "#!/x"}
    )
    unpack(wheel, prefix, shebang=f"#!{spelled}\n")
    interpreter = make_interpreter(executable=executable)
    (one,) = _read(prefix, wheel, interpreter=interpreter).distributions
    assert (prefix / "bin/ours").read_text() == f"#!{executable}\nx\n"
    assert (prefix / "bin/other").read_text() == "#!/bin/sh\n"
    assert stat.S_IMODE((prefix / "bin/ours").stat().st_mode) == 0o755
    _assert_record_is_true(one, TARGET.scheme.purelib)


@posix_only
def test_files_that_are_linked_elsewhere_are_not_changed(
    wheels: Path, prefix: Path, tmp_path: Path
) -> None:
    executable = tmp_path / "py"
    executable.touch()
    spelled = tmp_path / "spelled"
    spelled.symlink_to(executable)
    wheel = make_wheel(wheels, scripts={"run": "#!python\n"})
    unpack(wheel, prefix, shebang=f"#!{spelled}\n", extra={"direct_url.json": "{}"})
    cache = tmp_path / "cache"
    cache.mkdir()
    before = {}
    for number, file in enumerate(sorted(prefix.rglob("*"))):
        if file.is_file():
            file.chmod(0o700 if file.name == "run" else 0o600)
            (cache / str(number)).hardlink_to(file)
            before[number] = (file.read_bytes(), file.stat().st_mode)
    (one,) = _read(prefix, wheel, interpreter=make_interpreter(executable=executable)).distributions
    assert {stat.S_IMODE(Path(file.source).stat().st_mode) for file in one.files} == {0o644, 0o755}
    for number, (content, mode) in before.items():
        file = cache / str(number)
        assert (file.read_bytes(), file.stat().st_mode) == (content, mode)


@posix_only
def test_odd_modes_are_evened(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    (prefix / SITE / "demo.py").chmod(0o4710)
    (prefix / INFO / "METADATA").chmod(0o666)
    (one,) = _read(prefix, wheel).distributions
    assert _targets(one)[f"/opt/python/{SITE}/demo.py"] == 0o755
    assert _targets(one)[f"/opt/python/{INFO}/METADATA"] == 0o644
    for file in one.files:
        assert stat.S_IMODE(Path(file.source).stat().st_mode) == file.mode


def test_direct_url_goes_for_what_an_index_has(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix, extra={"direct_url.json": '{"url": "https://h.invalid/x"}'})
    (one,) = _read(prefix, wheel).distributions
    assert not (prefix / INFO / "direct_url.json").exists()
    assert "direct_url" not in (one.metadata / "RECORD").read_text()


@pytest.mark.parametrize("staged", [None, "[" * 100_000, '{"url": "https://u:p@h.invalid/x.whl"}'])
@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            Archive(url="https://u:p@h.invalid/x.whl", hashes=(make_hash(),)),
            {
                "archive_info": {"hash": f"sha256={NO_HASH}", "hashes": {"sha256": NO_HASH}},
                "url": "https://h.invalid/x.whl",
            },
        ),
        (
            Vcs(type="git", url="https://u:p@h.invalid/r", commit_id="0"),
            {"url": "https://h.invalid/r", "vcs_info": {"commit_id": "0", "vcs": "git"}},
        ),
        (Directory(path="."), {"dir_info": {}, "url": "file:///project"}),
    ],
)
def test_direct_url_is_the_locks_for_the_rest(
    wheels: Path,
    prefix: Path,
    source: Archive | Vcs | Directory,
    expected: dict[str, object],
    staged: str | None,
) -> None:
    extra = {} if staged is None else {"direct_url.json": staged}
    unpack(make_wheel(wheels), prefix, extra=extra)
    selection = selection_of(select_version("demo", source=source))
    (one,) = _read_selection(prefix, selection).distributions
    assert (prefix / INFO / "direct_url.json").read_text() == json.dumps(expected, sort_keys=True)
    _assert_record_is_true(one, TARGET.scheme.purelib)


@posix_only
def test_it_does_not_show_which_installer_did_the_work(wheels: Path, tmp_path: Path) -> None:
    wheel = make_wheel(
        wheels,
        entry_points={"console_scripts": {"tool": "demo:main"}, "gui_scripts": {"win": "demo:w.x"}},
        scripts={"own": "#!python\nx\n"},
    )
    stages = []
    for name, notes, shebang in (
        ("one", {"INSTALLER": "one"}, "#!/opt/python/bin/python3.12\n"),
        (
            "two",
            {"INSTALLER": "two\r\n", "direct_url.json": "{}"},
            "#!/opt/python/bin/python3.12\n",
        ),
    ):
        prefix = tmp_path / name
        made = {f"bin/{script}": f"{shebang}# {name}\n" for script in ("tool", "win")}
        unpack(wheel, prefix, shebang=shebang, extra=notes, installed=made)
        (one,) = _read(prefix, wheel).distributions
        stages.append([(file.target, file.sha256, file.mode) for file in one.files])
        _assert_record_is_true(one, TARGET.scheme.purelib)
    assert stages[0] == stages[1]
    assert (prefix / INFO / "INSTALLER").read_text() == "syncsteps\n"
    assert (prefix / "bin" / "win").read_text() == (
        "#!/opt/python/bin/python3.12\nimport sys\n\nfrom demo import w\n\n"
        'if __name__ == "__main__":\n    sys.exit(w.x())\n'
    )
    assert stat.S_IMODE((prefix / "bin" / "win").stat().st_mode) == 0o755


def test_a_file_that_record_forgot_goes_along(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels, files={"demo/__init__.py": "", "other/__init__.py": ""})
    unpack(wheel, prefix, unlisted={f"{SITE}/demo/deep/data.bin": "x", f"{INFO}/RECORD.jws": "s"})
    (one,) = _read(prefix, wheel).distributions
    assert f"/opt/python/{SITE}/demo/deep/data.bin" in _targets(one)
    assert f"/opt/python/{INFO}/RECORD.jws" in _targets(one)
    _assert_record_is_true(one, TARGET.scheme.purelib)


@pytest.mark.parametrize("path", ["stray.txt", f"{SITE}/stray.py", "bin/stray", f"{SITE}/ns/x.py"])
def test_a_file_that_is_nobodys_is_refused(wheels: Path, prefix: Path, path: str) -> None:
    one = make_wheel(wheels, "one", files={"ns/one/__init__.py": "1"}, scripts={"one": "x"})
    two = make_wheel(wheels, "two", files={"ns/two/__init__.py": "2"}, scripts={"two": "x"})
    unpack(one, prefix)
    unpack(two, prefix, unlisted={path: "x"})
    with pytest.raises(StagingError, match=f"{path} was staged, and no distribution's RECORD"):
        _read(prefix, one, two)


def test_a_line_of_record_without_a_file_is_dropped(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels, files={"demo.py": "", "gone.py": ""})
    unpack(wheel, prefix)
    (prefix / SITE / "gone.py").unlink()
    (one,) = _read(prefix, wheel).distributions
    _assert_record_is_true(one, TARGET.scheme.purelib)


@pytest.mark.parametrize("path", ["../../../../etc/passwd", "/etc/passwd", "../../../.."])
def test_record_may_not_lead_out(wheels: Path, prefix: Path, path: str) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    with (prefix / INFO / "RECORD").open("a") as file:
        file.write(f"{path},,\n")
    with pytest.raises(StagingError, match=r"names a file outside the prefix"):
        _read(prefix, wheel)


@posix_only
@pytest.mark.parametrize("what", ["file", "directory", "pipe"])
def test_links_and_pipes_are_refused(wheels: Path, prefix: Path, what: str) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    if what == "pipe":
        os.mkfifo(prefix / SITE / "odd")
    else:
        (prefix / SITE / "odd").symlink_to("/etc/passwd" if what == "file" else "/etc")
    with pytest.raises(StagingError, match=f"the installer staged {SITE}/odd, which is"):
        _read(prefix, wheel)


def test_what_is_missing_surplus_or_of_another_version(wheels: Path, prefix: Path) -> None:
    for name in ("one", "two", "three"):
        unpack(make_wheel(wheels, name), prefix)
    selection = selection_of(
        select_version("one", "1.1"), select_version("two", None), select_version("four", "4.0")
    )
    with pytest.raises(StagingError, match="what was staged is not what the lock says") as caught:
        _read_selection(prefix, selection)
    assert caught.value.details == (
        "three 1.0 was staged, and the lock does not name it",
        "four 4.0 was not staged",
        "one 1.0 was staged, and the lock says 1.1",
    )


def test_nothing_staged(prefix: Path) -> None:
    with pytest.raises(StagingError, match=r"demo 1\.0 was not staged"):
        _read_selection(prefix, selection_of(select_version("demo")))


def test_two_versions_of_one_name(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    unpack(make_wheel(wheels, version="2.0"), prefix)
    with pytest.raises(StagingError, match=r"demo was staged twice: 1\.0 and 2\.0"):
        _read(prefix, wheel)


def test_versions_are_compared_as_versions_and_names_normalized(wheels: Path, prefix: Path) -> None:
    unpack(make_wheel(wheels, "Demo.Pkg", "1.0"), prefix)
    selection = selection_of(select_version("demo-pkg", "1.0.0"))
    (one,) = _read_selection(prefix, selection).distributions
    assert (one.name, one.version) == ("demo-pkg", "1.0")


def test_the_same_file_in_two_distributions(wheels: Path, prefix: Path) -> None:
    one = make_wheel(wheels, "one", files={"shared/__init__.py": "same", "one.py": ""})
    two = make_wheel(wheels, "two", files={"shared/__init__.py": "same", "two.py": ""})
    unpack(one, prefix)
    unpack(two, prefix)
    for distribution in _read(prefix, one, two).distributions:
        assert f"/opt/python/{SITE}/shared/__init__.py" in _targets(distribution)
        _assert_record_is_true(distribution, TARGET.scheme.purelib)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_different_content_in_two_distributions(
    order: tuple[int, int], wheels: Path, prefix: Path
) -> None:
    pair = (
        make_wheel(wheels, "opencv-one", files={"cv2/__init__.py": "one", "cv2/same.py": ""}),
        make_wheel(wheels, "opencv-two", files={"cv2/__init__.py": "two!", "cv2/same.py": ""}),
    )
    for number in order:
        unpack(pair[number], prefix)
    places = iter(("first", "second"))

    @contextlib.contextmanager
    def alone(name: str) -> Iterator[Path]:
        place = prefix.parent / next(places)
        unpack(pair[["opencv-one", "opencv-two"].index(name)], place)
        yield place

    stage = read_stage(
        prefix, interpreter=TARGET, selection=selection_of(*pair), lock=LOCK, alone=alone
    )
    target = TARGET.scheme.purelib / "cv2/__init__.py"
    assert stage.clashes == (Clash(loser="opencv-one", winner="opencv-two", target=target),)
    assert (prefix / SITE / "cv2/__init__.py").read_text() == "two!"
    for distribution in stage.distributions:
        assert target.as_posix() in _targets(distribution)
        _assert_record_is_true(distribution, TARGET.scheme.purelib)


def test_two_staged_files_for_one_place(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(
        wheels, data={"headers/x.h": "h", "data/include/site/python3.12/demo/x.h": ""}
    )
    unpack(wheel, prefix)
    with pytest.raises(StagingError, match=r"were both staged for /opt/python/include"):
        _read(prefix, wheel)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("METADATA", "Metadata-Version: 2.1\nName: demo\n"),
        ("METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: new\n"),
        ("METADATA", "Metadata-Version: 2.1\nVersion: 1.0\n"),
        ("RECORD", "a,b,c,d\n"),
        ("RECORD", "\udcff"),
        ("RECORD", None),
    ],
)
def test_damaged_metadata(wheels: Path, prefix: Path, file: str, text: str | None) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    path = prefix / INFO / file
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StagingError, match=r"staged in demo-1\.0\.dist-info"):
        _read(prefix, wheel)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_description_has_no_headers(wheels: Path, prefix: Path, newline: str) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)
    lines = ("Metadata-Version: 2.1", "Name: demo", "Version: 1.0", "", "Name: other", "")
    (prefix / INFO / "METADATA").write_bytes(newline.join(lines).encode())
    (one,) = _read(prefix, wheel).distributions
    assert (one.name, one.version) == ("demo", "1.0")


def test_no_space_is_a_sentence(
    wheels: Path, prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = make_wheel(wheels)
    unpack(wheel, prefix)

    opened = Path.open

    def full(path: Path, mode: str = "r", **options: Any) -> IO[Any]:  # noqa: ANN401 - passed on
        if mode == "xb":
            raise OSError(28, "No space left on device", str(path))
        return opened(path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StagingError, match="cannot be made ready: No space left") as caught:
        _read(prefix, wheel)
    assert caught.value.details[0].endswith("INSTALLER")


def test_a_directory_with_nothing_but_files_is_full(wheels: Path, prefix: Path) -> None:
    wheel = make_wheel(wheels, data={"data/share/demo/x.txt": "x", "data/etc/demo.cfg": ""})
    unpack(wheel, prefix)
    assert _read(prefix, wheel).full == (prefix / "etc", prefix / "lib", prefix / "share")
    (prefix / SITE / "__pycache__").mkdir()
    (prefix / "share" / "demo" / "empty").mkdir()
    assert _read(prefix, wheel).full == (prefix / "etc",)
