from __future__ import annotations

from syncsteps.smoke import Verdict
from tests.support.popular import read_popular

TABLE = read_popular()


def test_the_table_has_250_distributions_once_each_in_order() -> None:
    names = [row.name for row in TABLE]
    assert len(names) >= 250
    assert names == sorted(set(names))


def test_a_verdict_fits_the_rest_of_its_row() -> None:
    for row in TABLE:
        nothing = not (row.modules or row.below)
        assert (row.verdict == Verdict.NOTHING.value) is nothing, row
        assert bool(row.needs) is bool(row.says), row
        if row.verdict == "missing system library":
            assert row.needs, row
        else:
            assert row.verdict in {Verdict.OK.value, Verdict.NOTHING.value}, row


def test_the_awkward_kinds_are_there() -> None:
    rows = {row.name: row for row in TABLE}
    assert rows["azure-core"].modules == ("azure.core",)
    assert rows["types-requests"].modules == ()
    assert rows["psycopg-binary"].modules == ("psycopg", "psycopg_binary")
    assert "PyQt5.QtWidgets" in rows["pyqt5"].below
    assert "wand.image" in rows["wand"].below
