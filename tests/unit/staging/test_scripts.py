from __future__ import annotations

import pytest

from syncsteps.staging.scripts import retarget

NEW = "/opt/new/bin/python3.12"
OLD = "/opt/old/bin/python3"


def _retarget(head: bytes, executable: str = NEW, platform: str = "linux") -> bytes | None:
    change = retarget(
        head, executable=executable, platform=platform, is_target=lambda path: path in {OLD, NEW}
    )
    if change is None:
        return None
    beginning, replaced = change
    return beginning + head[replaced:]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"#!/opt/old/bin/python3\nimport x\n", b"#!/opt/new/bin/python3.12\nimport x\n"),
        (b'#!"/opt/old/bin/python3"\nimport x\n', b"#!/opt/new/bin/python3.12\nimport x\n"),
        (b"#!/opt/old/bin/python3 -sP\nx\n", b"#!/opt/new/bin/python3.12 -sP\nx\n"),
        (b"#! /opt/old/bin/python3\r\nx\n", b"#!/opt/new/bin/python3.12\nx\n"),
        (
            b"#!/bin/sh\n'''exec' \"/opt/old/bin/python3\" \"$0\" \"$@\"\n' '''\nx\n",
            b"#!/opt/new/bin/python3.12\nx\n",
        ),
        (
            b"#!/bin/sh\n'''exec' /opt/old/bin/python3 -E \"$0\" \"$@\"\n' '''\nx\n",
            b"#!/opt/new/bin/python3.12 -E\nx\n",
        ),
    ],
)
def test_the_first_line_names_the_target(head: bytes, expected: bytes) -> None:
    assert _retarget(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"#!/opt/new/bin/python3.12\nimport x\n",
        b"#!/usr/bin/env python3\nimport x\n",
        b"#!/usr/bin/perl\n",
        b"#!/bin/sh\necho '''exec' x\n",
        b"#!python\n",
        b"\x7fELF\x02\x01",
        b"",
        b"import x\n#!/opt/old/bin/python3\n",
    ],
)
def test_what_is_right_or_not_ours_stays(head: bytes) -> None:
    assert _retarget(head) is None


def test_a_path_with_a_space_goes_through_the_shell() -> None:
    assert _retarget(b"#!/opt/old/bin/python3\nx\n", "/opt/my python/bin/py") == (
        b"#!/bin/sh\n'''exec' '/opt/my python/bin/py' \"$0\" \"$@\"\n' '''\nx\n"
    )


@pytest.mark.parametrize(("platform", "direct"), [("linux", False), ("darwin", True)])
def test_a_long_path_goes_through_the_shell_where_the_kernel_cuts(
    platform: str, *, direct: bool
) -> None:
    executable = "/" + "x" * 125
    changed = _retarget(b"#!/opt/old/bin/python3\nx\n", executable, platform)
    assert changed is not None
    assert changed.startswith(b"#!/x") is direct
    assert changed.startswith(b"#!/bin/sh\n'''exec' /xxx") is not direct


def test_the_longest_line_that_linux_takes() -> None:
    executable = "/" + "x" * 123
    assert _retarget(b"#!/opt/old/bin/python3\n", executable) == f"#!{executable}\n".encode()


def test_the_trampoline_is_python_too() -> None:
    changed = _retarget(b"#!/opt/old/bin/python3\nanswer = 42\n", "/opt/it's a/py")
    assert changed is not None
    names: dict[str, object] = {}
    exec(compile(changed, "script", "exec"), names)  # noqa: S102 - what was just made
    assert names["answer"] == 42


def test_the_trampoline_is_recognized_again() -> None:
    executable = "/opt/my python/bin/py"
    head = _retarget(b"#!/opt/old/bin/python3\nx\n", executable)
    assert head is not None
    assert retarget(head, executable=executable, platform="linux", is_target=lambda _: True) is None
