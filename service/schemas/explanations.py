"""Explanations, histories and calibrations of scores in requests and responses."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.schemas import shown
from service.schemas.fields import Answer, PageQuery, one_of, topic
from service.schemas.reports import PUBLISHED_PRECISION
from service.schemas.resolutions import KNOWN_PRECISION
from service.schemas.score_queries import LensQuery, OneOutletQuery, ScoreQuery, level
from service.schemas.scores import (
    STATUSES,
    AdjustedOut,
    AdvantageOut,
    BrierOut,
    ContextOut,
    IntervalOut,
    RatedOut,
    RecordOut,
    ReliabilityOut,
)
from service.scores.explain import Explanation
from service.values.vocabulary import Basis, ClaimKind, Precision, Stance, Verdict

_BASIS = "The claims that count."
_METHOD = "The name and version of the formula; `GET /v1/methodology` explains it."


class ExplanationQuery(ScoreQuery, OneOutletQuery, PageQuery):
    """The parameters of an explanation: those of the score, and the page of contributions."""


class HistoryQuery(OneOutletQuery):
    """The parameters of a score's history."""

    topic = topic()
    basis = one_of(Basis, _BASIS, load_default=Basis.RESOLVED)
    level = level()


class CalibrationQuery(LensQuery, OneOutletQuery):
    """The parameters of a calibration."""

    basis = one_of(Basis, _BASIS, load_default=Basis.RESOLVED)


class SumsOut(Answer):
    """The numbers behind a score, from the record to the skill."""

    n = shown.count("The number of resolved claims that count.")
    right = shown.amount(
        "R: the number of these claims that the outlet got right; a partly right claim counts as a fraction."
    )
    expected = shown.amount("E: the number that an average outlet would have got right.")
    kappa = shown.amount("The weight of the prior, in claims that an average outlet gets right half of the time.")
    drift = shown.amount("The standard deviation of the error that all outlets share within half a year, in log-odds.")
    d = shown.number("The skill in log-odds: 0 for an average outlet, negative for a worse one.")
    t = shown.share(
        "logistic(d): the share that the outlet would get right of claims that an average outlet gets right "
        "half of the time."
    )
    nu = shown.amount("The precision of `t`, in claims: the interval is that of Beta(t nu, (1 - t) nu).")


class ContributionOut(Answer):
    """The contribution of one claim to a score."""

    claim = shown.identifier("The id of the claim.")
    text = shown.text("The proposition in words.")
    kind = shown.choice(ClaimKind, "The kind of proposition.")
    topic = shown.text("The subject of the claim; null if not given.", allow_none=True)
    stance = shown.choice(Stance, "The side that the outlet took.")
    commitment = shown.count(
        "The certainty of the report, from 1 (speculation) to 4 (reported as done); null if unknown.",
        allow_none=True,
    )
    published_at = shown.instant("When the outlet published the report that counts.")
    published_precision = shown.choice(Precision, PUBLISHED_PRECISION)
    known_at = shown.instant("When the answer became public.")
    known_precision = shown.choice(Precision, KNOWN_PRECISION)
    verdict = shown.choice(Verdict, "The verdict on the claim.")
    right = shown.share("The extent to which the outlet was right.")
    expected = shown.share("The share of comparable reports that prove right.")
    chance = shown.share("p: the probability that an outlet of this skill is right on the claim.")
    share = shown.number(
        "(right - p)/kappa: the contribution of the claim to `sums.t`, which starts at one half; negative if "
        "the outlet was wrong."
    )


class ExplanationOut(RatedOut):
    """The calculation of a score, with the contribution of each claim."""

    sums = shown.part(SumsOut, "The sums behind the score; null if nothing is resolved.", allow_none=True)
    formula = shown.texts("The calculation step by step, in words and numbers.")
    raised = shown.parts(
        ContributionOut,
        "The claims that raised the score most, at most five, the strongest first; the same on every page.",
    )
    lowered = shown.parts(
        ContributionOut,
        "The claims that lowered the score most, at most five, the strongest first; the same on every page.",
    )
    contributions = shown.parts(
        ContributionOut,
        "The claims on this page, the most recently known first. Their `share` values on all pages add up to "
        "`sums.t` minus one half.",
    )
    next_cursor = shown.text("The `cursor` of the next page; null on the last page.", allow_none=True)
    computed_at = shown.instant("When the score was computed.")

    def get_attribute(self, obj: Explanation, attr: str, default: object) -> object:
        """Return a member of the explanation, or else of its score."""
        return super().get_attribute(obj if hasattr(obj, attr) else obj.score, attr, default)


class HistoryPointOut(Answer):
    """A score at the end of a month, or now."""

    as_of = shown.instant("The moment that the score describes.")
    status = shown.text("The status of the score at that moment, as in a score.", validate=OneOf(STATUSES))
    reliability = shown.part(
        ReliabilityOut, "The estimate for the outlet's own claims; null if nothing was resolved.", allow_none=True
    )
    adjusted = shown.part(
        AdjustedOut, "The estimate for comparing outlets; null if nothing was resolved.", allow_none=True
    )
    advantage = shown.part(
        AdvantageOut, "The difference from an average outlet; null if nothing was resolved.", allow_none=True
    )
    record = shown.part(RecordOut, "The record behind the estimate.")


class HistoryOut(Answer):
    """A score over time, month by month."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the score is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, _BASIS)
    method = shown.text(_METHOD)
    context = shown.part(ContextOut, "The average outlet that every point is compared with.")
    items = shown.parts(HistoryPointOut, "One point for the end of each month, and one for now, the oldest first.")
    computed_at = shown.instant("When the history was computed.")


class BinOut(Answer):
    """The claims to which an outlet gave about the same probability."""

    lower = shown.share("The smallest probability in the bin.")
    upper = shown.share("The upper end of the bin. This probability itself is in the next bin, except in the last one.")
    n = shown.count("The number of claims in the bin.")
    mean_probability = shown.share("The mean of the stated probabilities.")
    share_true = shown.share("The share of the claims that proved true.")
    interval = shown.part(IntervalOut, "The credible interval of `share_true`, with Jeffreys' prior.")


class DecompositionOut(Answer):
    """The parts of a Brier score: reliability - resolution + uncertainty + within_bins."""

    reliability = shown.share(
        "The mean squared difference between the stated probabilities and the shares that proved true; 0 is best."
    )
    resolution = shown.share("The ability of the probabilities to tell true from false claims; higher is better.")
    uncertainty = shown.share("The uncertainty of the claims themselves: at most 0.25, when half of them proved true.")
    within_bins = shown.number(
        "The remainder from different probabilities within a bin; close to 0, and sometimes negative."
    )


class CalibrationOut(Answer):
    """The accuracy of the probabilities that an outlet stated."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the calibration is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, _BASIS)
    as_of = shown.instant("The moment that the calibration describes.")
    method = shown.text(_METHOD)
    resolved = shown.count("The number of claims that are resolved and scored.")
    stated = shown.count("The number of these claims for which the outlet stated a probability.")
    brier = shown.part(
        BrierOut, "The accuracy of the stated probabilities; null if the outlet stated none.", allow_none=True
    )
    decomposition = shown.part(
        DecompositionOut, "The parts of the Brier score; null if the outlet stated no probability.", allow_none=True
    )
    bins = shown.parts(BinOut, "The stated probabilities in tenths, the smallest first; empty bins are left out.")
    computed_at = shown.instant("When the calibration was computed.")
