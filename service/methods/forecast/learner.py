"""The learner as time goes by: truths come in, forecasts go out."""

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
    """Keeps in memory what the service keeps in its database, for a backtest.

    Truths come in the order in which they became known. Those of one moment count together: a fit
    waits until all of them are there.
    """

    def __init__(self) -> None:
        self.rates = Rates()
        self._cases: list[Resolved] = []
        self._reports = 0
        self._state = START
        self._true: defaultdict[tuple[str, Stance], int] = defaultdict(int)
        self._counts: dict[tuple[str, Stance], StanceCount] = {}

    def learn(self, case: Resolved) -> None:
        """Take in how a claim came out."""
        if self._cases and case.known_at > self._cases[-1].known_at:
            self._fit()
        if not case.reports:
            return
        self._cases.append(case)
        self._reports += len(case.reports)
        standing = ClaimVotes()
        for number, report in enumerate(case.reports):
            standing.hear(number, report)
        for number in standing.votes:
            self._count(case, case.reports[number], among=len(standing.votes))

    def _count(self, case: Resolved, vote: ForecastReport, *, among: int) -> None:
        self.rates.add(cell_of(case.claim, vote), truth=case.truth, among=among)
        key = vote.outlet, vote.stance
        self._true[key] += round(case.truth * UNIT)
        self._counts[key] = StanceCount(self._counts.get(key, StanceCount()).claims + 1, self._true[key] / UNIT)

    @property
    def state(self) -> State:
        """What is learned by now."""
        self._fit()
        return self._state

    def _fit(self) -> None:
        if self._reports > self._state.reports and is_due(reports=self._reports, fitted=self._state.reports):
            self._state = refit(self._cases)

    def forecast(
        self, claim: ForecastClaim, reports: Sequence[ForecastReport], *, level: float = 0.9, enough: int = 0
    ) -> Forecast:
        """How likely a claim is to prove true; see `answer.forecast`."""
        return forecast(self.state, self.rates, self._counts, claim, reports, level=level, enough=enough)
