"""A note in the mock EHR: its text as it is, what a reader found in it, and the way there from a card."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cds_hooks.errors import OutOfTime
from tests.cds_hooks.sandbox.canned import HTML_NOTE, NOTE
from tests.cds_hooks.sandbox.fake_hospital import FakeHospital
from tests.cds_hooks.sandbox.fake_reader import fake_reader, mention, reading
from tests.e2e.conftest import served
from tests.e2e.test_mock_ehr import TOO_WIDE, UNNAMED
from tests.e2e.webdriver import Browser, wait

pytestmark = pytest.mark.browser

TEXT = (
    "HPI: Palpitations for a week. No chest pain,\n"
    "no  dyspnea. Maybe anemia. Mother has diabetes.\r\n"
    "\tECHO: LVEF 58%. Started apixaban 5 mg; had a TIA in 2019. No chest pain today.\n\n"
)
MARKS: dict[str, dict[str, Any]] = {
    "Palpitations": {"kind": "symptom", "codes": [
        {"system": "http://snomed.info/sct", "code": "80313002", "display": "Palpitations", "score": 1.0}]},
    "chest pain": {"kind": "symptom", "presence": "absent", "cues": [{"start": 30, "end": 32}]},
    "anemia": {"kind": "problem", "presence": "possible"},
    "diabetes": {"kind": "problem", "whose": "family"},
    "TIA": {"kind": "problem", "when": "past"},
    "LVEF": {"kind": "test", "value": {"analyte": "lvef", "value": "58", "unit": "%", "comparator": ""}},
    "apixaban": {"kind": "medication"},
    "week": {"kind": "duration"},
}  # fmt: skip
SHOWN = "return document.querySelector('.note-text').textContent"
WORDS = "return [...document.querySelectorAll('.note-text mark')].map((each) => each.textContent)"
NAMES = "return [...document.querySelectorAll('.note-text [role=button]')].map((each) => each.ariaLabel)"

Reader = Callable[[str], Any]


@contextmanager
def note_opened(
    browser: Browser, text: str, read_note: Reader | None, *, html: bool = False
) -> Iterator[str]:
    """A chart whose newest note has this text, opened in its reader: the chart's URL."""
    hospital = FakeHospital(read_note)
    attach(hospital, "DocumentReference/n1", text, html=html)
    for site in served(hospital.app):
        url = f"{site}/chart/rich#notes"
        browser.open(url)
        browser.one(".note-list button", containing="Progress note").click()
        browser.one(".note-text")
        yield url


def attach(hospital: FakeHospital, reference: str, text: str, *, html: bool = False) -> None:
    """Replace the text of a note."""
    kind = "text/html" if html else "text/plain"
    data = base64.b64encode(text.encode()).decode()
    attachment = {"contentType": f"{kind}; charset=utf-8", "data": data}
    hospital.resources[reference]["content"] = [{"attachment": attachment}]


@pytest.fixture
def note(browser: Browser) -> Iterator[Browser]:
    """The note with mentions of every kind, marked."""
    with note_opened(browser, TEXT, fake_reader(MARKS)):
        browser.one(".note-text mark")
        yield browser


def labels(browser: Browser, css: str) -> list[str]:
    return [each.text for each in browser.all(css)]


# --- the text


def test_the_text_is_exactly_the_notes_text(note: Browser) -> None:
    assert note.run(SHOWN) == TEXT


def test_the_mentions_stand_where_they_stand_in_the_text(note: Browser) -> None:
    expected = ["Palpitations", "chest pain", "anemia", "diabetes", "LVEF", "apixaban", "TIA", "chest pain"]
    assert note.run(WORDS) == expected


def test_a_table_of_spaces_keeps_its_columns(browser: Browser) -> None:
    rows = [("LVEF", "32 %"), ("LVIDd", "6.3 cm"), ("Wall thickness", "1.0 cm")]
    text = "Echo:\n" + "\n".join(f"{name:20}{value}" for name, value in rows)
    values = fake_reader({"LVEF": {"kind": "test"}} | {value: {"kind": "value"} for _, value in rows})
    with note_opened(browser, text, values):
        browser.one(".note-text mark")
        script = "return [...document.querySelectorAll('.note-text mark')].map((each) => each.offsetLeft)"
        left = browser.run(script)
        assert len(left) == 4
        assert max(left[1:]) - min(left[1:]) < 1


OVERLAPS = {
    "nested": [(0, 20), (5, 9)],
    "crossing": [(0, 12), (6, 20)],
    "equal": [(3, 9), (3, 9)],
    "the same start": [(3, 9), (3, 20)],
    "the same end": [(3, 20), (9, 20)],
    "three deep": [(0, 30), (3, 20), (5, 9), (8, 25)],
    "the whole text": [(0, len(TEXT)), (5, 9)],
}


