"""An in-memory learner that learns outcomes one by one and forecasts claims in between."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import count

from service.methods.claim import share_of
from service.methods.forecast.answer import Forecast, forecast
from service.methods.forecast.choice import choose
from service.methods.forecast.claim_votes import ClaimVotes
from service.methods.forecast.groups import rivals_before, topic_of
from service.methods.forecast.records import ForecastClaim, ForecastReport, Known, Open, Resolved, StanceCount, cell_of
from service.methods.forecast.replay import refit
from service.methods.forecast.schedule import is_due
from service.methods.forecast.state import START, State
from service.methods.rates import UNIT, Rates
from service.values.vocabulary import Stance


class Learner:
    """A learner for backtests, which holds in memory the data that the service stores in its database.

    Outcomes are learned in the order in which they are due. The model is refitted only once all outcomes due at
    the same instant have been learned.
    """

    def __init__(self) -> None:
        self.rates = Rates()
        self._cases: list[Resolved] = []
        self._reports = 0
        self._state = START
        self._true: defaultdict[tuple[str, Stance], int] = defaultdict(int)
        self._counts: dict[tuple[str, Stance], StanceCount] = {}
        self._groups: defaultdict[str, dict[str, Known]] = defaultdict(dict)
        self._waiting: list[tuple[dt.datetime, int, Resolved]] = []
        self._arrivals = count()
        self._now: dt.datetime | None = None

    def see(self, claim: ForecastClaim, reports: Sequence[ForecastReport]) -> None:
        """Store an open claim for the forecasts of its rivals."""
        if claim.group is not None:
            self._groups[claim.group][claim.key] = Open(claim, reports)

    def learn(self, case: Resolved) -> None:
        """Learn the outcome of a claim, which counts once it is due; call this in the order of `known_at`."""
        self._learn_before(case.known_at)
        self._now = case.known_at
        if (group := case.claim.group) is not None:
            case = case._replace(reports=[self._with_rivals(case, report) for report in case.reports])
            self._groups[group][case.claim.key] = case
        heappush(self._waiting, (case.learned_at, next(self._arrivals), case))

    def _with_rivals(self, known: Known, report: ForecastReport) -> ForecastReport:
        """Return a report with the number of rivals of its claim at its publication."""
        if report.rivals is not None:
            return report
        others = self._groups[known.claim.group or ""].values()
        opened = sorted(other.reports[0].published_at for other in others if other.reports)
        own = known.reports[0].published_at
        return report._replace(rivals=rivals_before(opened, own, report.published_at))

    def _learn_before(self, moment: dt.datetime) -> None:
        """Learn the outcomes that were due before a moment."""
        while self._waiting and self._waiting[0][0] < moment:
            self._learn(heappop(self._waiting)[2])

    def _learn(self, case: Resolved) -> None:
        if self._cases and case.learned_at > self._cases[-1].learned_at:
            self._fit()
        self._cases.append(case)
        self._reports += len(case.reports)
        current = ClaimVotes()
        for number, report in enumerate(case.reports):
            current.add(number, report)
        for number in current.votes:
            self._count(case, case.reports[number], among=len(current.votes))

    def _count(self, case: Resolved, vote: ForecastReport, *, among: int) -> None:
        self.rates.add_count(cell_of(case.claim, vote).lineage, share_of(case.truth, among=among))
        key = vote.outlet, vote.stance
        self._true[key] += round(case.truth * UNIT)
        self._counts[key] = StanceCount(self._counts.get(key, StanceCount()).claims + 1, self._true[key] / UNIT)

    @property
    def state(self) -> State:
        """The state trained on all outcomes that are due by now."""
        if self._now is not None:
            self._learn_before(self._now + dt.timedelta.resolution)
        self._fit()
        return self._state

    def _fit(self) -> None:
        if self._reports > self._state.reports and is_due(reports=self._reports, fitted=self._state.reports):
            self._state = refit([*self._cases, *self._unlearned()])

    def _unlearned(self) -> Iterator[Open]:
        """Yield, as open claims, the claims whose outcomes are not learned yet."""
        yield from (one for group in self._groups.values() for one in group.values() if isinstance(one, Open))
        yield from (Open(case.claim, case.reports) for _, _, case in self._waiting)

    def is_decided(self, claim: ForecastClaim) -> bool:
        """Return whether another claim of the group is true, so that this one cannot be (R3)."""
        if claim.group is None:
            return False
        rivals = (other for key, other in self._groups[claim.group].items() if key != claim.key)
        return any(isinstance(other, Resolved) and other.truth == 1 for other in rivals)

    def forecast(
        self,
        claim: ForecastClaim,
        reports: Sequence[ForecastReport],
        *,
        now: dt.datetime | None = None,
        level: float = 0.9,
        enough: int = 0,
    ) -> Forecast:
        """Return the probability that a claim proves true; see `answer.forecast` and `choice.choose`.

        Args:
            claim: The claim to forecast.
            reports: All its reports, in the order of publication.
            now: Only outcomes that were due before this moment are used; None for all known outcomes that are due.
            level: Probability inside the interval, 0 < level < 1.
            enough: The number of resolved claims below which the base rate is returned.
        """
        if now is not None:
            self._learn_before(now)
        state, rivals = self.state, self._open_rivals(claim)
        found = [
            forecast(state, self.rates, self._counts, self._with_number(one), said, level=level, enough=enough)
            for one, said in [Open(claim, reports), *rivals]
        ]
        topic = topic_of(one.topic for one in [claim, *(rival.claim for rival in rivals)])
        return choose(found, state.group_rate(topic))[0]

    def _open_rivals(self, claim: ForecastClaim) -> list[Open]:
        if claim.group is None:
            return []
        known = self._groups[claim.group].values()
        return [one for one in known if isinstance(one, Open) and one.claim.key != claim.key]

    def _with_number(self, claim: ForecastClaim) -> ForecastClaim:
        """Return a claim with its number of rivals set to that of the known claims in its group."""
        if claim.group is None:
            return claim
        return claim._replace(rivals=len(self._groups[claim.group].keys() - {claim.key}))
