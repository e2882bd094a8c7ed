"""Generated resolved claims, for the learner."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random

from service.methods.forecast import ForecastClaim, ForecastReport, Learner, Resolved
from service.values.vocabulary import ClaimKind, Stance

START_OF_TIME = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
CLAIM = ForecastClaim("alonso", ClaimKind.EVENT, "transfers")


def at(hours):
    """Return an instant this many hours after the start."""
    return START_OF_TIME + dt.timedelta(hours=hours)


def report(outlet="bild", hours=0.0, stance=Stance.SUPPORT, **given):
    """Return a report."""
    return ForecastReport(outlet, stance, at(hours), **given)


def made_up(claims, *, outlets=12, seed=1, truth=None):
    """Return resolved claims, many at one instant, on which outlets are right as often as their number indicates."""
    source = random.Random(seed)  # noqa: S311
    cases = []
    for number in range(claims):
        true = source.random() < 0.4 if truth is None else truth
        reports = []
        for hours in sorted(source.choices(range(20), k=source.randint(1, 7))):
            outlet = source.randrange(outlets)
            right = source.random() < 0.5 + 0.4 * outlet / outlets
            stance = Stance.SUPPORT if right == true else source.choice([Stance.DENY, Stance.COMMENT])
            relays = source.random() < 0.2
            reports.append(
                ForecastReport(
                    outlet=f"outlet-{outlet}",
                    stance=stance,
                    published_at=at(30 * (number // 3) + hours),
                    commitment=source.choice([None, 1, 2, 3, 4]),
                    probability=source.choice([None, None, None, 0.0, 0.3, 0.9]),
                    root=f"outlet-{source.randrange(outlets)}" if relays else None,
                )
            )
        claim = ForecastClaim(
            f"claim-{number}", source.choice(list(ClaimKind)[:2]), source.choice([None, "a", "b"]), number % 4
        )
        cases.append(
            Resolved(claim, reports, source.choice([float(true), 0.5 * true + 0.2]), at(30 * (number // 3 + 1)))
        )
    return cases


def learned(cases):
    """Return a learner trained on claims."""
    learner = Learner()
    for case in cases:
        learner.learn(case)
    return learner


def with_weights(state, weights, deviation=0.0):
    """Return a state with other weights of its models, which have one deviation."""
    models = tuple(
        dataclasses.replace(
            model,
            weights=tuple(own),
            covariance=tuple((*(0.0,) * place, deviation**2) for place in range(len(own))),
            delta=0.5,
        )
        for model, own in zip(state.models, weights, strict=True)
    )
    return dataclasses.replace(state, models=models)
