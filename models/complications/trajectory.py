"""trajectory.v1: what a dated history of diseases may be followed by, after Delphi-2M.

Shmatko A et al., Nature 2025, doi:10.1038/s41586-025-09529-3. The shipped weights were trained on simulated
histories, so they show what such a model does and say nothing of a patient: it abstains unless a site's
settings ask for demonstrations, or its weights were trained by a site.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from fhir_adapters.record import Need, PatientRecord, Requires
from models.chart_inputs import FIVE_YEARS, age_evidence
from models.complications._trajectory_forecast import Told, contributions, risks
from models.complications._trajectory_history import Past, age_at, past_of
from models.complications._trajectory_network import (
    FEMALE,
    FIRST_DISEASE,
    MALE,
    TrajectoryNetwork,
    network_from,
)
from models.complications._weights import shipped
from models.contract import ClinicalSettings, ScoreInputError
from models.explaining import contribution
from models.explanation import Explanation
from models.finding import Abstention, Estimate, Evidence
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, abstain, lacking

_SHIPPED = shipped("trajectory")
_DEMONSTRATION = bool(_SHIPPED.manifest.details.get("demonstration", True))
_YOUNGEST, _OLDEST = 40, 79
_YEARS = 5
_SHOWN = 5
# An event that fewer people of the training data had is neither read nor foretold.
_FEWEST_SEEN = 10
_MOST_EVENTS = 1000
_LABELS = {"age": "age", "sex": "recorded sex", "history": "dated diagnoses"}
_OFF = "a demonstration trained on simulated histories; it is off until the site trains it on its own"


@clinical_model
class Trajectory(InformingScore):
    """Probabilities of diseases that the history does not hold yet; for the chart summary, never a card."""

    name = _SHIPPED.stamp.name
    calculator_name = "trajectory"
    stamp = _SHIPPED.stamp
    card = _SHIPPED.card
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("bmi", "smoking_status"), lookback_days=FIVE_YEARS),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the probabilities.

        Args:
            inputs: age 40-79 years (with fractions); sex "female" or "male"; history: a list of objects with
                "code" (three characters of ICD-10, or a trait such as "BMI_high") and "age" in years.

        Returns:
            demonstration; expected: for the diseases likeliest within 5 years, code, name, and probability
            within 1 and within 5 years; unread: codes that the network does not know, or hardly saw.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        told, unread = _told(inputs)
        network = _network()
        yearly = risks(network, [told], _YEARS)[:, 0]
        had = {event for event, _ in told.events}
        likely = [
            int(event)
            for event in np.argsort(-yearly[-1], kind="stable")
            if event >= FIRST_DISEASE and event not in had and _key(network, event) in _readable()
        ]
        return {
            "demonstration": _DEMONSTRATION,
            "expected": [
                {
                    "code": network.events[event].code,
                    "name": network.events[event].name,
                    "within_1_year": float(yearly[0, event]),
                    f"within_{_YEARS}_years": float(yearly[-1, event]),
                }
                for event in likely[:_SHOWN]
            ],
            "unread": sorted(unread),
        }

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """Age, sex and the dated history of the chart."""
        if _DEMONSTRATION and not settings.demonstrations:
            return abstain(self.stamp, "not-indicated", _OFF)
        age = age_at(record, record.as_of)
        if age is None:
            return lacking(self.stamp, "date of birth")
        if not record.knows("Condition"):
            return abstain(
                self.stamp, "data-unavailable", "the problem list could not be read", ("diagnoses",)
            )
        past = past_of(record)
        counted = ((past.unmapped, "without an ICD-10 category"), (past.undated, "without a date"))
        return Gathered(
            inputs={"age": age, "sex": record.patient.sex, "history": _dated_events(record, past)},
            evidence={"age": age_evidence(record), **_conditions(past), **past.traits},
            missing=tuple(
                f"{number} {'diagnosis' if number == 1 else 'diagnoses'} {words}"
                for number, words in counted
                if number
            ),
        )

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The diseases likeliest within 5 years, each with its probability within 5 years and within 1."""
        remark = ", a demonstration" if result.results["demonstration"] else ""
        return tuple(
            Estimate(
                name=f"New within {words}: {each['name']}{remark}",
                value=each[key],
                unit="probability",
                horizon=words,
            )
            for each in result.results["expected"]
            for key, words in ((f"within_{_YEARS}_years", f"{_YEARS} years"), ("within_1_year", "1 year"))
        )

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """What each past event adds to the probability of the first disease within 5 years."""
        network, first = _network(), result.results["expected"][0]
        told, _ = _told(dict(result.gathered.inputs))
        event = [each.code for each in network.events].index(first["code"])
        start, parts = contributions(network, told, event, _YEARS)
        pieces = [
            contribution(result.gathered.evidence[_key(network, past)], part)
            for (past, _), part in zip(told.events, parts, strict=True)
        ]
        return Explanation(
            of=f"New within {_YEARS} years: {first['name']}",
            unit="percentage points",
            start=start,
            start_words="the risk of a person of this age and sex whose history is not told",
            contributions=tuple(sorted(pieces, key=lambda piece: -abs(piece.amount))),
        )


