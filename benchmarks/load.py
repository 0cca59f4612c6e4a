"""Sends one request many times over keep-alive connections and reports rates and latencies.

Bounded in count; loopback only.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Result:
    """Rate in requests a second, latencies in milliseconds."""

    rps: float
    p50: float
    p95: float
    p99: float
    errors: int
    cards: int


def run(
    url: str,
    body: bytes,
    *,
    count: int,
    concurrency: int,
    warmup: int = 30,
    sign: Callable[[], str] | None = None,
) -> Result:
    """Posts `body` `count` times; every copy gets its own hookInstance.

    Args:
        sign: Makes the bearer token of one call; all are made before the clock starts.

    Raises:
        ValueError: The URL is not on loopback.
    """
    host = urlsplit(url).hostname
    if host not in ("127.0.0.1", "localhost", "::1"):
        raise ValueError("load is sent to loopback only")
    tokens = iter([sign() for _ in range(count + warmup)]) if sign else None
    return asyncio.run(_run(url, body, count, concurrency, warmup=warmup, tokens=tokens))


async def _run(
    url: str, body: bytes, count: int, concurrency: int, *, warmup: int, tokens: Iterator[str] | None
) -> Result:
    parts = urlsplit(url)
    marker = b'"hookInstance":"'
    start = body.index(marker) + len(marker)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n"
    ).encode()
    latencies: list[float] = []
    errors = 0
    cards = 0
    left = 0

    async def worker(recording: bool) -> None:
        nonlocal errors, cards, left
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**22)
        while left > 0:
            left -= 1
            payload = body[:start] + str(uuid.uuid4()).encode() + body[start + 36 :]
            signed = f"Authorization: Bearer {next(tokens)}\r\n\r\n" if tokens else "\r\n"
            began = time.perf_counter()
            writer.write(head + signed.encode())
            writer.write(payload)
            await writer.drain()
            status, answer, closing = await _answer(reader)
            if recording:
                latencies.append((time.perf_counter() - began) * 1e3)
                errors += status != 200
                cards = answer.count(b'"indicator"')
            if closing:
                writer.close()
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**22)
        writer.close()

    left = warmup
    await asyncio.gather(*(worker(False) for _ in range(concurrency)))
    left = count
    began = time.perf_counter()
    await asyncio.gather(*(worker(True) for _ in range(concurrency)))
    elapsed = time.perf_counter() - began
    latencies.sort()

    def quantile(share: float) -> float:
        return round(latencies[min(len(latencies) - 1, int(share * len(latencies)))], 2)

    return Result(round(count / elapsed, 1), quantile(0.5), quantile(0.95), quantile(0.99), errors, cards)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    headers = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    else:
        body = b""
        while size := int((await reader.readline()).strip(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    return int(head[0].split()[1]), body, headers.get("connection") == "close"
