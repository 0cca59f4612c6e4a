"""Reads a text with one mention in braces as the service reads a note."""

from __future__ import annotations

from fhir_adapters.notes.sections import sections_of
from fhir_adapters.record import Assertion, MentionType
from models.notes.assertion import assert_spans
from models.notes.sentences import sentences_of
from models.notes.typed_span import TypedSpan


def unmarked(marked: str, type_: MentionType) -> tuple[str, TypedSpan]:
    """The text without the braces, and what stood between them."""
    start, end = marked.index("{"), marked.index("}") - 1
    return marked.replace("{", "").replace("}", ""), TypedSpan(start, end, type_)


def asserted(marked: str, type_: MentionType = "problem") -> tuple[str, Assertion]:
    """The text and what it asserts of the mention in braces."""
    text, span = unmarked(marked, type_)
    sections = sections_of(text)
    return text, assert_spans(text, sentences_of(text, sections), sections, [span])[0]


def said(marked: str, type_: MentionType = "problem") -> set[str]:
    """What is asserted beyond present, current and the patient's own."""
    _, assertion = asserted(marked, type_)
    return {assertion.presence, assertion.when, assertion.whose} - {"present", "current", "patient"}
