"""What stands right beside a mention in forms and shorthand: boxes, plus, minus and question marks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from fhir_adapters.record import Span

Sign = Literal["", "absent", "affirmed", "possible"]

_REACH = 8
_BOX = r"[\[(][ \t]?(?P<mark>[xX✓✔*+-]?)[ \t]?[\])]|(?P<drawn>[☐☑☒□■✓✔])"
_ANY_BOX = re.compile(_BOX)
_BEFORE = re.compile(rf"(?:{_BOX})[ \t]{{0,2}}\Z")
_AFTER = re.compile(rf"[ \t]{{0,2}}:?[ \t]{{0,2}}(?:{_BOX})")
_SIGN_BEFORE = re.compile(r"(?:^|[\s,;/(])(?P<sign>\+{1,3}|-|−|\?|\(\?\))\Z")
_SIGN_AFTER = re.compile(r"(?P<sign>\+{1,3}|\?)(?=[\s,;.)]|\Z)")
_BULLETED = re.compile(r"(?:^|\n)[ \t]*-\Z")
_LINE = 200
_EMPTY = frozenset("-☐□")
_TICKED = frozenset("xX✓✔*+☑☒■")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark and what it says of the mention beside it."""

    sign: Sign
    span: Span


_NONE = Mark("", Span(0, 0))


def mark_of(text: str, start: int, end: int) -> Mark:
    """The mark of a mention at characters [start, end); its sign is "" when there is none.

    "[ ]", "(-)" and an attached minus are absent, "[x]", "(+)" and plus affirmed, a question mark right
    before it possible. A minus at the start of a line is a bullet unless the line has a plus as well.
    """
    before = text[max(0, start - _REACH) : start]
    after = text[end : end + _REACH]
    box = _BEFORE.search(before)
    if box:
        return Mark(_box(box), Span(start - len(before) + box.start(), start))
    following = _AFTER.match(after)
    if following and (following["mark"] or _boxes_follow(text, start)):
        return Mark(_box(following), Span(end, end + following.end()))
    sign = _SIGN_BEFORE.search(before)
    if sign and not (sign["sign"] == "-" and _is_bullet(text, start)):
        return Mark(_signed(sign["sign"]), Span(start - len(sign["sign"]), start))
    sign = _SIGN_AFTER.match(after)
    if sign and sign["sign"] != "?":
        return Mark("affirmed", Span(end, end + sign.end()))
    return _NONE


def _box(match: re.Match[str]) -> Sign:
    mark = match["drawn"] or match["mark"]
    return "affirmed" if mark and mark in _TICKED else "absent"


def _signed(sign: str) -> Sign:
    if "?" in sign:
        return "possible"
    return "affirmed" if sign.startswith("+") else "absent"


def _boxes_follow(text: str, start: int) -> bool:
    """True when the boxes of this line stand behind their words: none stands before the first word."""
    line = text[max(0, start - _LINE) : start].rpartition("\n")[2]
    box = _ANY_BOX.search(line)
    return box is None or any(character.isalpha() for character in line[: box.start()])


def _is_bullet(text: str, start: int) -> bool:
    line = text[max(0, start - _LINE) : start]
    if not _BULLETED.search(line):
        return False
    rest = text[start : start + _LINE].partition("\n")[0]
    return "+" not in rest and " -" not in rest
