"""SOFA: dysfunction of six organ systems in acute illness.

Source: Vincent JL et al., Intensive Care Med 1996;22:707-710, doi:10.1007/BF01709751.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import VASOPRESSOR, taking
from models.finding import Abstention, Evidence
from models.point_score import AdditiveScore, Answers, Found, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, stamped

_OXYGENATION_STEPS = ((100, 4), (200, 3), (300, 2), (400, 1))
_VENTILATOR_DECIDES_BELOW = 200
_UNVENTILATED_MOST = 2
# Bilirubin and creatinine, mg/dL, bring their first point from 1.2 on.
_NO_POINTS_UP_TO = 1.1
_CREATININE = Steps(
    "creatinine_mg_dl", "creatinine", (0.1, 25, "mg/dL"), ((1.2, 1), (2.0, 2), (3.5, 3), (5.0, 4))
)
_URINE_LOW = ((200, 4), (500, 3))


@dataclass(frozen=True, slots=True)
class _Oxygenation:
    """PaO2/FiO2, mm[Hg]; more than two points need a ventilator."""

    name: str = "pao2_fio2"
    label: str = "PaO2/FiO2"
    span: tuple[float, float] = (0, 4)

    def points(self, given: Inputs) -> float:
        ratio = given.number(self.name, 10, 900, "mm Hg")
        worst = next((points for cut, points in _OXYGENATION_STEPS if ratio < cut), 0)
        if worst <= _UNVENTILATED_MOST:
            return worst
        return worst if given.flag("ventilated") else _UNVENTILATED_MOST


@dataclass(frozen=True, slots=True)
class _Kidney:
    """Creatinine, or urine output where it is worse."""

    name: str = "creatinine_mg_dl"
    label: str = "creatinine"
    span: tuple[float, float] = (0, 4)

    def points(self, given: Inputs) -> float:
        by_creatinine = _CREATININE.points(given)
        if not given.has("urine_output_ml_day"):
            return by_creatinine
        urine = given.number("urine_output_ml_day", 0, 20000, "mL/day")
        return max(by_creatinine, next((points for cut, points in _URINE_LOW if urine < cut), 0))


_ITEMS = (
    _Oxygenation(),
    Steps(
        "platelets_10_9_l",
        "platelets",
        (1, 3000, "×10⁹/L"),
        ((20, 3), (50, 2), (100, 1), (150, 0)),
        base=4,
    ),
    Steps(
        "bilirubin_mg_dl",
        "bilirubin",
        (0.05, 80, "mg/dL"),
        ((1.2, 1), (2.0, 2), (6.0, 3), (12.0, 4)),
    ),
    Steps(
        "cardiovascular_subscore",
        "blood pressure and vasopressors (0 to 4)",
        (0, 4, ""),
        ((1, 1), (2, 2), (3, 3), (4, 4)),
    ),
    Steps("gcs", "Glasgow Coma Scale", (3, 15, ""), ((6, 3), (10, 2), (13, 1), (15, 0)), base=4),
    _Kidney(),
)


@clinical_model
class Sofa(AdditiveScore):
    """SOFA as a calculator and on a chart; it informs and makes no card of its own."""

    name = "sofa.v1"
    calculator_name = "sofa"
    title = "SOFA"
    result = "sofa"
    items = _ITEMS
    further_labels = (("ventilated", "ventilator (yes or no)"), ("urine_output_ml_day", "urine output"))
    stamp = stamped("sofa.v1", "1", (_ITEMS, _OXYGENATION_STEPS, _CREATININE, _URINE_LOW))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Encounter"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(
                resource="Observation",
                analytes=(
                    "po2",
                    "fio2",
                    "platelets",
                    "bilirubin_total",
                    "sbp",
                    "dbp",
                    "gcs",
                    "creatinine",
                    "urine_output_24h",
                ),
                lookback_days=1,
            ),
        )
    )
    card = PublishedScore(
        authors="the working group on sepsis of the European Society of Intensive Care Medicine (1996)",
        output="SOFA points, 0 to 24, from the worst values of 24 hours.",
        output_type="The sum over six organ systems of 0 to 4 points each.",
        intended_use="To describe organ dysfunction on request; a rise of 2 or more with infection defines "
        "sepsis (2016).",
        population="Acutely ill adults, foremost in intensive care.",
        out_of_scope="Children, and a single score as a reason to limit care.",
        known_risks="Without an earlier score the rise is not known: chronic kidney or liver disease scores "
        "too. Vasopressor doses are not in the chart that is read, so no score is given with vasopressors.",
        derivation="A consensus conference; later evaluated in 1449 patients of 40 intensive care units.",
        references="doi:10.1007/BF01709751; doi:10.1097/00003246-199811000-00016.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults in acute care only."""
        return _chart.outside_acute_care(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """The worst values of 24 hours."""
        return {
            "pao2_fio2": _ratio(record),
            "platelets_10_9_l": _chart.worst(record, "platelets", 1, highest=False),
            "bilirubin_mg_dl": _chart.worst(
                record, "bilirubin_total", 1, highest=True, same_below=_NO_POINTS_UP_TO
            ),
            "cardiovascular_subscore": _circulation(record),
            "gcs": _chart.worst(record, "gcs", 1, highest=False),
            "creatinine_mg_dl": _chart.worst(
                record, "creatinine", 1, highest=True, same_below=_NO_POINTS_UP_TO
            ),
            "urine_output_ml_day": _chart.value(record, "urine_output_24h", 1),
        }

    def deciding(self, name: str, gathered: Gathered) -> Evidence:
        """The kidney counts by its urine output where that is worse than the creatinine."""
        if name == "creatinine_mg_dl" and "urine_output_ml_day" in gathered.inputs:
            by_creatinine = _CREATININE.of(gathered.inputs[name])
            if self.points(gathered.inputs)[name] > by_creatinine:
                return gathered.evidence["urine_output_ml_day"]
        return gathered.evidence[name]


def _ratio(record: PatientRecord) -> Found | None:
    """PaO2/FiO2 where both were measured; below 200 the ventilator decides, which is not in the chart."""
    oxygen = _chart.worst(record, "po2", 1, highest=False)
    fraction = _chart.value(record, "fio2", 1)
    if oxygen is None or fraction is None:
        return None
    ratio = oxygen.value / (fraction.value / 100)
    if ratio < _VENTILATOR_DECIDES_BELOW:
        return None
    shown = Evidence(
        source=oxygen.evidence.source,
        label="PaO2/FiO2",
        value=f"{ratio:.0f}",
        unit="mmHg",
        at=oxygen.evidence.at,
    )
    return Found(ratio, shown)


def _circulation(record: PatientRecord) -> Found | None:
    """0 or 1 by mean arterial pressure; unknown with a vasopressor, whose dose is not read."""
    if not record.knows("MedicationRequest", "MedicationStatement") or taking(record, VASOPRESSOR):
        return None
    pressure = _chart.mean_arterial_pressure(record, 1)
    return Found(int(pressure.value < 70), pressure.evidence) if pressure is not None else None
