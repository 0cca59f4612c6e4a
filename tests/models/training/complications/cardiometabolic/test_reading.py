from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training.complications.cardiometabolic.landmarks import (
    FIFTHS,
    YEAR,
    fifth_of,
    fold_of,
    is_held_out,
    landmark,
)
from models.training.complications.cardiometabolic.reader import Cohort, fingerprint, read_cohort
from models.training.complications.catalogue import DataError
from tests.models.training.complications.cardiometabolic.cohort_files import EVENTS, PEOPLE, READINGS, write

REPO = Path(__file__).resolve().parents[5]
DATA = REPO.parent / "shared" / "data" / "nafld_cohort"


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    return read_cohort(write(tmp_path))


def test_people_measurements_and_first_events_are_read(cohort: Cohort) -> None:
    assert cohort.ids.tolist() == [1, 2, 3]
    assert np.isnan(cohort.bmi[1])
    assert cohort.readings["hdl_c"].values.tolist() == [30, 40, 90]
    assert cohort.first["af"].tolist() == [np.inf, 400, np.inf]


def test_a_pressure_of_zero_is_no_pressure(cohort: Cohort) -> None:
    assert cohort.readings["sbp"].values.tolist() == [150]


def test_an_infarction_is_coronary_disease(cohort: Cohort) -> None:
    assert cohort.first["coronary_disease"].tolist() == [np.inf, 100, np.inf]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"people": ("id,age", "1,2")}, "nafld1: has no column 'male'"),
        ({"people": (*PEOPLE, PEOPLE[1])}, "nafld1: nobody, or somebody twice"),
        ({"people": (PEOPLE[0], "1,1,,1,90,180,27.8,1,2000,1")}, "nafld1: age, sex"),
        ({"people": (PEOPLE[0], "1,1,60,2,90,180,27.8,1,2000,1")}, "nafld1: age, sex"),
        ({"people": (*PEOPLE, "4,4,60")}, "nafld1: a line is cut off"),
        ({"readings": (*READINGS, "9,1,-3,hdl,high")}, "nafld2: something is no number"),
        ({"readings": (*READINGS, "9,1,-3,hdl,inf")}, "nafld2: something is no finite number"),
        ({"events": (*EVENTS, "9,1,,afib")}, "nafld3: something is no number"),
    ],
)
def test_bad_files_are_refused_by_name_without_a_row_of_theirs(
    tmp_path: Path, broken: dict[str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(DataError, match=words) as refused:
        read_cohort(write(tmp_path, **broken))
    assert "high" not in str(refused.value)


def test_an_absent_or_damaged_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nafld1"):
        read_cohort(tmp_path)
    write(tmp_path)
    (tmp_path / "nafld2.csv.gz").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(DataError, match="nafld2"):
        read_cohort(tmp_path)


def test_who_had_it_by_the_landmark_is_not_asked_even_on_the_day_itself(cohort: Cohort) -> None:
    seen = landmark(cohort)
    assert seen.followed["diabetes"].asked.tolist() == [False, True, True]
    assert seen.columns["diabetes"].tolist() == [1, 0, 0]


def test_a_condition_counts_from_its_own_day_so_no_time_is_lived_by_it_in_advance(cohort: Cohort) -> None:
    before, after = landmark(cohort, 0), landmark(cohort, 401)
    assert before.columns["af"].tolist() == [0, 0, 0]
    assert after.columns["af"].tolist() == [0, 1, 0]
    assert not after.followed["af"].asked[1]


def test_only_people_who_are_still_followed_are_at_a_landmark(cohort: Cohort) -> None:
    assert landmark(cohort, 500).ids.tolist() == [1, 2]


def test_time_runs_from_the_landmark_to_outcome_death_or_the_end(cohort: Cohort) -> None:
    af = landmark(cohort, 100).followed["af"]
    assert (af.years * YEAR).tolist() == pytest.approx([1900, 300, 400])
    assert af.happened.tolist() == [False, True, False]
    assert af.died.tolist() == [True, False, False]
    death = landmark(cohort, 100).followed["death"]
    assert death.happened.tolist() == [True, False, False]
    assert not death.died.any()


def test_the_newest_measurement_of_five_years_before_the_landmark_is_taken(cohort: Cohort) -> None:
    assert landmark(cohort, 0).columns["hdl_c"][0] == 40
    assert landmark(cohort, 10).columns["hdl_c"][0] == 90
    assert np.isnan(landmark(cohort, 1900).columns["hdl_c"][0])


def test_nothing_after_the_landmark_changes_a_feature(tmp_path: Path, cohort: Cohort) -> None:
    later = (*READINGS, "9,1,1,sbp,200", "9,2,5,hdl,20", "9,2,1,fib4,9")
    more = (*EVENTS, "9,1,1,stroke", "9,3,30,heart failure", "9,2,2,htn")
    changed = landmark(read_cohort(write(tmp_path, readings=later, events=more)))
    for name, column in landmark(cohort).columns.items():
        np.testing.assert_array_equal(changed.columns[name], column)


def test_a_measurement_of_the_day_itself_counts(tmp_path: Path) -> None:
    same_day = (*READINGS, "9,2,0,hdl,20")
    assert landmark(read_cohort(write(tmp_path, readings=same_day))).columns["hdl_c"][1] == 20


def test_a_raised_fib4_is_a_yes_and_its_absence_is_not_known(cohort: Cohort) -> None:
    raised = landmark(cohort).columns["fib4_raised"]
    assert raised[2] == 1
    assert np.isnan(raised[:2]).all()


def test_the_split_depends_on_the_person_alone() -> None:
    kept = [is_held_out(person) for person in range(20_000)]
    assert 0.19 < np.mean(kept) < 0.21
    assert kept[:5] == [is_held_out(person) for person in range(5)]
    fifths = np.bincount([fifth_of(person) for person in range(20_000)])
    assert len(fifths) == FIFTHS
    assert fifths.min() > 3_800
    assert fifths[0] == sum(kept)
    folds = np.array([fold_of(person, 5) for person in range(20_000)])
    # The fold says nothing of the split.
    assert abs(np.mean(np.array(kept)[folds == 0]) - 0.2) < 0.02


def test_the_fingerprint_is_that_of_the_people(tmp_path: Path) -> None:
    own = fingerprint(write(tmp_path))
    assert own == fingerprint(write(tmp_path, events=EVENTS[:-1]))
    assert own != fingerprint(write(tmp_path, people=PEOPLE[:-1]))


@pytest.mark.data
def test_the_published_files_are_read_whole() -> None:
    if not DATA.exists():
        pytest.skip("public data sets are not beside the checkout")
    cohort = read_cohort(DATA)
    seen = landmark(cohort)
    assert len(seen.ids) == len(cohort.ids) > 14_000
    assert cohort.age.min() == 18
    # Cases are documented on their index date.
    assert (cohort.first["steatotic_liver"] == 0).sum() > 2_500
    for outcome, followed in seen.followed.items():
        assert followed.years[followed.asked].min() > 0, outcome
        assert followed.happened[followed.asked].sum() > 250, outcome
        assert not (followed.happened & followed.died).any(), outcome


@pytest.mark.data
def test_total_cholesterol_and_diastolic_pressure_of_the_published_file_are_copies_and_stay_unread() -> None:
    if not DATA.exists():
        pytest.skip("public data sets are not beside the checkout")
    from models.training.complications.cardiometabolic import reader

    values: dict[str, dict[tuple[str, str], str]] = {name: {} for name in ("hdl", "chol", "sbp", "dbp")}
    for who, day, test, value in reader._texts(DATA, "nafld2", ("id", "days", "test", "value")):
        if test in values:
            values[test][who, day] = value
    for one, other in (("hdl", "chol"), ("sbp", "dbp")):
        shared = values[one].keys() & values[other].keys()
        assert len(shared) > 25_000
        assert all(values[one][key] == values[other][key] for key in shared)
    assert not {"chol", "dbp", "smoke"} & set(reader.TESTS)
