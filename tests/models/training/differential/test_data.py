from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from models.training.complications.catalogue import DataError
from models.training.differential.data import (
    file_of,
    held_out_rows,
    read_patients,
    read_possible,
    read_translated,
)
from tests.models.training.differential.simulated import write

HEAD = "AGE,SEX,PATHOLOGY,EVIDENCES\n"


def written(folder: Path, text: str, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_both_layouts_and_gzip_are_read(tmp_path: Path) -> None:
    release = written(tmp_path, HEAD + "31,F,Pneumonia,\"['E_91', 'E_56_@_5']\"\n")
    part = written(tmp_path, "age,sex,diagnosis,features\n31,F,Pneumonia,\"['E_91', 'E_56_@_5']\"\n", "q.csv")
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(release.read_bytes()))
    (patient,) = read_patients(release)
    assert (patient.age, patient.sex, patient.disease) == (31, "female", "Pneumonia")
    assert patient.codes == ("E_91", "E_56_@_5")
    assert read_patients(part) == read_patients(packed) == (patient,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AGE,SEX\n1,F\n", "has no columns"),
        (HEAD + "old,F,Pneumonia,\"['E_91']\"\n", r"p\.csv, line 2"),
        (HEAD + "31,X,Pneumonia,\"['E_91']\"\n", r"p\.csv, line 2"),
        (HEAD + "31,F,Pneumonia,__import__('os').getcwd()\n", r"p\.csv, line 2"),
        (HEAD + "31,F,Pneumonia,[]\n", r"p\.csv, line 2"),
    ],
)
def test_a_wrong_row_is_named_and_never_shown(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as raised:
        read_patients(written(tmp_path, text))
    assert "Pneumonia" not in str(raised.value)


def test_rows_in_french_codes_are_translated_by_the_words_of_both_code_books(tmp_path: Path) -> None:
    write(tmp_path)
    path = written(tmp_path, HEAD + "31,M,fr Pneumonia,\"['fievre', 'trav1_@_ouest']\"\n")
    (patient,) = read_translated(path, tmp_path)
    assert (patient.disease, patient.codes) == ("Pneumonia", ("E_91", "E_204_@_V_1"))
    unknown = written(tmp_path, HEAD + "31,M,fr Pneumonia,\"['toux']\"\n")
    with pytest.raises(DataError, match="in none of the code books"):
        read_translated(unknown, tmp_path)


def test_what_is_absent_or_no_json_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"patients_en\.csv\.gz"):
        file_of(tmp_path)
    with pytest.raises(DataError, match=r"release_conditions\.json: can't be read"):
        read_possible(tmp_path)
    written(tmp_path, "[", "release_conditions.json")
    with pytest.raises(DataError, match="is not JSON"):
        read_possible(tmp_path)


def test_the_same_patients_are_held_out_every_time() -> None:
    rows = held_out_rows(100, 0.2, 7)
    assert rows == held_out_rows(100, 0.2, 7)
    assert rows != held_out_rows(100, 0.2, 8)
    assert len(rows) == 20
