"""An early warning of sepsis: the risk within six hours, from two days of vital signs and laboratory values.

Learned from intensive care stays of the PhysioNet/CinC Challenge 2019 (Reyna MA et al., Crit Care Med
2020;48:210-217, doi:10.1097/CCM.0000000000004145); boosted trees as boxes, see `_boosted`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.analytes import ANALYTES
from models.chart_inputs import age_evidence, measured
from models.complications._additive import probability
from models.complications._boosted import from_folder
from models.complications._sepsis_chart import no_question, stay, watched
from models.complications._sepsis_explained import RISK, Case, by_signal, explained
from models.complications._sepsis_features import (
    AGE,
    HOURS,
    SIGNALS,
    STAY,
    columns_of,
    has_vital_signs,
    label_of,
    with_derived,
)
from models.complications._weights import shipped
from models.contract import ClinicalSettings, ScoreInputError
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding, Urgency
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute
from models.weights import verified

TYPICAL = "typical.json"

_GUIDELINE = Citation(
    label="Surviving Sepsis Campaign 2021", url="https://doi.org/10.1007/s00134-021-06506-y"
)
_TOPIC = Coding(SNOMED, "91302008", "Sepsis")
_LEARNED_FROM = "intensive care stays of two US hospital systems, PhysioNet/CinC 2019"
# Where the chart does not say how long somebody has been in intensive care, or that they are.
_VERSIONS = {
    "icu": "",
    "ward": " Hours in intensive care are not known and do not count.",
}
_LABELS = {
    AGE: "age",
    "icu_hours": "hours in intensive care",
    "hours_before_icu": "hours in hospital before intensive care",
    **{signal: label_of(signal) for signal in SIGNALS},
}
_WATCHED_FOR = ("lactate", "wbc", "creatinine", "bilirubin_total", "platelets")
_LONGEST_STAY = 24 * 366
_EVIDENCE = 5
_NO_EVIDENCE: Mapping[str, Evidence] = MappingProxyType({})


@clinical_model
class Sepsis:
    """The warning as a calculator, and as a model that calls for a look at somebody in hospital."""

    calculator_name = "sepsis"
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=SIGNALS, lookback_days=HOURS // 24),
            Need(resource="Observation", analytes=("pregnancy_status",), lookback_days=365),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )

    def __init__(self) -> None:
        weights = shipped("sepsis")
        self.name = weights.manifest.name
        self.stamp = weights.stamp
        self.card = weights.card
        self._models = from_folder(weights.folder, weights.manifest)
        self._typical = json.loads(verified(weights.folder, weights.manifest, TYPICAL))
        self._settings: Mapping[str, Any] = weights.manifest.details["settings"]

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The risk from hourly values.

        Args:
            inputs: age (years), and of each signal either the value of the last hour or a list with that
                of each hour, oldest first, null where there is none, the last hour last (48 count at most).
                Vital signs: heart_rate and resp_rate (/min), spo2 and fio2 (%), temperature (Cel), sbp and
                dbp (mm[Hg]). Results: bun, creatinine, bilirubin_total, calcium, phosphate, glucose,
                magnesium (mg/dL), wbc and platelets (10*3/uL), lactate and potassium (mmol/L), ph_arterial,
                pco2 (mm[Hg]), ast and alp (U/L), hemoglobin (g/dL), troponin_i (ng/mL). Of the stay,
                optionally icu_hours (with the one that is going on) and hours_before_icu (in hospital): with
                both the version for intensive care answers, else the one for wards.

        Returns:
            sepsis_6h, a probability, and version, "icu" or "ward".

        Raises:
            ScoreInputError: An input is missing, mistyped or impossible, or not of an adult.
        """
        case = _case(inputs)
        version = _version(inputs)
        return {"sepsis_6h": probability(self._models[version].of(case.values)), "version": version}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """Two days of an adult in hospital."""
        abstention = no_question(self.stamp, record)
        if abstention is not None:
            return abstention
        found = record.once("sepsis hours", watched)
        evidence = {AGE: age_evidence(record)}
        evidence.update((signal, measured(point)) for signal, point in found.newest.items())
        return Gathered(
            inputs={AGE: record.age_years, **stay(record), **found.hourly},
            evidence=evidence,
            missing=tuple(_in_words(signal) for signal in _WATCHED_FOR if signal not in found.hourly),
        )

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The risk as of the record's time."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risk."""
        return (_estimate(result.results["sepsis_6h"]),)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding from the version's threshold on."""
        gathered = self.from_record(record, settings)
        if isinstance(gathered, Abstention):
            return Assessment(abstentions=(gathered,))
        try:
            case, version = _case(gathered.inputs, gathered.evidence), _version(gathered.inputs)
        except ScoreInputError as error:
            return Assessment(abstentions=(abstain(self.stamp, error.cause, error.reason, error.missing),))
        risk = probability(self._models[version].of(case.values))
        if risk < self._settings["soon"]:
            return Assessment()
        return Assessment(findings=(self._finding(gathered, case, risk, version),))

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """Takes the risk apart."""
        inputs = result.gathered.inputs
        case = _case(inputs, result.gathered.evidence)
        model = self._models[_version(inputs)]
        return explained(model, case, by_signal(model, case), self._typical)

    def _finding(self, gathered: Gathered, case: Case, risk: float, version: str) -> Finding:
        urgency: Urgency = "urgent" if risk >= self._settings["urgent"] else "soon"
        model = self._models[version]
        added = by_signal(model, case)
        return Finding(
            kind="complication_risk",
            key="sepsis",
            group="deterioration",
            statement=f"Sepsis early warning: risk {100 * risk:.0f}% within 6 hours",
            rationale=_rationale(version),
            urgency=urgency,
            topic=_TOPIC,
            guideline=_GUIDELINE,
            model=self.stamp,
            estimate=_estimate(risk),
            evidence=_evidence(gathered.evidence, added),
            missing=gathered.missing,
            explanation=explained(model, case, added, self._typical),
            learned_from=_LEARNED_FROM,
        )


