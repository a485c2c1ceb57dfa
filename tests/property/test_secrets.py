"""Whatever an installer prints: no secret that it was given is in what is handed on."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncsteps.errors import StagingError
from syncsteps.staging.output import Heard

_WORDS = st.text(string.ascii_letters + string.digits + " .,:/@'\"()=&?-", max_size=30)
_SCHEMES = st.sampled_from(["https", "http", "git+https", "HTTPS", "socks5"])


def _said(environment: dict[str, str], line: str) -> str:
    """All that comes of a line that an installer prints before it fails."""
    lines: list[str] = []
    heard = Heard("pip", environment, lines.append)
    heard(line)
    error = heard.failure(1, "https://index.invalid")
    assert isinstance(error, StagingError)
    return "\n".join([*lines, str(error), error.hint, *error.details])


# What is said in any case: a word of it is no secret.
_OWN = _said({}, "")
# What passwords are made of, the characters that end a URL's parts included.
_SECRETS = st.text(string.ascii_letters + string.digits + "-._~!$&*+;=:@/?#%", min_size=8).filter(
    lambda text: "***" not in text and not text.isspace() and text not in _OWN
)


@pytest.mark.parametrize(
    "name", ["UV_INDEX_MINE_PASSWORD", "JOB_TOKEN", "TWINE_API_KEY", "my_secret", "APIKEY"]
)
@given(secret=_SECRETS, before=_WORDS, after=_WORDS)
def test_values_of_variables(name: str, secret: str, before: str, after: str) -> None:
    assert secret not in _said({name: secret}, f"{before}{secret}{after}")


@given(scheme=_SCHEMES, secret=_SECRETS, before=_WORDS, after=_WORDS, user=st.sampled_from("ab"))
def test_passwords_of_urls_in_variables(
    scheme: str, secret: str, before: str, after: str, user: str
) -> None:
    """In the URL, and on their own, as they are written and as they are meant."""
    encoded = quote(secret, safe="")
    url = f"{scheme}://{user}:{encoded}@index.invalid/simple"
    for shown in (url, encoded, secret):
        said = _said({"PIP_INDEX_URL": url}, f"{before} {shown} {after}")
        assert encoded not in said
        assert secret not in said


@given(scheme=_SCHEMES, secret=_SECRETS, before=_WORDS)
def test_passwords_of_urls_that_nobody_gave(scheme: str, secret: str, before: str) -> None:
    """A lock may have them; encoded, as a URL has to be."""
    encoded = quote(secret, safe="")
    for userinfo in (f"user:{encoded}", encoded):
        said = _said({}, f"{before} {scheme}://{userinfo}@index.invalid/x-1.0.whl (200)")
        assert f"{userinfo}@" not in said
        assert "***@index.invalid/x-1.0.whl (200)" in said
