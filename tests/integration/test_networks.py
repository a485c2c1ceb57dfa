"""Networks as they are: an index that stumbles, one that wants a login, and a proxy before it.

What is needed for that is the installers' own, and reaches them as the user has set it up; none of
the secrets is in what syncsteps says, writes and leaves.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.proxy import Proxy
from tests.support.wheels import make_wheel, sha256

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.support.systems import System

pytestmark = pytest.mark.enable_socket
both = pytest.mark.parametrize("installer", ["uv", "pip"])

USER, PASSWORD = "someone", "s3cret/w@rd-0815"
ENCODED = quote(PASSWORD, safe="")
STAGING_FAILED = 5
PATIENT = {"PIP_RETRIES": "4", "UV_HTTP_RETRIES": "4"}


@pytest.fixture
def login(system: System) -> str:
    """The index's, without which it gives nothing."""
    system.index.login = f"{USER}:{PASSWORD}"
    return f"{USER}:{ENCODED}"


def _lock(system: System, count: int = 2) -> list[str]:
    wheels = [make_wheel(system.index.directory, f"net-{number}") for number in range(count)]
    system.lock(wheels)
    return [f"net-{number}" for number in range(count)]


def _sync(system: System, installer: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Sync in a process of its own; return the exit code and all that it said, wrote and left."""
    before = system.snapshot()
    document = system.project / "result.json"
    document.unlink(missing_ok=True)
    variables = {
        "HOME": str(system.project / "home"),
        "PIP_KEYRING_PROVIDER": "disabled",
        "UV_KEYRING_PROVIDER": "disabled",
        **variables,
    }
    done = system.start(
        "sync", "--installer", installer, "--json", str(document), "--verbose", *arguments,
        **variables,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, _told(system, done, document, before)


def _told(
    system: System,
    done: subprocess.CompletedProcess[str],
    document: Path,
    before: dict[str, tuple[int, str]],
) -> str:
    after = system.snapshot()
    new = [system.prefix.__class__(path) for path in after if after[path] != before.get(path)]
    left = [path.read_bytes().decode("utf-8", "replace") for path in new if path.is_file()]
    if done.returncode == 0:
        assert any("net-0" in text for text in left), "the receipt was to be among them"
        assert json.loads(document.read_text())
    return "\n".join([done.stdout, done.stderr, document.read_text(), *left])


def _assert_no_secret(text: str) -> None:
    for secret in (PASSWORD, ENCODED):
        assert secret not in text


@both
@pytest.mark.parametrize("fault", ["busy", "reset"])
def test_an_index_that_stumbles(system: System, installer: str, fault: str) -> None:
    names = _lock(system)
    if fault == "busy":
        system.index.failures, system.index.failure_status = 2, 503
    else:
        system.index.resets = 2
    status, told = _sync(system, installer, **PATIENT)
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    assert (system.index.failures, system.index.resets) == (0, 0)


@both
@pytest.mark.parametrize("fault", ["busy", "reset"])
def test_an_index_that_does_not_get_up_again(system: System, installer: str, fault: str) -> None:
    _lock(system)
    before = system.snapshot()
    if fault == "busy":
        system.index.failures, system.index.failure_status = 1_000, 503
    else:
        system.index.resets = 1_000
    status, told = _sync(system, installer, PIP_RETRIES="1", UV_HTTP_RETRIES="1")
    assert status == STAGING_FAILED
    assert "the network does not give" in told, told
    assert "what to do: Check the connection" in told
    assert {p: v for p, v in system.snapshot().items() if ".syncsteps" not in p} == before


@both
@pytest.mark.parametrize("source", ["lock", "index"])
def test_a_login_from_netrc(system: System, login: str, installer: str, source: str) -> None:
    names = _lock(system)
    netrc = system.project / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    netrc.chmod(0o600)
    status, told = _sync(system, installer, "--source", source, NETRC=str(netrc))
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    assert login.partition(":")[0] == USER
    _assert_no_secret(told)


@both
def test_a_login_in_variables(system: System, login: str, installer: str) -> None:
    names = _lock(system)
    url = system.index.url.replace("://", f"://{login}@")
    variables = {"PIP_INDEX_URL": url, "UV_INDEX_URL": url}
    status, told = _sync(system, installer, "--source", "index", **variables)
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    _assert_no_secret(told)


@both
def test_a_login_in_configuration_files(system: System, login: str, installer: str) -> None:
    names = _lock(system)
    url = system.index.url.replace("://", f"://{login}@")
    pip, uv = system.project / "pip.conf", system.project / "home" / ".config" / "uv" / "uv.toml"
    uv.parent.mkdir(parents=True)
    pip.write_text(f"[global]\nindex-url = {url}\n")
    uv.write_text(f'index-url = "{url}"\n')
    variables = {"PIP_CONFIG_FILE": str(pip), "PIP_INDEX_URL": "", "UV_INDEX_URL": ""}
    variables["UV_NO_CONFIG"] = "0"
    status, told = _sync(system, installer, "--source", "index", **variables)
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    _assert_no_secret(told)


@both
@pytest.mark.parametrize("source", ["lock", "index"])
def test_a_login_of_a_named_index_of_uv(
    system: System, login: str, installer: str, source: str
) -> None:
    """pip knows of no such thing, and is told."""
    names = _lock(system)
    variables = _name_index(system)
    status, told = _sync(system, installer, "--source", source, **variables)
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    assert login
    _assert_no_secret(told)


def test_a_login_of_a_named_index_of_uv_is_enough_to_fetch(system: System, login: str) -> None:
    _lock(system)
    wheelhouse = system.project / "wheelhouse"
    variables = {**_name_index(system), "HOME": str(system.project / "home")}
    assert login
    done = system.start("fetch", "--wheelhouse", str(wheelhouse), "--verbose", **variables)
    assert done.returncode == 0, done.stderr
    assert len(list(wheelhouse.glob("*.whl"))) == 2
    told = [path.read_bytes().decode("utf-8", "replace") for path in wheelhouse.glob("*.json")]
    _assert_no_secret("\n".join([done.stdout, done.stderr, *told]))
    done = system.start("fetch", "--wheelhouse", f"{wheelhouse}-2", HOME=variables["HOME"])
    assert done.returncode == STAGING_FAILED
    assert "the index refused the credentials, or got none" in done.stderr


def _name_index(system: System) -> dict[str, str]:
    """Give the index a name in uv's settings, and return the variables with its login."""
    text = f'[[index]]\nname = "own.one"\nurl = "{system.index.url}"\ndefault = true\n'
    (system.project / "uv.toml").write_text(text)
    variables = {"UV_INDEX_OWN_ONE_USERNAME": USER, "UV_INDEX_OWN_ONE_PASSWORD": PASSWORD}
    return {**variables, "UV_NO_CONFIG": "0", "UV_INDEX_URL": ""}


@both
def test_a_wrong_login(system: System, login: str, installer: str) -> None:
    _lock(system)
    system.index.login = f"{USER}:another"
    url = system.index.url.replace("://", f"://{login}@")
    variables = {"PIP_INDEX_URL": url, "UV_INDEX_URL": url}
    status, told = _sync(system, installer, "--source", "index", **variables)
    assert status == STAGING_FAILED
    assert "the index refused the credentials, or got none" in told, told
    _assert_no_secret(told)


@both
def test_a_login_in_the_lock_itself(system: System, login: str, installer: str) -> None:
    """An archive of a requirements file: its address is in the receipt and in direct_url.json."""
    wheel = make_wheel(system.index.directory, "net-0")
    url = system.index.file_url(wheel.name).replace("://", f"://{login}@")
    lock = system.project / "requirements.txt"
    lock.write_text(f"net-0 @ {url} --hash=sha256:{sha256(wheel)}\n")
    status, told = _sync(system, installer)
    assert status == 0, told
    assert "direct_url.json" in told
    _assert_no_secret(told)


@both
@pytest.mark.parametrize("secret", [False, True], ids=["open", "with-a-login"])
def test_a_proxy(system: System, installer: str, *, secret: bool) -> None:
    names = _lock(system)
    with Proxy() as proxy:
        url = proxy.url(f"{USER}:{ENCODED}" if secret else "")
        variables = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), url)
        status, told = _sync(
            system, installer, **variables, **dict.fromkeys(("NO_PROXY", "no_proxy"), "")
        )
    assert status == 0, told
    assert set(names) <= system.installed().keys()
    files = {system.index.file_url(f"net_{n}-1.0-py3-none-any.whl") for n in (0, 1)}
    assert files <= set(proxy.requests)
    assert bool(proxy.credentials) is secret
    _assert_no_secret(told)


@both
def test_a_proxy_that_gives_no_way_out(system: System, installer: str) -> None:
    wheel = make_wheel(system.index.directory, "net-0")
    lock = system.project / "requirements.txt"
    lock.write_text(f"net-0 @ https://index.invalid/{wheel.name} --hash=sha256:{sha256(wheel)}\n")
    with Proxy() as proxy:
        url = proxy.url(f"{USER}:{ENCODED}")
        variables = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), url)
        variables |= {"UV_HTTP_RETRIES": "0", "NO_PROXY": "", "no_proxy": ""}
        status, told = _sync(system, installer, **variables)
    assert status == STAGING_FAILED
    assert "CONNECT index.invalid:443" in proxy.requests
    assert "the proxy " in told, told
    assert " does not let it through" in told
    _assert_no_secret(told)
