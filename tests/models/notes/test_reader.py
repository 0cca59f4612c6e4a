from __future__ import annotations

import ast
import hashlib
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import fhir_adapters
from fhir_adapters.record import Mention, NoteReading
from models.notes import digest
from models.notes.reader import NoteReader
from tests.models.notes.keyword_engine import KeywordEngine, Labels, note, reader

SPANISH = (
    "Tome esta medicina con comida dos veces al día. Si tiene fiebre o dolor de pecho, llame a la clínica. "
    "No deje de tomarla sin hablar con su médico."
)


def read(text: str, **marks: Labels) -> NoteReading:
    return reader(**marks).read(note(text))


def found(text: str, **marks: Labels) -> dict[str, Mention]:
    """The mentions by their words; each word once."""
    return {text[m.start : m.end]: m for m in read(text, **marks).mentions}


def test_a_short_form_means_what_the_note_says_it_means() -> None:
    text = "Amniotic fluid (AF) was clear. AF was normal. She has tardive dyskinesia (TD); TD is stable."
    mentions = found(text, clinical={"tardive": "B-problem", "dyskinesia": "I-problem"})
    assert "AF" not in mentions  # the vocabulary's atrial fibrillation
    assert {code.display for code in mentions["TD"].codes} == {"tardive dyskinesia"}
    assert "AF" in found("AF was noted. AF is permanent.")


def test_the_sentence_of_the_introduction_is_read_rightly() -> None:
    mentions = found("The patient presented with fever, cough and shortness of breath.")
    assert list(mentions) == ["fever", "cough", "shortness of breath"]
    for mention in mentions.values():
        said = mention.assertion
        assert (mention.type, said.presence, said.when, said.whose) == (
            "symptom",
            "present",
            "current",
            "patient",
        )
        assert mention.codes


def test_a_reading_names_its_note_its_text_and_its_model() -> None:
    text = "Fever."
    reading = read(text)
    assert reading.source == "DocumentReference/n1"
    assert reading.digest == hashlib.sha256(text.encode()).hexdigest()
    assert reading.model.startswith("keywords 1 ")
    assert (reading.outcome, reading.reason, reading.coverage) == ("read", "", 1.0)


def test_the_model_changes_with_the_weights_and_with_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    def model(weights: str) -> str:
        engine = KeywordEngine({}, weights * 64)
        return NoteReader(engine, engine.tokenizer, "keywords 1").model

    plain = model("0")
    assert model("1") != plain
    monkeypatch.setattr("models.notes.reader.rules_digest", lambda: "other")
    assert model("0") != plain


