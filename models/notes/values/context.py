"""The words around a test that say whether a number is its result, and which of several."""

from __future__ import annotations

from collections.abc import Sequence

from models.notes.values.lexer import Token
from models.notes.values.words import words

# Between a test and its value these change nothing.
FILLERS = words(
    """
    is was were are be been being has had have of at to in on the a an his her its their patient's with
    level levels value values reading readings result results count measured measuring measures measurement
    found noted obtained recorded reported documented checked taken showing showed shows shown demonstrated
    demonstrates revealed reveals estimated estimates estimate calculated computed approximately approx
    about around roughly nearly almost only just currently current now today today's tonight initially
    initial repeat repeated rechecked recheck again still also then up down back came come comes returned
    went goes increased decreased elevated high low normal stable mild mildly slightly moderately severely
    significantly markedly reduced depressed preserved improved improving worsened rising dropped fell rose
    risen falling climbed running runs ran ranging ranged ranges range between peaked average averaging
    averages averaged this morning afternoon evening yesterday last most recent recently night admission
    discharge arrival presentation triage rest room air ra regular irregular unlabored labored nonlabored
    even oral orally tympanic rectal rectally axillary temporal left right arm sitting standing supine lying
    seated resting by echo echocardiogram echocardiography muga visual visually globally overall that which
    it and as per day date january february march april may june july august september october november
    december jan feb mar apr jun jul aug sep sept oct nov dec serum plasma venous arterial random total
    fasting nonfasting he she remains remained stays holding good degrees equals equal stayed unchanged
    quite dramatically rapidly gradually performed drawn done acidotic concentration while when monitor
    nasal cannula o2 oxygen liters liter l ventilation mask some somewhere upper lower very fairly well mean
    bedside via later subsequently followed coming trended trending latest office clinic hospital emergency
    department er ed home here our my rate score scale afebrile maximum minimum max min peak t p r h lv
    left-ventricular function systolic borderline
    """
)
MARKS = frozenset(
    {
        ":",
        "=",
        "-",
        "–",
        "—",
        "~",
        "(",
        ")",
        "[",
        "]",
        "|",
        "*",
        "…",
        "→",
        "->",
        "-->",
        "\\",
        "/",
        "#",
        "≈",
        "%",
    }
)
ARROWS = frozenset({"->", "-->", "--->", "→", "=>", ">>"})
# The next number is what it was.
_BEFORE = words(
    """
    baseline previous previously prior from old usual preop preoperative preoperatively admitted
    """
)
# What a team wants, fears, or calls normal is not what it measured.
_WANTED = words(
    """
    goal goals target targets targeted keep keeping maintain aim aiming titrate
    titrated titrating titration parameters notify unless until threshold thresholds cutoff criteria
    criterion limit optimal desired reference ref if should would could must hold whenever ideal
    recommended recommend recommendations contact
    """
)
_INSTRUCTIONS = words(
    """
    call notify return contact report for any develop develops fever prn n when greater will until
    """
)
_REFERENCE = words(
    """
    normal ref reference range nl wnl baseline prior previous previously goal target from was last normals
    nml upper
    """
)
_CHANGES = words(
    """
    up down increased decreased gained lost dropped drop rose fell by gain loss another extra additional
    every
    """
)
_AFTER_WANTED = frozenset({"goal", "target", "desired", "ideal"})
_LATER = words(
    """
    now currently today subsequently later repeat repeated recheck rechecked recent discharge improved
    improving increased decreased rose risen fell dropped trended trending down up came back returned then
    followed latest
    """
)
_NOW = frozenset({"now", "currently", "today", "repeat", "recheck", "rechecked"})
_OLDER = words(
    """
    from baseline previous previously prior last was yesterday admission initially initial ago before
    earlier
    """
)
_BODY_FLUIDS = words(
    """
    urine urinalysis ua csf cerebrospinal pleural ascitic ascites synovial peritoneal dipstick lp
    paracentesis thoracentesis spinal sputum stool drain dialysate effusion urinary lumbar joint bile semen
    sweat fluid amniotic
    """
)
_BLOOD = words(
    """
    serum blood plasma chemistry chemistries chem cbc cmp bmp labs electrolytes hematology laboratory output
    lfts
    """
)
_CELLS = frozenset({"cell", "cells"})
_DOSING = words(
    """
    daily bid tid qid qd qhs qam prn po iv sq tab tabs tablet tablets capsule capsules drip bolus infusion
    supplementation supplement supplements replacement orally nightly twice weekly monthly
    """
)
_LOOK_BACK = 9
_VESSELS = words(
    """
    artery pulmonary pa rv ventricle ventricular atrial atrium aortic aorta wedge venous vein cava
    """
)
_ELSEWHERE = {
    "lvef": frozenset({"rv", "right", "gallbladder", "hida", "cck", "gall", "biliary"}),
    "sbp": _VESSELS,
    "dbp": _VESSELS,
    "spo2": _VESSELS,
    "igg": frozenset(
        {"cardiolipin", "anticardiolipin", "phospholipid", "antibody", "antibodies", "iv", "anti"}
    ),
    "heart_rate": frozenset({"fetal", "paced", "pacing", "fetus"}),
    "weight": frozenset(
        {"fetal", "specimen", "placenta", "uterus", "spleen", "tumor", "lift", "lifting", "birth"}
    ),
}


