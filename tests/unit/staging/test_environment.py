from __future__ import annotations

import pytest

from syncsteps.staging.environment import installer_environment

REDIRECTING = [
    "PIP_DRY_RUN",
    "PIP_NO_DEPS",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REPORT",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_LINK_MODE",
    "UV_NO_DEPS",
    "UV_NO_VERIFY_HASHES",
    "UV_PREFIX",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
    "VIRTUAL_ENV",
]
THE_USERS = [
    "HTTPS_PROXY",
    "NETRC",
    "PATH",
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_INDEX_URL",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_BUILD_ISOLATION",
    "UV_CACHE_DIR",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_MINE_PASSWORD",
    "UV_KEYRING_PROVIDER",
    "UV_OFFLINE",
]


NO_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("name", REDIRECTING)
def test_what_redirects_is_dropped(name: str) -> None:
    assert installer_environment({name: "x"}, extra={}) == NO_BYTE_CODE


@pytest.mark.parametrize("name", THE_USERS)
def test_what_is_the_users_stays(name: str) -> None:
    assert installer_environment({name: "x"}, extra={}) == {name: "x", **NO_BYTE_CODE}


def test_extra_wins() -> None:
    found = installer_environment({"A": "1", "B": "2"}, extra={"B": "3"})
    assert found == {"A": "1", "B": "3", **NO_BYTE_CODE}


def test_case_does_not_save_a_name() -> None:
    assert installer_environment({"Pip_Target": "x"}, extra={}) == NO_BYTE_CODE


def test_no_byte_code_whatever_the_user_says() -> None:
    assert installer_environment({"PYTHONDONTWRITEBYTECODE": ""}, extra={}) == NO_BYTE_CODE
