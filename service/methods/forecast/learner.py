"""The learner in memory: it learns outcomes one by one, and forecasts claims in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from service.methods.forecast.answer import Forecast, forecast
from service.methods.forecast.past import is_due
from service.methods.forecast.records import ClaimVotes, ForecastClaim, ForecastReport, Resolved, StanceCount, cell_of
from service.methods.forecast.replay import refit
from service.methods.forecast.state import START, State
from service.methods.rates import UNIT, Rates
from service.values.vocabulary import Stance


class Learner:
    """A learner for backtests that holds in memory the data that the service stores in its database.

    Outcomes are learned in the order of `known_at`. Those of one instant count together: a fit waits for all of them.
    """

    def __init__(self) -> None:
        self.rates = Rates()
        self._cases: list[Resolved] = []
        self._reports = 0
        self._state = START
        self._true: defaultdict[tuple[str, Stance], int] = defaultdict(int)
        self._counts: dict[tuple[str, Stance], StanceCount] = {}

    def learn(self, case: Resolved) -> None:
        """Learn the outcome of a claim."""
        if self._cases and case.known_at > self._cases[-1].known_at:
            self._fit()
        if not case.reports:
            return
        self._cases.append(case)
        self._reports += len(case.reports)
        current = ClaimVotes()
        for number, report in enumerate(case.reports):
            current.add(number, report)
        for number in current.votes:
            self._count(case, case.reports[number], among=len(current.votes))

    def _count(self, case: Resolved, vote: ForecastReport, *, among: int) -> None:
        self.rates.add(cell_of(case.claim, vote), truth=case.truth, among=among)
        key = vote.outlet, vote.stance
        self._true[key] += round(case.truth * UNIT)
        self._counts[key] = StanceCount(self._counts.get(key, StanceCount()).claims + 1, self._true[key] / UNIT)

    @property
    def state(self) -> State:
        """The current state."""
        self._fit()
        return self._state

    def _fit(self) -> None:
        if self._reports > self._state.reports and is_due(reports=self._reports, fitted=self._state.reports):
            self._state = refit(self._cases)

    def forecast(
        self, claim: ForecastClaim, reports: Sequence[ForecastReport], *, level: float = 0.9, enough: int = 0
    ) -> Forecast:
        """Return the probability that a claim proves true; see `answer.forecast`."""
        return forecast(self.state, self.rates, self._counts, claim, reports, level=level, enough=enough)
