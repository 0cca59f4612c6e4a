"""Atrial fibrillation that an ECG report documents and the problem list lacks.

Source: Joglar JA et al. (ACC/AHA/ACCP/HRS), Circulation 2024;149:e1-156: a 12-lead ECG, or 30 seconds of a
strip. What other notes say of it is left to `documented/note_problems.py`.
"""

from __future__ import annotations

import re
from datetime import timedelta

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import ATRIAL_FIBRILLATION
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import day
from models.diagnosis.exclusions import is_adult
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import ORDER_ECG, RuleFamily
from models.diagnosis.values import TWO_YEARS
from models.finding import Assessment, Citation, Evidence
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.scoring import stamped

_FIBRILLATION = re.compile(r"\b(?:atrial fibrillation|a-?fib|auricular fibrillation)\b", re.IGNORECASE)
_RECORDED = re.compile(
    r"\b(?:12[- ]lead|ecg|ekg|electrocardiogram|holter|telemetry|rhythm strip|event monitor|loop recorder|"
    r"pacemaker interrogation|device interrogation)\b",
    re.IGNORECASE,
)
_AFTER_SURGERY = re.compile(r"\bpost-?(?:op\b|operative)", re.IGNORECASE)
STAMP = stamped("rhythm.v1", "1.0", (_FIBRILLATION.pattern, _RECORDED.pattern, TWO_YEARS))
RULE = RuleFamily(group="atrial-fibrillation", stamp=STAMP).rule(
    "atrial_fibrillation",
    "atrial fibrillation",
    ("49436004", "I48.91"),
    (ATRIAL_FIBRILLATION,),
    Citation(
        label="ACC/AHA/ACCP/HRS 2023 guideline on atrial fibrillation",
        url="https://doi.org/10.1161/CIR.0000000000001193",
    ),
)


@clinical_model
class RhythmCriteria:
    """Atrial fibrillation by an ECG, monitor or device report."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )
    card = PublishedCriteria(
        authors="ACC, AHA, ACCP and HRS (2023)",
        conditions="atrial fibrillation",
        output="The sentence of a report in which a recorded rhythm is called atrial fibrillation.",
        population="Adults of 18 years and over without any record of atrial fibrillation or flutter.",
        out_of_scope="Children, flutter, fibrillation only after an operation, mentions without a recording.",
        known_risks="The rhythm is not read, only words about it; automatic ECG readings overcall "
        "fibrillation.",
        basis="Definition by the guideline: a 12-lead ECG or 30 seconds of a strip.",
        accuracy="Not available for this rule.",
        fairness="Who gets an ECG differs between groups; the rule is the same for everybody.",
        inputs="Age.",
        references="doi:10.1161/CIR.0000000000001193.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding where a report affirms it; nothing where any entry, past ones too, names it."""
        if not is_adult(record) or ever_documented(record, ATRIAL_FIBRILLATION):
            return Assessment()
        found = _recorded(record)
        if found is None or found.at is None:
            return Assessment()
        return Assessment(
            findings=(
                RULE.finding(
                    statement=f"Atrial fibrillation on a recording of {day(found.at)}, not on the problem "
                    "list",
                    rationale="Confirm the tracing, record it, and judge stroke risk: anticoagulation is "
                    "decided "
                    "by CHA2DS2-VASc, not by symptoms.",
                    confidence="B",
                    urgency="soon",
                    evidence=(found,),
                    proposals=(RULE.add_problem(), ORDER_ECG),
                ),
            )
        )


def _recorded(record: PatientRecord) -> Evidence | None:
    """The newest affirmed mention in a report of a recording, or in a sentence that names one."""
    middle = record.as_of - timedelta(days=TWO_YEARS / 2)
    found = symptom(record, _FIBRILLATION, "Rhythm", middle, TWO_YEARS / 2)
    if found is None or _AFTER_SURGERY.search(found.quote):
        return None
    note = next((note for note in record.notes if note.source == found.source), None)
    named = f"{note.title} {note.type.label} {found.quote}" if note is not None else found.quote
    return found if _RECORDED.search(named) else None
