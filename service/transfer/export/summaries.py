"""Export scores and topics, which are computed from the records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.claims.topics import count_topics
from service.outlets.track_record import Lens
from service.scores.score import Score
from service.scores.score_table import stream_scores
from service.storage.models import Claim, Outlet, Report, Resolution, Withdrawal
from service.storage.predicates import counts_as
from service.transfer.export.lines import Line, is_changed
from service.values.documents import members_of
from service.values.topics import lineage
from service.values.vocabulary import OutletKind

TOPIC_COLUMNS = ("topic", "claims", "open", "due", "resolved", "ranked_outlets")
SCORE_COLUMNS = (
    *("outlet", "topic", "basis", "as_of", "method", "status"),
    *("reliability_mean", "reliability_lower", "reliability_upper", "reliability_level"),
    *("adjusted_mean", "adjusted_lower", "adjusted_upper", "adjusted_reference"),
    *("record_right", "record_expected", "record_resolved", "context_id", "relay_resolved", "relay_correct"),
    *("counts_claims", "counts_open", "counts_resolved", "counts_correct", "counts_incorrect", "counts_partial"),
    *("counts_unscored", "counts_support", "counts_deny", "counts_early", "counts_backfilled", "counts_disputed"),
    *("brier_score", "brier_skill", "brier_resolved", "ledger", "computed_at"),
)


def exported_scores(
    session: Session, *, lens: Lens, kind: OutletKind | None = None, since: dt.datetime | None = None, now: dt.datetime
) -> Iterator[Score]:
    """Yield the score of every outlet that has one, sorted by slug.

    Args:
        session: The session to read with.
        lens: The topic, basis, moments and level of the scores.
        kind: Only outlets of this kind; None for all.
        since: Only outlets with a claim that has received a report, resolution or withdrawal since this moment; None
            for all.
        now: The time of the call.
    """
    conditions = [] if kind is None else [Outlet.kind == kind]
    if since is not None:
        conditions.append(Outlet.id.in_(_outlets_since(since)))
    yield from stream_scores(session, *conditions, lens=lens, now=now)


def topic_lines(
    session: Session, *, topic: str | None = None, since: dt.datetime | None = None, now: dt.datetime
) -> Iterator[Line]:
    """Yield the topics of claims and their parent topics, each followed by its children.

    Args:
        session: The session to read with.
        topic: Only this topic and its children; None for all.
        since: Only topics with a claim that was recorded or changed since this moment; None for all.
        now: The time of the call.
    """
    changed: set[str] | None = None
    if since is not None:
        topics = session.scalars(sa.select(Claim.topic).where(Claim.topic.is_not(None), is_changed(Claim, since)))
        changed = {path for each in topics.unique() for path in lineage(str(each))}
    for view in count_topics(session, topic, now=now):
        if changed is None or view.topic in changed:
            yield {"type": "topic", **members_of(view)}


def _outlets_since(since: dt.datetime) -> sa.Select[object]:
    """Select the outlets with a claim that has received a report, resolution or withdrawal since a moment."""
    reported = sa.select(Report.claim_id).where(sa.or_(Report.recorded_at >= since, Report.corrected_at >= since))
    resolved = sa.select(Resolution.claim_id).where(Resolution.recorded_at >= since)
    withdrawn = sa.select(Report.claim_id).join(Withdrawal, Withdrawal.report_id == Report.id)
    changed = reported.union(resolved, withdrawn.where(Withdrawal.recorded_at >= since))
    filer = aliased(Outlet)
    return sa.select(counts_as(filer)).join(Report, Report.outlet_id == filer.id).where(Report.claim_id.in_(changed))
