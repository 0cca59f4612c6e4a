"""Which findings become cards: ranked, grouped by clinical question, few, and not repeated once declined."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cds_hooks.protocol.card import Indicator
from models.finding import Confidence, Finding, FindingKind, Urgency

# The only findings whose card may interrupt with `critical`, and only at urgency "emergency":
# life is at risk within hours and something can be done at once.
CRITICAL_KEYS: Final = frozenset(
    {
        "aki",  # KDIGO stage 3
        "dka_suspicion",  # ketoacidosis
        "drug_allergy",  # the same drug, with an allergy of high criticality on the list
        "febrile_neutropenia",
        "hyperkalaemia",  # 6.0 mmol/L or more
        "hypertension",  # 180/120 mmHg or more, once a model calls it an emergency
        "hypokalaemia",  # below 2.5 mmol/L
        "news2",  # 7 or more
        "order_potassium",  # a drug that raises it, at 6.0 mmol/L or more
    }
)

# Findings that are true, common, and change nothing when a chart is opened: the summary has them.
QUIET_KEYS: Final = frozenset(
    {
        "hypertriglyceridaemia_moderate",
        "hyperuricaemia",
        "hypoglycaemia_level1",
        "leukocytosis",
        "metabolic_acidosis_unexplained",
        "metabolic_syndrome",
        "obesity_class1",
        "osteopenia",
        "raised_protein_gap",
        "statin_without_reason",
    }
)

# Groups that ask the same question of the reader share a card: lipids and the risk of which they are part
# both end in the talk about a statin.
SHARED_CARDS: Final = {"lipids": "cardiovascular-risk", "sepsis": "deterioration"}

_URGENCY: Final[dict[Urgency, int]] = {"emergency": 0, "urgent": 1, "soon": 2, "routine": 3}
# A published score has no criterion to meet in part; it ranks with what needs confirming.
_CONFIDENCE: Final[dict[Confidence | None, int]] = {"A": 0, "B": 1, None: 1, "C": 2}
_KIND: Final[dict[FindingKind, int]] = {
    "medication_safety": 0,
    "safety": 1,
    "diagnosis": 2,
    "complication_risk": 3,
    "differential": 4,
    "care_gap": 5,
    "documented_in_notes": 6,
}
_SEVERITY: Final[dict[Indicator, int]] = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """What a site decides about its cards; part of the service's settings file.

    Attributes:
        max_cards: At most this many cards answer a call.
        critical_keys: Finding keys that may be `critical`; others never are, however urgent.
        quiet_keys: Finding keys that make no card; the chart summary shows them.
        repeat_after_days: A declined card stays away this long.
        repeat_emergency_after_hours: A declined emergency stays away this long only.
    """

    max_cards: int = 5
    critical_keys: frozenset[str] = field(default=CRITICAL_KEYS)
    quiet_keys: frozenset[str] = field(default=QUIET_KEYS)
    repeat_after_days: int = 30
    repeat_emergency_after_hours: int = 12

    def __post_init__(self) -> None:
        if self.max_cards < 1:
            raise ValueError("max_cards must be 1 or more")
        if self.repeat_after_days < 0 or self.repeat_emergency_after_hours < 0:
            raise ValueError("the time before a declined card is repeated can't be negative")

    def repeat_after(self, urgency: Urgency) -> timedelta:
        """How long a declined card of an urgency stays away."""
        if urgency == "emergency":
            return timedelta(hours=self.repeat_emergency_after_hours)
        return timedelta(days=self.repeat_after_days)

    def indicator(self, finding: Finding) -> Indicator:
        """The card indicator that a finding calls for on its own."""
        if finding.urgency == "emergency" and finding.key in self.critical_keys:
            return "critical"
        if finding.urgency in ("emergency", "urgent"):
            return "warning"
        return "warning" if finding.urgency == "soon" and finding.confidence != "C" else "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A group's card that the clinician dismissed for this patient, and how urgent it was then.

    Attributes:
        at: When; without it a declined emergency is shown again, for nobody knows that it is the same.
    """

    group: str
    urgency: Urgency
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """The findings that share a card, the leading one first."""

    name: str
    findings: tuple[Finding, ...]
    indicator: Indicator

    @property
    def lead(self) -> Finding:
        """The finding that the summary states."""
        return self.findings[0]

    @property
    def urgency(self) -> Urgency:
        """The urgency of the most urgent finding."""
        return min((finding.urgency for finding in self.findings), key=lambda urgency: _URGENCY[urgency])


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is shown, most pressing first, and what found no room."""

    shown: tuple[FindingGroup, ...]
    cut: tuple[FindingGroup, ...]


def select(
    findings: Iterable[Finding],
    policy: AlertPolicy,
    declined: Collection[Decline],
    *,
    now: datetime,
) -> Selection:
    """Chooses the cards of one call.

    Args:
        findings: Of all models, in any order.
        policy: The site's limits.
        declined: Cards dismissed earlier for this patient, already limited to those still in force.
        now: The time of the call, against which a declined emergency runs out.

    Returns:
        The groups to show and those cut; declined ones are in neither.
    """
    groups = [_group(name, members, policy) for name, members in _by_group(_spoken(findings, policy)).items()]
    wanted = [group for group in groups if not _is_declined(group, policy, declined, now)]
    ranked = tuple(sorted(wanted, key=_group_rank))
    return Selection(shown=ranked[: policy.max_cards], cut=ranked[policy.max_cards :])


def _spoken(findings: Iterable[Finding], policy: AlertPolicy) -> Iterable[Finding]:
    return (finding for finding in findings if finding.key not in policy.quiet_keys)


def _by_group(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_card_of(finding.group), []).append(finding)
    return groups


def _card_of(group: str) -> str:
    return SHARED_CARDS.get(group, group)


def _group(name: str, members: list[Finding], policy: AlertPolicy) -> FindingGroup:
    ranked: dict[str, Finding] = {}
    for finding in sorted(members, key=lambda each: _rank(each, policy)):
        ranked.setdefault(finding.key, finding)  # one rule speaks once; the stronger statement stays
    findings = tuple(ranked.values())
    return FindingGroup(name=name, findings=findings, indicator=policy.indicator(findings[0]))


def _rank(finding: Finding, policy: AlertPolicy) -> tuple[int, int, int, int, str, str, str]:
    return (
        _SEVERITY[policy.indicator(finding)],
        _URGENCY[finding.urgency],
        _CONFIDENCE[finding.confidence],
        _KIND[finding.kind],
        finding.key,
        finding.model.name,
        finding.statement,
    )


def _group_rank(group: FindingGroup) -> tuple[int, int, int, int, str]:
    lead = group.lead
    return (
        _SEVERITY[group.indicator],
        _URGENCY[group.urgency],
        _CONFIDENCE[lead.confidence],
        _KIND[lead.kind],
        group.name,
    )


def _is_declined(
    group: FindingGroup, policy: AlertPolicy, declined: Collection[Decline], now: datetime
) -> bool:
    return any(
        _card_of(decline.group) == group.name
        and _URGENCY[decline.urgency] <= _URGENCY[group.urgency]
        and _in_force(decline, group.urgency, policy, now)
        for decline in declined
    )


def _in_force(decline: Decline, urgency: Urgency, policy: AlertPolicy, now: datetime) -> bool:
    if decline.at is None:
        return urgency != "emergency"
    return now - decline.at < policy.repeat_after(urgency)
