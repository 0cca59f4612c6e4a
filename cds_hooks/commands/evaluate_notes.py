"""`cuecard evaluate notes`: how good a note reader is on data with known answers."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from cds_hooks.commands.output import say
from cds_hooks.commands.weights_folders import card_facts, folder_of
from cds_hooks.note_files import notes_of_files
from fhir_adapters.notes import sections_of
from models.evaluation.estimates import EvaluationError
from models.evaluation.notes.as_json import as_json
from models.evaluation.notes.assertions import AssertionEvaluation, evaluate_assertions
from models.evaluation.notes.entities import EntityEvaluation, evaluate_entities
from models.evaluation.notes.report import html_report
from models.evaluation.notes.runners import gold_of, read_assertions, read_entities, types_of
from models.evaluation.notes.subject import Subject, digest_of_documents
from models.evaluation.notes.text_table import assertions_text, entities_text
from models.inference import Engine, load_engine
from models.notes.assertion.learned import WEIGHTS as WEIGHTS_OF_TIME
from models.notes.assertion.learned import digest_of, load_time_model
from models.notes.tokens import NoteTokenizer
from models.training.notes.corpora.document import Document
from models.training.notes.corpora.notes import reader_of_notes
from models.training.notes.corpora.registry import read_corpus
from models.training.notes.tagging import documents_in
from models.weights import MANIFEST, TOKENIZER, Manifest, load_manifest, load_tokenizer, tokenizer_of

_FOLDS = 10
_ASSERTION = "assertion of given mentions: rules, and a learned model of time (the hash is of the latter)"

_Evaluation = EntityEvaluation | AssertionEvaluation


def evaluate(options: Namespace) -> None:
    """Prints the scores, and writes the report where one is asked for.

    Entities are evaluated when a head is named or the data have no assertions, otherwise the assertions.

    Raises:
        EvaluationError: The model, the head, the map or the data do not fit together.
        CorpusError: The data can't be read.
        WeightsError: The weights can't be used.
    """
    labels, reader_options = pairs(options.map, "--map"), values(pairs(options.options, "--options"))
    documents = _documents(options, reader_options)
    asserted = [d for d in documents if any(entity.assertion for entity in d.entities)]
    subject, evaluation = (
        _assertions(options, asserted)
        if asserted and not options.head
        else _entities(options, documents, labels)
    )
    if options.report:
        options.report.write_text(html_report(subject, evaluation), encoding="utf-8")
    if options.json:
        sys.stdout.buffer.write(orjson.dumps(as_json(subject, evaluation), option=orjson.OPT_APPEND_NEWLINE))
    elif isinstance(evaluation, EntityEvaluation):
        say(entities_text(subject, evaluation))
    else:
        say(assertions_text(subject, evaluation))


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """KEY=VALUE arguments as a table. Raises EvaluationError when one has no "=" or a key comes twice."""
    table: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not key or not equals or not value or key in table:
            raise EvaluationError(f"{option}: give each as KEY=VALUE, each key once")
        table[key] = value
    return table


def values(table: Mapping[str, str]) -> dict[str, str | int]:
    """The table with whole numbers as numbers, which is what readers want of columns."""
    return {key: int(text) if text.removeprefix("-").isdecimal() else text for key, text in table.items()}


def _documents(options: Namespace, reader_options: Mapping[str, str | int]) -> list[Document]:
    fhir = {"fhir": reader_of_notes(notes_of_files)}
    documents = read_corpus(options.format, options.data, reader_options, fhir)
    if options.folds:
        if not all(0 <= fold < _FOLDS for fold in options.folds):
            raise EvaluationError(f"--folds: from 0 to {_FOLDS - 1}")
        documents = documents_in(documents, options.folds)
    if not documents:
        raise EvaluationError("there are no documents to evaluate on")
    return documents


def _entities(
    options: Namespace, documents: Sequence[Document], labels: Mapping[str, str]
) -> tuple[Subject, _Evaluation]:
    if not options.model:
        raise EvaluationError("--model: name the model whose entities are evaluated")
    folder = folder_of(options.model)
    engine = load_engine(folder, threads=options.threads)
    head = options.head or _only_head(engine)
    types = types_of(engine, head)
    gold, left_out = gold_of(documents, types, labels)
    manifest = load_manifest(folder) if (folder / MANIFEST).is_file() else None
    cases = read_entities(gold, engine, _tokenizer(folder, manifest), head)
    evaluation = evaluate_entities(list(cases), types)
    subject = _subject(
        options,
        gold,
        model=manifest.name if manifest else folder.name,
        version=manifest.version if manifest else "",
        digest=engine.digest,
        head=head,
        left_out=left_out,
        caution=_seen(options, manifest.details if manifest else {}),
        facts=(*_trained_on(manifest.details if manifest else {}), *card_facts(folder)),
    )
    return subject, evaluation


def _tokenizer(folder: Path, manifest: Manifest | None) -> NoteTokenizer:
    if manifest is not None:
        return load_tokenizer(folder, manifest)
    return tokenizer_of((folder / TOKENIZER).read_bytes())


def _only_head(engine: Engine) -> str:
    heads = sorted(engine.heads)
    if len(heads) != 1:
        raise EvaluationError(f"--head: name one of {', '.join(heads)}")
    return heads[0]


def _assertions(options: Namespace, documents: Sequence[Document]) -> tuple[Subject, _Evaluation]:
    evaluation = evaluate_assertions(list(read_assertions(documents, sections_of)))
    learned = load_time_model()
    source = json.loads(WEIGHTS_OF_TIME.read_text(encoding="utf-8"))["trained_on"]["source"]
    caution = f"time is told by a model that was trained on the {source}; its scores there are not held out."
    subject = _subject(
        options,
        documents,
        model="notes.assertion",
        digest=digest_of(learned.bias, learned.threshold, learned.weights),
        caution=caution if options.format == "negex" else "",
        facts=(("Part of the reader", _ASSERTION), ("Trained on", source)),
    )
    return subject, evaluation


def _subject(options: Namespace, documents: Sequence[Document], **parts: Any) -> Subject:
    chosen = f", tenths {' '.join(map(str, options.folds))}" if options.folds else ""
    return Subject(
        data=f"{options.data.resolve().parent.name}/{options.data.resolve().name}{chosen}",
        format=options.format,
        data_digest=digest_of_documents(documents),
        documents=len(documents),
        characters=sum(len(document.text) for document in documents),
        measured=datetime.now(UTC).date(),
        **parts,
    )


def _trained_on(details: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    corpora = details.get("trained_on", ())
    named = ", ".join(f"{each['corpus']} ({each['licence'] or 'licence not stated'})" for each in corpora)
    return (("Trained on", named),) if named else ()


def _seen(options: Namespace, details: Mapping[str, Any]) -> str:
    """Words of caution when the weights were trained on this file or folder, or on a part of it."""
    place = options.data.resolve().as_posix()
    if not any(place.endswith(f"/{each['corpus']}") for each in details.get("trained_on", ())):
        return ""
    if options.folds:
        return "the model was trained on other tenths of these data, or on these; its recipe says which."
    return "the model was trained on these data; the scores are not held out."
