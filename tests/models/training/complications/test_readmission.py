"""Training of the readmission model: reading, parity with charts, fitting, and its question."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from fhir_adapters.record import Coding, Concept, Condition, Encounter
from models.complications._readmission_stay import FEATURES, features_of
from models.complications.readmission import Readmission, _stay
from models.contract import ClinicalSettings
from models.scoring import ScoreResult
from models.training.card_files import RecipeError
from models.training.complications.boosting import tables_of
from models.training.complications.catalogue import DataError, trainer_of
from models.training.complications.readmission import fitting
from models.training.complications.readmission.columns import of_baselines, of_model
from models.training.complications.readmission.data import FILE, Row, icd9, read_rows
from models.training.complications.readmission.scores import hospital_parts, lace_parts
from models.training.complications.recipe import read_recipe, settings_as
from tests.records import NOW, person, record

DATA = Path(__file__).resolve().parents[5] / "shared/data/diabetes_130us"
RECIPE = Path(fitting.__file__).parent.parent / "recipes/readmission.toml"
WHEN_THERE = pytest.mark.skipif(not (DATA / FILE).exists(), reason="the data set is not beside the checkout")
# An invented stay in the data set's columns.
STAY = {
    "patient_nbr": "7", "race": "?", "gender": "Female", "age": "[70-80)", "discharge_disposition_id": "3",
    "admission_type_id": "1", "admission_source_id": "7", "time_in_hospital": "5", "num_lab_procedures": "41",
    "num_procedures": "0", "num_medications": "12", "number_outpatient": "1", "number_emergency": "2",
    "number_inpatient": "3", "diag_1": "428", "diag_2": "250.6", "diag_3": "?", "number_diagnoses": "9",
    "max_glu_serum": "None", "A1Cresult": ">8", "insulin": "Up", "change": "Ch", "diabetesMed": "Yes",
    "readmitted": "<30",
}  # fmt: skip


class _Silent:
    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None: ...

    def step(self, loss: float) -> None: ...

    def scores(self, scores: Any) -> None: ...


def _written(folder: Path, *rows: dict[str, str], columns: list[str] | None = None) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns or list(STAY), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    (folder / FILE).write_bytes(gzip.compress(text.getvalue().encode()))
    return folder


def _invented(folder: Path, count: int = 600) -> tuple[Row, ...]:
    generator = np.random.default_rng(5)
    rows = []
    for number in range(count):
        stays = int(generator.poisson(0.8))
        returned = generator.random() < 0.1 + 0.12 * min(stays, 5)
        rows.append(
            STAY
            | {
                "patient_nbr": str(number // 2),
                "number_inpatient": str(stays),
                "time_in_hospital": str(1 + number % 14),
                "gender": ("Female", "Male")[number % 2],
                "discharge_disposition_id": ("1", "3", "22", "25")[number % 4],
                "readmitted": "<30" if returned else "NO",
            }
        )
    return read_rows(_written(folder, *rows))


def test_a_row_becomes_a_stay(tmp_path: Path) -> None:
    (row,) = read_rows(_written(tmp_path, STAY))
    assert (row.person, row.returned, row.race) == (7, True, "")
    assert row.stay.groups == {"heart_failure", "complicated_diabetes"}
    assert (row.stay.age, row.stay.sex, row.stay.destination) == (70, "female", "nursing_facility")


@pytest.mark.parametrize(
    "change",
    [{"discharge_disposition_id": code} for code in ("11", "13", "14", "19", "20", "21")]
    + [{"age": "[10-20)"}],
)
def test_deaths_hospice_and_children_are_left_out(tmp_path: Path, change: dict[str, str]) -> None:
    assert len(read_rows(_written(tmp_path, STAY, STAY | change))) == 1


@pytest.mark.parametrize(
    "change", [{"age": "old"}, {"time_in_hospital": "x"}, {"readmitted": "maybe"}, {"patient_nbr": ""}]
)
def test_a_row_that_is_no_stay_is_named_by_its_line_only(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(DataError, match="line 3"):
        read_rows(_written(tmp_path, STAY, STAY | change))


def test_a_missing_column_file_or_compression_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read_rows(tmp_path)
    with pytest.raises(DataError, match="'diag_3'"):
        read_rows(_written(tmp_path, STAY, columns=[name for name in STAY if name != "diag_3"]))
    (tmp_path / FILE).write_bytes(b"not gzip")
    with pytest.raises(DataError, match="can't be read"):
        read_rows(tmp_path)


def test_a_category_stands_for_its_most_frequent_code() -> None:
    assert icd9("599").codings[0].code == "599.0"
    assert icd9("428").codings[0].code == "428"


def _as_chart(row: Row) -> Any:
    """The stay of a row as a chart would hold it."""
    end = NOW - timedelta(hours=1)
    start = end - timedelta(days=row.stay.days)
    code = {"nursing_facility": "snf", "home": "home", "rehabilitation": "rehab"}.get(
        row.stay.destination, ""
    )
    stay = Encounter(
        source="Encounter/s",
        setting="inpatient",
        status="finished",
        start=start,
        end=end,
        discharged_to=Concept((Coding("http://terminology.hl7.org/CodeSystem/discharge-disposition", code),)),
    )
    earlier = [
        Encounter(
            source=f"Encounter/{setting}{number}",
            setting=setting,
            status="finished",
            start=start - timedelta(days=30 + number),
            end=start - timedelta(days=29 + number),
        )
        for setting, count in (
            ("inpatient", row.stay.inpatient),
            ("emergency", row.stay.emergency),
            ("ambulatory", row.stay.outpatient),
        )
        for number in range(count)
    ]
    named = [icd9(row.raw[name]) for name in ("diag_1", "diag_2", "diag_3") if row.raw[name] != "?"]
    others = [Concept((), f"other {number}") for number in range(row.stay.diagnoses - len(named) - 1)]
    conditions = [
        Condition(
            source=f"Condition/{number}",
            concept=concept,
            clinical_status="active",
            recorded=start,
            encounter="Encounter/s" if number < len(named) else "",
        )
        for number, concept in enumerate(
            (*named, *others, Concept((Coding("http://snomed.info/sct", "44054006"),)))
        )
    ]
    return record(
        patient=person(row.stay.age + 5, row.stay.sex), encounters=(stay, *earlier), conditions=conditions
    )


def test_a_row_and_its_chart_have_the_same_features_and_the_same_risk(tmp_path: Path) -> None:
    other = STAY | {
        "gender": "Male",
        "discharge_disposition_id": "1",
        "diag_1": "486",
        "number_inpatient": "0",
    }
    for row in read_rows(_written(tmp_path, STAY, other)):
        result = Readmission().compute(_as_chart(row), ClinicalSettings())
        assert isinstance(result, ScoreResult)
        assert features_of(_stay(result.gathered.inputs)) == features_of(row.stay)


def test_race_is_in_no_column_of_the_model_or_of_a_baseline(tmp_path: Path) -> None:
    white, black = (
        read_rows(_written(tmp_path, STAY | {"race": race})) for race in ("Caucasian", "AfricanAmerican")
    )
    assert {row.race for row in (*white, *black)} == {"Caucasian", "AfricanAmerican"}
    for columns in (of_model, of_baselines):
        one, two = columns(white), columns(black)
        assert one.keys() == two.keys()
        assert all(np.array_equal(one[name], two[name], equal_nan=True) for name in one)


def test_scores_are_computed_from_the_items_that_are_there(tmp_path: Path) -> None:
    rows = read_rows(_written(tmp_path, STAY, STAY | {"num_procedures": "2", "number_inpatient": "6"}))
    # Five days 4, emergency 3, two emergency visits 2, heart failure 2 and complicated diabetes 2: 4 brings
    # 5.
    assert list(lace_parts(rows)) == [4 + 3 + 2 + 5, 4 + 3 + 2 + 5]
    assert list(hospital_parts(rows)) == [1 + 2 + 2, 1 + 1 + 5 + 2]


def _settings(**more: Any) -> fitting.Settings:
    given = {
        "runs": 2, "rounds": 20, "pairs": 3, "learning_rate": 0.1, "least_stays": 20, "shrinkage": 1.0,
        "share_of_features": 1.0, "share_of_stays": 1.0, "rising": ["inpatient"], "threshold_in_hospital":
        0.2, "threshold_at_discharge": 0.2,
    }  # fmt: skip
    settings: fitting.Settings = settings_as(fitting.Settings, given | more)
    return settings


def test_the_average_of_runs_is_the_sum_of_their_tables(tmp_path: Path) -> None:
    rows = _invented(tmp_path)
    columns, returned = of_model(rows), np.array([row.returned for row in rows])
    matrix = np.column_stack([columns[name] for name in FEATURES])
    boosters = [
        lightgbm.train(
            fitting._parameters(FEATURES, _settings(share_of_stays=0.5), seed),
            lightgbm.Dataset(matrix, returned),
            num_boost_round=15,
        )
        for seed in (1, 2)
    ]
    merged = fitting._merged([tables_of(booster.dump_model(), FEATURES) for booster in boosters])
    expected = np.mean([booster.predict(matrix, raw_score=True) for booster in boosters], axis=0)
    assert merged.total(columns) == pytest.approx(expected, abs=1e-9)
    centered = fitting._centered(merged, columns)
    assert centered.total(columns) == pytest.approx(expected, abs=1e-9)
    assert centered.intercept == pytest.approx(expected.mean())


def test_pairs_are_limited_and_what_rises_rises(tmp_path: Path) -> None:
    rows = _invented(tmp_path)
    columns, returned = of_model(rows), np.array([row.returned for row in rows])
    model = fitting.fit(columns, returned, _settings(), 1, _Silent())
    assert sum(len(term.features) == 2 for term in model.terms) <= 3
    base = features_of(rows[0].stay)
    sums = [model.of(base | {"inpatient": float(count)}) for count in range(8)]
    assert sums == sorted(sums)


def test_training_writes_weights_that_answer_and_evaluation_asks_the_held_out(tmp_path: Path) -> None:
    _invented(tmp_path)
    recipe = read_recipe(RECIPE)
    small = {"runs": 1, "rounds": 20, "least_stays": 20}
    recipe = type(recipe)(
        model=recipe.model, version="0", seed=1, sources=recipe.sources,
        settings={**recipe.settings, **small}, card=recipe.card,
    )  # fmt: skip
    trainer = trainer_of("readmission")
    manifest = trainer.train(recipe, tmp_path, tmp_path / "out", _Silent())
    assert manifest.name == "readmission.v0"
    assert set(manifest.details["split"]) == {"by", "train", "development", "held-out"}
    evaluation = trainer.evaluate(tmp_path / "out", tmp_path)
    everybody = evaluation.questions[0]
    assert len(everybody.happened) == manifest.details["split"]["held-out"]
    assert [rival.kind for rival in everybody.rivals[:3]] == ["model", "model", "clinical score"]
    assert set(everybody.subgroups) == {"sex", "age", "race"}
    assert all(len(rival.risks) == len(everybody.happened) for rival in everybody.rivals)


def test_an_unknown_setting_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    recipe = read_recipe(RECIPE)
    odd = type(recipe)(
        model="readmission", version="0", settings={**recipe.settings, "depth": 3}, card=recipe.card
    )
    with pytest.raises(RecipeError, match="depth"):
        trainer_of("readmission").train(odd, tmp_path, tmp_path, _Silent())


@pytest.mark.data
@WHEN_THERE
def test_real_rows_are_read_and_have_the_features_of_their_charts() -> None:
    rows = read_rows(DATA)
    assert len(rows) > 70_000
    assert 0.10 < np.mean([row.returned for row in rows]) < 0.13
    assert {group for row in rows for group in row.stay.groups} >= {"heart_failure", "sepsis", "chest_pain"}
    model = Readmission()
    compared = 0
    for row in rows[:4000:100]:
        result = model.compute(_as_chart(row), ClinicalSettings())
        # A chart that repeats one code twice holds one diagnosis the less; destinations beyond three are not
        # built.
        if (
            isinstance(result, ScoreResult)
            and row.stay.sex
            and row.stay.destination in ("home", "nursing_facility")
        ):
            mine, theirs = features_of(_stay(result.gathered.inputs)), features_of(row.stay)
            assert {k: v for k, v in mine.items() if k != "diagnoses"} == {
                k: v for k, v in theirs.items() if k != "diagnoses"
            }
            compared += 1
    assert compared > 20
