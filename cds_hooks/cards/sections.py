"""A finding as Markdown: what a clinician needs to check it, in the order in which they would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args

from jinja2 import Template

from cds_hooks.cards.explained import (
    CHANGES,
    NOT_A_TREATMENT,
    change_words,
    contribution_words,
    counted,
    missing_words,
    percent,
    rest_words,
    signed_words,
    start_words,
)
from cds_hooks.cards.links import markdown_link
from cds_hooks.cards.markdown import Markdown, clip, environment, escape, joined, render
from models.explanation import Contribution, Explanation
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
    adds: str
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
        start: What the inputs are added to; "" where that is nothing or there is no number to explain.
        counted: What counts most, with the remainder last.
        is_lead: A leading finding lists them, a related one has them in one line.
        rows: The evidence table without what counts most; `further` holds in words what had no room.
        has_amounts, has_remarks: Whether the table needs these columns.
        what_if: What the model would give for other values of modifiable inputs.
        learned_from: Whose data the model was trained on; "" for what was published.
    """

    heading: str
    estimates: tuple[tuple[str, str, str], ...]
    start: str
    counted: tuple[str, ...]
    is_lead: bool
    rows: tuple[Row, ...]
    further: str
    has_amounts: bool
    has_remarks: bool
    quotes: tuple[Quote, ...]
    what_if: str
    missing: str
    rationale: str
    guideline: Markdown
    model: str
    learned_from: str
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
    return render(
        _TEMPLATES[finding.kind],
        finding=_view(finding, lead=lead, heading=heading),
        not_a_treatment=NOT_A_TREATMENT,
    )


def _view(finding: Finding, *, lead: bool, heading: bool) -> SectionView:
    top = counted(finding.explanation) if finding.explanation else ()
    rest = _rest(finding, top)
    limit = (LEAD_ROWS if lead else RELATED_ROWS) - len(top)
    rows = tuple(_row(piece, finding.explanation) for piece in rest[:limit])
    return SectionView(
        heading=clip(finding.statement, _SENTENCES) if heading else "",
        estimates=tuple(shown(each) for each in _estimates(finding, lead=lead)),
        start=clip(start_words(finding.explanation), _QUOTE) if finding.explanation else "",
        counted=_counted(finding, top),
        is_lead=lead,
        rows=rows,
        further=_further(rest[limit:]),
        has_amounts=any(row.adds for row in rows),
        has_remarks=any(row.remark for row in rows),
        quotes=tuple(_quote(piece) for piece in finding.evidence if piece.quote)[:QUOTES],
        what_if=_what_if(finding) if lead else "",
        missing=clip("; ".join(missing_words(finding)), _SENTENCES),
        rationale=clip(finding.rationale, _SENTENCES) if lead or _says_why(finding) else "",
        guideline=markdown_link(finding.guideline),
        model=f"{finding.model.name} {finding.model.version}".strip(),
        learned_from=clip(finding.learned_from, _QUOTE),
        horizon=_horizon(finding.estimate),
        confidence=_CONFIDENCE[finding.confidence] if finding.confidence else "",
    )


def _horizon(estimate: Estimate | None) -> str:
    """The horizon, unless the estimate's name begins with it ("10-year risk of ...")."""
    if estimate is None or estimate.name.startswith(f"{estimate.horizon.partition(' ')[0]}-"):
        return ""
    return estimate.horizon


def _says_why(finding: Finding) -> bool:
    """A related finding says why when it is pressing, or a number: its threshold stands there."""
    return finding.urgency in ("emergency", "urgent") or finding.estimate is not None


def _place(piece: Evidence | Contribution) -> tuple[str, str]:
    """What evidence and contribution of the same thing have in common."""
    return piece.source, piece.label


def _amount(piece: Evidence, explanation: Explanation | None) -> float:
    found = explanation.contributions if explanation else ()
    return next((each.amount for each in found if _place(each) == _place(piece)), 0.0)


def _rest(finding: Finding, top: tuple[Contribution, ...]) -> list[Evidence]:
    """The evidence that isn't shown as counting most, what adds more first."""
    above = {_place(each) for each in top}
    rest = [piece for piece in finding.evidence if piece.value and _place(piece) not in above]
    return sorted(rest, key=lambda piece: -abs(_amount(piece, finding.explanation)))


def _counted(finding: Finding, top: tuple[Contribution, ...]) -> tuple[str, ...]:
    if finding.explanation is None:
        return ()
    remarks = {_place(piece): piece.remark for piece in finding.evidence}
    unit = finding.explanation.unit
    texts = [contribution_words(each, unit, remarks.get(_place(each), "")) for each in top]
    return tuple(clip(text, _QUOTE) for text in (*texts, rest_words(finding.explanation, top)) if text)


def _what_if(finding: Finding) -> str:
    if finding.explanation is None:
        return ""
    return clip(change_words(finding.explanation.changes[:CHANGES], finding.explanation.unit), _SENTENCES)


def _row(piece: Evidence, explanation: Explanation | None) -> Row:
    label, adds, remark = piece.label, "", piece.remark
    if explanation is not None:
        # A panel beside a chart has room for four columns: beside amounts, the remark goes to the label.
        label, remark = f"{label} ({remark})" if remark else label, ""
        adds = signed_words(_amount(piece, explanation), explanation.unit)
    return Row(
        label=clip(label, _CELL),
        value=clip(piece.quantity, _CELL),
        date=_day(piece.at),
        adds=adds,
        remark=clip(remark, _CELL),
    )


def _further(pieces: list[Evidence]) -> str:
    texts = [
        clip(f"{piece.label} {piece.quantity} {_day(piece.at)}", _CELL) for piece in pieces[:FURTHER_VALUES]
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


def _day(at: datetime | None) -> str:
    return at.date().isoformat() if at else ""


def named(findings: Iterable[Finding], limit: int) -> Markdown:
    """The statements of findings in one line, at most `limit` of them."""
    statements = [clip(finding.statement, _CELL).rstrip(".") for finding in findings]
    parts: list[str] = list(statements[:limit])
    if len(statements) > limit:
        parts.append(escape(f"{len(statements) - limit} more"))
    return joined("; ", parts)
