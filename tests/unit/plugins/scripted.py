# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTPS server whose answers a test decides, and which remembers what it was asked."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What came in. headers: names in lower case. body: decoded JSON, None when there is none."""

    method: str
    path: str
    query: dict
    headers: dict
    body: object


@dataclass(frozen=True)
class Answer:
    """What goes out. text replaces the JSON body. drop: close the connection without any answer."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    text: str | None = None
    drop: bool = False

    def content(self) -> bytes:
        return (json.dumps(self.body) if self.text is None else self.text).encode()


DROP = Answer(drop=True)


class Server:
    """Answers on https://localhost:PORT by calling ``answer``, one thread for each connection."""

    def __init__(self, certificate: Path, ca: Path, answer: Callable[[Request], Answer]) -> None:
        self.ca, self.answer = ca, answer
        self.requests: list[Request] = []
        self._httpd = _Httpd(self, certificate)
        self.url = f"https://localhost:{self._httpd.server_address[1]}"
        self._thread = threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_exception) -> None:
        self._httpd.shutdown()
        self._thread.join()
        self._httpd.server_close()

    def seen(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]


def in_order(answers: Iterable[Answer]) -> Callable[[Request], Answer]:
    """Answer with these, one after the other; a request too many is a 599."""
    left = iter(answers)
    return lambda _request: next(left, Answer(599, {"error": "no further answer was planned"}))


class Proxy:
    """An HTTP proxy that lets everything through to one port, or refuses with a status."""

    def __init__(self, port: int, status: str = "200 OK") -> None:
        self._port, self._status = port, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_exception) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                while b"\r\n\r\n" not in client.recv(65536, socket.MSG_PEEK):
                    pass
                client.recv(65536)
                client.sendall(f"HTTP/1.1 {self._status}\r\n\r\n".encode())
                far = socket.create_connection(("127.0.0.1", self._port))
                for ends in ((client, far), (far, client)):
                    threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while True:
            content = source.recv(65536)
            if not content:
                break
            sink.sendall(content)
        sink.shutdown(socket.SHUT_WR)


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, server: Server, certificate: Path) -> None:
        self.scripted = server
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self):
        connection, address = super().get_request()
        # The handshake happens in the thread of the connection, so that a client that refuses it blocks nobody.
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address) -> None:
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers, json.loads(content) if content else None
        )
        self.server.scripted.requests.append(request)
        answer = self.server.scripted.answer(request)
        if answer.drop:
            self.close_connection = True
            self.connection.close()
            return
        content = answer.content()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

    def log_message(self, *_arguments) -> None:
        """Silence."""
