"""Which cues reach a mention: what stands between them decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.notes.assertion.cues import Cue
from models.notes.assertion.kinds import Reach, Side
from models.notes.assertion.words import BREAK, word_set

LOOKS_BACK = 140
LOOKS_AHEAD = 12
# A verb or a subject behind a negation belongs to it when only these stand between ("denies that he has",
# "never been diagnosed with").
_LINKED = frozenset(("verb", "affirmed", "subject"))
_LINKING = word_set("that he she they it the a patient pt ever been having any also having has had have")

_HARD = frozenset(("end", "but", "because", "presents", "who", "subject", "verb", "affirmed"))
_BLOCKS: Mapping[Reach, frozenset[str]] = MappingProxyType(
    {
        "item": _HARD
        | {"comma", "semicolon", "colon", "dash", "number", "break", "for", "with", "participle", "also"},
        "event": _HARD | {"comma", "semicolon", "colon", "dash", "number", "break"},
        "list": _HARD
        | {"semicolon", "colon", "dash", "number", "break", "for", "with", "told", "positive", "also"},
        "denial": _HARD | {"semicolon", "colon", "dash", "break", "told"},
        "history": (_HARD - {"because"}) | {"colon"},
        "relative": frozenset(("end", "subject", "presents", "own", "owner")),
        "sentence": frozenset(("end", "but")),
    }
)
_AFTER_BLOCKS = frozenset(
    ("end", "semicolon", "but", "because", "who", "subject", "break", "number", "colon")
)
# A cue right before these still reaches past them: "denies: fever", "no evidence that he has".
_BRIDGED = {
    "colon": 1,
    "dash": 0,
    "number": 2,
}
_BRIDGING = frozenset(("list", "denial", "item", "history"))
_POSITIVE = word_set(
    "mild moderate severe trace some occasional positive increased worsening ongoing normal good clear"
    " regular intact stable full supple soft unremarkable there minimal diffuse diminished decreased"
    " bilateral + 1 2 3 4 large small alert awake obese tender warm dry persistent a an well"
)
_NORMAL = word_set(
    "normal clear intact unremarkable supple nontender soft regular stable symmetric patent full moist"
    " afebrile"
)
_ABBREVIATED = word_set(
    "dr mr mrs ms vs st pt no approx e.g i.e y.o neg pos hx dx sx tx temp resp abd ext wt ht"
)
_STATES = (["is"], ["are"], ["was"], ["were"], ["has"], ["remains"])
_JOINING = frozenset(("and", "or", "with", "but"))
_ALTERNATIVES = 6
# "Positive" before one of these is a result; before a noun it is an adjective of that.
_RESULT_ENDS = frozenset(
    (".", ",", ";", ":", ")", BREAK, "for", "on", "in", "at", "by", "and", "or", "but", "x", "with")
)
_OR = ("or", "nor", "and/or")
_ORDER: Mapping[Side, int] = MappingProxyType({"after": 0, "none": 1, "before": 2})
# What may end the reach of a cue without being one.
_MARKS = frozenset((*",;:-–—.!?)", BREAK))


@dataclass(frozen=True, slots=True)
class Heard:
    """A cue that reaches a mention, and how many words stand between."""

    cue: Cue
    gap: int


def _order(cue: Cue) -> int:
    return _ORDER[cue.kind.side]


class Scope:
    """The cues of a stretch of words, and what each of them reaches."""

    def __init__(self, words: list[str], spaced: list[bool], cues: list[Cue]) -> None:
        """Takes the stretch apart once for all of its mentions.

        Args:
            words: In lower case.
            spaced: For each word, whether white space (or the end) follows it.
            cues: As `find_cues` gives them.
        """
        self.words = words
        self._spaced = spaced
        # Of words that can stand on both sides, each walk wants its own; a later assignment wins.
        ordered = sorted(cues, key=_order)
        self._ending = {cue.end - 1: cue for cue in ordered}
        self._starting = {cue.start: cue for cue in reversed(ordered)}
        self._stopping = {cue.end - 1: cue.kind.group for cue in cues if cue.kind.effect == "stop"}

    def heard(self, first: int, last: int) -> list[Heard]:
        """The cues that reach words [first, last), those before it first, each from near to far."""
        return [*self._before(first, last), *self._after(last)]

    def _before(self, first: int, last: int) -> list[Heard]:
        heard: list[Heard] = []
        passed: dict[str, int] = {}  # of each kind of barrier, the one nearest to the mention
        place, lowest = first - 1, max(-1, first - 1 - LOOKS_BACK)
        while place > lowest:
            cue = self._ending.get(place)
            if cue is None:
                if self.words[place] in _MARKS:
                    self._note_mark(place, passed)
                place -= 1
                continue
            kind = cue.kind
            if kind.side == "before" and self._reaches(cue, first, last, passed):
                heard.append(Heard(cue, first - cue.end))
            if place in self._stopping:
                passed.setdefault(self._told(self._stopping[place], passed), cue.start)
            if kind.side == "before" and (kind.effect == "affirmed" or kind.reach == "denial"):
                passed.setdefault("affirmed", cue.start)
            elif kind.reach == "history" and cue.start and self.words[cue.start - 1] == ",":
                passed.setdefault("told", cue.start)  # "no pain, history of gout"
            elif self._is_adjective(cue):
                pass
            elif kind.group == "negative" and "comma" in passed:
                passed.setdefault("told", cue.start)  # "no pain, negative Homans sign, calf swollen"
            elif "personal" in self.words[cue.start : cue.end]:
                passed.setdefault("own", cue.start)  # "family history of stroke and personal history of"
            elif kind.side == "after":
                passed.setdefault("told" if "comma" in passed else "participle", cue.start)
            if "end" in passed:
                break
            place = cue.start - 1
        return heard

    @staticmethod
    def _told(group: str, passed: Mapping[str, int]) -> str:
        """A participle ends a list only when the mention stands behind a further comma."""
        return "told" if group == "participle" and "comma" in passed else group

    def _note_mark(self, place: int, passed: dict[str, int]) -> None:
        word = self.words[place]
        if word == ",":
            passed.setdefault("comma", place)
        elif word == ";":
            passed.setdefault("semicolon", place)
        elif word == BREAK:
            passed.setdefault("break", place)
        elif word == ":" and self._spaced[place]:
            passed.setdefault("colon", place)
        elif word in "-–—" and self._spaced[place] and place and self._spaced[place - 1]:
            passed.setdefault("dash", place)
        elif word in ".!?" and self._is_end(place):
            passed.setdefault("end", place)
        elif word in ".)" and self._is_number(place):
            passed.setdefault("number", place)

    def _is_end(self, place: int) -> bool:
        before = self.words[place - 1] if place else "."
        if not self._spaced[place] or self._is_number(place):
            return False
        return before not in _ABBREVIATED and (len(before) > 1 or not before.isalpha())

    def _is_number(self, place: int) -> bool:
        """True for the mark behind the number of an item ("2)", "3.")."""
        before = self.words[place - 1] if place else ""
        if not (before.isdigit() and len(before) <= 2 and self._spaced[place]):
            return False
        return self.words[place] == ")" or place == 1 or self.words[place - 2] in (".", ";", ":", ",", BREAK)

    def _reaches(self, cue: Cue, first: int, last: int, passed: Mapping[str, int]) -> bool:
        kind = cue.kind
        if first - cue.end > kind.most:
            return False
        blocking = _BLOCKS[kind.reach].intersection(passed)
        if blocking == {"comma"} and kind.group == "not" and self._is_alternative(cue.end, last):
            return True
        for group in blocking:
            if group == "with" and passed.get("comma", -1) > passed["with"]:
                continue  # "no pain with urination, hematuria or fever"
            if kind.reach not in _BRIDGING or not self._is_bridged(cue.end, passed[group], group):
                return False
        if kind.reach != "list" or "comma" not in passed:
            return True
        if kind.effect == "absent" and self.words[last : last + 1] in _STATES:
            return False  # "no limp, and the swelling is minimal"
        return not self._positive_item(passed["comma"], first, last)

    def _is_alternative(self, start: int, last: int) -> bool:
        """True for an item of "not pale, jaundiced, or cyanotic"."""
        behind = self.words[last : last + _ALTERNATIVES]
        ends = next((place for place, word in enumerate(behind) if word in (".", ";", BREAK)), len(behind))
        return any(word in _OR for word in (*self.words[start:last], *behind[:ends]))

    def _is_bridged(self, end: int, barrier: int, group: str) -> bool:
        """True when a cue that ends before a word still reaches past the barrier at another word."""
        if group in _LINKED:
            return _LINKING.issuperset(self.words[end:barrier])
        return barrier - end <= _BRIDGED.get(group, -1)

    def _positive_item(self, comma: int, first: int, last: int) -> bool:
        """True when the item of a list that holds the mention says that something is there or is normal."""
        if not _NORMAL.isdisjoint(self.words[first:last]):
            return True
        item = self.words[comma + 1 : last]
        if not item or item[0] not in _POSITIVE:
            return False
        return not any(word in _OR for word in self.words[comma + 1 : last + LOOKS_AHEAD])

    def _after(self, last: int) -> list[Heard]:
        heard: list[Heard] = []
        passed: dict[str, int] = {}
        joined = False
        place, highest = last, min(len(self.words), last + LOOKS_AHEAD)
        while place < highest:
            cue = self._starting.get(place)
            if cue is None:
                if self.words[place] in _MARKS:
                    self._note_mark(place, passed)
                joined = joined or self.words[place] in ("and", "or", "/", "etc")
                place += 1
                continue
            kind = cue.kind
            if kind.effect == "stop":
                passed.setdefault(kind.group, place)
            elif kind.side == "after" and self._reached_by(cue, last, passed, joined=joined):
                heard.append(Heard(cue, cue.start - last))
            if kind.effect in ("absent", "affirmed") or (kind.side == "before" and kind.effect != "planned"):
                break
            place = cue.end
        return heard

    def _is_adjective(self, cue: Cue) -> bool:
        """True for "positive" of "ulcers, positive family history"."""
        alone = cue.kind.side == "after" and self.words[cue.start : cue.end] == ["positive"]
        return alone and cue.end < len(self.words) and self.words[cue.end] not in _RESULT_ENDS

    def _reached_by(self, cue: Cue, last: int, passed: Mapping[str, int], *, joined: bool) -> bool:
        kind, gap = cue.kind, cue.start - last
        if self._is_adjective(cue):
            return False
        blocked = _AFTER_BLOCKS.intersection(passed)
        if passed.get("colon") == cue.start - 1:  # "tobacco: quit"
            blocked -= {"colon"}
        if gap > kind.most or blocked:
            return False
        if kind.group == "possible-after" and self.words[cue.start - 1] in _JOINING and gap:
            return False  # "hypotension and possible sepsis"
        if "comma" not in passed:
            return True
        return joined if kind.reach == "list" else passed["comma"] == last and cue.start == last + 1
