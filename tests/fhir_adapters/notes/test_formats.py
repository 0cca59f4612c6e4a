"""Bytes of an attachment become the text that a reader would see."""

from __future__ import annotations

import pytest

from fhir_adapters.notes import UnreadableNoteError, attachment_urls
from fhir_adapters.notes.formats import html, plain_text
from fhir_adapters.notes.registry import readers


@pytest.mark.parametrize(
    ("data", "charset"),
    [
        ("naïve µg".encode(), "utf-8"),
        ("naïve µg".encode(), ""),
        ("naïve µg".encode("utf-16"), "utf-16"),
        ("naïve µg".encode("latin-1"), "iso-8859-1"),
        ("naïve µg".encode("latin-1"), ""),
        ("naïve µg".encode("latin-1"), "utf-8"),
        ("naïve µg".encode("utf-8-sig"), ""),
        ("naïve µg".encode(), "no-such-charset"),
        ("naïve µg".encode(), "iso-8859-1"),
        ("naïve µg".encode(), "base64"),
        ("naïve µg".encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_text_is_decoded_by_its_charset_or_the_next_that_fits(data: bytes, charset: str) -> None:
    assert plain_text.read(data, charset) == "naïve µg"


def test_what_is_called_latin_1_has_the_quotes_and_dashes_of_windows() -> None:
    assert plain_text.read(b"\x93stable\x94 \x96 afebrile", "iso-8859-1") == "“stable” – afebrile"


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("cp1251", "Жалобы на боль в груди и одышку при нагрузке. Температура тела нормальная."),
        ("cp1250", "Pacient si stěžuje na bolest na hrudi, dušnost při námaze. Žádná horečka."),
        ("cp1252", "Le patient se plaint de fièvre et de toux, la température était élevée hier."),
    ],
)
def test_without_a_declared_charset_the_one_whose_letters_make_words_is_taken(
    charset: str, text: str
) -> None:
    assert plain_text.read(text.encode(charset), "") == text


def test_line_ends_of_every_system_are_one() -> None:
    assert plain_text.read(b"a\r\nb\rc\nd", "") == "a\nb\nc\nd"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<div><div>one</div></div><div>two</div>", "one\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
        ("<table><tr><td>K</td><td>4.1</td></tr><tr><td>Na</td><td>139</td></tr></table>", "K 4.1\nNa 139"),
        ("<p>one\n   two</p>", "one two"),
        ("<b>bold</b>er", "bolder"),
        ("a &lt; b &amp; c&nbsp;d", "a < b & c d"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_html_is_read_as_it_is_seen(source: str, text: str) -> None:
    assert html.read(source.encode(), "utf-8") == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>alert('denies')</script>",
        "<style>p{color:red}</style>",
        "<!-- comment -->",
        "<div hidden>secret</div>",
        "<head><title>t</title></head>",
        "<template>x</template>",
        "<iframe src='http://x'>y</iframe>",
        "<p onclick='x()'></p>",
    ],
)
def test_what_is_not_seen_leaves_no_trace(hidden: str) -> None:
    assert html.read(f"<html>{hidden}<body>{hidden}seen{hidden}</body></html>".encode(), "") == "seen"


def test_hidden_elements_within_hidden_elements_are_removed_once() -> None:
    source = (
        "<div hidden><script>x</script><div hidden>y<style>z</style></div></div><pre>a<pre>b</pre></pre>seen"
    )
    for _ in range(200):
        assert html.read((source * 20).encode(), "").count("seen") == 20


def test_xhtml_with_a_declaration_is_read() -> None:
    source = b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body>x</body></html>'
    assert html.read(source, "") == "x"


def test_every_media_type_has_one_reader() -> None:
    assert {"text/plain", "text/html", "application/xhtml+xml"} <= set(readers())


def _document(*attachments: object, **more: object) -> dict[str, object]:
    content = [{"attachment": attachment} for attachment in attachments]
    return {"resourceType": "DocumentReference", "status": "current", "content": content, **more}


def test_only_readable_attachments_without_data_are_worth_fetching() -> None:
    plain = {"contentType": "text/plain; charset=utf-8", "url": "Binary/1"}
    word = {"contentType": "application/msword", "url": "Binary/2"}
    assert attachment_urls(_document(word, plain, plain)) == ("Binary/1",)
    assert attachment_urls(_document(word)) == ()
    assert attachment_urls(_document({"url": "Binary/3"})) == ("Binary/3",)


def test_of_several_formats_the_plainest_is_fetched() -> None:
    page = {"contentType": "application/pdf", "url": "Binary/1"}
    rich = {"contentType": "text/rtf", "url": "Binary/2"}
    markup = {"contentType": "text/html", "url": "Binary/3"}
    assert attachment_urls(_document(page, rich, markup)) == ("Binary/3",)
    assert attachment_urls(_document(page, rich)) == ("Binary/2",)


def test_nothing_is_fetched_beside_readable_inline_data() -> None:
    inline = {"contentType": "text/plain", "data": "YQ=="}
    assert attachment_urls(_document(inline, {"contentType": "text/html", "url": "Binary/1"})) == ()


def test_nothing_is_fetched_for_a_document_that_is_not_used() -> None:
    plain = {"contentType": "text/plain", "url": "Binary/1"}
    assert attachment_urls(_document(plain, status="superseded")) == ()


def test_the_forms_of_a_report_are_worth_fetching_too() -> None:
    form = {"contentType": "text/html", "url": "Binary/9"}
    report = {"resourceType": "DiagnosticReport", "status": "final", "presentedForm": [form]}
    assert attachment_urls(report) == ("Binary/9",)


@pytest.mark.parametrize(
    "resource",
    [
        {},
        {"status": []},
        _document(5),
        _document({"url": 5}),
        {**_document(), "content": 5},
        _document(docStatus=[]),
    ],
)
def test_a_malformed_document_has_nothing_to_fetch(resource: dict[str, object]) -> None:
    assert attachment_urls(resource) == ()


def test_html_nested_deeper_than_any_note_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(UnreadableNoteError, match="nested"):
        html.read(b"<div>" * 50_000 + b"x" + b"</div>" * 50_000, "")


def test_many_paragraphs_and_list_items_that_nobody_closed_are_no_depth() -> None:
    assert html.read(b"<ul>" + b"<li>one<br>" * 3000 + b"</ul>", "").count("one") == 3000
