"""What could not be assessed and why, so that a failure never looks like a normal chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cds_hooks.cards.markdown import Markdown, clip, joined
from fhir_adapters.record import Coverage, DataQualityNote, PatientRecord
from models.finding import Abstention, AbstentionCause, Assessment

# Abstentions that are shortcomings of the call; the others are ordinary properties of the chart.
_FAILURES: Final[dict[AbstentionCause, str]] = {
    "model-error": "the model failed on this chart",
    "out-of-time": "the time for this call was used up",
    "data-unavailable": "needed data could not be obtained",
}

# In clinical words, by model name without version, or by finding where one of several of a model abstains; a
# plug-in that isn't here goes by its own name.
_MODELS: Final = {
    "aki_kdigo": "stage of acute kidney injury",
    "anemia": "anemia",
    "blood_counts": "blood counts",
    "cardiometabolic": "learned cardiometabolic risks",
    "charlson": "Charlson index",
    "child_pugh": "Child-Pugh",
    "ckdepi": "eGFR",
    "curb65": "severity of pneumonia (CURB-65)",
    "anticoagulant_dose": "doses of anticoagulants",
    "diabetes": "diabetes",
    "diabetes_risk": "learned risk of diabetes",
    "drug_allergy": "drugs and allergies",
    "drug_bleeding": "NSAIDs with anticoagulants",
    "drug_kidney": "drugs and kidney function",
    "drug_potassium": "drugs and potassium",
    "duplicate_therapy": "duplicate therapy",
    "electrolytes": "electrolytes",
    "fib4": "liver fibrosis (FIB-4)",
    "findrisc": "FINDRISC",
    "four_ts": "4Ts",
    "gad7": "GAD-7",
    "grace": "GRACE",
    "has_bled": "risk of bleeding (HAS-BLED)",
    "hospital": "HOSPITAL score",
    "hyperlipidaemia": "high LDL cholesterol",
    "hypertension": "blood pressure",
    "hyperthyroidism": "hyperthyroidism",
    "hypertriglyceridaemia_moderate": "raised triglycerides",
    "kdigo_grid": "KDIGO grid",
    "kfre": "kidney failure risk (KFRE)",
    "khorana": "risk of thrombosis (Khorana)",
    "kidney": "kidney disease",
    "lace": "LACE",
    "lipids": "lipids",
    "meld3": "severity of cirrhosis (MELD 3.0)",
    "metabolic": "weight, low glucose, triglycerides",
    "metabolic_syndrome": "metabolic syndrome",
    "mood": "depression and anxiety",
    "news2": "acute deterioration (NEWS2)",
    "note_problems": "problems documented in notes",
    "order_identity": "which drugs are ordered",
    "organs": "bone, liver, iron, prostate, heart and lung results",
    "padua": "Padua score",
    "pce_2013": "Pooled Cohort Equations",
    "perc": "PERC",
    "phq9": "PHQ-9",
    "potassium": "potassium",
    "prediabetes": "prediabetes",
    "prevent": "cardiovascular risk (PREVENT)",
    "qsofa": "qSOFA",
    "raised_lpa": "lipoprotein(a)",
    "readmission": "risk of readmission (learned)",
    "recode": "RECODe",
    "score2": "cardiovascular risk (SCORE2)",
    "sepsis": "early warning of sepsis",
    "serology": "hepatitis and HIV tests",
    "sirs": "SIRS",
    "sofa": "SOFA",
    "statin_without_reason": "statin without a recorded reason",
    "stroke_af": "stroke risk in atrial fibrillation",
    "thyroid": "thyroid",
    "timi": "TIMI",
    "treated": "drugs without a recorded reason",
    "vitamins": "vitamins",
    "wells_dvt": "Wells score (thrombosis)",
    "wells_pe": "Wells score (embolism)",
}

# Parts of a chart by prefetch key and by resource type.
_PARTS: Final = {
    key: words
    for words, keys in {
        "problem list": ("conditions", "Condition"),
        "results and vital signs": ("observations", "Observation"),
        "medication list": (
            "medications",
            "MedicationRequest",
            "medicationStatements",
            "MedicationStatement",
        ),
        "allergies": ("allergies", "AllergyIntolerance"),
        "procedures": ("procedures", "Procedure"),
        "encounters": ("encounters", "Encounter"),
        "family history": ("familyHistory", "FamilyMemberHistory"),
        "notes": (
            "notes",
            "DocumentReference",
            "Binary",
            "compositions",
            "Composition",
            "impressions",
            "ClinicalImpression",
        ),
        "reports": ("reports", "DiagnosticReport"),
    }.items()
    for key in keys
}
_PROBLEM_LIST_GAPS: Final[dict[Coverage, str]] = {
    "complete": "",
    "partial": "which was read only in part",
    "unavailable": "which could not be read",
    "not-asked": "which was not read",
}
# Without these an empty answer would say nothing about the patient.
_ESSENTIAL: Final = frozenset({"problem list", "results and vital signs"})
_TEXTS: Final = frozenset({"notes", "reports"})
_LISTED: Final = 6
_SUBJECT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """What is missing from the assessment, in clinical words.

    Attributes:
        not_assessed: Questions by reason.
        unavailable: Parts of the chart that could not be had.
        incomplete: Parts of which only some could be had.
        unread_notes: Number of notes or reports that were not read.
        unread_days: First and last day of those of them that have a date; empty when none has.
        partly_read_notes: Number of those of which a part was read.
        foreign: Number of entries of another patient that were set aside.
        withheld: Number of entries that are labelled as confidential and were left out.
        silenced: True when a model would have answered but for a part that could not be had.
        failed: The abstentions behind `not_assessed`.
        unchecked: What the call itself asked about and got no answer, with the reason; each once.
    """

    not_assessed: dict[str, tuple[str, ...]]
    unavailable: tuple[str, ...]
    incomplete: tuple[str, ...]
    unread_notes: int
    unread_days: tuple[date, date] | tuple[()]
    partly_read_notes: int
    foreign: int
    withheld: int
    silenced: bool
    failed: tuple[Abstention, ...]
    unchecked: tuple[tuple[str, str], ...] = ()

    @property
    def prevented_assessment(self) -> bool:
        """True when the absence of findings must not be taken for a normal chart."""
        lost = _ESSENTIAL & {*self.unavailable, *self.incomplete}
        kept_out = self.foreign or self.withheld
        return bool(self.not_assessed or lost or kept_out or self.silenced or self.unchecked)

    def lines(self) -> tuple[Markdown, ...]:
        """One line of Markdown for each kind of shortcoming; empty when there is none."""
        found: list[Markdown] = []
        if self.unchecked:
            found.append(Markdown("**Not checked:** ") + joined("; ", self._unchecked_words()) + ".")
        if self.not_assessed:
            causes = [f"{', '.join(names)}: {reason}" for reason, names in self.not_assessed.items()]
            found.append(Markdown("**Not assessed:** ") + joined("; ", causes) + ".")
        if self.unavailable:
            found.append(Markdown("**Not available:** ") + ", ".join(self.unavailable) + ".")
        if self.incomplete:
            found.append(Markdown("**Incomplete:** ") + ", ".join(self.incomplete) + ".")
        if self.unread_notes:
            found.append(
                Markdown("**Not read:** ")
                + _count(self.unread_notes, "note")
                + _dated(self.unread_days)
                + "."
            )
        if self.partly_read_notes:
            found.append(Markdown("**Read in part:** ") + _count(self.partly_read_notes, "note") + ".")
        if self.foreign:
            entries = _count(self.foreign, "entry", "entries")
            found.append(Markdown("**Set aside:** ") + f"{entries} of another patient.")
        if self.withheld:
            entries = _count(self.withheld, "entry", "entries")
            found.append(Markdown("**Left out:** ") + f"{entries} labelled as confidential by the sender.")
        return tuple(found)

    def _unchecked_words(self) -> list[str]:
        words = [f"{clip(subject, _SUBJECT)}: {reason}" for subject, reason in self.unchecked[:_LISTED]]
        more = len(self.unchecked) - _LISTED
        return [*words, f"{more} more"] if more > 0 else words

    def subjects(self) -> tuple[str, ...]:
        """What is missing, as a list of names for a summary; first what the call asked about."""
        if self.unchecked:
            return tuple(dict.fromkeys(subject for subject, _ in self.unchecked))
        names = [name for group in self.not_assessed.values() for name in group]
        withheld = ("confidential entries left out",) if self.withheld else ()
        return tuple(dict.fromkeys((*self.unavailable, *self.incomplete, *names, *withheld)))


def completeness(assessment: Assessment, record: PatientRecord) -> Completeness:
    """Reads the shortcomings from the abstentions, the record's gaps and its coverage."""
    failed = tuple(a for a in assessment.abstentions if a.cause in _FAILURES and not a.subject)
    asked = (a for a in assessment.abstentions if a.subject and a.cause != "not-indicated")
    unavailable = _parts(record, "unavailable", "unavailable")
    if record.knows("MedicationRequest", "MedicationStatement"):
        unavailable = [part for part in unavailable if part != "medication list"]
    incomplete = [p for p in _parts(record, "incomplete", "partial") if p not in unavailable]
    unread = {gap.source for gap in record.gaps if _is_unread_text(gap.problem, gap.source)}
    days = sorted(note.at.date() for note in record.notes if note.source in unread and note.at)
    return Completeness(
        not_assessed=_by_reason(failed),
        unavailable=tuple(unavailable),
        incomplete=tuple(incomplete),
        unread_notes=len(unread),
        unread_days=(days[0], days[-1]) if days else (),
        partly_read_notes=len({gap.source for gap in record.gaps if _is_partly_read(gap)} - unread),
        foreign=len({gap.source for gap in record.gaps if gap.problem == "wrong-patient"}),
        withheld=record.withheld,
        silenced=any(_lacks_only(abstention, unavailable) for abstention in assessment.abstentions),
        failed=failed,
        unchecked=tuple(dict.fromkeys((a.subject, a.reason) for a in asked)),
    )


