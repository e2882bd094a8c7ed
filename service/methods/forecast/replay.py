"""Train the models on the whole record. The order of the rows does not change the result.

The features of a report use only the reports before it, and the outcomes that were due before it. Outcomes of one
moment are learned together. A fit is due when the number of reports on learned claims has grown by a tenth. The result
of a fit does not depend on earlier fits, so a replay makes only the last fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from service.methods.forecast.columns import Columns
from service.methods.forecast.groups import Member, count_groups
from service.methods.forecast.models import MODELS
from service.methods.forecast.past import Past
from service.methods.forecast.records import Known, Resolved, StanceCount
from service.methods.forecast.state import START, State
from service.methods.forecast.terms import STANCES
from service.methods.forecast.training import TrainingRows, train_model
from service.methods.rates import UNIT


def refit(claims: Iterable[Known]) -> State:
    """Return the state trained on all resolved claims, in the order in which they were due.

    Args:
        claims: Every resolved claim with its reports, and every open claim that has rivals, in any order. A claim whose
            outcome is not due yet counts as open.
    """
    groups: defaultdict[str, list[Member]] = defaultdict(list)
    columns = Columns(_resolved(claims, groups))
    if not columns.case_learned_at:
        return START
    past = Past(columns)
    rows = TrainingRows(past)
    claims_, true, *votes = past.totals[-1].tolist()
    return State(
        models=tuple(train_model(rows, model) for model in MODELS),
        trained_on=claims_,
        reports=past.reports,
        true=true / UNIT,
        votes=tuple(
            StanceCount(n, k / UNIT) for n, k in zip(votes[: len(STANCES)], votes[len(STANCES) :], strict=True)
        ),
        groups=count_groups(groups.values(), until=past.fitted_at),
        fitted_at=past.fitted_at,
    )


def _resolved(claims: Iterable[Known], groups: defaultdict[str, list[Member]]) -> Iterator[Resolved]:
    """Yield the resolved claims, and add each claim to its group."""
    for known in claims:
        if known.claim.group is not None:
            groups[known.claim.group].append(Member.of(known))
        if isinstance(known, Resolved):
            yield known
