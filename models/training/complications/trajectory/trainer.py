"""Trains the trajectory network by a recipe, and asks weights about people whom training held out.

The data folder holds train.bin, val.bin and labels.csv as `histories` reads them. Of the people of val.bin
every second one is for choices (early stopping), the others are for the figures of an evaluation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.complications._trajectory_forecast import risks
from models.complications._trajectory_network import FIRST_DISEASE, MALE, TrajectoryNetwork, network_from
from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.training.complications.catalogue import DataError
from models.training.complications.export import checked_card, write_weights
from models.training.complications.recipe import Recipe, settings_as
from models.training.complications.trajectory.batches import Cutting
from models.training.complications.trajectory.export import by_age_and_sex, files_of, served
from models.training.complications.trajectory.histories import (
    Histories,
    History,
    HistoryError,
    read_histories,
)
from models.training.complications.trajectory.landmarks import (
    YEARS,
    Landmarks,
    drawn_landmarks,
    landmarks_of,
)
from models.training.complications.trajectory.learn import Learning, learn
from models.training.complications.trajectory.measure import Measured, measure
from models.training.complications.trajectory.network import Shape
from models.training.loop import Progress
from models.weights import Manifest, digest_of, load_manifest

RivalKind = Literal["model", "baseline"]

TRAIN, HELD_OUT = "train.bin", "val.bin"
_QUESTIONS = 12
_SEED = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a recipe decides.

    Attributes:
        demonstration: Whether what comes out is for demonstrations only; a site that trains on its own
            histories says false.
        shape, cutting, learning: As `Shape`, `Cutting` and `Learning`, without the number of events.
    """

    demonstration: bool
    shape: dict[str, Any]
    cutting: dict[str, Any]
    learning: dict[str, Any]


class TrajectoryTrainer:
    """See `models.training.complications.catalogue.Trainer`."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """Trains; an interrupted run goes on where it stopped when `out` is the same."""
        settings: Settings = settings_as(Settings, recipe.settings)
        checked_card(recipe)
        known, choices, _ = split(data)
        cutting: Cutting = settings_as(Cutting, settings.cutting)
        learned = learn(
            settings_as(Shape, {**settings.shape, "events": len(known.labels)}),
            cutting,
            settings_as(Learning, settings.learning),
            known.people,
            choices,
            seed=recipe.seed,
            state=out / "run" / "state.pt",
            progress=progress,
        )
        return write_weights(
            out,
            recipe,
            files_of(served(learned.network, known, cutting)),
            {
                "demonstration": settings.demonstration,
                "people": {"trained on": len(known.people), "choices": len(choices)},
                "held out": held_out_hash(data),
                "development loss in nats per event": round(learned.loss, 4),
                "processor seconds": round(learned.seconds),
            },
        )

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """The commonest diseases within 5 years of a birthday drawn at random, and the network's figures."""
        manifest = load_manifest(folder)
        network = network_from(folder, manifest)
        people, caution = people_to_ask(manifest, data, len(network.events))
        marks = landmarks_of(people, network)
        figures = [(name, measure(each, people, marks)) for name, _, each in rivals_of(network)]
        return Evaluation(
            model=manifest.name,
            version=manifest.version,
            digest=digest_of([manifest.files[name] for name in sorted(manifest.files)]),
            data=f"{data.name}/{HELD_OUT}: {len(people)} people whom neither training nor a choice saw",
            questions=questions(network, drawn_landmarks(people, network, _SEED)),
            caution=caution,
            facts=tuple(fact for name, each in figures for fact in facts(name, each)),
        )


TRAINER = TrajectoryTrainer()


def split(data: Path) -> tuple[Histories, list[History], list[History]]:
    """Those to train on, those for choices, those for figures.

    Raises:
        DataError: A file can't be read.
    """
    try:
        known, held_out = (read_histories(data / name) for name in (TRAIN, HELD_OUT))
    except HistoryError as error:
        raise DataError(str(error)) from None
    numbers = {person.number for person in known.people}
    # The file was cut between two rows of one person, who must not count as held out.
    rest = [person for person in held_out.people if person.number not in numbers]
    return known, rest[0::2], rest[1::2]


def people_to_ask(manifest: Manifest, data: Path, events: int) -> tuple[list[History], str]:
    """Of the data that it was trained beside, those for figures; of other data everybody of val.bin."""
    known, choices, figures = split(data)
    if len(known.labels) != events:
        raise DataError("labels.csv: names other events than the weights know")
    same = manifest.details.get("held out") == held_out_hash(data)
    demonstration = manifest.details.get("demonstration", True)
    caution = "Trained on simulated histories: the figures say nothing of patients." if demonstration else ""
    return (figures if same else [*choices, *figures]), caution


def held_out_hash(data: Path) -> str:
    """Tells whether weights were trained beside this held-out file."""
    return hashlib.sha256((data / HELD_OUT).read_bytes()).hexdigest()


def rivals_of(network: TrajectoryNetwork) -> list[tuple[str, RivalKind, TrajectoryNetwork]]:
    """The network and, where it holds them, its curves over age alone: name, kind, network."""
    found: list[tuple[str, RivalKind, TrajectoryNetwork]] = [("trajectory", "model", network)]
    if "curves" in network.arrays:
        found.append(("age and sex", "baseline", by_age_and_sex(network)))
    return found


def questions(network: TrajectoryNetwork, marks: Landmarks) -> tuple[Question, ...]:
    """One for each of the diseases that came most often within the years."""
    free = ~marks.before
    coded = np.array([bool(event.code) for event in network.events])
    cases = (marks.within & free).sum(0) * coded
    asked = [event for event in np.argsort(-cases)[:_QUESTIONS] if event >= FIRST_DISEASE and cases[event]]
    rivals = [(name, kind, risks(each, marks.told, YEARS)[-1]) for name, kind, each in rivals_of(network)]
    sexes = np.where([told.sex == MALE for told in marks.told], "male", "female")
    ages = np.array([f"{told.age:g}" for told in marks.told])
    found = []
    for event in asked:
        rows = free[:, event]
        found.append(
            Question(
                name=f"{network.events[event].name} within {YEARS} years",
                happened=marks.within[rows, event],
                people=marks.people[rows],
                rivals=tuple(
                    Rival(name=name, kind=kind, risks=each[rows, event], is_probability=True)
                    for name, kind, each in rivals
                ),
                subgroups={"sex": sexes[rows], "age": ages[rows]},
            )
        )
    return tuple(found)


def facts(name: str, figures: Measured) -> Sequence[tuple[str, str]]:
    """The figures of one network as rows for a reader."""

    def words(each: tuple[float, float, float], digits: int) -> str:
        return f"{each[0]:.{digits}f} ({each[1]:.{digits}f} to {each[2]:.{digits}f})"

    return (
        (f"{name}: parameters", f"{figures.parameters:,}"),
        (f"{name}: loss of which event, nats", words(figures.which, 3)),
        (f"{name}: loss of how long, nats", words(figures.how_long, 3)),
        (f"{name}: loss in all, nats", words(figures.total, 3)),
        (f"{name}: AUC within age and sex, mean of {len(figures.aucs)} diseases", words(figures.auc_mean, 3)),
        (f"{name}: AUC within age and sex, median", words(figures.auc_median, 3)),
        (f"{name}: processor time of one history's risks", f"{figures.milliseconds:.1f} ms"),
    )
