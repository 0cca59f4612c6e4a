"""The public corpora beside the checkout are read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.training.notes.corpora.document import Document
from models.training.notes.corpora.registry import read_corpus

REPO = Path(__file__).resolve().parents[4]
DATA = REPO.parent / "shared" / "data"

pytestmark = pytest.mark.data


def corpus(format_name: str, name: str) -> list[Document]:
    if not (DATA / name).exists():
        pytest.skip("public data sets are not beside the checkout")
    return read_corpus(format_name, DATA / name)


@pytest.mark.parametrize(
    ("name", "mentions"),
    [("bc5cdr/train.tsv", 9385), ("bc5cdr/test.tsv", 9809), ("ncbi_disease/test.tsv", 960)],
)
def test_an_iob_corpus_has_as_many_mentions_as_it_states(name: str, mentions: int) -> None:
    assert sum(len(document.entities) for document in corpus("iob", name)) == mentions


def test_every_text_bound_annotation_of_maccrobat_becomes_an_entity() -> None:
    documents = corpus("brat", "maccrobat2020")
    files = [path.read_text().splitlines() for path in sorted((DATA / "maccrobat2020").glob("*.ann"))]
    lines = sum(line.startswith("T") for file in files for line in file)
    assert lines > 20_000
    assert (len(documents), sum(len(document.entities) for document in documents)) == (len(files), lines)


def test_every_line_of_negex_becomes_a_sentence_with_its_condition() -> None:
    documents = corpus("negex", "negex/sentences.tsv")
    rows = [line.split("\t") for line in (DATA / "negex/sentences.tsv").read_text().splitlines()]
    assert len(rows) > 1_000
    for document, (_, condition, sentence, negation, *_) in zip(documents, rows, strict=True):
        (entity,) = document.entities
        assert document.text.lower() == sentence.strip().lower()
        assert condition.strip().lower().startswith(document.text[entity.start : entity.end].lower())
        assert entity.assertion
        assert entity.assertion.presence == {"Affirmed": "present", "Negated": "absent"}[negation]