def _dated_events(record: PatientRecord, past: Past) -> list[dict[str, Any]]:
    ages = {code: dated.age for code, dated in past.first.items()}
    for name, piece in past.traits.items():
        age = age_at(record, piece.at) if piece.at is not None else None
        if age is not None:
            ages[name] = age
    return [{"code": code, "age": age} for code, age in ages.items()]


def _conditions(past: Past) -> dict[str, Evidence]:
    return {
        code: Evidence(
            source=dated.condition.source,
            label=code,
            value=dated.condition.concept.label,
            at=dated.at,
            remark=dated.condition.concept.matched,
        )
        for code, dated in past.first.items()
    }


@cache
def _network() -> TrajectoryNetwork:
    return network_from(_SHIPPED.folder, _SHIPPED.manifest)


@cache
def _readable() -> Mapping[str, int]:
    """Event numbers by disease code and trait, of those that training saw often enough."""
    network = _network()
    return {
        _key(network, number): number
        for number, event in enumerate(network.events)
        if event.seen >= _FEWEST_SEEN and (event.code or MALE < number < FIRST_DISEASE)
    }


def _key(network: TrajectoryNetwork, event: int) -> str:
    return network.events[event].code or network.events[event].name


def _told(inputs: Mapping[str, Any]) -> tuple[Told, set[str]]:
    """The person as the network takes them, and the codes that it can't read."""
    given = Inputs(inputs, _LABELS)
    given.require("age", "sex", "history")
    age = given.number("age", 0, 120, "years")
    if not _YOUNGEST <= age < _OLDEST + 1:
        raise ScoreInputError("outside-population", f"trained for ages {_YOUNGEST} to {_OLDEST}")
    sex = FEMALE if given.is_female() else MALE
    first: dict[int, float] = {}
    unread = set()
    for code, at in _history(inputs["history"], age):
        number = _readable().get(code)
        if number is None:
            unread.add(code)
        else:
            first[number] = min(at, first.get(number, at))
    events = tuple(sorted(first.items(), key=lambda item: (item[1], item[0])))
    return Told(sex=sex, events=events, age=age), unread


def _history(given: object, age: float) -> list[tuple[str, float]]:
    if not isinstance(given, list) or len(given) > _MOST_EVENTS:
        raise ScoreInputError("out-of-range", f"history is not a list of at most {_MOST_EVENTS} events")
    found = []
    for each in given:
        event = Inputs(each if isinstance(each, dict) else {}, {"age": "age at an event"})
        code = each.get("code") if isinstance(each, dict) else None
        if not isinstance(code, str):
            raise ScoreInputError("out-of-range", "an event of the history has no code")
        found.append((code, event.number("age", 0, age, "years")))
    return found
