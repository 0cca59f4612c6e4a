"""Reads every chart in folders of FHIR Bundles and counts the cards.

    python benchmarks/public_charts.py FOLDER...            counts for each folder
    python benchmarks/public_charts.py --read 20 FOLDER...  also prints the cards of 20 charts, to be judged

Each chart is assessed as of its last entry, because public records end years ago. A folder holds one
Bundle a file (.json or .json.gz; files without a Patient are skipped), or single resources, one a file or
one a line (.ndjson.gz), which are sorted by the patient that they name.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from cds_hooks.cards.builder import BuiltCard, build_cards  # noqa: E402
from cds_hooks.cards.terminal import render_text  # noqa: E402
from cds_hooks.chart_files import ChartFileError, chart_of  # noqa: E402
from cds_hooks.platform import service_registry  # noqa: E402
from cds_hooks.services.registry import BoundService  # noqa: E402
from cds_hooks.settings import Settings  # noqa: E402
from fhir_adapters.record import PatientRecord  # noqa: E402
from models.run import assess  # noqa: E402


def answer(
    service: BoundService, settings: Settings, text: bytes
) -> tuple[PatientRecord, tuple[BuiltCard, ...]]:
    """The record and the cards of one Bundle, as the service would answer."""
    record = chart_of(text, service.needs, patient_id="", as_of="last-entry").record
    assessment = assess(record, service.models, settings.for_models())
    cards = build_cards(
        assessment,
        record,
        policy=settings.alerts.policy(),
        declined=(),
        hook_instance="benchmark",
        now=datetime.now(UTC),
    )
    return record, cards


def charts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The charts of a folder as Bundles, with a name for each."""
    loose: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*json*")):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        documents = raw.splitlines() if ".ndjson" in path.name else [raw]
        for document in documents:
            parsed = orjson.loads(document)
            if parsed.get("resourceType") != "Bundle":
                loose.append(parsed)
            elif b'"resourceType":"Patient"' in document.replace(b'": "', b'":"'):
                yield path.name, document
    for patient in [r for r in loose if r.get("resourceType") == "Patient"]:
        name = f"Patient/{patient['id']}"
        own = [r for r in loose if r is patient or _subject(r) == name]
        entries = [{"resource": r} for r in own]
        yield name, orjson.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def _subject(resource: dict[str, Any]) -> str:
    reference = resource.get("subject") or resource.get("patient") or {}
    return str(reference.get("reference", "")) if isinstance(reference, dict) else ""


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
    service = service_registry(settings).hooks_of("chart-review")["patient-view"]
    with_cards: list[str] = []
    for folder in args.folders:
        groups: Counter[str] = Counter()
        sizes: Counter[int] = Counter()
        problems: Counter[str] = Counter()
        failed: list[str] = []
        for name, text in charts(folder):
            try:
                record, cards = answer(service, settings, text)
            except ChartFileError:  # no patient in it: a Bundle of hospitals, say
                continue
            except Exception as error:  # counted and named: the point of this script is to find them
                failed.append(f"{name}: {type(error).__name__}: {error}")
                continue
            sizes[len(cards)] += 1
            groups.update(card.group for card in cards)
            problems.update(note.problem for note in record.gaps)
            if cards:
                shown = "\n\n".join(render_text(card.card, 100) for card in cards)
                with_cards.append(f"===== {name} (age {record.age_years}, {record.patient.sex})\n{shown}")
        total = sum(sizes.values())
        print(f"\n{folder.name}: {total} charts, {len(failed)} failed")
        print("  cards a chart: " + ", ".join(f"{size}: {count}" for size, count in sorted(sizes.items())))
        for group, count in groups.most_common():
            print(f"  {group:24}{count:5}{100 * count / max(1, total):8.1f} per 100 patients")
        print(
            "  set aside: " + (", ".join(f"{name} {count}" for name, count in problems.most_common()) or "-")
        )
        for line in failed[:10]:
            print(f"  FAILED {line}")
    chosen = random.Random(args.seed).sample(with_cards, min(args.read, len(with_cards)))
    print("\n\n".join(chosen))


if __name__ == "__main__":
    main()
