from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncsteps.errors import StagingError
from syncsteps.processes import Completed
from syncsteps.staging.output import explain, run_installer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


UV_HASH = """\
error: Failed to download `demo==1.0`
  cause: Hash mismatch for `demo==1.0`

         Expected:
           sha256:00

         Computed:
           sha256:bf
"""
PIP_HASH = """\
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have …
    demo==1.0 from https://index.invalid/demo-1.0-py3-none-any.whl (from -r x (line 1)):
        Expected sha256 00
             Got        bf
"""
PIP_URL_HASH = PIP_HASH.replace("demo==1.0 from", "demo@ https://index.invalid/d.whl from")
UV_BUILD = """\
   Building bad==2.0
error: Failed to build `bad==2.0`
  cause: The build backend returned an error
  cause: Call to `backend.build_wheel` failed (exit status: 1)
         RuntimeError: no compiler here
"""
UV_CERTIFICATE = """\
error: Failed to build `demo @ file:///demo`
  cause: Failed to resolve requirements from `build-system.requires`
  cause: Failed to fetch: https://index.invalid/simple/flit-core/
  cause: error sending request for url (https://index.invalid/simple/flit-core/)
  cause: invalid peer certificate: UnknownIssuer
"""
PIP_BUILD = """\
  Preparing metadata (pyproject.toml) did not run successfully.
      RuntimeError: no compiler here
error: metadata-generation-failed
"""
UV_DEAD = """\
error: Failed to download `demo==1.0`
  cause: Request failed after 3 retries in 10.6s
  cause: error sending request for url (http://127.0.0.1:1/demo-1.0-py3-none-any.whl)
  cause: tcp connect error
"""
PIP_DEAD = """\
ERROR: Could not install packages due to an OSError: HTTPConnectionPool(host='dead.invalid', \
port=80): Max retries exceeded with url: /x (Caused by NewConnectionError('…'))
"""
PIP_CLOSED = """\
error: connection-failed

x Failed to connect to h.invalid while fetching https://h.invalid/demo-1.0-py3-none-any.whl
-> the connection was closed without a reply from the server.
"""
PIP_SLOW = """\
error: connection-timeout

x Unable to fetch https://h.invalid/demo-1.0-py3-none-any.whl
-> h.invalid didn't respond within 15.0 seconds
"""
PIP_PROXY = """\
error: proxy-connection-failed

x Failed to connect to proxy http://***@p.invalid:3128 while fetching https://h.invalid/x.whl
-> ('Unable to connect to proxy', OSError('Tunnel connection failed: 403 Forbidden by rule'))
"""
PIP_LOGIN = """\
WARNING: 401 Error, Credentials not correct for https://h.invalid/simple/demo/
ERROR: Could not find a version that satisfies the requirement demo==1.0 (from versions: none)
ERROR: No matching distribution found for demo==1.0
"""
UV_GIT = """\
error: Failed to download and build `x @ git+https://127.0.0.1:1/x/y@01`
  cause: Git operation failed
         fatal: unable to access 'https://127.0.0.1:1/x/y/': Failed to connect
"""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (UV_HASH, "the file that came for demo==1.0 does not have the lock's hash"),
        (PIP_HASH, "the file that came for demo==1.0 does not have the lock's hash"),
        (PIP_URL_HASH, "the file that came for demo does not have the lock's hash"),
        (UV_CERTIFICATE, "the certificate of the index, or of a proxy before it, is not trusted"),
        (UV_BUILD, "bad==2.0 cannot be built"),
        (PIP_BUILD, "a package cannot be built"),
        ("ERROR: Failed building wheel for bad\n", "bad cannot be built"),
        (UV_DEAD, "the network does not give http://127.0.0.1:1/demo-1.0-py3-none-any.whl"),
        (PIP_DEAD, "the network does not give dead.invalid"),
        (PIP_CLOSED, "the network does not give https://h.invalid/demo-1.0-py3-none-any.whl"),
        (PIP_SLOW, "the network does not give https://h.invalid/demo-1.0-py3-none-any.whl"),
        (PIP_PROXY, "the proxy http://***@p.invalid:3128 does not let it through"),
        ("  cause: tunnel error: unsuccessful", "the proxy that is configured does not let"),
        (PIP_LOGIN, "the index refused the credentials, or got none"),
        (UV_GIT, "the network does not give https://127.0.0.1:1/x/y/"),
        ("  cause: Failed to extract archive: d-1.0-py3-none-any.whl", "d-1.0-py3-none-any.whl is"),
        (
            "is incompatible with the `pylock.toml`'s Python requirement: `>=3.14, <4.0`",
            "what the lock has is for Python >=3.14, <4.0",
        ),
        (
            "ERROR: Package 'demo' requires a different Python: 3.12.1 not in '>=3.14'",
            "what the lock has is for Python >=3.14",
        ),
        ("  cause: Git executable not found. Ensure …", "git is not installed"),
        ("ERROR: Cannot find command 'git' - do you", "git is not installed"),
        ("… No space left on device (os error 28)", "no space left on the device"),
        ("OSError: [Errno 28] No space left on device", "no space left on the device"),
        ("ERROR: No matching distribution found for demo==1.1", "demo==1.1 cannot be found"),
        ("  cause: Because there is no version of demo==1.1 and", "demo==1.1 cannot be found"),
        ("Because demo was not found in the package registry and", "demo cannot be found"),
        (
            "HTTP status client error (404 Not Found) for url (http://h.invalid/x.whl)",
            "http://h.invalid/x.whl cannot be found",
        ),
        ("HTTP error 404 while getting http://h.invalid/x.whl", "http://h.invalid/x.whl cannot"),
        ("error (401 Unauthorized) for url (http://h.invalid/x)", "refused the credentials"),
        (
            "mode, all requirements must have a hash, but none were provided for: demo==1.0",
            "the lock gives no hash for demo==1.0",
        ),
    ],
)
def test_explain_says_what_went_wrong(output: str, sentence: str) -> None:
    error = explain("uv", 1, output.splitlines())
    assert sentence in str(error)
    assert str(error).startswith("uv failed: ")
    assert error.hint
    assert error.exit_code == 5


