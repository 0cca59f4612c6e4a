"""No card about the wrong patient, no chart's word outside answers, no stuck worker, nothing that grows."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.cds_hooks.served import serving, until
from tests.endurance import charts
from tests.endurance.lengths import length
from tests.endurance.soak import broken_server, soak
from tests.endurance.worker_state import Usage, all_threads_answer

SECONDS = length(full=900.0, short=8.0)
SECTIONS = "[limits]\nrate_per_s = 0\nmax_waiting = 64\n[fhir]\nallow_loopback = true\n"


@pytest.mark.long
@pytest.mark.timeout(180 + 2 * SECONDS)
def test_a_soak_with_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with broken_server(seed=2) as fhir, serving(tmp_path, SECTIONS) as service:
        asyncio.run(soak(service.port, fhir.base, seconds=min(SECONDS / 4, 60), seed=3))
        before = Usage.of(service)
        found = asyncio.run(soak(service.port, fhir.base, seconds=SECONDS, seed=1))
        until(lambda: service.metric("cuecard_calls_in_flight") == 0)
        after = Usage.of(service)
        all_threads_answer(service)
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{service.operations}/metrics", timeout=20).read()
        said = service.log.read_text() + metrics.decode()
    with capsys.disabled():
        ends = ", ".join(f"{end}: {count}" for end, count in sorted(found.counts.items()))
        sys.stdout.write(f"\n{ends}; {found.quoted} quote their patient; {before} {after}\n")
    assert found.wrong == []
    assert not found.accepted_faults
    assert found.quoted > found.counts["status 200"] / 2 > 0
    assert found.counts["fetched, status 200"] > 0
    assert charts.CANARY.findall(said) == []
    after.must_not_exceed(before)
