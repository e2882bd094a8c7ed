"""Measure the accuracy of the probabilities that an outlet stated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.methods.calibration import Bin, bins
from service.methods.decomposition import Decomposition, decompose
from service.methods.reliability import METHOD
from service.methods.scoring import Outcome
from service.methods.shares import jeffreys_interval
from service.methods.tally import Brier
from service.outlets.find import require_outlet
from service.outlets.track_record import Lens
from service.scores.describe import own_tally
from service.scores.scored_claims import ScoredClaim, own_record, scored_claims
from service.storage.db import Database
from service.storage.models import Outlet
from service.values.vocabulary import Basis


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """The credible interval of the share of claims in a bin that proved true."""

    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """The claims whose stated probability falls in one tenth of the scale from 0 to 1."""

    lower: float
    upper: float
    n: int
    mean_probability: float
    share_true: float
    interval: ShareInterval


@dataclass(frozen=True, slots=True)
class Calibration:
    """The accuracy of an outlet's stated probabilities, overall and for each tenth of the scale."""

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


def outlet_calibration(db: Database, reference: str, *, lens: Lens, now: dt.datetime) -> Calibration:
    """Return the accuracy of the probabilities that an outlet stated.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidQuery: `as_of` or `recorded_by` is in the future.
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
