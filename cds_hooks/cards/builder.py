"""Findings become cards: chosen by the alert policy, worded by the templates, with drafts to accept."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5

from cds_hooks.cards.alert_policy import AlertPolicy, Decline, FindingGroup, Selection, select
from cds_hooks.cards.completeness import Completeness, completeness, problem_list_gap
from cds_hooks.cards.drafts import DraftError, draft
from cds_hooks.cards.links import card_link
from cds_hooks.cards.markdown import Markdown, clip, joined, plain
from cds_hooks.cards.orders import ORDER_KINDS, Orders, order_action
from cds_hooks.cards.override_reasons import OVERRIDE_REASONS
from cds_hooks.cards.sections import named, section
from cds_hooks.protocol.card import (
    SUMMARY_LIMIT,
    Action,
    Card,
    Link,
    SelectionBehavior,
    Source,
    Suggestion,
    utf16_length,
)
from fhir_adapters.record import Coding, PatientRecord
from models.finding import Assessment, Finding, ModelStamp, Proposal, Urgency

log = logging.getLogger(__name__)

SOURCE_LABEL: Final = "Cuecard"
TOPIC_SYSTEM: Final = "https://cuecard.example/fhir/CodeSystem/topic"
NOT_ASSESSED_GROUP: Final = "not-fully-assessed"

RELATED_SECTIONS: Final = 3
MAX_SUGGESTIONS: Final = 4
MAX_LINKS: Final = 3

_NAMESPACE: Final = UUID("5f0a4c1e-3c55-5d0b-9a57-6f2c8e1d7b42")
_LABEL: Final = 100
_LISTED: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltCard:
    """A card and what the ledger keeps about it.

    Attributes:
        group: The findings' group; what a decline refers to.
        finding_keys: Of the findings that the card shows, the leading one first.
        models: Whose findings they are, each once.
        urgency: Of the most urgent finding.
        evidence: References of what the findings rest on, each once.
    """

    card: Card
    group: str
    finding_keys: tuple[str, ...]
    models: tuple[ModelStamp, ...]
    urgency: Urgency
    evidence: tuple[str, ...] = ()


def build_cards(
    assessment: Assessment,
    record: PatientRecord,
    *,
    policy: AlertPolicy,
    declined: Collection[Decline],
    hook_instance: str,
    now: datetime | None = None,
    orders: Orders = MappingProxyType({}),
) -> tuple[BuiltCard, ...]:
    """The cards of one call, most pressing first.

    Args:
        assessment: What the models said.
        record: The chart that they read.
        policy: The site's limits.
        declined: What was dismissed earlier for this patient and is still in force.
        hook_instance: Of the call; card and suggestion uuids are derived from it, so that a repeated call
            has the same ones and feedback joins.
        now: The time of the call, the current time by default; a chart read as of another day says so.
        orders: By reference, the draft orders of the call as sent; suggestions change or remove them.

    Returns:
        At most `policy.max_cards` cards. Empty means that the chart was assessed and gave nothing to say
        (or that the patient has died); what failed is said on the last card, or on a card of its own.
    """
    if record.patient.deceased:
        return ()
    now = now or datetime.now(UTC)
    state = completeness(assessment, record)
    # An order that nobody checked has a card of its own: that of another order must not fold it away.
    of_orders = any(finding.kind == "medication_safety" for finding in assessment.findings)
    separate = bool(state.unchecked) and of_orders and policy.max_cards > 1
    unchecked = (_not_assessed_card(state, hook_instance),) if separate else ()
    room = replace(policy, max_cards=policy.max_cards - len(unchecked))
    selection = select(assessment.findings, room, declined, now=now)
    if not selection.shown:
        return (_not_assessed_card(state, hook_instance),) if state.prevented_assessment else ()
    as_of = _as_of_line(record, now)
    last = len(selection.shown) - 1
    closing = _closing_lines(selection, () if unchecked else state.lines())
    built = tuple(
        _build(
            group,
            record,
            hook_instance,
            orders=orders,
            footer=(*as_of, *(closing if index == last else ())),
        )
        for index, group in enumerate(selection.shown)
    )
    return (*built, *unchecked)


def _build(
    group: FindingGroup,
    record: PatientRecord,
    hook_instance: str,
    *,
    orders: Orders,
    footer: tuple[Markdown, ...],
) -> BuiltCard:
    suggestions = tuple(_suggestions(group, record, hook_instance, orders))
    footer = (*_not_offered(group, record), *footer)
    card = Card(
        uuid=card_uuid(hook_instance, group.name),
        summary=_summary(group),
        detail=_detail(group, footer),
        indicator=group.indicator,
        source=Source(label=SOURCE_LABEL, topic=_topic(group.lead)),
        suggestions=suggestions,
        selection_behavior=_selection_behavior(group) if suggestions else None,
        override_reasons=OVERRIDE_REASONS,
        links=_links(group),
    )
    return BuiltCard(
        card=card,
        group=group.name,
        finding_keys=tuple(finding.key for finding in group.findings),
        models=tuple(dict.fromkeys(finding.model for finding in group.findings)),
        urgency=group.urgency,
        evidence=_sources(group),
    )


def _sources(group: FindingGroup) -> tuple[str, ...]:
    # A note's sentence is named by its note: where in it is on the card.
    sources = (piece.source.partition("#")[0] for finding in group.findings for piece in finding.evidence)
    return tuple(dict.fromkeys(source for source in sources if source))


def _summary(group: FindingGroup) -> str:
    statement = _statement(group.lead)
    related = len(group.findings) - 1
    if related:
        suffix = f" (+ {related} related finding{'s' if related > 1 else ''})"
        room = SUMMARY_LIMIT - utf16_length(suffix)
        if utf16_length(statement.rstrip(".")) <= room:
            return statement.rstrip(".") + suffix
    return clip(statement, SUMMARY_LIMIT)


def _statement(finding: Finding) -> str:
    """The finding's statement; a plug-in that gives none still gets a card that says what it is about."""
    return plain(finding.statement) or plain(finding.topic.display) or f"Finding: {_group_code(finding)}"


