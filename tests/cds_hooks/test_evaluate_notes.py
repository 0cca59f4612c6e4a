"""`cuecard evaluate notes` from a corpus on disk to tables, JSON and a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from cds_hooks.cli import main
from cds_hooks.commands import evaluate_notes
from models.inference import EncodedWindow, Scores
from models.notes.known_names import KnownNames

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "took", "aspirin", "zinc", "salve", "and", ".")


class WordEngine:
    """Marks aspirin and zinc as drugs by their ids, and zinc as a metal in another head."""

    digest = "ef" * 32
    names: Mapping[str, KnownNames] = {}
    heads: Mapping[str, tuple[str, ...]] = {
        "toy": ("O", "B-drug", "I-drug"),
        "metals": ("O", "B-metal", "I-metal"),
    }

    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        return [self._read(window) for window in windows]

    def _read(self, window: EncodedWindow) -> Scores:
        logits = {}
        for head, words in (("toy", ("aspirin", "zinc")), ("metals", ("zinc",))):
            known = np.isin(window.ids, [WORDS.index(word) for word in words])
            logits[head] = np.zeros((len(window), 3), dtype=np.float32)
            logits[head][known, 1] = 9.0
            logits[head][~known, 0] = 9.0
        return logits


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer()
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    monkeypatch.setattr(evaluate_notes, "load_engine", lambda *_, **__: WordEngine())
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = ("Took O", "aspirin B-Med", "and O", "zinc B-Med", "salve I-Med", ". O", "", "Aspirin B-Med", "")
    path = tmp_path / "small.tsv"
    path.write_text("\n".join(row.replace(" ", "\t") for row in rows))
    return path


def entities(weights: Path, corpus: Path, *more: str) -> list[str]:
    model = ["--model", str(weights), "--head", "toy", "--map", "Med=drug"]
    return ["evaluate", "notes", "--data", str(corpus), "--format", "iob", *model, *more]


def wrong(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(arguments)
    said = capsys.readouterr()
    assert not said.out
    return code, said.err


def test_entities_are_scored_by_the_characters_of_the_corpus(
    weights: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*entities(weights, corpus), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    micro = told["entities"]["strict"]["micro"]
    assert (micro["right"], micro["predicted"], micro["gold"]) == (2, 3, 3)
    assert told["entities"]["partial"]["micro"]["right"] == 3
    assert told["subject"]["digest"] == WordEngine.digest
    assert told["subject"]["head"] == "toy"


def test_the_table_is_printed_and_the_page_written(
    weights: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert main([*entities(weights, corpus), "--report", str(page)]) == 0
    assert "Strict: same start, end and type" in capsys.readouterr().out
    assert "<mark>zinc</mark>" in page.read_text(encoding="utf-8")


def test_assertions_of_negex_lines_are_scored_without_a_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.tsv"
    path.write_text(
        "1\tankle pain\tThe patient denies ANKLE PAIN.\tNegated\tRecent\tPatient\n"
        "2\tankle pain\tThe patient has ANKLE PAIN.\tAffirmed\tRecent\tPatient\n"
    )
    assert main(["evaluate", "notes", "--data", str(path), "--format", "negex", "--json"]) == 0
    axes = json.loads(capsys.readouterr().out)["assertions"]["axes"]
    assert {axis["axis"]: axis["table"]["micro"]["right"] for axis in axes} == {
        "presence": 2,
        "when": 2,
        "whose": 2,
    }


def test_only_the_documents_of_the_named_tenths_are_evaluated(
    weights: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = []
    for fold in range(10):
        if main([*entities(weights, corpus), "--json", "--folds", str(fold)]) == 0:
            counts.append(json.loads(capsys.readouterr().out)["subject"]["documents"])
    assert counts == [1]


@pytest.mark.parametrize(("trained_on", "warns"), [("small.tsv", True), ("all.tsv", False)])
def test_scores_on_data_that_the_model_was_trained_on_are_said_to_be_such(
    weights: Path, corpus: Path, trained_on: str, warns: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = (weights / "tokenizer.json").read_bytes()
    manifest = {
        "name": "small.v1",
        "version": "1",
        "files": {"tokenizer.json": hashlib.sha256(tokenizer).hexdigest()},
        "heads": {"toy": WordEngine.heads["toy"]},
        "max_positions": 512,
        "word_shapes": False,
        "trained_on": [{"corpus": f"{corpus.parent.name}/{trained_on}", "licence": ""}],
    }
    (weights / "manifest.json").write_text(json.dumps(manifest))
    assert main(entities(weights, corpus)) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("small.v1 1 ")
    assert ("Beware: the model was trained on these data" in printed) == warns


def test_sentences_that_the_model_of_time_learned_from_are_said_to_be_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.tsv"
    path.write_text("1\tgout\tHe has GOUT.\tAffirmed\tRecent\tPatient\n")
    assert main(["evaluate", "notes", "--data", str(path), "--format", "negex"]) == 0
    assert "Beware: time is told by a model that was trained on" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--head", "anatomy"], "metals, toy"),
        (["--map", "Med=device"], "no type 'device'"),
        (["--map", "Drug=drug"], "labels here: Med"),
        (["--map", "Med"], "KEY=VALUE"),
        (["--model", "nowhere"], "no such folder"),
        (["--model", ""], "--model"),
        (["--head", ""], "--head: name one of metals, toy"),
        (["--folds", "10"], "from 0 to 9"),
        (["--report", "no/such/folder/page.html"], "--report"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(
    weights: Path, corpus: Path, changes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = wrong(entities(weights, corpus, *changes), capsys)
    assert code == 2
    assert words in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--format", "conll"], "brat, fhir, i2b2, iob"),
        (["--data", "none.tsv"], "none.tsv"),
        (["--options", "tag=7"], "line 1"),
    ],
)
def test_data_that_cannot_be_read_are_explained(
    weights: Path, corpus: Path, changes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = wrong(entities(weights, corpus, *changes), capsys)
    assert code == 1
    assert words in said
