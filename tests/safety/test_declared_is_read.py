"""What a service asks for is what its models read: nothing needless is asked for, nothing else looked at."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from cds_hooks.app import create_app
from cds_hooks.chart_files import AsOf, chart_of
from cds_hooks.platform import service_registry
from cds_hooks.services.registry import BoundService
from cds_hooks.settings import Settings
from fhir_adapters.embedded import sample_bundles
from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.analytes import loinc_codes
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Assessment
from models.run import assess, results_of
from tests.cds_hooks.platforms import SmallModel
from tests.models.diagnosis.differential.readers import note_reader
from tests.models.medication_safety.charts import order
from tests.models.risk_scores.charts import coded
from tests.records import condition, measurement, person, record
from tests.safety.recorded import Reads, recorded

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PUBLIC = sorted(
    (
        path
        for folder in ("fhir_synthea_google", "fhir_synthea_smart", "fhir_synthea_notes")
        for path in (DATA / folder).glob("*.json.gz")
        if "nformation" not in path.name
    ),
    key=lambda path: (path.stat().st_size, path.name),
)[:30]
REGISTRY = service_registry(Settings())
SERVICES: Final = {f"{each.declared.id} {each.declared.hook}": each for each in REGISTRY}
MODELS: Final = {model.name: model for each in REGISTRY for model in each.models}
# As shipped, and with the scores and demonstrations that a site may choose instead.
CHOICES = (
    ClinicalSettings(),
    ClinicalSettings(cardiovascular_score="score2", stroke_score="cha2ds2-va", demonstrations=True),
)
# One drug for each question about orders.
DRUGS = ("apixaban", "dabigatran", "ibuprofen", "metformin", "spironolactone", "lisinopril", "amoxicillin")
ORDERS = tuple(order(drug, number, mg=5, times=2) for number, drug in enumerate(DRUGS))
# What no sample patient has: ketoacidosis, iron without its saturation, a reactive test; fibrillation at an
# age at which she may be pregnant.
RARE = record(
    *(measurement("glucose", 420, 0.2), measurement("bicarbonate", 11, 0.2), measurement("sodium", 136, 0.2)),
    *(measurement("ph_arterial", 7.12, 0.2), measurement("hemoglobin", 9.5, 3), measurement("iron", 22, 3)),
    *(measurement("creatinine", 1.1, 3), measurement("weight", 61, 3)),
    patient=person(38),
    conditions=(condition("I48.91"),),
    coded_observations=(coded("hiv_screen", "", days=9, text="reactive"),),
)


def from_files(texts: Iterable[bytes], as_of: AsOf) -> tuple[PatientRecord, ...]:
    """The charts as the service reads them that asks for most, so that a model could read too much."""
    needs = tuple(need for model in MODELS.values() for need in model.requires.needs)
    return tuple(as_called(chart_of(text, needs, patient_id="", as_of=as_of).record) for text in texts)


def as_called(chart: PatientRecord) -> PatientRecord:
    """With orders, the end of a stay, and notes that were read: what each hook brings.

    And with one coded observation of nothing, so that models look through them at all.
    """
    stays = [each.source for each in chart.encounters if each.setting == "inpatient"]
    return replace(
        chart,
        drafts=ORDERS,
        discharge=stays[-1] if stays else "",
        readings=tuple(note_reader().read(note) for note in chart.notes),
        coded_observations=(*chart.coded_observations, coded("", "")),
    )


@cache
def samples() -> tuple[PatientRecord, ...]:
    bundles = [orjson.dumps(bundle) for bundle in sample_bundles(datetime.now(UTC))]
    return (*from_files(bundles, "now"), as_called(RARE))


@cache
def public() -> tuple[PatientRecord, ...]:
    return from_files((gzip.decompress(path.read_bytes()) for path in PUBLIC), "last-entry")


def reads_of(model: ClinicalModel, charts: Iterable[PatientRecord]) -> Reads:
    """What the model reads of any of the charts, whichever way a site has chosen.

    What models share of a chart is worked out anew for each, so that each is told what it rests on.
    """
    total = Reads()
    for chart in charts:
        for settings in CHOICES:
            told, reads = recorded(chart)
            said = assess(told, (model,), settings)
            results_of(told, (model,), settings)
            assert not [each for each in said.abstentions if each.cause == "model-error"]
            total.add(reads)
    return total


@cache
def reads_of_samples(name: str) -> Reads:
    return reads_of(MODELS[name], samples())


def undeclared(model: ClinicalModel, reads: Reads) -> set[str]:
    """What was read, by resource type or analyte, and stands in no Need of the model."""
    declared = {need.resource for need in model.requires.needs}
    return (reads.resources | reads.asked_after) - declared | (reads.analytes - model.requires.analytes())


def asked_for(template: str) -> tuple[str, frozenset[str]]:
    """The resource type of a prefetch template, and the codes that it names."""
    resource, codes = (
        urlsplit(template).path.partition("/")[0],
        parse_qs(urlsplit(template).query).get("code"),
    )
    return resource, frozenset(code for each in codes or () for code in each.split(","))


def touched(reads: Reads) -> set[tuple[str, frozenset[str]]]:
    """What was read, as templates would ask for it."""
    codes = frozenset(code for analyte in reads.analytes for code in loinc_codes(analyte))
    return {(resource, codes if resource == "Observation" else frozenset()) for resource in reads.resources}


@pytest.mark.parametrize("name", SERVICES)
def test_what_discovery_declares_is_what_models_read(name: str) -> None:
    """Each template's type and codes are read by a model of the service, and nothing else is."""
    answer = create_app(Settings()).test_client().get("/cds-services")
    (offered,) = [each for each in answer.json["services"] if f"{each['id']} {each['hook']}" == name]
    total = Reads()
    for model in SERVICES[name].models:
        total.add(reads_of_samples(model.name))
    assert {asked_for(template) for template in offered["prefetch"].values()} == touched(total)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_nothing_that_it_does_not_declare(name: str) -> None:
    """Else a site that switches other models off would change what this one sees."""
    assert undeclared(MODELS[name], reads_of_samples(name)) == set()


