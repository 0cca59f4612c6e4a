"""Reads HTML and XHTML: the words that a reader would see, with the line breaks that they would see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from fhir_adapters.notes.attachment import UnreadableNoteError
from fhir_adapters.notes.formats.plain_text import decoded

MEDIA_TYPES = ("text/html", "application/xhtml+xml", "application/xhtml")

_UNSEEN = frozenset(("script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg"))
# Private-use characters stand for breaks while white space, which means nothing in HTML, is folded.
_BREAK, _LINE, _PARAGRAPH = "\ue000", "\ue001", "\ue002"
_AROUND = {
    **dict.fromkeys(("blockquote", "dl", "hr", "ol", "p", "pre", "table", "ul"), _PARAGRAPH),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _PARAGRAPH),
    **dict.fromkeys(("address", "article", "caption", "dd", "div", "dt", "figure", "footer", "form"), _LINE),
    **dict.fromkeys(("header", "legend", "li", "main", "nav", "section", "summary", "tr"), _LINE),
    **dict.fromkeys(("td", "th"), " "),
}
_NO_MARKS = str.maketrans(dict.fromkeys((_BREAK, _LINE, _PARAGRAPH), " "))
# Elements that stay open until their end tag; the others close themselves or each other.
_NESTING = re.compile(
    r"<(/?)(?!(?:area|base|br|col|dd|dt|embed|hr|img|input|li|link|meta|option|p|source|t[dhr]|track|wbr)\b)[a-z]",
    re.IGNORECASE,
)
_DEEPEST = 1000
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_RUN = re.compile(rf"(?: ?[{_BREAK}{_LINE}{_PARAGRAPH}])+ ?")


def read(data: bytes, charset: str) -> str:
    """The visible text; scripts, styles and hidden elements leave no trace.

    Args:
        data: The attachment's bytes.
        charset: As declared in the content type; "" when it was not.

    Raises:
        UnreadableNoteError: Elements are nested deeper than any note's.
    """
    markup = decoded(data, charset).translate(_NO_MARKS)
    _check_nesting(markup)
    root = LexborHTMLParser(markup).body
    if root is None:
        return ""
    return _RUN.sub(_break, _SPACES.sub(" ", "".join(_seen(root)))).strip()


def _check_nesting(markup: str) -> None:
    # The parser's time grows with the square of the depth: 250 KB of open elements would take five seconds.
    depth = 0
    for tag in _NESTING.finditer(markup) if markup.count("<") > _DEEPEST else ():
        depth += -1 if tag[1] else 1
        if depth > _DEEPEST:
            raise UnreadableNoteError("the HTML is nested too deeply")


def _break(run: re.Match[str]) -> str:
    """A blank line around paragraphs; else as many lines as `<br>` asks for, two at most."""
    marks = run[0]
    return "\n\n" if _PARAGRAPH in marks or marks.count(_BREAK) > 1 else "\n"


def _seen(root: LexborNode) -> Iterator[str]:
    """The texts and breaks below a node, in one walk without recursion, however deep the nesting."""
    node, depth, preformatted = root.child, 1, 0
    while node is not None and depth:
        tag = node.tag
        if node.is_text_node:
            text = node.text_content or ""
            yield text.replace("\n", _BREAK) if preformatted else text
        elif tag == "br":
            yield _BREAK
        yield _AROUND.get(tag or "", "")
        below = None if tag in _UNSEEN or _is_hidden(node) else node.child
        if below is not None:
            preformatted += tag == "pre"
            node, depth = below, depth + 1
            continue
        while node is not None and node.next is None and depth:
            node, depth = node.parent, depth - 1
            if node is not None and depth:
                preformatted -= node.tag == "pre"
                yield _AROUND.get(node.tag or "", "")
        if node is not None and depth:
            node = node.next


def _is_hidden(node: LexborNode) -> bool:
    return node.is_element_node and "hidden" in node.attributes
