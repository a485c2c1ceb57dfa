"""Whatever text a lock has, nothing is added to what installers read, and no secret is shown.

Every string and every key of a whole lock of each format is replaced by hostile texts, one at a
time. Of the fields that a reader takes no notice of (a summary, a tool's own tables) and of those
whose text is kept but is no part of any output, `tests.support.injection` says which they are: all
others are refused by the reader or written so that they mean what they say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import SelectionError
from syncsteps.export import to_requirements
from syncsteps.selection import Request, select
from tests.support.injection import HOSTILE, Judge, cases, changed, faults_of_lines
from tests.support.injection_texts import SAMPLES
from tests.support.interpreters import make_interpreter

if TYPE_CHECKING:
    from tests.support.injection_texts import Sample

EVERY = 12  # `nox -s fuzz` puts every text into every field
SHA = "0" * 64

by_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


@by_sample
def test_the_samples_can_be_exported_as_they_are(sample: Sample) -> None:
    judge = Judge()
    lock = sample.read(sample.document)
    assert judge.faults_of_lock(lock, sample) == []
    assert (judge.exported, judge.refused) == (3, 0)


@by_sample
def test_no_text_adds_anything_and_no_secret_is_shown(sample: Sample) -> None:
    judge = Judge()
    number, places = 0, set()
    for case in cases(sample, every=EVERY):
        number += 1
        places.add((case.place, case.key))
        assert judge.faults(case) == [], str(case)
    # Nothing would be shown if all were refused for another reason, or nothing were hostile.
    assert number > len(HOSTILE)
    assert judge.refused > number / 2
    assert judge.exported > 20
    assert len(places) > 30
    whole = isinstance(sample.document, str)
    assert {key for _, key in places} == ({False} if whole else {False, True})


@pytest.mark.parametrize(
    "text",
    [
        "a==1.0\n--index-url https://evil.invalid/simple\n",
        "a==1.0 --index-url https://evil.invalid/simple\n",
        "a==1.0\x0b-r other.txt\n",
        "a==1.0\u2028-e .\n",
        "-e .\n",
        "-r other.txt\n",
        "A==1.0\n",
        "a>=1.0\n",
        "a @ https://files.invalid/${HOME}\n",
        "a @ file:///etc/passwd\n",
        "a @ file:///project/../etc\n",
        "a @ file:///project/%2e%2e/etc\n",
        "a @ file://evil.invalid/project/a\n",
        "a @ git+file:///etc\n",
        "a==1.0 ; os_name == 'x' --pre\n",
        f"a==1.0 --hash=sha256:{SHA}\n",
        f"a==1.0 \\\n    --hash=sha256:{SHA} --pre\n",
        "a==1.0\n    # via \n--pre\n",
    ],
)
def test_the_judge_sees_what_is_hostile(text: str) -> None:
    assert faults_of_lines(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a==1.0+cpu.1\n",
        f"a @ file:///project/a#subdirectory=b \\\n    --hash=sha256:{SHA}\n    # via b, extra:c\n",
        "a @ git+https://git.invalid/a@v1 ; os_name == 'posix'\n",
    ],
)
def test_the_judge_sees_what_is_not(text: str) -> None:
    assert faults_of_lines(text) == []


OUTSIDE = [
    ("uv.lock", ("package", 0, "source", "editable"), "../app"),
    ("uv.lock", ("package", 3, "source", "registry"), "../links"),
    ("uv.lock", ("package", 4, "source", "directory"), "/elsewhere/member"),
    ("uv.lock", ("package", 6, "source", "path"), "../vendored-1.0-py3-none-any.whl"),
    ("pylock.toml", ("packages", 0, "directory", "path"), "a/../../app"),
    ("pylock.toml", ("packages", 1, "archive", "url"), "file:///elsewhere/archive.zip"),
    ("pylock.toml", ("packages", 2, "vcs", "url"), "file:///elsewhere/checkout"),
    ("pylock.toml", ("packages", 3, "vcs", "path"), "../cloned"),
    ("pylock.toml", ("packages", 4, "wheels", 0, "url"), "file:///x/plain-1.0-py3-none-any.whl"),
    ("pylock.toml", ("packages", 5, "archive", "path"), "../vendored-1.0.zip"),
    ("poetry.lock 1.1", ("package", 2, "source", "url"), "../directory"),
    ("poetry.lock 2.1", ("package", 1, "source", "url"), "file:///elsewhere/checkout"),
    ("poetry.lock 2.1", ("package", 3, "source", "url"), "../file-1.0-py3-none-any.whl"),
    ("pdm.lock 4.5", ("package", 0, "url"), "file:///elsewhere/archive-1.0.zip"),
    ("pdm.lock 4.5", ("package", 5, "url"), "file:///${PROJECT_ROOT}/../rooted-1.0.zip"),
    ("pdm.lock 4.5", ("package", 6, "path"), "../tree"),
    ("Pipfile.lock", ("default", "archive", "file"), "../archive-1.0.zip"),
    ("Pipfile.lock", ("default", "checkout", "git"), "file:///elsewhere/checkout"),
    ("Pipfile.lock", ("default", "tree", "path"), "../tree"),
]


@pytest.mark.parametrize(("name", "place", "value"), OUTSIDE)
def test_places_outside_have_to_be_allowed(
    name: str, place: tuple[str | int, ...], value: str
) -> None:
    sample = next(each for each in SAMPLES if each.name == name)
    lock = sample.read(changed(sample.document, place, value))
    selection = select(lock, Request(all_extras=not lock.conflicts), make_interpreter())
    with pytest.raises(SelectionError) as caught:
        to_requirements(selection, lock=lock, root=lock.root, source="lock")
    message = str(caught.value)
    assert message.startswith("given.lock, package '")
    assert "is outside of the project's directory" in message
    assert "--allow-outside" in caught.value.hint
    texts = to_requirements(selection, lock=lock, root=lock.root, source="lock", allow_outside=True)
    assert faults_of_lines(texts.hashed + texts.unhashed)
