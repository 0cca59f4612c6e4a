"""What a note says of the catalogue's findings: which are present, which are denied, and in which sentence.

Two roads lead there: the note reader's mentions, by the concept that they were linked to, and the catalogue's
phrases, for what no concept names ("worse on lying down"). The same rules of assertion hold for both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fhir_adapters.record import Assertion, Mention, MentionType, Note, Span
from models.diagnosis.differential.catalogue import Item, catalogue
from models.diagnosis.differential.model import Sex
from models.diagnosis.differential.phrases import Hit, hits_in
from models.note_facts import CERTAIN
from models.notes.assertion import assert_spans
from models.notes.sentences import sentences_of
from models.notes.typed_span import TypedSpan

State = Literal["present", "absent"]

# A link this sure names the concept.
_LINKED: Final = 0.8
_NAMING: Final = frozenset[MentionType]({"problem", "symptom", "medication", "procedure"})
# Sections in which a symptom is of this illness.
TELLING: Final = frozenset(
    {
        "",
        "chief_complaint",
        "hpi",
        "review_of_systems",
        "exam",
        "vitals",
        "assessment_plan",
        "hospital_course",
    }
)
# Sections that say nothing of the patient's findings; relatives speak in the family history.
_SILENT: Final = frozenset({"differential", "instructions", "indication", "allergies"})
_AGE: Final = re.compile(
    r"\b(?P<age>\d{1,3})[\s-]?(?P<unit>year|yr|month|mo|week|day)s?[\s-]?old\b|\b(?P<short>\d{1,3})\s?(?:yo|y/o|y\.o\.)",
    re.IGNORECASE,
)
_SEX: Final = re.compile(
    r"\b(?:(?P<female>woman|female|girl|lady|she|her)|(?P<male>man|male|boy|gentleman|he|his))\b",
    re.IGNORECASE,
)
# "55 yo M", "40M", "20 F": a letter in capitals right after the age.
_AGE_AND_SEX: Final = re.compile(r"\b(?P<age>\d{1,3})\s?-?(?:yo|y/o|y\.o\.|year[ -]old)?\s?-?(?P<sex>[MF])\b")
# What a note tells as begun this recently is of this illness, though it is told in the past tense.
_ONSET: Final = re.compile(
    r"\b(?:until|since|yesterday|last night|this morning|today"
    r"|(?:\d{1,2}|one|two|three|four|five|six|several|few) (?:hours?|hrs?|days?) (?:ago|prior|before))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sighting:
    """A finding in a note.

    Attributes:
        words: As written, on one line.
        sentence: Around it, on one line.
    """

    item: Item
    state: State
    start: int
    end: int
    words: str
    sentence: str

    def __repr__(self) -> str:
        return f"Sighting({self.item.key}, {self.state})"


def sightings_in(note: Note, mentions: Sequence[Mention]) -> tuple[Sighting, ...]:
    """The findings that a note affirms or denies, in order of position.

    Args:
        mentions: What the note reader found in it; may be empty.
    """
    sentences = sentences_of(note.text, note.sections)
    found = [*_of_mentions(note, mentions), *_of_phrases(note, sentences, mentions)]
    seen: dict[tuple[str, int], Sighting | None] = {}
    for each in sorted(found, key=lambda each: (each.start, -each.end, each.item.key)):
        place = each.item.key, each.start
        first = seen.setdefault(place, each)
        if first is not None and first.state != each.state:
            seen[place] = None  # the two roads contradict each other, so nothing is known
    return tuple(each for each in seen.values() if each is not None)


def unrecognized(mentions: Iterable[Mention], sightings: Sequence[Sighting]) -> list[Mention]:
    """The symptoms and problems of the reader that gave no finding."""
    return [
        mention
        for mention in mentions
        if mention.type in ("symptom", "problem")
        and not any(each.start < mention.end and mention.start < each.end for each in sightings)
    ]


def states_of(sightings: Iterable[Sighting]) -> dict[str, State]:
    """One state for each finding; what is affirmed anywhere is present."""
    found: dict[str, State] = {}
    for each in sightings:
        if found.get(each.item.key) != "present":
            found[each.item.key] = each.state
    return found


def said_age_and_sex(text: str) -> tuple[int | None, Sex]:
    """Age in completed years and sex, as the beginning of a note gives them; None and "" where it doesn't."""
    short = _AGE_AND_SEX.search(text)
    if short:
        return int(short["age"]), "female" if short["sex"] == "F" else "male"
    sex = _SEX.search(text)
    return _said_age(text), ("" if sex is None else "female" if sex["female"] else "male")