@pytest.mark.parametrize("spans", OVERLAPS.values(), ids=OVERLAPS)
def test_overlapping_mentions_leave_the_text_as_it_is(browser: Browser, spans: list[tuple[int, int]]) -> None:
    answer = reading(*(mention(start, end) for start, end in spans))
    with note_opened(browser, TEXT, lambda _: answer):
        browser.one(".note-text mark")
        assert browser.run(SHOWN) == TEXT
        covered = max(end for _, end in spans) - min(start for start, _ in spans)
        assert sum(map(len, browser.run(WORDS))) == covered


@pytest.mark.parametrize(
    "before", ["\U0001f642 ", "Cafe\u0301 ", "\U0001f468\u200d\U0001f469\u200d\U0001f467 "]
)
def test_offsets_count_characters_not_utf16_units(browser: Browser, before: str) -> None:
    text = f"{before}fever, then {before}cough"
    with note_opened(browser, text, fake_reader({"fever": {}, "cough": {}})):
        browser.one(".note-text mark")
        assert browser.run(WORDS) == ["fever", "cough"]
        assert browser.run(SHOWN) == text


def test_mentions_that_have_no_place_in_the_text_are_left_out(browser: Browser) -> None:
    odd = [mention(900, 950), mention(-4, 3), mention(7, 7), mention(9, 5), mention(0, 3)]
    with note_opened(browser, TEXT, lambda _: reading(*odd)):
        browser.one(".note-text mark")
        assert browser.run(WORDS) == ["HPI"]


def test_an_html_note_is_sent_as_the_text_that_is_shown(browser: Browser) -> None:
    sent: list[str] = []
    marked = fake_reader({"Metformin": {"kind": "medication"}})

    def read_note(text: str) -> Any:
        sent.append(text)
        return marked(text)

    with note_opened(browser, HTML_NOTE, read_note, html=True):
        browser.one(".note-text mark")
        assert sent == [browser.run(SHOWN)]
        assert browser.run(WORDS) == ["Metformin"]


def test_words_of_a_reading_are_shown_as_text(browser: Browser) -> None:
    code = {"system": "x", "code": "<b>1</b>", "display": "<img src=x onerror='window.pwned=1'>", "score": 1}
    with note_opened(browser, TEXT, fake_reader({"anemia": {"codes": [code]}})):
        browser.one(".mention-code", containing="<img src=x")
        assert browser.run("return window.pwned") is None


# --- what is said of a mention


def test_a_mention_says_its_kind_and_what_the_note_says_of_it(note: Browser) -> None:
    names = note.run(NAMES)
    for words in (
        "Palpitations: Symptom or finding, present, current, patient; SNOMED CT 80313002 Palpitations",
        "chest pain: Symptom or finding, denied, current, patient",
        "anemia: Problem, possible, current, patient",
        "diabetes: Problem, present, current, family",
        "TIA: Problem, present, past, patient",
        "LVEF: Test or value, present, current, patient; LVEF 58 %",
    ):
        assert words in names


def test_marks_differ_in_more_than_colour(note: Browser) -> None:
    script = """
      return [...document.querySelectorAll('.note-text mark')].map((mark) => {
        const parts = [null, "::before", "::after"];
        const [own, before, after] = parts.map((part) => getComputedStyle(mark, part));
        return [mark.textContent, own.borderTopStyle, before.content, after.content];
      });
    """
    looks = {words: look for words, *look in note.run(script)}
    assert looks["chest pain"] == ["solid", '"−"', "none"]
    assert looks["anemia"] == ["dashed", "none", '"possible"']
    assert looks["diabetes"][2] == '"family"'
    assert looks["TIA"][2] == '"past"'


def test_the_kinds_can_be_written_into_the_text(note: Browser) -> None:
    note.one(".reading-options label", containing="Kinds in the text").click()
    script = "return getComputedStyle(document.querySelector('.note-text mark'), '::before').content"
    assert note.run(script) == '"Sx"'
    assert note.run(SHOWN) == TEXT


def test_the_list_groups_mentions_by_kind(note: Browser) -> None:
    kinds = ["Problems", "Symptoms, findings", "Medications", "Tests and values"]
    assert labels(note, ".mention-list h3") == kinds
    entry = note.one(".mention-list button", containing="Palpitations").text
    assert entry.splitlines() == [
        "Palpitations",
        "SNOMED CT 80313002 Palpitations",
        "present, current, patient · score 0.93",
    ]


def test_what_is_said_twice_is_one_entry_that_leads_to_both_places(note: Browser) -> None:
    pressed = """
      return [...document.querySelectorAll('.note-text mark')]
        .flatMap((mark, index) => mark.ariaPressed === "true" ? [index] : []);
    """
    entry = '.mention-list button[data-presence="absent"]'
    assert "2 times" in note.one(entry).text
    places = []
    for _ in range(3):
        note.one(entry).click()
        places.append(note.run(pressed))
    assert places == [[1], [7], [1]]


