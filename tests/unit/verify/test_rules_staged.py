from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncsteps.errors import InterpreterError, SelectionError
from syncsteps.plan import Install
from syncsteps.staging.model import Clash, Stage, StagedDistribution, StagedFile
from syncsteps.verify import (
    Judgement,
    Obstacle,
    Policy,
    Severity,
    StagedFacts,
    StartupCode,
    refuse,
    verify,
    verify_staged,
)
from tests.support.values import SITE, make_facts, make_plan_of, make_selected, make_system

if TYPE_CHECKING:
    from syncsteps.verify import Finding

SYSTEM = make_system(standard_library=("concurrent", "enum", "typing"))
SCHEME = SYSTEM.scheme


def staged(name: str, *targets: Path, version: str = "1.0") -> StagedDistribution:
    """Return a distribution with files that belong to ``targets``."""
    files = [
        StagedFile(
            source=f"/stage/{target.name}", target=str(target), sha256="0", size=1, mode=0o644
        )
        for target in targets
    ]
    return StagedDistribution(
        name=name, version=version, metadata=Path("/stage"), files=tuple(files)
    )


def facts(
    *distributions: StagedDistribution,
    clashes: tuple[Clash, ...] = (),
    **fields: Any,  # noqa: ANN401
) -> StagedFacts:
    plan = make_plan_of(
        *(Install(selected=make_selected(one.name), reason="") for one in distributions)
    )
    stage = Stage(root=Path("/stage"), site=(), distributions=distributions, clashes=clashes)
    return StagedFacts(**{"interpreter": SYSTEM, "plan": plan, "stage": stage, **fields})


def found(facts: StagedFacts) -> list[tuple[str, str, str]]:
    return [(each.code, each.subject, each.message) for each in verify_staged(facts)]


class TestHiding:
    @pytest.mark.parametrize(
        ("path", "module"),
        [
            ("enum.py", "enum"),
            ("enum/__init__.py", "enum"),
            ("concurrent/futures/thread.py", "concurrent"),
            ("typing.cpython-312-x86_64-linux-gnu.so", "typing"),
            ("typing.pyd", "typing"),
        ],
    )
    def test_a_module_of_the_standard_library_s_name(self, path: str, module: str) -> None:
        assert found(facts(staged("demo", SITE / path, SITE / "demo.py"))) == [
            (
                "SYS008",
                "demo",
                f"demo 1.0 brings {module!r}, which is a module of the target's standard library",
            )
        ]

    @pytest.mark.parametrize(
        "target",
        [
            SITE / "demo/enum.py",
            SITE / "enum34.py",
            SITE / "enum.txt",
            SITE / "enum-1.0.dist-info/METADATA",
            SITE / "concurrent/data.json",
            SCHEME.scripts / "enum.py",
        ],
    )
    def test_what_hides_nothing(self, target: Path) -> None:
        assert found(facts(staged("demo", target))) == []

    def test_what_was_known_before_is_told_in_the_same_words(self) -> None:
        proven = facts(staged("enum34", SITE / "enum/__init__.py", version="1.0.0"))
        known = make_facts(plan=proven.plan, interpreter=SYSTEM)
        assert verify_staged(proven) == verify(known)


class TestClashing:
    def clash(self, *targets: Path) -> StagedFacts:
        clashes = [Clash(loser="one", winner="two", target=target) for target in targets]
        return facts(staged("one"), staged("two"), clashes=tuple(clashes))

    @pytest.mark.parametrize(
        "target",
        [
            SITE / "cv2/__init__.py",
            SITE / "cv2/data.bin",
            SITE / "six.py",
            SITE / "module.so",
            SITE / "start.pth",
            SITE / "cv2/tests/__init__.py",
            SCHEME.scripts / "tool",
            SCHEME.headers / "one/x.h",
            SCHEME.data / "share/cv2/x",
        ],
    )
    def test_a_file_that_is_used(self, target: Path) -> None:
        (finding,) = verify_staged(self.clash(target))
        assert finding.message == f"one and two both bring {target}, with different content"
        assert (finding.code, finding.subject) == ("SYS009", "one")
        assert (finding.severity, finding.exit_code) == (Severity.ERROR, 3)
        assert "ignore SYS009 for one" in finding.hint

    @pytest.mark.parametrize(
        "target",
        [
            SITE / "LICENSE",
            SITE / "README.md",
            SITE / "pyproject.toml",
            SITE / "tests/__init__.py",
            SITE / "docs/conf.py",
            SCHEME.data / "README.md",
            SCHEME.data / "share/doc/one/x",
            SCHEME.data / "share/man/man1/x.1",
        ],
    )
    def test_a_file_that_nobody_uses(self, target: Path) -> None:
        (finding,) = verify_staged(self.clash(target))
        assert (finding.code, finding.subject) == ("SYS012", "one")
        assert finding.severity is Severity.WARNING
        assert finding.message == (
            f"one and two both bring {target}, with different content, outside of what they are"
            " imported for; two has the last word"
        )

    def test_one_finding_for_each_pair(self) -> None:
        paths = [SITE / "x" / name for name in ("b.py", "a.py", "c.py")]
        findings = found(self.clash(*paths, SITE / "LICENSE"))
        assert [each[:2] for each in findings] == [("SYS009", "one"), ("SYS012", "one")]
        assert findings[0][2] == (
            f"one and two both bring 3 files, such as {SITE}/x/a.py, with different content"
        )
        assert findings[1][2].startswith(f"one and two both bring {SITE}/LICENSE, with")


