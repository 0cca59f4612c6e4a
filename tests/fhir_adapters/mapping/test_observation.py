"""Observations become measurements in canonical units, or are set aside with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fhir_adapters.mapping.resources import (
    NOW,
    SUBJECT,
    blood_pressure,
    chart,
    concept,
    observation,
    only,
    problems,
    quantity,
)


def test_a_laboratory_value_keeps_its_source_time_and_code() -> None:
    point = only(chart(observation("2160-0", 1.23)), "creatinine")
    assert (point.source, point.value, point.unit, point.code) == ("Observation/o1", 1.23, "mg/dL", "2160-0")
    assert point.at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert (point.reported, point.comparator, point.suspect, point.date_only) == ("", "", "", False)


def test_a_measurement_is_as_frozen_as_one_built_by_hand() -> None:
    point = only(chart(observation()), "creatinine")
    with pytest.raises(AttributeError):
        point.value = 2.0  # type: ignore[misc]
    assert repr(point) == "Measurement(Observation/o1)"


def test_a_converted_value_tells_what_was_sent() -> None:
    point = only(chart(observation("59261-8", 48, "mmol/mol")), "hba1c")
    assert point.value == pytest.approx(6.543, abs=1e-3)
    assert point.reported == "48 mmol/mol"


def test_both_blood_pressures_have_the_panels_source() -> None:
    record = chart(blood_pressure(142, 91))
    assert only(record, "sbp").source == only(record, "dbp").source == "Observation/bp1"
    assert (only(record, "sbp").value, only(record, "dbp").value) == (142, 91)


def test_an_impossible_diastolic_value_does_not_cost_the_systolic_one() -> None:
    record = chart(blood_pressure(120, 879))
    assert only(record, "sbp").value == 120
    assert not record.series("dbp")
    assert problems(record) == ["implausible"]


def test_an_impossible_systolic_value_does_not_cost_the_diastolic_one() -> None:
    record = chart(blood_pressure(11, 80))
    assert not record.series("sbp")
    assert only(record, "dbp").value == 80


def test_pulse_oximetry_gives_its_value_and_the_oxygen_flow_of_its_component() -> None:
    flow = {"code": concept("3151-8"), "valueQuantity": quantity(6, "L/min")}
    code = {"coding": [{"system": "http://loinc.org", "code": c} for c in ("2708-6", "59408-5")]}
    record = chart(observation(value=95, unit="%", code=code, component=[flow]))
    assert (only(record, "spo2").value, only(record, "o2_flow").value) == (95, 6)


@pytest.mark.parametrize("status", ["preliminary", "registered", "cancelled", "entered-in-error", "unknown"])
def test_a_result_that_is_not_final_is_not_used(status: str) -> None:
    record = chart(observation(status=status))
    assert not record.measurements
    assert [gap.problem for gap in record.gaps] == ["not-used"]


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_final_and_corrected_results_are_used(status: str) -> None:
    assert only(chart(observation(status=status)), "creatinine").value == 1.0


def test_codes_that_nothing_reads_are_passed_over_silently() -> None:
    record = chart(observation("5085AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), observation("72514-3", identity="o2"))
    assert not record.measurements
    assert not record.gaps


def test_a_loinc_code_under_another_system_means_nothing() -> None:
    record = chart(observation(code=concept("2160-0", "http://hospital.example.org/codes")))
    assert not record.measurements


@pytest.mark.parametrize("loinc", ["38180-6", "29541-0", "11259-9"])
def test_logarithms_and_presence_of_a_viral_load_are_not_read_as_counts(loinc: str) -> None:
    record = chart(observation(loinc, 6.2, "[IU]/mL"))
    assert not record.measurements


def test_a_value_without_unit_is_set_aside() -> None:
    record = chart(observation(valueQuantity={"value": 1.0}))
    assert not record.measurements
    assert [(n.problem, n.reason) for n in record.gaps] == [
        ("unconvertible", "Creatinine: the unit is missing")
    ]


def test_a_pure_number_needs_no_unit() -> None:
    assert only(chart(observation("6301-6", valueQuantity={"value": 2.4})), "inr").value == 2.4


def test_the_ucum_code_is_preferred_to_the_words_beside_it() -> None:
    sent = {"value": 100.4, "unit": "degrees", "code": "[degF]"}
    assert only(chart(observation("8310-5", valueQuantity=sent)), "temperature").value == 38.0


def test_the_words_are_read_where_the_code_says_nothing() -> None:
    sent = {"value": 7.1, "unit": "mg/dl", "code": "local-17"}
    assert only(chart(observation(valueQuantity=sent)), "creatinine").value == 7.1


def test_total_protein_in_grams_per_liter_labelled_per_deciliter_is_implausible() -> None:
    assert problems(chart(observation("2885-2", 71.3, "g/dL"))) == ["implausible"]


def test_urea_mass_is_not_taken_for_its_nitrogen() -> None:
    assert only(chart(observation("3091-6", 30, "mg/dL")), "bun").value == pytest.approx(14.01)


@pytest.mark.parametrize("text", ["7.2 mg/dL", " 7.2mg/dL ", "7.2 mg/dl"])
def test_a_text_that_is_a_number_with_a_unit_is_read(text: str) -> None:
    assert only(chart(observation(value=None, valueString=text)), "creatinine").value == 7.2


def test_a_censored_text_keeps_its_comparator() -> None:
    point = only(chart(observation("3016-3", None, valueString="<0.01 mIU/L")), "tsh")
    assert (point.value, point.comparator, point.unit) == (0.01, "<", "m[IU]/L")


def test_a_censored_quantity_keeps_its_comparator() -> None:
    sent = quantity(90, "mL/min/{1.73_m2}") | {"comparator": ">"}
    assert only(chart(observation("33914-3", valueQuantity=sent)), "egfr").comparator == ">"


def test_a_value_below_the_detection_limit_may_lie_below_the_plausible_range() -> None:
    sent = quantity(0.05, "mg/g") | {"comparator": "<"}
    assert only(chart(observation("9318-7", valueQuantity=sent)), "uacr").value == 0.05


@pytest.mark.parametrize(
    "text", ["about 7", "7-9 mg/dL", "see note", "1:80", "7.2", "", "7,2 mg/dL", "12/80"]
)
def test_a_text_that_is_not_clearly_a_number_with_a_unit_is_not_read(text: str) -> None:
    record = chart(observation(value=None, valueString=text))
    assert not record.measurements
    assert problems(record)[0] in ("unreadable", "unconvertible")


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), 10**400, True, "1e3", [], {}, None]
)
def test_a_value_that_is_no_finite_number_is_set_aside(value: Any) -> None:
    sent = quantity(0, "mg/dL") | {"value": value}
    record = chart(observation(valueQuantity=sent))
    assert not record.measurements
    assert len(record.gaps) == 1


def test_an_infinite_censored_value_is_set_aside() -> None:
    sent = quantity(float("inf"), "mg/dL") | {"comparator": ">"}
    assert problems(chart(observation(valueQuantity=sent))) == ["implausible"]


def test_an_absent_value_with_its_reason_is_set_aside() -> None:
    record = chart(observation(value=None, dataAbsentReason=concept("unknown")))
    assert not record.measurements
    assert [gap.problem for gap in record.gaps] == ["not-used"]


def test_a_status_that_fhir_does_not_know_is_not_repeated() -> None:
    (gap,) = chart(observation(status="Jane Roe of Elm Street")).gaps
    assert gap.reason == "has a status that is not used"


def test_a_value_that_several_results_repeat_is_kept_once_and_said() -> None:
    record = chart(observation(identity="o1"), observation(identity="o2"))
    assert [point.source for point in record.series("creatinine")] == ["Observation/o1"]
    assert [(gap.problem, gap.source) for gap in record.gaps] == [("duplicate", "Observation/o2")]


def test_of_several_versions_the_newest_is_read_and_the_other_said() -> None:
    first = observation(value=1.0, meta={"lastUpdated": "2026-01-01T00:00:00Z"})
    mended = observation(value=2.0, meta={"lastUpdated": "2026-01-02T00:00:00Z"})
    record = chart(mended, first, first)
    assert only(record, "creatinine").value == 2.0
    assert {gap.problem for gap in record.gaps} == {"duplicate"}
    assert not chart(mended, mended).gaps


def test_a_result_without_value_and_reason_is_unreadable() -> None:
    assert problems(chart(observation(value=None))) == ["unreadable"]


@pytest.mark.parametrize(
    ("remark", "suspect"),
    [
        ("Specimen grossly hemolyzed", "hemolyzed specimen"),
        ("Haemolysed sample, interpret with care", "hemolyzed specimen"),
        ("No hemolysis seen", ""),
        ("Not hemolyzed.", ""),
        ("Non-hemolyzed", ""),
        ("hemolytic anemia follow-up", ""),
        ("Platelet clumping noted", "platelet clumping"),
        ("no clumps", ""),
        ("IV line contamination suspected", "contaminated specimen"),
        ("Lipemic. Not repeated. Specimen hemolyzed", "hemolyzed specimen"),
    ],
)
def test_a_note_about_the_specimen_marks_the_value(remark: str, suspect: str) -> None:
    record = chart(observation("2823-3", 6.4, "mmol/L", note=[{"text": remark}]))
    assert only(record, "potassium").suspect == suspect


def test_an_interpretation_about_the_specimen_marks_the_value() -> None:
    said = [{"coding": [{"code": "HEM", "display": "Hemolyzed"}]}]
    assert only(chart(observation("2823-3", 6.4, "mmol/L", interpretation=said)), "potassium").suspect


def test_an_ordinary_interpretation_marks_nothing() -> None:
    record = chart(observation("2823-3", 6.4, "mmol/L", interpretation=[concept("HH", "x")]))
    assert only(record, "potassium").suspect == ""


def test_a_component_has_its_own_interpretation() -> None:
    bp = blood_pressure(120, 80)
    bp["component"][1]["interpretation"] = [{"text": "contaminated reading"}]
    record = chart(bp)
    assert only(record, "sbp").suspect == ""
    assert only(record, "dbp").suspect == "contaminated specimen"


def test_a_result_of_the_future_is_not_used() -> None:
    record = chart(observation(effectiveDateTime="2026-06-01T12:06:00Z"))
    assert not record.measurements
    assert problems(record) == ["future"]


def test_a_clock_a_little_ahead_is_tolerated_and_seen_as_of_the_record() -> None:
    record = chart(observation(effectiveDateTime="2026-06-01T12:04:00Z"))
    assert record.series("creatinine").within(1, record.as_of)


def test_a_day_of_today_is_not_the_future_and_tomorrow_is() -> None:
    assert chart(observation(effectiveDateTime="2026-06-01")).series("creatinine")
    assert not chart(observation(effectiveDateTime="2026-06-02")).measurements


@pytest.mark.parametrize(
    ("when", "at", "date_only"),
    [
        ({"effectiveDateTime": "2026-05-01T08:00:00+02:00"}, datetime(2026, 5, 1, 6, tzinfo=UTC), False),
        (
            {"effectiveDateTime": "2026-05-01T08:00:00.123Z"},
            datetime(2026, 5, 1, 8, 0, 0, 123000, UTC),
            False,
        ),
        ({"effectiveDateTime": "2026-05-01T08:00:00"}, datetime(2026, 5, 1, 8, tzinfo=UTC), False),
        ({"effectiveDateTime": "2026-05-01"}, datetime(2026, 5, 1, tzinfo=UTC), True),
        (
            {"effectiveDateTime": "2016-12-31T23:59:60Z"},
            datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
            False,
        ),
        ({"effectivePeriod": {"start": "2026-05-01T08:00:00Z"}}, datetime(2026, 5, 1, 8, tzinfo=UTC), False),
        ({"effectiveInstant": "2026-05-01T08:00:00Z"}, datetime(2026, 5, 1, 8, tzinfo=UTC), False),
        ({"issued": "2026-05-02T08:00:00Z"}, datetime(2026, 5, 2, 8, tzinfo=UTC), False),
    ],
)
def test_every_form_of_time_is_read(when: dict[str, Any], at: datetime, date_only: bool) -> None:
    obs = observation()
    del obs["effectiveDateTime"]
    point = only(chart(obs | when), "creatinine")
    assert (point.at, point.date_only) == (at, date_only)


@pytest.mark.parametrize(("sent", "at"), [("2024", (2024, 1, 1)), ("2024-03", (2024, 3, 1))])
def test_a_partial_date_is_used_and_said_to_be_approximate(sent: str, at: tuple[int, int, int]) -> None:
    record = chart(observation(effectiveDateTime=sent))
    assert only(record, "creatinine").at == datetime(*at, tzinfo=UTC)
    assert problems(record) == ["approximate"]


@pytest.mark.parametrize(
    "sent", ["yesterday", "0001-01-01", "2026-13-01", 20260501, None, ["2026"], "2026-5"]
)
def test_a_result_without_a_readable_date_is_set_aside(sent: Any) -> None:
    record = chart(observation(effectiveDateTime=sent))
    assert not record.measurements
    assert problems(record) == ["unreadable"]


def test_the_zone_of_the_sender_is_kept() -> None:
    point = only(chart(observation(effectiveDateTime="2026-05-01T23:30:00-05:00")), "creatinine")
    assert point.at.day == 1


@pytest.mark.parametrize(
    ("sent", "setting"),
    [
        ({"code": "AMB"}, "ambulatory"),
        ({"code": "VR"}, "ambulatory"),
        ({"code": "HH"}, "home"),
        ({"code": "IMP"}, "inpatient"),
        ({"code": "ACUTE"}, "inpatient"),
        ({"code": "NONAC"}, "inpatient"),
        ({"code": "OBSENC"}, "inpatient"),
        ({"code": "SS"}, "inpatient"),
        ({"code": "EMER"}, "emergency"),
        ({"code": "FLD"}, "unknown"),
        ([{"coding": [{"code": "IMP"}]}], "inpatient"),
        ("outpatient", "ambulatory"),
        (None, "unknown"),
    ],
)
def test_the_setting_comes_from_the_class_of_the_encounter(sent: Any, setting: str) -> None:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": sent,
        "subject": SUBJECT,
    }
    record = chart(observation(encounter={"reference": "Encounter/e1"}), encounter)
    assert only(record, "creatinine").setting == setting


def test_the_setting_is_unknown_without_the_encounter() -> None:
    assert (
        only(chart(observation(encounter={"reference": "Encounter/e9"})), "creatinine").setting == "unknown"
    )


def test_the_same_resource_twice_counts_once() -> None:
    assert len(chart(observation(), observation()).series("creatinine")) == 1


def test_the_newer_version_of_a_resource_wins() -> None:
    old = observation(value=1.0, meta={"lastUpdated": "2026-05-01T09:00:00Z"})
    new = observation(value=2.0, status="corrected", meta={"lastUpdated": "2026-05-02T09:00:00Z"})
    assert only(chart(new, old), "creatinine").value == 2.0


def test_a_withdrawn_version_withdraws_the_result() -> None:
    assert not chart(observation(), observation(status="entered-in-error")).measurements


def test_one_result_under_two_ids_counts_once() -> None:
    assert len(chart(observation(), observation(identity="o2")).series("creatinine")) == 1


def test_two_results_of_one_moment_that_differ_are_both_kept() -> None:
    assert len(chart(observation(), observation(value=1.1, identity="o2")).series("creatinine")) == 2


def test_a_series_is_in_order_of_time_across_zones() -> None:
    late = observation(value=2.0, effectiveDateTime="2026-05-01T09:00:00+02:00")
    later = observation(value=3.0, identity="o2", effectiveDateTime="2026-05-01T08:30:00+00:00")
    assert [p.value for p in chart(later, late).series("creatinine")] == [2.0, 3.0]


def test_only_the_analytes_asked_for_are_read() -> None:
    record = chart(observation(), blood_pressure(120, 80), analytes=frozenset({"sbp"}))
    assert set(record.measurements) == {"sbp"}


def test_coded_findings_become_coded_observations() -> None:
    smoker = observation("72166-2", None, valueCodeableConcept=concept("449868002", "http://snomed.info/sct"))
    (found,) = chart(smoker).coded_observations
    assert (found.kind, found.value.codings[0].code) == ("smoking_status", "449868002")


@pytest.mark.parametrize(
    ("loinc", "kind", "value"),
    [
        ("82810-3", "pregnancy_status", {"valueCodeableConcept": {"text": "pregnant"}}),
        ("80288-4", "consciousness", {"valueCodeableConcept": {"text": "alert"}}),
        ("67775-7", "consciousness", {"valueString": "Alert"}),
        ("13955-0", "hcv_ab", {"valueString": "Reactive"}),
        ("5804-0", "urine_protein_strip", {"valueQuantity": {"value": 30, "unit": "mg/dL"}}),
        ("5196-1", "hbsag", {"valueBoolean": False}),
    ],
)
def test_words_count_where_a_finding_is_coded(loinc: str, kind: str, value: dict[str, Any]) -> None:
    (found,) = chart(observation(loinc, None, **value)).coded_observations
    assert found.kind == kind
    assert found.value.label


def test_the_last_entry_can_be_the_time_of_the_record() -> None:
    record = chart(observation(), as_of="last-entry")
    assert record.as_of == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert chart(observation()).as_of == NOW


def test_a_thousand_faults_of_one_kind_are_told_in_a_few_notes() -> None:
    record = chart(*(observation(value=900 + n, identity=f"o{n}") for n in range(1000)))
    assert len(record.gaps) == 21
    assert "980 more" in record.gaps[-1].reason
