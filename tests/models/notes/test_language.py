from __future__ import annotations

import base64
import random
import string

import pytest

from fhir_adapters.notes import sections_of
from fhir_adapters.record import Span
from models.notes.language import Prose, blanked, prose_of
from tests.growth import in_proportion

ENGLISH = "She came in with two days of chest tightness and a mild fever. The lungs are clear today."
SPANISH = (
    "Tome esta medicina con comida dos veces al día. Si tiene fiebre o dolor de pecho, llame a la clínica. "
    "No deje de tomarla sin hablar con su médico."
)
FOREIGN = {
    "Spanish": SPANISH,
    "German": "Die Patientin hat seit zwei Tagen Schmerzen in der Brust und kam mit dem Rettungswagen.",
    "French": "La patiente a de la fièvre depuis deux jours et elle tousse, mais elle ne se plaint de rien.",
    "Italian": "Il paziente ha la febbre da due giorni e non ha dolore toracico; gli esami sono normali.",
    "Polish": "Pacjentka zgłasza ból brzucha oraz nudności od wczoraj, nie ma gorączki i jest przytomna.",
    "Vietnamese": "Bệnh nhân bị sốt và ho từ hai ngày nay, không đau ngực, không khó thở khi nằm.",
    "Chinese": "病人两天前开始发烧和咳嗽，没有胸痛，血压正常，继续服用降压药。",
    "Russian": "Больная жалуется на кашель и температуру в течение двух дней, боли в груди нет.",
    "Arabic": "تعاني المريضة من الحمى والسعال منذ يومين ولا تشكو من ألم في الصدر.",
}
SEED = random.Random(11)  # noqa: S311 - noise
LETTERS = " ".join("".join(SEED.choices(string.ascii_lowercase, k=SEED.randint(4, 9))) for _ in range(120))
NOISE = {
    "random letters": LETTERS,
    "base64": base64.b64encode(SEED.randbytes(3000)).decode(),
    "base64 in lines": "\n".join(base64.b64encode(SEED.randbytes(57)).decode() for _ in range(40)),
    "bytes": SEED.randbytes(2000).decode("latin-1"),
    "undecodable": SEED.randbytes(2000).decode("utf-8", "replace"),
    "a bad scan": "Th3 pati3nt c4m3 1n w1th f3v3r and ch1lls y3st3rday. Sh3 w4s s33n by h3r d0ct0r tw1c3.",
    "spaced out": "T h e p a t i e n t f e e l s w e l l t o d a y a g a i n",
    "a rule": "-------------------------",
}
READABLE = {
    "prose": ENGLISH,
    "one word": "Cough.",
    "shouted": "MEDS: LISINOPRIL 20 MG PO DAILY, METFORMIN 1000 MG PO BID, ASPIRIN 81 MG",
    "abbreviations": "58M w/ HTN, DM2, CKD3, s/p CABG x3, p/w SOB & CP x2d. EKG: NSR. Trop neg x2. BNP 900.",
    "a list": "Hypertension\nGlaucoma\nPsoriasis\nHypothyroidism\nGout\nMigraine\nAsthma\nOsteoporosis" * 4,
    "drugs": "1. Levothyroxine 75 mcg p.o. q.h.s.\n2. Meclizine 25 mg p.o. t.i.d. p.r.n.\n3. Xanax 0.5 q.6h.",
    "a table": "| Na | 139 | mmol/L |\n|----|-----|--------|\n| K | 4.1 | mmol/L |\n| Cl | 101 | mmol/L |",
    "figures": "139 4.1 101 24 12 0.9 98",
    "names": "Seen by Dr. Søren Ångström and José Núñez. Follow up with Zoë Müller in the clinic.",
    "an eponym": "History of Sjögren syndrome and Ménière disease, stable on pilocarpine.",
    "gaps": "[**2101-3-4**] Admitted from [**Hospital1**] with pneumonia, seen by [**Doctor Last Name**].",
    "nothing": "",
}


def read(text: str) -> Prose:
    return prose_of(text, sections_of(text))


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_another_language_is_not_read(text: str) -> None:
    prose = read(text)
    assert prose.coverage == 0.0
    assert prose.reason == "it is not in English"


@pytest.mark.parametrize("text", NOISE.values(), ids=NOISE)
def test_noise_is_not_read(text: str) -> None:
    prose = read(text)
    assert prose.coverage == 0.0
    assert prose.reason


@pytest.mark.parametrize("text", READABLE.values(), ids=READABLE)
def test_english_of_every_form_is_read(text: str) -> None:
    assert read(text) == Prose((), 1.0, "")


def test_a_foreign_sheet_costs_only_itself() -> None:
    text = f"HPI: {ENGLISH}\n\nINSTRUCTIONS:\n{SPANISH}\n\nPLAN: Continue aspirin and see her in a week."
    prose = read(text)
    (unread,) = prose.unread
    assert text[unread.start : unread.end].strip() == SPANISH
    assert 0.3 < prose.coverage < 0.6
    assert prose.reason == "a part of it is not in English"


def test_a_foreign_sheet_without_a_heading_costs_only_itself() -> None:
    text = f"{ENGLISH}\n\n{SPANISH}\n\n{ENGLISH}"
    assert [text[s.start : s.end].strip() for s in read(text).unread] == [SPANISH]


def test_both_reasons_are_told() -> None:
    text = f"{ENGLISH}\n\n{FOREIGN['German']}\n\n{LETTERS}"
    assert read(text).reason == "a part of it is not in English and a part is encoded, damaged or no text"


def test_a_short_line_goes_with_what_stands_around_it() -> None:
    text = f"{SPANISH}\n\nTome agua.\n\n{SPANISH}"
    assert read(text).coverage == 0.0


def test_blanking_keeps_every_offset() -> None:
    text = "one two\nthree four"
    assert blanked(text, [Span(4, 13)]) == "one    \n      four"


@pytest.mark.parametrize(
    "piece",
    [LETTERS, NOISE["base64"], ENGLISH, "\n", "a", ": "],
    ids=["letters", "base64", "English", "lines", "one word", "colons"],
)
def test_a_megabyte_is_judged_in_linear_time(piece: str) -> None:
    assert in_proportion(prose_of, piece, 1_000_000)
