"""Sums as they stood at past moments, for many questions at once."""

from __future__ import annotations

import numpy as np

from service.methods.forecast.features import Ints


class PastSums:
    """What was booked under each of many accounts, by moment.

    Moments are numbers from 0 on. Sums are of whole numbers, so that the order of entries does not matter.
    """

    def __init__(self, account: Ints, moment: Ints, amounts: Ints, *, accounts: int, moments: int) -> None:
        """Book entries.

        Args:
            account: Of each entry, from 0 on.
            moment: Of each entry, from 0 on.
            amounts: Entries x kinds of amounts.
            accounts: How many accounts there are.
            moments: How many moments there are.
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
        """The sums of accounts over the entries before a moment: questions x kinds of amounts."""
        ends = np.searchsorted(self._keys, account * self._moments + moment)
        return np.asarray(self._sums[ends] - self._sums[self._starts[account]])
