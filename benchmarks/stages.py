"""What one call costs, stage by stage, in milliseconds of processor time.

    python benchmarks/stages.py [--request FILE]

Everything is prefetched and nothing waits: this is what a worker spends besides HTTP and the ledger.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import reference_request
from cds_hooks.cards import build_cards, warm
from cds_hooks.json_body import parse_json
from cds_hooks.platform import service_registry
from cds_hooks.settings import Settings
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.resilience import Deadline
from models.run import assess

ROUNDS = 200


def main() -> None:
    """Runs the stages over and over and prints the median of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--request", type=Path)
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    raw = json.dumps(call, separators=(",", ":")).encode()
    settings = Settings()
    service = service_registry(settings).hooks_of("chart-review")["patient-view"]
    clinical, policy = settings.for_models(), settings.alerts.policy()
    spent: dict[str, list[float]] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        began = time.thread_time()
        result = work()
        spent.setdefault(stage, []).append((time.thread_time() - began) * 1000)
        return result

    warm()
    gc.freeze()
    cards = 0
    for _ in range(ROUNDS):
        now = datetime.now(UTC)
        body = timed("parse", lambda: parse_json(raw))
        request = ChartRequest(patient_id=body["context"]["patientId"], prefetch=body["prefetch"])
        chart = timed(
            "read the chart",
            lambda: gather(request, service.needs, None, Deadline.after(5), now=now, as_of="now"),  # noqa: B023
        )
        said = timed("assess", lambda: assess(chart.record, service.models, clinical))  # noqa: B023
        built = timed(
            "cards",
            lambda: build_cards(
                said,  # noqa: B023
                chart.record,  # noqa: B023
                policy=policy,
                declined=(),
                hook_instance="benchmark",
                now=now,  # noqa: B023
            ),
        )
        cards = len(built)
    print(
        f"request {len(raw) / 1024:.0f} KiB, {len(service.models)} models, {cards} cards; medians of {ROUNDS}"
    )
    for stage, times in spent.items():
        print(f"  {stage:16}{statistics.median(times):6.2f} ms")


if __name__ == "__main__":
    main()
