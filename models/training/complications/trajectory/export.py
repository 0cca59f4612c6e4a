"""A trained network to the files that are served, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import torch
from safetensors.numpy import save

from models.complications._trajectory_network import ARRAYS, TABLES, Event, TrajectoryNetwork, to_table
from models.training.complications.trajectory.batches import Cutting
from models.training.complications.trajectory.histories import Histories, History, code_and_name
from models.training.complications.trajectory.network import Network, Shape


def served(network: Network, histories: Histories, cutting: Cutting) -> TrajectoryNetwork:
    """The network as numpy reads it, with the names of its events and how often training saw them."""
    seen = seen_in(histories.people, len(histories.labels))
    named = [code_and_name(label) for label in histories.labels]
    return TrajectoryNetwork(
        layers=network.shape.layers,
        heads=network.shape.heads,
        context=cutting.context,
        no_event_years=cutting.no_event_years,
        once=network.shape.once,
        events=tuple(
            Event(code=code, name=name, seen=int(count))
            for (code, name), count in zip(named, seen, strict=True)
        ),
        arrays={name: each.detach().cpu().numpy() for name, each in network.state_dict().items()},
    )


def seen_in(people: Sequence[History], events: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """How many people had each event."""
    return np.bincount(np.concatenate([person.events for person in people]), minlength=events)


def files_of(network: TrajectoryNetwork) -> dict[str, bytes]:
    """The content of the weights folder's files, by name."""
    table = json.dumps(to_table(network), ensure_ascii=False, indent=0) + "\n"
    arrays = {name: np.ascontiguousarray(each) for name, each in network.arrays.items()}
    return {ARRAYS: save(arrays), TABLES: table.encode()}


def trainable(network: TrajectoryNetwork) -> Network:
    """The same network in torch, e.g. to measure its losses."""
    arrays = network.arrays
    shape = Shape(
        events=len(network.events),
        layers=network.layers,
        heads=network.heads,
        width=arrays["embedding.weight"].shape[1] if network.layers else network.heads,
        age_curves=arrays["curves"].shape[1] if "curves" in arrays else 0,
        once=network.once,
    )
    found = Network(shape)
    found.load_state_dict({name: torch.from_numpy(each.copy()) for name, each in arrays.items()})
    return found.eval()


def by_age_and_sex(network: TrajectoryNetwork) -> TrajectoryNetwork:
    """The curves of a network alone: what it would say of somebody whose history is not told."""
    return TrajectoryNetwork(
        layers=0,
        heads=1,
        context=network.context,
        no_event_years=network.no_event_years,
        once=network.once,
        events=network.events,
        arrays={"curves": network.arrays["curves"]},
    )
