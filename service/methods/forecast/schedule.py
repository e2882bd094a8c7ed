"""The schedule of fits: one is due when the number of reports has grown by a tenth."""

from __future__ import annotations

import numpy as np

from service.methods.forecast.terms import Ints


def is_due(*, reports: int, fitted: int) -> bool:
    """Return whether the number of reports on learned claims has grown by a tenth since the last fit."""
    return 10 * reports >= 11 * fitted


def due_fits(reports: Ints) -> Ints:
    """Return the indexes of the moments at which a fit was due, given the reports learned at each."""
    total = reports.cumsum()
    fits = [0]
    while (after := int(np.searchsorted(10 * total, 11 * total[fits[-1]]))) < len(total):
        fits.append(after)
    return np.array(fits)
