"""NEWS2: the National Early Warning Score of acutely ill adults, from one set of observations.

Source: Royal College of Physicians. National Early Warning Score (NEWS) 2. Standardising the assessment of
acute-illness severity in the NHS. Updated report of a working party. London: RCP, 2017.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import HYPERCAPNIC_FAILURE, PALLIATIVE_CARE
from models import chart_inputs
from models.chart_inputs import measured, stated
from models.contract import ClinicalSettings, ScoreInputError
from models.explaining import between, explain_points
from models.explanation import Explanation, MissingInput
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding, Urgency
from models.registry import clinical_model
from models.risk_scores._news2_observations import VITAL_SIGNS, ObservationSet, newest_set
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import Thresholds

_GUIDELINE = Citation(label="NEWS2, Royal College of Physicians, London 2017")
_TOPIC = Coding(SNOMED, "1104051000000101", "Royal College of Physicians NEWS2 total score")

# Bands of each parameter: (upper end, points), the last one open. Whole units, temperature to 0.1 degree.
_BANDS: dict[str, tuple[tuple[float, int], ...]] = {
    "respiratory_rate": ((8, 3), (11, 1), (20, 0), (24, 2), (math.inf, 3)),
    "sbp": ((90, 3), (100, 2), (110, 1), (219, 0), (math.inf, 3)),
    "pulse": ((40, 3), (50, 1), (90, 0), (110, 1), (130, 2), (math.inf, 3)),
    "temperature_c": ((35.0, 3), (36.0, 1), (38.0, 0), (39.0, 1), (math.inf, 2)),
}
_SPO2_BANDS: dict[str, tuple[tuple[float, int], ...]] = {
    "scale 1": ((91, 3), (93, 2), (95, 1), (math.inf, 0)),
    "scale 2 on air": ((83, 3), (85, 2), (87, 1), (math.inf, 0)),
    "scale 2 on oxygen": ((83, 3), (85, 2), (87, 1), (92, 0), (94, 1), (96, 2), (math.inf, 3)),
}
_OXYGEN_POINTS, _NOT_ALERT_POINTS = 2, 3
# Totals from which the publication calls the risk medium and high.
_BANDS_FROM = ((7, "high"), (5, "medium"), (0, "low"))
YOUNGEST = 16
# With fewer vital signs than this, nobody was taking a set of observations.
_ENOUGH_FOR_A_SET = 3

_RANGES: dict[str, tuple[float, float, str]] = {
    "respiratory_rate": (2, 90, "/min"),
    "spo2": (30, 100, "%"),
    "sbp": (30, 320, "mm Hg"),
    "pulse": (15, 300, "/min"),
    "temperature_c": (25, 45, "°C"),
}
_LABELS = {
    "respiratory_rate": "respiratory rate",
    "spo2": "oxygen saturation",
    "on_oxygen": "supplemental oxygen (yes or no)",
    "sbp": "systolic blood pressure",
    "pulse": "pulse",
    "alert": "level of consciousness",
    "temperature_c": "temperature",
    "spo2_scale": "oxygen saturation scale (1 or 2)",
}


def points(inputs: Mapping[str, Any]) -> dict[str, int]:
    """The points of each parameter that is given; the sum is NEWS2 when all seven are.

    Raises:
        ScoreInputError: A parameter is mistyped or outside its plausible range.
    """
    given = Inputs(inputs, _LABELS)
    values = {name: given.number(name, *limits) for name, limits in _RANGES.items() if given.has(name)}
    scored = {
        name: _band_points(_rounded(name, values[name]), _BANDS[name]) for name in _BANDS if name in values
    }
    oxygen = given.flag("on_oxygen") if given.has("on_oxygen") else None
    if "spo2" in values:
        scale_2 = "scale 2 on oxygen" if oxygen else "scale 2 on air"
        bands = _SPO2_BANDS[scale_2 if _is_scale_2(given) else "scale 1"]
        scored["spo2"] = _band_points(math.floor(values["spo2"]), bands)
    if oxygen is not None:
        scored["on_oxygen"] = _OXYGEN_POINTS * oxygen
    if given.has("alert"):
        scored["alert"] = _NOT_ALERT_POINTS * (1 - given.flag("alert"))
    return scored


def _is_scale_2(given: Inputs) -> bool:
    if not given.has("spo2_scale"):
        return False
    scale = given.number("spo2_scale", 1, 2, "")
    if scale not in (1, 2):
        raise ScoreInputError("out-of-range", "oxygen saturation scale must be 1 or 2")
    return scale == 2


def _rounded(name: str, value: float) -> float:
    return round(value, 1) if name == "temperature_c" else math.floor(value)


def _band_points(value: float, bands: tuple[tuple[float, int], ...]) -> int:
    return next(points for upper, points in bands if value <= upper)


@clinical_model
class News2:
    """NEWS2 as a calculator, and as a model that calls for a review of somebody who is deteriorating."""

    name = "news2.v1"
    calculator_name = "news2"
    stamp = stamped("news2.v1", "1", (_BANDS, _SPO2_BANDS, _OXYGEN_POINTS, _NOT_ALERT_POINTS))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(
                resource="Observation",
                analytes=(*VITAL_SIGNS.values(), "consciousness", "gcs", "o2_flow", "fio2"),
                lookback_days=1,
            ),
            Need(resource="Observation", analytes=("pregnancy_status",), lookback_days=365),
        )
    )
    card = PublishedScore(
        authors="the Royal College of Physicians (2017)",
        output="NEWS2 points (0 to 20) of one set of observations.",
        output_type="The sum of points of seven parameters: 0 to 4 low, 5 to 6 medium, 7 and more high.",
        intended_use="To call for an urgent review at 5 points and an emergency response at 7 points. A "
        "single "
        "parameter of 3 points alone makes no card: bedside staff act on it under their own protocol.",
        population="Acutely ill people aged 16 and more in hospital or emergency care.",
        out_of_scope="Children, pregnancy, ambulatory measurements, end-of-life care, and observations more "
        "than 24 hours old.",
        known_risks="Charted with delay, it describes the past. Chronically abnormal values (atrial "
        "fibrillation, lung disease, spinal injury) raise it. The second oxygen scale is used only when "
        "hypercapnic failure is coded. A low score does not exclude serious illness.",
        derivation="Agreed by a working party of experts, checked against hospital observation data; not "
        "fitted as a statistical model.",
        derivation_people="Age and sex are not inputs.",
        representativeness="Adults admitted to hospitals in the United Kingdom.",
        relevance="The seven parameters are those nurses chart at the bedside.",
        fairness="No demographic input. Pulse oximeters overread in people with dark skin, which can lower "
        "the score; the publication does not correct for it.",
        validation_data="The preceding NEWS: 198 755 observation sets of 35 585 acute medical admissions.",
        validation_party="Prytherch, Smith and colleagues in Portsmouth, members of the working party "
        "among them.",
        validation_people="Adults in unselected acute medical admissions of one English hospital.",
        validation_process="Area under the receiver operating curve for cardiac arrest, unplanned intensive "
        "care admission or death within 24 hours.",
        performance_internal="Not available: the score was not fitted to data.",
        performance_external="NEWS: area under the curve 0.873 for the combined outcome within 24 hours. "
        "NEWS2 "
        "differs in the second oxygen scale and in new confusion.",
        references="Royal College of Physicians, London 2017; Smith GB et al., Resuscitation "
        "2013;84:465-470, "
        "doi:10.1016/j.resuscitation.2012.12.016.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Adds the points of a complete set.

        Args:
            inputs: respiratory_rate (/min), spo2 (%), on_oxygen (0 or 1), sbp (mm[Hg]), pulse (/min), alert
                (1 alert; 0 new confusion or responds to voice, pain or not at all), temperature_c (Cel),
                and optionally spo2_scale (1, which is the default, or 2 for hypercapnic failure).

        Returns:
            news2, in points.

        Raises:
            ScoreInputError: An input is missing, mistyped or outside its plausible range.
        """
        Inputs(inputs, _LABELS).require(*(name for name in _LABELS if name != "spo2_scale"))
        return {"news2": sum(points(inputs).values())}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """One set of the last 24 hours; what it lacks is named in `missing` and absent from the inputs."""
        age = record.age_years
        observed = newest_set(record)
        if observed is None or len(observed.vital_signs) < _ENOUGH_FOR_A_SET:
            return abstain(self.stamp, "not-indicated", "no acute observations in the last 24 hours")
        gathered = _gathered(record, observed)
        if gathered.missing and not observed.acute:
            return abstain(self.stamp, "not-indicated", "no acute set of observations in the last 24 hours")
        if age is None:
            return lacking(self.stamp, "birth date")
        if age < YOUNGEST or chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "published for ages from 16, not for pregnancy")
        if documented(record, PALLIATIVE_CARE):
            return abstain(self.stamp, "outside-population", "not meant for end-of-life care")
        return gathered

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The score of the record's newest complete set."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The sum of the points."""
        return (Estimate(name="NEWS2", value=result.results["news2"], unit="points"),)

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The points of each observation."""
        return _explanation(result.gathered)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding from 5 points on, or from the site's threshold.

        Consciousness and oxygen can only add points; so a set that lacks them and reaches 5 without them
        makes a finding that says "at least" and names them. A set that lacks a vital sign makes none.
        """
        gathered = self.from_record(record, settings)
        if isinstance(gathered, Abstention):
            return Assessment(abstentions=(gathered,))
        scored = points(gathered.inputs)
        complete_signs = VITAL_SIGNS.keys() <= gathered.inputs.keys()
        if complete_signs and sum(scored.values()) >= settings.thresholds.news2_urgent:
            return Assessment(findings=(_finding(gathered, scored, settings.thresholds),))
        if gathered.missing:
            return Assessment(abstentions=(lacking(self.stamp, *gathered.missing),))
        return Assessment()


