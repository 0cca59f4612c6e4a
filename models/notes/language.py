"""Tells English clinical prose from what the reader can't read: other languages, encoded data, noise.

Word lists and a table of letter pairs, no model: the judgement costs a few milliseconds a note, is linear in
its length, and errs towards reading. Lists, tables, abbreviations and shouted text of English are prose here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from fhir_adapters.record import Section, Span

Verdict = Literal["english", "other-language", "noise", "unsure"]

# A unit of judgement: lines are joined until there are so many words, longer ones are cut.
_FEWEST_WORDS, _MOST_CHARACTERS = 10, 600
# So many words without any sign of English are no list any more.
_LONG_RUN = 25


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_ENGLISH: Final = _words(
    # Function words.
    "the of and with was is to no for has in on a an at by from or as be are were had have been this that",
    "his her he she it they we i you not without but if which who will would can could may there these",
    "due after before into over under per all any both some than then when while him their our your my",
    "also about during since does did do out up now other more most very well so only each once",
    # What fills the lists of a chart.
    "mg mcg ml daily twice po prn bid tid qid qhs tablet tablets capsule needed day days week weeks month",
    "months year years old patient pt denies reports history pain normal negative positive left right",
    "chest blood pressure heart rate noted none status post acute chronic mild moderate severe stable",
    "clear soft tender abdomen lungs neck skin exam review plan follow given taking started continue",
    "family mother father disease disorder syndrome failure type yes name date time results level count",
    "unknown allergies medications surgery screening procedure assessment visit discharge admission",
    "condition finding clinic hospital doctor injection oral solution release extended hour hours dose",
    "unit units pack care health nurse vaccine",
)
# Function words and words of the bedside that are neither English words nor clinical abbreviations.
_FOREIGN: Final = _words(
    # Spanish
    "que los las del una por para con sin como más pero sus este esta muy también paciente dolor niega",
    "fiebre tiene hace años antecedentes presenta refiere días cuando desde hasta tome llame usted cada",
    "horas su y el",
    # Portuguese
    "não uma dos das pelo pela com mas seu sua está foi sem dor nega há anos são aos nas nos você tem",
    # French
    "les des une est dans pour avec sur pas qui aux par sans elle ses cette ont été douleur patiente",
    "depuis plus mais vous votre nous ou du leur et",
    # German
    "der und ist nicht mit dem den von ein eine einer eines zu auf für im bei wird wurde keine kein sich",
    "auch nach aus oder sie schmerzen über unter seit zum zur sind haben werden hat es bitte",
    # Italian
    "il che della dello degli delle nel nella sono ha gli dal alla paziente dolore anni dei sulla questo",
    # Dutch
    "het een van en voor niet zijn geen naar ook bij aan pijn wordt heeft werd deze uw",
    # Scandinavian
    "och att det som är på av för till inte har om ikke og til uden smerter",
    # Polish, Czech, Turkish, Romanian, Finnish, Hungarian, Vietnamese, Indonesian, Swahili, Tagalog
    "nie się jest na przez oraz jak bez pacjent ve bir için ile değil și sau cu pentru ei ole ja että és",
    "nem egy hogy không và của dan yang dengan untuk tidak pada dari pasien ang mga ng sa hindi kwa ya",
    "katika",
)
# Letters that hardly ever follow a letter inside English and clinical words.
_RARE_PAIRS: Final = {
    "b": "fhkqwxz", "c": "bdfgjmnpqvwxz", "d": "bqxz", "f": "bcdghjkmpqvwxz", "g": "bcdfjkpqvwxz",
    "h": "bcfghjkpqvwxz", "i": "hijwy", "j": "bcdfghijklmnpqrstvwxyz", "k": "bcdfhjkmpqrtvxz", "l": "hjqxz",
    "m": "dghjklqrtvwxz", "n": "q", "p": "bcdjkqvwxz", "q": "abcdefghijklmnopqrstvwxyz", "r": "jqxz",
    "s": "gjxz", "t": "djkqvx", "u": "hjquwy", "v": "bcdfghjklmnpqrstvwxz", "w": "bcdfgjkmpqvwxyz",
    "x": "bdfgjklmnqrvwz", "y": "hjkquvwxyz", "z": "bcdfghjklmnpqrstvwx",
}  # fmt: skip
_RARE = re.compile("|".join(f"{first}[{after}]" for first, after in _RARE_PAIRS.items()))
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"\S+")
_LONG_TOKEN = re.compile(r"[^\s|_=*~.\-]{40,}")
# Letters with a digit or an odd sign among them, as a bad scan leaves them.
_BROKEN_WORD = re.compile(r"[A-PR-Za-pr-z][0-9!|$\\{}~^§£¢¥¿¡¬¦\[\]]+[a-z]")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufffd\ue000-\uf8ff]")
_BLANK = re.compile(r"[^\n]")
_LAST_LATIN, _GREEK = "\u024f", ("\u0370", "\u03ff")
_REASONS: Final[dict[Verdict, str]] = {
    "other-language": "is not in English",
    "noise": "is encoded, damaged or no text",
}


@dataclass(frozen=True, slots=True)
class Prose:
    """Which part of a text can be read.

    Attributes:
        unread: Stretches that can't be read, in order, disjoint.
        coverage: Share of the characters other than white space outside them, 0 to 1.
        reason: Why not all of it can be read, in our words; "" when it can.
    """

    unread: tuple[Span, ...]
    coverage: float
    reason: str


def prose_of(text: str, sections: Sequence[Section] = ()) -> Prose:
    """Finds what the reader can't read.

    Each paragraph and each section is judged by itself, long ones in pieces, so that a foreign instruction
    sheet or a scanned page costs only itself. What is too short to judge goes with what stands around it.

    Args:
        text: Of a note.
        sections: Its sections; a judgement never goes across the start of one.
    """
    units = list(_units(text, sections))
    verdicts = _settled(units, [_verdict(unit.text) for unit in units])
    unread = [unit for unit, verdict in zip(units, verdicts, strict=True) if verdict != "english"]
    every = sum(_size(unit.text) for unit in units)
    lost = sum(_size(unit.text) for unit in unread)
    causes = [_REASONS[v] for v in _REASONS if v in verdicts]
    part = "" if not causes else "it " if lost == every else "a part of it "
    return Prose(
        unread=tuple(_joined((unit.start, unit.end) for unit in unread)),
        coverage=1.0 if not every else 1.0 - lost / every,
        reason=part + " and a part ".join(causes) if causes else "",
    )


def blanked(text: str, unread: Iterable[Span]) -> str:
    """The text with spaces in place of the unread stretches, so that every offset still holds."""
    pieces, position = [], 0
    for span in unread:
        pieces.append(text[position : span.start])
        pieces.append(_BLANK.sub(" ", text[span.start : span.end]))
        position = span.end
    return "".join((*pieces, text[position:]))


@dataclass(frozen=True, slots=True)
class _Unit:
    start: int
    end: int
    text: str


def _units(text: str, sections: Sequence[Section]) -> Iterator[_Unit]:
    """Stretches of some ten words or more, cut at paragraphs and sections; blank lines are left out."""
    borders = sorted({0, len(text), *(section.start for section in sections)})
    for low, high in pairwise(borders):
        start = position = low
        words = 0
        for line in text[low:high].split("\n"):
            count = len(line.split(None, _FEWEST_WORDS))
            end = min(high, position + len(line) + 1)
            words += count
            if start < end and (not count or words >= _FEWEST_WORDS):
                if words:
                    yield from _pieces(text, start, end)
                start, words = end, 0
            position = end
        if words:
            yield from _pieces(text, start, high)


def _pieces(text: str, start: int, end: int) -> Iterator[_Unit]:
    position = start
    while position < end:
        stop = _cut(text, position, end)
        piece = text[position:stop]
        if piece.strip():
            yield _Unit(position, stop, piece)
        position = stop


def _cut(text: str, start: int, end: int) -> int:
    """Where a piece ends: behind a sentence, else behind a word, else anywhere."""
    if end - start <= _MOST_CHARACTERS:
        return end
    limit = start + _MOST_CHARACTERS
    for mark in (". ", " "):
        found = text.rfind(mark, start + _MOST_CHARACTERS // 2, limit)
        if found >= 0:
            return found + len(mark)
    return limit


def _verdict(text: str) -> Verdict:
    size = _size(text)
    if len(_NO_TEXT.findall(text)) * 20 > size:
        return "noise"
    words = _WORD.findall(text)
    if _foreign_script(words):
        return "other-language"
    if sum(map(len, _LONG_TOKEN.findall(text))) * 2 > size:
        return "noise"
    if len(words) < _FEWEST_WORDS // 2:
        return "unsure"
    english, foreign = _signs(words)
    if foreign > max(english, 2):
        return "other-language"
    if _is_damaged(text, words):
        return "noise"
    if foreign > max(english, 1):
        return "other-language"
    return "english" if english >= 2 and english * 12 >= len(words) else "unsure"


def _size(text: str) -> int:
    return len("".join(text.split()))


def _foreign_script(words: Sequence[str]) -> bool:
    letters = foreign = 0
    for word in words:
        letters += len(word)
        if not word.isascii() and word[0] > _LAST_LATIN and not _GREEK[0] <= word[0] <= _GREEK[1]:
            foreign += len(word)
    greek = 0 if foreign else sum(len(w) for w in words if not w.isascii() and _GREEK[0] <= w[0] <= _GREEK[1])
    return foreign * 10 > letters * 3 or greek * 2 > letters


def _is_damaged(text: str, words: Sequence[str]) -> bool:
    """True for random letters, for a bad scan and for text spaced out letter by letter."""
    plain = [word.lower() for word in words if len(word) > 4 and word.isascii()]
    odd = sum(1 for word in plain if _RARE.search(word))
    if len(plain) >= 4 and odd * (3 if len(plain) > _FEWEST_WORDS else 2) > len(plain):
        return True
    tokens = _TOKEN.findall(text)
    if sum(1 for token in tokens if _BROKEN_WORD.search(token)) * 4 > len(tokens):
        return True
    single = sum(1 for token in tokens if len(token) == 1 and token.isalpha())
    return single >= _FEWEST_WORDS and single * 4 > len(tokens) * 3


def _signs(words: Sequence[str]) -> tuple[int, int]:
    """How many words speak for English, and how many for another language."""
    english = foreign = 0
    for word in words:
        lower = word.lower()
        if lower in _ENGLISH:
            english += 1
        elif lower in _FOREIGN:
            foreign += len(word) > 3 or not word.isupper()  # short capitals are abbreviations: NG, LOS
        elif not word.isascii():
            foreign += word[0].islower()  # a capital may begin somebody's name
    return english, foreign


def _settled(units: Sequence[_Unit], verdicts: list[Verdict]) -> list[Verdict]:
    """Decides the unsure units: long runs by their own words, the others by their neighbors."""
    settled = list(verdicts)
    position = 0
    while position < len(verdicts):
        end = position
        while end < len(verdicts) and verdicts[end] == "unsure":
            end += 1
        if end > position:
            settled[position:end] = [_of_run(units, verdicts, position, end)] * (end - position)
        position = max(end, position + 1)
    return settled


def _of_run(units: Sequence[_Unit], verdicts: Sequence[Verdict], start: int, end: int) -> Verdict:
    words = [word for unit in units[start:end] for word in _WORD.findall(unit.text)]
    english, foreign = _signs(words)
    if len(words) >= _LONG_RUN and english * 25 < len(words) and (foreign or _flows(units[start:end])):
        return "other-language"
    around: list[Verdict] = [verdicts[i] for i in (start - 1, end) if 0 <= i < len(verdicts)]
    if around and "english" not in around and not english:
        return around[0]
    if not around and not words and not any(map(str.isdigit, units[start].text)):
        return "noise"
    return "english"


def _flows(units: Sequence[_Unit]) -> bool:
    """True for sentences rather than a list: many words to a line, without figures."""
    text = "".join(unit.text for unit in units)
    lines = sum(1 for line in text.splitlines() if line.strip())
    items = lines + text.count(",") + text.count(";")
    return len(_WORD.findall(text)) > 6 * items and not any(map(str.isdigit, text))


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[Span]:
    start = end = -1
    for low, high in spans:
        if low != end:
            if end > start:
                yield Span(start, end)
            start = low
        end = high
    if end > start:
        yield Span(start, end)
