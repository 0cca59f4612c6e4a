"""Nephrotoxic drugs as orders spell them, and the products of the same drug that hardly reach a kidney."""

from __future__ import annotations

import pytest

from fhir_adapters.record import ATC, Coding, Concept
from fhir_adapters.terminology.nephrotoxic import NEPHROTOXIC


def _classes(concept: Concept) -> list[str]:
    return [cls.name for cls in NEPHROTOXIC if cls.holds(concept)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gentamicin 40 MG/ML Injectable Solution", "aminoglycoside"),
        ("vancomycin 1000 MG Injection", "vancomycin"),
        ("colistin 150 MG Injection", "polymyxin"),
        ("amphotericin B liposomal 50 MG Injection [AmBisome]", "amphotericin B"),
        ("valacyclovir 500 MG Oral Tablet", "antiviral that may injure tubules"),
        ("emtricitabine 200 MG / tenofovir disoproxil fumarate 300 MG Oral Tablet", "tenofovir disoproxil"),
        ("Delstrigo tablet once daily", "tenofovir disoproxil"),
        ("Cisplatin 50 MG Injection", "cisplatin or ifosfamide"),
        ("methotrexate 2.5 MG Oral Tablet", "methotrexate"),
        ("tacrolimus 1 MG Oral Capsule [Prograf]", "calcineurin inhibitor"),
        ("zoledronic acid 4 MG Injection", "zoledronic acid"),
        ("lithium carbonate 300 MG Oral Capsule", "lithium"),
        ("24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", "metformin"),
    ],
)
def test_a_nephrotoxic_drug_is_known_by_name(text: str, named: str) -> None:
    assert _classes(Concept((), text)) == [named]


@pytest.mark.parametrize(
    "text",
    [
        "gentamicin 0.3 % Ophthalmic Solution",
        "tobramycin 3 MG/ML / dexamethasone 1 MG/ML Eye Drops",
        "tobramycin 300 MG in 5 ML Inhalation Solution",
        "vancomycin 125 MG Oral Capsule",
        "acyclovir 5 % Topical Cream",
        "tacrolimus 0.1 % Topical Ointment",
        "cyclosporine 0.05 % Ophthalmic Emulsion [Restasis]",
        "emtricitabine 200 MG / tenofovir alafenamide 25 MG Oral Tablet",
        "carboplatin 450 MG Injection",
    ],
)
def test_what_hardly_reaches_a_kidney_is_none(text: str) -> None:
    assert _classes(Concept((), text)) == []


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("J01GB03", ["aminoglycoside"]),
        ("J01XA01", ["vancomycin"]),
        ("A07AA09", []),
        ("S01AA12", []),
        ("D11AH01", []),
        ("J05AR03", ["tenofovir disoproxil"]),
        ("J05AR27", ["tenofovir disoproxil"]),
        ("J05AR17", []),
        ("L04AD02", ["calcineurin inhibitor"]),
    ],
)
def test_an_atc_code_decides_by_its_route(code: str, named: list[str]) -> None:
    # The text alone would say otherwise for some of them.
    assert _classes(Concept((Coding(ATC, code),), "vancomycin tobramycin tacrolimus")) == named
