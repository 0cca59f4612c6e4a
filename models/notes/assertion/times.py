"""Decides when a mention is or was, from its cues and its section."""

from __future__ import annotations

import re

from fhir_adapters.record import Presence, Span, When, Whose
from models.notes.assertion.evidence import ORDERED, TREATED, Evidence
from models.notes.assertion.features import is_habit
from models.notes.assertion.scope import Heard
from models.notes.assertion.words import word_set

_STILL_LISTED = re.compile(r"active|problem|current|chronic|ongoing")
_YEAR = re.compile(r"(?:19[0-9]|200|201)\d")
_IN_YEAR = frozenset(("in", "circa", "c", "around", "from", "year"))
_NOT_THEN = frozenset((",", ";", ".", "since", "that", "which", "on", "seen", "noted", "shown"))
_NOT_SINCE_THEN = frozenset(
    (";", ".", "since", "now", "today", "has", "have", "is", "are", "who", "and", "but")
)
_YEAR_WORDS = 9
_ALLERGIES = frozenset(("allergy", "allergies", "allergic", "nkda"))
# Allergic diseases, and what people are allergic to all the time, are of now.
_ALLERGIC = word_set("rhinitis conjunctivitis asthma dermatitis sinusitis seasonal environmental reaction")
# What began some time ago goes on.
_ONSET = frozenset(
    ("onset", "began", "begun", "beginning", "started", "starting", "developed", "since", "noticed")
)
_ONSET_WITHIN = 4
_ON = frozenset(("on", "takes", "taking"))
_WAS = (("was", "a"), ("was", "an"), ("been", "a"))


def is_allergy_in_a_list(heard: Heard) -> bool:
    """True for "allergies" alone, which "asthma, allergies, ulcers" only names."""
    return heard.cue.kind.group == "allergy" and heard.cue.end - heard.cue.start == 1


def when_of(evidence: Evidence, presence: Presence, whose: Whose) -> tuple[When, tuple[Span, ...]]:
    """When the thing is or was, with the cue for it."""
    heading = (evidence.heading_span,) if evidence.heading_span else ()
    planned = evidence.nearest(_is_planned)
    if planned is not None and evidence.type in ORDERED and presence != "absent":
        return "planned", (evidence.span_of(planned),)
    past = past_cue(evidence)
    now = evidence.nearest(lambda h: h.cue.kind.effect == "present")
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
    return evidence.nearest(lambda h: _is_past(h, evidence))


def _is_past(heard: Heard, evidence: Evidence) -> bool:
    group = heard.cue.kind.group
    if group in ("stopped", "stopped-after"):
        return evidence.type in TREATED
    if group in ("history", "pmh") and evidence.type in TREATED and not _ON.isdisjoint(evidence.before[-2:]):
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
        heard.cue.kind.group == "allergy" and (evidence.type in TREATED or not is_allergy_in_a_list(heard))
        for heard in evidence.heard
    )


def _in_past_section(evidence: Evidence) -> bool:
    if evidence.section == "surgical_history":
        return True
    if evidence.section == "immunizations":
        return evidence.type in TREATED
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
