"""An adapter of the production learner to the interface of the evaluation protocol."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
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
        self._seen: defaultdict[object, list[dict[str, Any]]] = defaultdict(list)

    def predict(self, report: dict[str, Any], ctx: dict[str, Any]) -> float:
        self._days[id(report)] = ctx["t"]
        return self.predict_claim([*ctx["prior"], report], ctx)

    def predict_claim(self, reports: list[dict[str, Any]], ctx: dict[str, Any]) -> float:
        claim = _claim(reports[-1])
        if self._learner.is_decided(claim):
            return 0.0
        return self._learner.forecast(claim, self._reports(reports), now=_moment(ctx["t"])).probability

    def on_report(self, report: dict[str, Any]) -> None:
        """Take note of a report on an open claim, which matters for the rivals of the claim."""
        claim = _claim(report)
        if claim.group is not None:
            self._seen[report["claim_id"]].append(report)
            self._learner.see(claim, self._reports(self._seen[report["claim_id"]]))

    def on_resolve(self, claim_id: object, outcome: float, reports: list[dict[str, Any]], t: float) -> None:
        self._learner.learn(Resolved(_claim(reports[-1]), self._reports(reports), float(outcome), _moment(t)))
        self._seen.pop(claim_id, None)
        for report in reports:
            self._days.pop(id(report), None)

    def _reports(self, reports: list[dict[str, Any]]) -> list[ForecastReport]:
        return [_report(report, _moment(self._days.get(id(report), 0.0))) for report in reports]


def make() -> Adapter:
    """Return an untrained learner."""
    return Adapter()


def _claim(report: dict[str, Any]) -> ForecastClaim:
    due = report.get("resolves_by")
    return ForecastClaim(
        key=str(report["claim_id"]),
        kind=ClaimKind.FACT,
        topic=report.get("topic"),
        rivals=report.get("rivals") or 0,
        group=report.get("group"),
        resolves_by=None if due is None else _instant(due),
    )


def _report(report: dict[str, Any], published_at: dt.datetime) -> ForecastReport:
    return ForecastReport(
        outlet=str(report["outlet"]),
        stance=_STANCES[report["stance"]],
        published_at=published_at,
        commitment=(report.get("x") or {}).get("strength"),
        probability=report.get("probability"),
        rivals=report.get("rivals"),
    )


def _moment(days: float) -> dt.datetime:
    """Convert the protocol's time: days since 1970, or a record's position in a file without times."""
    return _EPOCH + dt.timedelta(days=days)


def _instant(text: str) -> dt.datetime:
    """Convert a time as it is in a record."""
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
