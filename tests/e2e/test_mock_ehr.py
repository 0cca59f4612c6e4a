"""The mock EHR in a real browser, in front of canned servers: every state a user can meet."""

import pytest
from flask import Flask

from cds_hooks.sandbox import SandboxConfig, create_blueprint
from tests.cds_hooks.sandbox.canned import CARD, OTHER_CARD, SUGGESTION
from tests.cds_hooks.sandbox.fake_hospital import CORRELATION, FakeHospital
from tests.e2e.conftest import served
from tests.e2e.webdriver import Browser, wait

pytestmark = pytest.mark.browser

DIABETES = "Type 2 diabetes is likely"
UNNAMED = """
  const named = (node) => node.textContent.trim() || node.ariaLabel || node.labels?.length
    || node.getAttribute("aria-labelledby");
  return [...document.querySelectorAll("button, a, input, select, textarea, [role=tab], [role=img]")]
    .filter((node) => !named(node)).map((node) => node.outerHTML);
"""
TOO_WIDE = """
  return document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll("body *")]
      .filter((node) => node.getBoundingClientRect().right > window.innerWidth + 1)
      .map((node) => node.tagName + "." + node.className);
"""


@pytest.fixture
def chart(browser: Browser, site: str) -> Browser:
    """The chart with everything in it, its cards on screen."""
    browser.open(f"{site}/chart/rich")
    browser.one("#cards article", containing=DIABETES)
    return browser


def card(browser: Browser, words: str) -> str:
    """A CSS selector of the card whose summary holds these words."""
    script = """
      const all = [...document.querySelectorAll("#cards article")];
      const found = all.find((each) => each.textContent.includes(arguments[0]));
      found.dataset.found = arguments[0];
    """
    browser.run(script, words)
    return f'#cards article[data-found="{words}"]'


def open_tab(browser: Browser, name: str) -> None:
    browser.one(f"#tab-{name}").click()


# --- the patient list


def test_the_list_shows_a_page_of_patients(browser: Browser, site: str) -> None:
    browser.open(site)
    assert (
        browser.one(".patients tbody tr", containing="Castellanos").text
        == "Miriam Castellanos 86 y Female 10 Mar 1940 MRN-20400"
    )
    assert browser.one("#list-status", containing="1–20").text == "Patients 1–20 of 46"


