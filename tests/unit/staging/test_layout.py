from __future__ import annotations

from pathlib import Path

import pytest

from syncsteps.interpreter.model import Scheme
from syncsteps.staging.layout import SiteDirectory, find_metadata, placer

USR = Path("/usr")
LOCAL = USR / "local"
DEBIAN = Scheme(
    purelib=LOCAL / "lib/python3.13/dist-packages",
    platlib=LOCAL / "lib/python3.13/dist-packages",
    scripts=LOCAL / "bin",
    headers=USR / "include/python3.13",
    data=LOCAL,
)
FEDORA = Scheme(
    purelib=LOCAL / "lib/python3.13/site-packages",
    platlib=LOCAL / "lib64/python3.13/site-packages",
    scripts=LOCAL / "bin",
    headers=USR / "include/python3.13",
    data=LOCAL,
)


def _site(path: str, base: str = "", *, platform: bool = False) -> SiteDirectory:
    return SiteDirectory(path=path, base=base, platform=platform)


@pytest.mark.parametrize(
    ("path", "site"),
    [
        ("lib/python3.12/site-packages", _site("lib/python3.12/site-packages")),
        ("lib/python3.13t/site-packages", _site("lib/python3.13t/site-packages")),
        ("lib/pypy3.10/site-packages", _site("lib/pypy3.10/site-packages")),
        ("lib64/python3.13/site-packages", _site("lib64/python3.13/site-packages", platform=True)),
        (
            "local/lib/python3.13/dist-packages",
            _site("local/lib/python3.13/dist-packages", "local/"),
        ),
        ("Lib/site-packages", _site("Lib/site-packages")),
    ],
)
def test_site_directories_of_every_layout(path: str, site: SiteDirectory) -> None:
    info = f"{path}/demo-1.0.dist-info"
    assert find_metadata([f"{info}/METADATA", f"{info}/RECORD"]) == ((site, "demo-1.0.dist-info"),)


def test_other_places_are_no_site_directories() -> None:
    assert (
        find_metadata(
            [
                "share/lib/python3.12/site-packages/x-1.dist-info/METADATA",
                "lib/python3.12/site-packages/a/vendored-1.dist-info/METADATA",
                "lib/python3.12/x-1.dist-info/METADATA",
            ]
        )
        == ()
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "local/lib/python3.13/dist-packages/a/b.py",
            "/usr/local/lib/python3.13/dist-packages/a/b.py",
        ),
        ("local/bin/x", "/usr/local/bin/x"),
        ("local/share/x", "/usr/local/share/x"),
        ("include/python3.13/demo/x.h", "/usr/include/python3.13/demo/x.h"),
    ],
)
def test_debians_pip(path: str, expected: str) -> None:
    site = _site("local/lib/python3.13/dist-packages", "local/")
    assert placer(base="local/", sites=[site], pure=True, scheme=DEBIAN)(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("lib/python3.13/site-packages/a.py", "/usr/local/lib/python3.13/dist-packages/a.py"),
        ("bin/x", "/usr/local/bin/x"),
        ("include/site/python3.13/demo/x.h", "/usr/include/python3.13/demo/x.h"),
        ("include/foo.h", "/usr/local/include/foo.h"),
        ("etc/x", "/usr/local/etc/x"),
    ],
)
def test_uv_for_debian(path: str, expected: str) -> None:
    site = _site("lib/python3.13/site-packages")
    assert placer(base="", sites=[site], pure=True, scheme=DEBIAN)(path) == expected


def test_lib64_is_platlib_whatever_the_wheel_says() -> None:
    sites = [
        _site("lib/python3.13/site-packages"),
        _site("lib64/python3.13/site-packages", platform=True),
    ]
    for pure in (True, False):
        for site, root in zip(sites, (FEDORA.purelib, FEDORA.platlib), strict=True):
            path = f"{site.path}/a.py"
            assert placer(base="", sites=sites, pure=pure, scheme=FEDORA)(path) == str(
                root / "a.py"
            )


@pytest.mark.parametrize(("pure", "root"), [(True, FEDORA.purelib), (False, FEDORA.platlib)])
def test_one_directory_for_two_is_split_by_the_wheel(*, pure: bool, root: Path) -> None:
    site = _site("lib/python3.13/site-packages")
    path = f"{site.path}/a.py"
    assert placer(base="", sites=[site], pure=pure, scheme=FEDORA)(path) == str(root / "a.py")


def test_windows() -> None:
    root = Path("/py")
    scheme = Scheme(
        purelib=root / "Lib/site-packages",
        platlib=root / "Lib/site-packages",
        scripts=root / "Scripts",
        headers=root / "Include",
        data=root,
    )
    site = _site("Lib/site-packages")
    for path in ("Lib/site-packages/a.py", "Scripts/x.exe", "Include/demo/x.h", "share/x"):
        assert placer(base="", sites=[site], pure=True, scheme=scheme)(path) == str(root / path)
