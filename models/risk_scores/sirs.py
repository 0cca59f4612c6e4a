"""SIRS: the criteria of the systemic inflammatory response syndrome.

Source: Bone RC et al., Chest 1992;101:1644-1655, doi:10.1378/chest.101.6.1644.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Need, PatientRecord, Requires
from models.finding import Abstention, Evidence
from models.point_score import AdditiveScore, Answers, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, stamped


@dataclass(frozen=True, slots=True)
class _Outside:
    """A value outside a range, or a second value beyond a limit, brings the point."""

    name: str
    label: str
    limits: tuple[float, float, str]
    low: float
    high: float
    other: str = ""
    other_limits: tuple[float, float, str] = (0, 0, "")
    other_below: float | None = None
    other_above: float | None = None
    span: tuple[float, float] = (0, 1)

    def points(self, given: Inputs) -> float:
        value = given.number(self.name, *self.limits)
        if value < self.low or value > self.high:
            return 1
        if not self.other or not given.has(self.other):
            return 0
        other = given.number(self.other, *self.other_limits)
        below = self.other_below is not None and other < self.other_below
        return int(below or (self.other_above is not None and other > self.other_above))


_NO_LOW = 0.0
_ITEMS = (
    _Outside("temperature_c", "temperature", (25, 45, "°C"), 36, 38),
    Steps("heart_rate", "heart rate", (15, 300, "/min"), ((90, 1),), exceeds=True),
    _Outside(
        "respiratory_rate", "respiratory rate", (2, 90, "/min"), _NO_LOW, 20,
        other="paco2_mm_hg", other_limits=(5, 200, "mm Hg"), other_below=32,
    ),
    _Outside(
        "wbc_10_9_l", "white cell count", (0, 500, "×10⁹/L"), 4, 12,
        other="bands_pct", other_limits=(0, 100, "%"), other_above=10,
    ),
)  # fmt: skip


@clinical_model
class Sirs(AdditiveScore):
    """The SIRS criteria as a calculator and on a chart; they inform and make no card."""

    name = "sirs.v1"
    calculator_name = "sirs"
    title = "SIRS criteria"
    result = "sirs"
    items = _ITEMS
    further_labels = (("paco2_mm_hg", "arterial carbon dioxide pressure"), ("bands_pct", "band neutrophils"))
    stamp = stamped("sirs.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Encounter"),
            Need(
                resource="Observation",
                analytes=("temperature", "heart_rate", "resp_rate", "pco2", "wbc", "bands_pct"),
                lookback_days=1,
            ),
        )
    )
    card = PublishedScore(
        authors="the American College of Chest Physicians and the Society of Critical Care Medicine (1992)",
        output="The number of SIRS criteria that are met, 0 to 4.",
        output_type="A count; 2 or more with infection was called sepsis until 2016.",
        intended_use="To describe, on request, an adult with suspected infection.",
        population="Adults in hospital or emergency care.",
        out_of_scope="Children, and any use as a diagnosis of sepsis: the definition of 2016 gave it up.",
        known_risks="Most inpatients meet two criteria at some time; it is unspecific. Newest values of 24 "
        "hours are used, which need not be of one moment.",
        derivation="A consensus conference; not derived from data.",
        references="doi:10.1378/chest.101.6.1644.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults in acute care only."""
        return _chart.outside_acute_care(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """The newest value of each in 24 hours."""
        analytes = {
            "temperature_c": "temperature",
            "heart_rate": "heart_rate",
            "respiratory_rate": "resp_rate",
            "wbc_10_9_l": "wbc",
            "paco2_mm_hg": "pco2",
            "bands_pct": "bands_pct",
        }
        return {name: _chart.value(record, analyte, 1) for name, analyte in analytes.items()}

    def deciding(self, name: str, gathered: Gathered) -> Evidence:
        """A value within its range counts by the other one that is not."""
        item = next(each for each in self.items if each.name == name)
        if isinstance(item, _Outside) and item.low <= gathered.inputs[name] <= item.high:
            return gathered.evidence.get(item.other, gathered.evidence[name])
        return gathered.evidence[name]
