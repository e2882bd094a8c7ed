"""An adapter of the production learner to the interface of the evaluation protocol."""

from __future__ import annotations

import datetime as dt
from typing import Any

from service.methods.forecast import ForecastClaim, ForecastReport, Learner, Resolved
from service.values.vocabulary import ClaimKind, Stance

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STANCES = {"asserts": Stance.SUPPORT, "denies": Stance.DENY, "mentions": Stance.COMMENT}


class Adapter:
    """Converts records to reports and resolutions for the learner, and forecasts to probabilities."""

    def __init__(self) -> None:
        self._learner = Learner()
        self._days: dict[int, float] = {}

    def predict(self, report: dict[str, Any], ctx: dict[str, Any]) -> float:
        self._days[id(report)] = ctx["t"]
        return self.predict_claim([*ctx["prior"], report], ctx)

    def predict_claim(self, reports: list[dict[str, Any]], ctx: dict[str, Any]) -> float:
        return self._learner.forecast(_claim(reports[0]), self._reports(reports)).probability

    def on_report(self, report: dict[str, Any]) -> None:
        """Do nothing: the learner ignores reports on open claims."""

    def on_resolve(self, claim_id: object, outcome: float, reports: list[dict[str, Any]], t: float) -> None:
        self._learner.learn(Resolved(_claim(reports[0]), self._reports(reports), float(outcome), _moment(t)))
        for report in reports:
            self._days.pop(id(report), None)

    def _reports(self, reports: list[dict[str, Any]]) -> list[ForecastReport]:
        return [_report(report, _moment(self._days.get(id(report), 0.0))) for report in reports]


def make() -> Adapter:
    """Return an untrained learner."""
    return Adapter()


def _claim(report: dict[str, Any]) -> ForecastClaim:
    return ForecastClaim(str(report["claim_id"]), ClaimKind.FACT, report.get("topic"))


def _report(report: dict[str, Any], published_at: dt.datetime) -> ForecastReport:
    return ForecastReport(
        outlet=str(report["outlet"]),
        stance=_STANCES[report["stance"]],
        published_at=published_at,
        commitment=(report.get("x") or {}).get("strength"),
        probability=report.get("probability"),
    )


def _moment(days: float) -> dt.datetime:
    """Convert the protocol's time: days since 1970, or a record's position in a file without times."""
    return _EPOCH + dt.timedelta(days=days)