def problem_list_gap(record: PatientRecord) -> str:
    """Why a problem that the record does not hold may stand on the problem list; "" where it can't."""
    return _PROBLEM_LIST_GAPS[record.coverage.get("Condition", "not-asked")]


def _lacks_only(abstention: Abstention, unavailable: Iterable[str]) -> bool:
    """True when everything that a model misses belongs to parts of the chart that could not be had."""
    return bool(abstention.missing) and all(
        any(part in missing for part in unavailable) for missing in abstention.missing
    )


def _by_reason(failed: Iterable[Abstention]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, dict[str, None]] = {}
    for abstention in failed:
        grouped.setdefault(_FAILURES[abstention.cause], {})[subject_of(abstention)] = None
    return {reason: tuple(names) for reason, names in grouped.items()}


def subject_of(abstention: Abstention) -> str:
    """What an abstention is about, in clinical words."""
    model = abstention.model.name.partition(".")[0]
    return _MODELS.get(abstention.key) or _MODELS.get(model) or abstention.key.replace("_", " ")


def _parts(record: PatientRecord, problem: str, coverage: str) -> list[str]:
    covered = [resource for resource, state in record.coverage.items() if state == coverage]
    asked = [gap.source for gap in record.gaps if gap.problem == problem]
    # A single resource ("Observation/1", "Binary/2") is no whole part of the chart.
    return list(dict.fromkeys(_PARTS[key] for key in (*covered, *asked) if key in _PARTS))


def _is_unread_text(problem: str, source: str) -> bool:
    part = _PARTS.get(source.partition("/")[0], "")
    return part in _TEXTS and (
        problem == "unreadable" or (problem in ("unavailable", "incomplete") and "/" in source)
    )


def _is_partly_read(gap: DataQualityNote) -> bool:
    return gap.problem == "approximate" and _PARTS.get(gap.source.partition("/")[0], "") in _TEXTS


def _dated(days: Sequence[date]) -> Markdown:
    if not days:
        return Markdown("")
    first, last = (day.isoformat() for day in days)
    return Markdown(f" ({first})" if first == last else f" ({first} to {last})")


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
