"""A reading for a terminal: the note with its mentions colored, and a table that says the same without color.

A note is somebody else's text: no control character of it reaches the terminal, not even one that turns the
direction of writing.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fhir_adapters.record import ICD10CM, LOINC, RXNORM, SNOMED, Mention, MentionType, Note, NoteReading

_SYSTEMS: Final[Mapping[str, str]] = {ICD10CM: "ICD-10", SNOMED: "SNOMED", RXNORM: "RxNorm", LOINC: "LOINC"}
_COLORS: Final[Mapping[MentionType, str]] = {
    "problem": "31",
    "symptom": "33",
    "medication": "32",
    "dosage": "32",
    "procedure": "35",
    "test": "36",
    "value": "36",
    "habit": "34",
}
_PLAIN, _BOLD, _DIM, _UNDERLINED, _STRUCK = "0", "1", "2", "4", "9"
_HEADINGS: Final = ("type", "words", "says", "value", "code", "score", "section", "line")
_WIDEST: Final = {"words": 44, "code": 44, "value": 34}
# A heading ends so few characters before its section.
_NEAR: Final = 200
_NOTHING: Final = "Nothing was found."


def rendered(note: Note, reading: NoteReading, *, color: bool) -> str:
    """The reading in lines.

    Args:
        note: As it was read.
        color: With the note's text, its mentions in ANSI colors: one for each group of types; struck
            through when denied, underlined when possible or conditional, dim when past, planned or not the
            patient's. Without color only the table.
    """
    parts = [_headline(reading)]
    if color:
        parts += [_colored(note, reading.mentions), _legend()]
    parts.append(_table(note, reading.mentions) if reading.mentions else _NOTHING)
    return "\n\n".join(parts) + "\n"


def harmless(text: str) -> str:
    """The text with every control character but line breaks and tabs written out, as "\\x1b"."""
    if text.isprintable():
        return text
    return "".join(char if char in "\n\t" or char.isprintable() else _written_out(char) for char in text)


def _written_out(char: str) -> str:
    if unicodedata.category(char) == "Zs":  # a blank of another width
        return " "
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def _headline(reading: NoteReading) -> str:
    count = len(reading.mentions)
    said = f"{reading.outcome.replace('-', ' ')}, {count} mention{'' if count == 1 else 's'}"
    if reading.outcome != "read":
        said += f"; {reading.coverage:.0%} of the text: {reading.reason}"
    return f"{harmless(reading.source)}: {said} ({reading.model})"


def _colored(note: Note, mentions: Sequence[Mention]) -> str:
    pieces, position = [], 0
    for start, end, style in _styled(note, mentions):
        pieces += [harmless(note.text[position:start]), f"\x1b[{style}m", harmless(note.text[start:end])]
        pieces.append(f"\x1b[{_PLAIN}m")
        position = end
    pieces.append(harmless(note.text[position:]))
    return "".join(pieces).rstrip()


def _styled(note: Note, mentions: Iterable[Mention]) -> Iterator[tuple[int, int, str]]:
    """Disjoint stretches with their style: mentions before the headings that they stand in."""
    headings = [
        (start, start + len(section.heading), _BOLD)
        for section in note.sections
        if section.heading
        and (start := note.text.rfind(section.heading, max(0, section.start - _NEAR), section.start)) >= 0
    ]
    marked = [(mention.start, mention.end, _style(mention)) for mention in mentions]
    position = 0
    for start, end, style in sorted(headings + marked, key=lambda item: (item[0], item[2] == _BOLD)):
        if start >= position and end > start:
            yield start, end, style
            position = end


def _style(mention: Mention) -> str:
    said = mention.assertion
    styles = [_COLORS.get(mention.type, _PLAIN)]
    if said.presence == "absent":
        styles.append(_STRUCK)
    elif said.presence != "present":
        styles.append(_UNDERLINED)
    if said.when != "current" or said.whose != "patient":
        styles.append(_DIM)
    return ";".join(styles)


def _legend() -> str:
    names: dict[str, list[str]] = {}
    for kind, code in _COLORS.items():
        names.setdefault(code, []).append(kind)
    kinds = " ".join(f"\x1b[{code}m{'/'.join(kinds)}\x1b[0m" for code, kinds in names.items())
    return (
        f"{kinds}  \x1b[{_STRUCK}mdenied\x1b[0m \x1b[{_UNDERLINED}mpossible, conditional\x1b[0m "
        f"\x1b[{_DIM}mpast, planned, not the patient's\x1b[0m"
    )


def _table(note: Note, mentions: Iterable[Mention]) -> str:
    lines = _Lines(note.text)
    rows = [dict(zip(_HEADINGS, _HEADINGS, strict=True))]
    rows += [_row(note.text, mention, lines.number_of(mention.start)) for mention in mentions]
    widths = {name: max(len(row[name]) for row in rows) for name in _HEADINGS}
    return "\n".join("  ".join(row[name].ljust(widths[name]) for name in _HEADINGS).rstrip() for row in rows)


def _row(text: str, mention: Mention, line: int) -> dict[str, str]:
    row = {
        "type": mention.type,
        "words": " ".join(harmless(text[mention.start : mention.end]).split()),
        "says": _says(mention),
        "value": _value(mention),
        "code": _code(mention),
        "score": f"{mention.score:.2f}",
        "section": mention.section or "-",
        "line": str(line),
    }
    return {name: _clipped(cell, _WIDEST.get(name, len(cell))) for name, cell in row.items()}


def _says(mention: Mention) -> str:
    said = mention.assertion
    more = [word for word in (said.when, said.whose) if word not in ("current", "patient")]
    return ", ".join((said.presence, *more))


def _value(mention: Mention) -> str:
    value = mention.value
    if value is None:
        return ""
    if value.value is None:
        return f"{value.analyte} {value.text}".strip()
    return f"{value.analyte} {value.comparator}{value.value} {value.unit}".strip()


def _code(mention: Mention) -> str:
    if not mention.codes:
        return ""
    best = mention.codes[0]
    return f"{_SYSTEMS.get(best.system, best.system)} {best.code} {best.display}"


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class _Lines:
    """Numbers of the lines of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def number_of(self, position: int) -> int:
        """From 1."""
        return bisect_right(self._starts, position)
