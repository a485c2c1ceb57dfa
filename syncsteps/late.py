"""Names that a module imports when they are first used, so that nobody waits for the others."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # every run waits for this module: it imports nothing
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType
else:
    ModuleType = type(sys)

__all__ = ["import_late"]


class _Late(ModuleType):
    """A module with late names (PEP 562, as a class).

    A class, since a function may share its name with the submodule that does its work: importing
    that would put the submodule in the function's place.
    """

    _late_names: Mapping[str, str]

    def __getattr__(self, name: str) -> object:
        if name not in self._late_names:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        import importlib  # noqa: PLC0415 - as above

        value: object = getattr(importlib.import_module(self._late_names[name]), name)
        super().__setattr__(name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in self._late_names and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._late_names})


def import_late(module: str, names: Mapping[str, Sequence[str]]) -> None:
    """Give ``module``, which is being imported, names that come from other modules.

    ``names`` are the names by the module that each is imported from, absolute.
    """
    late = sys.modules[module]
    late.__dict__["_late_names"] = {
        name: home for home, of_home in names.items() for name in of_home
    }
    late.__class__ = _Late
