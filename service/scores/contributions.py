"""The contributions of claims to a score (R19)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from uuid import UUID

from sqlalchemy.orm import Session

from service.methods.explanation import share
from service.methods.rates import UNIT
from service.methods.reliability import Skill
from service.methods.tally import Context
from service.outlets.track_record import Lens, OutletRecord
from service.scores.claim_texts import claim_texts
from service.scores.describe import own_tally
from service.scores.scored_claims import ScoredClaim
from service.values.vocabulary import ClaimKind, Precision, Stance, Verdict

STRONGEST = 5
"""The maximum number of claims listed as having raised a score most, and as having lowered it most."""


@dataclass(frozen=True, slots=True)
class ClaimContribution:
    """The contribution of one claim to a score."""

    claim: UUID
    text: str
    kind: ClaimKind
    topic: str | None
    stance: Stance
    commitment: int | None
    published_at: dt.datetime
    published_precision: Precision
    known_at: dt.datetime
    known_precision: Precision | None
    verdict: Verdict | None
    right: float
    expected: float
    chance: float
    """The probability that an outlet with this outlet's skill is right on the claim."""
    share: float
    """The part of `Skill.t` - 1/2 that comes from the claim: positive if it raised the score."""


def strongest_claims(
    claims: Sequence[ScoredClaim], skill: Skill, context: Context
) -> tuple[list[ScoredClaim], list[ScoredClaim]]:
    """Return the claims that raised a score most, and those that lowered it most."""
    chances = {cell: skill.chance(context.expected(cell)) for cell in {claim.cell for claim in claims}}

    def difference(claim: ScoredClaim) -> float:
        return claim.amounts.right / UNIT - chances[claim.cell]

    raised = [claim for claim in nlargest(STRONGEST, claims, key=difference) if difference(claim) > 0]
    return raised, [claim for claim in nsmallest(STRONGEST, claims, key=difference) if difference(claim) < 0]


def describe_contributions(
    session: Session, claims: Sequence[ScoredClaim], record: OutletRecord, context: Context, lens: Lens
) -> list[ClaimContribution]:
    """Return the contribution of each claim to an outlet's score, in the order of the claims."""
    texts = claim_texts(session, [claim.claim_id for claim in claims], lens.recorded_by)
    skill = own_tally(record).skill(context)
    return [_contribution(claim, texts[claim.claim_id], skill, context) for claim in claims]


def _contribution(claim: ScoredClaim, text: str, skill: Skill, context: Context) -> ClaimContribution:
    right, expected = claim.amounts.right / UNIT, context.expected(claim.cell)
    return ClaimContribution(
        claim=claim.claim_id,
        text=text,
        kind=claim.claim.kind,
        topic=claim.claim.topic,
        stance=claim.report.stance,
        commitment=claim.report.commitment,
        published_at=claim.report.published_at,
        published_precision=claim.report.published_precision,
        known_at=claim.known_at,
        known_precision=claim.claim.known_precision,
        verdict=claim.claim.verdict,
        right=right,
        expected=expected,
        chance=skill.chance(expected),
        share=share(skill, right=right, rate=expected),
    )
