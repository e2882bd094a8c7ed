"""The latest report of a claim, converted to a batch with the current records of outlets."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

import numpy as np

from service.methods.forecast.batch import Batch, Circumstances, Totals, Votes
from service.methods.forecast.claim_votes import View
from service.methods.forecast.records import ForecastClaim, ForecastReport, StanceCount, StanceCounts, cell_of
from service.methods.forecast.state import State
from service.methods.forecast.terms import CODES, STANCES
from service.methods.rates import Rates


def latest_batch(state: State, rates: Rates, counts: StanceCounts, claim: ForecastClaim, seen: View) -> Batch:
    """Return the latest report of a claim as a batch of one, with the information available now."""
    totals = Totals(
        claims=np.array([float(state.trained_on)]),
        true=np.array([state.true]),
        votes=np.array([[float(count.claims) for count in state.votes]]),
        votes_true=np.array([[count.true for count in state.votes]]),
    )
    return Batch(
        own=_votes(rates, counts, claim, [seen.own]),
        others=_votes(rates, counts, claim, seen.others),
        row=np.zeros(len(seen.others), np.int64),
        settings=_settings(claim, seen),
        totals=totals,
    )


def _settings(claim: ForecastClaim, seen: View) -> Circumstances:
    return Circumstances(
        commitment=np.array([seen.own.commitment or 0]),
        known=np.array([float(seen.known)]),
        rivals=np.array([float(claim.rivals)]),
    )


def _votes(rates: Rates, counts: StanceCounts, claim: ForecastClaim, reports: Sequence[ForecastReport]) -> Votes:
    none = StanceCount()
    records = [{stance: counts.get((report.outlet, stance), none) for stance in STANCES} for report in reports]
    all_true = [sum(count.true for count in record.values()) for record in records]
    all_claims = [sum(count.claims for count in record.values()) for record in records]
    same: list[StanceCount] = [record[report.stance] for record, report in zip(records, reports, strict=True)]
    return Votes(
        stance=np.array([CODES[report.stance] for report in reports], np.int64),
        stated=np.array([nan if report.probability is None else report.probability for report in reports]),
        rate=np.array([rates.truth(cell_of(claim, report)) for report in reports]),
        claims=np.array([float(count.claims) for count in same]),
        true=np.array([count.true for count in same]),
        all_true=np.array(all_true, np.float64),
        all_false=np.array(all_claims, np.float64) - np.array(all_true, np.float64),
    )