@pytest.mark.data
@pytest.mark.skipif(not PUBLIC, reason="the public charts are not beside the checkout")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_reads_no_more_of_public_charts_either(name: str) -> None:
    assert undeclared(MODELS[name], reads_of(MODELS[name], public())) == set()


@dataclass(frozen=True, slots=True)
class _Reader:
    """What a model does with a record, and what of it is then told as read."""

    read: Callable[[PatientRecord], object]
    told: set[str]


@pytest.mark.parametrize(
    "case",
    [
        _Reader(lambda chart: chart.conditions, {"Condition"}),
        _Reader(lambda chart: chart.medications, {"MedicationRequest", "MedicationStatement"}),
        _Reader(lambda chart: chart.readings, {"DocumentReference"}),
        _Reader(lambda chart: chart.series("hba1c"), {"Observation", "hba1c"}),
        _Reader(lambda chart: chart.series("sodium"), {"Observation", "sodium"}),
        _Reader(lambda chart: list(chart.measurements), {"Observation", *RARE.measurements}),
        _Reader(
            lambda chart: chart.series("iron").outside_acute_care(), {"Observation", "iron", "Encounter"}
        ),
        _Reader(
            lambda chart: [each.kind == "phq9" for each in chart.coded_observations], {"Observation", "phq9"}
        ),
        _Reader(
            lambda chart: [each.kind in {"hiv_screen"} for each in chart.coded_observations],
            {"Observation", "hiv_screen"},
        ),
        _Reader(lambda chart: chart.knows("Procedure"), {"Procedure"}),
        _Reader(lambda chart: chart.once("all", lambda same: same.allergies), {"AllergyIntolerance"}),
        _Reader(lambda chart: (chart.as_of, chart.drafts, chart.discharge), set()),
    ],
    ids=lambda case: "-".join(sorted(case.told)) or "nothing",
)
def test_every_way_of_reading_is_told(case: _Reader) -> None:
    def say(chart: PatientRecord) -> Assessment:
        case.read(chart)
        return Assessment()

    reads = reads_of(SmallModel("sure.v1", say), [RARE])
    assert reads.resources | reads.asked_after | reads.analytes == case.told | {"Patient"}


def test_a_needless_and_a_missing_declaration_are_both_told() -> None:
    def say(chart: PatientRecord) -> Assessment:
        assert chart.encounters == ()
        return Assessment()

    model = SmallModel("sure.v1", say)
    model.requires = Requires((Need(resource="Patient"), Need(resource="Procedure")))
    reads = reads_of(model, [RARE])
    assert undeclared(model, reads) == {"Encounter"}
    bound = BoundService(next(iter(SERVICES.values())).declared, (model,))
    asked = {asked_for(query.template) for query in bound.queries}
    assert asked ^ touched(reads) == {("Procedure", frozenset()), ("Encounter", frozenset())}
