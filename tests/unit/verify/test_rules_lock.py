from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from syncsteps.locks.model import Archive, Dependency, Directory, Vcs
from syncsteps.locks.staleness import Staleness
from syncsteps.selection.model import Pinned
from syncsteps.settings import Settings
from syncsteps.verify import Severity, verify
from tests.support.values import (
    PROJECT,
    make_facts,
    make_hash,
    make_lock,
    make_sdist,
    make_selected,
    make_wheel_entry,
)

if TYPE_CHECKING:
    from syncsteps.selection.model import Chosen, Selected
    from syncsteps.verify import Facts, Finding


def found(code: str, facts: Facts) -> list[Finding]:
    """Return what the rule finds; no other rule may find anything."""
    findings = verify(facts)
    assert {finding.code for finding in findings} <= {code}
    return list(findings)


def from_source(source: Archive | Directory | Vcs, name: str = "demo") -> Selected:
    return make_selected(name, chosen=source, source=source)


class TestStale:
    def test_each_reason_is_a_finding(self) -> None:
        reasons = ("requests has been added", "rich has been removed")
        findings = found("LCK001", make_facts(staleness=Staleness(known=True, reasons=reasons)))
        assert [finding.message for finding in findings] == [
            f"pylock.toml is stale: {reason}" for reason in reasons
        ]
        assert "--ignore LCK001" in findings[0].hint
        assert findings[0].exit_code == 3

    def test_a_current_lock(self) -> None:
        assert not found("LCK001", make_facts(staleness=Staleness(known=True)))


class TestUnknownStaleness:
    def test_a_note_says_why(self) -> None:
        staleness = Staleness(known=False, note="the format does not record it")
        (finding,) = found("LCK002", make_facts(staleness=staleness))
        assert finding.severity is Severity.NOTE
        assert finding.message == (
            "whether pylock.toml is current cannot be told: the format does not record it"
        )


class TestHashes:
    @pytest.mark.parametrize(
        "chosen",
        [
            make_wheel_entry(hashes=()),
            make_sdist(hashes=()),
            Pinned(),
            Archive(url="https://index.invalid/demo.zip"),
        ],
        ids=lambda chosen: type(chosen).__name__,
    )
    def test_a_file_without_one(self, chosen: Chosen) -> None:
        (finding,) = found("LCK003", make_facts(make_selected(chosen=chosen)))
        assert finding.message.startswith("demo 1.0 has no hash in the lock")
        assert finding.subject == "demo"
        assert finding.hint == "lock again with SHA-256 hashes"

    @pytest.mark.parametrize(
        "chosen",
        [
            make_wheel_entry(),
            make_sdist(),
            Pinned(hashes=(make_hash(),)),
            Archive(url="https://index.invalid/demo.zip", hashes=(make_hash(),)),
        ],
        ids=lambda chosen: type(chosen).__name__,
    )
    def test_a_file_with_one(self, chosen: Chosen) -> None:
        assert not found("LCK003", make_facts(make_selected(chosen=chosen)))

    @pytest.mark.parametrize(
        "source",
        [
            Directory(path="sub"),
            Archive(path="vendor/demo.zip"),
            Vcs(type="git", url="https://index.invalid/demo.git", commit_id="a" * 40),
        ],
        ids=lambda source: type(source).__name__,
    )
    def test_what_cannot_have_one_or_lies_in_the_project(
        self, source: Archive | Directory | Vcs
    ) -> None:
        assert not found("LCK003", make_facts(from_source(source)))


