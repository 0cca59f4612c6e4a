from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.complications._trajectory_network import NO_EVENT
from models.training.complications.trajectory.batches import Batch, Cutting, reading_batches, training_batches
from models.training.complications.trajectory.histories import (
    History,
    HistoryError,
    code_and_name,
    read_histories,
)
from models.training.complications.trajectory.network import Network, Shape, losses, targets
from tests.models.training.complications.trajectory.people import (
    CHOLERA,
    LABELS,
    SALMONELLA,
    TYPHOID,
    YEAR,
    write_files,
)

SHAPE = Shape(events=len(LABELS), layers=2, heads=2, width=8, once=True)


def life(*events: tuple[float, int], number: int = 1) -> History:
    ages, numbers = zip(*events, strict=True)
    return History(number, np.array(ages, np.float32), np.array(numbers))


def batch_of(*people: History, context: int = 20) -> Batch:
    (batch,) = reading_batches(people, Cutting(context=context, no_event_years=200.0), 10)
    return batch


def rates_of(batch: Batch) -> torch.Tensor:
    """Of the place that tells of each target, in order of person and place."""
    torch.manual_seed(1)
    network = Network(SHAPE).eval()
    seen: list[torch.Tensor] = []
    network.register_forward_hook(lambda _network, _given, rates: seen.append(rates.detach()))
    losses(network, batch)
    return seen[0]


def test_the_file_is_read_by_person_in_order_of_age_first_dates_only_events_raised_by_one(
    tmp_path: Path,
) -> None:
    write_files(tmp_path)
    rows = np.array([(7, 900, 13), (7, 0, 1), (7, 950, 13), (9, 0, 2)], "<u4")
    rows.tofile(tmp_path / "some.bin")
    first, second = read_histories(tmp_path / "some.bin").people
    assert (first.number, first.ages.tolist(), first.events.tolist()) == (7, [0, 900], [2, 14])
    assert (second.number, second.events.tolist()) == (9, [3])


@pytest.mark.parametrize("content", [b"", b"123456789012345", np.array([1, 2, 99], "<u4").tobytes()])
def test_a_file_that_is_no_table_of_named_events_is_refused(tmp_path: Path, content: bytes) -> None:
    write_files(tmp_path)
    (tmp_path / "odd.bin").write_bytes(content)
    with pytest.raises(HistoryError, match=r"odd\.bin"):
        read_histories(tmp_path / "odd.bin")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("I10 (essential (primary) hypertension)", ("I10", "essential (primary) hypertension")),
        ("C05 Malignant neoplasm of palate", ("C05", "Malignant neoplasm of palate")),
        ("O01 Hydatidiform mole38", ("O01", "Hydatidiform mole")),
        ("Death", ("", "Death")),
    ],
)
def test_a_label_is_a_category_and_its_words(label: str, expected: tuple[str, str]) -> None:
    assert code_and_name(label) == expected


def test_events_of_one_date_do_not_see_each_other() -> None:
    day = 30.0 * YEAR
    batch = batch_of(life((0, 2), (100, CHOLERA), (day, TYPHOID), (day, SALMONELLA)))
    other = batch_of(life((0, 2), (100, CHOLERA), (day, CHOLERA + 3), (day, SALMONELLA)))
    # The second target of the day is told of as if the first were not known, whichever it was.
    assert torch.equal(rates_of(batch)[-1], rates_of(other)[-1])
    assert torch.equal(rates_of(batch)[-1], rates_of(batch)[-2])
    earlier = batch_of(life((0, 2), (100, CHOLERA), (day - 1, TYPHOID), (day, SALMONELLA)))
    assert not torch.equal(rates_of(batch)[-1], rates_of(earlier)[-1])


def test_later_events_and_other_people_change_nothing() -> None:
    short = life((0, 2), (100, CHOLERA), (5000, TYPHOID))
    long = life((0, 2), (100, CHOLERA), (5000, TYPHOID), (9000, SALMONELLA), (9500, 16), number=2)
    alone = rates_of(batch_of(short))
    assert alone.shape == (3, len(LABELS))  # "no event" comes on the first day
    assert torch.allclose(rates_of(batch_of(short, long))[:3], alone, atol=1e-6)
    assert torch.allclose(rates_of(batch_of(long))[:3], alone, atol=1e-6)


def test_what_was_told_has_no_rate_any_more() -> None:
    rates = rates_of(batch_of(life((0, 2), (100, CHOLERA), (5000, TYPHOID))))
    assert rates[1, CHOLERA] > -torch.inf
    assert rates[2, CHOLERA] == -torch.inf
    assert rates[2, NO_EVENT] > -torch.inf


def test_the_loss_of_a_target_is_that_of_competing_exponential_waits() -> None:
    batch = batch_of(life((0, 2), (100, CHOLERA), (300, TYPHOID)))
    network = Network(Shape(events=len(LABELS), layers=0, heads=1, width=8, age_curves=2)).eval()
    assert network.curves is not None
    network.curves.data.fill_(-5.0)
    each, told = losses(network, batch, diseases_only=True)
    assert told.sum() == 2
    rates = 4 * np.exp(-5.0)  # four diseases compete, death among them
    total = 1 / (1 / rates + 0.1)
    expected = [np.log(4), total * 200.1 - np.log(total)]
    assert each[1].tolist() == pytest.approx(expected, rel=1e-5)


def test_neither_traits_nor_padding_are_targets_and_no_event_only_in_training() -> None:
    cutting = Cutting(context=20, no_event_years=5.0)
    (batch,) = reading_batches([life((0, 2), (10, 5), (9000, CHOLERA))], cutting, 1)
    assert set(batch.next_events[targets(batch)].tolist()) == {NO_EVENT, CHOLERA}
    assert batch.next_events[targets(batch, diseases_only=True)].tolist() == [CHOLERA]


def test_training_batches_repeat_with_their_seed_and_keep_to_the_context() -> None:
    people = [life((0, 2), *((1000.0 * n, CHOLERA + n % 3) for n in range(1, 30)))]
    cutting = Cutting(context=8)
    first, again, other = (training_batches(people, cutting, 3, 2, seed) for seed in (1, 1, 2))
    assert all(torch.equal(a.ages, b.ages) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a.ages, b.ages) for a, b in zip(first, other, strict=True))
    assert {batch.events.shape for batch in first} == {(3, 8)}


def test_in_training_the_age_of_a_trait_moves_and_that_of_a_disease_does_not() -> None:
    people = [life((0, 2), (20000, 5), (21000, CHOLERA))]
    (batch,) = training_batches(people, Cutting(context=40, no_event_years=200.0), 30, 1, 3)
    rows = [
        dict(zip(e, a, strict=True)) for e, a in zip(batch.events.tolist(), batch.ages.tolist(), strict=True)
    ]
    later = zip(batch.next_events.tolist(), batch.next_ages.tolist(), strict=True)
    rows = [{**row, **dict(zip(*pair, strict=True))} for row, pair in zip(rows, later, strict=True)]
    assert {row[CHOLERA] for row in rows} == {21000.0}
    assert len({row[5] for row in rows}) > 10
