"""`cuecard models`: what each model is, for a safety officer."""

from __future__ import annotations

import textwrap
from argparse import Namespace
from dataclasses import fields

from cds_hooks.commands.output import say, width
from cds_hooks.reading import weights_folder, why_off
from cds_hooks.settings import NoteSettings
from models.contract import ClinicalModel
from models.registry import load_models
from models.weights import MODEL, load_manifest


def run(options: Namespace) -> None:
    """Lists the models, or prints the card of one. Raises RegistryError when there is none of the name."""
    registry = load_models()
    if options.name:
        say(_card(registry.get(options.name)))
    else:
        lines = [_line(model) for model in registry.select(registry.names())]
        say("\n".join((*lines, _note_reader())))


def _line(model: ClinicalModel) -> str:
    head = f"{model.name}  version {model.stamp.version}  {model.stamp.digest[:12]}"
    return f"{head}\n{_indented(model.card.intended_use)}"


def _note_reader() -> str:
    settings = NoteSettings()
    folder = weights_folder(settings)
    if folder is None:
        return f"note reader\n{_indented(f'Off: {why_off(settings)}.')}"
    manifest = load_manifest(folder)
    head = f"{manifest.name}  version {manifest.version}  {manifest.files.get(MODEL, '')[:12]}"
    return f"{head}\n{_indented('Reads notes: what they mention, whether it is so, when, and whose it is.')}"


def _card(model: ClinicalModel) -> str:
    parts = ((item.name, getattr(model.card, item.name)) for item in fields(model.card))
    return "\n".join(f"{name.replace('_', ' ').capitalize()}\n{_indented(text)}" for name, text in parts)


def _indented(text: str) -> str:
    return textwrap.fill(text, width(), initial_indent="    ", subsequent_indent="    ")
