"""Chronic problems that notes document and the problem list lacks.

Source: that a prompt completes problem lists was shown by Wright A et al., J Am Med Inform Assoc
2012;19:555-561, doi:10.1136/amiajnl-2011-000521 (a randomised trial of such prompts).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from fhir_adapters.record import ICD10CM, SNOMED, CodeMatch, Coding, Need, PatientRecord, Requires
from models.contract import ClinicalSettings
from models.diagnosis.documented.card import CARD
from models.finding import Assessment, Citation, Evidence, Finding, Proposal
from models.note_facts import NOTES_READ, Noted, holds, is_certain, noted
from models.notes.assertion import lasting
from models.notes.linking import Idea, link
from models.registry import clinical_model
from models.scoring import abstain, lacking, stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """What is enough to speak.

    Attributes:
        days: Notes of this many days are looked at.
        link_score: A code this sure.
        days_apart: Two notes on different days, or
        concluding: a note that says it in one of these sections and once more elsewhere.
        shown: Problems on the card, the most often documented first.
    """

    days: int = 731
    link_score: float = 0.9
    days_apart: int = 2
    concluding: tuple[str, ...] = ("assessment_plan", "diagnoses", "hospital_course")
    shown: int = 3


LIMITS = Limits()
STAMP = stamped("note_problems.v1", "1.0", LIMITS)
GROUP = "documented-in-notes"
_QUOTES = 2
_WRIGHT_2012 = Citation(
    label="Wright 2012, problem-list prompts, J Am Med Inform Assoc 19:555-561",
    url="https://doi.org/10.1136/amiajnl-2011-000521",
)


@dataclass(slots=True)
class _Problem:
    """One condition and where it is mentioned, newest first."""

    codes: tuple[CodeMatch, ...]
    idea: Idea
    mentions: list[Noted]

    def days(self) -> int:
        return len({item.at.date() for item in self.mentions})

    def concluded(self) -> bool:
        sections = [item.mention.section for item in self.mentions]
        return len(sections) > 1 and any(section in LIMITS.concluding for section in sections)


@clinical_model
class NoteProblems:
    """Offers a chronic problem for the problem list when notes assert it often and surely enough."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )
    card = CARD

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding for each problem; silent about what any entry of the problem list may already mean."""
        if not record.readings:
            return Assessment(abstentions=(abstain(STAMP, "not-indicated", "no note was read"),))
        if record.coverage.get("Condition") != "complete":
            return Assessment(abstentions=(lacking(STAMP, "the whole problem list"),))
        enough = [problem for problem in _problems(record) if _enough(problem)]
        listed = _listed(record) if enough else []
        found = [each for each in enough if not any(each.idea.may_be(entry) for entry in listed)]
        found.sort(key=_weight, reverse=True)
        return Assessment(findings=tuple(_finding(problem) for problem in found[: LIMITS.shown]))


def _problems(record: PatientRecord) -> list[_Problem]:
    """Chronic problems by idea; one that its newest note does not only assert is dropped."""
    problems: list[_Problem] = []
    contradicted: list[Idea] = []
    # The same words stand in many notes.
    ideas: dict[tuple[CodeMatch, ...], Idea] = {}
    asked = [
        item
        for item in noted(record, LIMITS.days)
        if item.mention.type == "problem" and item.mention.codes and item.mention.assertion.whose == "patient"
    ]
    for _, note in groupby(asked, key=lambda item: item.note.source):
        # What a note denies in one place it does not surely assert in another.
        for item in sorted(note, key=_supports):
            codes = item.mention.codes
            idea = ideas.get(codes) or ideas.setdefault(codes, Idea(codes))
            if any(idea.may_be(other) for other in contradicted):
                continue
            known = next((p for p in problems if idea.may_be(p.idea)), None)
            if _supports(item):
                if known is None:
                    problems.append(_Problem(codes, idea, [item]))
                else:
                    known.mentions.append(item)
            elif known is None and item.mention.assertion.presence != "present":
                contradicted.append(idea)
    return problems


def _supports(item: Noted) -> bool:
    code = item.mention.codes[0]
    chronic = lasting(item.words) or lasting(code.display)
    return chronic and code.score >= LIMITS.link_score and is_certain(item.mention) and holds(item)


def _enough(problem: _Problem) -> bool:
    return problem.days() >= LIMITS.days_apart or problem.concluded()


def _weight(problem: _Problem) -> tuple[int, int]:
    return problem.days(), len(problem.mentions)


def _listed(record: PatientRecord) -> list[Idea]:
    """What entries of any status may mean, by their codes and by their words."""
    return [
        Idea(codes)
        for cond in record.conditions
        for codes in (cond.concept.codings, link(cond.concept.label, "problem"))
        if codes
    ]


def _finding(problem: _Problem) -> Finding:
    display = problem.codes[0].display
    notes = len({item.note.source for item in problem.mentions})
    counted = "a note documents" if notes == 1 else f"{notes} notes document"
    codings = tuple(_codings(problem.codes))
    entry = display[:1].upper() + display[1:]
    proposal = Proposal(
        kind="add-problem", label=f"Add {display} to the problem list", codings=codings, text=entry
    )
    return Finding(
        kind="documented_in_notes",
        key=f"noted_{codings[0].code}",
        group=GROUP,
        statement=f"{entry}: {counted} it, and it is not on the problem list",
        rationale="Order sets, reminders and risk scores rely on the problem list. Check the quoted "
        "sentences: a language model found them, and it makes mistakes.",
        urgency="routine",
        topic=codings[0],
        guideline=_WRIGHT_2012,
        model=STAMP,
        confidence="C",
        evidence=tuple(_quoted(problem.mentions)),
        proposals=(proposal,),
    )


def _codings(codes: Iterable[CodeMatch]) -> list[Coding]:
    by_system = {code.system: code for code in reversed(tuple(codes))}
    return [
        Coding(system, by_system[system].code, by_system[system].display)
        for system in (SNOMED, ICD10CM)
        if system in by_system
    ]


def _quoted(mentions: Iterable[Noted]) -> list[Evidence]:
    one_per_note = {item.note.source: item for item in reversed(list(mentions))}
    return [item.evidence("Documented", item.words) for item in list(one_per_note.values())[::-1][:_QUOTES]]
