"""The moves of a score: what one more right or wrong claim must and must not do to it."""

from __future__ import annotations

from collections import defaultdict

from service.backtest.timeline import run
from service.methods.cells import Cell
from service.methods.claim import share_of
from service.methods.context_fit import fit_context
from service.methods.rates import UNIT
from service.methods.reliability import LEVELS, CellRecord, Skill, rate
from service.methods.resolved_record import ResolvedRecord, ResolvedReports
from service.values.vocabulary import ClaimKind, Stance
from tests.support.backtest_records import records_of


def skill_of(record, kappa):
    """Return the skill of a record, given as (resolved, right, rate) by cell."""
    return Skill(tuple(CellRecord(*cell) for cell in record), kappa)


def check_moves(record, e, kappa, **options):
    """Check the effect of one more right and of one more wrong claim, on which an average outlet has the chance e.

    A right claim never lowers the skill or the adjusted mean, nor the low end of the adjusted interval by more than
    .001. A wrong claim never raises the skill or the mean, nor the low end by more than .02; from 20 claims at 90 % by
    more than .002. The reliability moves beyond (n rho + p)/(n + 1), p being the chance of the claim.
    """
    old, up, down = (skill_of(each, kappa) for each in (record, _added(record, e, 1), _added(record, e, 0)))
    before, after, fallen = (rate(each, **options).adjusted for each in (old, up, down))
    middle = (old.resolved * old.reliability + old.chance(e)) / (old.resolved + 1)
    slack = 0.002 if old.resolved >= 20 and options["level"] == 0.9 else 0.02

    assert down.d - 1e-9 <= old.d <= up.d + 1e-9
    assert fallen.mean - 1e-9 <= before.mean <= after.mean + 1e-9
    assert before.lower <= after.lower + 1e-3
    assert fallen.lower <= before.lower + slack
    assert down.reliability - 1e-9 <= middle <= up.reliability + 1e-9
    for skill in (up, down):
        check_range(skill, **options)


def check_range(skill, **options):
    """Check that the reliability is between the shares right and expected, and that the advantage has their sign."""
    rating = rate(skill, **options)
    low, high = sorted((skill.right / skill.resolved, skill.expected / skill.resolved))

    assert low - 1e-12 <= rating.reliability.mean <= high + 1e-12
    assert rating.advantage.log_odds * (skill.right - skill.expected) >= 0
    assert rating.advantage.points * (skill.right - skill.expected) >= 0
    for view in (rating.reliability, rating.adjusted):
        assert 0 <= view.lower <= view.mean <= view.upper <= 1


def _added(record, e, right):
    """Return a record with one more claim, in the cell with this rate or in a new one."""
    cells = {rate: (n, k) for n, k, rate in record}
    n, k = cells.get(e, (0, 0))
    return [(n, k, rate) for rate, (n, k) in (cells | {e: (n + 1, k + right)}).items()]


def random_move(rng):
    """Return the arguments of `check_moves`: a record of 1 to 40,000 claims, any context, and any next claim."""
    sizes = [int(10 ** rng.uniform(0, rng.choice([0.5, 1, 2, 4]))) for _ in range(rng.randint(1, 4))]
    record = [(n, rng.choice([0, n, rng.randint(0, n), rng.random() * n]), _random_rate(rng)) for n in sizes]
    record = list({rate: (n, k, rate) for n, k, rate in record}.values())
    e = rng.choice([*(rate for _, _, rate in record), _random_rate(rng)])
    kappa = rng.choice([3, 60, rng.uniform(3, 60)])
    reference, drift = rng.choice([0.5, rng.uniform(0.01, 0.99)]), rng.choice([0, 0.2, 0.5, rng.random()])
    return (record, e, kappa), {"reference": reference, "drift": drift, "level": rng.choice(LEVELS)}


def _random_rate(rng):
    return rng.choice([0.01, 0.99, rng.uniform(0.01, 0.99)])


def moves_in(path):
    """Yield the arguments of `check_moves` for each claim of each outlet in a file, after the claims before it.

    The context is fitted to the whole file.
    """
    results = defaultdict(list)
    record = ResolvedRecord()
    for claim in run(records_of(path), []).resolutions:
        sides = {one.outlet: one for one in claim.reports if one.stance.takes_side}
        cells = {outlet: Cell(one.stance, ClaimKind.FACT, one.commitment, one.topic) for outlet, one in sides.items()}
        rights = {outlet: int(claim.proved == (one.stance is Stance.SUPPORT)) for outlet, one in sides.items()}
        votes = [(cell, share_of(float(claim.proved), among=len(cells))) for cell in cells.values()]
        scored = [(outlet, cells[outlet], right * UNIT) for outlet, right in rights.items()]
        record.add(ResolvedReports(votes, scored), since=claim.known_at)
        for outlet, cell in cells.items():
            results[outlet].append((cell, rights[outlet]))
    context = fit_context(record)
    options = {"reference": context.reference(None), "drift": context.drift}
    for claims in results.values():
        cells = {}
        for cell, right in claims:
            e = context.expected(cell)
            if cells:
                yield ([(n, k, rate) for rate, (n, k) in cells.items()], e, context.kappa), options
            n, k = cells.get(e, (0, 0))
            cells[e] = n + 1, k + right