@pytest.mark.parametrize(
    ("output", "sentence", "hint"),
    [
        (
            "ERROR: Invalid requirement: 'a @ git+file:///x.git@c' (from line 1 of r.txt)",
            "it cannot read a @ git+file:///x.git@c",
            "24.1",
        ),
        (
            "error: unexpected argument '--config-settings-package' found",
            "it does not know the option --config-settings-package",
            "update uv",
        ),
        ("pip: error: no such option: --config-settings", "the option --config-settings", "23.1"),
    ],
)
def test_explain_what_an_old_installer_does_not_know(output: str, sentence: str, hint: str) -> None:
    error = explain("pip", 2, [output])
    assert sentence in str(error)
    assert hint in error.hint


def test_a_failure_tells_where_the_lock_looks() -> None:
    with pytest.raises(StagingError) as caught:
        run_installer(
            ["tool"],
            name="uv",
            environment={"MY_TOKEN": "secret-value"},
            directory=Path("/here"),
            on_line=lambda _: None,
            runner=_runner(1, "there is no version of demo==1"),
            places="https://a.invalid/secret-value/simple",
        )
    assert str(caught.value) == "uv failed: demo==1 cannot be found; the target was not touched"
    assert "look: https://a.invalid/***/simple; with --source index" in caught.value.hint


def test_explain_keeps_the_last_lines() -> None:
    error = explain("pip", 3, [f"line {number}" for number in range(30)] + ["", " "])
    assert str(error) == "pip ended with status 3; the target was not touched"
    assert error.details == tuple(f"line {number}" for number in range(10, 30))


def test_explain_a_signal() -> None:
    assert "pip ended with signal 9" in str(explain("pip", -9, []))


def _runner(status: int, *lines: str) -> Callable[..., Completed]:
    def run(
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        umask: int | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        assert (command, directory, umask) == (["tool"], Path("/here"), 0o022)
        assert environment == {"MY_TOKEN": "secret-value"}
        assert on_line is not None
        for line in lines:
            on_line(line)
        return Completed(status=status, stdout="", stderr="")

    return run


def _run(runner: Callable[..., Completed], seen: list[str]) -> None:
    run_installer(
        ["tool"],
        name="tool",
        environment={"MY_TOKEN": "secret-value"},
        directory=Path("/here"),
        on_line=seen.append,
        runner=runner,
    )


def test_run_installer_hands_on_redacted_lines() -> None:
    seen: list[str] = []
    _run(_runner(0, "a", "https://u:p@h.invalid", "secret-value"), seen)
    assert seen == ["a", "https://***@h.invalid", "***"]


def test_run_installer_raises_with_redacted_details() -> None:
    with pytest.raises(StagingError) as caught:
        _run(_runner(2, "https://u:p@h.invalid secret-value"), [])
    assert caught.value.details == ("https://***@h.invalid ***",)


def test_run_installer_that_cannot_start() -> None:
    def run(*_args: object, **_kwargs: object) -> Completed:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(StagingError, match="tool cannot be started: No such file"):
        _run(run, [])