def _estimate(risk: float) -> Estimate:
    return Estimate(name=RISK, value=risk, unit="probability", horizon="6 hours")


def _rationale(version: str) -> str:
    return (
        "Look for an infection; where sepsis is likely, guidelines ask for lactate, cultures and antibiotics "
        f"within the hour. Most such warnings are false: learned from public data.{_VERSIONS[version]}"
    )


def _evidence(evidence: Mapping[str, Evidence], added: Mapping[str, float]) -> tuple[Evidence, ...]:
    """The measurements that raise the risk most."""
    raising = sorted((name for name in evidence if added.get(name, 0.0) > 0), key=lambda name: -added[name])
    return tuple(evidence[name] for name in raising[:_EVIDENCE])


def _version(inputs: Mapping[str, Any]) -> str:
    return "icu" if all(inputs.get(name) is not None for name in STAY[:2]) else "ward"


def _case(inputs: Mapping[str, Any], evidence: Mapping[str, Evidence] = _NO_EVIDENCE) -> Case:
    given = Inputs(inputs, _LABELS)
    age = given.number(AGE, 0, 120, "years")
    if age < 18:
        raise ScoreInputError("outside-population", "trained on adults")
    stays = [
        given.number(name, 0, _LONGEST_STAY, "hours") if given.has(name) else np.nan for name in STAY[:2]
    ]
    window = np.array([_hourly(inputs.get(signal), signal) for signal in SIGNALS], dtype=np.float64).T[None]
    windows = with_derived(window)
    if not has_vital_signs(windows)[0]:
        missing = ("heart rate, systolic pressure, and respiratory rate or saturation of the last 6 hours",)
        raise ScoreInputError("missing-input", f"needs {missing[0]}", missing)
    columns = columns_of(windows, *(np.array([value]) for value in (age, *stays)))
    return Case(
        window=window, values={name: float(column[0]) for name, column in columns.items()}, evidence=evidence
    )


def _hourly(given: object, signal: str) -> list[float]:
    """The last hours of a signal, oldest first, NaN where there is nothing.

    Raises:
        ScoreInputError: Something is no number, or impossible.
    """
    values = (given if isinstance(given, list) else [given])[-HOURS:]
    low, high = ANALYTES[signal].low, ANALYTES[signal].high
    row = [np.nan] * HOURS
    for hour, value in enumerate(values, HOURS - len(values)):
        if type(value) is float and low <= value <= high:
            row[hour] = value
        elif value is not None:
            unit = ANALYTES[signal].display_unit
            row[hour] = Inputs({signal: value}, _LABELS).number(signal, low, high, unit)
    return row


def _in_words(signal: str) -> str:
    return f"{label_of(signal).lower()} in the last 48 hours"
