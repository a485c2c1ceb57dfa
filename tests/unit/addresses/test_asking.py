from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from packaging.version import Version

from syncsteps.addresses.asking import UvAsker
from syncsteps.addresses.questions import Question
from syncsteps.errors import LockError, StagingError
from syncsteps.processes import Completed
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from syncsteps.locks.model import Package

ANSWER = """
version = 1
requires-python = ">=2.7"

[[package]]
name = "syncsteps-addresses"
version = "0"
source = { virtual = "." }

[[package]]
name = "one"
version = "1.0"
source = { registry = "https://index.invalid/simple" }
wheels = [{ url = "https://index.invalid/one-1.0-py3-none-any.whl", hash = "HASH", size = 7 }]
""".replace("HASH", f"sha256:{'0' * 64}")
QUESTIONS = tuple(
    Question(name=name, version=Version(version))
    for name, version in (("one", "1.0"), ("two", "1.0"), ("two", "2.0"), ("two-more", "1.0"))
)


@dataclass
class FakeUv:
    """Stands in for uv: each time that it is run it says, and leaves behind, what is next."""

    turns: list[tuple[int, str, str]]
    commands: list[list[str]] = field(default_factory=list)
    environments: list[Mapping[str, str]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    tables: list[dict[str, Any]] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        umask: int | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        assert directory is not None
        assert on_line is not None
        assert umask is None
        self.commands.append([str(part) for part in command])
        self.environments.append(environment or {})
        self.directories.append(directory)
        document = tomli.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))
        self.tables.append(document["tool"]["uv"])
        dependencies = document["project"]["dependencies"]
        self.asked.append([each.partition(" ;")[0] for each in dependencies])
        status, output, answer = self.turns.pop(0)
        for line in output.splitlines():
            on_line(line)
        if answer:
            (directory / "uv.lock").write_text(answer, encoding="utf-8")
        return Completed(status=status, stdout="", stderr="")


def ask(
    uv: FakeUv,
    root: Path,
    *,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _: None,
    questions: Sequence[Question] = QUESTIONS,
) -> tuple[Package, ...]:
    asker = UvAsker(uv=Path("/bin/uv"), environment=environment or {}, runner=uv)
    return asker.ask(questions, root=root, on_line=on_line)


def missing(text: str) -> tuple[int, str, str]:
    because = f"  cause: Because {text} and your project depends on it, we can conclude"
    return 1, f"error: No solution found when resolving dependencies:\n{because}", ""


def test_the_answer_is_without_the_project(tmp_path: Path) -> None:
    uv = FakeUv([(0, "", ANSWER)])
    (one,) = ask(uv, tmp_path)
    assert (one.name, one.index) == ("one", "https://index.invalid/simple")
    assert [(wheel.url, wheel.size) for wheel in one.wheels] == [
        ("https://index.invalid/one-1.0-py3-none-any.whl", 7)
    ]
    assert uv.asked == [["one===1.0", "two===1.0", "two===2.0", "two-more===1.0"]]
    assert not uv.directories[0].exists()


def test_what_is_installed_or_chosen_elsewhere_has_no_say(tmp_path: Path) -> None:
    uv = FakeUv([(0, "", ANSWER)])
    kept = {"UV_INDEX_URL": "https://index.invalid/", "UV_OFFLINE": "1", "HTTPS_PROXY": "p"}
    gone = {
        "UV_EXCLUDE_NEWER": "2020-01-01",
        "UV_NO_BINARY": "1",
        "UV_FROZEN": "1",
        "UV_PROJECT": "x",
    }
    ask(uv, tmp_path, environment={**kept, **gone})
    (environment,) = uv.environments
    assert {name: environment.get(name) for name in kept} == kept
    assert not gone.keys() & environment.keys()
    assert environment["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize(
    ("told", "rest"),
    [
        ("there is no version of two==2.0", ["one===1.0", "two===1.0", "two-more===1.0"]),
        (
            "there is no version of two{python_full_version == '3.99.2'}==2.0",
            ["one===1.0", "two===1.0", "two-more===1.0"],
        ),
        ("two was not found in the package registry", ["one===1.0", "two-more===1.0"]),
        ("two was not found in the provided package locations", ["one===1.0", "two-more===1.0"]),
        ("there are no versions of two", ["one===1.0", "two-more===1.0"]),
    ],
)
def test_what_no_index_has_is_not_asked_for_again(
    told: str, rest: list[str], tmp_path: Path
) -> None:
    uv = FakeUv([missing(told), (0, "", ANSWER)])
    assert [package.name for package in ask(uv, tmp_path)] == ["one"]
    assert uv.asked[1] == rest


def test_an_index_that_has_nothing(tmp_path: Path) -> None:
    uv = FakeUv([missing("one was not found in the package registry")])
    assert ask(uv, tmp_path, questions=QUESTIONS[:1]) == ()


def test_an_index_that_has_hardly_anything(tmp_path: Path) -> None:
    many = [Question(name=f"p{number}", version=Version("1")) for number in range(99)]
    uv = FakeUv(
        [missing(f"p{number} was not found in the package registry") for number in range(99)]
    )
    with pytest.raises(StagingError, match="p20 cannot be found; nothing has been written"):
        ask(uv, tmp_path, questions=many)


