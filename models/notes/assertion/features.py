"""What the learned part sees of a mention: cues, sections, form, kinds of disease and small words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fhir_adapters.record import Assertion
from models.notes.assertion.evidence import Evidence
from models.notes.assertion.lifelong import lasting_words
from models.notes.assertion.words import DATE, word_set

_NEAR, _FAR = 3, 10
_LISTED = 2  # commas near a mention that make a list
_LONG = 4  # words of a mention that is a description rather than a name
# The only words of the note that are ever a feature: no name, place or rare word can be learned.
_SMALL = word_set(
    "a an the of for with and or in on at to from by as is are was were be been has have had having does"
    " did do will who which that this there she he they her his patient pt known chronic acute new old"
    " recent prior previous past current currently now today history significant positive multiple"
    " including include status post since after before during year years month months week weeks day days"
    " time last also presents presented presenting admitted seen found noted shows showed revealed"
    " continued treated taking underwent unchanged again stable persistent quit former per not no denies"
    " any other secondary due given"
)
_KINDS = {
    "habit": word_set(
        "smoker smokers smoking smokes smoked nonsmoker tobacco cigarette cigarettes cigars alcohol etoh"
        " drinks drinking drinker drug drugs illicit marijuana cocaine heroin ppd substance vaping"
        " caffeine"
    ),
    "allergy": word_set("allergy allergies allergic nkda nka"),
    "operation": word_set(
        "surgery surgeries repair replacement transplant transplantation bypass cabg ectomy amputation"
        " graft hysterectomy cholecystectomy appendectomy tonsillectomy nephrectomy mastectomy colectomy"
        " stent arthroplasty fusion resection pacemaker laparotomy laminectomy splenectomy thyroidectomy"
    ),
    "episodic": word_set(
        "depression anxiety migraine migraines anemia cataract cataracts hernia arthritis thrombocytosis"
        " thrombocytopenia polyps diverticulitis diverticulosis insomnia obesity hemorrhoids"
        " nephrolithiasis cancer carcinoma lymphoma leukemia melanoma ca disks discs incontinence"
        " psychosis ptsd adhd"
    ),
    "event": word_set(
        "mi infarction stroke cva tia dvt dvts pe embolism thrombosis fracture fractures pneumonia seizure"
        " infection infections rhabdomyolysis pancreatitis cellulitis bleed hemorrhage trauma obstruction"
    ),
    "exam": word_set(
        "normal intact clear regular supple soft nontender equal atraumatic unremarkable alert oriented"
        " afebrile stable valve ventricle ventricular atrial aortic wall size regurgitation enlargement"
        " thickness lungs pupils sounds motion effusion opacity nodule nodules lymph bilateral bilaterally"
        " small trace dilated"
    ),
    "complaint": word_set(
        "pain ache fever fevers chills nausea vomiting diarrhea cough shortness dyspnea dizziness weakness"
        " edema headache swelling bleeding fatigue syncope distress rash numbness pressure discomfort"
        " lightheaded"
    ),
    "degree": word_set("mild moderate severe acute worsening exacerbation minimal marked new left right"),
    "persisting": word_set("chronic chronically unchanged persistent longstanding known old"),
}
_HEADINGS = (
    ("pmh", ("past", "medical")),
    ("social", ("social",)),
    ("allergies", ("allergies",)),
    ("present", ("present", "complaint", "chief", "admission")),
    ("request", ("clinical", "patient", "indication", "examination")),
    ("findings", ("findings", "impression", "impressions", "examination", "doppler", "exam")),
    ("diagnosis", ("diagnosis", "diagnoses")),
)


def is_habit(name: Sequence[str]) -> bool:
    """True for words about smoking, drinking and drugs, in lower case."""
    return not _KINDS["habit"].isdisjoint(name)


def features_of(evidence: Evidence, ruled: Assertion) -> list[str]:
    """Names of what is true of a mention, for the time model; each counts once.

    Args:
        evidence: What bears on the mention.
        ruled: What the rules made of it.
    """
    kinds = [f"kind:{kind}" for kind, words in _KINDS.items() if not words.isdisjoint(evidence.name)]
    if lasting_words(evidence.name):
        kinds.append("kind:lasting")
    form = _form(evidence)
    found = {
        f"rule:{ruled.when}",
        f"rule:{ruled.presence}",
        f"section:{evidence.section}",
        *kinds,
        *form,
        *(f"{one}&{kind}" for one in form for kind in kinds),
        *(f"rule:{ruled.presence}&{kind}" for kind in kinds),
        *(f"rule:{ruled.when}&{kind}" for kind in kinds),
        *_cues(evidence),
        *_headings(evidence.before),
        *_small_words(evidence),
    }
    return sorted(found)


def _form(evidence: Evidence) -> list[str]:
    form = ["bare"] if evidence.bare else []
    near = [*evidence.before[-_FAR:], *evidence.after[:_FAR]]
    if near.count(",") >= _LISTED:
        form.append("listed")
    if len(evidence.name) > _LONG:
        form.append("long")
    if not evidence.before and not evidence.bare:
        form.append("first")
    return form


def _cues(evidence: Evidence) -> Iterator[str]:
    for heard in evidence.heard:
        kind = heard.cue.kind
        yield f"cue:{kind.group}"
        if kind.effect == "past":
            yield f"cue:{kind.group}:{'near' if heard.gap <= _NEAR else 'far' if heard.gap > _FAR else 'mid'}"


def _headings(before: Sequence[str]) -> Iterator[str]:
    """What the last heading of the sentence before the mention is about."""
    for place in range(len(before) - 1, -1, -1):
        if before[place] == ":":
            title = before[max(0, place - 4) : place]
            yield from (f"heading:{name}" for name, words in _HEADINGS if any(w in title for w in words))
            return


def _small_words(evidence: Evidence) -> Iterator[str]:
    sides = (("b", evidence.before[::-1]), ("a", evidence.after))
    for side, words in sides:
        for distance, word in enumerate(words[:_FAR]):
            if word in _SMALL or word in (DATE, ",", ":", ".", ";"):
                if distance == 0:
                    yield f"{side}1:{word}"
                if distance < _NEAR:
                    yield f"{side}3:{word}"
                if word in _SMALL:
                    yield f"{side}:{word}"
