"""The likelihood of the votes on a claim, given the records of their outlets."""

from __future__ import annotations

import numpy as np

from service.methods.forecast.batch import Batch, Votes
from service.methods.forecast.terms import STANCES, Floats

COPYING = (0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""The candidates for delta, 0..1: n outlets with the same stance count like n^delta independent ones."""
LIKELIHOOD_WEIGHT = 6.0
"""The weight, in claims, of all outlets' votes in the likelihoods of one outlet."""


def pooled_likelihoods(batch: Batch) -> Floats:
    """Return the log-likelihood ratio of all votes on each report's claim, for each delta in `COPYING`."""
    totals, n, kinds = batch.totals, len(batch.own.stance), len(STANCES)
    rows = np.concatenate([np.arange(n), batch.row])
    votes = Votes(*(np.concatenate(pair) for pair in zip(batch.own, batch.others, strict=True)))
    silent = np.isnan(votes.stated)
    given_true = (totals.votes_true + 1) / (totals.votes_true.sum(axis=1, keepdims=True) + kinds)
    votes_false = totals.votes - totals.votes_true
    given_false = (votes_false + 1) / (votes_false.sum(axis=1, keepdims=True) + kinds)
    k = LIKELIHOOD_WEIGHT
    if_true = (votes.true + k * given_true[rows, votes.stance]) / (votes.all_true + k)
    if_false = (votes.claims - votes.true + k * given_false[rows, votes.stance]) / (votes.all_false + k)
    at = rows * kinds + votes.stance
    ratios = np.bincount(at, silent * np.log(if_true / if_false), minlength=n * kinds).reshape(n, kinds)
    number = np.maximum(np.bincount(at, silent, minlength=n * kinds).reshape(n, kinds), 1)
    return np.array([(ratios * number ** (delta - 1)).sum(axis=1) for delta in COPYING]).T
