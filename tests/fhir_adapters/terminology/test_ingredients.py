"""Which ingredients a drug has, by code and by name; the table itself; and the orders of public charts."""

from __future__ import annotations

import csv
import gzip
import json
import re
from pathlib import Path

import pytest

from fhir_adapters.record import ATC, RXNORM, Coding, Concept
from fhir_adapters.terminology.drugs import METFORMIN, NSAID
from fhir_adapters.terminology.ingredients import identify

TABLES = Path(__file__).resolve().parents[3] / "fhir_adapters" / "terminology"
PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "data" / "fhir_synthea_google"
ROWS = list(csv.DictReader((TABLES / "ingredients.csv").read_text(encoding="utf-8").splitlines()))


def _names(text: str, *codings: Coding) -> list[str]:
    drug = identify(Concept(codings, text))
    return [each.name for each in drug.ingredients] if drug else []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", ["metformin"]),
        ("Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet", ["acetaminophen", "oxycodone"]),
        ("Tylenol PM Pill", ["acetaminophen", "diphenhydramine"]),
        (
            "insulin human, isophane 70 UNT/ML / Regular Insulin, Human 30 UNT/ML",
            ["insulin nph", "insulin regular"],
        ),
        ("Bactrim DS", ["sulfamethoxazole", "trimethoprim"]),
        ("Penicillin V Potassium 250 MG", ["penicillin v"]),
        ("potassium chloride 20 MEQ", ["potassium chloride"]),
        ("Zorbamycin 10 mg", []),
        ("", []),
        ("metforminoid", []),
    ],
)
def test_names_in_a_text(text: str, names: list[str]) -> None:
    assert _names(text) == names


def test_codes_name_a_drug_without_any_text() -> None:
    assert _names("", Coding(RXNORM, "6809")) == ["metformin"]
    assert _names("", Coding(RXNORM, "10831")) == ["sulfamethoxazole", "trimethoprim"]
    assert _names("", Coding(ATC, "A10BA02")) == ["metformin"]
    assert _names("", Coding("http://elsewhere.example", "6809")) == []


def test_where_code_and_text_disagree_both_are_taken_and_it_is_no_match_by_code() -> None:
    drug = identify(Concept((Coding(RXNORM, "6809"),), "apixaban 5 mg"))
    assert drug is not None
    assert [each.name for each in drug.ingredients] == ["metformin", "apixaban"]
    assert not drug.coded


def test_a_local_form_belongs_to_no_class() -> None:
    gel = identify(Concept((), "diclofenac 1% topical gel"))
    by_route = identify(Concept((), "diclofenac"), route="Topical route")
    tablet = identify(Concept((), "diclofenac 50 mg"))
    assert gel is not None
    assert by_route is not None
    assert tablet is not None
    assert (gel.of(NSAID), by_route.of(NSAID)) == (None, None)
    assert tablet.of(NSAID) is not None
    assert tablet.of(METFORMIN) is None


def test_a_strength_is_the_one_number_of_a_single_ingredient() -> None:
    for text, strength in (
        ("apixaban 2.5 MG Oral Tablet", 2.5),
        ("Lasix 10 MG/ML", None),
        ("Norco 5 MG", None),
    ):
        drug = identify(Concept((), text))
        assert drug is not None
        assert drug.strength_mg == strength


def test_no_name_and_no_code_of_the_table_means_two_drugs() -> None:
    names = [name for row in ROWS for name in (row["name"], *filter(None, row["names"].split("|")))]
    codes = [row["rxnorm"] for row in ROWS if row["rxnorm"]]
    assert len(set(names)) == len(names)
    assert len(set(codes)) == len(codes)
    assert all(
        re.fullmatch(r"[A-Z](\d\d([A-Z]([A-Z](\d\d)?)?)?)?", code)
        for row in ROWS
        for code in row["atc"].split()
    )


@pytest.mark.data
def test_every_drug_that_public_charts_order_is_recognized() -> None:
    paths = sorted(PUBLIC.glob("*.json.gz"))[:40]
    if not paths:
        pytest.skip("the public charts are not beside this checkout")
    seen: dict[str, Concept] = {}
    for path in paths:
        for entry in json.loads(gzip.decompress(path.read_bytes()))["entry"]:
            concept = entry["resource"].get("medicationCodeableConcept")
            for coding in (concept or {}).get("coding", ()):
                seen[coding["code"]] = Concept((Coding(coding["system"], coding["code"], coding["display"]),))
    assert len(seen) > 10
    assert [concept.label for concept in seen.values() if identify(concept) is None] == []
