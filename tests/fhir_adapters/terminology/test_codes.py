"""One condition, drug or result means the same in every code system that it may come in."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.record import ATC, ICD9CM, ICD10, ICD10CM, SNOMED, Coding, Concept
from fhir_adapters.record.coding import ICD9CM_PROCEDURES
from fhir_adapters.terminology import conditions, drugs, score_conditions
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.terminology.code_set import CodeSet, documented, icd9_digits
from fhir_adapters.terminology.code_systems import canonical_system
from fhir_adapters.terminology.drugs import DrugClass
from fhir_adapters.terminology.icd9 import named_sets
from tests.fhir_adapters.mapping.resources import chart, concept, condition, medication, observation, only

MAPPING = Path(__file__).resolve().parents[4] / "shared/data/terminology/icd_cm_9_to_10_mapping.csv.gz"
SETS: dict[str, CodeSet] = {
    found.name: found
    for module in (conditions, score_conditions)
    for value in vars(module).values()
    for found in (value.values() if isinstance(value, dict) else (value,))
    if isinstance(found, CodeSet)
}
# What a set takes in ICD-9-CM although the mapping's ICD-10-CM code is outside it, and why.
NOT_IN_THE_MAPPING = {
    # 648.0x is diabetes in pregnancy; the mapping sends some of it to codes that name no time.
    "diabetes mellitus": {"648.02", "648.03", "648.04"},
    "gestational diabetes": {"648.80"},
    "diabetes in pregnancy": {"648.80"},
    "a high glucose in the past": {"648.80"},
    # Dialysis itself is Z49 in ICD-10-CM, which stands beside N18.6 there.
    "chronic kidney disease": {"V45.12", "V56"},
    "dialysis or end-stage kidney disease": {"V45.12", "V56"},
    "kidney disease of stage 4 or 5": {"V45.12", "V56"},
    "chronic kidney disease stage 3": {"585.3"},  # the mapping has N18.3 of before 2021
    "nephrotic syndrome": {"581.1", "581.81"},  # the syndrome in another disease
    "heart failure": {"398.91"},  # rheumatic
    "stroke, TIA or systemic embolism": {"436"},  # how a stroke was coded before 2004
    "cardiovascular disease": {"436", "398.91", "V45.82"},
    "coronary artery disease": {"V45.82"},  # angioplasty
    "low platelets for another reason than the liver": {"207.1", "238.7", "284.8"},
    "a disease of the bone marrow": {"207.1", "284.8"},
    "lymphocytosis or lymphoid leukemia": {"200.6"},
    "vitamin D deficiency": {"268.1", "268.2"},
    "iron overload": {"275.09"},
    "gout": {"274.11"},
    "hypoglycemia": {"251.0"},
    "hypoalbuminemia": {"260", "263.2", "581.1", "581.81"},
    "urinary tract infection": {"601.4"},
    "osteopenia": {"733.90"},  # the index's code for it; M89.9 in the mapping
    "sepsis": {"036.2"},  # meningococcemia
    "hip or vertebral fracture": {"820.22", "820.32"},  # below the trochanter
    "cancer": {"207.1", "209"},  # carcinoids
    "lung cancer": {"162.0"},
    "hepatic encephalopathy": {"572.2"},  # the mapping is older than K76.82
    "major bleeding": {"786.3"},
    "hemoptysis": {"786.3"},
    "pneumonia": {"482.84", "484.1", "484.3", "484.5", "484.6"},
    "acute infection": {"482.84", "483.1", "483.8", "567.0", "567.3", "995.92"},
    "acute coronary syndrome": {"411.81"},
}


def _concept(system: str, code: str) -> Concept:
    return Concept((Coding(system, code),))


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10CM, "E11.9"),
        ("urn:oid:2.16.840.1.113883.6.90", "E11.9"),
        ("http://hl7.org/fhir/sid/icd-10", "E11.9"),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10", "E119"),
        (ICD9CM, "250.00"),
        ("urn:oid:2.16.840.1.113883.6.103", "250.02"),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9", "25000"),
        (SNOMED, "44054006"),
        ("urn:oid:2.16.840.1.113883.6.96", "44054006"),
        ("http://snomed.info/sct/", "44054006"),
    ],
)
def test_type_2_diabetes_is_found_in_every_code_system(system: str, code: str) -> None:
    record = chart(condition() | {"code": concept(code, system)})
    assert documented(record, conditions.TYPE_2_DIABETES) is record.conditions[0]
    assert not record.conditions[0].concept.matched


def test_the_fifth_digit_of_icd_9_tells_the_types_of_diabetes_apart() -> None:
    type_1 = _concept(ICD9CM, "250.01")
    assert score_conditions.TYPE_1_DIABETES.holds(type_1)
    assert conditions.DIABETES.holds(type_1)
    assert not conditions.TYPE_2_DIABETES.holds(type_1)


@pytest.mark.parametrize(
    "system", ["", "urn:oid:1.2.840.114350.1.13.0.1.7.2.696871", "http://ehr.example/dx"]
)
def test_a_code_under_an_unknown_system_means_nothing(system: str) -> None:
    assert not any(code_set.holds(_concept(system, "E11.9")) for code_set in SETS.values())


def test_severe_sepsis_is_not_read_from_the_whos_edition() -> None:
    assert conditions.SEPSIS.holds(_concept(ICD10CM, "R65.20"))
    assert not conditions.SEPSIS.holds(_concept(ICD10, "R65.2"))
    assert conditions.SEPSIS.holds(_concept(ICD10, "A41.9"))


def test_an_icd_9_procedure_is_no_diagnosis_with_the_same_digits() -> None:
    done: dict[str, Any] = {
        "resourceType": "Procedure",
        "id": "x",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": concept("40.1", ICD9CM, "lymph node biopsy"),
    }
    (procedure,) = chart(done).procedures
    assert procedure.concept.codings[0].system == ICD9CM_PROCEDURES
    assert not conditions.HYPERTENSION.holds(procedure.concept)
    assert conditions.HYPERTENSION.holds(_concept(ICD9CM, "401"))


def test_every_name_with_icd_9_codes_is_that_of_a_set() -> None:
    assert named_sets() <= SETS.keys()


@pytest.mark.data
@pytest.mark.skipif(not MAPPING.exists(), reason="the shared ICD map is not beside the checkout")
def test_icd_9_codes_are_those_that_the_general_equivalence_mappings_send_into_the_same_set() -> None:
    mapped: dict[str, set[str]] = {}
    with gzip.open(MAPPING, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            mapped.setdefault(row["icd_9"], set()).add(row["icd_10"])
    assert len(mapped) > 14_000
    checked = 0
    for name in sorted(named_sets()):
        code_set = SETS[name]
        known = tuple(icd9_digits(code) for code in NOT_IN_THE_MAPPING.get(name, ()))
        held = {code for code in mapped if code_set.holds(_concept(ICD9CM, code))}
        assert held, name
        for code in held:
            inside = any(code_set.holds(_concept(ICD10CM, target)) for target in mapped[code])
            assert inside or code.startswith(known or ("-",)), f"{name}: {code}"
        checked += len(held)
    assert checked > 2_000


@pytest.mark.parametrize(
    ("uri", "system"),
    [
        ("urn:oid:2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        ("urn:oid:2.16.840.1.113883.6.1", "http://loinc.org"),
        ("urn:oid:2.16.840.1.113883.6.73", ATC),
        ("urn:oid:1.2.840.114350.1.13.0.1.7.2.696871", "urn:oid:1.2.840.114350.1.13.0.1.7.2.696871"),
        ("http://ehr.example/", "http://ehr.example/"),
    ],
)
def test_further_uris_of_a_code_system_become_its_canonical_one(uri: str, system: str) -> None:
    assert canonical_system(uri) == system


@pytest.mark.parametrize("system", ["urn:oid:2.16.840.1.113883.6.1", "https://loinc.org"])
def test_a_result_is_read_under_every_uri_of_loinc(system: str) -> None:
    assert only(chart(observation(code=concept("2160-0", system))), "creatinine").value == 1.0


@pytest.mark.parametrize("analyte", [a for a in ANALYTES.values() if not a.coded], ids=lambda a: a.key)
def test_every_loinc_code_of_an_analyte_gives_the_same_series(analyte: Any) -> None:
    middle = (max(analyte.low, 0.01) * analyte.high) ** 0.5 if analyte.high > 0 else 0.0
    for loinc in analyte.loinc:
        unit = next(iter(analyte.units_by_code.get(loinc, analyte.units)))
        record = chart(observation(loinc, middle, unit))
        assert list(record.measurements) == [analyte.key], loinc


DRUG_EXAMPLES = [
    (drugs.ACE_INHIBITOR, "C09AA03", "lisinopril 10 MG Oral Tablet"),
    (drugs.ARB, "C09CA01", "losartan potassium 50 MG"),
    (drugs.STATIN, "C10AA05", "atorvastatin 20 MG Oral Tablet"),
    (drugs.METFORMIN, "A10BA02", "metformin hydrochloride 500 MG"),
    (drugs.GLUCOSE_LOWERING, "A10AE04", "insulin glargine 100 UNT/ML"),
    (drugs.ORAL_ANTICOAGULANT, "B01AF02", "apixaban 5 MG Oral Tablet"),
    (drugs.WARFARIN, "B01AA03", "Warfarin Sodium 5 MG"),
    (drugs.NSAID, "M01AE02", "Naproxen sodium 220 MG Oral Tablet"),
    (drugs.LOOP_DIURETIC, "C03CA01", "Furosemide 40 MG Oral Tablet"),
    (drugs.THIAZIDE, "C03AA03", "hydrochlorothiazide 25 MG"),
    (drugs.MRA, "C03DA01", "spironolactone 25 MG"),
    (drugs.BETA_BLOCKER, "C07AB02", "metoprolol succinate 100 MG"),
    (drugs.THYROID_HORMONE, "H03AA01", "levothyroxine sodium 0.075 MG"),
    (drugs.HEPARIN, "B01AB05", "1 ML enoxaparin sodium 150 MG/ML"),
    (drugs.SGLT2_INHIBITOR, "A10BK03", "empagliflozin 10 MG"),
]


@pytest.mark.parametrize(("drug_class", "atc", "name"), DRUG_EXAMPLES, ids=lambda v: getattr(v, "name", ""))
def test_a_drug_is_in_its_class_by_atc_and_by_ingredient(drug_class: DrugClass, atc: str, name: str) -> None:
    for sent in (
        {"coding": [{"system": ATC, "code": atc}]},
        {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.73", "code": atc}]},
        {"coding": [{"system": "urn:oid:2.16.840.1.113883.6.88", "code": "1", "display": name}]},
        {"text": name},
    ):
        (med,) = chart(medication(medicationCodeableConcept=sent)).medications
        assert drug_class.holds(med.concept)
        assert drugs.how_matched(med.concept) == (
            "" if "coding" in sent else "matched by name, no standard code"
        )
    others = [cls for cls, _, _ in DRUG_EXAMPLES if not atc.startswith(cls.atc)]
    assert others
    assert not any(cls.holds(_concept(ATC, atc)) for cls in others)
