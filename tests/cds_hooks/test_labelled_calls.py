"""Calls about charts with labelled entries: what is left out is said, and is on no card."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from flask.testing import FlaskClient

from cds_hooks.app import app_of
from cds_hooks.commands.score import from_charts
from cds_hooks.platform import build_platform
from cds_hooks.settings import SettingsError, settings_of
from tests.cds_hooks.platforms import call_body
from tests.fhir_adapters.mapping.resources import condition, observation, patient

DATA = Path(__file__).resolve().parents[2] / "../shared/data/fhir_synthea_google"
LABEL = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "V"}]}
MOST_CHARTS = 20
LEFT_OUT = "**Left out:** 1 entry labelled as confidential by the sender."
NOT_OFFERED = (
    "**Not offered:** adding it to the problem list, which was read only in part; it may stand there already."
)
OLD = [
    observation(
        "33914-3", 38, "mL/min/{1.73_m2}", identity=f"e{month}", effectiveDateTime=f"2026-0{month}-01"
    )
    for month in (1, 5)
]


@contextmanager
def served(folder: Path, **fhir: Any) -> Iterator[FlaskClient]:
    document = {
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
        "notes": {"enabled": False},
        "sandbox": {"data_quality": True, "as_of": "last-entry"},
        "fhir": fhir,
    }
    built = build_platform(settings_of(document))
    with closing(built.ledger), closing(built.client):
        yield app_of(built).test_client()


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def answer(client: FlaskClient, service: str, **prefetch: Any) -> dict[str, Any]:
    response = client.post(f"/cds-services/{service}", json=call_body(prefetch=prefetch))
    assert response.status_code == 200, response.json
    return dict(response.json or {})


def small(label: dict[str, Any]) -> dict[str, Any]:
    secret = condition(identity="secret", text="Canarysyndrome", **label)
    empty = dict.fromkeys(("medications", "medicationStatements", "allergies", "procedures", "encounters"))
    return {
        "patient": patient(),
        "conditions": bundle(secret),
        "observations": bundle(*OLD),
        **empty,
        "familyHistory": None,
        "notes": None,
        "reports": None,
    }


def test_a_call_says_how_many_were_left_out_and_not_which(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        for service in ("chart-summary", "chart-review"):
            said = answer(client, service, **small({"meta": LABEL}))
            assert LEFT_OUT in said["cards"][-1]["detail"]
            text = json.dumps(said)
            assert "Canarysyndrome" not in text
            assert "Condition/secret" not in text
            (count,) = [
                each
                for each in said["extension"]["org.cuecard.data-quality"]["counts"]
                if each["problem"] == "restricted"
            ]
            assert (count["resource"], count["count"]) == ("chart", 1)
            assert "Left out" not in json.dumps(answer(client, service, **small({})))


def kidney_card(said: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The card on kidney disease, and the resource types that it offers to add."""
    (card,) = [each for each in said["cards"] if each["summary"].startswith("Chronic kidney disease")]
    actions = [action for each in card["suggestions"] for action in each["actions"]]
    return card, [action["resource"]["resourceType"] for action in actions]


@pytest.mark.parametrize("code", ["N18.32", "J45.909"], ids=["the problem itself", "another"])
def test_what_may_stand_on_the_list_under_a_label_is_not_offered_to_be_added(
    tmp_path: Path, code: str
) -> None:
    """One card for both: it does not tell what the label hides."""
    chart = {**small({}), "conditions": bundle(condition(code, meta=LABEL))}
    with served(tmp_path) as client:
        card, added = kidney_card(answer(client, "chart-review", **chart))
    assert "not on the problem list (read in part)" in card["summary"]
    assert NOT_OFFERED in card["detail"]
    assert added == ["ServiceRequest"]


def test_a_problem_that_is_not_on_the_whole_list_is_offered_to_be_added(tmp_path: Path) -> None:
    chart = {**small({}), "conditions": bundle(condition("J45.909"))}
    with served(tmp_path) as client:
        card, added = kidney_card(answer(client, "chart-review", **chart))
        assert "not on the problem list: " in card["summary"]
        assert "Not offered" not in card["detail"]
        assert added == ["Condition", "ServiceRequest"]
        known = {**chart, "conditions": bundle(condition("N18.32"))}
        assert not answer(client, "chart-review", **known)["cards"]


def test_a_chart_of_which_all_is_left_out_is_not_a_normal_one(tmp_path: Path) -> None:
    nothing = {**small({"meta": LABEL}), "observations": None}
    with served(tmp_path) as client:
        (card,) = answer(client, "chart-review", **nothing)["cards"]
        assert card["summary"].startswith("Chart not fully assessed")
        assert LEFT_OUT in card["detail"]
        assert not answer(client, "chart-review", **{**nothing, "conditions": None})["cards"]


