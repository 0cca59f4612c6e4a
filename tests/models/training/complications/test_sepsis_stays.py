"""Reading hourly files, and counting alarms; figures on real stays where the public data are at hand."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.complications._sepsis_features import HOURS, SIGNALS
from models.complications.sepsis import Sepsis
from models.evaluation.complications.calibration import expit
from models.evaluation.estimates import Resampling
from models.training.complications.catalogue import DataError, trainer_of
from models.training.complications.sepsis import rivals
from models.training.complications.sepsis.alarms import alarms, figures
from models.training.complications.sepsis.fitting import VERSIONS, direction, thinned
from models.training.complications.sepsis.hours import hours_of
from models.training.complications.sepsis.stays import ARCHIVE, Stay, read_stays

SIGNS = ["HR", "O2Sat", "Temp", "SBP", "DBP", "Resp"]
RESULTS = ["FiO2", "pH", "PaCO2", "AST", "BUN", "Alkalinephos", "Calcium", "Creatinine", "Glucose", "Lactate"]
RESULTS += ["Magnesium", "Phosphate", "Potassium", "Bilirubin_total", "TroponinI", "Hgb", "WBC", "Platelets"]
COLUMNS = [*SIGNS, *RESULTS, "Age", "Gender", "HospAdmTime", "ICULOS", "SepsisLabel"]


def _rows(*hours: Mapping[str, object]) -> str:
    lines = ["|".join(COLUMNS)]
    for number, hour in enumerate(hours, start=1):
        told = {"Age": 60, "Gender": 1, "HospAdmTime": -3.5, "ICULOS": number, "SepsisLabel": 0, **hour}
        lines.append("|".join(str(told.get(name, "NaN")) for name in COLUMNS))
    return "\n".join(lines) + "\n"


def _folder(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.psv").write_text(text)
    return folder


def test_columns_become_signals_in_the_units_of_the_analytes(tmp_path: Path) -> None:
    hour = {"HR": 88, "FiO2": 0.4, "Calcium": 1.1, "Hgb": 9.5, "SBP": 999, "Temp": 37.2}
    (stay,) = read_stays(_folder(tmp_path, p1=_rows(hour, {})))
    first = dict(zip(SIGNALS, stay.hours[0], strict=True))
    assert (first["heart_rate"], first["fio2"], first["hemoglobin"]) == (88, 40, 9.5)
    # An ionized calcium in mmol/L under the total one, and a pressure that nobody has, are not known.
    assert np.isnan([first["calcium"], first["sbp"], first["lactate"]]).all()
    assert stay.icu_hours.tolist() == [1, 2]
    assert stay.hours_before_icu.tolist() == [3.5, 3.5]


def test_the_onset_is_six_hours_after_the_label_begins(tmp_path: Path) -> None:
    septic = _rows({}, {}, {"SepsisLabel": 1}, {"SepsisLabel": 1})
    first, second = read_stays(_folder(tmp_path, p2=_rows({}), p1=septic))
    assert (first.person, first.onset, second.onset) == ("p1", 8, None)


def test_an_archive_is_read_like_the_files_in_it(tmp_path: Path) -> None:
    text = _rows({"HR": 70}).encode()
    with tarfile.open(tmp_path / ARCHIVE, "w:xz") as archive:
        entry = tarfile.TarInfo("training/p7.psv")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    (stay,) = read_stays(tmp_path)
    assert (stay.person, stay.hours[0, 0]) == ("p7", 70)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no rows"),
        ("HR|O2Sat\n1|2\n", "has no column"),
        (_rows({"HR": "fast"}), "is not numbers"),
        (_rows({}) + "1|2\n", "is not numbers"),
        (_rows({}, {"ICULOS": 4}), "do not follow"),
        (_rows({"SepsisLabel": 2}), "neither 0 nor 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=rf"p9\.psv.*{words}"):
        read_stays(_folder(tmp_path, p9=text))


def test_an_empty_folder_and_a_broken_archive_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=ARCHIVE):
        read_stays(tmp_path)
    (tmp_path / ARCHIVE).write_bytes(b"no archive")
    with pytest.raises(DataError, match=ARCHIVE):
        read_stays(tmp_path)


def test_after_an_alarm_there_is_silence() -> None:
    risks = np.array([0.1, 0.9, 0.9, np.nan, 0.9, 0.1, 0.5])
    assert alarms(risks, 0.5, 2) == [1, 4]
    assert alarms(risks, 0.5, 12) == [1]
    assert alarms(risks, 0.95, 2) == []


def _stay(hours: int, onset: int | None) -> Stay:
    return Stay(person="p", hours=np.zeros((hours, len(SIGNALS))), columns={}, onset=onset)


def test_alarms_are_true_in_the_half_day_before_the_onset() -> None:
    early, quiet = np.zeros(48), np.zeros(24)
    early[[10, 34, 45]] = 1.0  # false; true, 6 hours before; after the onset
    quiet[5] = 1.0
    found = figures([_stay(48, 40), _stay(24, None)], [early, quiet], 0.5, 0, Resampling(draws=50))
    assert found["sensitivity"].value == 1
    assert found["median_lead_hours"].value == 6
    assert found["false_alarms_per_day"].value == pytest.approx(2 / 3)
    assert found["true_share"].value == pytest.approx(1 / 3)
    assert found["alarmed_without_sepsis"].value == 1


def test_directions_follow_medicine_and_leave_changes_free() -> None:
    assert direction("lactate.max") == direction("shock_index.mean24") == direction("temperature.max24") == 1
    assert direction("spo2.min24") == direction("ph_arterial.min") == -1
    assert direction("bun.change") == direction("heart_rate.spread12") == direction("icu_hours") == 0
    assert direction("temperature.min12") == direction("wbc.last") == direction("age") == 0


@pytest.mark.parametrize("version", ["icu", "ward"])
def test_the_shipped_trees_follow_the_directions_whatever_else_is_known(version: str) -> None:
    model, generator = Sepsis()._models[version], np.random.default_rng(5)
    known = {
        name: generator.choice(np.append(cuts, np.nan), (30, 1))
        for name, cuts in zip(model.features, model.cuts, strict=True)
    }
    directed = [place for place, name in enumerate(model.features) if direction(name)]
    assert len(directed) > 20
    for place in directed:
        name, values = model.features[place], np.append(model.cuts[place], np.inf)
        columns = {each: np.repeat(column, len(values), axis=1).ravel() for each, column in known.items()}
        totals = model.total({**columns, name: np.tile(values, 30)}).reshape(30, -1)
        assert (np.diff(totals, axis=1) * direction(name) > -1e-9).all(), name


def test_the_ward_version_reads_nothing_that_describes_care() -> None:
    care = set(VERSIONS["icu"]) - set(VERSIONS["ward"])
    assert {
        "icu_hours",
        "hours_before_icu",
        "hospital_hours",
        "laboratory_values.count24",
        "pco2.age",
    } <= care
    assert set(VERSIONS["ward"]) <= set(VERSIONS["icu"])


def test_rivals_read_the_last_known_values(tmp_path: Path) -> None:
    sick = {"HR": 120, "O2Sat": 90, "Temp": 39.2, "SBP": 88, "DBP": 40, "Resp": 26, "WBC": 15, "FiO2": 0.5}
    hours = hours_of(read_stays(_folder(tmp_path, p1=_rows({}, sick, {}))))
    assert rivals.partial_news2(hours).tolist() == [0, 15, 15]
    assert rivals.sirs(hours).tolist() == [0, 4, 4]
    assert rivals.partial_qsofa(hours).tolist() == [0, 2, 2]
    assert hours.answered.tolist() == [False, True, True]


def test_quiet_stays_are_thinned_and_weighed_septic_ones_kept(tmp_path: Path) -> None:
    septic = _rows(*({"SepsisLabel": 1} for _ in range(8)))
    hours = hours_of(read_stays(_folder(tmp_path, p1=septic, p2=_rows(*({} for _ in range(8))))))
    rows, weights = thinned(hours, np.arange(16), 4)
    assert rows[:8].tolist() == list(range(8))
    assert weights.tolist() == [1.0] * 8 + [4.0] * 2


def test_the_training_set_is_told_by_the_id(tmp_path: Path) -> None:
    files = {"p000008": _rows({}, {}), "p100008": _rows({})}
    hours = hours_of(read_stays(_folder(tmp_path, **files)))
    assert [stay.training_set for stay in hours.stays] == ["A", "B"]
    assert hours.of_set("A").tolist() == [True, True, False]


def test_the_catalogue_finds_the_trainer() -> None:
    assert trainer_of("sepsis.v3") is trainer_of("sepsis")


DATA = Path(__file__).resolve().parents[4] / "../shared/data/sepsis_2019"


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")
def test_on_real_stays_the_served_model_ranks_better_than_scores_and_agrees_with_training() -> None:
    evaluation = trainer_of("sepsis").evaluate(Path("models/weights/sepsis"), DATA)
    (question,) = evaluation.questions
    told = {rival.name: rival.risks for rival in question.rivals}
    spoke = ~np.isnan(told["sepsis.v3"])
    auroc = {name: roc_auc_score(question.happened[spoke], risks[spoke]) for name, risks in told.items()}
    assert auroc["sepsis.v3"] > 0.83
    assert auroc["sepsis.v3"] > auroc["unconstrained boosting"] - 0.02
    assert auroc["sepsis.v3, ward version"] > max(
        auroc[name] for name in auroc if "partial" in name or name == "SIRS"
    )


def _a_septic_stay(folder: Path) -> Stay:
    """The first of the public stays with sepsis that is longer than two days."""
    with tarfile.open(DATA / ARCHIVE) as archive:
        for member in archive:
            file = archive.extractfile(member)
            text = file.read().decode() if file is not None else ""
            if text.count("\n") > 50 and text.rstrip().endswith("|1"):
                (folder / Path(member.name).name).write_text(text)
                (stay,) = read_stays(folder)
                return stay
    raise AssertionError("the archive has none")


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")
@pytest.mark.parametrize("version", ["icu", "ward"])
def test_a_real_stay_is_told_alike_from_its_file_and_as_inputs_and_adds_up(
    tmp_path: Path, version: str
) -> None:
    stay = _a_septic_stay(tmp_path)
    hours = hours_of([stay])
    model = Sepsis()._models[version]
    row = int(np.flatnonzero(hours.answered)[-1])
    told = expit(model.total(hours.features))[row]
    hourly = stay.hours[: row + 1][-HOURS:]
    inputs: dict[str, Any] = {
        signal: [None if np.isnan(value) else float(value) for value in column]
        for signal, column in zip(SIGNALS, hourly.T, strict=True)
    }
    inputs["age"] = float(stay.columns["Age"][row])
    if version == "icu":
        inputs["icu_hours"] = float(stay.icu_hours[row])
        inputs["hours_before_icu"] = float(stay.hours_before_icu[row])
    assert Sepsis().calculate(inputs) == {"sepsis_6h": pytest.approx(told), "version": version}
    found = model.contributions({name: float(column[row]) for name, column in hours.features.items()})
    assert expit(np.array(model.intercept + sum(found.values()))) == pytest.approx(told)
    assert sum(map(abs, found.values())) > 0.1
