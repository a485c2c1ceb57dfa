from __future__ import annotations

import pytest

from syncsteps.errors import SettingsError
from syncsteps.tables import nearest, package_tables, read_table, refuse_unknown, require_packages


def test_a_table_is_a_table() -> None:
    assert read_table({"a": 1}, where="[x]") == {"a": 1}
    with pytest.raises(SettingsError, match=r"^\[x\]: expected a table, found 3$"):
        read_table(3, where="[x]")


def test_an_unknown_key_gets_the_nearest_or_all() -> None:
    refuse_unknown(["one"], ["one", "two"], where="[x]")
    with pytest.raises(SettingsError, match=r"^\[x\]: unknown key 'onne'$") as caught:
        refuse_unknown(["onne"], ["one", "two"], where="[x]")
    assert caught.value.hint == "did you mean 'one'?"
    with pytest.raises(SettingsError) as caught:
        refuse_unknown(["zzz"], ["one", "two"], where="[x]")
    assert caught.value.hint == "known keys: one, two"


def test_tables_of_packages_have_normalized_names_and_their_places() -> None:
    assert package_tables({"De_mo": {"a": 1}}, where="[x]") == {
        "de-mo": ({"a": 1}, "[x] packages.De_mo")
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], r"^\[x\] packages: expected a table"),
        ({"a": 1}, r"^\[x\] packages\.a: expected a table"),
        ({"a.b": {}, "A_B": {}}, r"^\[x\] packages\.A_B: a-b has two tables$"),
    ],
)
def test_what_is_no_table_of_packages(value: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        package_tables(value, where="[x]")


def test_packages_have_to_be_known() -> None:
    require_packages(["numpy"], {"numpy"}, where="[x]")
    with pytest.raises(SettingsError, match="'nunpy' is neither in the lock nor installed"):
        require_packages(["nunpy"], {"numpy"}, where="[x]")


def test_nothing_is_near() -> None:
    assert nearest("zzz", ["abc"]) == ""