def _gathered(record: PatientRecord, observed: ObservationSet) -> Gathered:
    inputs: dict[str, Any] = {name: point.value for name, point in observed.vital_signs.items()}
    evidence = {name: measured(point) for name, point in observed.vital_signs.items()}
    for name, answer in (("alert", observed.alert), ("on_oxygen", observed.on_oxygen)):
        if answer is not None:
            inputs[name], evidence[name] = answer
    hypercapnia = ever_documented(record, HYPERCAPNIC_FAILURE)
    inputs["spo2_scale"] = 2 if hypercapnia else 1
    if hypercapnia:
        evidence["spo2_scale"] = replace(
            stated(hypercapnia, "Hypercapnic respiratory failure"),
            remark="oxygen saturation scored on scale 2",
        )
    missing = tuple(words for name, words in _LABELS.items() if name not in inputs)
    return Gathered(inputs=inputs, evidence=evidence, missing=missing)


def _finding(gathered: Gathered, scored: Mapping[str, int], thresholds: Thresholds) -> Finding:
    total = sum(scored.values())
    emergency = total >= thresholds.news2_emergency
    urgency: Urgency = "emergency" if emergency else "urgent"
    at_least = "at least " if gathered.missing else ""
    times = [item.at for name, item in gathered.evidence.items() if name in VITAL_SIGNS and item.at]
    since = thresholds.stated("news2_emergency" if emergency else "news2_urgent")
    response = (
        "an emergency assessment by a team with critical care skills is recommended"
        if emergency
        else "an urgent review by a clinician who treats acute illness is recommended"
    )
    return Finding(
        kind="complication_risk",
        key="news2",
        group="deterioration",
        statement=f"NEWS2 {at_least}{total} at {max(times):%Y-%m-%d %H:%M}: acute deterioration possible",
        rationale=f"From {since} points {response}, and observations at least hourly. Think of sepsis.",
        urgency=urgency,
        topic=_TOPIC,
        guideline=_GUIDELINE,
        model=News2.stamp,
        confidence="B" if gathered.missing else "A",
        estimate=Estimate(name="NEWS2", value=total, unit="points", band=_band(total)),
        evidence=_scored_evidence(gathered, scored),
        missing=gathered.missing,
        explanation=_explanation(gathered),
    )


def _band(total: int) -> str:
    return next(name for since, name in _BANDS_FROM if total >= since)


def _explanation(gathered: Gathered) -> Explanation:
    """The points of what was observed, and what an item that was not could add."""
    return explain_points("NEWS2", points(gathered.inputs), gathered.evidence, missing=_ranges(gathered))


def _ranges(gathered: Gathered) -> tuple[MissingInput, ...]:
    """Only yes-or-no items: a set that lacks a vital sign makes no score."""
    return tuple(
        MissingInput(label=_LABELS[name], low=low, high=high)
        for name in ("alert", "on_oxygen")
        if name not in gathered.inputs
        for low, high in (between(_total, gathered.inputs, name, (0, 1)),)
    )


def _total(inputs: Mapping[str, Any]) -> int:
    return sum(points(inputs).values())


def _scored_evidence(gathered: Gathered, scored: Mapping[str, int]) -> tuple[Evidence, ...]:
    """Most points first."""
    items = sorted(gathered.evidence.items(), key=lambda item: -scored.get(item[0], 0))
    return tuple(evidence for _, evidence in items)