def test_another_failure_is_told_without_secrets(tmp_path: Path) -> None:
    secret = "not-to-be-told"  # noqa: S105 - an example
    said: list[str] = []
    uv = FakeUv([(2, f"error: dns error https://me:{secret}@index.invalid/\nx {secret}", "")])
    with pytest.raises(StagingError, match="the network does not give") as caught:
        ask(uv, tmp_path, environment={"UV_INDEX_X_PASSWORD": secret}, on_line=said.append)
    told = [*said, *caught.value.details, str(caught.value)]
    assert len(said) == 2
    assert secret not in "".join(told)


def test_uv_cannot_be_started(tmp_path: Path) -> None:
    asker = UvAsker(uv=tmp_path / "no-uv", environment={})
    with pytest.raises(StagingError, match="uv cannot be started") as caught:
        asker.ask(QUESTIONS, root=tmp_path, on_line=lambda _: None)
    assert "requirements.txt" in caught.value.hint


def test_no_room_for_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(StagingError, match="cannot write a temporary project") as caught:
        ask(FakeUv([]), tmp_path)
    assert "TMPDIR" in caught.value.hint


def test_an_answer_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="uv's answer"):
        ask(FakeUv([(0, "", "version = 9\n")]), tmp_path)


def test_what_an_index_refuses_to_tell_is_not_missing(tmp_path: Path) -> None:
    status, text, _ = missing("there is no version of two==2.0")
    uv = FakeUv([(status, f"{text}\nhint: could not be queried (401 Unauthorized)", "")])
    with pytest.raises(StagingError, match="the index refused the credentials"):
        ask(uv, tmp_path)


@pytest.mark.parametrize("environment", [{"UV_OFFLINE": "true"}, {}])
def test_what_cannot_be_looked_up_is_not_missing(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    if not environment:
        (tmp_path / "uv.toml").write_text("offline = true\n", encoding="utf-8")
    uv = FakeUv([missing("there is no version of two==2.0")])
    with pytest.raises(StagingError, match=r"may not use the network.* says of two") as caught:
        ask(uv, tmp_path, environment=environment)
    assert len(caught.value.details) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://[index.invalid/one-1.0-py3-none-any.whl",
        "https://index.invalid/one-1.0-py3-none-any.whl\\n--index-url=x",
        "one-1.0-py3-none-any.whl",
        "https://index.invalid/..",
    ],
)
def test_an_index_that_makes_uv_answer_something_else(url: str, tmp_path: Path) -> None:
    answer = ANSWER.replace("https://index.invalid/one-1.0-py3-none-any.whl", url)
    with pytest.raises(LockError, match="uv's answer"):
        ask(FakeUv([(0, "", answer)]), tmp_path)


class TestConfiguration:
    def test_the_projects_is_followed(self, tmp_path: Path) -> None:
        (tmp_path / "uv.toml").write_text('find-links = ["wheels"]\n', encoding="utf-8")
        uv = FakeUv([(0, "", ANSWER)])
        ask(uv, tmp_path)
        assert uv.tables[0]["find-links"] == [str(tmp_path / "wheels")]
        assert "--config-file" not in uv.commands[0]

    @pytest.mark.parametrize("key", ["exclude-newer = '2020-01-01'", "no-build-package = ['one']"])
    def test_the_users_is_not_where_it_hides_files(self, key: str, tmp_path: Path) -> None:
        (tmp_path / "uv").mkdir()
        (tmp_path / "uv" / "uv.toml").write_text(key, encoding="utf-8")
        uv = FakeUv([(0, "", ANSWER)])
        ask(uv, tmp_path, environment={"XDG_CONFIG_HOME": str(tmp_path)})
        (command,) = uv.commands
        assert command[command.index("--config-file") + 1].endswith("uv.toml")

    def test_that_none_is_to_be_read_does_not_hide_the_project(self, tmp_path: Path) -> None:
        (tmp_path / "uv.toml").write_text('find-links = ["wheels"]\n', encoding="utf-8")
        uv = FakeUv([(0, "", ANSWER)])
        ask(uv, tmp_path, environment={"UV_NO_CONFIG": "1"})
        assert "find-links" not in uv.tables[0]
        assert "--config-file" in uv.commands[0]
        assert "UV_NO_CONFIG" not in uv.environments[0]


class TestPaths:
    def answer(self, path: str) -> str:
        text, _, _ = ANSWER.partition("source = { registry")
        return f'{text}source = {{ registry = "flat" }}\nwheels = [{{ path = "{path}" }}]\n'

    def test_a_file_of_a_folder_is_looked_at(self, tmp_path: Path) -> None:
        wheel = make_wheel(tmp_path, "one")
        (one,) = ask(FakeUv([(0, "", self.answer(wheel.as_posix()))]), tmp_path)
        (found,) = one.wheels
        assert (found.path, found.url) == (str(wheel), None)
        assert [each.digest for each in found.hashes] == [sha256(wheel)]
        assert found.size == wheel.stat().st_size

    def test_a_file_that_is_gone_meanwhile(self, tmp_path: Path) -> None:
        answer = self.answer((tmp_path / "one-1.0-py3-none-any.whl").as_posix())
        with pytest.raises(StagingError, match="cannot be read"):
            ask(FakeUv([(0, "", answer)]), tmp_path)
