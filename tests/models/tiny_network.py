"""A network of a few thousand weights with its tokenizer: what engines are tested with, made in a moment."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel

from models.notes.tokens import SHAPES
from models.training.notes.export import export, export_float32
from models.training.notes.network import NoteNetwork, bio_labels
from models.weights import MANIFEST, MODEL, MODEL_DATA, TOKENIZER

HEADS = {"clinical": bio_labels(["problem", "test"]), "ncbi": bio_labels(["Disease"])}
_TEXT = "the patient has chest pain fever cough and no denies of aspirin mg ekg 81 . , : ( ) x y z"
_WORDS = _TEXT.split()
_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_tokenizer(folder: Path) -> Path:
    """Writes a small word-piece tokenizer with letters, so that every word has pieces."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    pieces = [*_SPECIALS, *_WORDS, *(x for x in letters if x not in _WORDS), *(f"##{x}" for x in letters)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(_SPECIALS)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / TOKENIZER))
    return folder


def tiny_config(**settings: object) -> BertConfig:
    """Two layers of 32."""
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    return BertConfig(**{"vocab_size": 128, "type_vocab_size": len(SHAPES), **sizes, **settings})


def tiny_network() -> NoteNetwork:
    """Random weights, large enough that the answers differ from token to token."""
    torch.manual_seed(5)
    network = NoteNetwork(BertModel(tiny_config(), add_pooling_layer=False), HEADS)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 2:
                parameter.mul_(6)
    return network.eval()


def write_weights(folder: Path, *, float32: bool = False) -> Path:
    """A weights folder; with `float32` the served model is not quantized."""
    network = tiny_network()
    source = write_tokenizer(folder / "backbone")
    out = folder / "weights"
    export(network, source, out, {"name": "notes", "version": "test"})
    if float32:
        export_float32(network, out / MODEL)
        table = json.loads((out / MANIFEST).read_text())
        for name in (MODEL, MODEL_DATA):
            table["files"][name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
        (out / MANIFEST).write_text(json.dumps(table))
    return out


def tiny_encoder(folder: Path) -> Path:
    """A checkpoint of an encoder with random weights, to train from."""
    torch.manual_seed(5)
    BertModel(tiny_config(type_vocab_size=2), add_pooling_layer=False).save_pretrained(folder)
    return folder
