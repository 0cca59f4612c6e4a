"""Signs the active medication orders of public charts as drafts and counts what is said of them.

    python benchmarks/public_orders.py FOLDER...            counts for each rule
    python benchmarks/public_orders.py --read 30 FOLDER...  also prints 30 cards, to be judged

Each active MedicationRequest of a chart is taken off the list and signed on its own, as of the last entry.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from benchmarks.public_charts import charts  # noqa: E402
from cds_hooks.cards.builder import build_cards  # noqa: E402
from cds_hooks.cards.terminal import render_text  # noqa: E402
from cds_hooks.chart_files import ChartFileError, chart_of  # noqa: E402
from cds_hooks.platform import service_registry  # noqa: E402
from cds_hooks.settings import Settings  # noqa: E402
from fhir_adapters.record import DraftOrder, PatientRecord  # noqa: E402
from models.run import assess  # noqa: E402


def signed_one_by_one(record: PatientRecord) -> list[PatientRecord]:
    """The chart once for each drug that is taken, with its order as the draft and not on the list."""
    current = [med for med in record.medications if med.is_current(record.as_of)]
    return [
        replace(
            record,
            medications=tuple(other for other in record.medications if other is not med),
            drafts=(DraftOrder(source="MedicationRequest/draft", concept=med.concept),),
        )
        for med in {med.concept.label: med for med in current}.values()
    ]


def main() -> None:
    """Counts and prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--read", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    settings = Settings()
    service = service_registry(settings).hooks_of("medication-safety")["order-sign"]
    counted: Counter[str] = Counter()
    shown: list[str] = []
    patients = orders = 0
    for folder in args.folders:
        for name, text in charts(folder):
            try:
                record = chart_of(text, service.needs, patient_id="", as_of="last-entry").record
            except ChartFileError:  # no patient in it: a Bundle of hospitals, say
                continue
            patients += 1
            for signed in signed_one_by_one(record):
                orders += 1
                assessment = assess(signed, service.models, settings.for_models())
                counted.update(f"{f.key} ({f.urgency})" for f in assessment.findings)
                counted.update(
                    f"{'old orders' if a.cause == 'not-indicated' else 'not checked'}: {a.key}"
                    for a in assessment.abstentions
                )
                cards = build_cards(
                    assessment,
                    signed,
                    policy=settings.alerts.policy(),
                    declined=(),
                    hook_instance="benchmark",
                    now=datetime.now(UTC),
                )
                counted[f"{len(cards)} cards"] += 1
                shown += [
                    f"===== {name} (age {record.age_years}): {signed.drafts[0].concept.label}\n"
                    + render_text(card.card, 100)
                    for card in cards
                ]
    print(f"{patients} patients, {orders} orders")
    for key, count in counted.most_common():
        print(f"  {key:44}{count:5}{100 * count / max(1, orders):8.1f} per 100 orders")
    print("\n\n".join(random.Random(args.seed).sample(shown, min(args.read, len(shown)))))


if __name__ == "__main__":
    main()
