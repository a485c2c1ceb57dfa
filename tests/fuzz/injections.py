"""Every hostile text in every field; `tests/property/test_injection.py` has a part of them."""

from __future__ import annotations

import sys
import traceback

from tests.support.injection import Case, Judge, cases
from tests.support.injection_texts import SAMPLES

__all__ = ["inject"]

_SHOWN = 10


def inject() -> int:
    """Print what comes of every case, and return how many are faulty."""
    faulty = 0
    for sample in SAMPLES:
        judge = Judge()
        number, found = 0, []
        for case in cases(sample):
            number += 1
            faults = _faults(judge, case)
            if faults:
                found.append(f"FAULT: {case}: {faults[0]}")
        sys.stdout.write(
            f"{number:9,}  texts in {sample.name}: {judge.refused:,} refused by the reader,"
            f" {judge.exported:,} exports, {len(found)} faulty\n"
        )
        sys.stdout.write("".join(f"{line}\n" for line in found[:_SHOWN]))
        faulty += len(found)
    return faulty


def _faults(judge: Judge, case: Case) -> list[str]:
    try:
        return judge.faults(case)
    except Exception:  # noqa: BLE001 - whatever else comes is what is looked for
        return [traceback.format_exc()]