def test_a_mention_that_is_pressed_says_everything(note: Browser) -> None:
    note.one(".note-text mark", containing="chest pain").click()
    detail = note.one(".mention-detail").text
    for part in (
        "Symptom or finding · denied · current · patient",
        "Because of “No”",
        "No code",
        "Section: HPI",
        "Scores: span 0.93, assertion 0.90; found by language model",
    ):
        assert part in detail


def test_a_value_is_shown_with_its_unit(note: Browser) -> None:
    assert note.one(".mention-value").text == "LVEF 58 %"


def test_what_is_counted_is_named_once(browser: Browser) -> None:
    value = {"analyte": "packs_per_day", "value": "1.5", "unit": "{Packs}/d", "comparator": ""}
    with note_opened(browser, "Smokes 1.5 ppd.", fake_reader({"1.5 ppd": {"kind": "habit", "value": value}})):
        assert browser.one(".mention-value").text == "Packs per day 1.5"


# --- filters


def test_a_kind_can_be_hidden(note: Browser) -> None:
    chip = note.one(".chip", containing="Symptoms")
    chip.click()
    assert chip.attribute("aria-pressed") == "false"
    assert note.run(WORDS) == ["anemia", "diabetes", "LVEF", "apixaban", "TIA"]
    assert "Symptoms, findings" not in labels(note, ".mention-list h3")


def test_other_kinds_are_hidden_until_they_are_asked_for(note: Browser) -> None:
    note.one(".chip", containing="Other").click()
    assert "week" in note.run(WORDS)


def test_only_what_applies_now_leaves_out_the_denied_the_past_and_relatives(note: Browser) -> None:
    note.one(".reading-options label", containing="Only what applies now").click()
    assert note.run(WORDS) == ["Palpitations", "LVEF", "apixaban"]
    assert note.run(SHOWN) == TEXT


# --- the keyboard


def test_one_mention_takes_the_tab_key_and_arrows_walk_the_others(note: Browser) -> None:
    note.run("document.querySelector('.legend summary').focus()")
    note.press("Tab")
    assert note.focused().text == "Palpitations"
    note.press("Right", "Right")
    assert note.focused().text == "anemia"
    note.press("End")
    assert note.focused().text == "chest pain"
    note.press("Home")
    assert note.focused().text == "Palpitations"


def test_enter_opens_the_detail_and_escape_closes_it(note: Browser) -> None:
    note.run("document.querySelector('.note-text mark').focus()")
    note.press("Enter")
    assert "Palpitations" in note.one(".mention-detail", containing="Symptom").text
    assert note.focused().attribute("aria-pressed") == "true"
    note.press("Escape")
    note.one(".mention-detail[hidden]")
    assert note.focused().text == "Palpitations"


# --- states of the reader


def test_a_chart_without_a_reader_shows_the_plain_text(browser: Browser) -> None:
    with note_opened(browser, TEXT, None):
        assert browser.run(SHOWN) == TEXT
        names = browser.run("return performance.getEntriesByType('resource').map((each) => each.name)")
        assert not [name for name in names if "read-note" in name]
        assert browser.console() == []


def test_a_reader_that_fails_is_said_to_fail_and_the_text_stays(browser: Browser) -> None:
    def read_note(_: str) -> Any:
        raise OutOfTime("the note took too long")

    with note_opened(browser, TEXT, read_note):
        said = browser.one(".reading-status .panel-error").text
        assert "the note took too long" in said
        assert "503" in said
        assert browser.run(SHOWN) == TEXT
        browser.console()  # the browser itself reports the status


def test_a_note_that_was_not_read_says_why(browser: Browser) -> None:
    answer = reading(outcome="not-read", reason="the text is not in English", coverage=0.0)
    with note_opened(browser, "Niega dolor de pecho.", lambda _: answer):
        said = browser.one(".reading-status", containing="This note is not marked").text
        assert "the text is not in English" in said
        assert "0 mentions" not in said
        assert not browser.all(".chip")


def test_a_note_read_in_part_says_how_much(browser: Browser) -> None:
    answer = reading(mention(0, 3), outcome="partly-read", reason="out of time", coverage=0.419)
    with note_opened(browser, TEXT, lambda _: answer):
        said = browser.one(".reading-status", containing="a part of this note").text
        assert "(41% of the text): out of time" in said


