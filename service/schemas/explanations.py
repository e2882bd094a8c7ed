"""Explanations of scores in requests and responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.fields import Answer, PageQuery
from service.schemas.lens_queries import OneOutletQuery, ScoreQuery
from service.schemas.resolutions import KNOWN_PRECISION
from service.schemas.scores import RatedOut
from service.schemas.shown_reports import PUBLISHED_PRECISION
from service.scores.explain import Explanation
from service.values.vocabulary import ClaimKind, Precision, Stance, Verdict


class ExplanationQuery(ScoreQuery, OneOutletQuery, PageQuery):
    """The query parameters of an explained score: those of the score, and the page of its contributions."""


class SumsOut(Answer):
    """The inputs and the intermediate results of the calculation of a score."""

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
        """Return an attribute of the explanation or, if it has none of that name, of its score."""
        return super().get_attribute(obj if hasattr(obj, attr) else obj.score, attr, default)
