"""Accounts for every entry of public charts: in the record, or in a data-quality note that says why not.

    python benchmarks/accounting.py FOLDER...

Folders as `public_charts.py` takes them. Of Conditions, Observations under a code that is known here, and
notes (also a DiagnosticReport with a text) each entry has to be in the record or in a data-quality note; an
entry in neither is lost and named, and makes the exit status 1. The heads of panels, whose values are in
other entries, are counted apart. Nothing is fetched: an attachment behind a link is a reason like others.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.public_charts import charts
from fhir_adapters.bundles import resources_of
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.analytes import BY_LOINC

ALL = sys.maxsize
KINDS = {
    "Condition": "Condition",
    "DocumentReference": "note (document)",
    "Composition": "note (composition)",
    "ClinicalImpression": "note (impression)",
}
Resource = dict[str, Any]


@dataclass
class Account:
    """The entries of one kind over all charts of a folder."""

    sent: int = 0
    in_record: int = 0
    in_note: int = 0
    heads: int = 0
    lost: list[str] = field(default_factory=list)


def kind_of(resource: Resource) -> str:
    """The kind that an entry is accounted for as; "" for what the record does not read."""
    kind = str(resource.get("resourceType"))
    if kind == "Observation":
        parts = (resource, *resource.get("component", []))
        codes = (coding.get("code") for part in parts for coding in part.get("code", {}).get("coding", []))
        return "Observation, known code" if any(code in BY_LOINC for code in codes) else ""
    if kind == "DiagnosticReport":
        return "note (report)" if resource.get("presentedForm") or resource.get("conclusion") else ""
    return KINDS.get(kind, "")


def is_head(resource: Resource) -> bool:
    """True for the head of a panel: it has no value of its own and names entries that have."""
    has_value = any(key.startswith("value") for key in resource) or "dataAbsentReason" in resource
    return not has_value and ("hasMember" in resource or "component" in resource)


def sources(record: PatientRecord) -> set[str]:
    """The references of all entries that the record holds."""
    points = (point for series in record.measurements.values() for point in series)
    parts = (*record.conditions, *points, *record.coded_observations, *record.notes)
    return {part.source for part in parts}


def account_for(
    resources: Iterable[Resource],
    patient_id: str,
    accounts: dict[str, Account],
    reasons: Counter[tuple[str, str, str]],
) -> None:
    """Adds one chart."""
    resources = list(resources)
    record = map_chart(patient_id, resources, now=datetime.now(UTC), listed=ALL)
    held, noted = sources(record), {gap.source for gap in record.gaps}
    reasons.update((gap.source.partition("/")[0], gap.problem, gap.reason) for gap in record.gaps)
    entries = {f"{each.get('resourceType')}/{each.get('id')}": each for each in resources}
    for source, entry in entries.items():
        if not (kind := kind_of(entry)):
            continue
        account = accounts.setdefault(kind, Account())
        account.sent += 1
        if source in held:
            account.in_record += 1
        elif source in noted:
            account.in_note += 1
        elif is_head(entry):
            account.heads += 1
        else:
            account.lost.append(source)


def main() -> int:
    """Prints a table for each folder; the exit status is 1 when an entry was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path)
    lost = 0
    for folder in parser.parse_args().folders:
        accounts: dict[str, Account] = {}
        reasons: Counter[tuple[str, str, str]] = Counter()
        count = 0
        for _, text in charts(folder):
            resources = resources_of(orjson.loads(text))
            patients = [each for each in resources if each.get("resourceType") == "Patient"]
            if patients:
                count += 1
                account_for(resources, str(patients[0]["id"]), accounts, reasons)
        print(f"\n{folder.name}: {count} charts")
        print(f"  {'':26}{'sent':>9}{'in record':>11}{'in a note':>11}{'panel':>8}{'lost':>6}")
        for kind, each in sorted(accounts.items()):
            row = f"{each.sent:9}{each.in_record:11}{each.in_note:11}{each.heads:8}{len(each.lost):6}"
            print(f"  {kind:26}{row}")
            lost += len(each.lost)
            for source in each.lost[:5]:
                print(f"    LOST {source}")
        for (resource, problem, reason), number in reasons.most_common():
            print(f"  {number:8}  {resource}: {problem}: {reason}")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
