from __future__ import annotations

import pytest

from fhir_adapters.record import ICD10CM, LOINC, RXNORM, SNOMED, MentionType
from models.notes.linking import THRESHOLD, find_concept, link
from tests.growth import in_proportion


def icd10(words: str, kind: MentionType = "problem") -> str:
    return next((match.code for match in link(words, kind) if match.system == ICD10CM), "")


def score(words: str, kind: MentionType = "problem") -> float:
    found = link(words, kind)
    return found[0].score if found else 0.0


def test_a_name_word_for_word_scores_one() -> None:
    assert (icd10("Atrial fibrillation"), score("Atrial fibrillation")) == ("I48.91", 1.0)


def test_a_problem_carries_icd10_first_and_snomed_beside_it() -> None:
    systems = [match.system for match in link("atrial fibrillation", "problem")]
    assert systems == [ICD10CM, SNOMED]


@pytest.mark.parametrize(
    ("short", "code"),
    [
        ("HTN", "I10"),
        ("T2DM", "E11.9"),
        ("DM2", "E11.9"),
        ("CHF", "I50.9"),
        ("HFrEF", "I50.20"),
        ("COPD", "J44.9"),
        ("CAD", "I25.10"),
        ("NSTEMI", "I21.4"),
        ("AFib", "I48.91"),
        ("afib", "I48.91"),
        ("CKD 3b", "N18.32"),
        ("ESRD", "N18.6"),
        ("GERD", "K21.9"),
        ("UTI", "N39.0"),
        ("PNA", "J18.9"),
        ("DVT", "I82.409"),
        ("TIA", "G45.9"),
        ("CVA", "I63.9"),
        ("BPH", "N40.0"),
        ("OSA", "G47.33"),
        ("OA", "M19.90"),
        ("SLE", "M32.9"),
    ],
)
def test_abbreviations_of_problems(short: str, code: str) -> None:
    assert icd10(short) == code


@pytest.mark.parametrize(
    ("short", "code"), [("SOB", "R06.02"), ("DOE", "R06.09"), ("N/V", "R11.2"), ("HA", "R51.9")]
)
def test_abbreviations_of_symptoms(short: str, code: str) -> None:
    assert icd10(short, "symptom") == code


def test_an_abbreviation_of_two_problems_is_no_link() -> None:
    assert link("MS", "problem") == ()
    assert link("AS", "problem") == ()


def test_the_type_decides_an_abbreviation() -> None:
    assert icd10("PE", "problem") == "I26.99"
    test, procedure = find_concept("PT", "test"), find_concept("PT", "procedure")
    assert test is not None
    assert procedure is not None
    assert (test.concept.name, procedure.concept.name) == ("prothrombin time", "physical therapy")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("carcinoma of the breast", "C50.919"),
        ("breast carcinoma", "C50.919"),
        ("stenosis of the aortic valve", "I35.0"),
        ("pain in the left knee", "M25.569"),
        ("severe left knee pain", "M25.569"),
        ("pneumonias", "J18.9"),
        ("diverticula", ""),
        ("Crohn’s disease", "K50.90"),
        ("Crohns disease", "K50.90"),
        ("iron deficiency anaemia", "D50.9"),
        ("diarrhoea", "R19.7"),
        ("acute CHF", "I50.9"),
        ("type 2 diabetes mellitus with nephropathy", "E11.21"),
    ],
)
def test_other_ways_to_write_a_name(words: str, code: str) -> None:
    assert icd10(words) == code


@pytest.mark.parametrize(
    ("words", "code"),
    [("hypertention", "I10"), ("pnuemonia", "J18.9"), ("cholelithasis", "K80.20"), ("asthmma", "J45.909")],
)
def test_a_letter_is_put_right_at_a_price(words: str, code: str) -> None:
    assert icd10(words) == code
    assert THRESHOLD <= score(words) < 0.9


def test_a_short_word_is_never_changed_into_another() -> None:
    assert link("aphakia", "problem") == ()
    assert link("aphagia", "problem") == ()


def test_a_parent_scores_below_everything_that_keeps_the_meaning() -> None:
    assert icd10("right lower lobe pneumonia") == "J18.9"
    assert score("right lower lobe pneumonia") < score("hypertention")


def test_what_comes_with_a_problem_leaves_the_problem_itself() -> None:
    assert (icd10("cirrhosis with hypersplenism"), score("cirrhosis with hypersplenism")) == ("K74.60", 0.65)


