"""Fit anew what scores are held against; hold the sums against the rows, and the rows against the ledger."""

from __future__ import annotations

import datetime as dt

import click

from service.cli.shared import Place, with_place


@click.command()
@with_place(writes=True)
def refit(place: Place) -> None:
    """Learn from everything resolved so far, for scores and forecasts, without waiting for the worker to do it."""
    from service.claims.forecast import refit_learner
    from service.scores.contexts import refit_context

    now = dt.datetime.now(dt.UTC)
    context = refit_context(place.db, place.cache, now=now, at_once=True)
    click.echo("The context stands." if context is None else f"Scores are held against {context.id} now.")
    learned = refit_learner(place.db, now=now)
    click.echo(
        "Forecasts are made from what was learned just now." if learned else "Forecasts have nothing new to learn from."
    )


@click.command()
@with_place(writes=True)
def rebuild(place: Place) -> None:
    """Recompute the sums that scores rest on from the rows, and say how many differed."""
    from service.outlets.rebuild_sums import rebuild_sums

    differed = rebuild_sums(place.db, now=dt.datetime.now(dt.UTC))
    place.cache.invalidate_all()
    click.echo(f"{differed} subtotals differed from the rows and were set right.")


@click.command()
@click.option("--head", metavar="HASH", help="A head that you noted, from a score or /v1/ledger: it has to be there.")
@with_place(writes=False)
def verify(place: Place, *, head: str | None) -> None:
    """Hold every row, every sum and the ledger itself against the ledger, and say what differs.

    Ends with exit code 1 if something does. What somebody wrote past the service shows, but for what is younger than
    the last seal; a ledger that was made up as a whole shows only against a head that was noted elsewhere.
    """
    from service.ledger.verify import verify_ledger

    found = 0
    for found, finding in enumerate(verify_ledger(place.db, head=head), start=1):  # noqa: B007 - how many there are
        click.echo(f"{finding.table} {finding.key}: {finding.difference}")
    if found:
        raise click.exceptions.Exit(1)
    click.echo("Everything is as it was entered.")
