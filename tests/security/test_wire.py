"""What reaches the socket: requests that two servers would read differently, and bodies that unfold."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cds_hooks.served import URL, Service, serving

MEGABYTE = 1024 * 1024
BOMB = b" " * (64 * MEGABYTE)
HEAD = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), "[limits]\ndrain_s = 0\nrate_per_s = 0\n") as running:
        yield running


def answers(service: Service, sent: bytes) -> bytes:
    """Everything that comes back over one connection until the service ends it."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


SMUGGLED = "GET /cds-services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BODY = "0\r\n\r\n" + SMUGGLED


def test_two_requests_over_one_connection_have_two_answers(service: Service) -> None:
    plain = f"{HEAD}Content-Length: 2\r\n\r\n{{}}{SMUGGLED}"
    said = answers(service, plain.encode())
    assert said.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 200 " in said
    assert b'"services"' in said  # so that it would be seen if a smuggled one were answered


@pytest.mark.parametrize(
    "fields",
    [
        f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: chunked\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(BODY)}\r\n",
        f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: xchunked\r\n",
        f"Content-Length: {len(BODY)}\r\nTransfer-Encoding: chunked, identity\r\n",
        f"Content-Length: {len(BODY)}\r\nTransfer-Encoding : chunked\r\n",
        f"Content-Length: {len(BODY)}\r\n Transfer-Encoding: chunked\r\n",
        f"Content-Length: {len(BODY)}\r\nTransfer_Encoding: chunked\r\nTransfer-Encoding: \x0bchunked\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 0\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_request_of_two_readings_has_one_answer_and_nothing_after_it_is_read(
    service: Service, fields: str
) -> None:
    said = answers(service, f"{HEAD}{fields}\r\n{BODY}".encode())
    assert said.startswith(b"HTTP/1.1 4")
    assert said.count(b"HTTP/1.1 ") == 1
    assert b'"services"' not in said
    assert b"OperationOutcome" in said


@pytest.mark.parametrize("size", [b"-1", b"0x10", b"1 ", b"+5", b"", b"G", b"f" * 40])
def test_a_chunk_of_no_size_is_refused(service: Service, size: bytes) -> None:
    sent = f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + size + b"\r\n{}\r\n" + BODY.encode()
    said = answers(service, sent)
    assert said.startswith(b"HTTP/1.1 4")
    assert b'"services"' not in said


def test_a_host_that_is_forged_is_in_no_answer(service: Service) -> None:
    for path in ("/cds-services", "/openapi.json", "/docs", "/health/ready", "/elsewhere", "//cds-services"):
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        forged = {
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "Forwarded": "host=evil.example",
        }
        connection.request("GET", path, headers=forged)
        answer = connection.getresponse()
        assert answer.status < 500
        assert "location" not in answer.headers
        assert b"evil.example" not in answer.read() + str(answer.headers).encode()
        connection.close()


def _memory(pid: int) -> int:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BOMB)),
        ("x-gzip", gzip.compress(BOMB)),
        ("deflate", zlib.compress(BOMB)),
        ("gzip, gzip", gzip.compress(gzip.compress(BOMB))),
        ("br", b"\x8b\x7f\x80" * 1000),
        ("zstd", b"\x28\xb5\x2f\xfd" * 1000),
    ],
)
def test_a_body_that_unfolds_is_refused_folded(service: Service, encoding: str, body: bytes) -> None:
    (worker,) = service.workers()
    before = _memory(worker)
    fields = f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    said = answers(service, f"{HEAD}{fields}\r\n".encode() + body)
    assert said.startswith(b"HTTP/1.1 415 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["resourceType"] == "OperationOutcome"
    assert _memory(worker) - before < 8 * MEGABYTE


def test_a_transfer_that_unfolds_is_no_transfer(service: Service) -> None:
    said = answers(service, f"{HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n{BODY}".encode())
    assert said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501 "))
    assert b'"services"' not in said
