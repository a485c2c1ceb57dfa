from __future__ import annotations

import textwrap

import pytest

from syncsteps.smoke.guarded import is_guarded

GUARDED = [
    "try:\n    from . import pool\nexcept ImportError:\n    pool = None",
    "def f():\n  try:\n    import demo.pool\n  except (ImportError, KeyError):\n    pass",
    "try:\n    from demo.pool import run\nexcept:\n    run = None",
    "try:\n    if True:\n        import pool\nexcept Exception:\n    pass",
]
NOT_GUARDED = [
    "from . import pool",
    "try:\n    import pool\nexcept ModuleNotFoundError:\n    pass",
    "try:\n    pass\nexcept ImportError:\n    import pool",
    "try:\n    import other\nexcept ImportError:\n    pass\nelse:\n    from demo import pool",
    "try:\n    import pool\nfinally:\n    pass",
    "import pools, pool.more",
    "pool = 1",
    "import pool (",
    "",
]


@pytest.mark.parametrize("source", GUARDED)
def test_an_import_that_may_fail_is_guarded(source: str) -> None:
    assert is_guarded("pool", [textwrap.dedent(source), "x = 1"])


@pytest.mark.parametrize("source", NOT_GUARDED)
def test_others_are_not(source: str) -> None:
    assert not is_guarded("pool", [source])


def test_one_that_is_not_guarded_is_enough() -> None:
    assert not is_guarded("pool", [GUARDED[0], NOT_GUARDED[0]])
