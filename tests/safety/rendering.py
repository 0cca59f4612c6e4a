"""Markdown as an EHR renders it at its most permissive: raw HTML, tables, strikethrough."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

# What our own templates produce; anything else came from a chart.
OUR_TAGS = {
    "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "blockquote", "ul", "li", "a",
}  # fmt: skip

# Bare addresses that GFM renderers turn into links, some of them on the finished text.
_AUTOLINK = re.compile(r"https?://|ftp://|www\.|[\w.+-]@[\w-]+\.", re.IGNORECASE)

_RENDERER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def html_of(markdown: str) -> str:
    return str(_RENDERER.render(markdown))


def tags_of(html: str) -> set[str]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return {node.tag for node in body.traverse(include_text=False)} - {"body"}


def links_of(html: str) -> set[str]:
    nodes = LexborHTMLParser(html).css("[href], [src]")
    return {node.attributes.get("href") or node.attributes.get("src") or "" for node in nodes}


def attributes_of(html: str) -> set[str]:
    body = LexborHTMLParser(html).body
    assert body is not None
    return {name for node in body.traverse(include_text=False) for name in node.attributes}


def text_of(html: str) -> str:
    body = LexborHTMLParser(html).body
    return " ".join(body.text().split()) if body is not None else ""


def autolinks_of(html: str) -> list[str]:
    """Addresses in the text outside our own links."""
    tree = LexborHTMLParser(html)
    for node in tree.css("a"):
        node.decompose()
    return _AUTOLINK.findall(tree.body.text() if tree.body is not None else "")
