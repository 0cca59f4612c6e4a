"""Charlson comorbidity index from coded problems.

Source: Charlson ME et al., J Chronic Dis 1987;40:373-383, doi:10.1016/0021-9681(87)90171-8 (weights); Quan H
et al., Med Care 2005;43:1130-1139, doi:10.1097/01.mlr.0000182534.19832.83 (ICD-10 codes); Quan H et al., Am J
Epidemiol 2011;173:676-682, doi:10.1093/aje/kwq433 (weights of 2011).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fhir_adapters.record import Condition, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ICD10_SYSTEMS, SNOMED_SYSTEMS
from models import chart_inputs
from models.chart_inputs import stated
from models.contract import ClinicalSettings, ScoreInputError
from models.explaining import explain_points
from models.explanation import Explanation
from models.finding import Abstention, Estimate, Evidence
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, lacking, stamped

_TABLE = (Path(__file__).parent / "charlson_categories.json").read_bytes()
_CATEGORIES: dict[str, dict[str, Any]] = json.loads(_TABLE)
_PREFIXES = {name: tuple(entry["icd10"].split()) for name, entry in _CATEGORIES.items()}
# The severe form counts in place of the mild one.
_IN_PLACE_OF = {
    "diabetes_with_complication": "diabetes_without_complication",
    "moderate_severe_liver_disease": "mild_liver_disease",
    "metastatic_solid_tumour": "malignancy",
}
# ICD-10 stems of SNOMED CT concepts that public records use; there is no free complete map.
_SNOMED = {
    "22298006": "I21", "401303003": "I21", "401314000": "I21", "399211009": "I252", "84114007": "I50",
    "88805009": "I50", "42343007": "I50", "703272007": "I50", "446221000": "I50", "399957001": "I739",
    "230690007": "I63", "422504002": "I63", "52448006": "F03", "26929004": "G30", "13645005": "J44",
    "87433001": "J43", "185086009": "J44", "195967001": "J45", "69896004": "M06", "55464009": "M32",
    "44054006": "E119", "46635009": "E109", "127013003": "E112", "368581000119106": "E114",
    "422034002": "E113", "1551000119108": "E113", "1501000119109": "E113", "90781000119102": "E112",
    "157141000119108": "E112", "431857002": "N18", "433144002": "N18", "433146000": "N18", "700378005": "N18",
    "700379002": "N18", "46177005": "N18", "254837009": "C50", "363406005": "C18", "109838007": "C18",
    "254637007": "C34", "363346000": "C80", "314994000": "C79", "19943007": "K746", "197321007": "K760",
    "128302006": "B18", "61977001": "B18", "86406008": "B20", "60389000": "G82",
}  # fmt: skip
_LABELS = {"icd10_codes": "diagnoses as ICD-10 codes", "age": "age"}


def categories(codes: Iterable[str]) -> set[str]:
    """The comorbidities of ICD-10 codes without dots, the severe form in place of the mild one."""
    codes = tuple(codes)
    found = {name for name, prefixes in _PREFIXES.items() if any(code.startswith(prefixes) for code in codes)}
    return found - {mild for severe, mild in _IN_PLACE_OF.items() if severe in found}


def icd10_codes(cond: Condition) -> set[str]:
    """The ICD-10 codes of a condition without dots, from its own and from mapped SNOMED CT codes."""
    codes = {c.code.replace(".", "").upper() for c in cond.concept.meaning if c.system in ICD10_SYSTEMS}
    return codes | {
        _SNOMED[c.code] for c in cond.concept.meaning if c.system in SNOMED_SYSTEMS and c.code in _SNOMED
    }


def comorbidities(record: PatientRecord) -> dict[str, Evidence]:
    """Each comorbidity that was ever recorded, with the condition that says so."""
    found: dict[str, Evidence] = {}
    for cond in record.conditions:
        for name in categories(icd10_codes(cond)):
            found.setdefault(name, stated(cond, name.replace("_", " ").capitalize()))
    return {name: item for name, item in found.items() if name in categories(_all_codes(record))}


def _all_codes(record: PatientRecord) -> set[str]:
    return {code for cond in record.conditions for code in icd10_codes(cond)}


def _age_points(age: float) -> int:
    return min(max(int(age - 40) // 10, 0), 4)


@clinical_model
class Charlson(InformingScore):
    """The Charlson index as a calculator and on a chart; it informs and makes no card."""

    name = "charlson.v1"
    calculator_name = "charlson"
    stamp = stamped("charlson.v1", "1", _TABLE)
    requires = Requires((Need(resource="Patient", required=True), Need(resource="Condition")))
    card = PublishedScore(
        authors="Charlson ME et al. (1987); codes and later weights by Quan H et al. (2005, 2011)",
        output="Comorbidity points with the weights of 1987 and of 2011, and points for age.",
        output_type="Sums of weights; the age-adjusted sum adds a point a decade from 50, four at most.",
        intended_use="To describe on request how much else somebody is ill with.",
        population="Adults.",
        out_of_scope="Any decision on treatment by itself.",
        known_risks="It counts what is coded: an incomplete problem list lowers it, and of SNOMED CT codes "
        "only a short list is mapped. Past conditions count like present ones.",
        derivation="559 medical inpatients in New York, one-year mortality.",
        references="doi:10.1016/0021-9681(87)90171-8; doi:10.1097/01.mlr.0000182534.19832.83; "
        "doi:10.1093/aje/kwq433.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Adds the weights.

        Args:
            inputs: icd10_codes, a list of codes with or without dots; age, 18 or more.

        Returns:
            charlson_1987, charlson_quan2011, age_points, age_adjusted_1987.

        Raises:
            ScoreInputError: An input is missing, mistyped or outside its range.
        """
        given = Inputs(inputs, _LABELS)
        given.require(*_LABELS)
        codes = inputs["icd10_codes"]
        if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
            raise ScoreInputError("out-of-range", f"{_LABELS['icd10_codes']} must be a list of texts")
        found = categories(code.replace(".", "").upper() for code in codes)
        original = sum(_CATEGORIES[name]["weight_1987"] for name in found)
        age_points = _age_points(given.age(18, 120))
        return {
            "charlson_1987": original,
            "charlson_quan2011": sum(_CATEGORIES[name]["weight_2011"] for name in found),
            "age_points": age_points,
            "age_adjusted_1987": original + age_points,
        }

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """Every recorded condition, past ones too."""
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if record.age_years is None:
            return lacking(self.stamp, "birth date")
        return Gathered(
            inputs={"icd10_codes": sorted(_all_codes(record)), "age": record.age_years},
            evidence={"age": chart_inputs.age_evidence(record), **comorbidities(record)},
        )

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The index with and without points for age, and with the weights of 2011."""
        names = {
            "age_adjusted_1987": "Charlson index with age",
            "charlson_1987": "Charlson index",
            "charlson_quan2011": "Charlson index (weights of 2011)",
        }
        return tuple(
            Estimate(name=name, value=result.results[key], unit="points") for key, name in names.items()
        )

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The weights of 1987 and the points for age."""
        evidence = result.gathered.evidence
        points = {name: _CATEGORIES[name]["weight_1987"] for name in evidence if name in _CATEGORIES}
        points["age"] = _age_points(result.gathered.inputs["age"])
        return explain_points(self.estimates(result, settings)[0].name, points, evidence)
