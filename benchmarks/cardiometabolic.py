"""The cardiometabolic risks and an ordinary Cox model, with everybody held out once.

    python benchmarks/cardiometabolic.py --data NAFLD_COHORT

The folder holds nafld1, nafld2 and nafld3. The people are dealt into fifths by the hash that also decides
whom the shipped weights never saw (the first fifth). Each fifth is told its risks by models that were
fitted to the four others with the settings of the recipe, whose penalties were chosen on the people of the
last four. Concordance is the mean over the fifths, with the standard error of that mean; so is that of the
rival, and the difference. Calibration is that of all people together, with 95 % of the draws.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from models.complications._additive import Float  # noqa: E402
from models.complications._cardiometabolic_inputs import HORIZONS, OUTCOMES  # noqa: E402
from models.training.complications.cardiometabolic import plain  # noqa: E402
from models.training.complications.cardiometabolic.evaluate import Case, cases_of  # noqa: E402
from models.training.complications.cardiometabolic.landmarks import (  # noqa: E402
    FIFTHS,
    Followed,
    Landmark,
    fifth_of,
    landmark,
)
from models.training.complications.cardiometabolic.measures import calibration, concordance  # noqa: E402
from models.training.complications.cardiometabolic.reader import read_cohort  # noqa: E402
from models.training.complications.cardiometabolic.train import Settings, hazards_of  # noqa: E402
from models.training.complications.recipe import read_recipe, settings_as  # noqa: E402

RECIPE = HERE.parent / "models/training/complications/recipes/cardiometabolic.toml"


def held_out_once(seen: Landmark, settings: Settings, seed: int) -> list[tuple[Case, ...]]:
    """The cases of each fifth of the people, told by models that were fitted without it."""
    fifth = np.array([fifth_of(int(person)) for person in seen.ids])
    parts = []
    for number in range(FIFTHS):
        print(f"fifth {number + 1} of {FIFTHS}", file=sys.stderr, flush=True)
        dealt = replace(seen, held_out=fifth == number)
        rivals = {f"plain.{each.key}": plain.fitted(dealt, each.key) for each in OUTCOMES}
        parts.append(cases_of(dealt, dealt.held_out, hazards_of(dealt, settings, seed), rivals))
    return parts


def ranked(cases: Sequence[Case]) -> tuple[Float, Float]:
    """Concordance of the model and of the ordinary Cox model in each fifth."""
    ours, theirs = [], []
    for case in cases:
        once = np.ones((1, len(case.ids)))
        ours.append(concordance(case.followed, case.model[:, 0], once)[0])
        theirs.append(concordance(case.followed, case.plain, once)[0])
    return np.array(ours), np.array(theirs)


def together(cases: Sequence[Case]) -> tuple[Followed, Float]:
    """All fifths as one: what happened, and the absolute risks that were told, shape (people, horizons)."""
    parts = [case.followed for case in cases]
    followed = Followed(
        asked=np.concatenate([part.asked for part in parts]),
        happened=np.concatenate([part.happened for part in parts]),
        died=np.concatenate([part.died for part in parts]),
        years=np.concatenate([part.years for part in parts]),
    )
    return followed, np.concatenate([case.model for case in cases])


def _mean(values: Float) -> str:
    return f"{values.mean():6.3f} ({values.std(ddof=1) / np.sqrt(len(values)):.3f})"


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=400)
    options = parser.parse_args()
    recipe = read_recipe(RECIPE)
    settings: Settings = settings_as(Settings, recipe.settings)
    seen = landmark(read_cohort(options.data))
    parts = held_out_once(seen, settings, recipe.seed)
    print(f"{'':22}{'people':>7}{'events':>8}  concordance     plain Cox       difference")
    by_outcome = list(zip(*parts, strict=True))
    for cases in by_outcome:
        ours, theirs = ranked(cases)
        people = sum(len(case.ids) for case in cases)
        events = sum(int(case.followed.happened.sum()) for case in cases)
        row = f"{cases[0].outcome.words:22}{people:7}{events:8}"
        print(f"{row}  {_mean(ours)}  {_mean(theirs)}  {_mean(ours - theirs)}")
    print(f"\n{'':22}years  observed to expected    slope")
    for cases in by_outcome:
        followed, told = together(cases)
        people = len(told)
        drawn = np.random.default_rng(recipe.seed).multinomial(
            people, np.full(people, 1 / people), size=options.draws
        )
        counts = np.concatenate([np.ones((1, people)), drawn])
        for number, horizon in enumerate(HORIZONS):
            found = calibration(followed, told[:, number], counts, horizon)
            shown = [
                f"{each['value']:5.2f} ({each['low']:.2f}-{each['high']:.2f})"
                for each in (found["happened_to_told"], found["slope"])
            ]
            print(f"{cases[0].outcome.words:22}{horizon:5}  {shown[0]:22}  {shown[1]}")


if __name__ == "__main__":
    main()
