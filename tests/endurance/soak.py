"""Many patients at once for a while, some calls and some FHIR servers' answers faulty."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from benchmarks.serving import post
from tests.endurance import charts
from tests.fakes.faulty_server import (
    Behaviour,
    Connection,
    FaultyServer,
    Request,
    after,
    answer,
    raw,
    reset_in_body,
    status,
)
from tests.fakes.fhir_server import honest

PATH = "/cds-services/chart-review"
CALL_FAULTS = ("truncated", "cut-off", "abandoned", "no-patient", "other-patient", "not-json")
FAULTS = 0.05  # of the calls, and of the FHIR servers' answers
FETCHING = 0.3  # of the whole calls leave the chart to be fetched


@dataclass
class Found:
    """What came of the calls.

    Attributes:
        counts: How calls ended.
        wrong: Patients whose answer held another patient's word.
        quoted: Answers that hold their own patient's word: without any, nothing was tested.
        accepted_faults: Broken calls that were answered as if they were whole.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[int] = field(default_factory=list)
    quoted: int = 0
    accepted_faults: Counter[str] = field(default_factory=Counter)


def broken_server(seed: int) -> FaultyServer:
    """Serves everybody's chart; one answer in twenty is late, broken, or somebody else's."""
    chance = random.Random(seed)  # noqa: S311 - faults, no secret

    def behave(connection: Connection, request: Request) -> None:
        words = charts.CANARY.findall(request.target + request.body.decode("latin-1"))
        if not words:
            status(404)(connection, request)
            return
        number = charts.number_of(words[0])
        right: Behaviour = honest(charts.chart(number))
        if chance.random() < FAULTS:
            right = chance.choice(_faults(number, right))
        right(connection, request)

    return FaultyServer(otherwise=behave)


def _faults(number: int, right: Behaviour) -> tuple[Behaviour, ...]:
    stranger = charts.chart(number + charts.STRANGERS)
    body = json.dumps(charts.searchset(stranger)).encode()
    return (
        status(500),
        status(429, {"Retry-After": "1"}),
        after(0.5, right),
        after(6, right),
        raw(body[: len(body) // 2]),
        raw(b"<html>" + charts.canary(number).encode(), media_type="text/html"),
        reset_in_body(body),
        answer(charts.searchset(stranger)),
    )


async def _ask(port: int, number: int, fault: str, fhir: str, found: Found) -> None:
    call = charts.call(number)
    if fhir:
        call["fhirServer"] = fhir
    else:
        call["prefetch"] = charts.prefetched(number)
    if fault == "no-patient":
        call["prefetch"]["patient"] = None
    if fault == "other-patient":
        call["prefetch"]["patient"]["id"] = charts.canary(number + charts.STRANGERS)
    body = json.dumps(call).encode()
    if fault == "truncated":
        body = body[: len(body) // 2]
    if fault == "not-json":
        body = charts.canary(number).encode() * 100
    if fault in ("cut-off", "abandoned"):
        await _leave(port, body if fault == "abandoned" else body[:-200], len(body))
        found.counts["left by the client"] += 1
        return
    code, said = await post(port, PATH, body)
    found.counts[f"{'fetched, ' if fhir else 'faulty, ' if fault else ''}status {code}"] += 1
    words = set(charts.CANARY.findall(said.decode()))
    if words - {charts.canary(number)}:
        found.wrong.append(number)
    found.quoted += charts.canary(number) in words
    if code == 200 and fault:
        found.accepted_faults[fault] += 1


async def _leave(port: int, body: bytes, announced: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {announced}\r\n\r\n".encode() + body)
    with suppress(OSError):
        await writer.drain()
        writer.close()
        await writer.wait_closed()


async def soak(port: int, fhir: str, *, seconds: float, seed: int, at_a_time: int = 4) -> Found:
    """Keeps so many calls under way until the time is up.

    Args:
        fhir: Base URL of the server that some calls name instead of sending the chart.
    """
    chance, found = random.Random(seed), Found()  # noqa: S311 - patients and faults, no secret
    give_up = time.monotonic() + seconds

    async def client() -> None:
        while time.monotonic() < give_up:
            fault = chance.choice(CALL_FAULTS) if chance.random() < FAULTS else ""
            fetched = fhir if not fault and chance.random() < FETCHING else ""
            await _ask(port, chance.randrange(charts.PATIENTS), fault, fetched, found)

    await asyncio.gather(*(client() for _ in range(at_a_time)))
    return found