def test_the_rules_are_the_code_and_the_vocabularies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "__file__", str(tmp_path / "digest.py"))
    seen = set()
    for name, content in (
        ("a.py", "1"),
        ("a.py", "2"),
        ("b/c.json", "2"),
        ("b/d.json", "2"),
        ("README.md", "3"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
        seen.add(digest.rules_digest.__wrapped__())
    assert len(seen) == 4


@pytest.mark.parametrize("name", digest.OUTSIDE)
def test_rules_that_are_kept_elsewhere_count_too(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest.rules_digest.__wrapped__()
    shutil.copytree(Path(fhir_adapters.__path__[0]), tmp_path / "fhir_adapters")
    monkeypatch.setattr(digest, "_ELSEWHERE", tmp_path / "fhir_adapters")
    assert digest.rules_digest.__wrapped__() == before
    with (tmp_path / "fhir_adapters" / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert digest.rules_digest.__wrapped__() != before


def test_whatever_cuts_a_text_and_converts_its_values_counts() -> None:
    def imported(path: Path) -> set[str]:
        modules = (
            node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)
        )
        ours = (name.split(".") for name in modules if name and name.startswith("fhir_adapters."))
        return {"/".join(parts[1:]) + ".py" for parts in ours if parts[1] != "record"}

    repo = Path(fhir_adapters.__path__[0])
    waiting = imported(repo.parent / "models/notes/values/units.py") | {"notes/sections.py"}
    reached: set[str] = set()
    while waiting:
        reached |= waiting
        waiting = {each for name in waiting for each in imported(repo / name)} - reached
    assert reached == {name for name in digest.OUTSIDE if name.endswith(".py")}


def test_the_clinical_head_decides() -> None:
    marks = {"clinical": {"wheezles": "B-symptom"}, "bc5cdr": {"wheezles": "B-Disease"}}
    (mention,) = read("She has wheezles today.", **marks).mentions
    assert (mention.type, mention.origin) == ("symptom", "model")


def test_the_other_heads_add_what_it_left_out() -> None:
    marks = {"bc5cdr": {"zoracil": "B-Chemical", "blumps": "B-Disease"}, "ncbi": {"quinsles": "B-Disease"}}
    mentions = found("She took zoracil for blumps and quinsles today.", **marks)
    assert {words: mention.type for words, mention in mentions.items()} == {
        "zoracil": "medication",
        "blumps": "problem",
        "quinsles": "problem",
    }


def test_a_known_name_is_found_without_the_network() -> None:
    mention = found("She has type 2 diabetes.")["type 2 diabetes"]
    assert (mention.type, mention.origin) == ("problem", "vocabulary")


def test_a_guess_of_the_network_yields_to_a_known_name() -> None:
    assert found("She took metformin.", clinical={"metformin": "?B-test"})["metformin"].type == "medication"
    assert found("Ferritin low.", clinical={"ferritin": "B-problem"})["Ferritin"].type == "problem"


def test_a_known_drug_is_no_test_unless_it_is_measured() -> None:
    marks = {"clinical": {"metformin": "B-test", "digoxin": "B-test"}}
    assert found("Metformin 500 mg daily.", **marks)["Metformin"].type == "medication"
    assert found("Digoxin 0.125 mg daily.", **marks)["Digoxin"].type == "medication"
    assert found("Digoxin 0.8 this morning.", **marks)["Digoxin"].type == "test"


def test_a_known_disease_is_no_drug_and_no_test_unless_it_is_tested_for() -> None:
    marks = {"clinical": {"gout": "B-medication", "hepatitis": "B-test", "b": "I-test"}}
    assert found("He is treated for gout.", **marks)["gout"].type == "problem"
    assert found("Carrier of hepatitis B.", **marks)["hepatitis B"].type == "problem"
    assert found("Serology: hepatitis B negative.", **marks)["hepatitis B"].type == "test"


def test_a_mention_ends_with_its_item_of_a_list() -> None:
    marks = {"clinical": {"senna": "B-medication", "-": "I-medication", "tablet": "I-medication"}}
    text = "Medications:\n- senna tablet\n- senna\n"
    assert [text[m.start : m.end] for m in read(text, **marks).mentions] == ["senna tablet", "senna"]


def test_the_tag_of_a_coded_name_is_no_part_of_a_mention() -> None:
    marks = {"clinical": {"gout": "B-problem", "(": "I-problem", "disorder": "I-problem"}}
    assert list(found("He has gout (disorder).", **marks)) == ["gout"]
    assert list(found("He has gout (disorder).", clinical={"disorder": "B-problem"})) == ["gout"]


def test_a_test_is_no_medication_because_it_is_a_chemical() -> None:
    mention = found("Potassium 4.2 this morning.", bc5cdr={"potassium": "B-Chemical"})["Potassium"]
    assert mention.type == "test"


def test_a_value_goes_with_its_test() -> None:
    mention = found("LVEF 35% on echo.", clinical={"lvef": "B-test"})["LVEF"]
    assert mention.value is not None
    assert (mention.value.analyte, mention.value.value, mention.value.unit) == ("lvef", Decimal(35), "%")


def test_a_test_with_a_number_was_done_under_the_heading_of_a_plan() -> None:
    inr = found("PLAN: INR at the office was 4.2.")["INR"]
    assert (inr.assertion.when, found("PLAN: INR, CBC.")["INR"].assertion.when) == ("current", "planned")


def test_every_value_is_carried_once() -> None:
    values = [m.value for m in read("Vitals: BP 142/88, HR 76, SpO2 97%.").mentions if m.value]
    assert sorted((v.analyte, str(v.value)) for v in values) == [
        ("dbp", "88"),
        ("heart_rate", "76"),
        ("sbp", "142"),
        ("spo2", "97"),
    ]


def test_a_pressure_without_its_name_keeps_both_numbers() -> None:
    values = [
        m.value
        for m in read("Vitals: 142/88 today.", clinical={"142": "B-value", "88": "I-value"}).mentions
        if m.value
    ]
    assert {v.analyte for v in values} <= {"sbp", "dbp"}
    assert len(values) in (0, 2)


def test_habits_are_mentions_with_their_own_assertion() -> None:
    mentions = [m for m in read("SOCIAL HISTORY: Never smoked.").mentions if m.type == "habit"]
    (mention,) = mentions
    assert mention.value is not None
    assert (mention.value.text, mention.assertion.presence) == ("never-smoker", "absent")


def test_the_words_of_a_habit_are_no_other_mention() -> None:
    text = "SOCIAL HISTORY: He quit smoking in 2010."
    assert {m.type for m in read(text, clinical={"smoking": "B-problem"}).mentions} == {"habit"}


def test_a_known_problem_stays_one_beside_a_habit() -> None:
    mentions = read("SOCIAL HISTORY: Alcohol abuse, drinks 12 beers a week.").mentions
    assert {"problem", "habit"} <= {mention.type for mention in mentions}


@pytest.mark.parametrize(
    "text",
    [
        "Patient was given the following immunizations: influenza, hep b.",
        "She had her influenza vaccine today.",
    ],
)
def test_a_vaccine_is_no_disease(text: str) -> None:
    assert not [m for m in read(text).mentions if m.type == "problem"]


def test_a_disease_after_a_vaccine_is_one() -> None:
    assert "influenza" in found("Despite vaccination she has influenza.")


def test_a_heading_is_no_mention() -> None:
    marks = {"clinical": {"allergies": "B-problem", "medications": "B-medication"}}
    assert not read("ALLERGIES:\nNone.\n\nMEDICATIONS:\nNone.\n", **marks).mentions


def test_a_heading_that_names_a_test_is_one() -> None:
    assert "ECG" in found("ECG: Atrial fibrillation.", clinical={"ecg": "B-test"})


def test_mentions_know_their_section_and_sentence() -> None:
    text = "HPI: She slept well. She has a cough.\nFAMILY HISTORY: Mother had diabetes."
    mentions = found(text)
    cough, diabetes = mentions["cough"], mentions["diabetes"]
    assert (cough.section, diabetes.section) == ("hpi", "family_history")
    assert text[cough.sentence.start : cough.sentence.end] == "She has a cough."
    assert diabetes.assertion.whose == "family"


def test_offsets_hold_behind_what_is_not_read() -> None:
    text = f"HPI: She has a cough.\n\nINSTRUCTIONS:\n{SPANISH}\n\nPLAN: Treat her pneumonia with rest."
    reading = read(text)
    assert [text[m.start : m.end] for m in reading.mentions] == ["cough", "pneumonia"]
    assert reading.outcome == "partly-read"
    assert reading.reason == "a part of it is not in English and was not read"
    assert 0 < reading.coverage < 1


def test_the_words_of_an_unread_part_make_no_mention() -> None:
    text = (
        "HPI: She is well.\n\nINSTRUCTIONS:\nTome metformin dos veces al día con la comida si tiene diabetes."
    )
    assert not read(text).mentions


def test_a_foreign_note_is_not_read_and_costs_no_run() -> None:
    engine = KeywordEngine({})
    reading = NoteReader(engine, engine.tokenizer, "keywords 1").read(note(SPANISH))
    assert (reading.outcome, reading.coverage, reading.mentions) == ("not-read", 0.0, ())
    assert reading.reason == "it is not in English and was not read"
    assert engine.runs == 0


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x01", "🙂", "a\u0301" * 9, "\ud800 fever"])
def test_odd_texts_have_a_reading(text: str) -> None:
    assert read(text).outcome in ("read", "partly-read", "not-read")


def test_without_time_nothing_is_read() -> None:
    reading = reader().read(note("She has a cough."), lambda: True)
    assert (reading.outcome, reading.coverage, reading.mentions) == ("not-read", 0.0, ())
    assert reading.reason == "the time for reading was used up"


def test_when_time_runs_out_the_beginning_was_read() -> None:
    text = "She has a cough. " * 2000
    asked = iter([False, False, False, *[True] * 10_000])
    reading = reader().read(note(text), lambda: next(asked))
    assert reading.outcome == "partly-read"
    assert 0 < reading.coverage < 0.5
    assert reading.mentions
    assert reading.mentions[-1].end <= reading.coverage * len(text) + 20


def test_mentions_are_in_order_and_inside_the_text() -> None:
    text = "BP 142/88. Smokes 1 ppd. Chest pain, fever and A1c of 8.2%.\n" * 40
    mentions = read(text).mentions
    assert [m.start for m in mentions] == sorted(m.start for m in mentions)
    assert all(0 <= m.start < m.end <= len(text) for m in mentions)


def test_the_same_note_reads_the_same() -> None:
    text = "BP 142/88, denies chest pain. Mother had diabetes."
    assert read(text) == read(text)