def _detail(group: FindingGroup, footer: tuple[Markdown, ...]) -> str:
    lead, *related = group.findings
    too_long = utf16_length(_statement(lead)) > SUMMARY_LIMIT
    parts = [section(lead, lead=True, heading=too_long)]
    parts += [section(finding, lead=False, heading=True) for finding in related[:RELATED_SECTIONS]]
    if related[RELATED_SECTIONS:]:
        parts.append(Markdown("**Also:** ") + named(related[RELATED_SECTIONS:], _LISTED) + ".")
    return str(joined("\n\n", (*parts, *footer)))


def _closing_lines(selection: Selection, shortcomings: tuple[Markdown, ...]) -> tuple[Markdown, ...]:
    cut = [finding for group in selection.cut for finding in group.findings]
    if not cut:
        return shortcomings
    few = len(cut) == 1
    of_low_urgency = " of low urgency" if all(f.urgency == "routine" for f in cut) else ""
    head = (
        f"{len(cut)} further finding{'' if few else 's'}{of_low_urgency} {'is' if few else 'are'} not shown: "
    )
    return (Markdown(head) + named(cut, _LISTED) + ".", *shortcomings)


def _as_of_line(record: PatientRecord, now: datetime) -> tuple[Markdown, ...]:
    # A day's tolerance: the chart's zone and ours may be on different days.
    if abs(now - record.as_of) <= timedelta(days=1):
        return ()
    return (Markdown(f"**Assessed as of {record.as_of.date().isoformat()}**, the date of the chart."),)


def _selection_behavior(group: FindingGroup) -> SelectionBehavior:
    """An order is changed in one way or removed; what is added to the chart may all be added."""
    of_orders = any(each.kind in ORDER_KINDS for finding in group.findings for each in finding.proposals)
    return "at-most-one" if of_orders else "any"


def _suggestions(
    group: FindingGroup, record: PatientRecord, hook_instance: str, orders: Orders
) -> Iterator[Suggestion]:
    accepted = list(_drafted(group, record, orders))[:MAX_SUGGESTIONS]
    # A met criterion may go on the problem list, an unconfirmed one is tested first; a label's dose keeps a
    # treatment that a removal would end.
    preferred = ("revise-order", "add-problem" if group.lead.confidence == "A" else "order")
    first = next((p for p, _, f in accepted if f is group.lead and p.kind in preferred), None)
    for index, (proposal, action, _) in enumerate(accepted):
        yield Suggestion(
            label=_label(proposal),
            uuid=card_uuid(hook_instance, group.name, proposal.kind, str(index)),
            actions=(action,),
            is_recommended=proposal is first and len(accepted) > 1,
        )


