"""Histories of scores in requests and responses."""

from __future__ import annotations

from marshmallow.validate import OneOf

from service.schemas import shown
from service.schemas.fields import Answer, one_of, topic
from service.schemas.lens_queries import BASIS, OneOutletQuery, level
from service.schemas.score_parts import AdjustedOut, AdvantageOut, ContextOut, RecordOut, ReliabilityOut
from service.schemas.scores import METHOD, STATUSES
from service.values.vocabulary import Basis


class HistoryQuery(OneOutletQuery):
    """The query parameters of a score's history."""

    topic = topic()
    basis = one_of(Basis, BASIS, load_default=Basis.RESOLVED)
    level = level()


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
    """The score of an outlet at the end of each month, and now."""

    outlet = shown.text("The outlet's slug.")
    topic = shown.text(
        "The topic that the score is limited to, with all topics below it; null for all claims.", allow_none=True
    )
    basis = shown.choice(Basis, BASIS)
    method = shown.text(METHOD)
    context = shown.part(ContextOut, "The average outlet that every point is compared with.")
    items = shown.parts(HistoryPointOut, "One point for the end of each month, and one for now, the oldest first.")
    computed_at = shown.instant("When the history was computed.")
