"""What one call costs, stage by stage, in milliseconds of processor time, and which models cost the most.

    python benchmarks/stages.py [--request FILE] [--rounds N]

Everything is prefetched and nothing waits: this is what a worker spends besides HTTP and the ledger. Of the
rounds, "least" is the cheapest tenth, which other programs disturb least.
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
from cds_hooks.server import GC_THRESHOLDS
from cds_hooks.settings import Settings
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.resilience import Deadline
from models.run import assess

DEAREST = 10


class Costs:
    """Processor time of named pieces of work, over and over."""

    def __init__(self) -> None:
        self._spent: dict[str, list[float]] = {}

    def of(self, name: str, work: Callable[[], Any]) -> Any:
        """Does the work, notes what it cost, and returns its result."""
        began = time.thread_time()
        result = work()
        self._spent.setdefault(name, []).append((time.thread_time() - began) * 1000)
        return result

    def clear(self) -> None:
        """Forgets the rounds so far."""
        self._spent.clear()

    def figures(self) -> list[tuple[str, float, float]]:
        """Name, tenth percentile and median of each, in the order of the work."""
        return [
            (name, sorted(times)[len(times) // 10], statistics.median(times))
            for name, times in self._spent.items()
        ]


def main() -> None:
    """Runs the stages over and over and prints what each costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--request", type=Path)
    parser.add_argument("--rounds", type=int, default=200)
    args = parser.parse_args()
    call = json.loads(args.request.read_text()) if args.request else reference_request.build()
    raw = json.dumps(call, separators=(",", ":")).encode()
    stages, models = Costs(), Costs()
    warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    answer = _service(raw, stages, models)
    for _ in range(20):
        answer()
    stages.clear()
    models.clear()
    cards = [answer() for _ in range(args.rounds)][-1]
    print(f"request {len(raw) / 1024:.0f} KiB, {cards} cards, {args.rounds} rounds")
    print(f"  {'CPU milliseconds':28}{'least':>7}{'median':>7}")
    figures = [*stages.figures()]
    for name, least, median in [*figures, ("all", *(sum(f[i] for f in figures) for i in (1, 2)))]:
        print(f"  {name:28}{least:7.2f}{median:7.2f}")
    print(f"the {DEAREST} dearest models, asked one by one of a fresh record")
    for name, least, median in sorted(models.figures(), key=lambda each: -each[1])[:DEAREST]:
        print(f"  {name:28}{least:7.3f}{median:7.3f}")


def _service(raw: bytes, stages: Costs, models: Costs) -> Callable[[], int]:
    """Answers the request once; the models a second time, one by one."""
    settings = Settings()
    service = service_registry(settings).hooks_of("chart-review")["patient-view"]
    clinical, policy = settings.for_models(), settings.alerts.policy()

    def chart_of(body: dict[str, Any], now: datetime) -> Any:
        request = ChartRequest(patient_id=body["context"]["patientId"], prefetch=body["prefetch"])
        return gather(request, service.needs, None, Deadline.after(60), now=now)

    def answer() -> int:
        now = datetime.now(UTC)
        body = stages.of("parse", lambda: parse_json(raw))
        record = stages.of("read the chart", lambda: chart_of(body, now)).record
        said = stages.of("assess", lambda: assess(record, service.models, clinical))
        cards = stages.of(
            "cards",
            lambda: build_cards(said, record, policy=policy, declined=(), hook_instance="benchmark", now=now),
        )
        again = chart_of(body, now).record
        for model in service.models:
            models.of(model.name, lambda: model.assess(again, clinical))  # noqa: B023 - called at once
        return len(cards)

    return answer


if __name__ == "__main__":
    main()
