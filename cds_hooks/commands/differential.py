"""`cuecard differential`: the differential of a note or a sentence, in the terminal or as JSON."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import replace
from typing import Any

import orjson

from cds_hooks.commands.output import say, width
from cds_hooks.reading import weights_folder, why_off
from cds_hooks.reading.differential import rendered
from cds_hooks.reading.files import note_of, note_of_path
from cds_hooks.settings import NoteSettings, SettingsError
from models.diagnosis.differential.answer import Answer, answer_of, gaps_of
from models.diagnosis.differential.model import Candidate, Findings, Weight
from models.diagnosis.differential.recognition import said_age_and_sex, sightings_in, states_of, unrecognized
from models.notes.loading import load_reader
from models.weights import WeightsError

# Conditions in JSON: the rest together is rarely worth a look.
_LISTED = 10


def run(options: Namespace) -> None:
    """Reads a file or standard input and prints the differential.

    Raises:
        SettingsError: There is no note reader.
        NoteFileError, OSError: The file can't be read.
        WeightsError: The differential's weights can't be used.
    """
    note = note_of_path(options.file) if options.file else note_of(sys.stdin.buffer, "standard input")
    folder = weights_folder(NoteSettings())
    if folder is None:
        raise SettingsError((f"notes can't be read: {why_off(NoteSettings())}",))
    try:
        mentions = load_reader(folder).read(note).mentions
    except WeightsError as error:
        raise SettingsError((f"the note reader: {error}",)) from None
    sightings = sightings_in(note, mentions)
    states = states_of(sightings)
    age, sex = said_age_and_sex(note.text)
    findings = Findings(
        present=frozenset(key for key, state in states.items() if state == "present"),
        absent=frozenset(key for key, state in states.items() if state == "absent"),
        age=age if options.age is None else options.age,
        sex=options.sex or sex,
    )
    answer = replace(
        answer_of(findings),
        sightings=sightings,
        not_understood=tuple(
            " ".join(note.text[mention.start : mention.end].split())
            for mention in unrecognized(mentions, sightings)
        ),
    )
    if options.json:
        say(orjson.dumps(_tree(answer), option=orjson.OPT_INDENT_2).decode())
    else:
        say(rendered(answer, width()))


def _tree(answer: Answer) -> dict[str, Any]:
    known = answer.differential.findings
    return {
        "age": known.age,
        "sex": known.sex,
        "present": sorted(known.present),
        "absent": sorted(known.absent),
        "not_understood": list(answer.not_understood),
        "thin": answer.thin,
        "not_considered": list(gaps_of(known.present)),
        "differential": [_candidate(each) for each in answer.differential.candidates[:_LISTED]],
        "ask": [
            {
                "finding": each.item.key,
                "label": each.item.label,
                "bits": round(each.bits, 4),
                "for": each.for_disease,
            }
            for each in answer.questions
        ],
        "model": answer.model,
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "condition": candidate.disease.label,
        "probability": round(candidate.probability, 4),
        "must_not_miss": candidate.disease.must_not_miss,
        "severity": candidate.disease.severity,
        "start": round(candidate.start, 3),
        "weights": [_weight(each) for each in candidate.weights],
    }


def _weight(weight: Weight) -> dict[str, Any]:
    return {
        "finding": weight.key,
        "label": weight.label,
        "state": weight.state,
        "log_odds": round(weight.log_odds, 3),
    }
