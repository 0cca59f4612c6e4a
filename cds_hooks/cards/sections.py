"""A finding as Markdown: what a clinician needs to check it, in the order in which they would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from jinja2 import Template

from cds_hooks.cards.links import markdown_link
from cds_hooks.cards.markdown import Markdown, clip, environment, escape, joined, render
from models.finding import Confidence, Estimate, Evidence, Finding, FindingKind

LEAD_ROWS: Final = 6
RELATED_ROWS: Final = 3
FURTHER_VALUES: Final = 10
QUOTES: Final = 2

_CELL = 80
_QUOTE = 240
_SENTENCES = 600

_CONFIDENCE: Final[dict[Confidence, str]] = {
    "A": "full criterion met",
    "B": "partly met, to be confirmed",
    "C": "screening flag only",
}
# Score units as people write them; "probability" is shown in percent.
_UNITS: Final = {
    "1": "",
    "{score}": "",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mm[Hg]": "mmHg",
    "{ratio}": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the evidence table."""

    label: str
    value: str
    date: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence of a note and where it stands."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """What a template of `templates/` may show of one finding; texts are escaped when shown.

    Attributes:
        heading: The statement, or "" when the card's summary already says it.
        estimates: Name, value and band of each number that the model gives.
        rows: The evidence table; `further` holds in words what it had no room for.
        has_remarks: Whether the table needs its fourth column.
    """

    heading: str
    estimates: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    further: str
    has_remarks: bool
    quotes: tuple[Quote, ...]
    missing: str
    rationale: str
    guideline: Markdown
    model: str
    horizon: str
    confidence: str


_ENVIRONMENT: Final = environment()
_TEMPLATES: Final[dict[FindingKind, Template]] = {
    kind: _ENVIRONMENT.get_template(f"{kind}.md.j2") for kind in get_args(FindingKind)
}


def section(finding: Finding, *, lead: bool, heading: bool) -> Markdown:
    """The finding as a part of a card's detail.

    Args:
        finding: What a model said.
        lead: The card's leading finding gets the longer form.
        heading: Whether to repeat the statement above the evidence.
    """
    return render(_TEMPLATES[finding.kind], finding=_view(finding, lead=lead, heading=heading))


def _view(finding: Finding, *, lead: bool, heading: bool) -> SectionView:
    limit = LEAD_ROWS if lead else RELATED_ROWS
    measured = [piece for piece in finding.evidence if piece.value]
    rows = tuple(_row(piece) for piece in measured[:limit])
    return SectionView(
        heading=clip(finding.statement, _SENTENCES) if heading else "",
        estimates=tuple(shown(each) for each in _estimates(finding, lead=lead)),
        rows=rows,
        further=_further(measured[limit:]),
        has_remarks=any(row.remark for row in rows),
        quotes=tuple(_quote(piece) for piece in finding.evidence if piece.quote)[:QUOTES],
        missing=clip("; ".join(finding.missing), _SENTENCES),
        rationale=clip(finding.rationale, _SENTENCES) if lead or _is_pressing(finding) else "",
        guideline=markdown_link(finding.guideline),
        model=f"{finding.model.name} {finding.model.version}".strip(),
        horizon=finding.estimate.horizon if finding.estimate else "",
        confidence=_CONFIDENCE[finding.confidence] if finding.confidence else "",
    )


def _is_pressing(finding: Finding) -> bool:
    return finding.urgency in ("emergency", "urgent")


def _row(piece: Evidence) -> Row:
    return Row(
        label=clip(piece.label, _CELL),
        value=clip(_quantity(piece), _CELL),
        date=_day(piece.at),
        remark=clip("; ".join(filter(None, (_points(piece.contribution), piece.remark))), _CELL),
    )


def _points(contribution: float | None) -> str:
    """Whole numbers are points; a log-odds says nothing to a reader, and neither does no point."""
    if not contribution or contribution != int(contribution):
        return ""
    return f"{int(contribution):+d} point{'' if abs(contribution) == 1 else 's'}"


def _quantity(piece: Evidence) -> str:
    space = "" if piece.unit == "%" else " "
    return f"{piece.value}{space}{piece.unit}"


def _further(pieces: list[Evidence]) -> str:
    texts = [
        clip(f"{piece.label} {_quantity(piece)} {_day(piece.at)}", _CELL) for piece in pieces[:FURTHER_VALUES]
    ]
    if len(pieces) > FURTHER_VALUES:
        texts.append(f"{len(pieces) - FURTHER_VALUES} more")
    return "; ".join(texts)


def _quote(piece: Evidence) -> Quote:
    origin = ", ".join(filter(None, (clip(piece.label, _CELL), _day(piece.at))))
    return Quote(text=clip(piece.quote, _QUOTE), origin=origin)


def _estimates(finding: Finding, *, lead: bool) -> Iterable[Estimate]:
    if finding.estimate is None:
        return ()
    further = finding.further_estimates if lead else finding.further_estimates[: RELATED_ROWS - 1]
    return (finding.estimate, *further)


def shown(estimate: Estimate) -> tuple[str, str, str]:
    """Name, value with its unit, and band of a number, for people."""
    if estimate.unit == "probability":
        return estimate.name, percent(estimate.value), estimate.band
    unit = _UNITS.get(estimate.unit, estimate.unit)
    return estimate.name, f"{estimate.value:.3g} {unit}".strip(), estimate.band


def percent(probability: float) -> str:
    """A probability for people: one decimal, and never a rounded 0% or 100%."""
    if 0 < probability < 0.001:
        return "<0.1%"
    if 0.999 < probability < 1:
        return ">99.9%"
    return f"{probability * 100:.1f}%"


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def named(findings: Iterable[Finding], limit: int) -> Markdown:
    """The statements of findings in one line, at most `limit` of them."""
    statements = [clip(finding.statement, _CELL).rstrip(".") for finding in findings]
    parts: list[str] = list(statements[:limit])
    if len(statements) > limit:
        parts.append(escape(f"{len(statements) - limit} more"))
    return joined("; ", parts)
