"""Runs inside the target: compiles modules to byte code that depends on nothing but their source.

Standard library only, and nothing newer than Python 3.6 can parse. The request is JSON on standard
input, a list of ``[source, name, output]``: the file to read, the path that code in it is to have,
and the file to write. The first line on standard output is the tag in the names of byte code files,
empty where this Python has none, and then nothing is done. For each module follows ``yes``, or
``no`` where it gets no byte code: it is no Python of this version, or this version does not write
it the same way twice. It is started with ``-S`` and with PYTHONHASHSEED=0.

What `marshal` writes tells which constants are one object, which of those somebody else refers to,
and which are interned. All that depends on what the process has done before, so here equal ones are
made one object that is referred to twice.
"""

import importlib.util
import json
import marshal
import sys
import warnings
from typing import Any

# PEP 552: hash-based, and checked against the source.
_CHECKED_HASH = (0b11).to_bytes(4, "little")
_CODE = type(compile("", "", "exec"))
_FIELDS = (
    "co_cellvars",
    "co_code",
    "co_consts",
    "co_exceptiontable",
    "co_filename",
    "co_freevars",
    "co_linetable" if sys.version_info >= (3, 10) else "co_lnotab",
    "co_name",
    "co_names",
    "co_qualname",
    "co_varnames",
)
# From 3.11 on, marshal sorts the members of a set; before, they come in the order of their hashes,
# and those of these two are addresses.
_SORTED_SETS = sys.version_info >= (3, 11)
_HASHED_BY_ADDRESS = frozenset({None, ...})


class UnstableError(ValueError):
    """There is a constant that is not written the same way in every process."""


class Constants:
    """The constants of one module, of which equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[Any, Any] = {}

    def keep(self, value: Any) -> tuple[Any, Any]:  # noqa: ANN401 - whatever is a constant
        """Return the object that stands for ``value``, and what tells it from all others."""
        if isinstance(value, _CODE):
            fields = {n: self.keep(getattr(value, n))[0] for n in _FIELDS if hasattr(value, n)}
            new: Any = value.replace(**fields)
            key: Any = (_CODE, id(new))
        elif isinstance(value, tuple):
            members = [self.keep(member) for member in value]
            new, key = tuple(m for m, _ in members), (tuple, tuple(k for _, k in members))
        elif isinstance(value, frozenset):
            if not _SORTED_SETS and not _HASHED_BY_ADDRESS.isdisjoint(value):
                raise UnstableError
            members = sorted(map(self.keep, value), key=lambda pair: repr(pair[0]))
            new, key = frozenset([m for m, _ in members]), (frozenset, tuple(k for _, k in members))
        elif isinstance(value, str):
            # There is one object for each single character, which others may have interned.
            new, key = (sys.intern(value) if len(value) <= 1 else value), (str, value)
        elif isinstance(value, (float, complex)):
            new, key = value, (type(value), repr(value))  # 0.0 and -0.0 are equal
        else:
            new, key = value, (type(value), value)
        return self._known.setdefault(key, new), key


def byte_code(source: bytes, name: str) -> bytes:
    """Return the content of a ``.pyc`` file (PEP 552) for a module that will lie at ``name``."""
    code = compile(source, name, "exec", dont_inherit=True, optimize=0)
    constants = Constants()
    stable = constants.keep(code)[0]
    head = importlib.util.MAGIC_NUMBER + _CHECKED_HASH + importlib.util.source_hash(source)
    return head + marshal.dumps(stable)


def attempt(source: str, name: str, output: str) -> bool:
    """Write the byte code of ``source``; return whether it has any."""
    with open(source, "rb") as stream:  # noqa: PTH123 - what else is imported costs every process
        text = stream.read()
    try:
        content = byte_code(text, name)
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return False
    with open(output, "wb") as stream:  # noqa: PTH123 - as above
        stream.write(content)
    return True


def answer(line: str) -> None:
    """Write a line at once: the next module may be the end of this process."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Compile what is asked for on standard input."""
    warnings.simplefilter("ignore")
    answer(sys.implementation.cache_tag or "")
    if not sys.implementation.cache_tag:
        return
    for source, name, output in json.load(sys.stdin):
        answer("yes" if attempt(source, name, output) else "no")


if __name__ == "__main__":
    main()
