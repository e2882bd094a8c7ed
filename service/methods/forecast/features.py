"""The features of a report at its publication, for `forecast/2`.

Every feature is in log-odds or on a similar scale, so that the weights have useful priors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from service.methods.forecast.batch import Batch, Votes, logit
from service.methods.forecast.likelihood import pooled_likelihoods
from service.methods.forecast.terms import CODES, COMMITMENTS, STANCES, Bools, Floats
from service.values.vocabulary import Stance

_SUPPORT, _DENY = CODES[Stance.SUPPORT], CODES[Stance.DENY]

KAPPA = 16.0
"""The weight of the average of all outlets in the record of one, in claims."""
SMALL_KAPPA = 4.0
"""The same weight in the second model, which trusts short records more."""
CONTEXTS_WEIGHT = 10.0
"""The number of resolved claims at which pooled contexts count half. With few, they are based on the same claims, so
their errors are correlated."""
STATED_WITHIN = (0.01, 0.99)
"""The range to which stated probabilities are clamped."""


class Design(NamedTuple):
    """The features of reports. Each model uses some of them."""

    features: Floats
    """Reports x `terms.STORED`."""
    likelihoods: Floats
    """The pooled likelihoods: reports x `COPYING`."""


def design(batch: Batch) -> Design:
    """Return the features of reports."""
    silent, others_silent = batch.silent
    trusted = batch.totals.claims / (batch.totals.claims + CONTEXTS_WEIGHT)
    seen = np.bincount(batch.row, minlength=len(silent))
    stated, is_stated = _stated(batch)
    compared = is_stated & (seen > 0)
    columns = [
        np.ones(len(silent)),
        *(silent * (batch.own.stance == code) for code in range(len(STANCES))),
        *(silent * (batch.settings.commitment == step) for step in COMMITMENTS),
        batch.settings.known,
        seen == 0,
        np.log1p(batch.settings.rivals),
        stated,
        is_stated,
        compared * _contexts(batch, *batch.every) * trusted,
        compared * _agreement(batch, *batch.every),
        batch.base * ~is_stated,
        _contexts(batch, silent, others_silent) * trusted,
        np.log1p(seen),
        _agreement(batch, silent, others_silent),
        *_records(batch, KAPPA),
        *_records(batch, SMALL_KAPPA),
        silent * (logit(batch.own.rate) - batch.base * is_stated),
        *np.log1p(batch.sum_by_group(others_silent)).T,
    ]
    return Design(np.array(columns, np.float64).T, pooled_likelihoods(batch))


def _records(batch: Batch, kappa: float) -> list[Floats]:
    """Return the shift of the outlet of each report, and the pooled shifts of the others by group."""
    own, others, totals = batch.own, batch.others, batch.totals
    silent, others_silent = batch.silent
    share = (totals.votes_true + 1) / (totals.votes + 2)
    shift = silent * _shift(own, share[np.arange(len(silent)), own.stance], kappa)
    shifts = others_silent * _shift(others, share[batch.row, others.stance], kappa)
    number = np.maximum(batch.sum_by_group(others_silent), 1)
    return [shift, *(batch.sum_by_group(shifts) / np.sqrt(number)).T]


def _shift(votes: Votes, share: Floats, kappa: float) -> Floats:
    """Return the difference of an outlet from all outlets with the same stance, in log-odds."""
    return logit((votes.true + kappa * share) / (votes.claims + kappa)) - logit(share)


def _agreement(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return (supporters - deniers)/sqrt(supporters + deniers) among the votes that count."""
    numbers = batch.sum_by_group(others_count)
    support = numbers[:, 0] + counts * (batch.own.stance == _SUPPORT)
    deny = numbers[:, 1] + counts * (batch.own.stance == _DENY)
    return np.asarray((support - deny) / np.sqrt(np.maximum(support + deny, 1)))


def _stated(batch: Batch) -> tuple[Floats, Bools]:
    """Return the mean log-odds of the stated probabilities, and whether there are any."""
    silent, others_silent = batch.silent
    number = ~silent + batch.sum(~others_silent)
    total = _stated_odds(batch.own.stated) + batch.sum(_stated_odds(batch.others.stated))
    return total / np.maximum(number, 1), number > 0


def _stated_odds(stated: Floats) -> Floats:
    return logit(np.where(np.isnan(stated), 0.5, stated).clip(*STATED_WITHIN))


def _contexts(batch: Batch, counts: Bools, others_count: Bools) -> Floats:
    """Return the sum of (log-odds of the context - base rate) over the votes that count, divided by sqrt(number)."""
    base = batch.base
    above = counts * (logit(batch.own.rate) - base)
    others_above = others_count * (logit(batch.others.rate) - base[batch.row])
    number = counts + batch.sum(others_count)
    return np.asarray((above + batch.sum(others_above)) / np.sqrt(np.maximum(number, 1)))
