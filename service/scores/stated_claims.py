"""List the resolved claims for which an outlet stated a probability."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from service.methods.calibration import bin_of
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens
from service.scores.calibration import Calibration, describe_calibration
from service.scores.claim_texts import claim_texts
from service.scores.scored_claims import ScoredClaim, scored_claims
from service.storage.db import Database
from service.values.vocabulary import Precision, Verdict


@dataclass(frozen=True, slots=True)
class StatedClaim:
    """A resolved claim for which an outlet stated a probability."""

    id: UUID
    text: str
    probability: float
    published_at: dt.datetime
    published_precision: Precision
    verdict: Verdict | None
    truth: float
    """The extent to which it proved true, 0..1."""
    known_at: dt.datetime
    known_precision: Precision | None


@dataclass(frozen=True, slots=True)
class StatedClaims:
    """The accuracy of an outlet's probabilities, with a page of claims from one tenth of the scale."""

    calibration: Calibration
    total: int
    """The number of claims whose probability falls in the tenth."""
    claims: list[StatedClaim]
    """One page of these claims, sorted by the time their answers became known, the latest first."""


def list_stated_claims(
    db: Database, reference: str, *, tenth: int | None, start: int, limit: int, lens: Lens, now: dt.datetime
) -> StatedClaims:
    """Return the accuracy of an outlet's probabilities, with a page of claims from one tenth of the scale.

    Args:
        db: The database.
        reference: The slug or id of the outlet.
        tenth: The tenth of the scale that the claims' probability falls in, 0 to 9; None for no claims.
        start: The number of claims to skip.
        limit: The maximum number of claims.
        lens: The lens on the record.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        claims = scored_claims(session, outlet, lens, now=now)
        chosen = [(one, p) for one in claims if (p := one.report.probability) is not None and bin_of(p) == tenth]
        chosen.sort(key=lambda pair: (pair[0].known_at, pair[0].claim_id), reverse=True)
        shown = chosen[start : start + limit]
        texts = claim_texts(session, [claim.claim_id for claim, _ in shown], lens.recorded_by)
    return StatedClaims(
        calibration=describe_calibration(outlet, claims, lens, now=now),
        total=len(chosen),
        claims=[_describe_claim(claim, probability, texts[claim.claim_id]) for claim, probability in shown],
    )


def _describe_claim(claim: ScoredClaim, probability: float, text: str) -> StatedClaim:
    return StatedClaim(
        id=claim.claim_id,
        text=text,
        probability=probability,
        published_at=claim.report.published_at,
        published_precision=claim.report.published_precision,
        verdict=claim.claim.verdict,
        truth=claim.claim.truth or 0.0,
        known_at=claim.known_at,
        known_precision=claim.claim.known_precision,
    )
