"""Tokens of a sentence for the reading of values: words, numbers, and what only looks like a number."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

# "skip" is a date, a time, an age or a duration: it stands between a test and its value without harm.
# "stop" is what binds to nothing and ends the search: a de-identified gap, a telephone number, an ordinal.
Kind = Literal["word", "number", "feet", "skip", "stop", "mark"]

_SPAN = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?)"
_GLUED = (
    r"(?:HR|RR|BP|SpO2|SPO2|O2sat|EF|LVEF|Na|Hgb|Hct|HCT|WBC|BUN|INR|Wt|WT|Plt|PLT|Temp"
    r"|TEMP)(?=\d{1,3}(?!\w)|\d{1,3}[./%])"
    r"|T(?=\d{2,3}\.\d)|[PR](?=\d{2,3}(?!\w))|(?:K|Cr)(?=\d\.\d)"
)
_TOKEN = re.compile(
    r"(?P<stop>\[\*\*[^\]\n]{0,80}\*\*\]|(?<!_)_{2,}+|(?<!\w)X{3,}+(?!\w)"
    r"|(?<![\d.])\(?\d{3}\)?[-. ]\d{3}[-.]\d{4}(?!\d)|(?<![\d.])\d{1,4}(?:st|nd|rd|th)\b"
    r"|\#\s?\d{1,4}(?![\d.]))"
    r"|(?P<skip>(?<![\d./])\d{1,2}/\d{1,2}/\d{2,4}(?![\d/])|(?<!\d)(?:19|20)\d\d-\d{1,2}-\d{1,2}(?!\d)"
    r"|(?<![\d.])\d{1,2}-\d{1,2}-\d{2,4}(?![\d-])"
    r"|(?<![\d.])\d{1,2}:\d{2}(?::\d\d)?(?!\d)\s?(?:[aApP]\.?[mM]\b\.?)?"
    rf"|(?<![\d.])\d{{1,3}}(?:-\d{{1,2}})?[- ]?{_SPAN}(?:[- ]old)?\b(?!-)|(?<![\d.])\d{{1,3}}\s?(?:y/?o"
    rf"|[aApP]\.?[mM])\b\.?)"
    r"|(?P<feet>(?<![\d.])[2-7]\s?(?:'|’|′|-?\s?(?:feet|foot|ft)\b\.?)[,\s]{0,2}(?:and\s)?\d{1,2}(?:\.\d)?"
    r"(?:\s?(?:\"|''|”|″|’’|-?(?:inches|inch|in)\b)|(?!\s?[\w/]))|(?<![\d.])[2-7]\s?(?:feet|foot"
    r"|ft)\b(?:\stall)?)"
    r"|(?P<number>\d{1,3}(?:,\d{3})++(?!\d)(?:\.\d++)?|\d++(?:\.\d++|[- ](?:1/2|1/4|3/4)(?![\d/])|['’]?s\b"
    r"|[½¼¾])?|(?<![\w.])\.\d++)"
    rf"|(?P<word>(?<!\w)(?:{_GLUED})|[^\W\d_]++(?:['’]?[^\W_]++)*+)"
    r"|(?P<mark>-{1,3}>|<-{1,3}|<=|>=|=>|\+/-|[^\w\s]|_)"
)
_HAS_LETTER = re.compile(r"[^\W\d_]")


class Token(NamedTuple):
    """Characters [start, end) of the text; `words` is them in lower case.

    "120s" is one number.
    """

    start: int
    end: int
    kind: Kind
    words: str


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """The tokens of text[start:end], in order; none when there is no letter in it.

    A stretch without letters names no test.
    """
    if not _HAS_LETTER.search(text, start, end):
        return []
    return [
        Token(match.start(), match.end(), match.lastgroup, match.group().lower())  # type: ignore[arg-type]
        for match in _TOKEN.finditer(text, start, end)
    ]
