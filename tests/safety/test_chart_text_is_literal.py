"""Chart text is shown as text: no tag, no link, no markup comes from a name, a drug, a unit or a note."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.cards import AlertPolicy, build_cards
from cds_hooks.cards.markdown import clean, escape
from cds_hooks.protocol.card import Card
from fhir_adapters.record import SNOMED, Coding
from models.finding import Assessment, Citation, Estimate, Evidence, Finding, ModelStamp, Proposal
from tests.records import NOW, record
from tests.safety.rendering import OUR_TAGS, attributes_of, autolinks_of, html_of, links_of, tags_of, text_of

GUIDELINE = "https://doi.org/10.1000/182"

INJECTIONS = [
    "{{7*7}}",
    "{% for x in y %}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<ScRiPt\n>x</sCrIpT>",
    "[x](javascript:alert(1))",
    "![](//h)",
    "![x][1]\n\n[1]: https://evil.example",
    "[^1]",
    "<https://evil.example>",
    "https://evil.example/x",
    "HTTPS://evil.example",
    "www.evil.example",
    "mailto:a@evil.example",
    "a|b|c",
    "a\\|b",
    "x |\n|---|",
    "`code` ```fence",
    "~~~\nfence",
    "**bold** _em_ ~~gone~~",
    "# heading",
    "text\n===",
    "===",
    "---",
    "* * *",
    "- item",
    "1. item",
    "> quote",
    "    indented code",
    "\u202egnirts\u202c",
    "zero\u200bwidth\ufeff",
    "<!-- comment",
    "--><script>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script",
    "&#60;script&#62;",
    "<![CDATA[x]]>",
    "<?php",
    "[a[b](c)](javascript:d)",
    "**<b>[`x`](y)</b>**",
    "\\<script>\\",
    "$x$",
    "\x1b[31mred\x07",
    "x" * 5000,
]


def card_with(text: str) -> Card:
    """A card with the text wherever a chart or a plug-in can put text."""
    said = Finding(
        kind="diagnosis",
        key=text,
        group=text,
        statement=text,
        rationale=text,
        urgency="soon",
        topic=Coding(SNOMED, "1", text),
        guideline=Citation(label=text, url=GUIDELINE),
        model=ModelStamp(name=text, version=text, digest=""),
        confidence="A",
        estimate=Estimate(name=text, value=0.5, unit=text, horizon=text, band=text),
        evidence=(
            Evidence(source=text, label=text, value=text, unit=text, at=NOW, remark=text, quote=text),
            *(Evidence(source="", label=text, value=text) for _ in range(12)),
        ),
        missing=(text, text),
        proposals=(Proposal(kind="order", label=text, codings=(Coding(SNOMED, "1", text),), text=text),),
    )
    related = Finding(
        kind="complication_risk",
        key="related",
        group=text,
        statement=text,
        rationale=text,
        urgency="routine",
        topic=said.topic,
        guideline=Citation(label=text, url=f"https://evil.example/{text}"),
        model=said.model,
    )
    (built,) = build_cards(
        Assessment((said, related)),
        record(),
        policy=AlertPolicy(),
        declined=(),
        hook_instance="h",
        now=NOW,
    )
    return built.card


def visible_strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in visible_strings(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in visible_strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("text", INJECTIONS, ids=[f"{n}" for n in range(len(INJECTIONS))])
def test_an_injection_stays_text_in_every_place(text: str) -> None:
    assert_literal(card_with(text))


def assert_literal(card: Card) -> None:
    html = html_of(card.detail)
    assert tags_of(html) <= OUR_TAGS
    assert links_of(html) <= {GUIDELINE}
    assert attributes_of(html) <= {"href", "style"}
    assert autolinks_of(html) == []
    assert "<!--" not in html
    assert {link.url for link in card.links} <= {GUIDELINE}
    # As HTML, too, for an EHR that shows summaries and labels unescaped.
    for label in (card.summary, *(suggestion.label for suggestion in card.suggestions)):
        assert tags_of(f"<p>{label}</p>") <= {"p"}
    for shown in (card.summary, card.detail, *visible_strings(card.to_json()["suggestions"])):
        assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]


def test_a_table_keeps_its_columns_whatever_a_cell_holds() -> None:
    html = html_of(card_with("a|b").detail)
    rows = html.split("<tr>")[1:]
    assert {row.count("<td") + row.count("<th") for row in rows} == {4}


def test_the_markup_of_the_chart_is_readable_as_text() -> None:
    assert "[x](javascript:alert(1))" in text_of(html_of(card_with("[x](javascript:alert(1))").detail))


def test_chart_text_is_not_a_template() -> None:
    assert "49" not in card_with("{{7*7}}").detail


@settings(max_examples=600, deadline=None)
@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("<>&[]()!*_`~|#-=+\\ \n:/@w.1$")), max_size=60
    )
)
def test_escaped_text_renders_to_exactly_the_text(text: str) -> None:
    html = html_of(f"{escape(text)}\n")
    assert tags_of(html) <= {"p"}
    shown, expected = text_of(html), clean(text)
    assert shown.replace(" ", "") == expected.replace(" ", "")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="<>&[]()!*_`~|#-=+\\ \n:/@w.1$ahtps\u202e\u200b\"'", max_size=80))
def test_any_text_stays_text_on_a_card(text: str) -> None:
    assert_literal(card_with(text))