class TestOutside:
    @pytest.mark.parametrize(
        "chosen",
        [
            Directory(path="../sibling"),
            Directory(path="/elsewhere"),
            Directory(path="sub/../../sibling"),
            Directory(path="sub", subdirectory="../../sibling"),
            Directory(path="/project-of-another"),
            Archive(path="../demo.zip", hashes=(make_hash(),)),
            Archive(url="file:///elsewhere/demo.zip", hashes=(make_hash(),)),
            Vcs(type="git", url="file:///elsewhere/demo", commit_id="a" * 40),
            make_wheel_entry(url=None, path="../demo-1.0-py3-none-any.whl"),
            make_sdist(url=None, path="/elsewhere/demo-1.0.tar.gz"),
        ],
    )
    def test_a_path_that_leaves_the_project(self, chosen: Chosen) -> None:
        (finding,) = found("LCK004", make_facts(make_selected(chosen=chosen)))
        assert finding.message.startswith("demo 1.0 is taken from ")
        assert "outside of the project's directory" in finding.message
        assert "--allow-outside" in finding.hint

    def test_the_path_is_named_as_the_lock_has_it(self) -> None:
        (finding,) = found("LCK004", make_facts(from_source(Directory(path="../sibling"))))
        assert "taken from ../sibling," in finding.message

    @pytest.mark.parametrize(
        "chosen",
        [
            Directory(path="."),
            Directory(path="sub/../other"),
            Directory(path="sub", subdirectory="../other"),
            Directory(path=str(PROJECT / "sub")),
            Archive(path="vendor/demo.zip", hashes=(make_hash(),)),
            make_wheel_entry(url=None, path="vendor/demo-1.0-py3-none-any.whl"),
            make_wheel_entry(),
            Pinned(hashes=(make_hash(),)),
            Vcs(type="git", url="https://index.invalid/demo.git", commit_id="a" * 40),
        ],
    )
    def test_a_path_that_stays_in_it(self, chosen: Chosen) -> None:
        assert not found("LCK004", make_facts(make_selected(chosen=chosen)))

    def test_it_can_be_allowed(self) -> None:
        settings = Settings(directory=PROJECT, allow_outside=True)
        facts = make_facts(from_source(Directory(path="../sibling")), settings=settings)
        assert not found("LCK004", facts)

    def test_no_password_is_told(self) -> None:
        source = Archive(url="file://user:hunter2@host.invalid/a", hashes=(make_hash(),))
        finding, other = verify(make_facts(from_source(source)))
        assert (finding.code, other.code) == ("LCK004", "LCK008")
        assert "taken from file://****@host.invalid/a," in finding.message

    def test_a_root_that_is_relative(self) -> None:
        lock = make_lock(root=Path("relative"))
        assert not found("LCK004", make_facts(from_source(Directory(path="sub")), lock=lock))
        assert found("LCK004", make_facts(from_source(Directory(path="../sub")), lock=lock))


class TestCommits:
    def test_a_repository_without_a_commit(self) -> None:
        source = Vcs(type="git", url="https://index.invalid/demo.git", commit_id=None)
        (finding,) = found("LCK005", make_facts(from_source(source)))
        assert finding.message == "demo 1.0 comes from a repository without naming a commit"
        assert "pins the commit" in finding.hint

    def test_a_repository_with_one(self) -> None:
        source = Vcs(type="git", url="https://index.invalid/demo.git", commit_id="a" * 40)
        assert not found("LCK005", make_facts(from_source(source)))


class TestLaterVersion:
    @pytest.mark.parametrize(("version", "told"), [("1.0", False), ("1.1", True)])
    def test_a_later_minor_version_is_a_warning(self, version: str, *, told: bool) -> None:
        lock = make_lock(format="pylock.toml", format_version=version)
        findings = found("LCK006", make_facts(lock=lock))
        assert [finding.severity for finding in findings] == [Severity.WARNING] * told

    def test_other_formats_have_versions_of_their_own(self) -> None:
        assert not found("LCK006", make_facts(lock=make_lock(format="pdm.lock")))


HIDDEN = "hunter2"


