"""The chart summary: one card with every finding, every score, and why the rest was not computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cds_hooks.cards.builder import SOURCE_LABEL, TOPIC_SYSTEM, BuiltCard, card_uuid
from cds_hooks.cards.completeness import completeness, subject_of
from cds_hooks.cards.explained import in_short
from cds_hooks.cards.links import card_link
from cds_hooks.cards.markdown import Markdown, clip, escape, joined
from cds_hooks.cards.sections import shown
from cds_hooks.protocol.card import SUMMARY_LIMIT, Card, Link, Source
from fhir_adapters.record import Coding, PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention, Assessment, Finding
from models.run import ScoreLine, results_of

GROUP: Final = "chart-summary"
_TITLE: Final = "Chart summary"
_MAX_LINKS: Final = 10
_REASON: Final = 240
_EXPLAINED: Final = 480
_NOT_VALIDATED: Final = Markdown(
    "Published criteria and scores, and learned risks, none validated at this site. "
    "They inform and decide nothing."
)


def summary_card(
    assessment: Assessment,
    record: PatientRecord,
    models: Sequence[ClinicalModel],
    settings: ClinicalSettings,
    hook_instance: str,
) -> BuiltCard:
    """The card of one call.

    Args:
        assessment: What the models said of the record.
        record: The chart; of a person who has died nothing is computed, and the card says so.
        models: Those that were asked, in the order in which scores are listed.
        settings: The site's choices.
        hook_instance: Of the call; the card's uuid is derived from it.
    """
    lines = results_of(record, models, settings)
    unanswered = [each for each in assessment.abstentions if each.cause != "not-indicated"]
    parts = [
        *((Markdown("The patient has died; nothing was assessed."),) if record.patient.deceased else ()),
        *_findings(assessment.findings),
        *_scores(lines),
        *_explained(lines),
        *_reasons("Not computed", unanswered),
        *_reasons("Question does not arise", _others(assessment.abstentions)),
        *completeness(assessment, record).lines(),
        _NOT_VALIDATED,
    ]
    card = Card(
        uuid=card_uuid(hook_instance, GROUP),
        summary=clip(_counts(assessment.findings, lines, unanswered), SUMMARY_LIMIT),
        detail=str(joined("\n\n", parts)),
        indicator="info",
        source=Source(label=SOURCE_LABEL, topic=Coding(TOPIC_SYSTEM, GROUP, _TITLE)),
        links=_links(assessment.findings),
    )
    return BuiltCard(
        card=card,
        group=GROUP,
        finding_keys=tuple(finding.key for finding in assessment.findings),
        models=tuple(model.stamp for model in models),
        urgency="routine",
    )


def _counts(findings: Sequence[Finding], lines: Sequence[ScoreLine], unanswered: Sequence[Abstention]) -> str:
    return (
        f"{_TITLE}: {_count(len(findings), 'finding')}, {_count(len(lines), 'score')}, "
        f"{len(unanswered)} not computed"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _findings(findings: Iterable[Finding]) -> tuple[Markdown, ...]:
    items = [Markdown("- ") + escape(clip(each.statement, _REASON)) for each in findings]
    return (Markdown("**Findings**"), joined("\n", items)) if items else (Markdown("**Findings:** none."),)


def _scores(lines: Iterable[ScoreLine]) -> tuple[Markdown, ...]:
    rows = [row for line in lines for row in _rows(line)]
    if not rows:
        return ()
    head = Markdown("| Score | Result | Newest value |\n|---|---|---|")
    return (Markdown("**Scores**"), joined("\n", (head, *rows)))


def _rows(line: ScoreLine) -> Iterable[Markdown]:
    days = [piece.at for piece in line.evidence if piece.at is not None]
    newest = _day(max(days)) if days else ""
    for estimate in line.estimates:
        name, value, band = shown(estimate)
        result = f"{value} ({band})" if band else value
        # Two scores may answer one question; the model's name tells their numbers apart.
        cells = (f"{name} ({line.model.name})", result, newest)
        yield Markdown("| ") + joined(" | ", map(escape, cells)) + Markdown(" |")


def _explained(lines: Iterable[ScoreLine]) -> tuple[Markdown, ...]:
    """What counts most in each score to which something adds, one line each."""
    explained = [(line, in_short(line.explanation)) for line in lines if line.explanation]
    items = [
        Markdown("- ") + escape(clip(f"{line.estimates[0].name} ({line.model.name}): {words}", _EXPLAINED))
        for line, words in explained
        if words
    ]
    return (Markdown("**What counts most**"), joined("\n", items)) if items else ()


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _reasons(title: str, abstentions: Iterable[Abstention]) -> tuple[Markdown, ...]:
    """Each reason once, with everything that it holds for."""
    by_reason: dict[str, list[str]] = {}
    for each in abstentions:
        by_reason.setdefault(each.reason, []).append(subject_of(each))
    items = [
        Markdown("- ") + joined(", ", (escape(name) for name in dict.fromkeys(names)))
        + Markdown(": ") + escape(clip(reason, _REASON))
        for reason, names in by_reason.items()
    ]  # fmt: skip
    return (Markdown(f"**{title}**"), joined("\n", items)) if items else ()


def _others(abstentions: Iterable[Abstention]) -> list[Abstention]:
    return [each for each in abstentions if each.cause == "not-indicated"]


def _links(findings: Iterable[Finding]) -> tuple[Link, ...]:
    links = [link for finding in findings if (link := card_link(finding.guideline))]
    return tuple({link.url: link for link in links}.values())[:_MAX_LINKS]
