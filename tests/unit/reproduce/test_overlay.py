from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from syncsteps.interpreter.model import InstalledDistribution, Interpreter, Scheme
from syncsteps.reproduce.means import MeansMissingError
from syncsteps.reproduce.overlay import layers_of, overlay_view
from tests.support.interpreters import make_interpreter

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="overlays need Linux")


@pytest.fixture
def interpreter(tmp_path: Path) -> Interpreter:
    """An interpreter as Debian's: some of its directories are not there."""
    local = tmp_path / "usr" / "local"
    (local / "lib").mkdir(parents=True)
    (tmp_path / "usr" / "include").mkdir()
    site = local / "lib" / "python3.12" / "dist-packages"
    scheme = Scheme(
        purelib=site,
        platlib=site,
        scripts=local / "bin",
        headers=tmp_path / "usr" / "include" / "python3.12",
        data=local,
    )
    return make_interpreter(tmp_path / "usr", scheme=scheme)


def test_layers_are_what_a_sync_writes_in_or_the_nearest_that_is_there(
    interpreter: Interpreter, tmp_path: Path
) -> None:
    assert layers_of(interpreter) == (tmp_path / "usr" / "include", tmp_path / "usr" / "local")


def test_links_are_resolved(tmp_path: Path) -> None:
    (tmp_path / "real" / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    assert layers_of(make_interpreter(tmp_path / "link")) == (tmp_path / "real",)


@LINUX
def test_orders_say_what_is_to_be_laid_over_what(interpreter: Interpreter, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with overlay_view(
        interpreter,
        work=work,
        directory=tmp_path / "project",
        memory=True,
        path=("/a",),
        variables={},
    ) as view:
        command = view.command(["-c", "code"], False)  # noqa: FBT003 - it is called so
        assert command[:5] == [sys.executable, "-I", "-S", "-B", "-c"]
        orders = json.loads(Path(command[-1]).read_text(encoding="utf-8"))
        assert view.options == (f"--python={interpreter.executable}",)
        assert view.refused() is None
        refusal = {"step": "overlay", "errno": errno.ENODEV, "text": "No such device"}
        Path(orders["refusal"]).write_text(json.dumps(refusal), encoding="utf-8")
        assert isinstance(view.refused(), MeansMissingError)
    assert orders["layers"] == [str(path) for path in layers_of(interpreter)]
    assert orders["command"] == [sys.executable, "-c", "code"]
    assert orders["memory"]
    assert orders["directory"] == str(tmp_path / "project")


@LINUX
def test_files_of_others_that_may_have_to_change_are_named(
    interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = interpreter.scheme.purelib
    info = site / "demo-1.0.dist-info"
    bare = site / "bare-1.0.dist-info"
    receipt = site.parent / ".syncsteps" / "receipts" / "mine.json"
    for directory in (info, bare, receipt.parent):
        directory.mkdir(parents=True)
    (info / "RECORD").write_text("demo.py,,\ndemo-1.0.dist-info/RECORD,,\n")
    for file in (site / "demo.py", site / "nobodys.py", receipt):
        file.touch()
    installed = tuple(
        InstalledDistribution(name=name, version="1.0", location=site, metadata=metadata)
        for name, metadata in (("demo", info), ("bare", bare))
    )
    found = replace(interpreter, distributions=installed)
    work = tmp_path / "work"

    def owned() -> list[str]:
        work.mkdir(exist_ok=True)
        with overlay_view(
            found, work=work, directory=work, memory=True, path=(), variables={}
        ) as view:
            command = view.command([], False)  # noqa: FBT003 - it is called so
            orders = json.loads(Path(command[-1]).read_text(encoding="utf-8"))
        (work / "layers").rmdir()
        return list(orders["owned"])

    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)  # whoever that is, it is not the owner
    assert owned() == sorted(map(str, (info / "RECORD", site / "demo.py", receipt)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert owned() == []


@LINUX
def test_the_root_directory_cannot_be_covered(tmp_path: Path) -> None:
    with (
        pytest.raises(MeansMissingError, match="installs into the root directory"),
        overlay_view(
            make_interpreter(Path("/no/such/place")),
            work=tmp_path,
            directory=tmp_path,
            memory=True,
            path=(),
            variables={},
        ),
    ):
        pytest.fail("there is no view")


def test_elsewhere_there_are_none(
    interpreter: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with (
        pytest.raises(MeansMissingError, match="overlays need Linux"),
        overlay_view(
            interpreter, work=tmp_path, directory=tmp_path, memory=True, path=(), variables={}
        ),
    ):
        pytest.fail("there is no view")
