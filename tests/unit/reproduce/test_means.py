from __future__ import annotations

import errno

import pytest

from syncsteps.errors import InterpreterError
from syncsteps.reproduce.means import no_engine, no_overlay


@pytest.mark.parametrize(
    ("step", "number", "settings", "said", "what"),
    [
        ("overlay", errno.ENODEV, {}, "no overlayfs", "modprobe overlay"),
        ("overlay", errno.EINVAL, {}, "5.11 or newer", "run as root"),
        (
            "unshare",
            errno.EPERM,
            {"kernel/unprivileged_userns_clone": "0"},
            "namespaces of their own",
            "sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            "unshare",
            errno.ENOSPC,
            {"user/max_user_namespaces": "0"},
            "namespaces of their own",
            "sysctl -w user.max_user_namespaces",
        ),
        (
            "tmpfs",
            errno.EACCES,
            {"kernel/apparmor_restrict_unprivileged_userns": "1"},
            "namespaces of their own",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("mount", errno.EPERM, {}, "may not mount anything (mount: EPERM)", "--cap-add SYS_ADMIN"),
        ("/some/file", errno.EIO, {}, "/some/file: EIO", "run as root"),
        ("mount", 9999, {}, "9999", "run as root"),
    ],
)
def test_why_there_is_no_overlay_and_how_to_have_one(
    step: str, number: int, settings: dict[str, str], said: str, what: str
) -> None:
    error = no_overlay(step, number, read=lambda name: settings.get(name, ""))
    assert isinstance(error, InterpreterError)
    assert error.exit_code == 4
    assert said in str(error)
    assert what in error.hint
    assert "--image IMAGE" in error.hint


def test_the_kernels_settings_are_read() -> None:
    assert no_overlay("unshare", errno.EPERM).hint


def test_engines_that_do_not_work_are_listed_with_the_reason() -> None:
    error = no_engine("auto", {"docker": "no server", "podman": "it is not installed"})
    assert error.details == ("docker: no server", "podman: it is not installed")
    assert "install podman" in error.hint
    assert "docker does not work here" in str(no_engine("docker", {"docker": "x"}))