def wanted_before(tokens: Sequence[Token], name: int, *, compared: bool) -> bool:
    """True when words before a test say that its number is a goal, a limit or a condition.

    Args:
        tokens: Of the sentence.
        name: Index of the test's first word.
        compared: The number has a comparator, as in "call for temp > 101".
    """
    for index in range(name - 1, max(-1, name - _LOOK_BACK), -1):
        words = tokens[index].words
        if words in {";", "|"} or (words in {".", ":"} and index < name - 1):
            return False
        if words in _WANTED and not (words == "contact" and not compared):
            return True
        if compared and words in _INSTRUCTIONS:
            return True
        if words == "normal" and tokens[min(index + 1, len(tokens) - 1)].words in {
            "range",
            "ranges",
            "values",
        }:
            return True
    return False


def wanted_after(tokens: Sequence[Token], index: int) -> bool:
    """True when the words behind a number make it a goal or a threshold."""
    words = [token.words for token in tokens[index : index + 5]]
    if any(word in _AFTER_WANTED for word in words[:4]) and not any(word in {".", ";"} for word in words[:2]):
        return not (words[0] in {",", "("} and words[1:2] not in (["goal"], ["target"], ["which"]))
    return (
        words[:1] == ["or"]
        and words[1:2] != []
        and words[1]
        in {
            "below",
            "less",
            "greater",
            "higher",
            "above",
            "more",
            "lower",
            "over",
            "under",
        }
    )


def is_wanted(words: str) -> bool:
    """True for a word between a test and a number that makes the number a goal or a condition."""
    return words in _WANTED


def says_before(words: str) -> bool:
    """True for a word that makes the next number an earlier one."""
    return words in _BEFORE


def says_change(words: str) -> bool:
    """True for a word that, right before a number, makes it a difference."""
    return words in _CHANGES


def says_later(words: Sequence[str], *, vital: bool) -> bool:
    """True when the words between two numbers make the second the newer one.

    A vital sign that drops or rises does so under exertion; only "now" makes the second one current.
    """
    later = _NOW if vital else _LATER
    return any(word in later or word in ARROWS for word in words) and not any(
        word in _OLDER for word in words
    )


def is_elsewhere(tokens: Sequence[Token], name: int, key: str) -> bool:
    """True when a pressure, a saturation or an ejection fraction was measured elsewhere in the body."""
    if key not in _ELSEWHERE:
        return False
    return any(token.words in _ELSEWHERE[key] for token in tokens[max(0, name - _LOOK_BACK) : name])


def is_dosed(tokens: Sequence[Token], index: int) -> bool:
    """True when the word behind a number says how often a drug is taken."""
    return any(token.words in _DOSING for token in tokens[index : index + 2])


def group_end(tokens: Sequence[Token], index: int, limit: int = 16) -> int:
    """The index behind the bracket that closes the one at `index`, or behind `index` when none does soon."""
    for at in range(index + 1, min(len(tokens), index + limit)):
        if tokens[at].words in {")", "]"}:
            return at + 1
    return index + 1


def is_reference(tokens: Sequence[Token], start: int, end: int) -> bool:
    """True when a bracket holds a normal range or an earlier value."""
    inside = tokens[start + 1 : end - 1]
    if any(token.words in _REFERENCE for token in inside):
        return True
    numbers = [token for token in inside if token.kind == "number"]
    return len(numbers) == 2 and any(token.words in {"-", "–", "to", "—"} for token in inside)


def fluid_at(tokens: Sequence[Token]) -> list[bool]:
    """For every token, whether the tests there were made on another fluid than blood."""
    flags, fluid = [], False
    for index, token in enumerate(tokens):
        if token.words in _BODY_FLUIDS:
            fluid = True
        elif token.words in _BLOOD and not any(t.words in _CELLS for t in tokens[index + 1 : index + 2]):
            fluid = False
        flags.append(fluid)
    return flags
