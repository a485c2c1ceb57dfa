"""The same sync in a throwaway view: in Debian roots, as an ordinary user, in a container."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uv

from syncsteps.processes import Completed, run
from tests.support.debian import debian_root
from tests.support.debian_tool import project_wheels
from tests.support.images import open_store
from tests.support.interpreters import throwaway_interpreter
from tests.support.projects import snapshot, write_pylock, write_requirements
from tests.support.wheels import make_wheel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.debian_tool import System
    from tests.support.images import Buildah
    from tests.support.index import Index

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

BREAK = "--break-system-packages"
RECEIPT = "/srv/receipt.json"
ORDINARY, NOBODY = 1234, 65534
REFUSED = 4
STATE = "/usr/local/lib/python3.11/.syncsteps"


def receipt_of(debian: System) -> str:
    (path,) = debian.root.check(["find", f"{STATE}/receipts", "-type", "f"]).splitlines()
    return debian.root.check(["cat", path])


def mounted(place: Path) -> list[str]:
    """The processes in whose namespace something of a reproduction is mounted below ``place``."""
    found = []
    for table in Path("/proc").glob("[0-9]*/mountinfo"):
        try:
            text = table.read_text()
        except OSError:
            continue
        if str(place / "tmp" / "syncsteps-reproduce-") in text:
            found.append(table.parent.name)
    return found


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
    return condition()


@pytest.mark.parametrize("kind", ["container", "chroot"])
def test_a_debian_sync_is_reproduced_in_another_root(
    kind: str, system: Callable[..., System]
) -> None:
    one, other = (system("bookworm", layered=kind == "container") for _ in range(2))
    for debian in (one, other):
        debian.lock(*project_wheels(debian.index.directory))
    assert one.run("sync", BREAK).status == 0
    text = receipt_of(one)
    other.root.write(RECEIPT, text)
    before = other.root.digest("/usr", "/etc", "/opt", "/var")

    done = other.run("reproduce", BREAK, "--against", RECEIPT, "--json", "/srv/report.json")

    assert done.status == 0, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("reproduced, as /srv/receipt.json says: 2 installed, "), done.stderr
    assert last.endswith(f"tree sha256:{json.loads(text)['digest']}")
    assert "2 of 2 import" in last
    assert other.root.digest("/usr", "/etc", "/opt", "/var") == before
    assert "high" not in other.installed()
    report = json.loads(other.root.check(["cat", "/srv/report.json"]))
    assert report["reproduction"]["isolation"] == "overlay"
    assert report["reproduction"]["executable"] == "/usr/bin/python3"
    assert "syncsteps-reproduce" not in other.root.check(["find", "/tmp", "/dev/shm"])  # noqa: S108


def test_this_machine_reproduces_a_sync_of_a_root(
    system: Callable[..., System], tmp_path: Path, index: Index
) -> None:
    release = platform.freedesktop_os_release()
    target = Path("/usr/bin/python3")
    if release.get("ID") != "debian" or not target.exists():
        pytest.skip("the Python of this machine is not Debian's")
    debian = system(release["VERSION_CODENAME"])
    wheels = project_wheels(index.directory)
    debian.lock(*wheels)
    done = debian.run("sync", BREAK, "--json", "/srv/report.json")
    assert done.status == 0, done.stderr
    report = tmp_path / "report.json"
    report.write_text(debian.root.check(["cat", "/srv/report.json"]), encoding="utf-8")
    write_requirements(tmp_path, wheels)
    before = snapshot(Path("/usr/local/bin"), Path("/usr/local/lib"), Path("/usr/local/share"))

    done = run(
        [sys.executable, "-m", "syncsteps", "reproduce", "--python", target, BREAK,
         "--isolation", "overlay", "--against", report],
        environment={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "UV_DEFAULT_INDEX": index.url,
            "PIP_INDEX_URL": index.url,
        },
        directory=tmp_path,
    )  # fmt: skip

    assert done.status == 0, done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"reproduced, as {report} says: 2 installed")
    after = snapshot(Path("/usr/local/bin"), Path("/usr/local/lib"), Path("/usr/local/share"))
    assert after == before


def test_what_differs_is_named(system: Callable[..., System]) -> None:
    one, other = system("bookworm"), system("bookworm")
    program, library = project_wheels(one.index.directory)
    extra = make_wheel(one.index.directory, "extra", "1.0")
    one.lock(program, library, extra)
    newer = make_wheel(one.index.directory, "low", "3.0", files={"low/__init__.py": "DEPTH = 3\n"})
    other.lock(program, newer)
    assert one.run("sync", BREAK).status == 0
    other.root.write(RECEIPT, receipt_of(one))

    done = other.run("reproduce", BREAK, "--against", RECEIPT)

    assert done.status == 1, done.stderr
    assert "differs: extra: missing here: 1.0 there" in done.stderr
    assert "differs: low: another version: 2.0 there, 3.0 here" in done.stderr
    assert "high" not in [
        line.split(":")[1] for line in done.stderr.splitlines() if "differs" in line
    ]
    assert "error ERR120: not reproduced: 2 distributions" in done.stderr


def test_a_distribution_that_apt_owns_is_replaced_in_the_view_alone(
    system: Callable[..., System],
) -> None:
    debian = system("bookworm", "python3-yaml")
    yaml = make_wheel(
        debian.index.directory, "pyyaml", "9.9.9", files={"yaml/__init__.py": "NEW = 1\n"}
    )
    debian.lock(yaml)
    before = debian.root.digest()

    refused = debian.run("reproduce", BREAK)
    allowed = debian.run("reproduce", BREAK, "--allow-replace", "pyyaml")

    assert refused.status == REFUSED, refused.stderr
    assert allowed.status == 0, allowed.stderr
    assert "1 of 1 import" in allowed.stderr
    assert debian.root.digest() == before


@pytest.mark.parametrize("isolation", ["auto", "overlay"])
def test_what_is_missing_is_named_with_how_to_get_it(
    isolation: str, system: Callable[..., System]
) -> None:
    debian = system("bookworm")
    debian.lock(*project_wheels(debian.index.directory))
    before = debian.root.digest()

    # In a chroot, ordinary users have no namespaces; and the system's Python is not to be copied.
    done = debian.run("reproduce", BREAK, "--isolation", isolation, user=NOBODY)

    assert done.status == REFUSED, done.stderr
    said = done.stderr.splitlines()[-2:]
    assert said[0].endswith("this user may not mount anything (unshare: EPERM)")
    assert said[1].startswith(
        "  what to do: run as root; in a container, start that with --cap-add"
    )
    assert "--image IMAGE" in said[1]
    assert debian.root.digest() == before


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """An interpreter that an ordinary user can reach, syncsteps for it, and a project."""

    place: Path
    tool: Path
    python: Path
    index: Index

    def run(
        self, verb: str, *arguments: str | Path, user: int = ORDINARY, terminal: str = ""
    ) -> Completed:
        command = self.command(verb, *arguments, user=user)
        return run(command, **self.surroundings(), input_text=terminal, timeout=300)

    def command(self, verb: str, *arguments: str | Path, user: int = ORDINARY) -> list[str | Path]:
        become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        target = ["--python", self.python, *arguments]
        return [*become, self.python, "-B", "-m", "syncsteps", verb, *target]

    def surroundings(self) -> dict[str, Any]:
        environment = {
            "HOME": str(self.place / "home"),
            "TMPDIR": str(self.place / "tmp"),
            "PATH": f"{self.tool}:{os.defpath}",
            "PYTHONPATH": str(self.tool / "lib"),
            "UV_DEFAULT_INDEX": self.index.url,
            "PIP_INDEX_URL": self.index.url,
            "LANG": "C.UTF-8",
            # Where it was copied from, it finds its library only for root.
            "LD_LIBRARY_PATH": str(self.prefix / "lib"),
        }
        return {"environment": environment, "directory": self.place / "project"}

    @property
    def prefix(self) -> Path:
        return self.python.parent.parent

    def lock(self, *wheels: Path) -> None:
        write_pylock(self.place / "project", self.index, wheels)

    def give(self, *places: Path, user: int = ORDINARY) -> None:
        for place in places:
            for path in (place, *place.rglob("*")):
                os.chown(path, user, user, follow_symlinks=False)


@pytest.fixture(scope="module")
def tool(tool_wheel: Path) -> Iterator[Path]:
    """A directory that every user can import syncsteps from, and that uv is in."""
    place = Path(tempfile.mkdtemp(prefix="syncsteps-tool-"))
    place.chmod(0o755)
    pip = [sys.executable, "-m", "pip", "install", "-q"]
    done = run([*pip, "--target", str(place / "lib"), str(tool_wheel)], timeout=300)
    assert done.status == 0, done.stderr
    shutil.copy(uv.find_uv_bin(), place / "uv")
    yield place
    shutil.rmtree(place)


@pytest.fixture
def machine(tool: Path, index: Index) -> Iterator[Machine]:
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed")
    place = Path(tempfile.mkdtemp(prefix="syncsteps-user-"))
    try:
        place.chmod(0o755)
        for name in ("home", "tmp", "project"):
            (place / name).mkdir()
        made = Machine(
            place=place, tool=tool, python=throwaway_interpreter(place / "system"), index=index
        )
        made.prefix.chmod(0o755)
        made.give(place / "home", place / "tmp", place / "project")
        probe = run(
            ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "unshare",
             "--user", "--mount", "true"]
        )  # fmt: skip
        if probe.status:
            pytest.skip(f"no user namespaces here: {probe.stderr}")
        yield made
    finally:
        shutil.rmtree(place)


def test_an_ordinary_user_reproduces_what_is_the_users_own(machine: Machine) -> None:
    machine.lock(*project_wheels(machine.index.directory))
    machine.give(machine.prefix)
    before = snapshot(machine.prefix)
    report = machine.place / "project" / "report.json"

    done = machine.run("reproduce", "--isolation", "overlay", "--json", report)

    assert done.status == 0, done.stderr
    assert "2 of 2 import" in done.stderr.splitlines()[-1]
    assert snapshot(machine.prefix) == before
    synced = machine.run("sync")
    assert synced.status == 0, synced.stderr
    assert json.loads(report.read_text())["digest"] in synced.stderr.splitlines()[-1]


def test_an_ordinary_user_reproduces_what_is_roots(machine: Machine) -> None:
    # Root has synced an earlier lock: its files are to be replaced, scripts and data among them.
    program, library = project_wheels(machine.index.directory)
    machine.lock(program, library)
    synced = machine.run("sync", user=0)
    assert synced.status == 0, synced.stderr
    machine.give(machine.place / "home")
    newer = make_wheel(
        machine.index.directory,
        "high",
        "2.0",
        files={"high/__init__.py": "from low import DEPTH\n", "high/main.py": "def run(): pass\n"},
        entry_points={"console_scripts": {"high": "high.main:run"}},
        data={"data/share/high/other.txt": "notes\n"},
    )
    machine.lock(newer, library)
    before = snapshot(machine.prefix)
    refused = machine.run("sync")
    assert refused.status == REFUSED, refused.stderr

    # What is not writable is, in the view.
    done = machine.run("reproduce", "--isolation", "overlay")

    assert done.status == 0, done.stderr
    assert "1 replaced, 1 kept" in done.stderr.splitlines()[-1]
    assert snapshot(machine.prefix) == before


def test_a_copy_is_as_good_as_the_original(machine: Machine) -> None:
    machine.lock(*project_wheels(machine.index.directory))
    machine.give(machine.prefix)
    before = snapshot(machine.prefix)
    file = machine.place / "project" / "copied.json"

    done = machine.run("reproduce", "--isolation", "copy", "--json", file)

    assert done.status == 0, done.stderr
    assert snapshot(machine.prefix) == before
    assert machine.run("sync", "--json", machine.place / "project" / "sync.json").status == 0
    receipts = list(machine.prefix.rglob(".syncsteps/receipts/*.json"))
    assert json.loads(file.read_text())["digest"] == json.loads(receipts[0].read_text())["digest"]
    assert list((machine.place / "tmp").iterdir()) == []


def test_the_shell_is_in_the_view(machine: Machine) -> None:
    machine.lock(*project_wheels(machine.index.directory))
    machine.give(machine.prefix)

    typed = "command -v high; high; touch $(command -v high).new\n"
    done = machine.run("reproduce", "--shell", terminal=typed)

    assert done.status == 0, done.stderr
    assert f"{machine.prefix}/bin/high\n2 {machine.python}" in done.stdout
    assert not list((machine.prefix / "bin").glob("high*"))


@pytest.mark.parametrize("isolation", ["overlay", "copy"])
def test_a_failure_in_the_view_leaves_all_as_it_was(machine: Machine, isolation: str) -> None:
    broken = make_wheel(
        machine.index.directory, "low", "2.0", files={"low/__init__.py": "import nowhere\n"}
    )
    machine.lock(broken)
    machine.give(machine.prefix)
    before = snapshot(machine.prefix)

    done = machine.run("reproduce", "--isolation", isolation)

    assert done.status == 1, done.stderr
    assert done.stderr.count("error ERR110: ") == 1
    assert "No module named 'nowhere'" in done.stderr
    assert snapshot(machine.prefix) == before
    assert list((machine.place / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_nothing_mounted(machine: Machine, number: int) -> None:
    files = {"low/__init__.py": "import time\ntime.sleep(600)\n"}
    machine.lock(make_wheel(machine.index.directory, "low", "2.0", files=files))
    machine.give(machine.prefix)
    before = snapshot(machine.prefix)
    told = machine.surroundings()
    with subprocess.Popen(
        machine.command("reproduce", "--isolation", "overlay"),
        env=told["environment"],
        cwd=told["directory"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("importing"):
                break
        assert mounted(machine.place) != []
        process.send_signal(number)
        process.wait(60)

    assert eventually(lambda: mounted(machine.place) == [])
    assert snapshot(machine.prefix) == before
    left = [path for path in (machine.place / "tmp").rglob("*") if path.is_file()]
    assert all(path.stat().st_size < 100_000 for path in left)
    if number == signal.SIGTERM:
        assert list((machine.place / "tmp").iterdir()) == []


WRAPPER = """\
#!/bin/sh
exec {program} --root {store}/root --runroot {store}/run "$@"
"""


@pytest.fixture
def buildah(tmp_path: Path) -> Iterator[Buildah]:
    """A buildah with images of its own."""
    with open_store(tmp_path / "store") as tool:
        yield tool


@pytest.fixture
def programs(buildah: Buildah, tmp_path: Path) -> Path:
    """A directory with that buildah as a program."""
    place = tmp_path / "bin"
    place.mkdir()
    text = WRAPPER.format(program=shutil.which("buildah"), store=buildah.store)
    (place / "buildah").write_text(text, encoding="utf-8")
    (place / "buildah").chmod(0o755)
    return place


def test_an_image_is_what_a_sync_is_reproduced_in(
    system: Callable[..., System],
    buildah: Buildah,
    programs: Path,
    index: Index,
    tmp_path: Path,
) -> None:
    bare = debian_root("bookworm")  # without uv
    debian = system("bookworm")
    wheels = project_wheels(index.directory)
    debian.lock(*wheels)
    assert debian.run("sync", BREAK).status == 0
    (tmp_path / "receipt.json").write_text(receipt_of(debian), encoding="utf-8")
    image = buildah.make(bare, "base")
    project = tmp_path / "project"
    project.mkdir()
    lock = debian.root.check(["cat", "/srv/project/requirements.txt"])
    (project / "requirements.txt").write_text(lock, encoding="utf-8")
    before = snapshot(project)

    done = run(
        [sys.executable, "-m", "syncsteps", "reproduce", "--image", image, BREAK,
         "--isolation", "buildah", "--installer", "uv",
         "--against", tmp_path / "receipt.json", "--json", "-"],
        environment={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "BUILDAH_ISOLATION": "chroot",
            "UV_DEFAULT_INDEX": index.url,
            "PIP_INDEX_URL": index.url,
        },
        directory=project,
        timeout=600,
    )  # fmt: skip

    assert done.status == 0, done.stderr
    assert "reproducing in a container of localhost/base, by buildah" in done.stderr
    assert "reproduced, as " in done.stderr.splitlines()[-1]
    report = json.loads(done.stdout)
    assert report["interpreter"]["executable"] == "/usr/bin/python3"
    assert report["reproduction"]["image"] == "localhost/base"
    assert {each["verdict"] for each in report["imports"]} == {"ok"}
    assert snapshot(project) == before
    assert "syncsteps-reproduce" not in buildah.check("containers")
