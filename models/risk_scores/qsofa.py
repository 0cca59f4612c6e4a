"""qSOFA: three bedside signs of a poor outcome in suspected infection.

Source: Singer M et al., JAMA 2016;315:801-810, doi:10.1001/jama.2016.0287; Seymour CW et al., JAMA
2016;315:762-774, doi:10.1001/jama.2016.0288.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from models.finding import Abstention
from models.point_score import AdditiveScore, Answers, Steps
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import stamped

_ITEMS = (
    Steps("respiratory_rate", "respiratory rate", (2, 90, "/min"), ((22, 1),)),
    Steps("sbp", "systolic blood pressure", (30, 320, "mm Hg"), ((100, 0),), base=1, exceeds=True),
    Steps("gcs", "Glasgow Coma Scale", (3, 15, ""), ((15, 0),), base=1),
)


@clinical_model
class QSofa(AdditiveScore):
    """qSOFA as a calculator and on a chart; it informs and makes no card, because NEWS2 warns earlier."""

    name = "qsofa.v1"
    calculator_name = "qsofa"
    title = "qSOFA"
    result = "qsofa"
    items = _ITEMS
    stamp = stamped("qsofa.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("resp_rate", "sbp", "gcs"), lookback_days=1),
        )
    )
    card = PublishedScore(
        authors="the Sepsis-3 task force (Singer M et al., 2016)",
        output="qSOFA points, 0 to 3, from the worst values of 24 hours.",
        output_type="The number of signs that are present; 2 or more is positive.",
        intended_use="To describe, on request, an adult with suspected infection outside intensive care.",
        population="Adults with suspected infection.",
        out_of_scope="Children, no suspicion of infection, and use as the only screen for sepsis.",
        known_risks="It misses many with sepsis early on; the Surviving Sepsis Campaign (2021) advises "
        "against it as the single screening tool. Charted late, it describes the past.",
        derivation="Electronic records of patients with suspected infection in 12 hospitals in Pennsylvania.",
        references="doi:10.1001/jama.2016.0287; doi:10.1001/jama.2016.0288; doi:10.1007/s00134-021-06506-y.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Adults in acute care only."""
        return _chart.outside_acute_care(self.stamp, record)

    def answers(self, record: PatientRecord) -> Answers:
        """The worst value of each sign in 24 hours."""
        return {
            "respiratory_rate": _chart.worst(record, "resp_rate", 1, highest=True),
            "sbp": _chart.worst(record, "sbp", 1, highest=False),
            "gcs": _chart.worst(record, "gcs", 1, highest=False),
        }
