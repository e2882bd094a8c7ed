"""The state of the trained models, stored as a few kilobytes of JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any

from service.methods.forecast.fitted_model import FittedModel, unfitted
from service.methods.forecast.groups import GroupCount, group_rate
from service.methods.forecast.likelihood import COPYING
from service.methods.forecast.models import MODELS
from service.methods.forecast.records import StanceCount
from service.methods.forecast.terms import STANCES
from service.values.instants import format_instant, parse_instant
from service.values.vocabulary import Stance

METHOD = "forecast/2"
BUILD = f"{METHOD} {hashlib.sha256(repr((MODELS, COPYING)).encode()).hexdigest()[:16]}"
"""The method and a hash of its models. A state is valid only for the models that it was trained for."""


@dataclass(frozen=True, slots=True)
class State:
    """The trained models, and the record of all outlets together at the fit."""

    models: tuple[FittedModel, ...]
    """The trained models, in the order of `models.MODELS`."""
    trained_on: int
    """The number of resolved claims with a report."""
    reports: int
    """The number of reports on these claims."""
    true: float
    """The number of these claims that proved true."""
    votes: tuple[StanceCount, ...]
    """The number of votes on these claims by stance, and of those on true claims, as in `terms.STANCES`."""
    groups: tuple[GroupCount, ...]
    """The counts of settled groups of rival claims, by topic."""
    fitted_at: dt.datetime | None
    """The moment of the last outcomes learned; None before any training."""

    @property
    def base_rate(self) -> float:
        """The rate at which claims prove true, strictly between 0 and 1."""
        return (self.true + 1) / (self.trained_on + 2)

    def group_rate(self, topic: str | None) -> float:
        """Return the chance that one claim of a group on a topic proves true."""
        return group_rate(self.groups, topic)

    def to_json(self) -> dict[str, Any]:
        """Return the state as JSON. `from_json` restores it exactly."""
        return {
            "method": METHOD,
            "terms": [list(model.names) for model in MODELS],
            "models": [model.to_json() for model in self.models],
            "trained_on": self.trained_on,
            "reports": self.reports,
            "true": self.true,
            "votes": {stance: list(count) for stance, count in zip(STANCES, self.votes, strict=True)},
            "groups": [list(count) for count in self.groups],
            "fitted_at": None if self.fitted_at is None else format_instant(self.fitted_at),
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> State:
        """Return the state that `to_json` wrote.

        Raises:
            ValueError: Another version of the method wrote it.
        """
        if row["method"] != METHOD or row["terms"] != [list(model.names) for model in MODELS]:
            raise ValueError(f"Another version of {METHOD} wrote this state. Train the model again.")
        return cls(
            models=tuple(map(FittedModel.from_json, row["models"])),
            trained_on=row["trained_on"],
            reports=row["reports"],
            true=row["true"],
            votes=tuple(StanceCount(*row["votes"][Stance(stance)]) for stance in STANCES),
            groups=tuple(GroupCount(*count) for count in row["groups"]),
            fitted_at=None if row["fitted_at"] is None else parse_instant(row["fitted_at"]),
        )


START = State(
    models=tuple(map(unfitted, MODELS)),
    trained_on=0,
    reports=0,
    true=0.0,
    votes=(StanceCount(),) * len(STANCES),
    groups=(),
    fitted_at=None,
)
"""The state before any training: the priors of the weights."""
