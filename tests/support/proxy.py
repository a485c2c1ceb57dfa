"""A forwarding proxy on the loopback interface, which notes what it is asked for."""

from __future__ import annotations

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self, final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Proxy"]

_DROPPED = frozenset({"connection", "keep-alive", "proxy-authorization", "proxy-connection"})


@final
class Proxy:
    """A context manager that forwards GET and HEAD of ``http`` URLs, and refuses every tunnel.

    ``requests`` are the URLs that were asked for, and of tunnels ``CONNECT host:port``.
    ``credentials`` are the Proxy-Authorization headers that came with them.
    """

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.credentials: list[str] = []
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, login: str = "") -> str:
        """The address for ``HTTP_PROXY``, with ``user:password`` if that is given."""
        at = f"{login}@" if login else ""
        return f"http://{at}127.0.0.1:{self._server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client may hang up whenever it likes
            super().handle()

    def do_GET(self) -> None:
        self._note(self.path)
        parts = urlsplit(self.path)
        upstream = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
        with contextlib.closing(upstream):
            headers = {n: v for n, v in self.headers.items() if n.lower() not in _DROPPED}
            upstream.request(self.command, parts.path or "/", headers=headers)
            answer = upstream.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name in ("Content-Type", "Content-Length", "WWW-Authenticate"):
                if (value := answer.headers.get(name)) is not None:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        self._note(f"CONNECT {self.path}")
        self.send_error(403, "no tunnels here")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay silent: a test's output is its own."""

    def _note(self, what: str) -> None:
        self.proxy.requests.append(what)
        if (login := self.headers.get("Proxy-Authorization")) is not None:
            self.proxy.credentials.append(login)
