from __future__ import annotations

import re
from collections import Counter

from models.diagnosis.differential.catalogue import catalogue
from models.notes.linking.lexicon import lexicon

TABLE = catalogue()


def test_every_key_and_every_label_is_there_once() -> None:
    for values in ([item.key for item in TABLE.items], [item.label for item in TABLE.items]):
        assert [value for value, count in Counter(values).items() if count > 1] == []
    assert len(TABLE.diseases) == len(TABLE.disease) == 49


def test_every_concept_is_a_name_of_the_vocabulary() -> None:
    names = {concept.name for concept in lexicon().concepts}
    used = {concept for item in TABLE.items for concept in item.concepts}
    used |= {disease.concept for disease in TABLE.diseases if disease.concept}
    assert used - names == set()


def test_a_condition_has_a_code_from_the_vocabulary_or_its_own() -> None:
    coded = {concept.name for concept in lexicon().concepts if concept.codes}
    assert [each.key for each in TABLE.diseases if each.concept not in coded and not each.icd10cm] == []


def test_every_detail_and_every_implication_leads_to_a_finding() -> None:
    for item in TABLE.items:
        assert set(TABLE.followed(item.key)) <= set(TABLE.by_key)


def test_codes_are_those_of_the_release_and_mean_one_place_each() -> None:
    shape = re.compile(r"E_\d+(_@_(V_\d+|\d+))?")
    for code, keys in TABLE.by_code.items():
        assert shape.fullmatch(code)
        assert len(keys) == 1, code


def test_what_must_not_be_missed_is_graded_severe() -> None:
    for disease in TABLE.diseases:
        assert 1 <= disease.severity <= 5
        assert not disease.must_not_miss or disease.severity <= 2
