"""Notes come out of files of FHIR resources as a call would read them."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.note_files import notes_of_files
from models.training.notes.corpora.document import CorpusError

REPO = Path(__file__).resolve().parents[2]
DATA = REPO.parent / "shared" / "data"


def document(number: int, text: str, **more: Any) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode()
    content = [{"attachment": {"contentType": "text/plain", "data": data}}]
    return {
        "resourceType": "DocumentReference",
        "id": str(number),
        "status": "current",
        "content": content,
        **more,
    }


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()


def texts(path: Path) -> dict[str, str]:
    return {note.source: note.text for note in notes_of_files(path)}


def test_a_bundle_gives_the_text_of_its_documents(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(bundle({"resourceType": "Patient", "id": "p"}, document(1, "One"), document(2, "Two")))
    assert texts(path) == {"DocumentReference/1": "One", "DocumentReference/2": "Two"}


def test_a_folder_gives_lines_and_packed_bundles_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(bundle(document(2, "Two"))))
    (tmp_path / "a.ndjson").write_text(json.dumps(document(1, "One")) + "\n\n")
    (tmp_path / "README.txt").write_text("not a resource")
    assert list(texts(tmp_path).values()) == ["One", "Two"]


def test_a_document_in_error_or_without_inline_text_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    elsewhere = document(2, "Two", content=[{"attachment": {"contentType": "text/plain", "url": "Binary/1"}}])
    path.write_bytes(bundle(document(1, "One", status="entered-in-error"), elsewhere, document(3, "Three")))
    assert texts(path) == {"DocumentReference/3": "Three"}


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("b.json", b"zebrafever", "b.json"),
        ("b.json", b'["zebrafever"]', "b.json"),
        ("b.json.gz", b"zebrafever", "b.json.gz"),
        ("b.ndjson", b'{"resourceType": "Patient"}\nzebrafever\n', "b.ndjson, line 2"),
    ],
)
def test_a_file_that_is_none_is_refused_by_name_and_line(
    tmp_path: Path, name: str, content: bytes, where: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=where) as caught:
        list(notes_of_files(tmp_path / name))
    assert "zebrafever" not in str(caught.value)


def test_a_folder_without_resources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no file of FHIR resources"):
        list(notes_of_files(tmp_path))


@pytest.mark.data
def test_the_notes_of_synthetic_patients_are_found() -> None:
    paths = sorted((DATA / "fhir_synthea_notes").glob("*.json.gz"))[:3]
    if not paths:
        pytest.skip("public data sets are not beside the checkout")
    notes = [note for path in paths for note in notes_of_files(path)]
    assert len(notes) > 20
    assert all(note.text.strip() for note in notes)
