"""Platelets that fall by half under heparin.

Sources: Lo G et al., J Thromb Haemost 2006;4:759-65 (4Ts); Cuker A et al. (ASH), Blood Adv 2018;2:3360-92.
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import Measurement, Medication, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import CHEMOTHERAPY, HEPARIN_THROMBOCYTOPENIA
from fhir_adapters.terminology.drugs import HEPARIN
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, day, drug, measured, quantity_of
from models.diagnosis.exclusions import is_adult
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import at_most, recent
from models.finding import Assessment, Citation
from models.registry import clinical_model
from models.scoring import stamped

_FALL, _DAYS, _CURRENT_DAYS = 0.5, 14, 3
STAMP = stamped("heparin.v1", "1.0", (_FALL, _DAYS, _CURRENT_DAYS))
RULE = RuleFamily(group="blood-counts", stamp=STAMP).rule(
    "heparin_thrombocytopenia",
    "heparin-induced thrombocytopenia",
    ("73397007", "D75.829"),
    (HEPARIN_THROMBOCYTOPENIA,),
    Citation(
        label="ASH 2018 guideline on heparin-induced thrombocytopenia",
        url="https://doi.org/10.1182/bloodadvances.2018024489",
    ),
)


@clinical_model
class HeparinCriteria:
    """A fall of platelets of half or more within two weeks, on heparin."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(resource="Observation", analytes=("platelets",), lookback_days=_DAYS + 7, required=True),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="Lo G et al. (2006) and the American Society of Hematology (2018)",
        conditions="heparin-induced thrombocytopenia",
        output="By how much platelets fell within two weeks in somebody on heparin.",
        population="Adults of 18 years and over on heparin or a low-molecular-weight heparin.",
        out_of_scope="Children, chemotherapy, heparin that was stopped and is no longer on the list.",
        known_risks="Surgery, sepsis and dilution lower platelets too; flushes of heparin are seldom on "
        "the list.",
        basis="First of the four items of the 4Ts score; timing, thrombosis and other causes are for the "
        "reader.",
        accuracy="By the publications a low 4Ts score rules it out; a high one is right in about two thirds.",
        fairness="The same rule for everybody.",
        inputs="Age.",
        references="doi:10.1111/j.1538-7836.2006.01787.x; doi:10.1182/bloodadvances.2018024489.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding where the newest count is half or less of one of the two weeks before."""
        heparin = next((med for med in record.medications if _given(record, med)), None)
        known = RULE.documented(record) or documented(record, CHEMOTHERAPY)
        counts = recent(record, "platelets", _DAYS + _CURRENT_DAYS, acute_care=True)
        if heparin is None or known or not counts or not is_adult(record):
            return Assessment()
        newest = counts[-1]
        before = max(counts, key=lambda point: (not point.comparator.startswith("<"), point.value))
        if not _is_fresh(record, newest) or not at_most(newest, _FALL * before.value):
            return Assessment()
        return Assessment(
            findings=(
                RULE.finding(
                    statement=f"Platelets {dated(newest)}, {quantity_of(before)} on {day(before.at)}, on "
                    "heparin",
                    rationale="Score the 4Ts now. From 4 points stop every heparin, give another "
                    "anticoagulant and "
                    "test for antibodies to platelet factor 4.",
                    confidence="C",
                    urgency="urgent",
                    evidence=(measured(newest), measured(before), drug(heparin, "Heparin")),
                    missing=("start of heparin, thrombosis, other causes (4Ts)",),
                    proposals=(order("heparin-induced platelet antibody", "34701-3"),),
                ),
            )
        )


def _given(record: PatientRecord, med: Medication) -> bool:
    return med.is_current(record.as_of) and HEPARIN.holds(med.concept)


def _is_fresh(record: PatientRecord, newest: Measurement) -> bool:
    return newest.at >= record.as_of - timedelta(days=_CURRENT_DAYS)
