"""RTF, PDF and C-CDA become the text that a reader would see, or say why not."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest

from fhir_adapters.notes import MAX_CHARACTERS, UnreadableNoteError, sections_of
from fhir_adapters.notes.attachment import read_text
from fhir_adapters.notes.formats import cda as cda_format
from fhir_adapters.notes.formats import pdf as pdf_format
from fhir_adapters.notes.formats import rtf
from tests.fhir_adapters.notes.documents import assembled, cda, pdf, stream

SCANNED = [
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>",
]


def test_rtf_is_read_without_fonts_pictures_and_fields() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\colortbl;\red0\green0\blue0;}\f0\fs20 "
        rb"\b ASSESSMENT:\b0\par Fi\'e8vre, caf\u233?.\line T 38.2 \'b0C{\pict\pngblip 89504e47}\par}"
    )
    assert rtf.read(source, "") == "ASSESSMENT:\nFièvre, café.\nT 38.2 °C"


def test_rtf_in_another_code_page_is_read_by_it() -> None:
    assert rtf.read(rb"{\rtf1\ansi\ansicpg1251 \'e1\'ee\'eb\'fc\par}", "") == "боль"
    assert rtf.read(rb"{\rtf1\ansi\ansicpg99999 caf\'e9\par}", "") == "café"


def test_the_cells_of_an_rtf_table_stand_side_by_side() -> None:
    source = rb"{\rtf1\ansi\trowd K\cell 4.1\cell\row\trowd Na\cell 139\cell\row}"
    assert rtf.read(source, "") == "K | 4.1\nNa | 139"


@pytest.mark.parametrize("data", [b"", b"plain words", b"<html>"])
def test_what_is_called_rtf_and_is_not_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableNoteError, match="not"):
        rtf.read(data, "")


@pytest.mark.parametrize("compressed", [False, True])
def test_the_text_of_a_pdf_is_read_page_by_page(compressed: bool) -> None:
    found = pdf_format.read(pdf(["PLAN:", "Start lisinopril"], ["Seen again"], compressed=compressed), "")
    assert found == ("PLAN:\nStart lisinopril\n\nSeen again", True)
    assert [section.kind for section in sections_of(found.text)] == ["assessment_plan"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not"),
        (b"hello", "not"),
        (b"%PDF-1.4\n", "damaged"),
        (b"%PDF-1.4\n" + b"\x00\xff" * 500, "damaged"),
        (pdf(["x"])[:200], "damaged"),
        (assembled(SCANNED), "scanned"),
        (pdf([]), "scanned"),
    ],
)
def test_a_pdf_that_can_not_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableNoteError, match=reason):
        pdf_format.read(data, "")


def test_a_pdf_that_unpacks_to_far_more_than_its_size_is_refused() -> None:
    bomb = stream(b"(A) Tj " * 20_000_000, compressed=True)
    objects = [*SCANNED[:2], SCANNED[2][:-3] + b" /Contents 4 0 R >>", bomb]
    with pytest.raises(UnreadableNoteError):
        pdf_format.read(assembled(objects), "")


def test_a_pdf_with_more_pages_than_are_read_says_that_it_is_not_all() -> None:
    found = pdf_format.read(pdf(*[["one"]] * (pdf_format.MOST_PAGES + 1)), "")
    assert not found.complete
    assert found.text.count("one") == pdf_format.MOST_PAGES


def test_a_clinical_document_is_read_section_by_section() -> None:
    source = cda(
        "<title>Allergies</title><text><list><item>Penicillin: <content>rash</content></item>"
        "<item>Latex</item></list></text>",
        "<title>Results:</title><text><table><thead><tr><th>Test</th><th>Value</th></tr></thead><tbody><tr>"
        "<td>HbA1c</td><td>8.2 %</td></tr></tbody></table><paragraph>Drawn\n   fasting.</paragraph></text>",
        "<title>Empty</title><text/>",
        "<text>No title.<br/>Second line.</text>",
    )
    assert cda_format.read(source, "") == (
        "ALLERGIES:\nPenicillin: rash\nLatex\n\n"
        "RESULTS:\nTest Value\nHbA1c 8.2 %\nDrawn fasting.\n\n"
        "No title.\nSecond line."
    )
    kinds = [section.kind for section in sections_of(str(cda_format.read(source, "")))]
    assert kinds[0] == "allergies"


def test_a_section_inside_a_section_is_read_after_it() -> None:
    source = cda(
        "<title>Plan</title><text>Rest</text><component><section><title>Goals</title><text>Walk</text>"
        "</section></component>"
    )
    assert cda_format.read(source, "") == "PLAN:\nRest\n\nGOALS:\nWalk"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]>', "document type"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd">', "document type"),
        ("<!DOCTYPE x>", "document type"),
        ("<unclosed>", "well-formed"),
    ],
)
def test_xml_that_declares_anything_is_refused_before_it_is_read(head: str, reason: str) -> None:
    with pytest.raises(UnreadableNoteError, match=reason):
        cda_format.read(cda("<text>&lt;</text>", head=head), "")


def test_another_library_that_makes_the_default_parser_lax_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lax = type("Lax", (ElementTree.XMLParser,), {})
    monkeypatch.setattr(ElementTree, "XMLParser", lax)
    with pytest.raises(UnreadableNoteError, match="document type"):
        cda_format.read(cda("<text>&a;</text>", head='<!DOCTYPE x [<!ENTITY a "b">]>'), "")


def test_an_entity_bomb_takes_no_time() -> None:
    lines = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    # Undone, it is two terabytes: no machine comes to the end of them.
    with pytest.raises(UnreadableNoteError):
        cda_format.read(cda("<text>&e12;</text>", head=f'<!DOCTYPE x [<!ENTITY e0 "ha">{lines}]>'), "")


def test_an_external_file_is_not_included() -> None:
    source = cda(
        '<text><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>x</text>'
    )
    assert cda_format.read(source, "") == "x"


@pytest.mark.parametrize("tag", ["content", "list"])
def test_xml_nested_deeper_than_any_note_is_refused(tag: str) -> None:
    deep = f"<{tag}>" * 5000 + f"</{tag}>" * 5000
    with pytest.raises(UnreadableNoteError, match="nested"):
        cda_format.read(cda(f"<text>{deep}</text>"), "")


def _wrapping(text: str) -> bytes:
    return (
        f'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>{text}</nonXMLBody></component>'
        "</ClinicalDocument>"
    ).encode()


def test_a_document_inside_a_clinical_document_is_read() -> None:
    inside = base64.b64encode(pdf(["Denies chest pain"])).decode()
    source = _wrapping(f'<text mediaType="application/pdf" representation="B64">{inside}</text>')
    assert cda_format.read(source, "") == ("Denies chest pain", True)
    assert cda_format.read(_wrapping("<text>plain</text>"), "") == "plain"


@pytest.mark.parametrize(
    "text",
    [
        '<text mediaType="image/png" representation="B64">AAAA</text>',
        '<text mediaType="text/xml">x</text>',
        '<text mediaType="text/plain" representation="B64">!</text>',
    ],
)
def test_what_a_clinical_document_wraps_and_is_not_read_is_said(text: str) -> None:
    with pytest.raises(UnreadableNoteError, match="wraps"):
        cda_format.read(_wrapping(text), "")


def test_other_xml_is_no_note() -> None:
    with pytest.raises(UnreadableNoteError, match="no clinical document"):
        cda_format.read(b"<rss/>", "")


def test_the_plainest_of_several_formats_is_read_whatever_comes_first() -> None:
    def inline(kind: str, data: bytes) -> dict[str, str]:
        return {"contentType": kind, "data": base64.b64encode(data).decode()}

    page, words = inline("application/pdf", pdf(["as pages"])), inline("text/plain", b"as text")
    assert read_text([page, words], {}).text == "as text"
    assert read_text([page], {}).text == "as pages"
    assert read_text([page, inline("text/html", b"<p>as markup")], {}).text == "as markup"


def test_a_damaged_format_gives_way_to_the_next() -> None:
    damaged = {"contentType": "text/rtf", "data": base64.b64encode(b"oops").decode()}
    page = {"contentType": "application/pdf", "data": base64.b64encode(pdf(["as pages"])).decode()}
    assert read_text([damaged, page], {}).text == "as pages"


def test_a_text_longer_than_is_read_is_cut_and_said_so() -> None:
    long = {"contentType": "text/plain", "data": base64.b64encode(b"x" * (MAX_CHARACTERS + 1)).decode()}
    assert read_text([long], {}) == ("x" * MAX_CHARACTERS, False)
