from __future__ import annotations

from cds_hooks.protocol.card import Action, Card, Link, Source, Suggestion
from cds_hooks.terminal import card_text, cards_text

DETAIL = """- Risk: **12 %**

| Finding | Value |
|---|---|
| HbA1c | 6.9 % |
| Drug \\*x\\* &#124; y | &lt;5 |

**Why it matters:** \\[text\\] [KDIGO](https://kdigo.org) with a rather long line that has to be wrapped."""


def card() -> Card:
    action = Action(type="create", description="Add", resource={"resourceType": "Condition"})
    return Card(
        uuid="6f6d5a58-7d1f-4c5e-9a58-0f3f6f1c1a01",
        summary="It is so.",
        indicator="warning",
        source=Source(label="Cuecard"),
        detail=DETAIL,
        suggestions=(
            Suggestion(label="Do it", uuid="0b3e0a3e-2c7e-4f0f-8a43-1f3c51d7a001", actions=(action,)),
        ),
        selection_behavior="any",
        links=(Link(label="Guideline", url="https://example.org/g"),),
    )


def test_a_card_is_plain_text_with_an_aligned_table() -> None:
    assert card_text(card(), 60).splitlines() == [
        "[warning] It is so.",
        "   - Risk: 12 %",
        "",
        "   Finding       Value",
        "   HbA1c         6.9 %",
        "   Drug *x* | y  <5",
        "",
        "   Why it matters: [text] KDIGO (https://kdigo.org) with a",
        "   rather long line that has to be wrapped.",
        "   Proposal: Do it",
        "   Guideline: https://example.org/g",
    ]


def test_cards_are_numbered() -> None:
    assert [line[:3] for line in cards_text([card(), card()], 80).splitlines() if line[:1].isdigit()] == [
        "1. ",
        "2. ",
    ]


def test_no_cards_are_a_sentence() -> None:
    assert cards_text([], 80).startswith("No cards")
