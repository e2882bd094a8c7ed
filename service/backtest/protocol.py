"""The interface of a method in a backtest, and the results of a run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from service.backtest.records import Record


class Method(Protocol):
    """A forecast method to evaluate, which must not read `resolved_at` or `proved` of records."""

    def predict(self, reports: Sequence[Record]) -> float:
        """Return the probability that a claim is true, given its reports so far, the latest last."""

    def learn(self, reports: Sequence[Record], *, proved: bool, known_at: dt.datetime) -> None:
        """Learn from the outcome of a claim, given its reports before the resolution."""


@runtime_checkable
class Watching(Protocol):
    """A method that also needs the current time and the claims that are still open."""

    def watch(self, claims: Sequence[Sequence[Record]], *, now: dt.datetime) -> None:
        """Store the current time, and all reports so far of each claim that has a report at this time."""


class Prediction(NamedTuple):
    """The predictions of all methods for a report at publication, or for a claim at resolution."""

    record: Record
    """The report, or the last report of the claim."""
    proved: bool
    probabilities: tuple[float, ...]


class ResolvedClaim(NamedTuple):
    """A resolved claim, with its reports up to the resolution."""

    reports: list[Record]
    proved: bool
    known_at: dt.datetime


class Run(NamedTuple):
    """The predictions and the resolved claims of a backtest, in time order."""

    reports: list[Prediction]
    claims: list[Prediction]
    resolutions: list[ResolvedClaim]
