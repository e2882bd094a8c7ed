"""The accuracy of the probabilities that an outlet stated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.methods.beta import jeffreys_interval
from service.methods.calibration import Bin, Decomposition, Outcome, bin_of, bins, decompose
from service.methods.reliability import METHOD
from service.methods.tally import Brier
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens
from service.scores.contributions import ScoredClaim, own_record, scored_claims
from service.scores.describe import own_tally
from service.scores.explain import claim_texts
from service.storage.db import Database
from service.storage.models import Outlet
from service.values.vocabulary import Basis, Precision, Verdict


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """The credible interval of a share."""

    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The claims for which the outlet stated a probability within one tenth of the range from 0 to 1."""

    lower: float
    upper: float
    n: int
    mean_probability: float
    share_true: float
    interval: ShareInterval


@dataclass(frozen=True, slots=True)
class Calibration:
    """The accuracy of the stated probabilities, as a whole and in tenths."""

    outlet: str
    topic: str | None
    basis: Basis
    as_of: dt.datetime
    method: str
    resolved: int
    stated: int
    brier: Brier | None
    """None if the outlet stated no probability."""
    decomposition: Decomposition | None
    """None if the outlet stated no probability."""
    bins: list[CalibrationBin]
    computed_at: dt.datetime


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
    """The accuracy of an outlet's stated probabilities, with a page of the claims in one tenth."""

    calibration: Calibration
    total: int
    """The number of claims in the tenth."""
    claims: list[StatedClaim]
    """The most recently known claims first."""


def list_stated_claims(
    db: Database, reference: str, *, tenth: int | None, start: int, limit: int, lens: Lens, now: dt.datetime
) -> StatedClaims:
    """Return the accuracy of the probabilities that an outlet stated, with the claims of one tenth.

    Args:
        db: The database.
        reference: The slug or id of the outlet.
        tenth: The number of the tenth, from 0; None for no claims.
        start: The number of claims to leave out.
        limit: The largest number of claims.
        lens: The lens on the record.
        now: The time of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: A moment of the lens is in the future.
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


def outlet_calibration(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> Calibration:
    """Return the accuracy of the probabilities that an outlet stated.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: A moment of the lens is in the future.
    """
    lens.refuse_future(now)
    with db.read() as session:
        outlet = require_outlet(session, reference)
        claims = scored_claims(session, outlet, lens, now=now)
    return describe_calibration(outlet, claims, lens, now=now)


def describe_calibration(outlet: Outlet, claims: Sequence[ScoredClaim], lens: Lens, *, now: dt.datetime) -> Calibration:
    """Return the accuracy of the probabilities that an outlet stated for these claims."""
    outcomes = list(_outcomes(claims))
    own = own_tally(own_record(outlet, claims))
    return Calibration(
        outlet=outlet.slug,
        topic=lens.topic,
        basis=lens.basis,
        as_of=lens.moment(now),
        method=METHOD,
        resolved=own.resolved,
        stated=len(outcomes),
        brier=own.brier,
        decomposition=decompose(outcomes),
        bins=[_describe_bin(part, lens.level) for part in bins(outcomes)],
        computed_at=now,
    )


def _outcomes(claims: Iterable[ScoredClaim]) -> Iterator[Outcome]:
    for claim in claims:
        if claim.report.probability is not None and claim.claim.truth is not None:
            yield Outcome(claim.report.probability, claim.claim.truth)


def _describe_bin(part: Bin, level: float) -> CalibrationBin:
    lower, upper = jeffreys_interval(part.truth * part.weight, part.weight, level)
    return CalibrationBin(
        lower=part.lower,
        upper=part.upper,
        n=round(part.weight),
        mean_probability=part.probability,
        share_true=part.truth,
        interval=ShareInterval(lower, upper, level),
    )
