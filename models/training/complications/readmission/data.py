"""Reads the stays of "Diabetes 130-US hospitals for years 1999-2008" (UCI, CC BY 4.0).

Strack B et al., Biomed Res Int 2014;2014:781670, doi:10.1155/2014/781670. Each row is a stay of one to
fourteen days of somebody with diabetes; stays that ended in death or hospice are left out, since nobody
returns from them.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fhir_adapters.record import ICD9CM, Coding, Concept
from models.complications._diagnosis_groups import groups_of
from models.complications._readmission_stay import Stay
from models.training.complications.catalogue import DataError

FILE = "diabetic_data.csv.gz"
_COLUMNS = frozenset(
    [
        *("patient_nbr", "race", "gender", "age", "discharge_disposition_id", "time_in_hospital"),
        *("number_inpatient", "number_emergency", "number_outpatient", "number_diagnoses"),
        *("diag_1", "diag_2", "diag_3", "readmitted", "num_medications", "num_lab_procedures"),
        *("num_procedures", "A1Cresult", "max_glu_serum", "insulin", "change", "diabetesMed"),
        *("admission_type_id", "admission_source_id"),
    ]
)
_DIED_OR_HOSPICE = frozenset({"11", "13", "14", "19", "20", "21"})
_ADULT_DECADE = 20
# Dispositions of the data set; what is not in it (not mapped, still a patient) is not known.
_DESTINATIONS: Mapping[str, str] = {
    "1": "home",
    "2": "other_hospital",
    "3": "nursing_facility",
    "4": "nursing_facility",
    "5": "other_hospital",
    "6": "home_care",
    "7": "against_advice",
    "8": "home_care",
    "15": "nursing_facility",
    "22": "rehabilitation",
    "23": "long_term_hospital",
    "24": "nursing_facility",
    "27": "other_hospital",
    "28": "psychiatric",
    "29": "other_hospital",
    "30": "other_hospital",
}
_COMMONEST: Mapping[str, str] = {
    "294": "294.1",  # dementia
    "331": "331.0",  # Alzheimer disease
    "415": "415.19",  # pulmonary embolism
    "518": "518.81",  # respiratory failure
    "599": "599.0",  # urinary tract infection
    "786": "786.50",  # chest pain
    "995": "995.91",  # sepsis
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stay.

    Attributes:
        person: Number of the patient.
        stay: As the model sees it.
        returned: Whether a readmission within 30 days is recorded.
        race: As recorded, for subgroups only; "" where not.
        raw: The row as read, for baselines that use columns which no chart has.
    """

    person: int
    stay: Stay
    returned: bool
    race: str
    raw: Mapping[str, str]


def read_rows(data: Path) -> tuple[Row, ...]:
    """The stays of adults that did not end in death or hospice, in the order of the file.

    Raises:
        DataError: The file is missing, or is not this data set.
    """
    path = data / FILE
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return tuple(_rows(csv.DictReader(file)))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{FILE}: can't be read ({type(error).__name__})") from None


def _rows(reader: csv.DictReader[str]) -> Iterator[Row]:
    missing = sorted(_COLUMNS - set(reader.fieldnames or ()))
    if missing:
        raise DataError(f"{FILE}: has no column '{missing[0]}'")
    for number, raw in enumerate(reader, start=2):
        try:
            decade = int(raw["age"].strip("[)").split("-")[0])
            if raw["discharge_disposition_id"] not in _DIED_OR_HOSPICE and decade >= _ADULT_DECADE:
                yield _row(raw, decade)
        except (ValueError, AttributeError, TypeError):
            raise DataError(f"{FILE}: line {number} holds something other than a stay") from None


def _row(raw: Mapping[str, str], decade: int) -> Row:
    if raw["readmitted"] not in ("<30", ">30", "NO"):
        raise ValueError("unknown outcome")
    return Row(
        person=int(raw["patient_nbr"]),
        stay=_stay(raw, decade),
        returned=raw["readmitted"] == "<30",
        race="" if raw["race"] == "?" else raw["race"],
        raw=raw,
    )


def _stay(raw: Mapping[str, str], decade: int) -> Stay:
    named = (raw[name] for name in ("diag_1", "diag_2", "diag_3"))
    return Stay(
        age=decade,
        sex={"Female": "female", "Male": "male"}.get(raw["gender"], ""),
        days=float(raw["time_in_hospital"]),
        inpatient=int(raw["number_inpatient"]),
        emergency=int(raw["number_emergency"]),
        outpatient=int(raw["number_outpatient"]),
        diagnoses=int(raw["number_diagnoses"]),
        groups=frozenset(name for code in named if code != "?" for name in groups_of(icd9(code))),
        destination=_DESTINATIONS.get(raw["discharge_disposition_id"], ""),
    )


def icd9(code: str) -> Concept:
    """A diagnosis of the data set as a coded concept.

    The data set keeps three digits of every code but those of diabetes; where a category mixes what our
    groups keep apart, it stands for its most frequent code.
    """
    return Concept((Coding(ICD9CM, _COMMONEST.get(code, code)),))
