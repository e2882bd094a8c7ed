"""Read everything that an outlet's page shows in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from service.methods.rates import UNIT
from service.methods.tally import Context
from service.outlets.describe import OutletView, describe_outlet
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens, OutletRecord
from service.scores.breakdown import CommitmentRecord, commitment_records, topic_scores
from service.scores.calibration import Calibration, describe_calibration
from service.scores.contributions import ClaimContribution, describe_contributions
from service.scores.describe import describe_score
from service.scores.history import HistoryPoint, history_points
from service.scores.read import context_of, read_records
from service.scores.score import Score
from service.scores.scored_claims import ScoredClaim, scored_claims
from service.storage.db import Database
from service.storage.models import Outlet
from service.storage.versions import EarlierOutlet, earlier_versions
from service.values.vocabulary import Basis

MAX_CLAIMS = 8
"""The maximum number of claims in each list."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """The content of an outlet's page: its score, history, breakdowns and most important claims."""

    outlet: OutletView
    earlier: list[EarlierOutlet]
    """The earlier versions of the outlet, the latest first."""
    score: Score
    matured: Score
    """The score on the basis `matured`."""
    history: list[HistoryPoint]
    calibration: Calibration
    topics: list[Score]
    """The scores by topic, each with all topics below it; those with the most resolved claims first."""
    commitments: list[CommitmentRecord]
    """The records by commitment level, the highest level first."""
    newest: list[ClaimContribution]
    """The claims whose answers became known last."""
    telling: list[ClaimContribution]
    """The claims whose outcomes differed most from the expected ones."""


def portray_outlet(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> Portrait:
    """Return the content of an outlet's page.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        OutletMerged: The outlet was merged into another one.
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    lens.refuse_future(now)
    matured_lens = replace(lens, basis=Basis.MATURED)
    with db.read() as session:
        outlet = require_outlet(session, reference, whole=True)
        context = context_of(session, lens.basis, lens.recorded_by)
        matured_context = context_of(session, Basis.MATURED, lens.recorded_by)
        [record] = read_records(session, Outlet.id == outlet.id, lens, now=now)
        [matured] = read_records(session, Outlet.id == outlet.id, matured_lens, now=now)
        claims = scored_claims(session, outlet, lens, now=now)
        newest, telling = _choose(session, claims, record, context, lens)
        earlier = earlier_versions(session, outlet.id)
    return Portrait(
        outlet=describe_outlet(outlet),
        earlier=earlier,
        score=describe_score(record, context, lens, now=now),
        matured=describe_score(matured, matured_context, matured_lens, now=now),
        history=list(history_points(outlet, claims, context, lens, now=lens.moment(now))),
        calibration=describe_calibration(outlet, claims, lens, now=now),
        topics=topic_scores(record, context, lens, now=now),
        commitments=list(commitment_records(claims, context)),
        newest=newest,
        telling=telling,
    )


def _choose(
    session: Session, claims: Sequence[ScoredClaim], record: OutletRecord, context: Context, lens: Lens
) -> tuple[list[ClaimContribution], list[ClaimContribution]]:
    """Return the claims whose answers became known last, and those with the most surprising outcomes."""

    def surprise(claim: ScoredClaim) -> float:
        return abs(claim.amounts.right / UNIT - context.expected(claim.cell))

    newest = sorted(claims, key=lambda claim: (claim.known_at, claim.claim_id), reverse=True)[:MAX_CLAIMS]
    telling = sorted(claims, key=lambda claim: (-surprise(claim), claim.claim_id))[:MAX_CLAIMS]
    described = describe_contributions(session, [*newest, *telling], record, context, lens)
    return described[: len(newest)], described[len(newest) :]