class TestUnencrypted:
    @pytest.mark.parametrize("scheme", ["http", "HTTP"])
    def test_a_file(self, scheme: str) -> None:
        url = f"{scheme}://user:{HIDDEN}@index.invalid/demo-1.0-py3-none-any.whl?token={HIDDEN}"
        facts = make_facts(make_selected(chosen=make_wheel_entry(url=url)))
        (finding,) = [one for one in verify(facts) if one.code == "LCK007"]
        assert finding.message == (
            f"demo 1.0 is fetched without encryption, from"
            f" {scheme.lower()}://****@index.invalid/demo-1.0-py3-none-any.whl"
        )
        assert (finding.subject, finding.severity) == ("demo", Severity.WARNING)
        assert "https://" in finding.hint

    @pytest.mark.parametrize("url", ["git://git.invalid/demo", "http://git.invalid/demo"])
    def test_a_repository(self, url: str) -> None:
        source = Vcs(type="git", url=url, commit_id="0" * 40)
        (finding,) = found("LCK007", make_facts(from_source(source)))
        assert finding.message.endswith(f"from {url}")

    @pytest.mark.parametrize("url", ["https://index.invalid/demo-1.0-py3-none-any.whl", None])
    def test_what_is_encrypted_or_not_fetched(self, url: str | None) -> None:
        assert not found("LCK007", make_facts(make_selected(chosen=make_wheel_entry(url=url))))

    @pytest.mark.parametrize(
        ("host", "warned"),
        [
            ("localhost:8000", False),
            ("cache.localhost", False),
            ("127.0.0.1:8000", False),
            ("[::1]:8000", False),
            ("localhost.invalid", True),
            ("10.0.0.1", True),
        ],
    )
    def test_what_does_not_leave_the_machine(self, host: str, *, warned: bool) -> None:
        entry = make_wheel_entry(url=f"http://{host}/demo-1.0-py3-none-any.whl")
        assert bool(found("LCK007", make_facts(make_selected(chosen=entry)))) is warned

    def test_a_repository_by_ssh(self) -> None:
        source = Vcs(type="git", url="ssh://git@git.invalid/demo", commit_id="0" * 40)
        assert not found("LCK007", make_facts(from_source(source)))


class TestCredentials:
    @pytest.mark.parametrize("user_info", [f"user:{HIDDEN}", HIDDEN, f":{HIDDEN}", f"a@b:{HIDDEN}"])
    def test_a_files(self, user_info: str) -> None:
        url = f"https://{user_info}@index.invalid/demo-1.0-py3-none-any.whl"
        facts = make_facts(make_selected(chosen=make_wheel_entry(url=url)))
        (finding,) = found("LCK008", facts)
        assert finding.message == (
            "demo 1.0 has credentials in the lock's URL"
            " https://****@index.invalid/demo-1.0-py3-none-any.whl"
        )
        assert (finding.subject, finding.severity) == ("demo", Severity.WARNING)
        assert HIDDEN not in finding.message + finding.hint
        assert "change them" in finding.hint

    def test_an_indexs(self) -> None:
        selected = make_selected(index=f"https://user:{HIDDEN}@index.invalid/simple")
        (finding,) = found("LCK008", make_facts(selected))
        assert finding.message.endswith("https://****@index.invalid/simple")

    @pytest.mark.parametrize(
        "url",
        [
            "https://git.invalid/demo",
            "ssh://someone@git.invalid/demo",
            "git+ssh://someone@git.invalid/demo",
            "https://git@git.invalid/demo",
            "https://${TOKEN}@git.invalid/demo",
            "https://user:${TOKEN}@git.invalid/demo",
        ],
    )
    def test_what_is_no_secret(self, url: str) -> None:
        source = Vcs(type="git", url=url, commit_id="0" * 40)
        assert not found("LCK008", make_facts(from_source(source)))

    def test_a_password_for_ssh(self) -> None:
        source = Vcs(type="git", url=f"ssh://git:{HIDDEN}@git.invalid/demo", commit_id="0" * 40)
        assert len(found("LCK008", make_facts(from_source(source)))) == 1


class TestUnlocked:
    @staticmethod
    def facts(marker: str = "", **lock: object) -> Facts:
        need = Dependency(name="lost", marker=Marker(marker) if marker else None)
        selected = make_selected(unlocked=(need,))
        return make_facts(selected, lock=make_lock(selected.package, **lock))

    @pytest.mark.parametrize("marker", ["", "sys_platform == 'linux'"])
    def test_what_is_required_here(self, marker: str) -> None:
        (finding,) = found("LCK009", self.facts(marker))
        assert finding.message == "demo 1.0 requires lost, of which the lock has no entry"
        assert (finding.subject, finding.severity) == ("demo", Severity.ERROR)
        assert finding.hint.startswith("lock again")
        assert finding.exit_code == 3

    @pytest.mark.parametrize("marker", ["sys_platform == 'win32'", "python_version < '3.12'"])
    def test_what_is_required_elsewhere(self, marker: str) -> None:
        assert not found("LCK009", self.facts(marker))

    def test_what_nobody_has_resolved(self) -> None:
        for lock in (
            {"requires_python": SpecifierSet(">=3.13")},
            {"environments": (Marker("sys_platform == 'win32'"),)},
        ):
            codes = {finding.code for finding in verify(self.facts(**lock))}
            assert codes in ({"INT001"}, {"INT006"})
