"""4Ts: how likely heparin-induced thrombocytopenia is before a test.

Source: Lo GK et al., J Thromb Haemost 2006;4:759-765, doi:10.1111/j.1538-7836.2006.01787.x.
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.drugs import HEPARIN, taking
from models.chart_inputs import measured
from models.finding import Abstention
from models.point_score import AdditiveScore, Answers, Choice, Found
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import abstain, lacking, stamped

_LARGE_FALL, _SOME_FALL, _SMALL_FALL = (
    "fall_gt_50_nadir_ge_20",
    "fall_30_to_50_or_nadir_10_to_19",
    "fall_lt_30_or_nadir_lt_10",
)
_ITEMS = (
    Choice("thrombocytopenia", "fall of platelets", ((_LARGE_FALL, 2), (_SOME_FALL, 1), (_SMALL_FALL, 0))),
    Choice(
        "timing",
        "timing of the fall",
        (
            ("clear_day_5_to_10_or_rapid_with_prior_exposure_within_30_days", 2),
            ("compatible_but_unclear_or_after_day_10_or_rapid_with_prior_exposure_31_to_100_days", 1),
            ("day_0_to_4_without_recent_exposure", 0),
        ),
    ),
    Choice(
        "thrombosis_or_sequelae",
        "new thrombosis, skin lesions or a reaction to heparin",
        (
            ("new_confirmed_thrombosis_skin_necrosis_or_acute_iv_heparin_reaction", 2),
            ("progressive_recurrent_or_suspected_thrombosis_or_erythematous_skin_lesion", 1),
            ("none", 0),
        ),
    ),
    Choice(
        "other_causes",
        "other causes of low platelets",
        (("none_apparent", 2), ("possible", 1), ("definite", 0)),
    ),
)
_BASELINE_DAYS = 30


@clinical_model
class FourTs(AdditiveScore):
    """The 4Ts as a calculator; on a chart it gives the fall of platelets and names the other three."""

    name = "four_ts.v1"
    calculator_name = "four_ts"
    title = "4Ts"
    items = _ITEMS
    stamp = stamped("four_ts.v1", "1", _ITEMS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Observation", analytes=("platelets",), lookback_days=_BASELINE_DAYS),
        )
    )
    card = PublishedScore(
        authors="Lo GK et al. (2006)",
        output="Points, 0 to 8.",
        output_type="A sum: 0 to 3 low, 4 to 5 intermediate, 6 to 8 high.",
        intended_use="To decide on a test for heparin antibodies, and on stopping heparin, when platelets "
        "fall on heparin.",
        population="Adults on heparin, or who had it in the last weeks, whose platelets fall.",
        out_of_scope="No heparin; children.",
        known_risks="Timing, thrombosis and other causes have to be judged; a chart gives only the fall. "
        "Heparin given on the ward may be missing from the medication list.",
        derivation="Experts' items, evaluated in 100 patients in Hamilton and 236 in Greifswald.",
        references="doi:10.1111/j.1538-7836.2006.01787.x.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """Only on heparin."""
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "published for adults")
        if not record.knows("MedicationRequest", "MedicationStatement"):
            return lacking(self.stamp, "the medication list (heparin)")
        if taking(record, HEPARIN) is None:
            return _chart.not_indicated(self.stamp, "no heparin on the medication list")
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """The fall from the highest platelets of a month; the rest has to be judged."""
        since = record.as_of - timedelta(days=_BASELINE_DAYS)
        points = [p for p in record.series("platelets") if since <= p.at <= record.as_of and not p.suspect]
        return {"thrombocytopenia": _fall(points)}


def _fall(points: list[Measurement]) -> Found | None:
    """The newest platelets as a share of the highest before them; nadirs in 10*3/uL.

    None where one of them is beyond the scale: the share and the nadir would be guesses.
    """
    if len(points) < 2 or any(point.comparator for point in points):
        return None
    newest, before = points[-1], max(p.value for p in points[:-1])
    fall = 1 - newest.value / before
    if fall > 0.5 and newest.value >= 20:
        kind = _LARGE_FALL
    elif fall >= 0.3 and newest.value >= 10:
        kind = _SOME_FALL
    else:
        kind = _SMALL_FALL
    return Found(kind, measured(newest, remark=f"highest of the month before: {before:.0f}"))
