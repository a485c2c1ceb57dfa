from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.processes import Completed, ProcessTimeoutError
from syncsteps.smoke.libraries import Supplier, System, install_command, supplier
from syncsteps.smoke.libraries.suppliers import indexed_supplier

if TYPE_CHECKING:
    from collections.abc import Callable

BOOKWORM = System(manager="apt", family="debian", version=(12,))
TRIXIE = System(manager="apt", family="debian", version=(13,))
SID = System(manager="apt", family="debian")
JAMMY = System(manager="apt", family="ubuntu", version=(22, 4))
NOBLE = System(manager="apt", family="ubuntu", version=(24, 4))
ALPINE = System(manager="apk", family="alpine", version=(3, 20))
FEDORA = System(manager="dnf", family="fedora", version=(41,))
APT = "apt-get install -y --no-install-recommends"


@pytest.mark.parametrize(
    ("system", "package", "verified"),
    [
        (BOOKWORM, "libglib2.0-0", True),
        (TRIXIE, "libglib2.0-0t64", True),
        (SID, "libglib2.0-0t64", True),
        (JAMMY, "libglib2.0-0", False),
        (NOBLE, "libglib2.0-0t64", False),
    ],
)
def test_apt_names_differ_with_the_release(system: System, package: str, *, verified: bool) -> None:
    assert supplier("libglib-2.0.so.0", system) == Supplier(
        soname="libglib-2.0.so.0",
        package=package,
        command=f"{APT} {package}",
        verified=verified,
    )


def test_a_library_may_be_in_no_later_release() -> None:
    found = supplier("libaio.so.1", BOOKWORM)
    assert found is not None
    assert found.package == "libaio1"
    assert supplier("libaio.so.1", TRIXIE) is None
    assert supplier("libaio.so.1", SID) is None


def test_apk_and_rpm_are_asked_for_the_soname() -> None:
    apk, rpm = supplier("libGL.so.1", ALPINE), supplier("libGL.so.1", FEDORA)

    assert apk is not None
    assert rpm is not None
    assert apk.command == "apk add --no-cache so:libGL.so.1"
    assert rpm.command == "dnf install -y 'libGL.so.1()(64bit)'"
    assert (apk.verified, rpm.verified) == (False, False)


def test_a_32_bit_rpm_has_no_mark() -> None:
    found = supplier("libGL.so.1", System(manager="yum", family="rhel", bits=32))

    assert found is not None
    assert found.command == "yum install -y libGL.so.1"


def test_a_stand_in_has_a_name_everywhere() -> None:
    names = [supplier("libMagickWand.so", each) for each in (TRIXIE, ALPINE, FEDORA)]

    assert [each and each.package for each in names] == [
        "imagemagick",
        "imagemagick",
        "ImageMagick-libs",
    ]


@pytest.mark.parametrize("system", [BOOKWORM, ALPINE, FEDORA])
def test_what_is_no_name_is_never_put_into_a_command(system: System) -> None:
    assert supplier("lib;reboot.so.1", system) is None
    assert supplier("libx.so.1'$(reboot)'", system) is None


def test_one_command_installs_all() -> None:
    found = [supplier(each, BOOKWORM) for each in ("libz.so.1", "libGL.so.1", "libz.so.1")]

    command = install_command([each for each in found if each], BOOKWORM)

    assert command == f"{APT} libgl1 zlib1g"
    assert install_command([], BOOKWORM) == ""


class TestIndex:
    def ask(self, done: Completed | Exception, system: System = BOOKWORM) -> Supplier | None:
        self.commands: list[list[str]] = []

        def runner(command: list[str], *, timeout: float) -> Completed:
            assert timeout <= 30
            self.commands.append(command)
            if isinstance(done, Exception):
                raise done
            return done

        which: Callable[[str], str | None] = lambda name: f"/usr/bin/{name}"  # noqa: E731
        return indexed_supplier("libspam++.so.1", system, runner=runner, which=which)

    def test_the_shortest_name_is_taken(self) -> None:
        found = self.ask(Completed(status=0, stdout="libspam1-debug\nlibspam1\n", stderr=""))

        assert found is not None
        assert found.package == "libspam1"
        assert found.command == f"{APT} libspam1"
        (command,) = self.commands
        assert command[:2] == ["/usr/bin/apt-file", "search"]
        assert command[-1].endswith(r"/libspam\+\+\.so\.1$")

    @pytest.mark.parametrize(
        "done",
        [
            Completed(status=1, stdout="libspam1\n", stderr="no cache"),
            Completed(status=0, stdout="", stderr=""),
            ProcessTimeoutError(),
            OSError(),
        ],
    )
    def test_no_answer_is_none(self, done: Completed | Exception) -> None:
        assert self.ask(done) is None

    def test_other_systems_have_no_such_index(self) -> None:
        assert self.ask(Completed(status=0, stdout="x\n", stderr=""), ALPINE) is None
        assert self.commands == []

    def test_without_the_program_nothing_is_run(self) -> None:
        def never(*_arguments: object, **_options: object) -> Completed:
            raise AssertionError

        assert indexed_supplier("libx.so.1", BOOKWORM, runner=never, which=lambda _: None) is None
