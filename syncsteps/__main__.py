"""``python -m syncsteps``."""

from __future__ import annotations

from syncsteps.cli import entry_point

if __name__ == "__main__":
    entry_point()
