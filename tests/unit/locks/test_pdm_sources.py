from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tomli

from syncsteps.errors import LockError
from syncsteps.locks.fields import Origin
from syncsteps.locks.model import Lookup
from syncsteps.locks.pdm import read_pdm

if TYPE_CHECKING:
    from syncsteps.locks.model import Package

ORIGIN = Origin(name="pdm.lock", path=Path("/p/pdm.lock"), root=Path("/p"), digest="d")
LOCK = """
[metadata]
lock_version = "4.5.1"
strategy = ["inherit_metadata"]
[[package]]
name = "demo-one"
version = "1.0"
groups = ["default"]
[[package]]
name = "tree"
version = "1.0"
groups = ["default"]
path = "./tree"
"""
MAIN, OWN = "https://main.invalid/simple", "https://own.invalid/simple"


def read(*sources: str, **environment: str) -> Package:
    text = "".join(f"[[tool.pdm.source]]\n{source}\n" for source in sources)
    lock = read_pdm(tomli.loads(LOCK), ORIGIN, tomli.loads(text), environment=environment)
    demo, tree = lock.packages
    assert (tree.index, tree.lookup) == (None, None)
    return demo


def source(name: str, url: str, more: str = "") -> str:
    return f'name = "{name}"\nurl = "{url}"\n{more}'


def test_without_sources() -> None:
    demo = read()
    assert (demo.index, demo.lookup) == (None, None)


def test_a_source_stands_beside_the_configured_index() -> None:
    demo = read(source("own", OWN))
    assert (demo.index, demo.lookup) == (None, Lookup(extra_indexes=(OWN,)))


def test_one_source_replaces_it() -> None:
    demo = read(source("own", OWN), source("pypi", MAIN))
    assert demo.lookup == Lookup(index=MAIN, extra_indexes=(OWN,))
    alone = read(source("pypi", MAIN))
    assert (alone.index, alone.lookup) == (MAIN, Lookup(index=MAIN))


def test_a_source_that_includes_a_package_is_the_only_one() -> None:
    demo = read(source("pypi", MAIN), source("own", OWN, 'include_packages = ["demo-*"]'))
    assert (demo.index, demo.lookup) == (OWN, Lookup(index=OWN))


def test_a_source_that_excludes_a_package() -> None:
    demo = read(source("own", OWN, 'exclude_packages = ["demo-*"]'))
    assert (demo.index, demo.lookup) == (None, None)


def test_pages_and_folders() -> None:
    page = read(source("a", "https://page.invalid/x", 'type = "find_links"'))
    assert page.lookup == Lookup(find_links=("https://page.invalid/x",))
    for url in ("./wheels", "file:///${PROJECT_ROOT}/wheels"):
        only = 'type = "find_links"\ninclude_packages = ["*"]'
        found = read(source("a", url, only))
        assert found.lookup == Lookup(find_links=("wheels",), no_index=True)


def test_certificates_that_do_not_matter() -> None:
    demo = read(source("own", "https://me@own.invalid:8443/simple", "verify_ssl = false"))
    assert demo.lookup is not None
    assert demo.lookup.trusted_hosts == ("own.invalid:8443",)
    assert read(source("own", OWN, "verify_ssl = true")).lookup == Lookup(extra_indexes=(OWN,))
    assert read('name = "pypi"\nverify_ssl = true').lookup is None


def test_variables_in_credentials() -> None:
    url = "https://${WHO}:${CODE}@own.invalid/simple"
    found = read(source("pypi", url), WHO="me", CODE="a/b@c")
    assert found.index == "https://me:a%2Fb%40c@own.invalid/simple"
    assert read(source("pypi", url), WHO="me").index == OWN


@pytest.mark.parametrize(
    "text", [source("own", "ftp://own.invalid"), 'name = "own"', source("own", "https://${X}/s")]
)
def test_a_malformed_source(text: str) -> None:
    with pytest.raises(LockError) as caught:
        read(text, X="secret.invalid")
    assert (caught.value.file, caught.value.table) == ("pyproject.toml", "tool.pdm.source[0]")


def test_a_host_that_is_none() -> None:
    with pytest.raises(LockError, match="not a URL"):
        read(source("own", "https://own.inva\u2100lid/simple", "verify_ssl = false"))
