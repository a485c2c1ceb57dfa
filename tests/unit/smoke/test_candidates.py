from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.smoke.candidates import candidate_of
from syncsteps.smoke.model import Candidate, SmokeTarget
from syncsteps.smoke.policy import SmokeChoice, SmokePolicy
from tests.support.interpreters import linux_platforms, tags_for

if TYPE_CHECKING:
    from pathlib import Path

TAGS = tags_for("3.12.7", linux_platforms())
FILES = (
    "demo/__init__.py",
    "demo/_speed.abi3.so",
    "demo/cli.py",
    "demo/_private.py",
    "demo/sub/__init__.py",
    "demo/sub/part.py",
    "demo/tests/__init__.py",
)
METADATA = (
    "Name: demo\n"
    "Requires-Dist: PyYAML; extra == 'yaml'\n"
    "Requires-Dist: python-slugify; extra == 's'\n"
)
ENTRY_POINTS = (
    "[console_scripts]\ndemo = demo.cli:main\ndemo-again = demo.cli:main\n"
    "[gui_scripts]\ndemo-gui = demo.sub.part:run [yaml]\n[pytest11]\ndemo = demo.sub\n"
)


def candidate(site: Path, policy: SmokePolicy | None = None, *, own: bool = False) -> Candidate:
    metadata = site / "demo-1.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text(METADATA)
    (metadata / "RECORD").write_text("".join(f"{path},,\n" for path in FILES))
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    target = SmokeTarget(name="demo", metadata=metadata, own=own)
    return candidate_of(target, tags=TAGS, policy=policy or SmokePolicy())


def test_names_modules_below_and_scripts(tmp_path: Path) -> None:
    assert candidate(tmp_path) == Candidate(
        name="demo",
        modules=("demo",),
        deeper=("demo._speed",),
        objects=("demo.cli:main", "demo.sub.part:run"),
        optional=("-yaml", "pytest", "python-slugify", "pyyaml", "slugify", "yaml"),
    )


def test_what_a_distribution_does_not_say_is_known(tmp_path: Path) -> None:
    (tmp_path / "METADATA").write_text("Name: matplotlib_inline\n")
    (tmp_path / "RECORD").write_text("matplotlib_inline/__init__.py,,\n")
    target = SmokeTarget(name="matplotlib-inline", metadata=tmp_path)
    found = candidate_of(target, tags=TAGS, policy=SmokePolicy())
    assert (found.modules, found.optional) == (("matplotlib_inline",), ("matplotlib",))


PUBLIC = ("demo", "demo.cli", "demo.sub", "demo.sub.part")


def test_of_the_projects_own_every_public_module(tmp_path: Path) -> None:
    found = candidate(tmp_path, own=True)
    assert found.modules == (*PUBLIC, "demo.cli:main", "demo.sub.part:run")
    assert (found.deeper, found.objects) == (("demo._speed",), ())


@pytest.mark.parametrize(
    ("include", "modules"),
    [
        ("Demo", PUBLIC),
        ("demo._private", ("demo", "demo._private")),
        ("demo.sub*", ("demo", "demo.sub", "demo.sub.part")),
        ("demo._speed", ("demo", "demo._speed")),
        ("other.*", ("demo",)),
    ],
)
def test_more_may_be_included(tmp_path: Path, include: str, modules: tuple[str, ...]) -> None:
    found = candidate(tmp_path, SmokePolicy(include=(include,)))
    assert found.modules == modules
    assert set(found.deeper) == {"demo._speed"} - set(modules)


@pytest.mark.parametrize(
    ("exclude", "modules", "deeper", "objects"),
    [
        ("demo.sub", ("demo",), ("demo._speed",), ("demo.cli:main",)),
        (
            "demo._*",
            ("demo", "demo.sub", "demo.sub.part"),
            (),
            ("demo.cli:main", "demo.sub.part:run"),
        ),
        ("demo.*", ("demo",), (), ()),
    ],
)
def test_modules_may_be_excluded(
    tmp_path: Path,
    exclude: str,
    modules: tuple[str, ...],
    deeper: tuple[str, ...],
    objects: tuple[str, ...],
) -> None:
    policy = SmokePolicy(include=("demo.sub*",), exclude=(exclude,))
    found = candidate(tmp_path, policy)
    assert found.modules == modules
    assert (found.deeper, found.objects) == (deeper, objects)


def test_what_the_settings_add_is_handed_on(tmp_path: Path) -> None:
    choice = SmokeChoice(
        statements=("import demo; demo.run()",), environment=(("B", "2"),), timeout=3.0
    )
    policy = SmokePolicy(environment=(("A", "1"),), packages=(("demo", choice),))
    found = candidate(tmp_path, policy)
    assert found.statements == ("import demo; demo.run()",)
    assert found.environment == (("A", "1"), ("B", "2"))
    assert found.timeout == 3.0
