"""Scores in requests and responses."""

from __future__ import annotations

from typing import Any, TypedDict

import marshmallow as ma
from marshmallow.validate import Length, OneOf, Range

from service.methods.reliability import DEFAULT_LEVEL, LEVELS, RATED_FROM
from service.outlets.track_record import Lens
from service.schemas import shown
from service.schemas.fields import (
    MAX_PAGE,
    Answer,
    Body,
    Count,
    Share,
    Text,
    one_of,
    page_of,
    past_moment,
    schema_of,
    topic,
)
from service.schemas.redacted import redacted
from service.scores.ranking import RankingCriteria
from service.storage.paging import PageRequest
from service.values.ids import SLUG_LENGTH
from service.values.vocabulary import Basis, Order, OutletKind, RankBy

MAX_BATCH = 200
STATUSES = ("insufficient", "provisional", "rated")

_LEVELS = f"{', '.join(map(str, LEVELS[:-1]))} or {LEVELS[-1]}"
BASIS = "The claims that the score is based on."


def level() -> Share:
    """Return the query parameter for the probability of an interval."""
    description = f"The requested probability that the interval contains the true value: {_LEVELS}."
    bounds = {"minimum": min(LEVELS), "maximum": max(LEVELS)}
    # Not documented as an enum, because client generators leave out operations with an enum of numbers.
    return Share(load_default=DEFAULT_LEVEL, validate=_check_level, metadata={"description": description, **bounds})


def _check_level(value: float) -> None:
    if value not in LEVELS:
        raise ma.ValidationError(f"Must be {_LEVELS}.")


class LensQuery(Body):
    """The parameters that every score takes."""

    topic = topic()
    as_of = past_moment("The score as of a past moment: only what was publicly known by then.", load_default=None)
    level = level()


class ScoreQuery(LensQuery):
    """The parameters of one outlet's score."""

    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)
    recorded_by = past_moment(
        "The score that this service would have returned at a past moment: only what it had recorded by then, under "
        "the current names of topics.",
        load_default=None,
    )

    @ma.post_load
    def make_lens(self, data: dict[str, Any], **_: Any) -> dict[str, Lens]:
        return {"lens": Lens(**data)}


class ScoresQuery(LensQuery):
    """The parameters of the ranking, or of the scores of the outlets that are named."""

    outlet = ma.fields.List(
        Text(SLUG_LENGTH),
        validate=Length(1, MAX_BATCH),
        metadata={
            "description": "The slug or id of an outlet. Repeat it to get the scores of up to 200 outlets in that "
            "order, instead of the ranking."
        },
    )
    basis = one_of(Basis, f"{BASIS} The default is `matured` for the ranking and `resolved` for named outlets.")
    min_resolved = Count(
        validate=Range(1),
        metadata={"description": f"Only outlets with at least this many resolved claims. The default is {RATED_FROM}."},
    )
    sort = one_of(RankBy, "The order of the ranking. The default is `lower`.")
    order = one_of(Order, "The direction of the order. The default is `desc`.")
    kind = one_of(OutletKind, "Only outlets of this kind.")
    limit = Count(
        validate=Range(1, MAX_PAGE),
        metadata={"description": "The maximum number of items on a page. The default is 50."},
    )
    cursor = Text(
        4000,
        metadata={
            "description": "The `next_cursor` of the previous page; leave it out for the first page. A cursor is only "
            "valid with the same filters, and for 15 minutes after the first page; then start again."
        },
    )

    @ma.validates_schema
    def refuse_ranking_of_named(self, data: dict[str, Any], **_: Any) -> None:
        if "outlet" in data and (given := sorted(_OF_RANKING & data.keys())):
            raise ma.ValidationError({name: [_ONLY_RANKING] for name in given})

    @ma.post_load
    def make_request(self, data: dict[str, Any], **_: Any) -> ScoresRequest:
        outlets = data.get("outlet")
        basis = data.get("basis", Basis.MATURED if outlets is None else Basis.RESOLVED)
        return ScoresRequest(
            outlets=outlets,
            lens=Lens(topic=data["topic"], basis=basis, as_of=data["as_of"], recorded_by=None, level=data["level"]),
            criteria=RankingCriteria(**{name: data[name] for name in _OF_CRITERIA if name in data}),
            paging=PageRequest(limit=data.get("limit", 50), cursor=data.get("cursor")),
        )


class ScoresRequest(TypedDict):
    """The parameters of the ranking, or of the scores of named outlets, as loaded."""

    outlets: list[str] | None
    """None for the ranking."""
    lens: Lens
    criteria: RankingCriteria
    paging: PageRequest


_ONLY_RANKING = "Applies only to the ranking. Leave it out when you name outlets."
_OF_CRITERIA = ("min_resolved", "sort", "order", "kind")
_OF_RANKING = {*_OF_CRITERIA, "limit", "cursor"}


