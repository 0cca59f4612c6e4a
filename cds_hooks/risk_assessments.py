"""The results of scores as FHIR R4 RiskAssessment resources.

Source: FHIR R4, RiskAssessment; times in UCUM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from cds_hooks.cards.explained import NOT_A_TREATMENT, change_words, rationale_words
from cds_hooks.cards.markdown import clean
from fhir_adapters.record import PatientRecord
from models.explanation import Explanation
from models.finding import Estimate
from models.run import ScoreLine

_REFERENCE: Final = re.compile(r"[A-Z][A-Za-z]{2,39}/[A-Za-z0-9.\-]{1,64}")
_YEARS: Final = re.compile(r"(\d+) years?")
_DAYS: Final = re.compile(r"(\d+) days?")
_HOURS: Final = re.compile(r"(\d+) hours?")
_NOTE: Final = (
    "Computed from the chart by a published score or a learned model; not validated at this site. "
    "Informs, decides nothing."
)


class RiskAssessmentError(ValueError):
    """The results can't be made into valid resources; names no content."""


def risk_assessments(record: PatientRecord, lines: Iterable[ScoreLine]) -> dict[str, Any]:
    """A collection Bundle with one RiskAssessment for each score that has a result.

    Raises:
        RiskAssessmentError: The patient's id or a resource would not be valid R4.
    """
    from fhir.resources.R4B.bundle import Bundle  # noqa: PLC0415 - costs 0.3 s, and few runs need it

    if not _REFERENCE.fullmatch(f"Patient/{record.patient.patient_id}"):
        raise RiskAssessmentError("the patient's id is not a FHIR id")
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": record.as_of.isoformat(),
        "entry": [{"resource": _resource(record, line)} for line in lines if line.estimates],
    }
    if not bundle["entry"]:
        del bundle["entry"]
    try:
        Bundle.model_validate(bundle)
    except ValueError:
        raise RiskAssessmentError("the scores of this chart don't make a valid FHIR Bundle") from None
    return bundle


def _resource(record: PatientRecord, line: ScoreLine) -> dict[str, Any]:
    references = dict.fromkeys(piece.source.partition("#")[0] for piece in line.evidence)
    basis = [{"reference": source} for source in references if _REFERENCE.fullmatch(source)]
    resource = {
        "resourceType": "RiskAssessment",
        "status": "final",
        "method": {"text": f"{line.model.name}, version {line.model.version}"},
        "subject": {"reference": f"Patient/{record.patient.patient_id}"},
        "occurrenceDateTime": record.as_of.isoformat(),
        "basis": basis,
        "prediction": [_prediction(estimate, line.explanation) for estimate in line.estimates],
        "note": [{"text": text} for text in (_NOTE, *_what_if(line.explanation))],
    }
    return {name: value for name, value in resource.items() if value}


def _what_if(explanation: Explanation | None) -> tuple[str, ...]:
    if explanation is None or not explanation.changes:
        return ()
    changed = change_words(explanation.changes, explanation.unit)
    return (clean(f"{explanation.of}, one change at a time: {changed}. {NOT_A_TREATMENT}"),)


def _prediction(estimate: Estimate, explanation: Explanation | None) -> dict[str, Any]:
    prediction: dict[str, Any] = {"outcome": {"text": estimate.name}}
    if explanation is not None and explanation.of == estimate.name:
        prediction["rationale"] = clean(rationale_words(explanation))
    if estimate.unit == "probability":
        prediction["probabilityDecimal"] = round(estimate.value, 6)
        if estimate.band:
            prediction["qualitativeRisk"] = {"text": estimate.band}
    else:
        unit = "" if estimate.unit == "1" else f" {estimate.unit}"
        words = f"{estimate.value:g}{unit}"
        prediction["qualitativeRisk"] = {"text": f"{words}, {estimate.band}" if estimate.band else words}
    horizon = _horizon(estimate.horizon)
    if horizon:
        prediction["whenRange"] = {"low": {**horizon, "value": 0}, "high": horizon}
    return prediction


def _horizon(words: str) -> dict[str, Any]:
    """A horizon such as "10 years" as a quantity in UCUM; empty where there is none."""
    for pattern, unit, code in ((_YEARS, "years", "a"), (_DAYS, "days", "d"), (_HOURS, "hours", "h")):
        found = pattern.fullmatch(words)
        if found:
            value = int(found.group(1))
            return {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}
    return {}
