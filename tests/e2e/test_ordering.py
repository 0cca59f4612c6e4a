"""Ordering and discharging in the demo: what a person places, signs and accepts, and what is said to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.test_demo import demo as _demo
from tests.e2e.test_demo import fetched
from tests.e2e.webdriver import Browser

pytestmark = pytest.mark.browser

demo = _demo
# Chronic kidney disease of stage 3b; and a stay in hospital that goes on.
KIDNEY, IN_HOSPITAL = "gerald-whitfield", "fiona-macleod"
CHOOSE = """
  for (const [id, value] of Object.entries(arguments[0])) {
    const field = document.getElementById(id);
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
"""


@pytest.fixture
def ordering(browser: Browser, demo: str) -> Iterator[Browser]:
    """The ordering tab of a chart with reduced kidney function."""
    browser.open(f"{demo}/chart/{KIDNEY}#orders")
    browser.one("#order-form")
    yield browser
    assert browser.console() == []


def place(browser: Browser, **fields: str) -> None:
    browser.run(CHOOSE, {f"order-{name}": value for name, value in fields.items()})
    browser.one("#order-form button[type=submit]").click()


def test_a_placed_draft_is_checked_at_once_and_its_suggestion_takes_it_back(ordering: Browser) -> None:
    place(ordering, drug="metformin")
    card = ordering.one("#order-cards article", containing="Starting metformin is not recommended")
    assert "Warning" in card.text
    ordering.one("#draft-orders [data-draft=draft-1]", containing="500 mg twice daily")
    ordering.one("#order-cards .suggestion button").click()
    ordering.one("#draft-orders", containing="No draft orders.")
    ordering.one("#order-cards .card-outcome", containing="Feedback sent (200)")


def test_signing_says_what_speaks_against_it_before_anything_is_written(ordering: Browser, demo: str) -> None:
    place(ordering, drug="ibuprofen")
    ordering.one("#orders-status", containing="(order-select)")
    ordering.one("#sign-orders").click()
    ordering.one("#orders-status", containing="(order-sign)")
    ordering.one("#order-cards article", containing="Ibuprofen at an eGFR of")
    assert not written(demo, "ibuprofen")
    ordering.one("#sign-anyway").click()
    ordering.one("#orders-status", containing="Signed.")
    (order,) = written(demo, "ibuprofen")
    assert order["status"] == "active"


def test_a_drug_that_nobody_knows_is_named_as_not_checked(ordering: Browser) -> None:
    ordering.run(CHOOSE, {"order-drug": "other", "order-name": "Zorbamycin"})
    ordering.one("#order-form button[type=submit]").click()
    ordering.one("#order-cards article", containing="Not checked: Zorbamycin")


def test_an_order_that_nothing_speaks_against_is_signed_at_once(ordering: Browser, demo: str) -> None:
    place(ordering, drug="amoxicillin")
    ordering.one("#orders-status", containing="No cards (order-select)")
    ordering.one("#sign-orders").click()
    ordering.one("#orders-status", containing="Signed.")
    assert written(demo, "amoxicillin")


def test_the_developer_tab_shows_the_draft_and_the_answer(ordering: Browser) -> None:
    place(ordering, drug="metformin")
    ordering.one("#order-cards article")
    ordering.one("#tab-developer").click()
    ordering.one("#panel-developer", containing="Medication safety (order-select)")


def test_a_discharge_asks_about_the_stay_that_goes_on(browser: Browser, demo: str) -> None:
    browser.open(f"{demo}/chart/{IN_HOSPITAL}#visits")
    browser.one("#discharge", containing="In hospital since")
    browser.one("#discharge button").click()
    browser.one("#discharge", containing="(encounter-discharge)")


def written(demo: str, drug: str) -> list[dict[str, object]]:
    bundle = fetched(f"{demo}/fhir/MedicationRequest?patient={KIDNEY}&_count=200")
    orders = [entry["resource"] for entry in bundle.get("entry", [])]
    return [each for each in orders if each["medicationCodeableConcept"].get("text") == drug]
