"""Every form of value[x] gives its number with the comparator, or its words, or a note that says why not."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.record import MATCHED_BY_NAME, DataQualityNote
from models import chart_inputs
from models.diagnosis import evidence
from tests.fhir_adapters.mapping.resources import blood_pressure, chart, concept, observation, only, quantity

LABEVENTS = Path(__file__).resolve().parents[4] / "shared/data/mimic_iii_demo/LABEVENTS.csv.gz"
CREATININE, EGFR, TROPONIN, HCV_RNA, INR, UACR = "2160-0", "33914-3", "6598-7", "11011-4", "6301-6", "9318-7"


def _reasons(gaps: tuple[DataQualityNote, ...]) -> list[str]:
    return [gap.reason for gap in gaps]


@pytest.mark.parametrize(
    ("loinc", "analyte", "sent", "value", "comparator"),
    [
        (TROPONIN, "troponin_t", {"valueString": "<0.01 ng/mL"}, 0.01, "<"),
        (TROPONIN, "troponin_t", {"valueString": "LESS THAN 0.01 NG/ML"}, 0.01, "<"),
        (EGFR, "egfr", {"valueString": "GREATER THAN 60 mL/min/1.73m2"}, 60, ">"),
        (EGFR, "egfr", {"valueString": "greater than or equal to 90 mL/min"}, 90, ">="),
        (EGFR, "egfr", {"valueString": ">=90 mL/min/{1.73_m2}"}, 90, ">="),
        (EGFR, "egfr", {"valueString": "=>90 mL/min/{1.73_m2}"}, 90, ">="),
        (CREATININE, "creatinine", {"valueString": "12 mg/dL"}, 12, ""),
        (CREATININE, "creatinine", {"valueCodeableConcept": {"text": "1.2 mg/dL"}}, 1.2, ""),
        (INR, "inr", {"valueInteger": 2}, 2, ""),
        (INR, "inr", {"valueDecimal": 2.5}, 2.5, ""),
        (INR, "inr", {"valueString": ">10"}, 10, ">"),
        (
            UACR,
            "uacr",
            {"valueRatio": {"numerator": quantity(60, "mg"), "denominator": quantity(2, "g")}},
            30,
            "",
        ),
        (
            UACR,
            "uacr",
            {
                "valueRatio": {
                    "numerator": quantity(5, "mg") | {"comparator": "<"},
                    "denominator": quantity(1, "g"),
                }
            },
            5,
            "<",
        ),
        (
            CREATININE,
            "creatinine",
            {"valueRange": {"low": quantity(1.1, "mg/dL"), "high": quantity(1.1, "mg/dL")}},
            1.1,
            "",
        ),
    ],
)
def test_a_number_is_read_in_whatever_form_it_comes(
    loinc: str, analyte: str, sent: dict[str, Any], value: float, comparator: str
) -> None:
    record = chart(observation(loinc, None, **sent))
    point = only(record, analyte)
    assert (point.value, point.comparator) == (pytest.approx(value), comparator)
    assert not record.gaps


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (
            {"valueString": "7,2 mg/dL"},
            "its number has a comma, which means one thing here and another there",
        ),
        ({"valueString": "1:80"}, "its value is a titer"),
        ({"valueString": "7-9 mg/dL"}, "its value is a range or a pair of numbers"),
        ({"valueString": "POSITIVE"}, "its value is words where a number belongs"),
        ({"valueString": "trace"}, "its value is words where a number belongs"),
        ({"valueString": "see note"}, "its value is words where a number belongs"),
        (
            {"valueString": "As of 12/2/08 see Chemistry"},
            "its value is a text that is not a number with a unit",
        ),
        ({"valueCodeableConcept": {"text": "Positive"}}, "its value is words where a number belongs"),
        ({"valueBoolean": True}, "its value is not a number"),
        ({"valueCodeableConcept": concept("5", "http://snomed.info/sct")}, "its value is not a number"),
        ({"valueSampledData": {"data": "1 2 3"}}, "its value is not a number"),
        ({"valueRange": {"low": quantity(1, "mg/dL")}}, "its value is a range"),
        ({"valueRange": {"low": quantity(1, "mg/dL"), "high": quantity(2, "mg/dL")}}, "its value is a range"),
        ({"valueRatio": {"numerator": quantity(1, "mg")}}, "its ratio lacks a part"),
        (
            {"valueRatio": {"numerator": quantity(1, "mg"), "denominator": quantity(0, "dL")}},
            "its ratio has no plain denominator",
        ),
        (
            {"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}},
            "Creatinine: the unit is missing",
        ),
        ({"valueQuantity": quantity(1, "mg/dL") | {"comparator": "ad"}}, "its comparator is not known"),
        ({"valueString": "7.2"}, "Creatinine: the unit is missing"),
        (
            {"valueQuantity": quantity(1, "mg/dL"), "dataAbsentReason": concept("error")},
            "has a value and a reason for having none",
        ),
    ],
)
def test_what_is_no_number_is_noted_and_not_used(sent: dict[str, Any], reason: str) -> None:
    record = chart(observation(CREATININE, None, **sent))
    assert not record.measurements
    assert _reasons(record.gaps) == [reason]


def test_the_reason_never_holds_the_words() -> None:
    record = chart(observation(CREATININE, None, valueString="CANARY Miller 12/12"))
    assert "CANARY" not in "".join(_reasons(record.gaps))


@pytest.mark.parametrize(("code", "comparator"), [(">", ">"), ("<", "<"), ("H", ""), ("HH", "")])
def test_an_interpretation_as_off_the_scale_makes_the_value_a_limit(code: str, comparator: str) -> None:
    said = [concept(code, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]
    assert (
        only(chart(observation(EGFR, 90, "mL/min/{1.73_m2}", interpretation=said)), "egfr").comparator
        == comparator
    )


def test_a_limit_that_was_converted_is_reported_as_a_limit() -> None:
    sent = quantity(18, "umol/L") | {"comparator": "<"}
    assert only(chart(observation(CREATININE, valueQuantity=sent)), "creatinine").reported == "<18 umol/L"


def test_a_component_keeps_its_own_comparator() -> None:
    bp = blood_pressure(120, 80)
    bp["component"][0]["valueQuantity"]["comparator"] = ">"
    record = chart(bp)
    assert (only(record, "sbp").comparator, only(record, "dbp").comparator) == (">", "")


@pytest.mark.parametrize(
    "sent",
    [
        {"valueString": "Not detected"},
        {"valueCodeableConcept": concept("260415000", "http://snomed.info/sct")},
    ],
)
def test_a_viral_load_in_words_becomes_a_coded_observation(sent: dict[str, Any]) -> None:
    record = chart(observation(HCV_RNA, None, **sent))
    assert [obs.kind for obs in record.coded_observations] == ["hcv_rna"]
    assert not record.measurements
    assert not record.gaps
    assert only(chart(observation(HCV_RNA, None, valueString="<15 IU/mL")), "hcv_rna").comparator == "<"


def test_a_titer_of_a_coded_finding_is_kept_in_words() -> None:
    ratio = {"numerator": {"value": 1}, "denominator": {"value": 80}}
    (found,) = chart(observation("13955-0", None, valueRatio=ratio)).coded_observations
    assert found.value.text == "1:80"


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Serum creatinine"},
        {"text": "Creatinine, Serum"},
        {
            "coding": [
                {"system": "urn:oid:1.2.840.114350.1.13.0.1.7", "code": "77", "display": "CREATININE SERUM"}
            ]
        },
    ],
)
def test_a_result_without_loinc_code_is_known_by_its_whole_name_and_says_so(code: dict[str, Any]) -> None:
    point = only(chart(observation(CREATININE) | {"code": code}), "creatinine")
    assert (point.code, point.by_name) == ("", True)
    assert chart_inputs.measured(point).remark == evidence.measured(point).remark == MATCHED_BY_NAME


@pytest.mark.parametrize(
    "code",
    [
        {"text": "Creatinine"},  # of what?
        {"text": "Urine creatinine"},
        {"text": "Serum creatinine clearance"},
        {"text": "Serum creatinine", "coding": [{"system": "http://loinc.org", "code": "2161-8"}]},
        {"text": "Serum creatinine", "coding": [{"system": "urn:x", "code": "1", "display": "Serum sodium"}]},
    ],
)
def test_a_name_that_leaves_a_doubt_is_not_matched(code: dict[str, Any]) -> None:
    assert "creatinine" not in chart(observation(CREATININE) | {"code": code}).measurements


def test_a_name_alone_never_stands_for_a_unit() -> None:
    record = chart(
        observation(CREATININE, valueQuantity={"value": 1.0}) | {"code": {"text": "Serum creatinine"}}
    )
    assert not record.measurements
    assert _reasons(record.gaps) == ["Creatinine: the unit is missing"]


@pytest.mark.data
@pytest.mark.skipif(not LABEVENTS.exists(), reason="the shared MIMIC-III demo is not beside the checkout")
def test_the_texts_of_a_real_laboratory_are_numbers_limits_or_noted() -> None:
    with gzip.open(LABEVENTS, "rt", newline="") as lines:
        texts = Counter(row["VALUE"] for row in csv.DictReader(lines) if row["VALUE"].strip())
    kinds: Counter[str] = Counter()
    for text, count in texts.items():
        record = chart(observation(INR, None, valueString=text))
        points = record.series("inr").points
        written = re.sub(r"(?i)(less|greater) than|[<>]=?", "", text).strip()
        plain = re.fullmatch(r"\d+(\.\d+)?", written)
        assert len(points) + len(record.gaps) == 1, text
        if points:
            assert plain, text
            assert points[0].value == float(written)
            assert bool(points[0].comparator) == (written != text.strip()), text
        kinds[
            "limit" if points and points[0].comparator else "number" if points else record.gaps[0].problem
        ] += count
    assert kinds["limit"] > 200
    assert kinds["number"] > 20_000
    assert kinds["unreadable"] > 3_000
