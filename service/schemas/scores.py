"""Scores in responses."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.methods.reliability import RATED_FROM
from service.schemas import shown
from service.schemas.fields import Answer
from service.schemas.lens_queries import BASIS
from service.schemas.score_parts import (
    AdjustedOut,
    AdvantageOut,
    BrierOut,
    ContextOut,
    CountsOut,
    RecordOut,
    RelayRecordOut,
    ReliabilityOut,
    ScoreReplyOut,
)
from service.values.vocabulary import Basis

METHOD = "The name and version of the formula; `GET /v1/methodology` explains it."
STATUSES = ("insufficient", "provisional", "rated")


class RatedOut(Answer):
    """The members that a score and the explanation of a score share."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the score is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, BASIS)
    as_of = shown.instant("The moment that the score describes.")
    method = shown.text(METHOD)
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

    relay = shown.part(RelayRecordOut, "The record of the claims that the outlet only repeated from others.")
    counts = shown.part(CountsOut, "The numbers of claims behind the score.")
    brier = shown.part(
        BrierOut, "The accuracy of the stated probabilities; null if the outlet stated none.", allow_none=True
    )
    reply = shown.part(ScoreReplyOut, "The outlet's newest reply to its record; null if none.", allow_none=True)
    ledger = shown.text(
        "The `head` of the newest seal (`GET /v1/ledger`) when the score was computed; null before the first seal.",
        allow_none=True,
    )
    computed_at = shown.instant("When the score was computed.")


ScorePage = shown.page_of("ScorePage", ScoreOut, "scores")