def test_a_note_is_read_once(browser: Browser) -> None:
    read: list[str] = []
    marked = fake_reader(MARKS)

    def read_note(text: str) -> Any:
        read.append(text)
        return marked(text)

    with note_opened(browser, TEXT, read_note):
        for title in ("Discharge", "Progress"):
            browser.one(".note-list button", containing=title).click()
            browser.one(".note-reader h2", containing=title)
        browser.one(".note-text mark", containing="Palpitations")
        assert read.count(TEXT) == 1


# --- from a card to its sentence


@contextmanager
def card_quoting(browser: Browser, detail: str, *, read_note: Reader | None = None) -> Iterator[FakeHospital]:
    """The chart with a card of this text beside its notes."""
    hospital = FakeHospital(read_note)
    attach(hospital, "DocumentReference/n1", TEXT)
    card = {"uuid": "c", "summary": "Quoting", "indicator": "critical", "source": {"label": "s"}}
    hospital.cards = [card | {"detail": detail}]
    for site in served(hospital.app):
        browser.open(f"{site}/chart/rich")
        browser.one("#cards article", containing="Quoting")
        yield hospital


def test_the_sentence_of_a_card_is_shown_in_its_note(browser: Browser) -> None:
    detail = "> “Palpitations for a week.” — Progress note, 2024-04-02"
    with card_quoting(browser, detail, read_note=fake_reader(MARKS)):
        browser.one(".show-in-note").click()
        browser.one("#tab-notes[aria-selected=true]")
        browser.one(".note-text mark.passage")
        passage = "return [...document.querySelectorAll('.passage')].map((each) => each.textContent).join('')"
        assert browser.run(passage) == "Palpitations for a week."
        assert browser.run(SHOWN) == TEXT
        wait(lambda: browser.run("return document.activeElement.matches('.passage')"), "the focus")
        inside = "const box = document.activeElement.getBoundingClientRect();"
        assert browser.run(f"{inside} return box.top >= 0 && box.bottom <= innerHeight")
        assert browser.one('.note-list [aria-pressed="true"]').text.startswith("Progress note")


@pytest.mark.parametrize(
    "detail",
    [
        "> “No chest pain, no dyspnea.”",  # a line's end and two spaces in the note
        "> “ECHO: LVEF 58%. Started apix…” — cut",
        "The note says “Mother has diabetes.” and more",
        "- said: “Mother has diabetes.”",
        '> "Mother has diabetes." - a note',
        "> Mother has diabetes.",
        "| a | b |\n|---|---|\n| note | “Mother has diabetes.” |",
    ],
)
def test_quotations_are_found_however_they_are_set(browser: Browser, detail: str) -> None:
    with card_quoting(browser, detail):
        name = browser.one(".show-in-note").accessible_name
        assert name == "Show in note: Progress note, 2 Apr 2024"


@pytest.mark.parametrize(
    "detail", ["> “Palpitations for a month.”", "> “TIA”", "No quotation.", "> “…”", "“Smoker, 1 ppd.”"]
)
def test_what_stands_in_no_note_gets_no_button(browser: Browser, detail: str) -> None:
    with card_quoting(browser, detail):
        browser.one("#tab-notes").click()
        browser.one(".note-list button", containing="Progress note")
        assert browser.all(".show-in-note") == []


def test_the_note_of_the_date_that_the_card_names_is_shown(browser: Browser) -> None:
    hospital = FakeHospital()
    for name in ("n1", "n2"):
        attach(hospital, f"DocumentReference/{name}", "Known asthma since childhood.")
    card = {"summary": "Quoting", "indicator": "critical", "source": {"label": "s"}}
    hospital.cards = [card | {"detail": "> “Known asthma since childhood.” — 2022-01-02"}]
    for site in served(hospital.app):
        browser.open(f"{site}/chart/rich")
        browser.one(".show-in-note").click()
        browser.one(".note-reader h2", containing="Discharge summary")


# --- size, names, console


@pytest.mark.parametrize("width", [320, 390, 820])
def test_a_narrow_page_does_not_scroll_sideways(browser: Browser, width: int) -> None:
    browser.size(width, 844)
    with note_opened(browser, TEXT + "x" * 300, fake_reader(MARKS)):
        browser.one(".note-text mark", containing="Palpitations").click()
        browser.run("for (const each of document.querySelectorAll('.legend')) each.open = true")
        assert browser.run(TOO_WIDE) == []


def test_every_control_of_a_note_has_a_name(note: Browser) -> None:
    note.one(".note-text mark").click()
    assert note.run(UNNAMED) == []


def test_the_console_stays_empty(note: Browser) -> None:
    note.one(".note-text mark").click()
    for chip in note.all(".chip"):
        chip.click()
    assert note.console() == []


def test_a_canned_note_is_plain_without_marks(browser: Browser) -> None:
    with note_opened(browser, NOTE, fake_reader({})):
        browser.one(".reading-status", containing="No mentions found")
        assert browser.run(SHOWN) == NOTE
