"""Real charts through all models: what is told of a call has nothing of what is in the chart."""

from __future__ import annotations

import gzip
import logging
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_hooks.app import app_of
from cds_hooks.logs import JsonLines
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from cds_hooks.telemetry import Recorders
from cds_hooks.telemetry.metrics import Metrics
from tests.cds_hooks.platforms import call_body

DATA = Path(__file__).resolve().parents[3] / "../shared/data/fhir_synthea_google"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout"),
]


def _identifying(patient: dict[str, Any]) -> set[str]:
    """Words that stand for the patient: names, streets, identifiers, the day of birth."""
    names = (word for name in patient["name"] for word in (name["family"], *name["given"]))
    places = (line for address in patient["address"] for line in address.get("line", ()))
    numbers = (each["value"] for each in patient["identifier"])
    return {*names, *places, *numbers, patient["id"], patient["birthDate"]}


def test_of_real_charts_neither_log_nor_metrics_repeat_anything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_of(
        {
            "ledger": {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"},
            "notes": {"enabled": False},
            "operations": {"bind": ""},
            "sandbox": {"as_of": "last-entry"},
        }
    )
    metrics = Metrics()
    built = replace(build_platform(settings), recorders=Recorders((metrics,)))
    service = next(each for each in built.services if each.declared.id == "chart-review")
    client = app_of(built).test_client()
    caplog.set_level(logging.INFO)
    words: set[str] = set()
    paths = [path for path in sorted(DATA.glob("*.json.gz")) if "Information" not in path.name][:5]
    for path in paths:
        by_type = defaultdict(list)
        for entry in orjson.loads(gzip.decompress(path.read_bytes()))["entry"]:
            by_type[entry["resource"]["resourceType"]].append(entry)
        (patient,) = (entry["resource"] for entry in by_type["Patient"])
        words |= _identifying(patient)
        prefetch = {
            query.key: {"resourceType": "Bundle", "type": "searchset", "entry": by_type[query.resource]}
            for query in service.queries
        } | {"patient": patient}
        context = {"userId": "Practitioner/u1", "patientId": patient["id"]}
        answer = client.post("/cds-services/chart-review", json=call_body(prefetch=prefetch, context=context))
        assert answer.status_code == 200
    built.ledger.close()
    built.client.close()
    page = metrics.text().decode()
    assert f'cuecard_calls_total{{service="chart-review",status="200"}} {len(paths)}.0' in page
    assert 'cuecard_abstentions_total{cause="' in page
    said = page + "".join(JsonLines().format(record) for record in caplog.records)
    assert len(words) > 20
    assert [word for word in words if word in said] == []
