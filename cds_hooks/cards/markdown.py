"""Text on cards: chart text is made visible, short and literal; only our own Markdown is markup.

Official and home-grown EHR sandboxes render raw HTML inside Markdown, so whatever comes from a chart
or a plug-in is escaped for GitHub-flavoured Markdown and HTML at once. Templates can't forget it: the
Jinja2 environment escapes the value of every expression that isn't a `Markdown`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Self

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from cds_hooks.protocol.card import utf16_length

ELLIPSIS = "…"

# Letters and marks that show nothing: joiners, fillers, Braille blank, variation selectors.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")

# Entities where a backslash would not survive every renderer (HTML, table cells); `\\` before the
# characters with which inline markup begins or ends. Parentheses mark up nothing without brackets.
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "&#124;",
        "\\": "&#92;",
        **{character: "\\" + character for character in "`*_[]#!~$"},
    }
)
# What begins a block when a value stands at the start of a line: list, rule, underlined heading.
_BLOCK_START = re.compile(r"^([-+=]|\d{1,9}(?=[.)](?:\s|$)))")

# GFM turns bare addresses into links, some renderers after decoding entities: only a changed text
# stays text. A full stop of ours may follow the value, so an unfinished address is broken as well.
_ADDRESS = re.compile(r":(?=//)|www(?=\.|$)|[\w.+-](?=@[\w-])", re.IGNORECASE)
_ADDRESS_HINT = re.compile(r"//|@|www", re.IGNORECASE)
_TAG_OPEN = re.compile(r"<(?=[A-Za-z/!?])")


class Markdown(Markup):
    """Markdown that is safe to send: written by us, with everything foreign in it escaped.

    Its operators (`+`, `%`, `join`, `format`) escape what they are given as `escape` does.
    """

    __slots__ = ()

    @classmethod
    def escape(cls, s: Any, /) -> Self:
        """The value itself if it is Markdown, else its text escaped for Markdown and HTML."""
        return s if isinstance(s, cls) else cls(escape(str(s)))


def clean(text: str) -> str:
    """One line of visible text: control, bidirectional and zero-width characters are gone.

    Returns:
        The text with single spaces, without leading or trailing ones; "" when nothing visible is left.
    """
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if not text.isascii():
        text = _BLANK.sub("", text)
    return " ".join(text.split())


def plain(text: str) -> str:
    """Text for elements that are not Markdown (summary, labels).

    They must read well and yet do no harm in an EHR that shows them as HTML, so a character that
    would open a tag is followed by a space ("< script>"; "<60" stays), and addresses are broken.
    """
    return _TAG_OPEN.sub("< ", _without_addresses(clean(text)))


def escape(text: str) -> Markdown:
    """Chart text as Markdown that shows exactly that text, on one line."""
    literal = _without_addresses(clean(text)).translate(_ESCAPES)
    return Markdown(_BLOCK_START.sub(_escape_block_start, literal))


def clip(text: str, limit: int) -> str:
    """The text, or its beginning with "…" when it is longer than `limit` UTF-16 units.

    Cuts at a word's end unless that would cost more than a third.
    """
    text = clean(text)
    if utf16_length(text) <= limit:
        return text
    head = text[: limit - 1]
    while utf16_length(head) > limit - 1:
        head = head[:-1]
    at_word, _, _ = head.rpartition(" ")
    if len(at_word) * 3 >= len(head) * 2:
        head = at_word
    return head.rstrip(" ,;:.-–(") + ELLIPSIS


def joined(separator: str, parts: Iterable[str]) -> Markdown:
    """Joins texts, escaping those that aren't `Markdown`; `separator` is ours."""
    return Markdown(separator).join(parts)


def environment() -> Environment:
    """The Jinja2 environment of card templates: strict, and with every expression escaped.

    `autoescape` is a second belt for constants; `finalize` does the work. Macros return plain Markup
    and are therefore escaped too: templates share parts by `{% include %}`.
    """
    return Environment(
        loader=PackageLoader("cds_hooks.cards", "templates"),
        autoescape=True,
        finalize=Markdown.escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def render(template: Template, **values: Any) -> Markdown:
    """Renders a template to Markdown without blank lines at the ends."""
    return Markdown(template.render(**values).strip())


def _without_addresses(text: str) -> str:
    return _ADDRESS.sub(r"\g<0> ", text) if _ADDRESS_HINT.search(text) else text


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace() or category in ("Zl", "Zp"):
        return " "
    return "" if category.startswith("C") else character


def _escape_block_start(match: re.Match[str]) -> str:
    start = match.group(1)
    return f"{start}\\" if start.isdigit() else f"\\{start}"
