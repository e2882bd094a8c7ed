"""Sums at past moments, for many lookups at once."""

from __future__ import annotations

import numpy as np

from service.methods.forecast.terms import Ints


class PastSums:
    """Running sums by account and moment, such as the number of votes of each outlet.

    Moments are numbered from 0. Amounts are integers, so the order of entries does not matter.
    """

    def __init__(self, account: Ints, moment: Ints, amounts: Ints, *, accounts: int, moments: int) -> None:
        """Sum the entries of each account by moment.

        Args:
            account: The account of each entry, from 0.
            moment: The moment of each entry, from 0.
            amounts: Entries x kinds of amounts.
            accounts: The number of accounts.
            moments: The number of moments.
        """
        self._moments = moments
        keys = account * moments + moment
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        lasts = np.flatnonzero(np.diff(keys, append=-1))
        self._keys = keys[lasts]
        self._sums = np.zeros((len(lasts) + 1, amounts.shape[1]), dtype=np.int64)
        self._sums[1:] = amounts[order].cumsum(axis=0)[lasts]
        self._starts = np.searchsorted(self._keys, np.arange(accounts) * moments)

    def before(self, account: Ints, moment: Ints) -> Ints:
        """Return the sums of accounts over the entries before a moment: lookups x kinds of amounts."""
        ends = np.searchsorted(self._keys, account * self._moments + moment)
        return np.asarray(self._sums[ends] - self._sums[self._starts[account]])
