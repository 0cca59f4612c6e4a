"""`cuecard models`: what each model is, for a safety officer."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from dataclasses import fields

from cds_hooks.commands.output import say, width
from models.contract import ClinicalModel
from models.registry import load_models


def run(options: Namespace) -> None:
    """Lists the models, or prints the card of one. Raises RegistryError when there is none of the name."""
    registry = load_models()
    if options.name:
        say(_card(registry.get(options.name)))
    else:
        say("\n".join(_line(model) for model in registry.select(registry.names())))


def _line(model: ClinicalModel) -> str:
    head = f"{model.name}  version {model.stamp.version}  {model.stamp.digest[:12]}"
    return f"{head}\n{_indented(model.card.intended_use)}"


def _card(model: ClinicalModel) -> str:
    parts = ((item.name, getattr(model.card, item.name)) for item in fields(model.card))
    return "\n".join(f"{name.replace('_', ' ').capitalize()}\n{_indented(text)}" for name, text in parts)


def _indented(text: str) -> str:
    return textwrap.fill(text, width(), initial_indent="    ", subsequent_indent="    ")