def test_a_search_finds_by_name_and_stays_in_the_address(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.one("#name").type("quiet")
    browser.one("#list-status", containing="1–1 of 1")
    assert [row.text.split()[0] for row in browser.all(".patients tbody tr")] == ["Owen"]
    assert browser.url.endswith("/?name=quiet")


def test_a_search_without_a_match_says_so(browser: Browser, site: str) -> None:
    browser.open(f"{site}/?name=zzz")
    browser.one("#list", containing="No patient of that name.")


def test_the_list_pages_forwards_and_back(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.one("#list-status", containing="1–20 of 46")
    browser.one("#next").click()
    browser.one("#list-status", containing="21–40 of 46")
    browser.one("#next").click()
    browser.one("#list-status", containing="41–46 of 46")
    assert browser.one("#next").attribute("disabled") == "true"
    browser.one("#previous").click()
    browser.one("#list-status", containing="21–40 of 46")


def test_a_patient_opens_from_the_list_with_the_keyboard(browser: Browser, site: str) -> None:
    browser.open(site)
    browser.one(".patient-link")
    browser.run("document.querySelector('.patient-link').focus()")
    browser.press("Enter")
    browser.one(".banner h1", containing="Miriam Castellanos")


# --- the chart


def test_the_banner_says_who_it_is(chart: Browser) -> None:
    facts = chart.one("#banner", containing="Castellanos").text
    for fact in ("86 y", "Female", "10 Mar 1940", "MRN-20400", "Penicillin"):
        assert fact in facts


def test_problems_are_active_first_and_resolved_ones_folded(chart: Browser) -> None:
    problems = chart.one("#panel-overview .block", containing="Problems")
    assert "Hypertension" in problems.text
    assert "Viral sinusitis" not in problems.text
    chart.one("#panel-overview .past summary", containing="1 resolved").click()
    assert "Viral sinusitis" in problems.text


def test_labs_show_the_latest_value_with_flag_range_and_trend(chart: Browser) -> None:
    open_tab(chart, "labs")
    row = chart.one("#panel-labs tbody tr", containing="Creatinine")
    assert row.text.split() == [
        "Creatinine",
        "1.7",
        "mg/dL",
        "▲",
        "High",
        "0.6–1.1",
        "2",
        "Apr",
        "2024",
        "5",
        "values",
    ]
    described = chart.run("return document.querySelector('#panel-labs .sparkline desc').textContent")
    assert described == "5 values, from 0.9 on 2 Apr 2020 to 1.7 on 2 Apr 2024"


def test_the_history_of_a_lab_unfolds(chart: Browser) -> None:
    open_tab(chart, "labs")
    chart.one('#panel-labs button[aria-label^="History of Potassium"]').click()
    assert "2 Apr 2020, 08:30 4.4 mmol/L" in chart.one("#panel-labs .history li", containing="2020").text


def test_a_blood_pressure_is_one_row_with_two_lines(chart: Browser) -> None:
    open_tab(chart, "vitals")
    assert "148/92 mmHg" in chart.one("#panel-vitals tbody tr", containing="Blood pressure").text
    assert len(chart.all("#panel-vitals .sparkline-line")) == 2


def test_a_plain_note_is_read_as_utf8(chart: Browser) -> None:
    open_tab(chart, "notes")
    chart.one(".note-list button", containing="Progress note").click()
    assert "no dyspnoea – “feels cold”." in chart.one(".note-text", containing="Tired").text


def test_an_html_note_is_text_only_and_runs_nothing(chart: Browser) -> None:
    open_tab(chart, "notes")
    chart.one(".note-list button", containing="Discharge summary").click()
    text = chart.one(".note-text", containing="Stable").text
    assert text == "Discharge\n\nStable.\nHome.\n\n• Metformin\n• Lisinopril\n\nstyle=plain stays"
    assert chart.run("return window.pwned") is None


def test_a_name_that_is_markup_is_shown_as_text(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/hostile")
    assert "<script>" in browser.one(".banner h1", containing="Bobby").text
    assert browser.run("return window.pwned") is None


# --- cards


def test_cards_name_their_urgency_in_words(chart: Browser) -> None:
    assert [each.text for each in chart.all("#cards .indicator")] == ["Critical", "Warning", "Information"]
    assert "3 cards (1 critical)" in chart.one("#cards-status").text


def test_the_call_carries_what_discovery_asks_for(chart: Browser, hospital: FakeHospital) -> None:
    call = hospital.calls[-1]
    assert call["hook"] == "patient-view"
    assert call["context"] == {"userId": "Practitioner/sandbox-clinician", "patientId": "rich"}
    assert call["fhirServer"].endswith("/fhir")
    assert set(call["prefetch"]) == {
        "patient",
        "conditions",
    }  # a template with an unknown token is not filled
    assert call["prefetch"]["patient"]["id"] == "rich"
    assert len(call["hookInstance"]) == 36


@pytest.mark.parametrize(("mode", "keys"), [("server", {"fhirServer"}), ("prefetch", {"prefetch"})])
def test_what_travels_can_be_chosen(
    chart: Browser, hospital: FakeHospital, mode: str, keys: set[str]
) -> None:
    open_tab(chart, "developer")
    chart.one(f"input[value={mode}]").click()
    chart.one("#ask-again").click()
    wait(lambda: len(hospital.calls) > 1, "another call")
    assert {"fhirServer", "prefetch"} & set(hospital.calls[-1]) == keys
    chart.one("input[value=both]").click()


def test_a_card_text_that_is_markup_is_shown_as_text(chart: Browser) -> None:
    chart.one(f"{card(chart, DIABETES)} summary").click()
    assert "<script>window.pwned=1</script>" in chart.one("#cards .markdown", containing="Criteria met").text
    assert chart.run("return window.pwned") is None


def test_accepting_writes_to_the_chart_then_reports_it(chart: Browser, hospital: FakeHospital) -> None:
    chart.one(f"{card(chart, DIABETES)} .suggestion button", containing="Add type 2").click()
    chart.one("#cards .card-outcome", containing="Feedback sent (200)")
    written = [each for each in hospital.of_type("Condition") if each["code"]["text"].startswith("Type 2")]
    assert len(written) == 1
    [entry] = hospital.feedback
    assert entry.pop("outcomeTimestamp").endswith("Z")
    assert entry == {"card": CARD, "outcome": "accepted", "acceptedSuggestions": [{"id": SUGGESTION}]}
    assert (
        "added just now"
        in chart.one("#panel-overview .entry-new", containing="Type 2 diabetes mellitus").text
    )


def test_an_accepted_card_offers_nothing_more_and_takes_the_focus(chart: Browser) -> None:
    selector = card(chart, DIABETES)
    chart.one(f"{selector} .suggestion button", containing="Add type 2").click()
    chart.one(f"{selector} .card-outcome", containing="Feedback sent")
    assert not chart.all(f"{selector} .card-controls button")
    assert chart.focused().text.startswith("✓")


def test_several_suggestions_can_be_accepted_but_the_card_no_longer_declined(
    chart: Browser, hospital: FakeHospital
) -> None:
    selector = card(chart, "cardiovascular")
    for label in ("Discuss a statin", "Discuss smoking"):
        chart.one(f"{selector} .suggestion button:not(:disabled)", containing=label).click()
        chart.one(f"{selector} .card-outcome", containing=f"Accepted: “{label}”.")
        assert not chart.all(f"{selector} .decline")
    assert [len(each["acceptedSuggestions"]) for each in hospital.feedback] == [1, 1]


def test_a_write_that_fails_is_said_and_is_no_acceptance(chart: Browser, hospital: FakeHospital) -> None:
    selector = card(chart, DIABETES)
    chart.one(f"{selector} .suggestion button", containing="confirming").click()
    said = chart.one(f"{selector} .panel-error", containing="422").text
    assert "The resource is not valid here" in said
    assert hospital.feedback == []
    assert chart.one(f"{selector} .suggestion button", containing="confirming").attribute("disabled") is None


def test_declining_takes_a_reason_and_a_comment(chart: Browser, hospital: FakeHospital) -> None:
    selector = card(chart, "Potassium")
    chart.one(f"{selector} .decline > button").click()
    chart.one(f"{selector} select option", containing="later").click()
    chart.one(f"{selector} textarea").type("Seen at the ward")
    chart.one(f"{selector} [type=submit]").click()
    chart.one(f"{selector} .card-outcome", containing="Declined: Will address later.")
    [entry] = hospital.feedback
    reason = {"code": "later", "system": "s", "display": "Will address later"}
    assert entry["overrideReason"] == {"reason": reason, "userComment": "Seen at the ward"}
    assert (entry["card"], entry["outcome"]) == (OTHER_CARD, "overridden")


def test_declining_without_a_reason_sends_none(chart: Browser, hospital: FakeHospital) -> None:
    selector = card(chart, "Potassium")
    chart.one(f"{selector} .decline > button").click()
    chart.one(f"{selector} [type=submit]").click()
    chart.one(f"{selector} .card-outcome", containing="Declined.")
    assert "overrideReason" not in hospital.feedback[0]


def test_escape_closes_the_form_and_returns_the_focus(chart: Browser) -> None:
    selector = card(chart, "Potassium")
    chart.one(f"{selector} .decline > button").click()
    chart.press("Escape")
    assert chart.focused().attribute("aria-expanded") == "false"


def test_feedback_that_fails_can_be_sent_again(chart: Browser, hospital: FakeHospital) -> None:
    hospital.feedback_status = 503
    selector = card(chart, DIABETES)
    chart.one(f"{selector} .suggestion button", containing="Add type 2").click()
    assert "503" in chart.one(f"{selector} .panel-error", containing="Feedback").text
    hospital.feedback_status = 200
    chart.one(f"{selector} .panel-error button").click()
    chart.one(f"{selector} .card-outcome", containing="Feedback sent (200)")
    assert len(hospital.feedback) == 1


# --- states


def test_a_chart_without_cards_says_so(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/quiet")
    browser.one("#cards", containing="No cards for this chart.")


def test_a_failed_call_never_looks_like_no_cards(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/cds-down")
    said = browser.one("#cards .panel-error").text
    for fact in ("Chart review", "The required Patient could not be read", "412", CORRELATION):
        assert fact in said
    assert "No cards" not in browser.one(".rail").text


def test_an_answer_of_a_strange_form_never_looks_like_no_cards(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/odd")
    browser.one("#cards .panel-error", containing="does not understand")
    assert browser.one("#cards-status").text == "Decision support is not available."


def test_a_slow_service_is_said_to_be_slow(browser: Browser, site: str, hospital: FakeHospital) -> None:
    browser.open(f"{site}/chart/slow")
    browser.one("#cards-status", containing="Still waiting")
    hospital.slow_may_answer.set()
    browser.one("#cards", containing="No cards for this chart.")


def test_one_failed_search_costs_its_own_sections_only(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/half#labs")
    said = browser.one("#panel-labs .panel-error").text
    for fact in ("Observation", "The search index is being rebuilt", "503", CORRELATION):
        assert fact in said
    open_tab(browser, "overview")
    browser.one("#panel-overview", containing="No active problems recorded.")


def test_an_unknown_patient_is_said_to_be_unknown(browser: Browser, site: str) -> None:
    browser.open(f"{site}/chart/nobody")
    browser.one("#banner .panel-error", containing="Patient/nobody was not found on the FHIR server")


# --- the developer tab


def test_the_developer_tab_shows_the_exchange_and_the_servers_timings(chart: Browser) -> None:
    open_tab(chart, "developer")
    shown = chart.one("#panel-developer .exchange[open]", containing="Chart review").text
    for part in (
        "200",
        "Server: reading the chart",
        "12 ms",
        "3.1 ms",
        "Filling the prefetch in the browser",
    ):
        assert part in shown


def test_the_raw_request_can_be_unfolded(chart: Browser) -> None:
    open_tab(chart, "developer")
    chart.one("#panel-developer .exchange[open] .payload summary", containing="Request").click()
    assert '"hook": "patient-view"' in chart.one("#panel-developer pre").text


# --- keyboard, names, size, schemes


def test_arrow_keys_move_between_tabs(chart: Browser) -> None:
    open_tab(chart, "overview")
    chart.press("Right")
    assert chart.focused().text == "Labs"
    assert chart.one("#panel-labs", containing="Creatinine")
    chart.press("End")
    assert chart.focused().text == "Developer"
    chart.press("Right")
    assert chart.focused().text == "Overview"
    assert [each.attribute("tabindex") for each in chart.all("[role=tab]")] == ["0", *["-1"] * 6]


def test_the_first_tab_stop_skips_to_the_content(chart: Browser) -> None:
    chart.press("Tab")
    assert chart.focused().text == "Skip to content"
    chart.press("Enter")
    assert chart.focused().attribute("id") == "main"


def test_a_card_is_declined_with_the_keyboard_alone(chart: Browser, hospital: FakeHospital) -> None:
    chart.run("document.querySelector('#cards article summary').focus()")
    chart.press("Tab", "Enter")
    chart.press("w", "Tab", "Tab", "Enter")  # a letter picks the reason; then comment, then the button
    wait(lambda: hospital.feedback, "feedback")
    assert hospital.feedback[0]["overrideReason"]["reason"]["code"] == "later"


@pytest.mark.parametrize("tab", ["overview", "labs", "vitals", "notes", "visits", "orders", "developer"])
def test_every_control_has_a_name(chart: Browser, tab: str) -> None:
    open_tab(chart, tab)
    assert chart.run(UNNAMED) == []


@pytest.mark.parametrize("tab", ["overview", "labs", "vitals", "notes", "visits", "orders", "developer"])
def test_a_phone_scrolls_no_page_sideways(browser: Browser, site: str, tab: str) -> None:
    browser.size(390, 844)
    browser.open(f"{site}/chart/rich#{tab}")
    browser.one("#cards article", containing=DIABETES)
    browser.run("for (const each of document.querySelectorAll('#cards details')) each.open = true")
    assert browser.run(TOO_WIDE) == []


def test_the_list_fits_a_phone(browser: Browser, site: str) -> None:
    browser.size(390, 844)
    browser.open(site)
    browser.one(".patients tbody tr", containing="Castellanos")
    assert browser.run(TOO_WIDE) == []


def test_dark_mode_is_dark(chart: Browser) -> None:
    chart.scheme("dark")
    assert chart.run("return getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 27)"


def test_nothing_is_asked_of_any_other_host(chart: Browser, site: str) -> None:
    names = chart.run("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert len(names) > 20
    assert [name for name in names if not name.startswith(site)] == []


def test_the_console_stays_empty(chart: Browser) -> None:
    for tab in ("labs", "vitals", "notes", "visits", "orders", "developer"):
        open_tab(chart, tab)
    chart.one("#tab-notes").click()
    for note in chart.all(".note-list button"):
        note.click()
    assert chart.console() == []


def test_a_server_that_can_not_be_reached_is_named_with_the_usual_cause(browser: Browser) -> None:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="http://127.0.0.1:9/fhir")))
    for site in served(app):
        browser.open(site)
        said = browser.one("#list .panel-error").text
        assert "http://127.0.0.1:9/fhir" in said
        assert "(CORS)" in said
