"""`cuecard demo` as a person uses it: the command, its sample patients and its cards in a browser."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from fhir_adapters.embedded import sample_expectations
from tests.e2e.webdriver import Browser, wait

pytestmark = pytest.mark.browser

CALM = [each.patient_id for each in sample_expectations() if each.expect_none]
TALKING = [each.patient_id for each in sample_expectations() if not each.expect_none]
OFFERED = """
  return [...document.querySelectorAll("#cards article")].findIndex((card) =>
    [...card.querySelectorAll(".suggestion button")].some((each) => /problem list/i.test(each.textContent)));
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The URL of a running demo."""
    yield from running()


@pytest.fixture(scope="module")
def signed_demo() -> Iterator[str]:
    """The URL of a demo that answers signed calls only."""
    yield from running("--signed")


def running(*options: str) -> Iterator[str]:
    """Starts the command, gives its URL, and ends it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cds_hooks.cli", "demo", "--port", str(port), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: process.poll() is not None or answers(f"{url}/health/ready"), "the demo", seconds=60)
        assert process.poll() is None, "the demo ended by itself"
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False


def fetched(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def conditions(demo: str, patient: str) -> list[dict[str, Any]]:
    bundle = fetched(f"{demo}/fhir/Condition?patient={patient}&_count=200")
    return [entry["resource"] for entry in bundle.get("entry", [])]


def open_chart(browser: Browser, demo: str, patient: str) -> str:
    """Open a chart, wait for its answer, and return what the column says."""
    browser.open(f"{demo}/chart/{patient}")
    return browser.one("#cards-status", containing="answered in").text


def test_the_list_holds_every_sample_patient(browser: Browser, demo: str) -> None:
    browser.open(demo)
    browser.one("#list-status", containing=f"of {len(CALM) + len(TALKING)}")


def test_a_patient_is_found_by_name_and_opened(browser: Browser, demo: str) -> None:
    family = TALKING[0].split("-")[-1].capitalize()
    browser.open(demo)
    browser.one("#name").type(family)
    browser.one("#list-status", containing="of 1")
    browser.one(".patient-link", containing=family).click()
    browser.one(".banner h1", containing=family)


@pytest.mark.parametrize("patient", CALM)
def test_a_calm_chart_has_no_card(browser: Browser, demo: str, patient: str) -> None:
    assert open_chart(browser, demo, patient).startswith("No cards")


def test_talking_charts_show_cards_without_an_error_in_the_console(browser: Browser, demo: str) -> None:
    silent = [patient for patient in TALKING if open_chart(browser, demo, patient).startswith("No cards")]
    assert silent == []
    assert browser.console() == []


def test_cards_fit_a_phone(browser: Browser, demo: str) -> None:
    browser.size(390, 844)
    for patient in TALKING[:4]:
        open_chart(browser, demo, patient)
        browser.run("for (const each of document.querySelectorAll('#cards details')) each.open = true")
        assert browser.run("return document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("mode", ["server", "prefetch"])
def test_either_road_gives_the_cards_of_both(browser: Browser, demo: str, mode: str) -> None:
    def summaries() -> list[str]:
        return [each.text for each in browser.all("#cards h3")]

    open_chart(browser, demo, TALKING[0])
    with_both = summaries()
    browser.run("sessionStorage.setItem('mode', arguments[0])", mode)
    try:
        open_chart(browser, demo, TALKING[0])
        assert summaries() == with_both
    finally:
        browser.run("sessionStorage.clear()")


def test_an_accepted_diagnosis_is_on_the_server_and_the_card_is_gone(browser: Browser, demo: str) -> None:
    for patient in TALKING:
        open_chart(browser, demo, patient)
        at = browser.run(OFFERED)
        if at >= 0:
            break
    else:
        pytest.fail("no sample patient has a card that offers a problem-list entry")
    before = len(conditions(demo, patient))
    card = f"#cards article:nth-of-type({at + 1})"
    summary = browser.one(f"{card} h3").text
    browser.one(f"{card} .suggestion button", containing="problem list").click()
    browser.one(f"{card} .card-outcome", containing="Feedback sent (200)")
    assert len(conditions(demo, patient)) == before + 1
    browser.one("#panel-overview .entry-new")
    browser.one("#ask-again").click()
    wait(lambda: summary not in [each.text for each in browser.all("#cards h3")], "the card to go")


def test_a_declined_card_does_not_come_back(browser: Browser, demo: str) -> None:
    patient = TALKING[-1]
    open_chart(browser, demo, patient)
    summary = browser.one("#cards h3").text
    browser.one("#cards .decline > button").click()
    browser.one("#cards select option:nth-of-type(2)").click()
    browser.one("#cards .decline-form [type=submit]").click()
    browser.one("#cards .card-outcome", containing="Feedback sent (200)")
    open_chart(browser, demo, patient)
    assert summary not in [each.text for each in browser.all("#cards h3")]


def test_the_developer_tab_shows_the_servers_own_timings(browser: Browser, demo: str) -> None:
    open_chart(browser, demo, TALKING[0])
    browser.one("#tab-developer").click()
    shown = browser.one("#panel-developer .exchange[open]").text
    for part in ("Server: gather", "Server: assess", "Server: cards", "Correlation id"):
        assert part in shown


def test_the_summary_comes_when_somebody_asks_for_it(browser: Browser, demo: str) -> None:
    open_chart(browser, demo, TALKING[0])
    assert not [each.text for each in browser.all("#cards h3") if each.text.startswith("Chart summary:")]
    browser.one("#cards .on-request button", containing="Chart summary").click()
    browser.one("#cards .on-request article", containing="Chart summary:")
    assert browser.console() == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_where_calls_are_signed_the_page_signs_and_shows_it(
    browser: Browser, signed_demo: str, name: str
) -> None:
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        fetched(f"{signed_demo}/cds-services")
    refused.value.close()
    open_chart(browser, signed_demo.replace("127.0.0.1", name), TALKING[0])
    assert browser.all("#cards article")
    assert "Calls are signed" in browser.one(".demo-notice").text
    browser.one("#tab-developer").click()
    browser.one("#panel-developer .exchange[open] .payload summary", containing="Signed token").click()
    shown = browser.one("#panel-developer pre").text
    assert '"alg": "ES384"' in shown
    assert f'"aud": "{signed_demo}/cds-services/' in shown
    assert browser.console() == []


def test_where_calls_are_open_the_page_says_so(browser: Browser, demo: str) -> None:
    browser.open(demo)
    assert "Calls are not signed" in browser.one(".demo-notice").text