def _drafted(
    group: FindingGroup, record: PatientRecord, orders: Orders
) -> Iterator[tuple[Proposal, Action, Finding]]:
    seen: set[tuple[str, str, frozenset[tuple[str, str]]]] = set()
    whole = not problem_list_gap(record)
    for finding in group.findings:
        for proposal in finding.proposals:
            # What was not read may hold the problem: two entries of one disease are worse than a click saved.
            if proposal.kind == "add-problem" and not whole:
                continue
            codes = frozenset((c.system, c.code) for c in proposal.codings)
            identity = (proposal.kind, proposal.target, codes)
            if identity in seen:
                continue
            seen.add(identity)
            action = _action(proposal, finding, record, orders)
            if action is not None:
                yield proposal, action, finding


def _action(proposal: Proposal, finding: Finding, record: PatientRecord, orders: Orders) -> Action | None:
    """The action of a proposal; None when it makes no valid resource, for the card stays useful."""
    try:
        if proposal.kind in ORDER_KINDS:
            return order_action(proposal, orders)
        resource = draft(proposal, finding, record)
    except DraftError as error:
        log.error("proposal left out", extra={"model": finding.model.name, "reason": str(error)})
        return None
    return Action(type="create", description=_description(proposal), resource=resource)


def _not_offered(group: FindingGroup, record: PatientRecord) -> tuple[Markdown, ...]:
    """Why the card does not offer to add a problem that a model proposed."""
    gap = problem_list_gap(record)
    proposed = any(each.kind == "add-problem" for finding in group.findings for each in finding.proposals)
    if not gap or not proposed:
        return ()
    return (
        Markdown("**Not offered:** adding it to the problem list, ") + gap + "; it may stand there already.",
    )


def _label(proposal: Proposal) -> str:
    return clip(plain(proposal.label), _LABEL) or _description(proposal)


def _description(proposal: Proposal) -> str:
    text = clip(plain(proposal.text), _LABEL) or proposal.codings[0].code
    if proposal.kind == "add-problem":
        return f"Adds to the problem list: {text}"
    return f"Drafts an order: {text}"


def _links(group: FindingGroup) -> tuple[Link, ...]:
    links = (card_link(finding.guideline) for finding in group.findings)
    by_url = {link.url: link for link in reversed([link for link in links if link])}
    return tuple(reversed(by_url.values()))[:MAX_LINKS]


def _topic(finding: Finding) -> Coding:
    topic = finding.topic
    if topic.system.strip() and topic.code.strip():
        return Coding(topic.system, topic.code, plain(topic.display))
    return Coding(TOPIC_SYSTEM, _group_code(finding))


def _group_code(finding: Finding) -> str:
    return plain(finding.group) or finding.kind


def _not_assessed_card(state: Completeness, hook_instance: str) -> BuiltCard:
    title = "Not checked" if state.unchecked else "Chart not fully assessed"
    subjects = state.subjects()
    summary = plain(f"{title}: {', '.join(subjects)}") if subjects else title
    closing = Markdown(
        "The other checks found nothing to say; this is not the same as a check of what is named here."
        if state.unchecked
        else "Nothing was found in what could be read; this is not the same as a normal chart."
    )
    card = Card(
        uuid=card_uuid(hook_instance, NOT_ASSESSED_GROUP),
        summary=clip(summary, SUMMARY_LIMIT),
        detail=str(joined("\n\n", (*state.lines(), closing))),
        indicator="info",
        source=Source(label=SOURCE_LABEL, topic=Coding(TOPIC_SYSTEM, NOT_ASSESSED_GROUP, title)),
    )
    return BuiltCard(
        card=card,
        group=NOT_ASSESSED_GROUP,
        finding_keys=(),
        models=tuple(dict.fromkeys(abstention.model for abstention in state.failed)),
        urgency="routine",
    )


def card_uuid(hook_instance: str, *parts: str) -> str:
    """A uuid that a repeated call gives again."""
    return str(uuid5(_NAMESPACE, "\x1f".join((hook_instance, *parts))))
