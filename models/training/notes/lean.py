"""How readily a head marks: what is taken from the scores of its marks once training is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.notes.known_names import types_of
from models.training.card_files import RecipeError
from models.training.notes.recipe import Recipe

# Of the manifest: by head and type, what was taken, so that it can be given back.
KEY = "lean"


def lean_of(recipe: Recipe, heads: Mapping[str, Sequence[str]]) -> dict[str, dict[str, float]]:
    """What the recipe takes from each type of each head: the task's own `lean`, else `outside`.

    Raises:
        RecipeError: A task leans on a type that its head has not.
    """
    found = {}
    for task in recipe.tasks:
        if task.name in heads:
            types = types_of(heads[task.name])
            unknown = sorted(set(task.lean) - set(types))
            if unknown:
                raise RecipeError(f"[tasks.lean]: the head '{task.name}' has no type '{unknown[0]}'")
            found[task.name] = {each: task.lean.get(each, recipe.finetune.outside) for each in types}
    return found
