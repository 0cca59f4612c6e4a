"""A real HTTP server on loopback that misbehaves as told: it speaks raw sockets, so it can do anything."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

FHIR_JSON = "application/fhir+json"


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))


class Connection:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, stopped: threading.Event) -> None:
        self.sock = sock
        self.stopped = stopped

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def wait(self, seconds: float | None) -> None:
        """Waits, but not longer than the server runs; None for as long."""
        self.stopped.wait(seconds)

    def reset(self) -> None:
        """Ends with RST instead of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


Behaviour = Callable[[Connection, Request], None]


class FaultyServer:
    """Serves each path with its own behaviour; what has none is 404. Use as a context manager.

    Attributes:
        base: FHIR base URL, e.g. "http://127.0.0.1:40123/fhir".
        requests: Everything that arrived, in order.
        connections: How many were opened, whatever came over them.
    """

    def __init__(
        self,
        behaviours: Mapping[str, Behaviour] | None = None,
        *,
        otherwise: Behaviour | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.behaviours = dict(behaviours or {})
        self.otherwise = otherwise or status(404)
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.port = int(self._listener.getsockname()[1])
        self.origin = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.base = f"{self.origin}/fhir"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(timeout=5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(sock)
            self._start(self._serve, sock)

    def _serve(self, plain: socket.socket) -> None:
        sock = plain
        try:
            sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with sock:
                while (request := self._read(sock)) is not None:
                    self.requests.append(request)
                    path = request.path.removeprefix("/fhir").strip("/")
                    behaviour = self.behaviours.get(path, self.otherwise)
                    behaviour(Connection(sock, self._stopped), request)
                    if sock.fileno() < 0:
                        return
        except OSError:
            return
        finally:
            plain.close()
            self._open.discard(plain)

    @staticmethod
    def _read(sock: socket.socket) -> Request | None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = sock.recv(65536)
            if not chunk:
                return None
            data += chunk
        start, _, body = data.partition(b"\r\n\r\n")
        head, *lines = start.decode("latin-1").split("\r\n")
        method, target, _ = head.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        while len(body) < int(headers.get("content-length", 0)) and (chunk := sock.recv(65536)):
            body += chunk
        return Request(method, target, headers, body)


def raw(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = FHIR_JSON
) -> Behaviour:
    """A complete HTTP answer."""
    fields = {"Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"

    def behave(connection: Connection, request: Request) -> None:
        connection.send(head.encode() + body)

    return behave


def status(code: int, headers: Mapping[str, str] | None = None) -> Behaviour:
    """An answer without a body."""
    return raw(b"", status=code, headers=headers)


def answer(resource: Any, **more: Any) -> Behaviour:
    """A FHIR JSON answer."""
    return raw(json.dumps(resource).encode(), **more)


def chunked(body: bytes, headers: Mapping[str, str] | None = None) -> Behaviour:
    """An answer that does not tell its length beforehand."""
    fields = {"Content-Type": FHIR_JSON, "Transfer-Encoding": "chunked", **(headers or {})}
    head = "HTTP/1.1 200 x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items()) + "\r\n"

    def behave(connection: Connection, request: Request) -> None:
        connection.send(head.encode())
        for start in range(0, len(body), 65536):
            part = body[start : start + 65536]
            connection.send(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        connection.send(b"0\r\n\r\n")

    return behave


def zipped(body: bytes, *, cut: int | None = None) -> Behaviour:
    """A gzip answer; `cut` leaves only its first bytes."""
    return raw(gzip.compress(body)[:cut], headers={"Content-Encoding": "gzip"})


def stall() -> Behaviour:
    """Accepts the request and says nothing for as long as the server runs."""
    return lambda connection, request: connection.wait(None)


def drip() -> Behaviour:
    """Sends the headers at once and then, for as long as the server runs, a byte now and then."""

    def behave(connection: Connection, request: Request) -> None:
        head = f"HTTP/1.1 200 x\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: 100000\r\n\r\n"
        connection.send(head.encode())
        while not connection.stopped.is_set():
            connection.send(b" ")
            connection.wait(0.1)

    return behave


def reset_in_body(body: bytes) -> Behaviour:
    """Promises a body, sends half of it and resets the connection."""

    def behave(connection: Connection, request: Request) -> None:
        head = f"HTTP/1.1 200 x\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.send(head.encode() + body[: len(body) // 2])
        connection.wait(0.02)
        connection.reset()

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Each request gets the next behaviour; the last one stays."""
    left = list(behaviours)

    def behave(connection: Connection, request: Request) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    return behave


def after(seconds: float, then: Behaviour) -> Behaviour:
    """Waits before it behaves."""

    def behave(connection: Connection, request: Request) -> None:
        connection.wait(seconds)
        then(connection, request)

    return behave


def bundle(*resources: Mapping[str, Any], link: str = "", **more: Any) -> dict[str, Any]:
    """A searchset of matches, with a next link if one is given."""
    links = [{"relation": "next", "url": link}] if link else []
    entries = [{"resource": dict(resource), "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries, **more}
