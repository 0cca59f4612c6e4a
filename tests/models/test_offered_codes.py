"""Every ICD-10-CM code that a card may offer as a Condition, or show as a topic, can be billed today."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from fhir_adapters.record import ICD10CM
from models.diagnosis.rule import Rule
from models.notes.linking.concepts import load_concepts
from models.registry import load_models
from tests.icd10cm import NEWER, NO_LONGER_BILLABLE

REPO = Path(__file__).resolve().parents[2]
TABLE = REPO.parent / "shared/data/terminology/icd10cm-order-Jan-2021.csv.gz"


def offered() -> set[str]:
    """The codes of all rules and of the vocabulary, and those written beside them."""
    load_models()
    ours = [module for name, module in sys.modules.items() if name.startswith("models.diagnosis.")]
    rules = {rule.icd10 for module in ours for value in vars(module).values() for rule in _rules_in(value)}
    noted = {code for concept in load_concepts() for system, code in concept.codes if system == ICD10CM}
    conditions = json.loads((REPO / "models/diagnosis/differential/conditions.json").read_bytes())
    named = {each["icd10cm"] for each in conditions if "icd10cm" in each}
    written = {code for path in (REPO / "models").rglob("*.py") for code in _written(path)}
    return (rules | noted | named | written) - {""}


def _rules_in(value: object) -> Iterator[Rule]:
    """The rules that a module names, alone, in collections or in rows of limits."""
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, dict):
        yield from _rules_in(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _rules_in(each)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from _rules_in([getattr(value, field.name) for field in fields(value)])


def _written(path: Path) -> Iterator[str]:
    """Literals of a keyword `icd10` outside sets of codes, whose members are prefixes, and of Codings."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        values = [word.value for word in node.keywords if word.arg == "icd10" and name != "CodeSet"]
        if name == "Coding" and ast.unparse(node.args[0]) == "ICD10CM":
            values.append(node.args[1])
        for value in values:
            yield from (
                part.value
                for part in ast.walk(value)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )


def test_the_codes_of_all_kinds_are_found() -> None:
    # A rule, rows of both kinds, what replaces a rule's code, the vocabulary, a score and a differential.
    assert offered() >= {"N18.32", "E87.5", "E55.9", "Z79.01", "E11.65", "E43", "R05.9", "I48.91", "B57.2"}
    assert len(offered()) > 1000


def test_no_offered_code_was_divided_or_deleted() -> None:
    assert offered() & NO_LONGER_BILLABLE == set()


@pytest.mark.data
@pytest.mark.skipif(not TABLE.is_file(), reason="the ICD-10-CM code list is not beside the checkout")
def test_every_offered_code_is_billable() -> None:
    with gzip.open(TABLE, "rt", encoding="utf-8") as lines:
        billable = {row["code"] for row in csv.DictReader(lines) if row["billable"] == "1"}
    assert {code for code in offered() - NEWER if code.replace(".", "") not in billable} == set()
