"""Rules on systems, in a Debian root with real apt packages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from syncsteps.cli import main
from tests.support.debian_tool import PROJECT
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.debian_tool import System

pytestmark = [pytest.mark.root, pytest.mark.enable_socket]

REFUSED = 4
BREAK = "--break-system-packages"
OPTIONS = (BREAK, "--ignore", "SYS001")
VERSION = "import urllib3; print(urllib3.__version__)"


def lock_urllib3(debian: System, version: str) -> None:
    files = {"urllib3/__init__.py": f"__version__ = {version!r}\n"}
    debian.lock(make_wheel(debian.index.directory, "urllib3", version, files=files))


def test_what_apt_installed_and_would_break_keeps_a_sync_from_going_on(
    system: Callable[..., System],
) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, "9.0")
    before = debian.root.digest()

    done = debian.run("sync", *OPTIONS)

    assert done.status == REFUSED, done.stderr
    said = " ".join(done.stderr.split())
    assert "SYS005" in said
    assert "of python3-requests (dpkg) in /usr/lib/python3/dist-packages stays, and needs" in said
    assert "needs urllib3<3,>=1.21.1" in said
    assert "9.0 would come for it" in said
    assert debian.root.digest() == before
    assert debian.index.requests == []


@pytest.mark.parametrize(
    ("version", "options"),
    [("2.99", OPTIONS), ("9.0", (BREAK, "--allow-replace", "urllib3"))],
)
def test_what_it_can_live_with_or_what_was_allowed_is_installed(
    version: str, options: tuple[str, ...], system: Callable[..., System]
) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, version)

    done = debian.run("sync", *options)

    assert done.status == 0, done.stderr
    assert "SYS005" not in done.stderr
    assert debian.python(VERSION) == version


def test_an_older_version_before_the_systems_is_told(system: Callable[..., System]) -> None:
    debian = system("trixie", "python3-requests")
    lock_urllib3(debian, "1.26.99")

    done = debian.run("sync", *OPTIONS)

    assert done.status == 0, done.stderr
    assert "SYS006" in done.stderr
    assert "would be hidden by the older 1.26.99" in " ".join(done.stderr.split())


# python3-gitlab needs python3-requests-toolbelt, and both need python3-requests.
DEPENDING = ("python3-gitlab", "yamllint")
SYSTEM_SITE = "/usr/lib/python3/dist-packages"


def lock(debian: System, *names: str, version: str) -> None:
    directory = debian.index.directory
    debian.lock(*(make_wheel(directory, name, version) for name in names))


def told(debian: System, verb: str, *options: str) -> tuple[int, dict[str, list[str]]]:
    """Run a verb and return its exit code and, by their code, the messages of its findings."""
    done = debian.run(verb, *options, "--json", "run.json")
    assert "Traceback" not in done.stderr
    document = json.loads(debian.root.check(["cat", f"{PROJECT}/run.json"]))
    messages: dict[str, list[str]] = {}
    for finding in document["findings"]:
        messages.setdefault(finding["code"], []).append(finding["message"])
    return done.status, messages


def test_what_needs_a_package_of_apt_is_named_as_apt_names_it(
    system: Callable[..., System], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    debian = system("trixie", *DEPENDING)
    lock(debian, "requests", "pyyaml", version="99.0")
    before = debian.root.digest()

    status, messages = told(debian, "sync", BREAK)

    assert status == REFUSED
    assert debian.root.digest() == before
    assert [message.partition(", of ")[2] for message in messages["SYS001"]] == [
        "python3-yaml (dpkg), which yamllint needs",
        "python3-requests (dpkg), which python3-gitlab and python3-requests-toolbelt need",
    ]

    snapshot = tmp_path / "trixie.json"
    snapshot.write_text(debian.run("inspect").stdout, "utf-8")
    owners = {
        found["owner"]["package"]: found["owner"]
        for found in json.loads(snapshot.read_text("utf-8"))["distributions"]
        if found["owner"]
    }
    assert {"python3-gitlab", "python3-requests", "python3-yaml", "yamllint"} <= owners.keys()
    for package, owner in owners.items():
        command = ["apt-cache", "--important", "--installed", "rdepends", package]
        lines = debian.root.check(command).splitlines()[2:]
        assert {line.strip(" |") for line in lines} == set(owner["needed_by"]), package

    # On this machine, which knows of that system only what the snapshot says.
    (tmp_path / "requirements.txt").write_text(
        debian.root.check(["cat", f"{PROJECT}/requirements.txt"]), "utf-8"
    )
    options = ["--interpreter", str(snapshot), "--json", "-", BREAK]
    assert main(["verify", *options], environment={}, directory=tmp_path) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [one["message"] for one in found if one["code"] == "SYS001"] == messages["SYS001"]


SPEC = """\
Name: {name}
Version: 1.0
Release: 1
Summary: of a test
License: MIT
BuildArch: noarch
AutoReqProv: no
{tags}
%description
Of a test.
%install
mkdir -p %{{buildroot}}/usr/bin %{{buildroot}}{metadata}
touch %{{buildroot}}/usr/bin/{name}
printf 'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n' > %{{buildroot}}{metadata}/METADATA
%files
/usr/bin/{name}
{metadata}/METADATA
"""


def test_what_needs_a_package_of_rpm_is_named(system: Callable[..., System]) -> None:
    debian = system("trixie", "rpm")
    needs = {
        "low": "Provides: python3.13dist(low) = 1.0",
        "by-name": "Requires: low >= 1.0",
        "by-program": "Requires: /usr/bin/low",
        "by-condition": "Requires: (python3.13dist(low) >= 1 or nothing)\nProvides: any(x86-64)",
        "far": "Requires: any(x86-64)\nRequires: by-name",
    }
    for name, tags in needs.items():
        metadata = f"{SYSTEM_SITE}/{name}-1.0.dist-info"
        spec = SPEC.format(name=name, tags=tags, metadata=metadata)
        debian.root.write(f"/srv/{name}.spec", spec)
        debian.root.check(["rpmbuild", "-bb", "--quiet", f"/srv/{name}.spec"])
    debian.root.check(["sh", "-c", "rpm -i --nodeps /root/rpmbuild/RPMS/noarch/*.rpm"])
    lock(debian, "low", "by-name", version="2.0")

    status, messages = told(debian, "sync", BREAK)

    assert status == REFUSED
    assert [message.partition(", of ")[2] for message in messages["SYS001"]] == [
        "by-name (rpm), which far needs",
        "low (rpm), which by-condition, by-name and by-program need, and through them far",
    ]


def test_the_chain_to_what_would_break_apt_s_is_named(system: Callable[..., System]) -> None:
    debian = system("trixie", *DEPENDING)
    wheel = make_wheel(debian.index.directory, "urllib3", "9.0")
    client = make_wheel(debian.index.directory, "client", "1.0", requires=["urllib3"])
    debian.root.write(
        f"{PROJECT}/pyproject.toml",
        '[project]\nname = "app"\nversion = "1.0"\nrequires-python = ">=3.9"\n'
        'dependencies = ["client"]\n',
    )
    lines = [
        'version = 1\nrevision = 2\nrequires-python = ">=3.9"',
        '[[package]]\nname = "app"\nversion = "1.0"\nsource = { virtual = "." }',
        'dependencies = [{ name = "client" }]',
        '[package.metadata]\nrequires-dist = [{ name = "client" }]',
    ]
    for path, needs in ((client, '{ name = "urllib3" }'), (wheel, "")):
        name, version, *_ = path.name.split("-")
        digest = f"sha256:{sha256(path)}"
        lines += [
            f'[[package]]\nname = "{name}"\nversion = "{version}"',
            f'source = {{ registry = "{debian.index.url}" }}\ndependencies = [{needs}]',
            f'wheels = [{{ url = "{debian.index.file_url(path.name)}", hash = "{digest}" }}]',
        ]
    debian.root.write(f"{PROJECT}/uv.lock", "\n".join(lines) + "\n")

    status, messages = told(debian, "verify", *OPTIONS)

    assert status == 1
    (message,) = messages["SYS005"]
    assert message == (
        f"requests {debian.installed()['requests']} of python3-requests (dpkg) in {SYSTEM_SITE}"
        f" stays, and needs urllib3<3,>=1.21.1: {debian.installed()['urllib3']} is there, and 9.0"
        " would come for it (needed by client)"
    )


def test_copies_before_and_behind_the_target_directory_are_told(
    system: Callable[..., System],
) -> None:
    debian = system("trixie")
    place = {"first": "/usr/lib/python3.13", "again": SYSTEM_SITE}
    for name, directory in place.items():
        make_wheel(debian.index.directory, name, "0.9")
        options = ["--no-deps", "--target", directory, f"{name}==0.9"]
        done = debian.root.run(
            ["python3", "-m", "pip", "install", "--index-url", debian.index.url, *options]
        )
        assert done.status == 0, done.stderr
    lock(debian, "first", "again", version="1.0")

    status, messages = told(debian, "sync", BREAK)

    assert status == REFUSED
    (message,) = messages["SYS003"]
    assert message == (
        "first 0.9 in /usr/lib/python3.13 comes first on sys.path: what is installed would never"
        " be imported"
    )
    lock(debian, "again", version="1.0")
    status, messages = told(debian, "sync", BREAK)
    assert status == 0
    (message,) = messages["SYS007"]
    assert message == (
        "again will be there 2 times: 1.0 in /usr/local/lib/python3.13/dist-packages is imported,"
        f" and hides 0.9 in {SYSTEM_SITE}"
    )
    assert debian.python("import again; print(again.__version__)") == "1.0"


def install_by_script(debian: System, name: str, version: str, **environment: str) -> None:
    """Install a module by ``setup.py install``, as Debian 12 still can, and lock a newer one."""
    arguments = f"name={name!r}, version={version!r}, py_modules=[{name!r}]"
    debian.root.write(f"/srv/{name}/{name}.py", f"__version__ = {version!r}\n")
    debian.root.write(
        f"/srv/{name}/setup.py", f"from distutils.core import setup\nsetup({arguments})\n"
    )
    done = debian.root.run(
        ["python3", "setup.py", "-q", "install"], directory=f"/srv/{name}", environment=environment
    )
    assert done.status == 0, done.stderr
    assert debian.installed()[name] == version


def test_what_distutils_installed_is_not_taken_away(system: Callable[..., System]) -> None:
    debian = system("bookworm")
    install_by_script(debian, "old", "0.9", SETUPTOOLS_USE_DISTUTILS="stdlib")
    lock(debian, "old", version="1.0")
    before = debian.root.digest()

    status, messages = told(debian, "sync", BREAK)

    assert status == REFUSED
    (message,) = messages["SYS004"]
    assert message == (
        "old 0.9 in /usr/local/lib/python3.11/dist-packages was installed without a RECORD of its"
        " files (distutils, or an egg): it cannot be removed safely"
    )
    assert debian.root.digest() == before


def test_an_egg_of_its_own_on_the_path_stays_and_is_told(system: Callable[..., System]) -> None:
    debian = system("bookworm")
    install_by_script(debian, "old", "0.9")  # setuptools stands in for distutils there
    lock(debian, "old", version="1.0")

    status, messages = told(debian, "sync", BREAK)

    assert status == 0
    site = "/usr/local/lib/python3.11/dist-packages"
    (message,) = messages["SYS007"]
    assert message == (
        f"old will be there 2 times: 1.0 in {site} is imported, and hides 0.9 in"
        f" {site}/old-0.9-py3.11.egg"
    )
    assert debian.python("import old; print(old.__version__)") == "1.0"
    assert debian.installed()["old"] == "1.0"


def test_bad_wheels_are_told_of_before_the_system_is_touched(
    system: Callable[..., System],
) -> None:
    debian = system("trixie")
    directory = debian.index.directory
    hiding = make_wheel(
        directory,
        "hiding",
        "1.0",
        files={"queue.py": "", "hiding.py": "", "hiding.pth": "import hiding\n"},
    )
    rivals = [
        make_wheel(directory, name, "1.0", files={"cv2/__init__.py": name})
        for name in ("one", "two")
    ]
    debian.lock(hiding, *rivals)
    before = debian.root.digest()

    status, messages = told(debian, "sync", BREAK)

    assert status == 3
    site = "/usr/local/lib/python3.13/dist-packages"
    assert {code: messages[code] for code in ("SYS008", "SYS009", "SYS011")} == {
        "SYS008": ["hiding 1.0 brings 'queue', which is a module of the target's standard library"],
        "SYS009": [f"one and two both bring {site}/cv2/__init__.py, with different content"],
        "SYS011": [
            (
                "hiding brings code that every start of the target would run, line 1 of"
                f" {site}/hiding.pth: import hiding"
            )
        ],
    }
    assert debian.root.digest() == before

    debian.lock(hiding)
    assert told(debian, "sync", BREAK)[0] == 0
    where = debian.python("import queue; print(queue.__file__)")
    assert where == "/usr/lib/python3.13/queue.py"
