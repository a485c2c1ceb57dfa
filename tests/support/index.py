"""A package index on the loopback interface: PEP 503 and PEP 691 over a folder, with faults."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import re
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, final
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

__all__ = ["Index"]

_JSON = "application/vnd.pypi.simple.v1+json"
_HTML = "application/vnd.pypi.simple.v1+html"


@final
class Index:
    """A context manager that serves the wheels and sdists of ``directory``.

    The folder is read at each request, so files may come later. Attributes to set at any time:

    - ``missing``: file names whose download is a 404 (still listed on their project's page);
    - ``corrupt``: file names whose bytes are wrong, while the page tells the right hash;
    - ``truncated``: file names of which the connection dies half way;
    - ``failures``: that many next requests get the status ``failure_status``;
    - ``resets``: that many next requests get no answer, the connection is reset;
    - ``login``: ``user:password`` without which there is nothing but the status 401;
    - ``told``: by file name, further keys of its entry in the JSON answer (PEP 691), which replace
      those that are there;
    - ``delay``: seconds to wait before each answer.

    ``requests`` are the paths that were asked for, in order (HEAD and GET). ``credentials`` are the
    Authorization headers that came with them.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.missing: set[str] = set()
        self.corrupt: set[str] = set()
        self.truncated: set[str] = set()
        self.told: dict[str, dict[str, object]] = {}
        self.failures = 0
        self.failure_status = 500
        self.resets = 0
        self.login: str | None = None
        self.delay = 0.0
        self.requests: list[str] = []
        self.credentials: list[str] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    def __enter__(self) -> Index:
        handler = type("Handler", (_Handler,), {"index": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Die: from now on connections are refused. A second call does nothing."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    @property
    def url(self) -> str:
        """The address of the simple API, for ``--index-url``."""
        return f"http://127.0.0.1:{self._port}/simple/"

    def file_url(self, filename: str) -> str:
        """The address of one file."""
        return f"http://127.0.0.1:{self._port}/files/{filename}"

    def count(self, part: str = "") -> int:
        """How many requests had ``part`` in their path."""
        return sum(part in path for path in self.requests)

    def files(self, project: str) -> list[Path]:
        """The files of a project, by normalized name, sorted."""
        return [
            path
            for path in sorted(self.directory.iterdir())
            if path.name.endswith((".whl", ".tar.gz"))
            and _normalized(_project_part(path.name)) == project
        ]

    def note(self, path: str, authorization: str | None) -> int | None:
        """Note a request; return the status that it is to fail with, 0 for a reset, or None."""
        with self._lock:
            self.requests.append(path)
            if authorization is not None:
                self.credentials.append(authorization)
            if self.resets > 0:
                self.resets -= 1
                return 0
            if self.failures > 0:
                self.failures -= 1
                return self.failure_status
            if self.login is not None:
                expected = f"Basic {base64.b64encode(self.login.encode()).decode()}"
                return None if authorization == expected else 401
            return None


class _Handler(BaseHTTPRequestHandler):
    index: Index
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # a client may hang up whenever it likes
            super().handle()

    def do_GET(self) -> None:
        index = self.index
        status = index.note(self.path, self.headers.get("Authorization"))
        if status == 0:
            self._reset()
            return
        if status is not None:
            self._answer(status, "text/plain", b"failing as told\n")
            return
        if index.delay:
            time.sleep(index.delay)
        kind, _, rest = unquote(self.path.partition("?")[0]).strip("/").partition("/")
        if kind == "simple" and not rest:
            self._projects()
        elif kind == "simple":
            self._project(_normalized(rest))
        elif kind == "files" and "/" not in rest:
            self._file(rest)
        else:
            self._not_found()

    def _reset(self) -> None:
        # Closed at once, with a linger of no time: the other side gets a reset and no end of file.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay silent: a test's output is its own."""

    def _projects(self) -> None:
        names = sorted(
            {
                _normalized(_project_part(path.name))
                for path in self.index.directory.iterdir()
                if path.name.endswith((".whl", ".tar.gz"))
            }
        )
        links = "".join(f'<a href="/simple/{name}/">{name}</a>\n' for name in names)
        self._page(
            {"meta": {"api-version": "1.0"}, "projects": [{"name": name} for name in names]}, links
        )

    def _project(self, project: str) -> None:
        files = self.index.files(project)
        if not files:
            self._not_found()
            return
        hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        document = {
            "meta": {"api-version": "1.0"},
            "name": project,
            "files": [
                {
                    "filename": path.name,
                    "url": f"/files/{path.name}",
                    "hashes": {"sha256": hashes[path.name]},
                    "size": path.stat().st_size,
                    **self.index.told.get(path.name, {}),
                }
                for path in files
            ],
        }
        links = "".join(
            f'<a href="/files/{path.name}#sha256={hashes[path.name]}">'
            f"{html.escape(path.name)}</a>\n"
            for path in files
        )
        self._page(document, links)

    def _page(self, document: object, links: str) -> None:
        accepted = self.headers.get("Accept", "")
        if _JSON in accepted:
            self._answer(200, _JSON, json.dumps(document).encode())
        else:
            page = f"<!DOCTYPE html><html><head><title>Simple</title></head><body>{links}</body>"
            # Debian 11's pip is older than PEP 691 and its content types.
            kind = _HTML if _HTML in accepted else "text/html"
            self._answer(200, kind, f"{page}</html>".encode())

    def _file(self, filename: str) -> None:
        path = self.index.directory / filename
        if filename in self.index.missing or not path.is_file():
            self._not_found()
            return
        content = path.read_bytes()
        if filename in self.index.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self._answer(
            200, "application/octet-stream", content, truncated=filename in self.index.truncated
        )

    def _not_found(self) -> None:
        self._answer(404, "text/plain", b"no such thing\n")

    def _answer(self, status: int, kind: str, body: bytes, *, truncated: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="index"')
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[: len(body) // 2] if truncated else body)
        if truncated:
            self.close_connection = True


def _project_part(filename: str) -> str:
    if filename.endswith(".whl"):
        return filename.split("-", 1)[0]
    return filename.removesuffix(".tar.gz").rpartition("-")[0]


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
