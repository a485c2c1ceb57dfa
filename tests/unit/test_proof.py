from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import StagingError
from syncsteps.plan import Install, Keep, Replace
from syncsteps.proof import staged_facts
from syncsteps.staging.model import Stage, StagedDistribution, StagedFile
from tests.support.interpreters import make_interpreter
from tests.support.values import make_installed, make_plan_of, make_selected
from tests.support.wheels import record, sha256

if TYPE_CHECKING:
    from syncsteps.interpreter.model import InstalledDistribution, Interpreter
    from syncsteps.plan import Action
    from syncsteps.verify import StagedFacts


class System:
    """An interpreter's directories on disk, with distributions in them and aside."""

    def __init__(self, directory: Path) -> None:
        self.prefix = directory / "python"
        self.aside = directory / "aside"
        self.site = make_interpreter(self.prefix).scheme.purelib
        self.installed: list[InstalledDistribution] = []

    @property
    def interpreter(self) -> Interpreter:
        return make_interpreter(self.prefix, distributions=tuple(self.installed))

    def install(self, name: str, **files: str) -> InstalledDistribution:
        one = make_installed(name, location=self.site)
        members = {path.replace("__", "."): text.encode() for path, text in files.items()}
        own = f"{one.metadata.name}/RECORD"
        members = {**members, own: record(members, own).encode()}
        for path, content in members.items():
            target = self.site / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self.installed.append(one)
        return one

    def stage(self, name: str, files: dict[str, str | bytes]) -> StagedDistribution:
        staged = []
        for path, content in files.items():
            source = self.aside / name / path
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_bytes(content if isinstance(content, bytes) else content.encode())
            staged.append(
                StagedFile(
                    source=str(source),
                    target=str(self.site / path),
                    sha256=sha256(source),
                    size=source.stat().st_size,
                    mode=0o644,
                )
            )
        return StagedDistribution(
            name=name, version="1.0", metadata=self.aside / name, files=tuple(staged)
        )

    def facts(self, *staged: StagedDistribution, actions: tuple[Action, ...] = ()) -> StagedFacts:
        stage = Stage(root=self.aside, site=(), distributions=staged)
        return staged_facts(stage, plan=make_plan_of(*actions), interpreter=self.interpreter)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


class TestObstacles:
    def seen(self, facts: StagedFacts) -> list[tuple[str, str, list[str], bool]]:
        return [
            (each.coming, each.owner, [target.name for target in each.targets], each.locked)
            for each in facts.obstacles
        ]

    def test_only_what_stays_and_differs_is_in_the_way(self, system: System) -> None:
        system.install("old", shared__py="old", same__py="same", own__py="")
        files = {"shared.py": "new", "same.py": "same", "new.py": ""}
        facts = system.facts(system.stage("demo", dict(files)))
        assert self.seen(facts) == [("demo", "old", ["shared.py"], False)]

    def test_of_the_same_size_and_in_both_orders(self, system: System) -> None:
        system.install("old", b__py="old", a__py="old")
        system.install("other", c__py="x")
        one = system.stage("demo", {"b.py": "new", "a.py": "longer", "c.py": "y"})
        two = system.stage("also", {"a.py": "other"})
        assert self.seen(system.facts(one, two)) == [
            ("also", "old", ["a.py"], False),
            ("demo", "old", ["a.py", "b.py"], False),
            ("demo", "other", ["c.py"], False),
        ]

    def test_what_is_replaced_is_not(self, system: System) -> None:
        old = system.install("demo", shared__py="old")
        action = Replace(selected=make_selected("demo"), installed=old, reason="")
        facts = system.facts(system.stage("demo", {"shared.py": "new"}), actions=(action,))
        assert self.seen(facts) == []

    def test_what_is_replaced_and_also_of_one_that_stays_is(self, system: System) -> None:
        old = system.install("demo", shared__py="old")
        system.install("other", shared__py="old")
        action = Replace(selected=make_selected("demo"), installed=old, reason="")
        facts = system.facts(system.stage("demo", {"shared.py": "new"}), actions=(action,))
        assert self.seen(facts) == [("demo", "other", ["shared.py"], False)]

    def test_what_the_lock_keeps_is_said_to_be_locked(self, system: System) -> None:
        kept = system.install("kept", shared__py="old")
        actions = (
            Keep(selected=make_selected("kept"), installed=kept, reason=""),
            Install(selected=make_selected("demo"), reason=""),
        )
        facts = system.facts(system.stage("demo", {"shared.py": "new"}), actions=actions)
        assert self.seen(facts) == [("demo", "kept", ["shared.py"], True)]


class TestStartup:
    def seen(self, system: System, **files: str | bytes) -> list[tuple[str, int, str]]:
        paths = {path.replace("___", "/").replace("__", "."): text for path, text in files.items()}
        facts = system.facts(system.stage("demo", paths))
        assert {each.distribution for each in facts.startup} <= {"demo"}
        return [
            (each.target.relative_to(system.site).as_posix(), each.number, each.text)
            for each in facts.startup
        ]

    def test_lines_that_site_would_run(self, system: System) -> None:
        text = "# import a\n./path\nimport b\n\n import c\nimport\td  \nimportant\nimport\n"
        assert self.seen(system, demo__pth=text) == [
            ("demo.pth", 3, "import b"),
            ("demo.pth", 6, "import\td"),
        ]

    def test_a_byte_order_mark_and_another_encoding_hide_nothing(self, system: System) -> None:
        assert self.seen(system, a__pth=b"\xef\xbb\xbfimport a\r\nimport \xe9\r\n") == [
            ("a.pth", 1, "import a"),
            ("a.pth", 2, "import \ufffd"),
        ]

    def test_only_where_site_looks(self, system: System) -> None:
        assert self.seen(system, demo___x__pth="import a\n", x__txt="import a\n") == []

    @pytest.mark.parametrize("name", ["sitecustomize", "usercustomize"])
    def test_modules_that_site_imports(self, name: str, system: System) -> None:
        assert self.seen(system, **{f"{name}__py": ""}) == [(f"{name}.py", 0, "")]
        package = {f"{name}___x__py": "", "demo___sitecustomize__py": "", f"{name}__txt": ""}
        assert self.seen(system, **package) == []
        init = {f"{name}/__init__.py": "", f"{name}/a/__init__.py": ""}
        facts = system.facts(system.stage("demo", dict(init)))
        assert [each.target.parent.name for each in facts.startup] == [name]

    def test_a_file_that_cannot_be_read_is_told(self, system: System) -> None:
        staged = system.stage("demo", {"demo.pth": "import a"})
        Path(staged.files[0].source).unlink()
        with pytest.raises(StagingError, match=r"demo\.pth cannot be read: No such file"):
            system.facts(staged)