class TestObstacles:
    def found(self, *, locked: bool) -> Finding:
        obstacle = Obstacle(coming="demo", owner="old", targets=(SITE / "x.py",), locked=locked)
        (finding,) = verify_staged(facts(staged("demo"), obstacles=(obstacle,)))
        return finding

    def test_what_stays_is_in_the_way(self) -> None:
        finding = self.found(locked=False)
        assert finding.message == (
            f"demo would overwrite {SITE}/x.py of old, which stays, with different content"
        )
        assert (finding.code, finding.subject, finding.exit_code) == ("SYS009", "demo", 4)
        with pytest.raises(InterpreterError, match=r"refused \(SYS009\): nothing has been changed"):
            refuse([finding])

    def test_what_stays_and_is_locked_is_the_lock_s_fault(self) -> None:
        finding = self.found(locked=True)
        assert finding.exit_code == 3
        with pytest.raises(SelectionError, match=r"\(SYS009\): nothing has been changed"):
            refuse([finding])


DISTUTILS = (
    "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') =="
    " 'local'; enabled and __import__('_distutils_hack').add_shim();"
)
OLD_DISTUTILS = DISTUTILS.replace("(var, 'local')", "(var, 'stdlib')").replace(".add_shim()", "")


def namespace_line(package: str, *, old: bool = False) -> str:
    """Return the line that setuptools writes into a -nspkg.pth, by its template."""
    has, has_mfs = ("has_mfs and ", "has_mfs = sys.version_info > (3, 5)") if old else ("", "")
    spec = f"importlib.machinery.PathFinder.find_spec({package!r}, [os.path.dirname(p)])"
    parts = [
        "import sys, types, os",
        *([has_mfs] if old else []),
        f"p = os.path.join(sys._getframe(1).f_locals['sitedir'], *{tuple(package.split('.'))!r})",
        f"importlib = {has}__import__('importlib.util')",
        f"{has}__import__('importlib.machinery')",
        f"m = {has}sys.modules.setdefault({package!r}, importlib.util.module_from_spec({spec}))",
        f"m = m or sys.modules.setdefault({package!r}, types.ModuleType({package!r}))",
        "mp = (m or []) and m.__dict__.setdefault('__path__',[])",
        "(p not in mp) and mp.append(p)",
    ]
    parent, _, child = package.rpartition(".")
    if parent:
        parts.append(f"m and setattr(sys.modules[{parent!r}], {child!r}, m)")
    return ";".join(parts)


class TestStarting:
    def found(self, name: str, text: str, number: int = 1) -> tuple[Finding, ...]:
        code = StartupCode(distribution="demo", target=SITE / name, number=number, text=text)
        return verify_staged(facts(staged("demo"), startup=(code,)))

    def test_a_line_that_is_run(self) -> None:
        (finding,) = self.found("demo.pth", "import demo; demo.go()", 3)
        assert finding.message == (
            "demo brings code that every start of the target would run, line 3 of"
            f" {SITE}/demo.pth: import demo; demo.go()"
        )
        assert (finding.code, finding.subject) == ("SYS011", "demo")
        assert finding.severity is Severity.WARNING

    def test_a_long_line_is_cut(self) -> None:
        (finding,) = self.found("demo.pth", "import " + "x" * 500)
        assert finding.message.endswith("x…")
        assert len(finding.message) < 250

    def test_a_module_that_is_imported(self) -> None:
        (finding,) = self.found("sitecustomize.py", "", 0)
        assert finding.message.endswith(f"would run, {SITE}/sitecustomize.py")

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("distutils-precedence.pth", DISTUTILS),
            ("distutils-precedence.pth", OLD_DISTUTILS),
            ("zope.interface-5-py3.9-nspkg.pth", namespace_line("zope", old=True)),
            ("google_cloud-1-nspkg.pth", namespace_line("google.cloud")),
        ],
    )
    def test_what_setuptools_is_known_for(self, name: str, text: str) -> None:
        assert self.found(name, text) == ()

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("distutils-precedence.pth", DISTUTILS + " import demo"),
            ("distutils-precedence.pth", "import demo"),
            ("other.pth", DISTUTILS),
            ("zope-nspkg.pth", namespace_line("zope") + ";import demo"),
            ("zope-nspkg.pth", namespace_line("zope").replace("'zope'", "go()", 1)),
            ("zope.pth", namespace_line("zope")),
        ],
    )
    def test_what_only_looks_like_it(self, name: str, text: str) -> None:
        assert len(self.found(name, text)) == 1


class TestPolicy:
    CLASH = (Clash(loser="one", winner="two", target=SITE / "x.py"),)
    FACTS = facts(staged("one"), staged("two"), clashes=CLASH)

    def test_a_severity_of_all_or_of_one(self) -> None:
        soft = Judgement(severity=(("SYS009", Severity.NOTE),))
        for policy in (Policy(everywhere=soft), Policy(packages=(("one", soft),))):
            (finding,) = verify_staged(self.FACTS, policy=policy)
            assert finding.severity is Severity.NOTE
            refuse([finding])

    def test_ignored(self) -> None:
        off = Policy(packages=(("one", Judgement(ignore=("SYS009",))),))
        assert verify_staged(self.FACTS, policy=off) == ()
        assert verify_staged(self.FACTS, ignore=["SYS009"]) == ()
        assert len(verify_staged(self.FACTS, ignore=["SYS008"])) == 1


def test_a_cache_that_was_changed() -> None:
    one = facts(staged("demo", SITE / "demo.py"))
    assert found(one) == []
    (problem,) = found(replace(one, stage=replace(one.stage, spoilt=("demo",))))
    assert problem[:2] == ("FIL004", "demo")
    assert "was fetched again" in problem[2]
