from __future__ import annotations

from dataclasses import replace

import pytest

from models.contract import ClinicalModel
from models.model_card import ModelCard
from models.registry import ModelRegistry, RegistryError, load_models


@pytest.fixture(scope="module")
def models() -> ModelRegistry:
    return load_models()


def _first(models: ModelRegistry) -> ClinicalModel:
    return models.get(models.names()[0])


def test_every_shipped_model_is_found(models: ModelRegistry) -> None:
    scores = {
        "aki_kdigo.v1", "charlson.v1", "child_pugh.v1", "ckdepi.v1", "curb65.v1", "fib4.v1", "findrisc.v1",
        "four_ts.v1", "gad7.v1", "grace.v1", "has_bled.v1", "hospital.v1", "kdigo_grid.v1", "kfre.v1",
        "khorana.v1", "lace.v1", "meld3.v1", "news2.v1", "padua.v1", "pce_2013.v1", "perc.v1", "phq9.v1",
        "prevent.v1", "qsofa.v1", "recode.v1", "score2.v1", "sirs.v1", "sofa.v1", "stroke_af.v1", "timi.v1",
        "wells_dvt.v1", "wells_pe.v1", "cockcroft_gault.v1",
    }  # fmt: skip
    criteria = {
        "diabetes.v1", "kidney.v1", "hypertension.v1", "potassium.v1", "anemia.v1", "thyroid.v1", "lipids.v1",
        "blood_counts.v1", "electrolytes.v1", "hyperthyroidism.v1", "mood.v1", "organs.v1", "treated.v1",
        "vitamins.v1",
        "metabolic.v1", "serology.v1", "acid_base.v1", "fractures.v1", "gestational.v1", "heart.v1",
        "heparin.v1", "liver.v1", "metabolic_syndrome.v1", "nutrition.v1", "rhythm.v1", "sepsis_signs.v1",
    }  # fmt: skip
    orders = {
        "anticoagulant_dose.v1", "drug_allergy.v1", "drug_bleeding.v1", "drug_kidney.v1", "drug_potassium.v1",
        "duplicate_therapy.v1", "order_identity.v1",
    }  # fmt: skip
    learned = {"cardiometabolic.v2", "differential.v1", "readmission.v1", "sepsis.v3", "trajectory.v1"}
    assert set(models.names()) == scores | criteria | orders | learned | {"note_problems.v1"}


def test_a_name_can_be_taken_once_only_and_the_error_names_both_files(models: ModelRegistry) -> None:
    registry = ModelRegistry()
    registry.add(_first(models), "first.py")
    with pytest.raises(RegistryError, match=r"second\.py.*first\.py"):
        registry.add(_first(models), "second.py")


def test_a_blank_in_a_model_card_is_refused_by_name(models: ModelRegistry) -> None:
    card: ModelCard = replace(_first(models).card, known_risks="  ")
    with pytest.raises(ValueError, match="known_risks"):
        card.check("some.v1")


def test_an_object_that_is_no_model_is_refused() -> None:
    with pytest.raises(RegistryError, match=r"odd\.py"):
        ModelRegistry().add(object(), "odd.py")  # type: ignore[arg-type]


def test_an_unknown_name_is_answered_with_the_known_ones(models: ModelRegistry) -> None:
    with pytest.raises(RegistryError, match=r"prevent\.v1"):
        models.get("nothing.v1")
