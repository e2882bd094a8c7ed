"""Fit anew what scores are held against, and hold the sums against the rows."""

from __future__ import annotations

import datetime as dt

import click

from service.cli.shared import Place, with_place
from service.contexts import refit_context
from service.forecasts import refit_learner
from service.rebuild import rebuild_sums


@click.command()
@with_place
def refit(place: Place) -> None:
    """Learn from everything resolved so far, for scores and forecasts, without waiting for the worker to do it."""
    now = dt.datetime.now(dt.UTC)
    context = refit_context(place.db, place.cache, now=now, at_once=True)
    click.echo("The context stands." if context is None else f"Scores are held against {context.id} now.")
    learned = refit_learner(place.db, now=now)
    click.echo(
        "Forecasts are made from what was learned just now." if learned else "Forecasts have nothing new to learn from."
    )


@click.command()
@with_place
def rebuild(place: Place) -> None:
    """Recompute the sums that scores rest on from the rows, and say how many differed."""
    differed = rebuild_sums(place.db, now=dt.datetime.now(dt.UTC))
    place.cache.forget_all()
    click.echo(f"{differed} subtotals differed from the rows and were set right.")
