"""Which diseases last for life, so that having a history of one is having it."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.record import Assertion, MentionType
from models.notes.assertion.words import words_of

# Diseases that are treated and controlled but hardly ever over. Cancers, infections, events (infarction,
# stroke, fracture), mood disorders and anemias are left out: a history of those may well be over.
_LASTING = (
    "hypertension|htn|hypertensive|diabetes|diabetic|dm|dm2|dm1|t2dm|t1dm|iddm|niddm|hyperlipidemia|hld"
    "|dyslipidemia|hypercholesterolemia|hyperlipoproteinemia|coronary artery disease|cad"
    "|ischemic heart disease|heart failure|chf|hfref|hfpef|cardiomyopathy|atrial fibrillation|afib|a fib"
    "|af|atrial flutter|peripheral vascular disease|pvd|peripheral artery disease"
    "|peripheral arterial disease|pad|aortic stenosis|carotid stenosis|aortic aneurysm"
    "|pulmonary hypertension|transposition of the great vessels|transposition of great vessels|copd"
    "|chronic obstructive pulmonary disease|chronic airway obstruction|emphysema|asthma|bronchiectasis"
    "|pulmonary fibrosis|interstitial lung disease|cystic fibrosis|sarcoidosis|sleep apnea|osa"
    "|chronic kidney disease|ckd|chronic renal insufficiency|chronic kidney insufficiency|esrd"
    "|end stage renal disease|end-stage renal disease|polycystic kidney disease|cirrhosis|hemochromatosis"
    "|chronic hepatitis|hepatitis c|crohn's disease|crohns disease|crohn disease|ulcerative colitis"
    "|inflammatory bowel disease|celiac disease|gerd|gastroesophageal reflux disease|hypothyroidism"
    "|hypothyroid|hashimoto's thyroiditis|adrenal insufficiency|addison's disease|acromegaly|hiv|aids"
    "|multiple sclerosis|parkinson's disease|parkinson disease|parkinsonism|dementia|alzheimer's disease"
    "|alzheimer disease|alzheimer's|huntington's disease|epilepsy|seizure disorder|myasthenia gravis"
    "|neuropathy|amyotrophic lateral sclerosis|cerebral palsy|schizophrenia|schizoaffective disorder"
    "|bipolar disorder|bipolar|autism|intellectual disability|down syndrome|rheumatoid arthritis"
    "|osteoarthritis|oa|degenerative joint disease|djd|degenerative disc disease|spinal stenosis"
    "|osteoporosis|gout|lupus|sle|scleroderma|systemic sclerosis|sjogren's syndrome|ankylosing spondylitis"
    "|psoriasis|psoriatic arthritis|fibromyalgia|vitiligo|sickle cell disease|sickle cell anemia"
    "|thalassemia|hemophilia|glaucoma|macular degeneration|benign prostatic hyperplasia|bph"
    "|marfan syndrome|thrombophilia|antiphospholipid antibody syndrome|antiphospholipid syndrome"
    "|factor v leiden"
)
_NOT_LASTING = frozenset(
    ("gestational", "prediabetes", "insipidus", "steroid", "pregnancy", "portal", "acute")
)
_PHRASES = frozenset(tuple(words_of(name, 0, len(name)).lower) for name in _LASTING.split("|"))
_LONGEST = max(map(len, _PHRASES))
_MOST = 400  # characters of a name that are looked at


def lasting(name: str) -> bool:
    """True for the name of a disease that lasts for life ("type 2 diabetes"); False when in doubt.

    Args:
        name: The words of a mention, as written.
    """
    return lasting_words(words_of(name[:_MOST], 0, min(len(name), _MOST)).lower)


def lasting_words(words: Sequence[str]) -> bool:
    """As `lasting`, for words in lower case."""
    if not _NOT_LASTING.isdisjoint(words):
        return False
    return any(
        tuple(words[start:end]) in _PHRASES
        for start in range(len(words))
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1)
    )


def holds_now(assertion: Assertion, type_: MentionType, name: str) -> bool:
    """True when the patient has the thing at the time of the note, as far as the note says.

    That is a present and current mention of the patient's own, or a history of a disease that lasts for
    life: "history of hypertension" is past for ConText and for `Assertion.when`, yet the patient has it.
    What has resolved is absent, so a history that ended never holds.

    Args:
        assertion: What the note says of the mention.
        type_: Its type; only a problem can outlast being past.
        name: Its words, as written.
    """
    if assertion.presence != "present" or assertion.whose != "patient":
        return False
    return assertion.when == "current" or (assertion.when == "past" and type_ == "problem" and lasting(name))