def _said_age(text: str) -> int | None:
    age = _AGE.search(text)
    if age is None:
        return None
    if age["short"]:
        return int(age["short"])
    unit = age["unit"].lower()
    if unit in ("year", "yr"):
        return int(age["age"])
    return int(age["age"]) // 12 if unit in ("month", "mo") else 0


def _of_mentions(note: Note, mentions: Iterable[Mention]) -> Iterable[Sighting]:
    by_concept = catalogue().by_concept
    for mention in mentions:
        if mention.type not in _NAMING or mention.assertion.score < CERTAIN:
            continue
        names = {code.display for code in mention.codes if code.score >= _LINKED}
        for item in (item for name in sorted(names) for item in by_concept.get(name, ())):
            begun = bool(_ONSET.search(note.text, mention.sentence.start, mention.sentence.end))
            state = _state(item, mention.assertion, mention.section, denies=False, begun=begun)
            if state is not None:
                yield _sighting(note, item, state, mention, mention.sentence)


def _of_phrases(note: Note, sentences: Sequence[Span], mentions: Sequence[Mention]) -> Iterable[Sighting]:
    hits = hits_in(note.text, sentences)
    # The other mentions show where a list goes on.
    spans = [TypedSpan(hit.start, hit.end, _type_of(hit.item)) for hit in hits]
    spans += [TypedSpan(each.start, each.end, each.type) for each in mentions if each.type in _NAMING]
    said = assert_spans(note.text, sentences, note.sections, spans)
    for hit, assertion in zip(hits, said, strict=False):
        section = next((each.kind for each in note.sections if each.start <= hit.start < each.end), "")
        around = next(each for each in sentences if each.start <= hit.start < each.end)
        begun = bool(_ONSET.search(note.text, around.start, around.end))
        state = _state(hit.item, assertion, section, denies=hit.denies, begun=begun)
        if state is not None:
            yield _sighting(note, hit.item, state, hit, around)


def _type_of(item: Item) -> MentionType:
    return "symptom" if item.kind == "symptom" else "problem"


def _state(item: Item, said: Assertion, section: str, *, denies: bool, begun: bool) -> State | None:
    """What a mention says of a finding; None when it says nothing of it.

    Args:
        denies: The words themselves deny.
        begun: The sentence tells an onset of this illness.
    """
    if section in _SILENT or said.presence in ("possible", "conditional") or said.when == "planned":
        return None
    if not _is_whose(item, said, section):
        return None
    over = said.when == "past" and not begun
    if item.kind == "symptom" and (over or section not in TELLING):
        return None
    if denies:  # "not vaccinated" is denied by its own words, "dry cough" is not
        return "absent"
    return "present" if said.presence == "present" or item.denied_is_said else "absent"


def _is_whose(item: Item, said: Assertion, section: str) -> bool:
    if item.whose == "any":
        return True
    relative = said.whose == "family" or section == "family_history"
    return relative if item.whose == "family" else said.whose == "patient" and not relative


def _sighting(note: Note, item: Item, state: State, span: Mention | Hit, sentence: Span) -> Sighting:
    return Sighting(
        item=item,
        state=state,
        start=span.start,
        end=span.end,
        words=" ".join(note.text[span.start : span.end].split()),
        sentence=" ".join(note.text[sentence.start : sentence.end].split()),
    )
