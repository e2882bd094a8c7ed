"""The records of a backtest."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from service.values.vocabulary import Stance


class Record(NamedTuple):
    """A report with its claim, and the outcome of the claim if it is resolved."""

    outlet: str
    claim: str
    stance: Stance
    topic: str | None
    commitment: int | None
    probability: float | None
    published_at: dt.datetime
    resolved_at: dt.datetime | None
    """The moment of the claim's resolution, not before `published_at`; None if the claim is open."""
    proved: bool
    """Whether the truth of the claim is at least one half; False for an open claim."""
    group: str | None = None
    """The group of rival claims, of which at most one can be true; None for a claim without rivals."""
    rivals: int | None = None
    """The number of other claims in the group at publication; None if it is not given."""
    resolves_by: dt.datetime | None = None
