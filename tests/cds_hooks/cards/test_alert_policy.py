"""Few cards, the most pressing first, `critical` only from the list, nothing repeated that was declined."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cds_hooks.cards.alert_policy import AlertPolicy, Decline, Selection, select
from models.finding import Finding
from tests.cds_hooks.cards.factories import finding
from tests.records import NOW

POLICY = AlertPolicy()


def chosen(*findings: Finding, policy: AlertPolicy = POLICY, declined: tuple[Decline, ...] = ()) -> Selection:
    return select(findings, policy, declined, now=NOW)


@pytest.mark.parametrize(
    ("changes", "indicator"),
    [
        ({"key": "hyperkalaemia", "urgency": "emergency"}, "critical"),
        ({"key": "hyperkalaemia", "urgency": "urgent"}, "warning"),
        ({"key": "hyperlipidaemia", "urgency": "emergency"}, "warning"),
        ({"urgency": "soon", "confidence": "B"}, "warning"),
        ({"urgency": "soon", "confidence": None}, "warning"),
        ({"urgency": "soon", "confidence": "C"}, "info"),
        ({"urgency": "routine", "confidence": "A"}, "info"),
    ],
)
def test_the_indicator_follows_urgency_and_the_named_list(changes: dict[str, Any], indicator: str) -> None:
    assert POLICY.indicator(finding(**changes)) == indicator


def test_groups_rank_by_urgency_then_confidence_then_kind() -> None:
    shown = chosen(
        finding(group="e", confidence="C"),
        finding(group="d", kind="care_gap"),
        finding(group="c"),
        finding(group="b", urgency="soon", confidence="B"),
        finding(group="a", urgency="soon", confidence="A"),
        finding(group="z", urgency="emergency"),
        policy=AlertPolicy(max_cards=9),
    ).shown
    assert [group.name for group in shown] == ["z", "a", "b", "c", "d", "e"]


def test_lipids_and_the_risk_of_which_they_are_part_share_a_card() -> None:
    (group,) = chosen(
        finding(group="lipids"), finding(key="prevent", group="cardiovascular-risk", urgency="soon")
    ).shown
    assert (group.name, [each.key for each in group.findings]) == (
        "cardiovascular-risk",
        ["prevent", "hyperlipidaemia"],
    )


def test_a_listed_emergency_comes_before_another_emergency() -> None:
    shown = chosen(
        finding(group="a", urgency="emergency"),
        finding(group="b", urgency="emergency", key="news2", confidence="C"),
    ).shown
    assert [group.indicator for group in shown] == ["critical", "warning"]


def test_the_order_of_models_does_not_matter() -> None:
    several = [finding(group=g, urgency=u) for g in "abc" for u in ("routine", "soon")]
    assert chosen(*several) == chosen(*reversed(several))


def test_findings_of_a_group_share_a_card_and_the_strongest_leads() -> None:
    (group,) = chosen(finding(key="x"), finding(key="y", urgency="urgent"), finding(key="z")).shown
    assert [each.key for each in group.findings] == ["y", "x", "z"]
    assert group.urgency == "urgent"


def test_one_rule_speaks_once() -> None:
    (group,) = chosen(finding(confidence="B"), finding(confidence="A")).shown
    assert [each.confidence for each in group.findings] == ["A"]


def test_what_finds_no_room_is_cut_from_the_bottom() -> None:
    selection = chosen(*(finding(group=str(n)) for n in range(7)), finding(group="last", urgency="urgent"))
    assert [group.name for group in selection.shown] == ["last", "0", "1", "2", "3"]
    assert [group.name for group in selection.cut] == ["4", "5", "6"]


def test_a_declined_group_is_left_out_at_the_same_or_lower_urgency() -> None:
    declined = (Decline(group="lipids", urgency="soon"),)
    assert chosen(finding(), declined=declined) == Selection(shown=(), cut=())
    assert not chosen(finding(urgency="soon"), declined=declined).shown


def test_a_declined_group_returns_when_it_is_more_urgent() -> None:
    declined = (Decline(group="lipids", urgency="soon"),)
    assert chosen(finding(urgency="urgent"), declined=declined).shown


def test_declining_one_group_leaves_the_others() -> None:
    assert chosen(finding(), declined=(Decline(group="thyroid", urgency="emergency"),)).shown


def test_a_declined_emergency_stays_away_for_hours_only() -> None:
    emergency = finding(key="hyperkalaemia", urgency="emergency")
    for hours, shown in ((1, False), (13, True)):
        decline = Decline(group="lipids", urgency="emergency", at=NOW - timedelta(hours=hours))
        assert bool(chosen(emergency, declined=(decline,)).shown) is shown


def test_a_declined_emergency_of_unknown_time_is_shown_again() -> None:
    assert chosen(
        finding(urgency="emergency"), declined=(Decline(group="lipids", urgency="emergency"),)
    ).shown


def test_a_decline_runs_out() -> None:
    decline = Decline(group="lipids", urgency="routine", at=NOW - timedelta(days=91))
    assert chosen(finding(), declined=(decline,)).shown


@pytest.mark.parametrize(
    "wrong", [{"max_cards": 0}, {"repeat_after_days": -1}, {"repeat_emergency_after_hours": -1}]
)
def test_a_policy_without_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        AlertPolicy(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["obesity_class1", "metabolic_acidosis_unexplained"])
def test_a_quiet_finding_makes_no_card_and_joins_none(key: str) -> None:
    quiet = finding(key=key, group="weight")
    assert chosen(quiet).shown == ()
    loud = finding(key="obesity_class3", group="weight")
    (group,) = chosen(quiet, loud).shown
    assert [each.key for each in group.findings] == ["obesity_class3"]


def test_a_site_decides_which_findings_are_quiet() -> None:
    policy = AlertPolicy(quiet_keys=frozenset({"hyperlipidaemia"}))
    assert chosen(finding(key="hyperlipidaemia"), policy=policy).shown == ()
    assert chosen(finding(key="obesity_class1"), policy=policy).shown
