"""The trajectory model on charts: what it reads, what it says, and when it says nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from safetensors.numpy import load, save

from cds_hooks.services.chart_summary import SERVICE as CHART_SUMMARY
from fhir_adapters.record import ICD10CM, SNOMED, Coding, Concept, PatientRecord
from models.complications import trajectory
from models.complications._trajectory_codes import by_snomed, category_of
from models.complications._trajectory_forecast import Told, contributions, risks, row_of
from models.complications._trajectory_history import past_of
from models.complications._trajectory_network import (
    ARRAYS,
    FEMALE,
    NO_EVENT,
    TABLES,
    TrajectoryNetwork,
    network_from,
)
from models.complications._weights import FOLDER
from models.complications.trajectory import Trajectory
from models.contract import ClinicalSettings, ScoreInputError
from models.finding import Abstention
from models.run import results_of
from models.scoring import ReportingScore, ScoreResult, compute
from models.weights import WeightsError, load_manifest
from tests.records import ago, condition, measurement, person, record

SHOWN = ClinicalSettings(demonstrations=True)
WEIGHTS = FOLDER / "trajectory"
CHART = record(
    measurement("bmi", 31.0, 40),
    patient=person(62),
    conditions=[condition("I10", days=3000), condition("E11.9", days=2000), condition("44054006", days=900)],
)


@pytest.fixture(scope="module")
def network() -> TrajectoryNetwork:
    return network_from(WEIGHTS, load_manifest(WEIGHTS))


def result_of(chart: PatientRecord = CHART) -> ScoreResult:
    result = compute(Trajectory(), chart, SHOWN)
    assert isinstance(result, ScoreResult)
    return result


@pytest.mark.parametrize(
    ("codings", "expected"),
    [
        ([(ICD10CM, "E11.65")], "E11"),
        ([(ICD10CM, "e1165")], "E11"),
        ([(SNOMED, "44054006")], "E11"),
        ([(SNOMED, "44054006"), (ICD10CM, "E10.9")], "E10"),
        ([(SNOMED, "160903007")], ""),
        ([(SNOMED, "E11")], ""),
        ([(ICD10CM, "250.00")], ""),
        ([("http://example.org", "E11")], ""),
        ([], ""),
    ],
)
def test_a_condition_has_the_category_of_its_code_and_is_never_guessed(
    codings: list[tuple[str, str]], expected: str
) -> None:
    assert category_of(Concept(tuple(Coding(*each) for each in codings), "diabetes")) == expected


def test_the_map_of_snomed_ct_holds_categories_only() -> None:
    assert len(by_snomed()) > 600
    assert all(len(category) == 3 for category in by_snomed().values())


def test_the_history_is_the_first_date_of_each_category_and_the_rest_is_counted() -> None:
    chart = replace(
        CHART,
        conditions=(
            *CHART.conditions,
            condition("160903007"),
            replace(condition("N18.3"), recorded=None),
            replace(condition("J44.9"), recorded=ago(-10)),
            replace(condition("G40.9"), verification="provisional"),
            replace(condition("I48.0", days=10), onset=ago(5000), clinical_status="resolved"),
        ),
    )
    past = past_of(chart)
    assert list(past.first) == ["I48", "I10", "E11"]
    assert past.first["E11"].at == ago(2000)
    assert (past.unmapped, past.undated) == (1, 2)
    assert list(past.traits) == ["BMI_high"]
    assert result_of(chart).gathered.missing == (
        "1 diagnosis without an ICD-10 category",
        "2 diagnoses without a date",
    )


@pytest.mark.parametrize(("bmi", "name"), [(28.1, "BMI_high"), (28.0, "BMI_mid"), (22.0, "BMI_low")])
def test_classes_of_body_mass_index_are_those_of_the_published_files(bmi: float, name: str) -> None:
    assert list(past_of(record(measurement("bmi", bmi, 40))).traits) == [name]


def test_it_is_off_unless_demonstrations_are_asked_for_or_a_site_trained_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = compute(Trajectory(), CHART, ClinicalSettings())
    assert isinstance(outcome, Abstention)
    assert (outcome.cause, "demonstration" in outcome.reason) == ("not-indicated", True)
    assert Trajectory().assess(CHART, ClinicalSettings()).abstentions == (outcome,)
    monkeypatch.setattr(trajectory, "_DEMONSTRATION", False)
    assert isinstance(compute(Trajectory(), CHART, ClinicalSettings()), ScoreResult)


def test_it_makes_no_card_whatever_it_finds() -> None:
    assessment = Trajectory().assess(CHART, SHOWN)
    assert not assessment.findings
    assert not assessment.abstentions


def test_it_names_diseases_that_the_history_does_not_hold_likeliest_first() -> None:
    results = result_of().results
    codes = [each["code"] for each in results["expected"]]
    assert len(set(codes)) == 5
    assert not {"I10", "E11"} & set(codes)
    shares = [each["within_5_years"] for each in results["expected"]]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < each["within_1_year"] < each["within_5_years"] < 1 for each in results["expected"])
    # The simulated histories hold no body mass index, so the network can't read it.
    assert results["unread"] == ["BMI_high"]


def test_its_estimates_say_that_they_are_a_demonstration() -> None:
    model = Trajectory()
    assert isinstance(model, ReportingScore)
    estimates = model.estimates(result_of(), SHOWN)
    assert [each.horizon for each in estimates[:2]] == ["5 years", "1 year"]
    assert all(each.name.endswith("a demonstration") and each.unit == "probability" for each in estimates)


def test_the_chart_summary_has_its_lines_only_where_demonstrations_are_on() -> None:
    assert Trajectory.name in CHART_SUMMARY.models
    (line,) = results_of(CHART, [Trajectory()], SHOWN)
    assert len(line.estimates) == 10
    assert {piece.source for piece in line.evidence} >= {"Patient/p", "Condition/I10", "Condition/E11.9"}
    assert not results_of(CHART, [Trajectory()], ClinicalSettings())


def test_what_past_events_add_adds_up_to_the_estimate() -> None:
    result = result_of()
    explanation = Trajectory().explanation(result, SHOWN)
    assert explanation.total == pytest.approx(100 * result.results["expected"][0]["within_5_years"], abs=1e-6)
    assert {piece.label for piece in explanation.contributions} == {"I10", "E11"}
    assert {piece.source for piece in explanation.contributions} == {"Condition/I10", "Condition/E11.9"}


@pytest.mark.parametrize(
    ("chart", "cause"),
    [
        (replace(CHART, patient=replace(CHART.patient, birth_date=None)), "missing-input"),
        (replace(CHART, coverage={"Patient": "complete"}), "data-unavailable"),
        (record(patient=person(39)), "outside-population"),
        (record(patient=person(80)), "outside-population"),
        (record(patient=person(60, sex="unknown")), "outside-population"),
    ],
)
def test_it_abstains_where_it_was_not_made_for_the_chart(chart: PatientRecord, cause: str) -> None:
    outcome = compute(Trajectory(), chart, SHOWN)
    assert isinstance(outcome, Abstention)
    assert outcome.cause == cause


@pytest.mark.parametrize(
    "history",
    [
        "E11",
        [3],
        [{"age": 50}],
        [{"code": "E11"}],
        [{"code": "E11", "age": 61}],
        [{"code": "E11", "age": -1}],
    ],
)
def test_a_history_that_is_none_is_refused(history: object) -> None:
    with pytest.raises(ScoreInputError):
        Trajectory().calculate({"age": 60, "sex": "male", "history": history})


def test_an_empty_history_is_answered_by_age_and_sex() -> None:
    young, old = (
        Trajectory().calculate({"age": age, "sex": "female", "history": []})["expected"][0]
        for age in (45, 75)
    )
    assert young["within_5_years"] < old["within_5_years"]


def test_death_ends_the_time_at_risk(network: TrajectoryNetwork) -> None:
    death = network.death
    curves = np.full((2, 2, len(network.events)), -100.0, np.float32)
    curves[:, :, death] = np.log(0.1 / 365.25)
    curves[:, :, 20] = np.log(0.2 / 365.25)
    plain = replace(network, layers=0, once=False, arrays={"curves": curves})
    found = risks(plain, [Told(sex=FEMALE, events=(), age=60)], 5)[:, 0]
    for year in range(5):
        left = np.exp(-0.3 * (year + 1))
        assert found[year, 20] == pytest.approx(2 / 3 * (1 - left), rel=1e-4)
        assert found[year, death] == pytest.approx(1 - np.exp(-0.1 * (year + 1)), rel=1e-4)


def test_a_long_history_keeps_the_sex_the_newest_events_and_now(network: TrajectoryNetwork) -> None:
    events = tuple((100 + number, 40 + number / 10) for number in range(100))
    row = row_of(network, Told(sex=FEMALE, events=events, age=60))
    assert len(row.events) == network.context
    assert (row.events[0], row.events[-1]) == (FEMALE, NO_EVENT)
    assert 199 in row.events
    assert 100 not in row.events
    assert (np.diff(row.ages) >= 0).all()


def test_without_events_nothing_is_added(network: TrajectoryNetwork) -> None:
    told = Told(sex=FEMALE, events=(), age=60)
    start, parts = contributions(network, told, 499, 5)
    assert parts == ()
    assert start == pytest.approx(100 * risks(network, [told], 5)[-1, 0, 499])


def _broken(folder: Path, name: str, content: bytes, *, honest: bool) -> None:
    (folder / name).write_bytes(content)
    if honest:
        table = json.loads((folder / "manifest.json").read_bytes())
        table["files"][name] = hashlib.sha256(content).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(table))


def _without_an_array() -> bytes:
    arrays = load((WEIGHTS / ARRAYS).read_bytes())
    return save({name: each for name, each in arrays.items() if "qkv" not in name})


def _not_finite() -> bytes:
    arrays = load((WEIGHTS / ARRAYS).read_bytes())
    return save({name: each * np.float32("nan") for name, each in arrays.items()})


def _without_an_event() -> bytes:
    table = json.loads((WEIGHTS / TABLES).read_bytes())
    return json.dumps({**table, "events": table["events"][:-1]}).encode()


@pytest.mark.parametrize(
    ("name", "content", "honest"),
    [
        (ARRAYS, (WEIGHTS / ARRAYS).read_bytes()[:-4] + b"0000", False),
        (ARRAYS, b"no arrays", True),
        (ARRAYS, _without_an_array(), True),
        (ARRAYS, _not_finite(), True),
        (TABLES, b"{}", True),
        (TABLES, b"[]", True),
        (TABLES, _without_an_event(), True),
    ],
    ids=["other hash", "no arrays", "array missing", "not finite", "empty", "a list", "event missing"],
)
def test_bad_weights_are_refused(tmp_path: Path, name: str, content: bytes, honest: bool) -> None:
    folder = copytree(WEIGHTS, tmp_path / "weights")
    _broken(folder, name, content, honest=honest)
    with pytest.raises(WeightsError, match=name if not honest else TABLES):
        network_from(folder, load_manifest(folder))


def test_the_weights_are_small_and_say_what_they_are() -> None:
    manifest = load_manifest(WEIGHTS)
    assert sum((WEIGHTS / name).stat().st_size for name in manifest.files) < 5_000_000
    assert manifest.details["demonstration"] is True
