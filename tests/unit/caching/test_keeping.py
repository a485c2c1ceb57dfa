from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncsteps.caching import keeping
from syncsteps.caching.keeping import code_marks, keeping_directory, looking_directory
from syncsteps.settings import Settings

if TYPE_CHECKING:
    import pytest

HOME = Path("/home/me").absolute()
ENVIRONMENT = {"HOME": str(HOME), "LOCALAPPDATA": str(HOME), "XDG_CACHE_HOME": str(HOME / "cache")}


def keeps(environment: dict[str, str], **settings: Any) -> bool:  # noqa: ANN401 - of many types
    return bool(keeping_directory(Settings(directory=HOME, **settings), environment, "kind"))


def test_a_directory_that_is_named_comes_before_the_usual_one() -> None:
    named = Settings(directory=HOME, cache_dir=str(HOME / "named"))
    for directory in (keeping_directory, looking_directory):
        assert directory(named, ENVIRONMENT, "kind") == str(HOME / "named" / "kind")
        usual = Path(directory(Settings(directory=HOME), ENVIRONMENT, "kind"))
        assert usual.name == "kind"
        assert HOME in usual.parents


def test_an_image_is_left_without_a_cache_unless_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = str(HOME / "named")
    monkeypatch.setattr(keeping, "is_layer", lambda _directory: False)
    assert keeps(ENVIRONMENT)
    assert not keeps({**ENVIRONMENT, "SOURCE_DATE_EPOCH": "0"})
    assert not keeps({})
    assert not keeps(ENVIRONMENT, no_cache=True)
    assert not keeps(ENVIRONMENT, no_cache=True, cache_dir=named)
    assert keeps({"SOURCE_DATE_EPOCH": "0"}, cache_dir=named)
    monkeypatch.setattr(keeping, "is_layer", lambda _directory: True)
    assert not keeps(ENVIRONMENT)
    assert keeps(ENVIRONMENT, cache_dir=named)


def test_what_is_in_an_image_already_may_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "is_layer", lambda _directory: True)
    assert looking_directory(Settings(directory=HOME), ENVIRONMENT, "kind")


def test_code_is_known_by_its_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "package"
    (package / "caching").mkdir(parents=True)
    (package / "locks").mkdir()
    module = package / "locks" / "uv.py"
    module.write_text("x = 1")
    monkeypatch.setattr(keeping, "__file__", str(package / "caching" / "keeping.py"))
    before = code_marks("locks")
    assert [Path(path).name for path, _ in before] == ["uv.py"]
    (package / "locks" / "__pycache__").mkdir()
    assert code_marks("locks") == before
    module.write_text("x = 22")
    assert code_marks("locks") != before


def test_code_in_a_zip_file_is_known_by_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.pyz"
    program.write_text("a zip file")
    inside = program / "syncsteps" / "caching" / "keeping.py"
    monkeypatch.setattr(keeping, "__file__", str(inside))
    before = code_marks("locks")
    assert str(program) in dict(before)
    program.write_text("another zip file")
    assert code_marks("locks") != before