def test_a_site_may_choose_to_use_them(tmp_path: Path) -> None:
    with served(tmp_path, labelled="use") as client:
        said = answer(client, "chart-summary", **small({"meta": LABEL}))
        assert "Left out" not in json.dumps(said)
    with pytest.raises(SettingsError, match=r"fhir\.labelled: must be one of"):
        settings_of({"fhir": {"labelled": "perhaps"}})


def test_a_labelled_patient_gets_no_answer(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        prefetch = {**small({}), "patient": patient(meta=LABEL)}
        response = client.post("/cds-services/chart-review", json=call_body(prefetch=prefetch))
        assert response.status_code == 412
        assert "labelled as confidential" in json.dumps(response.json)


def test_a_labelled_order_is_said_to_be_unchecked(tmp_path: Path) -> None:
    order = {
        "resourceType": "MedicationRequest",
        "id": "w",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": {"text": "metformin 500 MG Oral Tablet"},
        "meta": LABEL,
    }
    context = {"userId": "Practitioner/u1", "patientId": "p1", "draftOrders": bundle(order)}
    prefetch = {**small({}), "conditions": None}
    body = {"hook": "order-sign", "hookInstance": str(uuid4()), "context": context, "prefetch": prefetch}
    with served(tmp_path) as client:
        response = client.post("/cds-services/medication-safety", json=body)
    assert response.status_code == 200
    (card,) = (response.json or {})["cards"]
    assert card["summary"].startswith("Not checked")
    assert "it is labelled as confidential; nothing was checked" in card["detail"]
    assert "metformin" not in json.dumps(card)


def test_a_score_of_a_chart_says_what_was_left_out() -> None:
    line = orjson.dumps(bundle(patient(), *OLD, condition(meta=LABEL)))
    (told,) = from_charts("charlson", [line], settings_of({}), "last-entry")
    assert told["withheld"] == 1
    (told,) = from_charts("charlson", [line], settings_of({"fhir": {"labelled": "use"}}), "last-entry")
    assert "withheld" not in told


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")
def test_a_label_on_one_problem_of_a_real_chart_keeps_it_off_all_cards(tmp_path: Path) -> None:
    charts = [path for path in sorted(DATA.glob("*.json.gz")) if "Information" not in path.name]
    with served(tmp_path) as client:
        keys = _keys_of_the_summary(client)
        for path in charts[:MOST_CHARTS]:
            by_type = _by_type(path)
            plain = _told(client, keys, by_type)
            names = Counter(each["code"]["text"] for each in by_type["Condition"])
            # "Diabetes" alone is also a word of what the models say by themselves.
            alone = {name for name, count in names.items() if count == 1 and " " in name}
            shown = (each for each in by_type["Condition"] if each["code"]["text"] in plain)
            secret = next((each for each in shown if each["code"]["text"] in alone), None)
            if secret is None:
                continue
            secret["meta"] = {**secret.get("meta", {}), **LABEL}
            told = _told(client, keys, by_type)
            assert "Left out" not in plain
            assert LEFT_OUT in told
            assert secret["code"]["text"] not in told
            return
    pytest.fail("no chart has a problem on a card")


def _by_type(path: Path) -> dict[str, list[dict[str, Any]]]:
    with gzip.open(path) as stream:
        raw = [entry["resource"] for entry in orjson.loads(stream.read())["entry"]]
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in raw:
        by_type[each["resourceType"]].append(each)
    return by_type


def _keys_of_the_summary(client: FlaskClient) -> dict[str, str]:
    """The resource type of each prefetch key."""
    services = (client.get("/cds-services").json or {})["services"]
    (summary,) = [each for each in services if each["id"] == "chart-summary"]
    return {key: re.split(r"[?/]", url)[0] for key, url in summary["prefetch"].items()}


def _told(client: FlaskClient, keys: dict[str, str], by_type: dict[str, list[dict[str, Any]]]) -> str:
    """The cards of both services, as one text."""
    person = by_type["Patient"][0]
    prefetch = {key: bundle(*by_type[kind]) for key, kind in keys.items()} | {"patient": person}
    texts = []
    for service in ("chart-summary", "chart-review"):
        body = call_body(prefetch=prefetch)
        body["context"]["patientId"] = person["id"]
        response = client.post(f"/cds-services/{service}", json=body)
        assert response.status_code == 200, response.json
        texts.append(json.dumps((response.json or {})["cards"], ensure_ascii=False))
    return "".join(texts)
