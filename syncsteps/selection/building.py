"""Which of the chosen packages have to be built, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncsteps.locks.model import Archive, Directory, Sdist, Vcs
from syncsteps.selection.files import archive_filename

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncsteps.selection.model import Selected

__all__ = ["why_built"]


def why_built(selected: Selected, tags: Sequence[str]) -> str:
    """Return why ``selected`` has to be built for a target with these ``tags``, empty if it is not.

    Of a package for which the lock names no file this cannot be told, so that it is empty too.
    """
    match selected.chosen:
        case Directory():
            return "it is a directory"
        case Vcs():
            return "it is a repository"
        case Archive() as archive:
            is_wheel = archive_filename(archive).endswith(".whl")
            return "" if is_wheel else "it is an sdist that is required by its place"
        case Sdist():
            return _why_no_wheel(selected, tags)
        case _:
            return ""


def _why_no_wheel(selected: Selected, tags: Sequence[str]) -> str:
    package = selected.package
    if package.only == "sdists":
        return "the lock rules out its wheels"
    filenames = [wheel.filename for wheel in package.wheels]
    if not filenames or not tags:
        return "the lock has no wheel of it" if not filenames else "the target has no tags at all"
    from syncsteps.selection.nearest import nearest_wheel  # noqa: PLC0415 - seldom needed

    nearest, difference = nearest_wheel(filenames, tags)
    which = (
        "its only wheel" if len(filenames) == 1 else f"the nearest of its {len(filenames)} wheels"
    )
    return f"{which} is for {nearest}: it {difference}"
