"""Phrases that hold the words of a cue and mean nothing of the kind, and words that end a cue's reach."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from models.notes.assertion.cue_phrases import SPEAKERS

_SAYS = (
    "reports|reported|states|stated|says|said|notes|noted|noticed|believes|thinks|feels|felt|brought"
    "|called|witnessed|found|observed|saw|is concerned|was concerned|is worried|describes|described"
    "|mentions|mentioned|confirms|endorses|relates|tells|told|is at|was at|at|helps|is present|was present"
    "|gave|gives|also reports|also states|also noted|who reports|who states|is here|is the|was the"
    "|presents|presented|was admitted|is admitted|does not think|did not think|understands|agrees|requests"
    "|wants|would like|was comfortable|is comfortable|was oriented|was advised|was instructed|was counseled"
    "|was informed|was educated|was told|were told|point|points|pointed|decided|decides"
)
_BY_SPEAKER = "|".join(
    f"{by} {whose}{who}"
    for by in (
        "per",
        "by",
        "with",
        "from",
        "according to",
        "to",
        "lives with",
        "accompanied by",
        "told",
        "for",
        "and",
    )
    for whose in ("", "his ", "her ", "the ", "their ", "patient's ")
    for who in SPEAKERS.split("|")
    if not (by in ("with", "from", "by", "to", "for", "and") and (whose == "" or by == "and"))
)
_SPEAKER_SAYS = "|".join(f"{who} {says}" for who in SPEAKERS.split("|") for says in _SAYS.split("|"))
# What lasted until some time ago is of now no more, and nothing is conditional about it.
_UNTIL = "|".join(
    [f"until {when}" for when in ("recently", "yesterday", "now", "then", "today", "this", "last")]
    + [
        f"until {number} {unit} ago"
        for number in ("a", "one", "two", "three", "four", "five", "six", "several", *map(str, range(1, 13)))
        for unit in ("day", "days", "week", "weeks", "month", "months", "year", "years")
    ]
)
_PATIENT_DIED = "|".join(
    f"{who} {died} {of}"
    for who in ("patient", "the patient", "this patient", "pt", "decedent", "the decedent")
    for died in ("died", "passed away", "expired")
    for of in ("of", "from", "due to", "with", "secondary to")
)

# Phrases that hold a cue word and mean nothing of the kind.
INERT: tuple[str, ...] = (
    "no increase|no change|no changes|no interval change|no significant change"
    "|no significant interval change|no improvement|no significant improvement|no worsening|no relief"
    "|no specific relief|no better|no worse|not only|not necessarily|not just|not merely|no doubt"
    "|without a doubt|without doubt|no difference|without any further delay|no need for|not cause"
    "|not due to|not related to|not drain|not extend|gram negative|gram-negative|false negative"
    "|rh negative|rh-negative|negative pressure|double negative|no cause of|no cause for|no known cause of"
    "|no etiology|no explanation for|no specific diagnosis for|no treatment for|not been treated for"
    "|not treated for|no longer than|no more than|no fewer than|not controlled|not well controlled"
    "|not adequately controlled|not fully controlled|not optimally controlled|poorly controlled"
    "|not at goal|not improved|not improving|not resolved|not changed|not worse|not tolerate"
    "|not tolerating|not able to|unable to|not want|not aware of|not aware|not sure|not certain|not clear"
    "|not know|not known|not yet|not relieved by|not relieved with|not responsive to|not responding to"
    "|without difficulty|without incident|without complication|without complications|with and without"
    "|with or without|not limited to|no matter|no contraindication|no contraindications|if possible"
    "|if indicated|if needed|if desired|if available|even if|no further workup of|no intervention for"
    "|post-op|post op|post operative|post operatively|post procedure|no specific treatment for"
    "|no therapy for|not decrease|not increase|not change|not adjust|not alter|not decreasing|not increasing"
    "|not changing|not reduce|evidence for|no radiation|no radiation of|none to|from none to"
    "|unlikely cause of|unlikely cause for|unlikely source of|unlikely reason for|risk factors"
    "|unless asked|unless told|unless prompted"
    "|at the present time|at present|present time|reports of|report of|chief concern of|main concern of"
    "|chief concern is|complication of",
    _UNTIL,
    _PATIENT_DIED,
    "history of present illness|history of the present illness|history and physical"
    "|history of presenting illness|social history|history taking|clinical history|patient history"
    "|reason for history|interval history|history obtained from|history provided by|history per"
    "|history was obtained from|history is obtained from|day history of|days history of|week history of"
    "|weeks history of|month history of|hour history of|day hx of|week hx of|hour hx of|days hx of"
    "|weeks hx of|hours history of|brief history|recent history of|maternal age|paternal age"
    "|maternal fetal|prior to admission|prior to arrival|prior to discharge|prior to this|prior to surgery"
    "|prior to|as previously|as previously noted|previously noted|previously seen|previously described"
    "|old records|old chart|year old|year-old|month-old|week-old|day-old|yr-old|years old|month old"
    "|months old|week old|weeks old|day old|days old|yr old|y/o|past few|past two|past several|past week"
    "|past month|past day|past days|past 24|past 48|past 2|past 3|past three|last few|for the past"
    "|over the past|in the past few|in the past two|in the past several|in the past week|in the past month"
    "|in the past day|in the past 24|in the past 48|in the past 2|in the past 3|in the past three"
    "|within the past|during the past|prior ct|prior mri|prior exam|prior study|prior films|previous study"
    "|previous exam|previous ct|previous mri|old ekg|old ecg|prior ekg|prior ecg|days ago|day ago"
    "|hours ago|hour ago|weeks ago|week ago|past medical records|minutes ago|day prior|days prior",
    "potential for|patient's family|family physician|family doctor|family practice|family meeting"
    "|family therapy|family planning|family medicine|host family|family friend|family support"
    "|likely to benefit|likely discharge|plan of care|in order to|planned parenthood|in order|as ordered"
    "|floor plan|plan discussed|reason to suspect|mother's day|son of|school children|may be discharged"
    "|may be given|may take|may continue|may use|could not be obtained|may return|might benefit|would like"
    "|likely home|intimate partner|partner abuse|partner violence|domestic partner",
    _SPEAKER_SAYS,
    _BY_SPEAKER,
)

STOPS: Mapping[str, str] = MappingProxyType(
    {
        "but": "but|however|although|though|yet|nevertheless|nonetheless|except|except for|aside from"
        "|apart from|other than|besides|still|whereas|otherwise|notwithstanding|with the exception of"
        "|instead|while|despite|and that",
        "also": "as well as",
        "owner": "patient's|the patient's|pt's",
        "because": "prior to the|prior to his|prior to her|prior to onset|because|because of|since"
        "|secondary to|due to|as a result of|caused by|given|after|attributed to|thought secondary to"
        "|presumably due to|presumably from|so",
        "who": "who|who is",
        "subject": "the child|this child|child|the baby|baby|the infant|infant|he|she|they|patient|pt|pt."
        "|the patient|which|i|we|it|this|these|his symptoms|her symptoms|that he|that she|that the patient",
        "presents": "presents|presented|presenting|complains|complaining|admitted|transferred|comes|came"
        "|seen|arrived|brought|referred|found to have|was found|here|today|evaluated|now",
        "for": "for",
        "with": "with|w/|using",
        "verb": "is|are|was|were|has|had|have|does|did|shows|showed|showing|reveals|revealed|demonstrates"
        "|demonstrated|continues|reports|reported|complains|admits|endorses|remains|remained|appears"
        "|became|underwent|received|started|states|stated|developed|feels|felt|takes|noticed|notices|being",
        "participle": "noted|seen|identified|found|detected|visualized|appreciated|heard|palpated|present"
        "|on exam",
    }
)
