"""Who a note is about, as far as words tell: names after a title, words for race, insurers.

They are blanked before the network reads, so that what it marks can't depend on them. A name is recognised
behind a title and before "is a 40-year-old".
"""

from __future__ import annotations

import re

from fhir_adapters.record import Span

# In capitals only one word counts as a name, and "MR." and "MS." are none: they are diseases, too.
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\b\.?[ \t]+((?:[A-Z][a-z'-]{1,30}[ \t]){0,2}[A-Z][A-Za-z'-]{1,30})"
    r"|\b(?:MRS|DR)\.[ \t]+([A-Z][A-Z'-]{1,30})"
)
# At the start of a sentence or a line.
_INTRODUCED = re.compile(
    r"(?:(?<=[.!?] )|(?<=[.!?]  )|(?<=\n)|(?<=\A)|(?<=: ))"
    r"(?!(?:The|This|Patient|Pt|He|She|They|It|There|Her|His|Our|Infant|Baby|Child|Today|As|In|On|At)\b)"
    r"((?:[A-Z][\w'’-]{1,30}[ \t]{1,3}){0,3}[A-Z][\w'’-]{1,30})\s{1,4}"
    r"is an? (?:[a-z]{3,20},? ){0,4}(?:newborn\b|\d{1,3}[ -]{0,2}(?:year|yr|month|week|day|y/?o))"
)
_RACE = re.compile(
    r"\b(white|black|asian|hispanic|latin[oax]|caucasian|african[- ]american|native american|american indian|"
    r"pacific islander|white or caucasian|black or african american|non-?hispanic)"
    r"(?=[ \t,]{1,2}(?:\w{1,12}[ \t]){0,1}(?:man|woman|male|female|gentleman|lady|boy|girl|patient|person|"
    r"infant|child|m|f|individual)\b)",
    re.IGNORECASE,
)
_INSURER = re.compile(
    r"\b(medicaid|medicare|aetna|cigna|humana|anthem|kaiser(?: permanente)?|"
    r"blue cross(?: blue shield)?|blue shield|united ?health(?:care)?|tricare|molina|centene|self-pay|"
    r"uninsured)\b",
    re.IGNORECASE,
)


def identity_spans(text: str) -> list[Span]:
    """The stretches that tell who somebody is, in order of position; they may touch but not overlap."""
    found = sorted(
        match.span(match.lastindex or 0)
        for pattern in (_TITLED, _INTRODUCED, _RACE, _INSURER)
        for match in pattern.finditer(text)
    )
    spans: list[Span] = []
    for start, end in found:
        if not spans or start >= spans[-1].end:
            spans.append(Span(start, end))
    return spans
