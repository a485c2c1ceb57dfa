from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from syncsteps.errors import SelectionError
from syncsteps.locks.model import Directory, Lookup, Package
from syncsteps.selection.model import Pinned, Selected
from syncsteps.staging.lookups import described, is_closed, lookup_of, pip_lines, uv_table
from tests.support.locks import make_wheel_entry

if TYPE_CHECKING:
    from syncsteps.selection.model import Chosen

ROOT = Path("/project")
OURS = "https://index.invalid/simple"
OTHER = "https://other.invalid/simple"


def chosen(index: str | None = None, lookup: Lookup | None = None, **kinds: Chosen) -> Selected:
    package = Package(name="demo", version=Version("1.0"), index=index, lookup=lookup)
    return Selected(package=package, chosen=kinds.get("chosen", Pinned()))


def test_the_index_of_what_has_no_address() -> None:
    bare = make_wheel_entry("demo-1.0-py3-none-any.whl", url=None)
    for item in (chosen(OURS), chosen(OURS, chosen=bare)):
        assert lookup_of(item, root=ROOT, follow=True) == Lookup(index=OURS)
    assert lookup_of(chosen(), root=ROOT, follow=True) is None


@pytest.mark.parametrize(
    "kind",
    [
        make_wheel_entry("demo-1.0-py3-none-any.whl"),
        make_wheel_entry("demo-1.0-py3-none-any.whl", url=None, path="demo-1.0-py3-none-any.whl"),
        Directory(path="."),
    ],
)
def test_what_has_an_address_needs_no_index(kind: Chosen) -> None:
    assert lookup_of(chosen(OURS, chosen=kind), root=ROOT, follow=True) is None


def test_unless_it_is_followed_only_an_explicit_index_counts() -> None:
    item = chosen(f"{OURS}/", Lookup(index=OURS, extra_indexes=(OTHER,)))
    assert lookup_of(item, root=ROOT, follow=False) is None
    assert lookup_of(item, root=ROOT, follow=False, explicit=[OTHER]) is None
    found = lookup_of(item, root=ROOT, follow=False, explicit=[OURS.replace("//", "//me:pw@")])
    assert found == Lookup(index=f"{OURS}/")


def test_paths_become_urls() -> None:
    lookup = Lookup(find_links=("wheels", "https://page.invalid/x y"), no_index=True)
    found = lookup_of(chosen(None, lookup), root=ROOT, follow=True)
    page = "https://page.invalid/x%20y"
    assert found == replace(lookup, find_links=((ROOT / "wheels").as_uri(), page))
    folder = lookup_of(chosen("../index"), root=ROOT, follow=True)
    assert folder == Lookup(find_links=(Path("/index").as_uri(),), no_index=True)


@pytest.mark.parametrize("url", ["https://a.invalid/\n--index-url x", "https://[a/"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(SelectionError):
        lookup_of(chosen(url), root=ROOT, follow=True)


def test_no_line_has_more_than_was_meant() -> None:
    found = lookup_of(chosen("https://a.invalid/${HOME} x#y"), root=ROOT, follow=True)
    assert pip_lines(found) == "--index-url https://a.invalid/%24%7BHOME%7D%20x\n"


def test_lines_for_pip() -> None:
    assert pip_lines(None) == ""
    lookup = Lookup(
        index=OURS,
        extra_indexes=(OTHER,),
        find_links=("file:///w",),
        trusted_hosts=("a.invalid:8443",),
    )
    assert pip_lines(lookup).splitlines() == [
        f"--index-url {OURS}",
        f"--extra-index-url {OTHER}",
        "--find-links file:///w",
        "--trusted-host a.invalid:8443",
    ]
    assert pip_lines(Lookup(no_index=True)) == "--no-index\n"


def test_uv_asks_the_locks_index_alone() -> None:
    settings: dict[str, object] = {
        "extra-index-url": [OTHER],
        "find-links": ["/links"],
        "https-proxy": "https://proxy.invalid",
        "index": [
            {"name": "ours", "url": f"{OURS}/", "explicit": True, "authenticate": "always"},
            {"url": OTHER, "default": True},
        ],
        "index-url": OTHER,
        "pip": {"index-url": OTHER, "no-index": True, "keyring-provider": "subprocess"},
    }
    lookup = Lookup(index=OURS, trusted_hosts=("index.invalid",))
    # What is known of it, such as the name that credentials go by, stays.
    ours = {"name": "ours", "url": f"{OURS}/", "authenticate": "always", "default": True}
    assert uv_table(lookup, settings) == {
        "allow-insecure-host": ["index.invalid"],
        "https-proxy": "https://proxy.invalid",
        "index": [ours],
        "pip": {"keyring-provider": "subprocess"},
    }
    assert "extra-index-url" in settings


def test_uv_asks_further_indexes_beside_the_configured_ones() -> None:
    own = {"url": OURS, "default": True}
    table = uv_table(Lookup(extra_indexes=(OTHER,), find_links=("file:///w",)), {"index": [own]})
    assert table == {"index": [{"url": OTHER}, own], "find-links": ["file:///w"]}


def test_uv_asks_no_index() -> None:
    table = uv_table(Lookup(no_index=True), {"index": [{"url": OURS}], "find-links": ["/w"]})
    assert table == {"no-index": True, "find-links": ["/w"]}


def test_where_it_is_closed() -> None:
    assert not is_closed(None)
    assert not is_closed(Lookup(extra_indexes=(OTHER,)))
    assert is_closed(Lookup(index=OURS))
    assert is_closed(Lookup(no_index=True))


def test_no_secret_is_told() -> None:
    lookup = Lookup(index="https://me:hunter2@a.invalid/simple", extra_indexes=(OTHER,))
    assert described(lookup) == f"https://***@a.invalid/simple, {OTHER}"
    assert described(None) == ""