@pytest.mark.parametrize(
    "words",
    [
        "family history of stroke syndrome",
        "no pneumonia",
        "screening for depression",
        "adrenal carcinoma",
        "intracranial hypertension of altitude",
        "toe pain",
        "trench fever",
        "hypersensitivity to shoes",
        "",
        " ",
        "...",
        "x" * 5000,
        "pain " * 400,
    ],
)
def test_what_is_not_known_is_no_link(words: str) -> None:
    assert link(words, "problem") == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("severe hepatitis A", "B15.9"),
        ("vitamin deficiency", ""),
        ("a hernia", "K46.9"),
        ("vitamin A deficiency", "E50.9"),
    ],
)
def test_a_letter_that_names_a_kind_is_no_article(words: str, code: str) -> None:
    assert icd10(words) == code


def test_a_recurrent_condition_is_not_the_single_one_for_certain() -> None:
    assert icd10("recurrent major depressive disorder") == "F33.9"
    assert score("recurrent pneumonia") < 0.75


@pytest.mark.parametrize("kind", ["dosage", "anatomy", "severity", "duration", "date", "value", "habit"])
def test_only_types_with_codes_are_linked(kind: MentionType) -> None:
    assert link("hypertension", kind) == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("metformin", "6809"),
        ("Glucophage", "6809"),
        ("Lasix 40 mg", "4603"),
        ("metoprolol tartrate 25 mg PO BID", "6918"),
        ("quetiapine fumarate", "51272"),
        ("hydroxychloroquin", "5521"),
        ("Bactrim DS", ""),
    ],
)
def test_orders_of_drugs(words: str, code: str) -> None:
    assert next((m.code for m in link(words, "medication") if m.system == RXNORM), "") == code


@pytest.mark.parametrize(
    "words", ["clonidn", "celexia", "lamisol", "hydralazyne sulfur", "prednisalone acid"]
)
def test_a_short_or_strange_drug_name_is_not_guessed(words: str) -> None:
    assert link(words, "medication") == ()


def test_drugs_that_differ_by_little_stay_apart() -> None:
    for one, other in [
        ("hydralazine", "hydroxyzine"),
        ("clonidine", "clonazepam"),
        ("prednisone", "prednisolone"),
        ("glipizide", "glyburide"),
        ("bupropion", "buspirone"),
        ("Celebrex", "Celexa"),
        ("Lamictal", "Lamisil"),
    ]:
        a, b = find_concept(one, "medication"), find_concept(other, "medication")
        assert a is not None
        assert b is not None
        assert a.concept.name != b.concept.name


def test_a_drug_without_a_verified_code_is_known_but_not_linked() -> None:
    found = find_concept("ramipril 5 mg daily", "medication")
    assert found is not None
    assert found.concept.name == "ramipril"
    assert link("ramipril 5 mg daily", "medication") == ()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("A1c", "4548-4"),
        ("haemoglobin", "718-7"),
        ("serum creatinine", "2160-0"),
        ("LDL", "13457-7"),
        ("low-density lipoprotein cholesterol", "13457-7"),
        ("ejection fraction", "10230-1"),
        ("CBC", "58410-2"),
    ],
)
def test_tests_have_loinc(words: str, code: str) -> None:
    assert [match.code for match in link(words, "test") if match.system == LOINC] == [code]


def test_an_archive_of_images_is_no_heart_beat() -> None:
    assert link("PACS", "problem") == ()
    assert icd10("PACs") == "I49.1"


def test_a_test_is_never_linked_to_a_broader_one() -> None:
    assert link("intermediate density lipoprotein cholesterol", "test") == ()


def test_a_symptom_marked_as_a_problem_costs_a_little() -> None:
    assert icd10("headache", "problem") == "R51.9"
    assert score("headache", "symptom") > score("headache", "problem")


def test_linking_noise_takes_time_in_proportion() -> None:
    assert in_proportion(lambda words: link(words, "problem"), "hypertensoin wxyz ", 20_000)


@pytest.mark.parametrize("words", ["abscess", "contusion", "bruise"])
def test_a_word_without_a_code_of_its_own_is_not_put_right_to_another(words: str) -> None:
    assert link(words, "symptom") == ()
    assert find_concept(words, "symptom") is not None


def test_a_test_is_never_the_parent_of_a_procedure() -> None:
    assert link("Lap-Band", "procedure") == ()
    assert link("bands", "test") != ()


def test_insufficiency_of_the_kidneys_is_not_their_failure() -> None:
    assert (icd10("renal insufficiency"), icd10("renal failure")) == ("N28.9", "N19")
