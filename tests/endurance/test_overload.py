"""Ten times what a worker can answer: every call ends with an answer or a refusal, and nothing grows."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from benchmarks import overload, reference_request
from benchmarks.serving import serving
from tests.endurance.lengths import length

SECONDS = length(full=120.0, short=4.0)


@pytest.mark.long
@pytest.mark.timeout(180 + 3 * SECONDS)
def test_nothing_is_lost_in_an_overload(tmp_path: Path) -> None:
    body = json.dumps(reference_request.build(), separators=(",", ":")).encode()
    with serving(tmp_path, "[limits]\nmax_waiting = 8\nrate_per_s = 0\n", port=8776) as server:
        asyncio.run(overload.closed(server, body, 16, 8))  # the notes are read once
        _, capacity = asyncio.run(overload.closed(server, body, 60, 8))
        before = server.usage()[0]
        flood = asyncio.run(overload.opened(server.port, body, 10 * capacity, SECONDS))
        after = server.usage()[0]
        again, _ = asyncio.run(overload.closed(server, body, 20, 1))
    assert set(flood.statuses) == {200, 503}
    assert min(flood.statuses.values()) > 0
    assert after <= before + 24  # MiB
    assert again.statuses[200] >= 19  # the first may still meet the end of the flood
