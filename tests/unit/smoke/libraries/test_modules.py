from __future__ import annotations

import pytest

from syncsteps.smoke.libraries.modules import abis_of, is_module

ABIS = abis_of(
    [
        "cp312-cp312-manylinux_2_36_x86_64",
        "cp312-abi3-manylinux_2_36_x86_64",
        "cp312-none-any",
        "pp310-pypy310_pp73-linux_x86_64",
    ]
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spam.cpython-312-x86_64-linux-gnu.so", True),
        ("pack/_spam.cpython-312-x86_64-linux-gnu.so", True),
        ("spam.cpython-311-x86_64-linux-gnu.so", False),
        ("spam.cpython-312t-x86_64-linux-gnu.so", False),
        ("spam.abi3.so", True),
        ("spam.abi3t.so", False),
        ("spam.pypy310-pp73-x86_64-linux-gnu.so", True),
        ("spam.pypy39-pp73-x86_64-linux-gnu.so", False),
        ("MPI.mpich.cpython-312-x86_64-linux-gnu.so", False),
        ("pack.libs/spam.abi3.so", False),
        ("pack/class/spam.abi3.so", False),
        ("libspam-1.2.so", False),
        ("libspam.so.1", False),
        ("pack/spam", False),
    ],
)
def test_the_name_says_whether_it_is_imported(path: str, *, expected: bool) -> None:
    assert is_module(path, abis=ABIS, exports=lambda _symbol: False) is expected


def test_without_a_tag_the_function_for_the_import_says_it() -> None:
    assert is_module("pack/spam.so", abis=ABIS, exports=lambda symbol: symbol == "PyInit_spam")
    assert not is_module("pack/spam.so", abis=ABIS, exports=lambda symbol: symbol == "PyInit_x")
    assert not is_module("p.libs/spam.so", abis=ABIS, exports=lambda _symbol: True)
