"""Break down an outlet's record by topic and by commitment level, for its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from service.methods.rates import UNIT
from service.methods.tally import Amounts, Context, Slot
from service.outlets.track_record import Lens, OutletRecord
from service.scores.describe import describe_score
from service.scores.score import Score
from service.scores.scored_claims import ScoredClaim
from service.values.topics import lineage

MAX_TOPICS = 20
"""The maximum number of topics in the breakdown."""


@dataclass(frozen=True, slots=True)
class CommitmentRecord:
    """The record of the claims that an outlet reported with one commitment level."""

    commitment: int | None
    """From 1 to 4; None if it is unknown."""
    resolved: int
    right: float
    expected: float


def topic_scores(record: OutletRecord, context: Context, lens: Lens, *, now: dt.datetime) -> list[Score]:
    """Return an outlet's score on each topic, including the topics below it, for at most 20 topics."""
    by_topic: dict[str, dict[Slot, Amounts]] = {}
    for slot, amounts in record.parts.items():
        for topic in () if slot.topic is None else lineage(slot.topic):
            by_topic.setdefault(topic, {})[slot] = amounts
    scores = [
        describe_score(replace(record, parts=parts), context, replace(lens, topic=topic), now=now)
        for topic, parts in by_topic.items()
    ]
    return sorted(scores, key=lambda score: (-score.record.resolved, score.topic or ""))[:MAX_TOPICS]


def commitment_records(claims: Sequence[ScoredClaim], context: Context) -> Iterator[CommitmentRecord]:
    """Yield an outlet's record at each commitment level that has claims, the highest level first."""
    for level in (4, 3, 2, 1, None):
        if chosen := [claim for claim in claims if claim.report.commitment == level]:
            right = sum(claim.amounts.right for claim in chosen) / UNIT
            expected = sum(context.expected(claim.cell) for claim in chosen)
            yield CommitmentRecord(level, len(chosen), right, expected)
