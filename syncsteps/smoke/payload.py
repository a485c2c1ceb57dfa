"""What is handed to Python to run: modules of this package that are not installed there."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["importing_code", "keeping_code"]

_OWN = "syncsteps."
_INSIDE = ("_shelf", "_child", "_zygote")
_BESIDE = ("_reaping", "_network", "_keeper")
# A module may replace what is in `builtins`: these have a copy. They are nobody's to import.
_START = """\
import sys
def start(sources):
    import builtins
    own = dict(vars(builtins))
    for name, source in sources:
        module = type(sys)(name)
        module.__builtins__ = own
        module.__spec__ = None
        sys.modules[name] = module
        exec(compile(source, "<syncsteps>", "exec"), vars(module))
        if name.endswith("_shelf"):
            shelf = module.Shelf({own!r}, own)
            shelf.load(module.FIRST_MODULES)
    return module.main, shelf
main, shelf = start({sources!r})
del start
main(shelf)
"""
_KEEP = """\
import sys
for name, source in {sources!r}:
    module = type(sys)(name)
    sys.modules[name] = module
    exec(compile(source, "<syncsteps>", "exec"), vars(module))
module.main()
"""


@cache
def importing_code() -> str:
    """Return the program that runs in the target, for ``-c``: it imports, or forks who imports."""
    return _START.format(own=_OWN, sources=_sources(_INSIDE))


@cache
def keeping_code() -> str:
    """Return the program that starts and ends the processes, for ``-c`` of this very Python."""
    return _KEEP.format(sources=_sources(_BESIDE))


def _sources(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return modules as name and source, each after those that it imports."""
    package = files("syncsteps.smoke")
    return [
        (f"{_OWN}smoke.{name}", package.joinpath(f"{name}.py").read_text(encoding="utf-8"))
        for name in names
    ]
