from __future__ import annotations

import pytest

from fhir_adapters.record import MentionType
from models.notes.linking import vocabulary_spans
from models.notes.merging import Candidate
from models.notes.repairing import items_of, renamed


def marked(text: str, words: str, kind: MentionType) -> Candidate:
    start = text.index(words)
    return Candidate(start=start, end=start + len(words), type=kind, score=0.9, origin="model", rank=0)


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("- senna 8.6 mg\n- folate 1 mg", "senna 8.6 mg\n- folate", ["senna 8.6 mg", "folate"]),
        ("* cough\n* fever", "* cough\n* fever", ["cough", "fever"]),
        ("1. gout\n2. asthma", "gout\n2. asthma", ["gout", "asthma"]),
        ("gout of the\nleft knee", "gout of the\nleft knee", ["gout of the\nleft knee"]),
        ("- senna", "-", []),
        ("gout (disorder), fall (event)", "gout (disorder", ["gout"]),
        ("gout (left), fall", "gout (left)", ["gout (left)"]),
        ("furosemide b.i.d.", "furosemide b", ["furosemide"]),
        ("PSYCHIATRIC: calm", "PSYCHIATRIC", []),
        ("Psychiatric illness: none", "Psychiatric illness", ["Psychiatric illness"]),
        ("vitamin b complex", "vitamin b", ["vitamin b"]),
    ],
)
def test_a_span_is_cut_where_the_layout_cuts(text: str, words: str, expected: list[str]) -> None:
    parts = items_of(text, marked(text, words, "problem"))
    assert [text[part.start : part.end] for part in parts] == expected


@pytest.mark.parametrize(
    ("text", "words", "kind", "expected"),
    [
        ("6. Glipizide - 5 mg daily", "6. Glipizide - 5 mg daily", "dosage", [("5 mg daily", "dosage")]),
        ("two of 5 mg daily", "5 mg daily", "dosage", [("5 mg daily", "dosage")]),
        ("uterine fibroids", "uterine fibroids", "anatomy", [("uterine fibroids", "problem")]),
        ("no bruit or JVD", "JVD", "anatomy", [("JVD", "symptom")]),
        ("furosemide 40 mg", "furosemide", "test", [("furosemide", "medication")]),
        ("severe mitral valve disease on MR", "MR", "test", [("MR", "test")]),
        ("digoxin level", "digoxin", "test", [("digoxin", "test")]),
        ("potassium 4.1", "potassium", "medication", [("potassium", "medication")]),
        ("influenza A: negative", "influenza A", "test", [("influenza A", "test")]),
        ("painful gout", "painful gout", "test", [("painful gout", "test")]),
    ],
)
def test_a_known_name_decides_what_it_is(
    text: str, words: str, kind: MentionType, expected: list[tuple[str, str]]
) -> None:
    found = renamed(text, [marked(text, words, kind)], vocabulary_spans(text))
    assert [(text[each.start : each.end], each.type) for each in found] == expected
