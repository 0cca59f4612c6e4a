"""What a sentence says of drinking alcohol: whether, and how many drinks a week."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from models.notes.values.habit_text import MOST_MENTIONS, NUMBER, amount, clauses, denial_of, masked
from models.notes.values.smoking import Found
from models.notes.values.words import words

_MENTIONS = words("alcohol etoh ethanol drink beer wine liquor vodka whisk sober teetotal six-pack 6-pack")
_TERM = r"(?:alcohol(?:ic beverages?)?|etoh|ethanol|beers?|wine|liquor|vodka|whiske?y)"
_ASIDE = re.compile(
    r"(?:ethanol|alcohol|etoh)[^.;]{0,12}?\d{1,4}(?:\.\d{1,3})? ?(?:gm?|mg)\b|(?:rubbing|isopropyl"
    r"|denatured|polyvinyl|benzyl|fetal) alcohol"
    r"|alcohol[- ](?:swabs?|pads?|prep\w{0,3}|wipes?|solution|rub|levels?|withdrawal|induced|related"
    r"|cirrhosis|hepatitis|rehab\w{0,12}|education|counsel\w{0,6}|free|intoxication|anonymous|detox\w{0,12}"
    r"|content|containing)"
    r"|alcoholics anonymous|prepp?(?:ed)?[^.;]{0,60}alcohol|non-?alcoholic|alcohol in utero"
    r"|(?:soft|fruit|energy|sports|sugary|carbonated|mixed fruit) drinks?"
    r"|(?:eat\w{0,3}|ate)(?:,| and| or|/| nor)\s?drink\w{0,3}|drink\w{0,3}(?: and| or|/)\s?eat\w{0,3}"
    r"|drink\w{0,3} (?:\w{1,10} ){0,5}?(?:water|fluids?|milk|coffee|juice|sodas?|tea|from|liquids?|ensure"
    r"|gatorade|formula|caffeine|boost|contrast|well)"
    r"|food (?:and|or) drink"
    r"|\b(?:advis\w{1,4}|counsel\w{0,4}|encourag\w{1,4}|recommend\w{0,4}|urged?|instruct\w{0,3}|told|should"
    r"|must|avoid\w{0,4}|refrain\w{0,3}|abstain|needs? to|limit|avoidance of|trying to|wants? to"
    r"|stay away from|would like to|cessation of|smell\w{0,2} (?:of )?|odor of|prep\w{0,3} with|cleaned with"
    r"|if (?:he|she|you))\b[^.;]{0,60}?(?:alcohol|drink\w{0,3}|etoh|beer|wine)"
)
_ABUSE = re.compile(r"\s?(?:abuse|dependen|misuse|problem|use disorder|withdrawal)")
_SOME = re.compile(
    r"\b(?:significant|excessive|excess|heavy|heavily|abuse|abuses|abusing|much|large|binge)\b"
)
_NONE = re.compile(
    r"\bnon-?\s?(?:drinker|etoh user|alcohol user)|\bteetotal\w{0,3}|\bsober\b|abstinent from alcohol"
    r"|(?<!to )(?<!not )\b(?:quit|stopped|gave up|discontinued|no longer)\b (?:using |use of |the use of "
    rf"|consum\w{{1,3}} )?(?:drink\w{{0,3}}|{_TERM})"
    rf"|\b{_TERM}(?: use| consumption| intake)?(?:\s{{0,2}}[:=-]|\s+is|\s+was|\s+were)?\s{{0,3}}(?:none\b"
    r"|no\b|denie[sd]\b|never\b|negative|nil\b)"
    r"|\bdrinks? none"
)
_FREQUENCY = (
    r"(?:social(?:ly)?|occasional(?:ly)?|moderate(?:ly)?|heav(?:y|ily)|rare(?:ly)?|daily|light(?:ly)?"
    r"|regular(?:ly)?|minimal(?:ly)?|infrequent(?:ly)?|weekly|once|twice|nightly)"
)
_USES = re.compile(
    rf"\b{_FREQUENCY} (?:use of |consumption of |consum\w{{1,3}} |us\w{{1,3}} |drink\w{{0,3}} )?(?:{_TERM}"
    r"|drink\w{0,3}|alcoholic)"
    rf"|\b(?:drinks?|drinking|consumes?|consuming|uses?|imbibes) (?:\w{{1,12}} ){{0,3}}?(?:{_TERM}"
    rf"|{_FREQUENCY})"
    rf"|\b{_TERM}(?: use| consumption| intake)?(?:\s{{0,2}}[:=-]|\s+is)?\s{{0,3}}(?:{_FREQUENCY}|yes\b"
    r"|positive|\d)"
    rf"|\badmits? (?:to )?(?:\w{{1,12}} ){{0,4}}?(?:{_TERM}|drink\w{{0,3}})"
    rf"|\bpositive for (?:\w{{1,10}} ){{0,2}}?{_TERM}"
    rf"|\breports? (?:\w{{1,12}} )?{_TERM} (?:use|consumption|intake)"
    r"|\b(?:has|takes|enjoys) (?:an? |one |two )(?:occasional )?(?:beer|glass of wine|alcoholic)"
    r"|\b(?:is|remains) an? (?:\w{1,10} )?(?:drinker|alcoholic)\b(?! (?:beverage|drink))"
)
_PAST = re.compile(
    r"\b(?:used to|previously|formerly|in the past|history of|was|were|had been|until|prior|before|past)\b"
)
# To drink without an object, or with this one, is to drink alcohol.
_SUBJECT = re.compile(
    rf"\b(?:{_TERM}\b|drink(?:s|ing|er)?(?=\s*(?:$|[.,;/]|(?:or|and|nor|at all|any|currently|anymore|socially"
    rf"|excessively|now|use)\b|{_TERM})))"
)
_AMOUNT = re.compile(
    rf"\b(?P<n>{NUMBER})(?:\s?(?:-|–|to|or)\s?{NUMBER})?[\s-](?:alcoholic |standard |mixed )?(?P<what>(?:six"
    r"|6|twelve|12)[- ]?packs?(?: of beer)?|drinks?|beers?|glass(?:es)? of (?:\w{1,8} )?wine|cans? of beer"
    r"|bottles? of beer|shots?|cocktails?|beverages)(?: of \w{1,10})?(?:\s?/\s?| (?:per|an?|each|every) "
    r"| )(?P<per>day|daily|night|nightly|evening|week|weekly|month|monthly)\b(?! on (?:the )?weekends?)"
)
_PER_WEEK = {"day": 7, "daily": 7, "night": 7, "nightly": 7, "evening": 7, "week": 1, "weekly": 1}


def drinking_in(sentence: str, *, instructs: bool = False) -> list[Found]:
    """What a sentence states of the drinking of alcohol; at most one status.

    "No alcohol "
    "abuse" and "no heavy use" leave open whether there is any, a past habit whether there still is.

    Args:
        sentence: The sentence in lower case on one line, or a heading with it.
        instructs: The section gives instructions, where "no alcohol" forbids.
    """
    if not 0 < sum(sentence.count(word) for word in _MENTIONS) <= MOST_MENTIONS:
        return []
    lower = masked(sentence, _ASIDE)
    found = (_clause(lower[start:end], start, instructs=instructs) for start, end in clauses(lower))
    statuses = [status for status in found if status]
    amounts = list(_amounts(lower))
    if not statuses and amounts:
        statuses = [Found(amounts[0].start, amounts[0].end, "alcohol-use")]
    return [*statuses[:1], *amounts]


def _clause(clause: str, offset: int, *, instructs: bool) -> Found | None:
    none = _NONE.search(clause)
    if none and not _ABUSE.match(clause, none.end()):
        return Found(offset + none.start(), offset + none.end(), "no-alcohol")
    for term in _SUBJECT.finditer(clause):
        denial = denial_of(clause, term.start())
        if denial is None:
            continue
        if instructs or _SOME.search(clause[denial : term.end() + 12]):
            return None
        return Found(offset + denial, offset + term.end(), "no-alcohol")
    uses = _USES.search(clause)
    if uses is None or _PAST.search(clause[: uses.end()]):
        return None
    return Found(offset + uses.start(), offset + uses.end(), "alcohol-use")


def _amounts(lower: str) -> Iterator[Found]:
    for match in _AMOUNT.finditer(lower):
        number = amount(match["n"])
        if number is None or _PAST.search(lower[max(0, match.start() - 40) : match.start()]):
            continue
        drinks = number * _drinks(match["what"])
        week = (
            drinks * _PER_WEEK[match["per"]]
            if match["per"] in _PER_WEEK
            else round(drinks * 12 / Decimal(52), 2)
        )
        if 0 < week <= 500:
            yield Found(match.start(), match.end(), "", "drinks_per_week", Decimal(week), "{drinks}/wk")


def _drinks(what: str) -> int:
    if "pack" not in what:
        return 1
    return 12 if what.startswith(("twelve", "12")) else 6
