"""The parts of scores in responses."""

from __future__ import annotations

from service.schemas import shown
from service.schemas.fields import Answer
from service.schemas.lens_queries import LEVELS_IN_WORDS
from service.schemas.redacted import redacted
from service.values.vocabulary import Via


class IntervalOut(Answer):
    """A credible interval: a range that contains the true value with a given probability."""

    lower = shown.share("The low end.")
    upper = shown.share("The high end.")
    level = shown.share(f"The probability that the interval contains the true value: {LEVELS_IN_WORDS}.")


class ReliabilityOut(Answer):
    """The estimated share of its own claims that an outlet gets right, with its credible interval."""

    mean = shown.share("The estimate.")
    lower = shown.share("The low end of the interval.")
    upper = shown.share("The high end of the interval.")
    level = shown.share(f"The probability that the interval contains the true value: {LEVELS_IN_WORDS}.")


class AdjustedOut(Answer):
    """The share of all outlets' claims in the scope that this outlet would get right. Rankings sort by it."""

    mean = shown.share("The estimate.")
    lower = shown.share("The low end of the interval, which has the same level as that of `reliability`.")
    upper = shown.share("The high end of the interval.")
    reference = shown.share("The share that an average outlet gets right, over all scored reports in the scope.")


class AdvantageOut(Answer):
    """The difference from an average outlet on the same claims; negative if the outlet does worse."""

    log_odds = shown.number("The estimate, in log-odds: 0 for an average outlet.")
    lower = shown.number("The low end of its interval, in log-odds.")
    upper = shown.number("The high end of its interval, in log-odds.")
    points = shown.number(
        "The estimate in percentage points of `reliability`, from -100 to 100; negative if the outlet does worse."
    )


class RecordOut(Answer):
    """The record behind a score: the claims that the outlet got right, compared with an average outlet."""

    right = shown.amount("The number of resolved claims that the outlet got right; a partly right one adds a fraction.")
    expected = shown.amount("The number of the same claims that an average outlet would have got right.")
    resolved = shown.count("The number of the outlet's claims that are resolved and scored.")


class ContextOut(Answer):
    """The average outlet that a score is compared with, as fitted at one time."""

    id = shown.text("The name of the context.")
    as_of = shown.instant("When it was fitted; null for the starting context, which is not fitted.", allow_none=True)


class RelayRecordOut(Answer):
    """The record of the claims that an outlet only repeated from others. Its own record excludes them."""

    reliability = shown.part(ReliabilityOut, "The estimate; null if nothing is resolved.", allow_none=True)
    resolved = shown.count("The number of repeated claims that are resolved and scored.")
    correct = shown.count("The number of these claims that proved right.")


# Not a class body, because a field named `partial` would hide an attribute of every schema.
CountsOut = shown.schema_of(
    "CountsOut",
    "The numbers of claims behind a score. `claims` is `open` + `resolved` + `unscored`.",
    {
        name: shown.count(description)
        for name, description in {
            "claims": "Claims that the outlet reported in its own name.",
            "open": "Of these, claims without a verdict.",
            "resolved": "Of these, claims that are resolved and scored.",
            "correct": "Resolved claims that the outlet got right.",
            "incorrect": "Resolved claims that it got wrong.",
            "partial": "Resolved claims that it got partly right.",
            "unscored": "Claims that are never scored: opinions, claims that proved void or unverifiable, and claims "
            "on which the outlet took no side in time.",
            "support": "Resolved claims that the outlet supported.",
            "deny": "Resolved claims that it denied.",
            "early": "Resolved claims whose answer became known before they were due.",
            "backfilled": "Resolved claims that depend on reports recorded more than 7 days after publication.",
            "disputed": "Resolved claims whose resolution has an open dispute.",
        }.items()
    },
)


class BrierOut(Answer):
    """The accuracy of the probabilities that an outlet stated, as one number."""

    score = shown.share("The Brier score: the mean squared distance between probability and truth; 0 is perfect.")
    skill = shown.number(
        "The improvement over always stating the average truth of these claims: 1 is perfect, 0 is no "
        "improvement, and a negative number is worse. Null if all these claims have the same truth.",
        allow_none=True,
    )
    resolved = shown.count("The number of resolved claims with a stated probability.")


class ScoreReplyOut(Answer):
    """An outlet's reply to its whole record."""

    id = shown.identifier("The reply's id.")
    text = shown.text("The words of the outlet.")
    url = shown.text("The address of the page with the reply; null if not given.", allow_none=True)
    via = shown.choice(Via, "The way in which the reply was filed.")
    verified = shown.text(
        "The way in which an editor verified that the outlet sent the reply; null unless it came from the public form.",
        allow_none=True,
    )
    recorded_at = shown.recorded_at()
    redacted = redacted()
