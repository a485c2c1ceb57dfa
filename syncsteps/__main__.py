"""``python -m syncsteps``."""

from __future__ import annotations

from syncsteps.start import entry_point

if __name__ == "__main__":
    entry_point()
