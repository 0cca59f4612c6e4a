"""Every row of every table of limits: met, at its limit, once only, excluded, known, past, in pregnancy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import Measurement, Note, PatientRecord, Series
from fhir_adapters.terminology.code_set import CodeSet
from models.diagnosis.criteria import (
    acid_base,
    blood_counts,
    electrolytes,
    heart,
    hyperthyroidism,
    liver,
    metabolic,
    mood,
    organs,
    vitamins,
)
from models.diagnosis.limit_rules import LimitRow, judge, judge_row
from models.finding import Abstention, Finding
from tests.records import ago, condition, drug, measurement, person, record

FAMILIES = (
    electrolytes, blood_counts, vitamins, organs, mood, hyperthyroidism, metabolic, acid_base, heart, liver,
)  # fmt: skip
ROWS = tuple(row for family in FAMILIES for row in family.ROWS)
# What a derived value needs beside it.
BESIDE = {
    "_with_raised_mma": ("mma", 500),
    "_ferritin_with_high_saturation": ("tsat", 60),
    "_with_high_hormone": ("free_t4", 3),
    "_with_high_calcium": ("calcium", 11.5),
    "_protein_gap": ("albumin", 0.1),
}
# What has to be there beside the newest value: measurements, a note, a drug.
COMPANY: dict[str, tuple[dict[str, float], str, str]] = {
    "_arthritis": ({}, "Acute podagra of the left foot.", ""),
    "_sleepy": ({}, "Reports daytime sleepiness and loud snoring.", ""),
    "_fever": ({"temperature": 38.6}, "", ""),
    "_organ_damage": ({"hemoglobin": 8.9}, "", ""),
    "_acid_and_ketones": ({"ph_arterial": 7.1, "ketones_blood": 5.0}, "", ""),
    "_ketones": ({"ketones_blood": 5.0}, "", ""),
    "_acidemia": ({"ph_arterial": 7.2}, "", ""),
    "_symptomatic": ({}, "Dyspnea on climbing stairs.", ""),
    "_congested_with_preserved_function": ({"lvef": 60}, "Dyspnea on climbing stairs.", "furosemide 40 mg"),
    "_failing_liver": ({"albumin": 3.0, "ast": 120, "alt": 40}, "", ""),
}
EVERY = pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.rule.key}-{row.analyte}-{row.cut:g}")


def _cut(row: LimitRow) -> float:
    """The value at the limit for the person in these charts: a woman, unless the row is for men only."""
    cut = row.cut if row.cut_women is None else row.cut_women
    return cut + 0.1 if row.analyte == "total_protein" else cut


def _beyond(row: LimitRow, step: float = 0.02) -> float:
    cut = _cut(row)
    width = max(abs(cut), 1) * step
    return cut - width if row.sign.startswith("<") else cut + width


def _chart(
    row: LimitRow, *values: tuple[float, float], codes: tuple[str, ...] = (), **more: Any
) -> PatientRecord:
    setting = "emergency" if row.derive is heart._in_acute_care else "unknown"
    points = [measurement(row.analyte, value, days, setting=setting) for value, days in values]
    beside = BESIDE.get(row.derive.__name__ if row.derive else "")
    if beside is not None:
        points += [measurement(beside[0], beside[1], days) for _, days in values]
    if row.company is not None:
        points += _company(row, values, more)
    needed = tuple(_code(code_set) for code_set in row.only_with[:1])
    age = max(60, row.from_age) if row.to_age is None else row.to_age
    more.setdefault("patient", person(age, row.sex or "female"))
    return record(*points, conditions=[condition(code, days=5) for code in (*needed, *codes)], **more)


def _company(
    row: LimitRow, values: tuple[tuple[float, float], ...], more: dict[str, Any]
) -> list[Measurement]:
    """Adds to a chart what the row wants beside its value; returns the measurements among it."""
    assert row.company is not None
    if row.company is heart._serial:
        value, days = values[-1]
        return [measurement(row.analyte, value * 1.5, days + 0.2, source="Observation/earlier")]
    found, note, med = COMPANY[row.company.__name__]
    if note:
        more["notes"] = (Note(source="DocumentReference/n", text=note, at=ago(values[-1][1])),)
    if med:
        more["medications"] = [*more.get("medications", ()), drug(med)]
    return [measurement(name, value, days) for name, value in found.items() for _, days in values]


def _code(code_set: CodeSet) -> str:
    return code_set.icd10[0] if code_set.icd10 else min(code_set.snomed)


def _twice(row: LimitRow, value: float, **more: Any) -> PatientRecord:
    return _chart(row, (value, row.repeat_days + 2), (value, 1), **more)


@EVERY
def test_a_row_that_is_met_repeatedly_is_stated(row: LimitRow) -> None:
    finding = judge_row(_twice(row, _beyond(row)), row)
    assert isinstance(finding, Finding)
    assert finding.confidence == row.confirmed or row.doubt is not None
    assert (finding.key, finding.group) == (row.rule.key, row.rule.group)
    assert len(finding.statement) < 120
    assert finding.guideline.url.startswith("https://")
    assert all(item.source for item in finding.evidence)


@EVERY
def test_the_limit_itself_counts_only_where_the_sign_includes_it(row: LimitRow) -> None:
    answer = judge_row(_twice(row, _cut(row)), row)
    assert isinstance(answer, Finding) == row.sign.endswith("=")


@EVERY
def test_a_single_value_short_of_the_single_limit_asks_for_a_repeat(row: LimitRow) -> None:
    answer = judge_row(_chart(row, (_beyond(row), 1)), row)
    if row.single == row.cut:
        assert isinstance(answer, Finding)
    else:
        assert isinstance(answer, Abstention)
        assert answer.cause == "missing-input"
        assert answer.missing[0].startswith("a repeat ")


@EVERY
def test_a_normal_newest_value_ends_the_question(row: LimitRow) -> None:
    normal = 2 * _cut(row) - _beyond(row, 0.1)
    points = ((_beyond(row), row.repeat_days + 40), (_beyond(row), 30), (normal, 1))
    assert judge_row(_chart(row, *points), row) is None


@EVERY
def test_what_is_documented_is_not_stated_again(row: LimitRow) -> None:
    for code_set in row.rule.documented_by:
        assert judge_row(_twice(row, _beyond(row), codes=(_code(code_set),)), row) is None


@EVERY
def test_an_explanation_in_the_chart_makes_the_row_abstain(row: LimitRow) -> None:
    for code_set in row.excluded_by:
        answer = judge_row(_twice(row, _beyond(row), codes=(_code(code_set),)), row)
        assert isinstance(answer, Abstention)
        assert any(found.name in answer.reason for found in row.excluded_by)
    for cls in row.excluded_by_drugs:
        answer = judge_row(_twice(row, _beyond(row), medications=[drug(cls.ingredients[0])]), row)
        assert isinstance(answer, Abstention)
        assert cls.name in answer.reason


@EVERY
def test_an_old_value_is_not_news(row: LimitRow) -> None:
    days = row.current_days + 1
    assert judge_row(_chart(row, (_beyond(row), days + row.repeat_days), (_beyond(row), days)), row) is None


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.sex != "male" and row.from_age <= 40],
    ids=lambda row: f"{row.rule.key}-{row.analyte}-{row.cut:g}",
)
def test_pregnancy_is_left_to_its_own_limits_unless_the_row_holds_there(row: LimitRow) -> None:
    young = person(max(30, row.from_age))
    answer = judge_row(_twice(row, _beyond(row), codes=("Z33.1",), patient=young), row)
    assert isinstance(answer, Finding) == row.in_pregnancy


@EVERY
def test_a_row_is_for_its_age_and_sex_and_company_only(row: LimitRow) -> None:
    chart = _twice(row, _beyond(row))
    assert judge_row(replace(chart, patient=person(row.from_age - 1, row.sex or "female")), row) is None
    if row.to_age is not None:
        assert judge_row(replace(chart, patient=person(row.to_age + 1, row.sex or "female")), row) is None
    if row.sex == "male":
        assert judge_row(replace(chart, patient=person(60, "female")), row) is None
    if row.only_with:
        assert judge_row(replace(chart, conditions=()), row) is None
    assert judge(replace(chart, patient=person(12)), (row,)).findings == ()


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.company is not None],
    ids=lambda row: f"{row.rule.key}-{row.analyte}-{row.cut:g}",
)
def test_a_value_without_the_company_it_needs_is_no_finding(row: LimitRow) -> None:
    whole = _twice(row, _beyond(row))
    alone = tuple(whole.series(row.analyte).points[-1:])
    chart = replace(whole, measurements={row.analyte: Series(alone)}, notes=(), medications=())
    assert isinstance(judge_row(whole, row), Finding)
    assert judge_row(chart, row) is None


@EVERY
def test_a_marked_specimen_counts_for_nothing(row: LimitRow) -> None:
    marked = measurement(row.analyte, _beyond(row, 0.5), 1, suspect="hemolyzed")
    assert judge_row(record(marked, patient=person(70, row.sex or "female")), row) is None


def _judged(*points: Measurement, family: Any, **more: Any) -> dict[str, Finding]:
    return {finding.key: finding for finding in judge(record(*points, **more), family.ROWS).findings}


def test_sodium_is_corrected_for_glucose_and_says_so() -> None:
    points = [measurement("sodium", value, days) for value, days in ((128, 3), (127, 1))]
    found = _judged(*points, family=electrolytes)["hyponatraemia"]
    assert found.urgency == "routine"
    high = [measurement("glucose", 600, days) for days in (3, 1)]
    assert not _judged(*points, *high, family=electrolytes)
    some = [measurement("glucose", 200, days) for days in (3, 1)]
    corrected = _judged(*points, *some, family=electrolytes)["hyponatraemia"]
    assert "corrected for glucose 200" in corrected.evidence[0].remark


@pytest.mark.parametrize(("value", "urgency"), [(126, "routine"), (124, "urgent"), (114, "emergency")])
def test_a_low_sodium_is_as_urgent_as_it_is_low(value: float, urgency: str) -> None:
    assert _judged(measurement("sodium", value, 1), family=electrolytes)["hyponatraemia"].urgency == urgency


@pytest.mark.parametrize(
    ("calcium", "albumin", "found"),
    [
        (8.9, 4.8, set()),  # 8.3 if it were corrected
        (8.9, 4.0, set()),
        (8.4, 4.8, {"hypocalcaemia"}),
        (8.4, 3.0, set()),  # 9.2
        (8.4, 3.9, {"hypocalcaemia"}),  # 8.48
    ],
)
def test_a_normal_calcium_is_not_low_beside_a_high_albumin(
    calcium: float, albumin: float, found: set[str]
) -> None:
    points = [
        measurement(name, value, days)
        for name, value in (("calcium", calcium), ("albumin", albumin))
        for days in (20, 2)
    ]
    said = _judged(*points, family=electrolytes)
    assert set(said) == found
    assert all(finding.confidence == "A" and not finding.missing for finding in said.values())


def test_calcium_is_corrected_for_albumin_and_uncertain_without() -> None:
    high = [measurement("calcium", 9.6, days) for days in (20, 2)]
    low = [measurement("albumin", 2.0, days) for days in (20, 2)]
    found = _judged(*high, *low, family=electrolytes)["hypercalcaemia"]
    assert (found.confidence, found.statement[:21]) == ("A", "Hypercalcemia: calciu")
    assert "11.2 mg/dL" in found.statement
    alone = [measurement("calcium", 11.2, days) for days in (20, 2)]
    unsure = _judged(*alone, family=electrolytes)["hypercalcaemia"]
    assert (unsure.confidence, unsure.missing[0]) == ("B", "albumin of the same week")


def test_an_acute_value_is_stated_although_an_old_episode_is_documented() -> None:
    point = measurement("sodium", 118, 1)
    old = condition("E87.1", days=400)
    assert _judged(point, family=electrolytes, conditions=[old])["hyponatraemia"].urgency == "urgent"
    assert not _judged(point, family=electrolytes, conditions=[condition("E87.1", days=3)])


def test_of_two_rows_of_one_condition_the_stronger_speaks() -> None:
    points = [measurement("platelets", 80, days) for days in (200, 20)]
    (found,) = _judged(*points, family=blood_counts).values()
    assert found.confidence == "A"
    mild = [measurement("platelets", 130, days) for days in (200, 20)]
    (found,) = _judged(*mild, family=blood_counts).values()
    assert found.confidence == "B"


def test_women_have_their_own_limit_and_other_sex_the_stricter_one() -> None:
    points = [measurement("hemoglobin", 16.2, days) for days in (100, 10)]
    for sex, keys in (("female", {"erythrocytosis"}), ("male", set()), ("other", set())):
        assert set(_judged(*points, family=blood_counts, patient=person(60, sex))) == keys


def test_ferritin_counts_only_with_a_high_saturation_of_the_same_draw() -> None:
    ferritin = [measurement("ferritin", 600, days) for days in (60, 10)]
    assert not _judged(*ferritin, family=organs)
    apart = [measurement("tsat", 60, days) for days in (90, 40)]
    assert not _judged(*ferritin, *apart, family=organs)


def test_a_positive_screen_for_depression_is_no_diagnosis() -> None:
    (found,) = _judged(measurement("phq9", 14, 5), family=mood).values()
    assert found.statement.startswith("Possible depression: PHQ-9 14")
    assert found.confidence == "B"


def test_a_raised_parathyroid_hormone_is_primary_with_high_and_secondary_without_high_calcium() -> None:
    raised = [measurement("pth", 120, days) for days in (60, 5)]
    kidney = [condition("N18.31")]
    assert set(_judged(*raised, family=electrolytes, conditions=kidney)) == {"secondary_hyperparathyroidism"}
    high = [measurement("calcium", 11.2, days) for days in (60, 5)]
    found = _judged(*raised, *high, family=electrolytes, conditions=kidney)
    assert set(found) == {"primary_hyperparathyroidism", "hypercalcaemia"}
    assert {each.group for each in found.values()} == {"electrolytes"}
