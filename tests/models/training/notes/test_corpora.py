"""Each format is read as defined, and a malformed file is refused by file and line without its words."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fhir_adapters.record import Note
from models.training.notes.corpora.document import CorpusError, Document, Entity, GoldAssertion
from models.training.notes.corpora.notes import reader_of_notes
from models.training.notes.corpora.registry import read_corpus

SECRET = "zebrafever"


def written(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        stem, _, ending = name.rpartition("_")
        (folder / f"{stem}.{ending}").write_text(content, encoding="utf-8")
    return folder


def marked(document: Document) -> list[tuple[str, str]]:
    return [(document.text[e.start : e.end], e.label) for e in document.entities]


def refused(format_name: str, path: Path, **options: object) -> str:
    with pytest.raises(CorpusError) as caught:
        read_corpus(format_name, path, options)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_entities_are_the_same_by_span_and_label_whatever_is_asserted() -> None:
    absent = Entity(0, 3, "problem", GoldAssertion(presence="absent"))
    assert absent == Entity(0, 3, "problem")
    assert len({absent, Entity(0, 3, "problem")}) == 1
    assert sorted([Entity(0, 4, "a"), absent])[0].assertion == GoldAssertion(presence="absent")


def test_the_repr_of_a_document_shows_no_text() -> None:
    assert SECRET not in repr(Document(key="1", text=SECRET))


def test_iob_joins_tokens_and_begins_a_new_entity_at_each_b_tag(tmp_path: Path) -> None:
    written(tmp_path, a_tsv="No\tO\nold\tB-X\nrash\tI-X\nhives\tB-X\n.\tO\n\nPain\tI-Y\n")
    (document,) = read_corpus("iob", tmp_path / "a.tsv")
    assert document.text == "No old rash hives .\nPain\n"
    assert marked(document) == [("old rash", "X"), ("hives", "X"), ("Pain", "Y")]


def test_iob_refuses_a_tag_that_is_none(tmp_path: Path) -> None:
    written(tmp_path, a_tsv=f"No\tO\n{SECRET}\tX\n")
    assert "a.tsv, line 2" in refused("iob", tmp_path / "a.tsv")


def test_biocreative_joins_title_and_abstract_and_leaves_out_mentions_of_other_abstracts(
    tmp_path: Path,
) -> None:
    written(
        tmp_path,
        abstracts_tsv="7\tStatin rash\tIt faded.\n",
        entities_tsv="7\tT1\tCHEMICAL\t0\t6\tStatin\n7\tT2\tSIGN\t12\t14\tIt\n8\tT1\tSIGN\t0\t2\tNo\n",
    )
    (document,) = read_corpus("biocreative", tmp_path / "abstracts.tsv", {"entities": "entities.tsv"})
    assert (document.key, document.text) == ("7", "Statin rash It faded.")
    assert marked(document) == [("Statin", "CHEMICAL"), ("It", "SIGN")]


@pytest.mark.parametrize(
    ("abstracts", "entities", "where"),
    [
        (f"7\t{SECRET}\n", "", "abstracts.tsv, line 1"),
        ("7\tA\tB\n7\tA\tB\n", "", "abstracts.tsv, line 2"),
        ("7\tA\tB\n", f"7\tT1\tX\t0\t1\t{SECRET}\n", "entities.tsv, line 1"),
        ("7\tA\tB\n", "7\tT1\tX\t0\tone\tA\n", "entities.tsv, line 1"),
    ],
)
def test_biocreative_refuses_what_does_not_fit(
    tmp_path: Path, abstracts: str, entities: str, where: str
) -> None:
    written(tmp_path, abstracts_tsv=abstracts, entities_tsv=entities)
    assert where in refused("biocreative", tmp_path / "abstracts.tsv", entities="entities.tsv")


def test_brat_reads_text_bound_annotations_in_order_of_position(tmp_path: Path) -> None:
    written(
        tmp_path,
        n1_txt="fever, then chills at night",
        n1_ann="T2\tSign 12 18;22 27\tchills night\nT1\tSign 0 5\tfever\nR1\tBefore Arg1:T1 Arg2:T2\n",
    )
    (document,) = read_corpus("brat", tmp_path)
    assert marked(document) == [("fever", "Sign"), ("chills at night", "Sign")]


def test_brat_refuses_an_annotation_outside_its_text(tmp_path: Path) -> None:
    written(tmp_path, n1_txt=SECRET, n1_ann=f"T1\tSign 0 99\t{SECRET}\n")
    assert "n1.ann, line 1" in refused("brat", tmp_path)


def test_brat_refuses_a_text_without_annotations(tmp_path: Path) -> None:
    written(tmp_path, n1_txt=SECRET)
    assert "n1.ann" in refused("brat", tmp_path)


def test_a_table_gives_each_text_of_a_column_once(tmp_path: Path) -> None:
    written(tmp_path, t_csv='id,note\n1,"a, b"\n2,c\n3,"a, b"\n')
    documents = read_corpus("table", tmp_path / "t.csv", {"column": "note"})
    assert [document.text for document in documents] == ["a, b", "c"]


def test_a_table_without_the_column_is_refused(tmp_path: Path) -> None:
    written(tmp_path, t_csv="id,note\n1,a\n")
    assert "no column 'text'" in refused("table", tmp_path / "t.csv", column="text")


PUBTATOR = (
    "17|t|Aspirin and rash\n17|a|A rash | came after aspirin.\n17\t0\t7\tAspirin\tT109,T121\tC1\n"
    "17\t12\t16\trash\tT184\tC2\n17\t19\t23\trash\tT184\tC2\n17\tCID\tC1\tC2\n\n18|t|No abstract\n18|a|\n"
)


@pytest.mark.parametrize("packed", [False, True])
def test_pubtator_counts_offsets_over_title_break_and_abstract(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("c.txt.gz" if packed else "c.txt")
    path.write_bytes(gzip.compress(PUBTATOR.encode()) if packed else PUBTATOR.encode())
    first, second = read_corpus("pubtator", path)
    assert first.text == "Aspirin and rash\nA rash | came after aspirin."
    assert marked(first) == [("Aspirin", "T109"), ("Aspirin", "T121"), ("rash", "T184"), ("rash", "T184")]
    assert (second.key, second.text, second.entities) == ("18", "No abstract\n", ())


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (f"1|t|{SECRET}\n1\t0\t99\t{SECRET}\tT1\n", 2),
        (f"1|t|{SECRET}\n1\t0\t5\tother\tT1\n", 2),
        (f"1|t|{SECRET}\n1\t0\t5\n", 2),
        (f"1|t|{SECRET}\n1\t0\tx\tzebra\tT1\n", 2),
        (f"1|t|{SECRET}\n2\t0\t5\tzebra\tT1\n", 2),
        (f"1|t|{SECRET}\n2|a|{SECRET}\n", 2),
        (f"1\t0\t5\t{SECRET}\tT1\n", 1),
        (f"1|t|{SECRET}\n2|t|b\n1|t|{SECRET}\n", 3),
    ],
    ids=["outside", "other-words", "columns", "number", "other-id", "other-abstract", "no-title", "twice"],
)
def test_pubtator_refuses_what_is_malformed(tmp_path: Path, content: str, line: int) -> None:
    (tmp_path / "c.txt").write_text(content)
    assert f"c.txt, line {line}:" in refused("pubtator", tmp_path / "c.txt")


def test_i2b2_reads_concepts_and_their_assertions_from_separate_folders(tmp_path: Path) -> None:
    for name in ("txt", "concept", "ast"):
        (tmp_path / name).mkdir()
    written(tmp_path / "txt", r1_txt='Admitted .\nNo  chest pain , mother had "sugar" .\nAn EKG was done .\n')
    written(
        tmp_path / "concept",
        r1_con='c="chest pain" 2:1 2:2||t="problem"\nc="an ekg" 3:0 3:1||t="test"\n'
        'c=""sugar"" 2:6 2:6||t="problem"\n',
    )
    written(
        tmp_path / "ast",
        r1_ast='c="chest pain" 2:1 2:2||t="problem"||a="absent"\n'
        'c=""sugar"" 2:6 2:6||t="problem"||a="associated_with_someone_else"\n',
    )
    (document,) = read_corpus("i2b2", tmp_path)
    assert marked(document) == [("chest pain", "problem"), ('"sugar"', "problem"), ("An EKG", "test")]
    assert [entity.assertion for entity in document.entities] == [
        GoldAssertion(presence="absent", whose="patient"),
        GoldAssertion(whose="family"),
        None,
    ]


def test_i2b2_tells_a_hypothetical_problem_from_one_that_comes_at_times(tmp_path: Path) -> None:
    written(
        tmp_path,
        r_txt="call if fever ; dyspnea on stairs",
        r_ast='c="fever" 1:2 1:2||t="problem"||a="hypothetical"\n'
        'c="dyspnea" 1:4 1:4||t="problem"||a="conditional"\n',
    )
    (document,) = read_corpus("i2b2", tmp_path)
    assert [e.assertion.presence for e in document.entities if e.assertion] == ["conditional", "present"]


@pytest.mark.parametrize(
    "line",
    [
        f'c="{SECRET}" 1:0||t="problem"',
        f'c="{SECRET}" 9:0 9:0||t="problem"',
        f'c="{SECRET}" 0:0 0:0||t="problem"',
        'c="other" 1:0 1:0||t="problem"',
        f'c="{SECRET}" 1:0 1:0||t="problem"||a="perhaps"',
    ],
    ids=["form", "outside", "line-zero", "other-words", "assertion"],
)
def test_i2b2_refuses_what_is_malformed(tmp_path: Path, line: str) -> None:
    written(tmp_path, r_txt=f"{SECRET} .\n", r_con=f"\n{line}\n")
    assert "r.con, line 2:" in refused("i2b2", tmp_path)


def test_i2b2_refuses_a_text_without_concepts_and_assertions(tmp_path: Path) -> None:
    written(tmp_path, r_txt=SECRET)
    assert "neither r.con nor r.ast" in refused("i2b2", tmp_path)


def test_negex_marks_the_condition_in_its_own_writing_with_what_is_asserted(tmp_path: Path) -> None:
    written(
        tmp_path,
        s_tsv="1\tankle pain\tThere is no ANKLE PAIN today.\tNegated\tRecent\tPatient\n"
        "2\tgout\tHe had GOUT.\tAffirmed\tHistorical\tPatient\n"
        "3\tstroke\tHis mother may have had STROKE.\tPossible\tNot particular\tFamily member\n",
    )
    documents = read_corpus("negex", tmp_path / "s.tsv")
    assert documents[0].text == "There is no ankle pain today."
    assert [marked(document)[0] for document in documents] == [
        ("ankle pain", "condition"),
        ("gout", "condition"),
        ("stroke", "condition"),
    ]
    assert [document.entities[0].assertion for document in documents] == [
        GoldAssertion(presence="absent", when="current", whose="patient"),
        GoldAssertion(presence="present", when="past", whose="patient"),
        GoldAssertion(presence="possible", when="current", whose="family"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"1\tgout\t{SECRET}\tAffirmed\tRecent\tPatient",
        f"1\t{SECRET}\t{SECRET}\tPerhaps\tRecent\tPatient",
        f"1\t{SECRET}\t{SECRET}\tNegated\tRecent",
    ],
    ids=["not-in-sentence", "value", "columns"],
)
def test_negex_refuses_what_is_malformed(tmp_path: Path, line: str) -> None:
    written(tmp_path, s_tsv=f"1\tgout\tGOUT.\tAffirmed\tRecent\tPatient\n{line}\n")
    assert "s.tsv, line 2:" in refused("negex", tmp_path / "s.tsv")


def test_notes_become_documents_with_each_text_once_and_a_key_of_their_own(tmp_path: Path) -> None:
    notes = [
        Note(source=f"D/{n}", text=text, at=None) for n, text in ((1, "a"), (2, "a "), (1, "b"), (3, " "))
    ]
    documents = read_corpus("fhir", tmp_path, more={"fhir": reader_of_notes(lambda _: notes)})
    assert [(document.key, document.text) for document in documents] == [("D/1", "a"), ("D/1-2", "b")]


def test_an_unknown_format_names_those_there_are(tmp_path: Path) -> None:
    assert "brat, i2b2, iob, negex, pubtator, table" in refused("conll2003", tmp_path)


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    assert "options" in refused("brat", tmp_path, tag=2)


def test_a_missing_file_is_named_without_its_folder(tmp_path: Path) -> None:
    message = refused("iob", tmp_path / "none.tsv")
    assert "none.tsv" in message
    assert str(tmp_path) not in message


def test_a_broken_gzip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tsv.gz").write_bytes(gzip.compress(b"a\tO\n" * 999)[:20])
    assert "a.tsv.gz" in refused("iob", tmp_path / "a.tsv.gz")
