"""Decides presence and experiencer of a mention from its cues, its marks and its section."""

from __future__ import annotations

from fhir_adapters.record import Assertion, Presence, Span, Whose
from models.notes.assertion.evidence import ORDERED, TREATED, Evidence, nearest
from models.notes.assertion.scope import Heard
from models.notes.assertion.times import is_allergy_in_a_list, when_of

# Share of right answers of all three together on the NegEx sentences, cross-validated; rounded down.
_SURE, _FAIRLY_SURE, _UNSURE = 0.95, 0.9, 0.75
_FAR = 12
_DISEASED = frozenset(("problem", "symptom", "habit"))
# A negative test was done all the same, as was a procedure whose result is negative.
_DONE = frozenset(("test", "procedure", "value", "medication", "dosage"))
_RESULT_GROUPS = frozenset(("negative", "not-there", "possible-after", "answer"))
# Drugs and tests are taken and done by patients at risk, and to prevent something.
_NOT_CONDITIONAL = frozenset(("risk", "risk-after"))
# A habit that was given up, a complaint that one "used to have".
_FORMER = frozenset(("former", "quit-after"))
_DENYING = frozenset(("no", "without", "denies", "denied", "never", "non", "not"))
# A name of two words at least can begin with its denial; these are diseases by their names.
_FEWEST = 2
_NAMED_NON = frozenset(("stemi", "hodgkin", "union", "melanoma", "compliance", "adherence"))
# The words behind a test of a disease that say that it found it.
_FOUND = frozenset(("positive", "pos", "reactive", "detected", "elevated", "confirmed"))
_FOUND_WITHIN = 5


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
    if not bearing:
        return None
    after = nearest(bearing, lambda h: h.cue.kind.side == "after")
    absent = nearest(bearing, lambda h: h.cue.kind.effect in ("absent", "past"))
    conditional = nearest(bearing, lambda h: h.cue.kind.effect == "conditional")
    possible = nearest(bearing, lambda h: h.cue.kind.effect == "possible")
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
        return evidence.type not in ORDERED  # planned
    if kind.group == "tested":
        return evidence.type in _DISEASED and _FOUND.isdisjoint(evidence.after[:_FOUND_WITHIN])
    if kind.group in ("refused", "declined"):
        return evidence.type in TREATED or evidence.type == "test"
    if kind.group == "free" and evidence.type not in _DISEASED:
        return False  # "dissected free"
    if is_allergy_in_a_list(heard) and evidence.type not in TREATED and evidence.section != "allergies":
        return False
    if kind.group == "allergy":
        return evidence.type in TREATED or "allerg" not in " ".join(evidence.name)
    return True


def _between(evidence: Evidence, heard: Heard) -> tuple[str, ...]:
    return evidence.before[-heard.gap :] if heard.gap and heard.cue.kind.side == "before" else ()


def _between_with(evidence: Evidence, heard: Heard) -> tuple[str, ...]:
    """The words from the beginning of a cue to the mention."""
    return evidence.before[-(heard.gap + heard.cue.end - heard.cue.start) :]


def _by_section(evidence: Evidence) -> tuple[Presence, tuple[Span, ...], float]:
    heading = (evidence.heading_span,) if evidence.heading_span else ()
    kind = evidence.section
    if kind == "differential" and evidence.type in _DISEASED:
        return "possible", heading, _FAIRLY_SURE
    if kind == "allergies" and evidence.type in TREATED:
        return "conditional", heading, _FAIRLY_SURE
    if kind == "immunizations" and evidence.type in _DISEASED:
        return "conditional", heading, _UNSURE
    if kind == "instructions" and evidence.type in ("problem", "symptom") and "were" not in evidence.before:
        return "conditional", heading, _UNSURE
    return "present", (), _FAIRLY_SURE


def whose_of(evidence: Evidence) -> tuple[Whose, tuple[Span, ...]]:
    """Whose the thing is, with the cue for it."""
    chosen = evidence.nearest(lambda h: h.cue.kind.effect in ("family", "other") or _is_of_family(h))
    if chosen is not None:
        return ("other" if chosen.cue.kind.effect == "other" else "family"), (evidence.span_of(chosen),)
    mixed = "social" in evidence.heading or "patient" in evidence.before
    if evidence.section == "family_history" and not mixed:
        return "family", (evidence.heading_span,) if evidence.heading_span else ()
    return "patient", ()


def _is_of_family(heard: Heard) -> bool:
    return heard.cue.kind.group == "family-history-not"