class IntervalOut(Answer):
    """A credible interval."""

    lower = shown.share("The low end.")
    upper = shown.share("The high end.")
    level = shown.share(f"The probability that the interval contains the true value: {_LEVELS}.")


class ReliabilityOut(Answer):
    """The share of its own claims that an outlet is estimated to get right, with its credible interval."""

    mean = shown.share("The estimate.")
    lower = shown.share("The low end of the interval.")
    upper = shown.share("The high end of the interval.")
    level = shown.share(f"The probability that the interval contains the true value: {_LEVELS}.")


class AdjustedOut(Answer):
    """The share that an outlet would get right of the same claims as all others. Rankings compare outlets by it."""

    mean = shown.share("The estimate.")
    lower = shown.share("The low end of the interval, which has the same level as that of `reliability`.")
    upper = shown.share("The high end of the interval.")
    reference = shown.share("The share that an average outlet gets right: that of all scored reports in the scope.")


class AdvantageOut(Answer):
    """The difference from an average outlet on the same claims; negative if the outlet does worse."""

    log_odds = shown.number("The estimate, in log-odds: 0 for an average outlet.")
    lower = shown.number("The low end of its interval, in log-odds.")
    upper = shown.number("The high end of its interval, in log-odds.")
    points = shown.number(
        "The estimate in percentage points of `reliability`, from -100 to 100; negative if the outlet does worse."
    )


class RecordOut(Answer):
    """The record behind a score: the number of claims the outlet got right, compared with an average outlet."""

    right = shown.amount("The number of resolved claims that the outlet got right; a partly right one adds a fraction.")
    expected = shown.amount("The number that an average outlet would have got right of the same claims.")
    resolved = shown.count("The number of the outlet's claims that are resolved and scored.")


class ContextOut(Answer):
    """The average outlet that a score is compared with, as fitted at one time."""

    id = shown.text("The name of the context.")
    as_of = shown.instant("When it was fitted; null for the starting context, which is not fitted.", allow_none=True)


class RelayRecordOut(Answer):
    """The record of what an outlet repeated from others, which its own record does not include."""

    reliability = shown.part(ReliabilityOut, "The estimate; null if nothing is resolved.", allow_none=True)
    resolved = shown.count("The number of repeated claims that are resolved and scored.")
    correct = shown.count("The number of them that proved right.")


# Not a class body, because a field named `partial` would hide an attribute of every schema.
CountsOut = schema_of(
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
        "The improvement on always stating the average truth of these claims: 1 is perfect, 0 no better, below 0 "
        "worse. Null if they all came out the same.",
        allow_none=True,
    )
    resolved = shown.count("The number of resolved claims with a stated probability.")


class ScoreReplyOut(Answer):
    """An outlet's reply to its whole record."""

    id = shown.identifier("The reply's id.")
    text = shown.text("The words of the outlet.")
    url = shown.text("The address at which the outlet says it; null if not given.", allow_none=True)
    recorded_at = shown.recorded_at()
    redacted = redacted()


class RatedOut(Answer):
    """The members that a score and its explanation share."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the score is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, BASIS)
    as_of = shown.instant("The moment that the score is about.")
    method = shown.text("The name and version of the formula; `GET /v1/methodology` explains it.")
    status = shown.text(
        "`insufficient`: nothing is resolved; "
        f"`provisional`: fewer than {RATED_FROM} claims are resolved, so the outlet is not ranked; "
        f"`rated`: {RATED_FROM} or more are.",
        validate=OneOf(STATUSES),
    )
    reliability = shown.part(
        ReliabilityOut, "The estimate for the outlet's own claims; null if nothing is resolved.", allow_none=True
    )
    adjusted = shown.part(
        AdjustedOut, "The estimate for comparing outlets; null if nothing is resolved.", allow_none=True
    )
    advantage = shown.part(
        AdvantageOut, "The difference from an average outlet; null if nothing is resolved.", allow_none=True
    )
    record = shown.part(RecordOut, "The record behind the estimate.")
    context = shown.part(ContextOut, "The average outlet that the score is compared with.")


class ScoreOut(RatedOut):
    """A score: the estimated reliability of an outlet, with its interval and the counts behind it."""

    relay = shown.part(RelayRecordOut, "The record of what the outlet repeated from others.")
    counts = shown.part(CountsOut, "The numbers of claims behind the score.")
    brier = shown.part(
        BrierOut, "The accuracy of the stated probabilities; null if the outlet stated none.", allow_none=True
    )
    reply = shown.part(ScoreReplyOut, "The outlet's newest reply to its record; null if none.", allow_none=True)
    ledger = shown.text(
        "The newest head of the ledger (`GET /v1/ledger`) when the score was computed; null before the first.",
        allow_none=True,
    )
    computed_at = shown.instant("When the score was computed.")


ScorePage = page_of("ScorePage", ScoreOut, "scores")
