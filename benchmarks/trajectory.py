"""Trajectory networks side by side: parameters, losses, AUC within age and sex, time of one history.

    python benchmarks/trajectory.py --data DELPHI_SIM --weights shipped=models/weights/trajectory

Trains nothing. DELPHI_SIM holds train.bin, val.bin and labels.csv. Each folder is what `cuecard train
complications` wrote; of a run that has not ended, its best checkpoint so far is taken with `--checkpoint
NAME=RECIPE.toml,FOLDER/run/state.best.pt`. All are asked about the same people: those of val.bin whom neither
training nor a choice saw. "age and sex" is the curves over age of the first network that has them. The last
two lines are processor time: of the risks within 1 to 5 years in numpy, and of one history's losses in torch.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch  # noqa: E402

from models.complications._trajectory_network import TrajectoryNetwork, network_from  # noqa: E402
from models.training.complications.recipe import read_recipe, settings_as  # noqa: E402
from models.training.complications.trajectory.batches import Cutting, reading_batches  # noqa: E402
from models.training.complications.trajectory.export import by_age_and_sex, served, trainable  # noqa: E402
from models.training.complications.trajectory.histories import History  # noqa: E402
from models.training.complications.trajectory.landmarks import landmarks_of  # noqa: E402
from models.training.complications.trajectory.measure import Measured, measure  # noqa: E402
from models.training.complications.trajectory.network import Network, Shape, losses  # noqa: E402
from models.training.complications.trajectory.trainer import Settings, split  # noqa: E402
from models.weights import load_manifest  # noqa: E402

ROUNDS = 30


def checkpoint(recipe_path: Path, state: Path, data: Path) -> TrajectoryNetwork:
    """The network of a checkpoint in a run's folder, by the recipe of the run."""
    settings: Settings = settings_as(Settings, read_recipe(recipe_path).settings)
    known, _, _ = split(data)
    network = Network(settings_as(Shape, {**settings.shape, "events": len(known.labels)}))
    network.load_state_dict(torch.load(state, map_location="cpu", weights_only=True))
    return served(network, known, settings_as(Cutting, settings.cutting))


def torch_milliseconds(network: TrajectoryNetwork, people: list[History]) -> float:
    """Processor time of torch for the losses of one person's history, the median over some people."""
    model = trainable(network)
    cutting = Cutting(context=network.context, no_event_years=network.no_event_years)
    taken = []
    with torch.inference_mode():
        for batch in reading_batches(people[:ROUNDS], cutting, 1):
            begun = time.process_time()
            losses(model, batch, diseases_only=True)
            taken.append(time.process_time() - begun)
    return statistics.median(taken) * 1000


def rows(names: list[str], found: list[Measured], torch_ms: list[float]) -> Iterator[tuple[str, ...]]:
    """The table, line by line."""
    yield ("", *names)
    yield ("parameters", *(f"{each.parameters:,}" for each in found))
    for label, key in (("which event", "which"), ("how long", "how_long"), ("loss, nats", "total")):
        yield (label, *(_interval(getattr(each, key)) for each in found))
    yield ("AUC, mean", *(_interval(each.auc_mean) for each in found))
    yield ("AUC, median", *(_interval(each.auc_median) for each in found))
    yield ("diseases", *(str(len(each.aucs)) for each in found))
    yield ("risks of one, ms", *(f"{each.milliseconds:.1f}" for each in found))
    yield ("torch, one, ms", *(f"{each:.1f}" for each in torch_ms))


def _interval(values: tuple[float, float, float]) -> str:
    return f"{values[0]:.3f} ({values[1]:.3f}-{values[2]:.3f})"


def _named(text: str) -> tuple[str, str]:
    name, _, rest = text.partition("=")
    return name, rest


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", nargs="*", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--checkpoint", nargs="*", default=[], metavar="NAME=RECIPE,STATE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    networks: dict[str, TrajectoryNetwork] = {}
    for name, folder in map(_named, options.weights):
        networks[name] = network_from(Path(folder), load_manifest(Path(folder)))
    for name, paths in map(_named, options.checkpoint):
        recipe, _, state = paths.partition(",")
        networks[name] = checkpoint(Path(recipe), Path(state), options.data)
    with_curves = next((each for each in networks.values() if "curves" in each.arrays), None)
    if with_curves is not None:
        networks["age and sex"] = by_age_and_sex(with_curves)
    _, _, people = split(options.data)
    marks = landmarks_of(people, next(iter(networks.values())))
    sys.stdout.write(f"{len(people)} people, {len(marks.told)} of them and their landmark ages\n")
    found, torch_ms = [], []
    for network in networks.values():
        found.append(measure(network, people, marks))
        torch_ms.append(torch_milliseconds(network, people))
    for row in rows(list(networks), found, torch_ms):
        sys.stdout.write("".join(f"{cell:<26}" for cell in row).rstrip() + "\n")


if __name__ == "__main__":
    main()
