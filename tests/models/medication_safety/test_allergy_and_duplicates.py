"""Orders against allergies, the medication list and each other; and what can't be checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import Medication, PatientRecord
from models.medication_safety.allergy import DrugAllergy
from models.medication_safety.bleeding import DrugsAndBleeding
from models.medication_safety.duplicates import DuplicateTherapy
from models.medication_safety.identity import OrderIdentity
from tests.models.medication_safety.charts import allergy, chart, finding, findings, order, unchecked
from tests.records import drug

ALLERGY, TWICE, BLEEDING = DrugAllergy(), DuplicateTherapy(), DrugsAndBleeding()


def _allergic(text: str, *entries: Any) -> PatientRecord:
    return chart(order(text), allergies=entries)


@pytest.mark.parametrize(
    ("ordered", "entry", "urgency"),
    [
        ("amoxicillin 500 mg", allergy("Amoxicillin"), "urgent"),
        ("amoxicillin 500 mg", allergy("Amoxicillin", criticality="high"), "emergency"),
        ("amoxicillin 500 mg", allergy("Amoxicillin", kind="intolerance", criticality="high"), "soon"),
        ("Augmentin 875 mg", allergy("penicillin"), "urgent"),
        ("piperacillin / tazobactam", allergy("", "91936005", criticality="high"), "emergency"),
        ("ampicillin 1 g", allergy("amoxicillin"), "soon"),
        ("ibuprofen 400 mg", allergy("Aspirin"), "soon"),
        ("naproxen", allergy("NSAIDs"), "urgent"),
        ("Bactrim DS", allergy("Sulfa drugs"), "urgent"),
        ("enalapril 5 mg", allergy("lisinopril", reactions=("angioedema",)), "soon"),
        ("simvastatin 20 mg", allergy("Statins"), "urgent"),
        # A cephalosporin after a penicillin: its side chain decides.
        ("cephalexin 500 mg", allergy("ampicillin", criticality="high"), "soon"),
        ("cephalexin 500 mg", allergy("penicillin"), "routine"),
        ("cefazolin 2 g", allergy("penicillin", criticality="high"), None),
        ("ceftriaxone 1 g", allergy("amoxicillin", criticality="high"), None),
        ("meropenem 1 g", allergy("penicillin", criticality="high"), None),
        ("cephalexin 500 mg", allergy("penicillin V"), None),
        # Sulfonamides that are no antibiotics.
        ("furosemide 40 mg", allergy("Sulfa drugs"), None),
        ("hydrochlorothiazide 25 mg", allergy("sulfamethoxazole"), None),
        ("acetaminophen 500 mg", allergy("NSAIDs"), None),
        ("amoxicillin 500 mg", allergy("Amoxicillin", active=False), None),
        ("amoxicillin 500 mg", allergy("Peanuts"), None),
    ],
)
def test_an_order_against_an_allergy(ordered: str, entry: Any, urgency: str | None) -> None:
    said = finding(ALLERGY, _allergic(ordered, entry))
    assert (said.urgency if said else None) == urgency
    if said is not None:
        assert entry.source in {piece.source for piece in said.evidence}


def test_the_strongest_of_several_entries_speaks() -> None:
    entries = (allergy("penicillin"), replace(allergy("amoxicillin", criticality="high"), source="A/2"))
    said = finding(ALLERGY, _allergic("amoxicillin", *entries))
    assert said is not None
    assert said.urgency == "emergency"


def test_the_reaction_is_quoted_or_named_as_missing() -> None:
    told = finding(ALLERGY, _allergic("amoxicillin", allergy("amoxicillin", reactions=("hives",))))
    untold = finding(ALLERGY, _allergic("amoxicillin", allergy("amoxicillin")))
    assert told is not None
    assert untold is not None
    assert "(hives)" in told.statement
    assert (told.missing, untold.missing) == ((), ("what the reaction was",))


def test_what_was_not_understood_or_not_read_is_said() -> None:
    (strange,) = unchecked(ALLERGY, _allergic("amoxicillin", allergy("Zorbamycin")))
    assert "Zorbamycin" in strange.reason
    assert not unchecked(ALLERGY, _allergic("amoxicillin", allergy("Allergy to mould")))
    assert not unchecked(ALLERGY, _allergic("amoxicillin", allergy("Kiwi", category="food")))
    for coverage in ("unavailable", "partial"):
        unread = replace(_allergic("amoxicillin"), coverage={"AllergyIntolerance": coverage})
        (said,) = unchecked(ALLERGY, unread)
        assert said.cause == "data-unavailable"


@pytest.mark.parametrize(
    ("ordered", "listed", "urgency"),
    [
        ("metformin 500 mg", "Glucophage 850 mg", "routine"),
        ("apixaban 5 mg", "warfarin 5 mg", "urgent"),
        ("losartan 50 mg", "lisinopril 10 mg", "soon"),
        ("Entresto 49/51", "lisinopril 10 mg", "soon"),
        ("simvastatin 20 mg", "atorvastatin 40 mg", "soon"),
        ("omeprazole 20 mg", "pantoprazole 40 mg", "routine"),
        ("insulin lispro", "insulin glargine", None),
        ("insulin glargine", "insulin glargine", None),
        ("hydrocortisone 1% cream", "hydrocortisone 10 mg oral tablet", None),
        ("albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", "albuterol 0.21 MG/ML Inhalation Solution", None),
        ("amlodipine 5 mg", "metoprolol 50 mg", None),
    ],
)
def test_an_order_against_the_medication_list(ordered: str, listed: str, urgency: str | None) -> None:
    said = finding(TWICE, chart(order(ordered), medications=[drug(listed)]))
    assert (said.urgency if said else None) == urgency


def test_the_same_drug_ordered_twice_is_said_once() -> None:
    said = finding(TWICE, chart(order("metformin 500 mg"), order("metformin 1000 mg", 2)))
    assert said is not None
    assert (said.statement, said.confidence) == ("Metformin is ordered twice", "A")


def test_a_renewal_is_no_duplication_of_what_it_renews() -> None:
    listed = Medication(
        source="MedicationRequest/old", concept=order("metformin 500 mg").concept, status="active"
    )
    assert (
        findings(TWICE, chart(order("metformin 500 mg", replaces=listed.source), medications=[listed])) == ()
    )
    resigned = replace(listed, source="MedicationRequest/d1")
    assert findings(TWICE, chart(order("metformin 500 mg"), medications=[resigned])) == ()


def test_only_selected_orders_are_judged_and_the_others_are_what_is_ordered_beside_them() -> None:
    ibuprofen, warfarin = order("ibuprofen 400 mg"), order("warfarin 5 mg", 2, selected=False)
    said = finding(BLEEDING, chart(ibuprofen, warfarin))
    assert said is not None
    assert said.evidence[0].source == ibuprofen.source
    assert findings(BLEEDING, chart(replace(ibuprofen, selected=False), warfarin)) == ()


def test_both_orders_selected_are_one_card_and_aspirin_is_no_nsaid() -> None:
    assert len(findings(BLEEDING, chart(order("ibuprofen"), order("apixaban", 2)))) == 1
    assert findings(BLEEDING, chart(order("aspirin 81 mg"), medications=[drug("apixaban 5 mg")])) == ()
    assert len(findings(BLEEDING, chart(order("enoxaparin"), medications=[drug("naproxen 220 mg")]))) == 1


def test_an_unread_medication_list_is_said() -> None:
    (said,) = unchecked(TWICE, chart(order("metformin"), medications=None))
    assert said.cause == "data-unavailable"


def test_two_orders_of_one_drug_have_cards_of_their_own() -> None:
    said = findings(
        ALLERGY, chart(order("amoxicillin"), order("amoxicillin", 2), allergies=(allergy("amoxicillin"),))
    )
    assert len({each.group for each in said}) == 2


def test_an_order_that_names_no_known_drug_is_named() -> None:
    said = unchecked(OrderIdentity(), chart(order("Zorbamycin 10 mg"), order("", 2), order("metformin", 3)))
    assert [each.subject for each in said] == ["Zorbamycin 10 mg", "an order"]
    assert unchecked(OrderIdentity(), chart(order("Zorbamycin 10 mg", selected=False))) == ()


def test_a_code_alone_is_enough_and_says_that_nothing_was_matched_by_name() -> None:
    said = finding(ALLERGY, chart(order("", rxnorm="723"), allergies=(allergy("amoxicillin"),)))
    assert said is not None
    assert said.evidence[0].remark == ""
    named = finding(ALLERGY, chart(order("amoxicillin"), allergies=(allergy("amoxicillin"),)))
    assert named is not None
    assert named.evidence[0].remark == "drug matched by name"
