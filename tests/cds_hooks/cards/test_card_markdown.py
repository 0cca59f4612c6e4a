"""Chart text becomes visible, short and literal."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from cds_hooks.cards.links import allowed_url, card_link, markdown_link
from cds_hooks.cards.markdown import Markdown, clean, clip, environment, escape, joined, plain, render
from models.finding import Citation


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\n\tb", "a b"),
        ("a\x00\x1bb", "ab"),
        ("\u202eabc\u202c", "abc"),
        ("a\u200bb\u2060c\ufeff", "abc"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u2028b", "a b"),
        ("\ud800x", "x"),
        ("\u3164\u2800", ""),
        ("1.73\u00a0m²", "1.73 m²"),
        ("שלום", "שלום"),
    ],
)
def test_invisible_characters_are_removed(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("eGFR <60 (G3b)", "eGFR <60 (G3b)"),
        ("<script>alert(1)</script>", "< script>alert(1)< /script>"),
        ("see https://evil.example", "see https: //evil.example"),
    ],
)
def test_plain_text_reads_well_and_opens_no_tag(raw: str, shown: str) -> None:
    assert plain(raw) == shown


def test_clip_cuts_at_a_word_and_says_so() -> None:
    assert clip("type 2 diabetes mellitus", 18) == "type 2 diabetes…"


def test_clip_cuts_a_long_word_and_counts_as_a_browser_does() -> None:
    assert clip("x" * 200, 10) == "x" * 9 + "…"
    assert clip("𝒳" * 10, 10) == "𝒳" * 4 + "…"


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        ("a|b", "a&#124;b"),
        ("a\\|b", "a&#92;&#124;b"),
        ("&lt;", "&amp;lt;"),
        ("[x](y)", "\\[x\\](y)"),
        ("- item", "\\- item"),
        ("===", "\\==="),
        ("1. item", "1\\. item"),
        ("7.2", "7.2"),
        ("2 of 3", "2 of 3"),
        ("5_FU *bold* `x` #1 ~y~ !z", "5\\_FU \\*bold\\* \\`x\\` \\#1 \\~y\\~ \\!z"),
        ("www.evil.example", "www .evil.example"),
        ("a.b@evil.example", "a.b @evil.example"),
    ],
)
def test_markup_is_escaped(raw: str, escaped: str) -> None:
    assert escape(raw) == escaped


def test_every_operator_of_markdown_escapes_what_it_is_given() -> None:
    ours = Markdown("**x**")
    expected = "**x**\\*y\\*"
    assert ours + "*y*" == expected
    assert Markdown("**x**%s") % "*y*" == expected
    assert Markdown("**x**{}").format("*y*") == expected
    assert joined("", (ours, "*y*")) == expected


@pytest.mark.parametrize(
    "source",
    ["{{ text }}", "{{ text | safe }}", "{{ text ~ '' }}", "{{ ours ~ text }}", "{{ [text] | join(',') }}"],
)
def test_a_template_cannot_forget_to_escape(source: str) -> None:
    template = environment().from_string(source)
    assert "*y*" not in render(template, text="*y*", ours=Markdown(""))


def test_a_template_shows_our_markdown_as_it_is() -> None:
    assert render(environment().from_string("{{ ours }}"), ours=Markdown("**x**")) == "**x**"


def test_a_template_that_names_something_unknown_fails() -> None:
    with pytest.raises(UndefinedError):
        render(environment().from_string("{{ finding.nothing }}"), finding=object())


@pytest.mark.parametrize(
    "url",
    [
        "http://doi.org/10.1/x",
        "https://doi.org.evil.example/x",
        "https://evil.example/doi.org",
        "https://evildoi.org/x",
        "https://doi.org@evil.example/",
        "https://doi.org:8443/x",
        "https://doi.org/a b",
        'https://doi.org/"onmouseover=x',
        "https://doi.org/<x>",
        "https://doi.org\\@evil.example/",
        "javascript:alert(1)",
        "https://[",
        "",
    ],
)
def test_an_address_that_is_not_on_the_list_gives_no_link(url: str) -> None:
    assert allowed_url(url) == ""
    assert card_link(Citation(label="x", url=url)) is None
    assert markdown_link(Citation(label="x", url=url)) == "x"


def test_parentheses_of_a_doi_cannot_end_the_link() -> None:
    citation = Citation(label="A [B]", url="https://doi.org/10.1016/S0140-6736(20)1")
    assert markdown_link(citation) == "[A \\[B\\]](https://doi.org/10.1016/S0140-6736%2820%291)"


def test_a_subdomain_of_a_listed_host_is_allowed() -> None:
    assert allowed_url("https://www.ahajournals.org/doi/10.1161/x") != ""
