"""Decides presence, time and experiencer of a mention from its cues, its marks and its section."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from fhir_adapters.record import Assertion, Presence, Span, When, Whose
from models.notes.assertion.evidence import Evidence
from models.notes.assertion.features import is_habit
from models.notes.assertion.scope import Heard

# Share of right answers of all three together on the NegEx sentences, cross-validated; rounded down.
_SURE, _FAIRLY_SURE, _UNSURE = 0.95, 0.9, 0.75
_FAR = 12
# Orders and treatments are planned, stopped and refused; problems and findings are not.
_ORDERED = frozenset(("medication", "procedure", "test", "dosage"))
_TREATED = frozenset(("medication", "procedure", "dosage"))
_DISEASED = frozenset(("problem", "symptom", "habit"))
# A negative test was done all the same, as was a procedure whose result is negative.
_DONE = frozenset(("test", "procedure", "value", "medication", "dosage"))
_RESULT_GROUPS = frozenset(("negative", "not-there", "possible-after", "answer"))
# Drugs and tests are taken and done by patients at risk, and to prevent something.
_NOT_CONDITIONAL = frozenset(("risk", "risk-after"))
_STILL_LISTED = re.compile(r"active|problem|current|chronic|ongoing")
# A habit that was given up, a complaint that one "used to have".
_FORMER = frozenset(("former", "quit-after"))
_DENYING = frozenset(("no", "without", "denies", "denied", "never", "non", "not"))
_YEAR = re.compile(r"(?:19[0-9]|200|201)\d")
_IN_YEAR = frozenset(("in", "circa", "c", "around", "from", "year"))
_NOT_THEN = frozenset((",", ";", ".", "since", "that", "which", "on", "seen", "noted", "shown"))
_NOT_SINCE_THEN = frozenset(
    (";", ".", "since", "now", "today", "has", "have", "is", "are", "who", "and", "but")
)
_YEAR_WORDS = 9
_ALLERGIES = frozenset(("allergy", "allergies", "allergic", "nkda"))
# A name of two words at least can begin with its denial; these are diseases by their names.
_FEWEST = 2
_NAMED_NON = frozenset(("stemi", "hodgkin", "union", "melanoma", "compliance", "adherence"))
# Allergic diseases, and what people are allergic to all the time, are of now.
_ALLERGIC = frozenset(
    (
        "rhinitis",
        "conjunctivitis",
        "asthma",
        "dermatitis",
        "sinusitis",
        "seasonal",
        "environmental",
        "reaction",
    )
)
# The words behind a test of a disease that say that it found it.
_FOUND = frozenset(("positive", "pos", "reactive", "detected", "elevated", "confirmed"))
_FOUND_WITHIN = 5
# What began some time ago goes on.
_ONSET = frozenset(
    ("onset", "began", "begun", "beginning", "started", "starting", "developed", "since", "noticed")
)
_ONSET_WITHIN = 4
_ON = frozenset(("on", "takes", "taking"))
_WAS = (("was", "a"), ("was", "an"), ("been", "a"))

_Verdict = tuple[str, tuple[Span, ...], float]


def assertion_of(evidence: Evidence) -> Assertion:
    """What the rules make of a mention; present, current and the patient's own when nothing says otherwise.

    A cue that is nearer wins over one of another kind that is farther; denial wins over doubt within one
    item. The score is the share of such decisions that were right on the NegEx sentences.

    Source: Chapman et al. 2001 (NegEx), Harkema et al. 2009 (ConText); scopes and lists are our own.
    """
    presence, presence_cues, sure = presence_of(evidence)
    whose, whose_cues = whose_of(evidence)
    when, when_cues = when_of(evidence, presence, whose)
    cues = sorted({*presence_cues, *whose_cues, *when_cues}, key=lambda span: (span.start, span.end))
    return Assertion(presence=presence, when=when, whose=whose, score=sure, cues=tuple(cues))


def presence_of(evidence: Evidence) -> tuple[Presence, tuple[Span, ...], float]:
    """Presence with the cues for it and how sure it is."""
    mark = evidence.mark
    if mark.sign == "absent":
        return "absent", (mark.span,), _SURE
    if mark.sign == "possible":
        return "possible", (mark.span,), _FAIRLY_SURE
    if _denies_itself(evidence.name):
        return "absent", (), _FAIRLY_SURE
    chosen = _strongest(evidence)
    if chosen is not None:
        sure = _sureness(chosen)
        return _as_presence(chosen.cue.kind.effect), (evidence.span_of(chosen),), sure
    if mark.sign == "affirmed":
        return "present", (mark.span,), _SURE
    return _by_section(evidence)


def _denies_itself(name: tuple[str, ...]) -> bool:
    """True for "no acute distress" and "non-tender", not for "non-small cell lung cancer"."""
    if len(name) < _FEWEST or name[0] not in _DENYING:
        return False
    if name[0] != "non":
        return True
    denied = [word for word in name[1:] if word != "-"]
    return len(denied) == 1 and denied[0] not in _NAMED_NON


def _sureness(heard: Heard) -> float:
    if heard.cue.kind.group == "unlikely":
        return _UNSURE
    return _FAIRLY_SURE if heard.gap > _FAR or heard.cue.kind.effect != "absent" else _SURE


def _as_presence(effect: str) -> Presence:
    presences: dict[str, Presence] = {
        "absent": "absent",
        "past": "absent",
        "possible": "possible",
        "conditional": "conditional",
    }
    return presences.get(effect, "present")


def _strongest(evidence: Evidence) -> Heard | None:
    """The cue that decides presence; None when the mention is plainly there."""
    bearing = [heard for heard in evidence.heard if _bears(heard, evidence)]
    after = _first(bearing, lambda h: h.cue.kind.side == "after")
    absent = _first(bearing, lambda h: h.cue.kind.effect in ("absent", "past"))
    conditional = _first(bearing, lambda h: h.cue.kind.effect == "conditional")
    possible = _first(bearing, lambda h: h.cue.kind.effect == "possible")
    affirmed = after is not None and after.cue.kind.effect == "affirmed"
    if affirmed and (absent is None or "," in _between(evidence, absent)):
        return conditional
    if absent is not None and (conditional is None or absent.gap <= conditional.gap):
        nearer = possible is not None and possible.gap < absent.gap and "," in _between(evidence, absent)
        return possible if nearer else absent
    return conditional or possible


def _bears(heard: Heard, evidence: Evidence) -> bool:
    """True when a cue of presence means anything for this type of mention."""
    kind = heard.cue.kind
    if kind.group in _FORMER:
        return evidence.type in _DISEASED
    if kind.effect not in ("absent", "possible", "conditional", "affirmed"):
        return False
    if evidence.type in _DONE and (kind.group in _RESULT_GROUPS or kind.group in _NOT_CONDITIONAL):
        return False
    if evidence.type == "test" and kind.group == "denies" and "negative" in _between_with(evidence, heard):
        return False  # "tests negative for HIV": it was done
    if kind.group == "intended":
        return evidence.type not in _ORDERED  # planned
    if kind.group == "tested":
        return evidence.type in _DISEASED and _FOUND.isdisjoint(evidence.after[:_FOUND_WITHIN])
    if kind.group in ("refused", "declined"):
        return evidence.type in _TREATED or evidence.type == "test"
    if kind.group == "free" and evidence.type not in _DISEASED:
        return False  # "dissected free"
    if _is_allergy_in_a_list(heard) and evidence.type not in _TREATED and evidence.section != "allergies":
        return False
    if kind.group == "allergy":
        return evidence.type in _TREATED or "allerg" not in " ".join(evidence.name)
    return True


def _is_allergy_in_a_list(heard: Heard) -> bool:
    """True for "allergies" alone, which "asthma, allergies, ulcers" only names."""
    return heard.cue.kind.group == "allergy" and heard.cue.end - heard.cue.start == 1


def _between(evidence: Evidence, heard: Heard) -> tuple[str, ...]:
    return evidence.before[-heard.gap :] if heard.gap and heard.cue.kind.side == "before" else ()


def _between_with(evidence: Evidence, heard: Heard) -> tuple[str, ...]:
    """The words from the beginning of a cue to the mention."""
    return evidence.before[-(heard.gap + heard.cue.end - heard.cue.start) :]


def _first(heard: Iterable[Heard], wanted: Callable[[Heard], bool]) -> Heard | None:
    return min(filter(wanted, heard), key=lambda one: one.gap, default=None)


def _by_section(evidence: Evidence) -> tuple[Presence, tuple[Span, ...], float]:
    heading = (evidence.heading_span,) if evidence.heading_span else ()
    kind = evidence.section
    if kind == "differential" and evidence.type in _DISEASED:
        return "possible", heading, _FAIRLY_SURE
    if kind == "allergies" and evidence.type in _TREATED:
        return "conditional", heading, _FAIRLY_SURE
    if kind == "immunizations" and evidence.type in _DISEASED:
        return "conditional", heading, _UNSURE
    if kind == "instructions" and evidence.type in ("problem", "symptom") and "were" not in evidence.before:
        return "conditional", heading, _UNSURE
    return "present", (), _FAIRLY_SURE


def whose_of(evidence: Evidence) -> tuple[Whose, tuple[Span, ...]]:
    """Whose the thing is, with the cue for it."""
    chosen = _first(evidence.heard, lambda h: h.cue.kind.effect in ("family", "other") or _is_of_family(h))
    if chosen is not None:
        return ("other" if chosen.cue.kind.effect == "other" else "family"), (evidence.span_of(chosen),)
    mixed = "social" in evidence.heading or "patient" in evidence.before
    if evidence.section == "family_history" and not mixed:
        return "family", (evidence.heading_span,) if evidence.heading_span else ()
    return "patient", ()


def _is_of_family(heard: Heard) -> bool:
    return heard.cue.kind.group == "family-history-not"


def when_of(evidence: Evidence, presence: Presence, whose: Whose) -> tuple[When, tuple[Span, ...]]:
    """When the thing is or was, with the cue for it."""
    heading = (evidence.heading_span,) if evidence.heading_span else ()
    planned = _first(evidence.heard, _is_planned)
    if planned is not None and evidence.type in _ORDERED and presence != "absent":
        return "planned", (evidence.span_of(planned),)
    past = past_cue(evidence)
    now = _first(evidence.heard, lambda h: h.cue.kind.effect == "present")
    if past is not None and (now is None or past.gap <= now.gap):
        return "past", (evidence.span_of(past),)
    if (whose == "family" and _is_family_history(evidence)) or _is_allergy(evidence):
        return "past", heading
    if is_habit(evidence.name) and evidence.before[-2:] in _WAS:
        return "past", ()
    if now is None and (_in_past_section(evidence) or _in_past_year(evidence)):
        return "past", heading
    return "current", ()


def _is_planned(heard: Heard) -> bool:
    return heard.cue.kind.effect == "planned" or heard.cue.kind.group == "intended"


def past_cue(evidence: Evidence) -> Heard | None:
    """The nearest cue that puts the mention into the past."""
    return _first(evidence.heard, lambda h: _is_past(h, evidence))


def _is_past(heard: Heard, evidence: Evidence) -> bool:
    group = heard.cue.kind.group
    if group in ("stopped", "stopped-after"):
        return evidence.type in _TREATED
    if group in ("history", "pmh") and evidence.type in _TREATED and not _ON.isdisjoint(evidence.before[-2:]):
        return False  # "history of gout, on allopurinol"
    if group == "then-after" and not _ONSET.isdisjoint(_around(evidence, heard)):
        return False  # "began a year ago" is not over
    return (heard.cue.kind.effect == "past" and group != "known") or group == "history-not"


def _around(evidence: Evidence, heard: Heard) -> tuple[str, ...]:
    """The words between a mention and a cue behind it, and a few before the mention."""
    return evidence.before[-_ONSET_WITHIN:] + evidence.after[: heard.gap]


def _is_family_history(evidence: Evidence) -> bool:
    named = any(heard.cue.kind.group.startswith("family") for heard in evidence.heard)
    return named or (evidence.section == "family_history" and "social" not in evidence.heading)


def _is_allergy(evidence: Evidence) -> bool:
    """True for an allergy and its cause: told as history, for nobody reacts as the note is written."""
    if evidence.section == "allergies":
        return True
    if not _ALLERGIES.isdisjoint(evidence.name):
        return _ALLERGIC.isdisjoint(evidence.name)
    return any(
        heard.cue.kind.group == "allergy" and (evidence.type in _TREATED or not _is_allergy_in_a_list(heard))
        for heard in evidence.heard
    )


def _in_past_section(evidence: Evidence) -> bool:
    if evidence.section == "surgical_history":
        return True
    if evidence.section == "immunizations":
        return evidence.type in _TREATED
    listed = _STILL_LISTED.search(evidence.heading)
    return (
        evidence.section == "past_history"
        and listed is None
        and evidence.type not in ("medication", "dosage")
    )


def is_still_listed(heading: str) -> bool:
    """True for the heading of a list that tells of now, in lower case: "problem list", "active problems"."""
    return _STILL_LISTED.search(heading) is not None


def _in_past_year(evidence: Evidence) -> bool:
    """True for "hysterectomy in 1996" and "in 2010 for pneumonia", not for what has lasted since a year."""
    if evidence.type not in ("problem", "procedure"):
        return False
    after, before = evidence.after[:_YEAR_WORDS], evidence.before[: -_YEAR_WORDS - 1 : -1]
    return _names_year(after, -1, _NOT_THEN) or _names_year(before, 1, _NOT_SINCE_THEN)


def _names_year(words: tuple[str, ...], step: int, stops: frozenset[str]) -> bool:
    """True when "in" and a year are among words; `step` leads from the year to the "in"."""
    for place, word in enumerate(words):
        if word in stops:
            return False
        beside = place + step
        if _YEAR.fullmatch(word) and 0 <= beside < len(words) and words[beside] in _IN_YEAR:
            return True
    return False
