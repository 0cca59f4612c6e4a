"""Readmission within 30 days of a stay in hospital, of adults with diabetes.

Learned from stays in 130 US hospitals, 1999-2008 (Strack B et al., Biomed Res Int 2014;2014:781670,
doi:10.1155/2014/781670): sums of tables (`_additive`), one before and one after the destination is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_adapters.record import SNOMED, Coding, Encounter, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import DIABETES, PALLIATIVE_CARE
from models.chart_inputs import ONE_YEAR, age_evidence, stated
from models.complications._additive import from_folder, probability
from models.complications._diagnosis_groups import GROUPS
from models.complications._readmission_explained import NAME, Sum, explained
from models.complications._readmission_stay import (
    DESTINATIONS,
    Stay,
    days_in_hospital,
    destination_of,
    diagnoses_of,
    ended_in_hospice_or_death,
    features_of,
    grouped,
    reasons_of,
    stay_of,
    visits_before,
)
from models.complications._weights import shipped
from models.contract import ClinicalSettings, ScoreInputError
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding
from models.registry import clinical_model
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking

IN_HOSPITAL, AT_DISCHARGE = "in_hospital", "at_discharge"
_ADULT, _MOST_DAYS, _MOST_VISITS, _MOST_DIAGNOSES = 18, 365, 400, 200
_RESULT = "readmission_30d"
_CARE = Citation(
    label="Society of Hospital Medicine, BOOST: risk assessment and follow-up, J Hosp Med 2013;8:421-7",
    url="https://doi.org/10.1002/jhm.2054",
)
_TOPIC = Coding(SNOMED, "417005", "Hospital re-admission")
_LEARNED_FROM = "stays of people with diabetes in 130 US hospitals, 1999-2008"
_LABELS = {
    "length_of_stay_days": "length of stay",
    "inpatient_stays_12m": "stays in hospital in the year before",
    "emergency_visits_12m": "emergency visits in the year before",
    "outpatient_visits_12m": "outpatient visits in the year before",
    "diagnosis_count": "number of diagnoses",
    "diagnosis_groups": "groups of diagnoses",
    "destination": "discharge destination",
}
_GROUP_NAMES = tuple(group.name for group in GROUPS)


@clinical_model
class Readmission:
    """The risk as a calculator and of the stay that goes on or has just ended."""

    calculator_name = "readmission"
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(resource="Encounter", lookback_days=2 * ONE_YEAR),
        )
    )

    def __init__(self) -> None:
        weights = shipped("readmission")
        self.name = weights.manifest.name
        self.stamp = weights.stamp
        self.card = weights.card
        self._models = from_folder(weights.folder, weights.manifest)
        settings: Mapping[str, Any] = weights.manifest.details["settings"]
        self._thresholds = {name: float(settings[f"threshold_{name}"]) for name in self._models}

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """The risk from bare inputs.

        Args:
            inputs: age (years), sex ("female", "male" or another word), length_of_stay_days (1 or more),
                inpatient_stays_12m, emergency_visits_12m, outpatient_visits_12m (before the stay),
                diagnosis_count, diagnosis_groups (a list of names of `_diagnosis_groups.GROUPS`), and, once
                it is known, destination (a key of `_readmission_stay.DESTINATIONS`).

        Returns:
            readmission_30d, a probability, and version, "in_hospital" or "at_discharge".

        Raises:
            ScoreInputError: An input is missing, mistyped or impossible, or not of an adult after a night.
        """
        stay = _stay(inputs)
        version = _version(stay)
        return {_RESULT: probability(self._models[version].of(features_of(stay))), "version": version}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The stay, what came before it, and what it was for."""
        stay = stay_of(record)
        why_not = self._outside(record, stay)
        if why_not is not None or stay is None:
            return why_not or self._not_indicated("no stay in hospital now or in the last 2 days")
        return _gathered(record, stay)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The risk of the record's stay."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risk."""
        return (_estimate(result.results[_RESULT]),)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding in the top tenth of risk."""
        gathered = self.from_record(record, settings)
        if isinstance(gathered, Abstention):
            return Assessment(abstentions=(gathered,))
        try:
            stay = _stay(gathered.inputs)
        except ScoreInputError as error:
            why = abstain(self.stamp, error.cause, error.reason, error.missing)
            return Assessment(abstentions=(why,))
        version = _version(stay)
        # Worked out once, for the risk and for its explanation.
        added = self._models[version].contributions(features_of(stay))
        risk = probability(self._models[version].intercept + sum(added.values()))
        if risk < self._thresholds[version]:
            return Assessment()
        sum_of = Sum(start=self._models[version].intercept, added=added)
        return Assessment(findings=(self._finding(stay, gathered, sum_of, risk),))

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """Takes the risk apart."""
        stay = _stay(result.gathered.inputs)
        model = self._models[_version(stay)]
        parts = Sum(start=model.intercept, added=model.contributions(features_of(stay)))
        return explained(parts, self._models[AT_DISCHARGE], stay, result.gathered)

    def _outside(self, record: PatientRecord, stay: Encounter | None) -> Abstention | None:
        """Why the question doesn't arise or can't be answered; None when it can."""
        if record.coverage.get("Encounter") != "complete":
            return lacking(self.stamp, "all stays and visits of the year before")
        if stay is None:
            known = any(each.source == record.discharge for each in record.encounters)
            if record.discharge and not known:
                return lacking(self.stamp, "the encounter that ends")
            return self._not_indicated("no stay in hospital now or in the last 2 days")
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if record.age_years is None:
            return lacking(self.stamp, "birth date")
        if record.age_years < _ADULT or ever_documented(record, DIABETES) is None:
            return abstain(self.stamp, "outside-population", "trained on adults with diabetes")
        if days_in_hospital(stay, record.as_of) < 1:
            return self._not_indicated("in hospital for less than a day")
        hospice = ended_in_hospice_or_death(stay) or ever_documented(record, PALLIATIVE_CARE) is not None
        if record.patient.deceased or hospice:
            return abstain(
                self.stamp, "outside-population", "not for care with palliative aim or after death"
            )
        return None

    def _not_indicated(self, reason: str) -> Abstention:
        return abstain(self.stamp, "not-indicated", reason)

    def _finding(self, stay: Stay, gathered: Gathered, parts: Sum, risk: float) -> Finding:
        threshold = self._thresholds[_version(stay)]
        return Finding(
            kind="complication_risk",
            key="readmission",
            group="readmission",
            statement=f"Readmission within 30 days of discharge: risk {100 * risk:.0f}%, in the top tenth",
            rationale="What helps: reconcile medications, teach back the plan, call within 3 days and "
            f"see the patient within 7. From {100 * threshold:.0f}% on about one in four came back; most "
            "did not.",
            urgency="routine",
            topic=_TOPIC,
            guideline=_CARE,
            model=self.stamp,
            estimate=_estimate(risk),
            evidence=tuple(gathered.evidence.values()),
            missing=gathered.missing,
            explanation=explained(parts, self._models[AT_DISCHARGE], stay, gathered),
            learned_from=_LEARNED_FROM,
        )


def _estimate(risk: float) -> Estimate:
    return Estimate(name=NAME, value=risk, unit="probability", horizon="30 days")


def _version(stay: Stay) -> str:
    return AT_DISCHARGE if stay.destination else IN_HOSPITAL


def _stay(inputs: Mapping[str, Any]) -> Stay:
    """Bare inputs, read strictly."""
    given = Inputs(inputs, _LABELS)
    given.require("age", "sex", *(name for name in _LABELS if name != "destination"))
    age = given.age(_ADULT, 120)
    days = given.number("length_of_stay_days", 0, _MOST_DAYS, "days")
    if days < 1:
        raise ScoreInputError("outside-population", "trained on stays of a night or more")
    destination = given.choice("destination", tuple(DESTINATIONS)) if given.has("destination") else ""
    return Stay(
        age=int(age),
        sex=given.choice("sex", ("female", "male", "other", "unknown")),
        days=days,
        inpatient=_count(given, "inpatient_stays_12m", _MOST_VISITS),
        emergency=_count(given, "emergency_visits_12m", _MOST_VISITS),
        outpatient=_count(given, "outpatient_visits_12m", _MOST_VISITS),
        diagnoses=_count(given, "diagnosis_count", _MOST_DIAGNOSES),
        groups=_groups(inputs["diagnosis_groups"]),
        destination=destination,
    )


def _count(given: Inputs, name: str, most: int) -> int:
    value = given.number(name, 0, most, "")
    if value != int(value):
        raise ScoreInputError("out-of-range", f"{_LABELS[name]} must be a whole number")
    return int(value)


def _groups(value: object) -> frozenset[str]:
    if not isinstance(value, list | tuple | frozenset) or not all(name in _GROUP_NAMES for name in value):
        raise ScoreInputError(
            "out-of-range", f"groups of diagnoses must be a list of: {', '.join(_GROUP_NAMES)}"
        )
    return frozenset(value)


def _gathered(record: PatientRecord, stay: Encounter) -> Gathered:
    diagnoses = diagnoses_of(record, stay)
    groups = grouped(reasons_of(stay, diagnoses))
    before = {
        name: len(visits_before(record, stay, name)) for name in ("inpatient", "emergency", "ambulatory")
    }
    days, destination = days_in_hospital(stay, record.as_of), destination_of(stay)
    inputs = {
        "age": record.age_years,
        "sex": record.patient.sex,
        "length_of_stay_days": days,
        "inpatient_stays_12m": before["inpatient"],
        "emergency_visits_12m": before["emergency"],
        "outpatient_visits_12m": before["ambulatory"],
        "diagnosis_count": len(diagnoses),
        "diagnosis_groups": sorted(groups),
        "destination": destination or None,
    }
    evidence = {
        "stay": Evidence(
            source=stay.source, label="Length of stay", value=f"{days:g}", unit="days", at=stay.start
        ),
        "age": age_evidence(record),
        "visits": Evidence(
            source="",
            label="Year before the stay",
            value=f"{before['inpatient']} stays, {before['emergency']} emergency visits, "
            f"{before['ambulatory']} outpatient visits",
        ),
        **{name: stated(cond, _words(name)) for name, cond in groups.items()},
    }
    if destination:
        evidence["destination"] = Evidence(
            source=stay.source, label="Discharged to", value=destination.replace("_", " "), at=stay.end
        )
    missing = () if destination else ("discharge destination",)
    return Gathered(inputs=inputs, evidence=evidence, missing=missing)


def _words(group: str) -> str:
    words = next(each.codes.name for each in GROUPS if each.name == group)
    return words[:1].upper() + words[1:]
