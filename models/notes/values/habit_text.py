"""What reading of tobacco and of alcohol share: clauses, denials in lists, amounts, and whose habit it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from fhir_adapters.record import Whose
from models.notes.values.words import words

_CLAUSE = re.compile(r";|\.\s|\b(?:but|however|although|though|whereas)\b")
# Between a denial and a habit only the other things that such lists deny.
_LISTED = words(
    """
    alcohol etoh ethanol drug drugs illicit iv intravenous ivda recreational use usage used abuse abusing or
    and any of current currently history hx significant street substance substances drinking drink caffeine
    the a an prior past reported known illegal tobacco smoking smoke smoker cigarette cigarettes nicotine
    using consumption consuming consume intake ever previous previously products product chewing smokeless
    exposure exposures excessive ongoing active recent other ilicit he she patient been being have having
    that to today presently present present- recreation vaping cigars cigar beverages alcoholic beer wine
    much at this time regular regularly socially h o per se for in admitted either sort does do not nor
    non-prescription marijuana cannabis cocaine heroin coffee is was
    """
)
_WORD = re.compile(r"[a-z][a-z'’-]*|\d+|[/,:]")
_DENIAL = re.compile(
    r"\b(?:no|not|den(?:y|ies|ied|ying)|never|neither|nor|negative for|without|doesn['’]?t|don['’]?t"
    r"|didn['’]?t|isn['’]?t|hasn['’]?t|wasn['’]?t|cannot|non|free of|abstain(?:s|ed)? from|stay(?:s"
    r"|ed)? away from)\b"
)
_REACH = 110
# A sentence that names a habit more often is noise.
MOST_MENTIONS = 15
_FINITE = re.compile(r"(?:drinks|smokes)\b")
_RELATIVE = re.compile(
    r"\b(?P<kin>mother|father|mom|mom's|dad|parents?|brothers?|sisters?|husband|wife|spouse|sons?|daughters?"
    r"|siblings?|aunts?|uncles?|grand(?:mother|father|parents?|ma|pa)|cousins?|family members?|family)\b"
    r"|\b(?P<other>room-?mates?|boyfriend|girlfriend|partner|friends?|co-?workers?|neighbou?rs?|everyone"
    r"|nobody|no one|anyone)\b"
)
_POSSESSIVE = re.compile(
    r"(?:\b(?:with|by|per|from|to|of|for|and|told|lost|caring|his|her|their|the|a|an|own|my)\s+){1,3}$"
)
_SELF = re.compile(r"\b(?:patient|pt|he|she|i)\b")
_WHOLE = re.compile(r"\d{1,3}(?:\.\d{1,2})?(?!/)")
_HALF = re.compile(r"1/2|half|½")
_PREPOSITION = re.compile(r"\b(?:with|by|per|from|to|of|for|told|lost)\b")

_WORD_NUMBER = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|(?:twenty|thirty|forty|fifty|sixty)(?:[- ](?:one|two|three|four|five|six"
    r"|seven|eight|nine))?)"
)
NUMBER = (
    r"(?:\d{1,3}(?:\.\d{1,2})?(?:(?:\s?-\s?|\s|\sand\s)(?:1/2|a half|one[- ]half)|½)?|1/2|1/4|3/4|½|¼"
    r"|(?:a |one[- ])?half(?: of)?(?: an?)?|(?:a |one[- ])?quarter(?: of)?(?: an?)?"
    rf"|{_WORD_NUMBER}(?:[ -]and[ -](?:a|one)[- ]half)?|an?)"
)
_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty")
_SPELLED: Mapping[str, Decimal] = {
    **{word: Decimal(index) for index, word in enumerate(_TO_NINETEEN.split())},
    **{word: Decimal(10 * index) for index, word in enumerate(_TENS, start=2)},
    **dict.fromkeys(("a", "an"), Decimal(1)),
    **dict.fromkeys(("½", "1/2"), Decimal("0.5")),
    **dict.fromkeys(("¼", "1/4"), Decimal("0.25")),
    "3/4": Decimal("0.75"),
}


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Where the clauses of a sentence begin and end; another statement may begin after "but"."""
    start = 0
    for match in _CLAUSE.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def denial_of(text: str, term: int) -> int | None:
    """Where a denial begins that reaches a term through a list of other denied habits; None without one.

    Args:
        text: A clause in lower case.
        term: Where the term begins.
    """
    finite = _FINITE.match(text, term) is not None
    for match in _DENIAL.finditer(text, max(0, term - _REACH), term):
        if all(word in _LISTED or word in "/,:" for word in _WORD.findall(text, match.end(), term)):
            if finite and match.group() not in {"no", "neither", "nor"}:
                continue  # "denies tobacco and drinks" denies no drinking
            if match.group().replace("’", "'") == "don't" and text[: match.start()].rstrip()[-2:] not in {
                "i",
                " i",
            }:
                continue  # an order
            return match.start()
    return None


def whose_habit(text: str, term: int) -> Whose:
    """Whose habit a clause tells of: a relative's when one is its subject.

    Args:
        text: A clause in lower case.
        term: Where the habit is named.
    """
    for match in reversed(list(_RELATIVE.finditer(text, 0, term))):
        if _SELF.search(text[match.end() : term]):
            return "patient"
        before = _POSSESSIVE.search(text[max(0, match.start() - 30) : match.start()])
        if before and _PREPOSITION.search(before.group()):
            continue
        return "family" if match["kin"] else "other"
    return "patient"


def names_relative(text: str) -> bool:
    """True when a sentence in lower case names a relative."""
    return any(match["kin"] and match["kin"] != "family" for match in _RELATIVE.finditer(text))


def amount(words: str) -> Decimal | None:
    """The number that digits or words say ("1-1/2", "half a", "twenty-five"); None for another word."""
    plain = " ".join(words.lower().replace("-and-", " and ").split())
    whole = _WHOLE.match(plain)
    if whole and plain not in _SPELLED:
        return Decimal(whole.group()) + (Decimal("0.5") if _HALF.search(plain, whole.end()) else 0)
    number, half, _ = plain.partition(" and ")
    if half:
        return None if number not in _SPELLED else _SPELLED[number] + Decimal("0.5")
    if plain in _SPELLED:
        return _SPELLED[plain]
    if "half" in plain:
        return Decimal("0.5")
    if "quarter" in plain:
        return Decimal("0.25")
    tens, _, ones = plain.replace("-", " ").partition(" ")
    return _SPELLED[tens] + _SPELLED[ones] if tens in _SPELLED and ones in _SPELLED else None


def lowered(text: str) -> str:
    """The text in lower case on one line, every character where it was."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return lower.replace("\n", " ")


def masked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with everything that a pattern finds blanked, so that offsets stay."""
    return pattern.sub(lambda match: " " * len(match.group()), text)
