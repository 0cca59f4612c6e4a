"""Public synthetic patients load into the embedded server and are found again."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from fhir_adapters.embedded import EmbeddedServer

REPO = Path(__file__).resolve().parents[3]
DATA = REPO.parent / "shared" / "data"


@pytest.mark.data
@pytest.mark.parametrize("folder", ["fhir_synthea_google", "fhir_synthea_smart", "fhir_synthea_notes"])
def test_public_transaction_bundles_load_and_are_found_by_patient(folder: str) -> None:
    paths = sorted((DATA / folder).glob("*.json.gz"))[:5]
    if not paths:
        pytest.skip("public data sets are not beside the checkout")
    server = EmbeddedServer("http://127.0.0.1:8000/fhir")
    for path in paths:
        bundle = orjson.loads(gzip.decompress(path.read_bytes()))
        assert server.load_bundle(bundle) == len(bundle["entry"])
    patients = orjson.loads(server.handle("GET", "Patient", "", b"", {}).body)
    assert patients["total"] >= 3
    for entry in patients["entry"]:
        query = f"patient={entry['resource']['id']}&_summary=count"
        found = orjson.loads(server.handle("GET", "Observation", query, b"", {}).body)
        assert found["total"] > 0
