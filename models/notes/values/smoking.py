"""What a sentence says of smoking: the status, packs per day and pack-years."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from models.notes.values.habit_text import MOST_MENTIONS, NUMBER, amount, clauses, denial_of, masked
from models.notes.values.words import words

_TERM = r"(?:smok\w{0,4}|tobacco|cigar\w{0,6}|nicotine)"
_DRUG = (
    r"(?:marijuana|cannabis|weed|pot|crack|cocaine|meth\w{0,12}|heroin|thc|dope|joints?|hash\w{0,3}|opium"
    r"|pcp|blunts?)"
)
_MENTIONS = words("smok tobacco cigar nicotine ppd p.p.d pack pk-")

# Smoke that is not the patient's tobacco, help to stop, and advice, which says nothing certain of the habit.
_ASIDE = re.compile(
    r"(?:chew\w{0,3}|smokeless|dip\w{0,4}|oral|snuff)(?: \(?smokeless\)?)? tobacco|(?:second|third)[- "
    r"]?hand\s{1,3}(?:cigarette |tobacco )?smok\w{0,4}(?: exposures?)?"
    r"|passive smok\w{1,4}|environmental tobacco smoke"
    r"|(?:cigarette |tobacco |second )?smok\w{0,4} exposures?"
    r"|(?:exposure|exposed) to [^.;]{0,30}(?:smoke\w?|tobacco)"
    r"|smokers? (?:in|at) (?:the |her |his )?(?:home|house)"
    r"|smok\w{1,4} (?:in|at|around) (?:the |her |his )?(?:home|house|household|child)"
    r"|smoke (?:detectors?|alarms?|inhalation|effect|evacuator|test)|non-?smoking (?:household|home|section)"
    r"|smoker['’]?s? (?:cough|palate|lung)|smoke[- ]?free|smok\w{1,4} (?:cessation|triggers|counsel\w*)"
    r"|(?:tobacco|nicotine) (?:cessation|counsel\w*|patch\w{0,2}|gum|lozenges?|replacement|inhaler)"
    rf"|smok\w{{0,4}} (?:\w{{1,12}} (?:and |or )?)?{_DRUG}|{_DRUG}(?:[- ]| and | or |/)smok\w{{0,4}}"
    r"|smoked (?:meat|fish|salmon|ham)|spontaneous echo contrast|smoking status"
    r"|\b(?:advis\w{1,4}|counsel\w{0,4}|encourag\w{1,4}|recommend\w{0,4}|urged?|discuss\w{0,4}"
    r"|instruct\w{0,3}|told|should|must|avoid\w{0,4}|refrain|abstain|importance of|risks? (?:of"
    r"|factors?)|needs? to|help \w{2,7} (?:to )?|educat\w{2,4}|trying to|try to|wants? to|would like to"
    r"|want|plans? to|attempt\w{0,4} (?:to|at)|ready to|interest\w{0,2} in|hopes? to|willing to"
    r"|motivated to|desire to|agree\w{0,2} to|how to|remain off|goal)\b[^.;]{0,60}?(?:(?:quit\w{0,4}"
    r"|stop\w{0,4}|ceas\w{1,3}|cessation|cut\w{0,4} (?:back|down)|avoid\w{0,4}|refrain\w{0,4}"
    r"|abstain\w{0,4}|discontinu\w{1,3}|minimi\w{2,4}|limit|decreas\w{1,3}"
    rf"|reduc\w{{1,4}})\b(?:[^.;,]{{0,30}}{_TERM})?|(?:^|(?<=\s)){_TERM})"
    r"|^\W{0,3}(?:quit|stop|discontinue|avoid)\b[^.;]{0,40}"
)
_ADJECTIVES = (
    r"(?:heavy |light |moderate |chain |cigarette |tobacco |pipe |cigar |long-?time |longtime |long-term "
    r"|daily |regular |every ?day |some ?day |chronic |known |\d{1,3}[- ]pack[- ]year )"
)
_NEVER = re.compile(
    rf"\bnever[- ](?:\w{{1,10}}[- ]){{0,4}}{_TERM}"
    r"|life[- ]?(?:long|time) (?:non|never)[- ]?(?:cigarette |tobacco )?smoker"
    rf"|{_TERM}(?: use| history| status)?\s{{0,2}}[:=-]\s{{0,3}}(?:never|has never)"
    r"|\b(?:no|without|nor|not have) (?:a |any |known |prior |previous |significant |past "
    r"|personal )*(?:smoking|tobacco|cigarette)(?: use)? history"
    rf"|not ever (?:\w{{1,10}} ){{0,2}}{_TERM}"
    rf"|{_TERM}[^.;]{{0,40}}\b(?:nor did (?:he|she) ever|(?:and|or) (?:has )?never (?:has|done|did))"
)
_FORMER = re.compile(
    r"\b(?:former|ex|previous|prior|past|remote|reformed|distant"
    rf"|quit)[- ]{{1,3}}(?:history of )?{_ADJECTIVES}{{0,2}}{_TERM}"
    r"|(?<!to )(?<!not )(?<!never )(?<!n't )\b(?:quite?|stopped|discontinued|gave up|given up|ceased"
    rf"|stopping)\b (?:the |his |her |all |using |use of |with )*{_TERM}"
    rf"|{_TERM}[^.;]{{0,80}}?(?<!to )(?<!not )(?<!never )\b(?:quit|stopped|discontinued)\b"
    rf"|used to (?:be an? )?{_ADJECTIVES}?{_TERM}\b(?! more\b)|no longer (?:\w{{1,8}} )?{_TERM}"
    r"|(?:has|have)(?:n['’]t| not) (?:smoked|used tobacco) (?:since|in|for)"
    r"|previously (?:smoked|used tobacco)"
    rf"|\b(?:smoked|{_TERM} use|history of {_TERM}|{_TERM} history|smoker"
    rf"|{_TERM} abuse)\b[^.;]{{0,60}}\b(?:in the (?:remote )?past|until|ago|remotely|as a teenager|in (?:his"
    r"|her) (?:youth|twenties|20s))\b"
    r"|\bsmoked (?:[^.;]{0,50} )?(?:for (?:[^.;]{0,25} )?years|from (?:age|the|\d)|between)"
    rf"|remote(?:ly)? (?:history of )?{_TERM}|abstinent from tobacco|\bwas an? (?:former|previous) smoker"
)
_CURRENT = re.compile(
    r"\b(?:still|continues to|continuing to|continued to|currently|presently|actively"
    r"|now) (?:\w{1,12} )?(?:smok(?:es?|ing)\b|us(?:es?|ing) tobacco)"
    r"|(?<!no one )(?<!used to )\bsmokes?['’]?s?\b(?! none)(?=\s+(?:about|approximately|around|an?\b|one|two"
    r"|three|half|\d|1/2|up to|less|more|cigar|tobacco|daily|occasion|socially|several|some|every|heavily"
    r"|pack|over|nicotine|rare|intermittent))"
    r"|(?<!not )(?<!nor )\bsmokes\b(?!['’]? none)"
    r"|\b(?:current|active|present)[- ](?:\w{1,10} ){0,2}?(?:smok\w{2,4}|tobacco|cigarette)"
    rf"|\b(?:is|remains) (?:an? |currently an? |still an? ){_ADJECTIVES}{{0,2}}smoker"
    rf"|(?<!to )\b(?:does|do) smoke|\badmits? (?:to )?[^.;]{{0,30}}?{_TERM}"
    r"|\breports? (?:\w{1,12} )?(?:smoking|tobacco use|cigarette)"
    rf"|\bpositive for (?:\w{{1,10}} ){{0,2}}?{_TERM}"
    rf"|{_TERM}(?: use| history| abuse| products| consumption)?\s{{0,2}}[:=-]\s{{0,3}}(?:yes|y\b|current"
    r"|positive|active|\+|\d|one|half|1/2|heavy|occasional|daily|smokes)"
    rf"|(?<!of )\bsmoking (?:about |approximately |around |up to |at least )?{NUMBER} "
    r"|(?<!not )(?<!n't )\b(?:us(?:es|ing)) (?:\w{1,10} )?(?:tobacco|cigarettes)"
)
_DEPENDENCE = re.compile(
    r"\b(?:smoker|tobacco user|^\W{0,3}(?:\d{1,2}\W{1,4})?tobacco use\W{0,3}$|(?:tobacco"
    r"|nicotine)(?: smoking)? (?:abuse|dependenc[ey]|use disorder|addiction|disorder))\b"
)
_HISTORY = re.compile(
    r"\b(?:history|hx|h/o|was|were|non|denie[sd]|no|past|being|be|been|if|for)\b[^.;]{0,30}$"
)
_NON = re.compile(
    r"\bnon-?\s?(?:cigarette |tobacco )?(?:smok(?:er|ing)\b|tobacco user)|smokes?['’]? none"
    rf"|{_TERM}(?: use| history| abuse| consumption| smoking| products)?(?:\s{{0,2}}[:=-]|\s+is|\s+are|\s+was"
    r"|\s+were)?\s{0,3}(?:none\b|no\b|denie[sd]\b|negative|neg\b|not\b|0\b)"
    rf"|{_TERM}[^.;]{{0,50}}\b(?:is|are|was|were) (?:also )?(?:denied|negative)"
)
_AGAIN = re.compile(r"\b(?:started again|resumed|relapsed|restarted|back to smoking|started smoking again)\b")
_QUIT = re.compile(
    r"(?<!to )(?<!not )(?<!never )(?<!n't )\b(?:quit|stopped|discontinued)\b (?:\d|in|about|approx\w*|one"
    r"|two|three|four|five|six|seven|eight|nine|ten|many|several|at|over|more|last|since|altogether|a few"
    r"|a couple|around|age|completely|after|when)\b"
)
_HABIT = re.compile(
    rf"(?P<smoke>{_TERM}|\bppd\b|pack[- ]y)|alcohol|etoh|drink|beer|wine|cocaine|heroin|marijuana|drugs?\b"
)
_ANY_TERM = re.compile(rf"\b{_TERM}")
_NEVER_LISTED = re.compile(
    r"\b(?:no|den(?:y|ies|ied)(?: any| ever)?|negative for)\b[^.;]{0,30}?\b(?:(?:history|hx) of"
    r"|ever)\b[^.;]{0,40}?" + _TERM
)
_PERSISTS = re.compile(r"still|continu|currently|presently|now\b|actively|current")
# Another amount than today's: an earlier one, or one that was advised.
_NOT_NOW = re.compile(r"\b(?:from|previously|prior|encouraged|advised)\b[^.;]{0,40}$")

_TO = r"(?:\s?(?:-|–|to|or)\s?{n})?"
_PACKS = re.compile(
    rf"\b(?P<n>{NUMBER}){_TO.format(n=NUMBER)}[\s-]{{0,2}}(?:full )?(?:packs?"
    r"|pk)(?P<half> and a half)?(?: (?:of )?(?:cigarettes?|tobacco|cigs))?(?:\s?/\s?|[\s-]{1,2}"
    r"(?:(?:per|an?|each|every)[\s-])?)(?:day|daily|d\b)"
    rf"|\b(?P<ppd>{NUMBER}){_TO.format(n=NUMBER)}[\s-]?\+?\s?p\.?p\.?d\b"
    rf"|\b(?P<cigs>{NUMBER}){_TO.format(n=NUMBER)} (?:cigarettes?|cigs|sticks)(?: (?:per|an?|each|every) "
    r"|\s?/\s?| )(?:day|daily)"
)
_PACK_YEARS = re.compile(
    rf"\b(?P<n>{NUMBER}){_TO.format(n=NUMBER)}\+?[\s-]{{0,2}}(?:pack|pk)s?[\s-]{{0,2}}(?:years?|yrs?)\b"
)
_YEARS = re.compile(
    r"[^.;]{0,20}?\b(?:for|x|×|times)\s?(?:the |past |last |about |approximately |over |more than "
    r"|greater than |at least |nearly |almost "
    r"|some )*(?P<years>\d{1,2})\+?(?:\s?-\s?\d{1,2})?[\s-]?(?:years?|yrs?)\b"
)


class Found(NamedTuple):
    """A statement at characters [start, end): a status in words, or a number of a key."""

    start: int
    end: int
    text: str
    key: str = ""
    value: Decimal | None = None
    unit: str = ""


def smoking_in(sentence: str, *, instructs: bool = False) -> list[Found]:
    """What a sentence states of the smoking of tobacco; at most one status.

    Never before former before current before "not now": a present statement ("still smokes") beats them all.
    An advice, help to stop, other people's smoke, and a history without its end state nothing.

    Args:
        sentence: The sentence in lower case on one line, or a heading with it.
        instructs: The section gives instructions, where "no smoking" forbids.
    """
    mentions = sum(sentence.count(word) for word in _MENTIONS)
    if sentence.endswith(":") or not 0 < mentions <= MOST_MENTIONS:
        return []
    lower = masked(sentence, _ASIDE)
    status = _status(lower, instructs=instructs)
    return [*([status] if status else []), *_amounts(lower, sentence)]


def _status(lower: str, *, instructs: bool) -> Found | None:
    candidates: list[tuple[int, Found]] = []
    for start, end in clauses(lower):
        found = _clause_status(lower[start:end], instructs=instructs)
        if found is not None:
            rank, (first, last, text) = found
            candidates.append((rank, Found(start + first, start + last, text)))
    if not candidates:
        return _later_former(lower)
    best = min(candidates, key=lambda candidate: candidate[0])
    later = _later_former(lower)
    if later is None or (best[0] == 0 and _PERSISTS.match(lower, best[1].start)):
        return best[1]
    return later if best[0] > 1 or best[1].start < later.start else best[1]


def _quits(lower: str) -> Found | None:
    """A smoker of an earlier clause who quit in a later one ("1 ppd; quit 2 years ago")."""
    for match in _QUIT.finditer(lower):
        terms = [term for term in _HABIT.finditer(lower, 0, match.start())]
        if terms and terms[-1]["smoke"]:
            return Found(match.start(), match.end(), "former-smoker")
    return None


def _later_former(lower: str) -> Found | None:
    """A past that a whole sentence tells, over its clauses."""
    if _AGAIN.search(lower):
        return None
    quits = _quits(lower)
    if quits:
        return quits
    match = _FORMER.search(lower)
    return (
        Found(match.start(), match.end(), "former-smoker")
        if match and not _denied(lower, match.start())
        else None
    )


def _denied(lower: str, start: int) -> bool:
    return denial_of(lower, start) is not None


def _clause_status(clause: str, *, instructs: bool) -> tuple[int, tuple[int, int, str]] | None:
    current = next((m for m in _CURRENT.finditer(clause) if not _denied_at(clause, m)), None)
    never = _NEVER.search(clause) or _never_listed(clause)
    if current and not never:
        past = _FORMER.search(clause)
        if not past or _PERSISTS.match(current.group()):
            return 0, (current.start(), current.end(), "current-smoker")
    if never:
        return 2, (never.start(), never.end(), "never-smoker")
    former = _FORMER.search(clause)
    if former and not _denied(clause, former.start()) and not _AGAIN.search(clause):
        return 1, (former.start(), former.end(), "former-smoker")
    return _weak_status(clause, instructs=instructs)


def _denied_at(clause: str, match: re.Match[str]) -> bool:
    term = _ANY_TERM.search(clause, match.start())
    return denial_of(clause, term.start() if term else match.start()) is not None


def _never_listed(clause: str) -> re.Match[str] | None:
    """ "denies any history of alcohol or tobacco use"."""
    match = _NEVER_LISTED.search(clause)
    if match is None:
        return None
    terms = list(_ANY_TERM.finditer(clause, match.start(), match.end()))
    return match if terms and denial_of(clause, terms[-1].start()) is not None else None


def _weak_status(clause: str, *, instructs: bool) -> tuple[int, tuple[int, int, str]] | None:
    non = _NON.search(clause)
    if non:
        return 3, (non.start(), non.end(), "non-smoker")
    for term in _ANY_TERM.finditer(clause):
        denial = denial_of(clause, term.start())
        if denial is not None and not instructs:
            return 3, (denial, term.end(), "non-smoker")
    for match in _DEPENDENCE.finditer(clause):
        if not _HISTORY.search(clause[: match.start()]):
            return 4, (match.start(), match.end(), "current-smoker")
    return None


def _amounts(lower: str, sentence: str) -> Iterator[Found]:
    told = False
    for match in _PACK_YEARS.finditer(lower):
        value = amount(match["n"])
        if value is not None and 0 < value <= 250:
            told = True
            yield Found(match.start(), match.end(), "", "pack_years", value, "{PackYears}")
    for match in _PACKS.finditer(lower):
        packs = None if _is_other_amount(sentence, match.start()) else _packs(match)
        if packs is None or not 0 < packs <= 10:
            continue
        yield Found(match.start(), match.end(), "", "packs_per_day", packs, "{Packs}/d")
        years = _YEARS.match(lower, match.end())
        if years and not told:
            yield Found(
                match.start(), years.end(), "", "pack_years", packs * int(years["years"]), "{PackYears}"
            )


def _is_other_amount(sentence: str, start: int) -> bool:
    """True for what was smoked before or advised, and for "a third of a pack"."""
    before = sentence[max(0, start - 60) : start]
    return before.endswith(" of ") or _NOT_NOW.search(before) is not None


def _packs(match: re.Match[str]) -> Decimal | None:
    if match["cigs"]:
        cigarettes = amount(match["cigs"])
        return None if cigarettes is None else cigarettes / 20
    if match["ppd"] in {"a", "an"} or match["n"] in {"six", "6", "twelve", "12"}:
        return None  # a skin test, beer
    packs = amount(match["n"] or match["ppd"])
    return packs + Decimal("0.5") if packs is not None and match["half"] else packs
