"""Refit the models, rebuild the sums, and verify the ledger."""

from __future__ import annotations

import click

from service.cli.shared import Connections, with_connections
from service.values.instants import utc_now


@click.command()
@with_connections(writes=True)
def refit(connections: Connections) -> None:
    """Refit the score context and the forecast learner now, instead of waiting for the worker."""
    from service.claims.learner import refit_learner
    from service.scores.context_refit import refit_context

    now = utc_now()
    context = refit_context(connections.db, connections.cache, now=now, at_once=True)
    click.echo("The context is unchanged." if context is None else f"Scores now use context {context}.")
    is_refitted = refit_learner(connections.db, now=now)
    click.echo("Forecasts now use a new learner." if is_refitted else "The learner of forecasts is unchanged.")


@click.command()
@with_connections(writes=True)
def rebuild(connections: Connections) -> None:
    """Recompute the sums behind scores and the search index from the rows, and print the number of differences."""
    from service.cache.invalidation import invalidate_all
    from service.claims.rebuild_search import rebuild_search
    from service.outlets.rebuild_sums import rebuild_sums

    differed = rebuild_sums(connections.db, now=utc_now())
    invalidate_all(connections.cache)
    click.echo(f"{differed} subtotals differed from the rows and were corrected.")
    found = rebuild_search(connections.db)
    click.echo(f"{found} claims, reports and outlets had wrong search terms and were corrected.")


@click.command()
@click.option(
    "--head", metavar="HASH", help="A head that you noted from a score or /v1/ledger. The ledger must contain it."
)
@with_connections(writes=False)
def verify(connections: Connections, *, head: str | None) -> None:
    """Compare every row and sum with the ledger, check the ledger itself, and print the differences.

    The exit code is 1 if there are any. This detects changes that bypassed the service, except those newer than the
    last seal. To detect a ledger that was forged as a whole, give a head that you stored separately.
    """
    from service.ledger.verify import verify_ledger
    from service.scores.standings import wrong_standings

    count = 0
    for finding in verify_ledger(connections.db, head=head):
        count += 1
        click.echo(f"{finding.table} {finding.key}: {finding.difference}")
    for basis, slug in wrong_standings(connections.db, now=utc_now()):
        count += 1
        click.echo(f"standing {slug} {basis}: differs from the score; `borneout rebuild` computes it again")
    if count:
        raise click.exceptions.Exit(1)
    click.echo("Everything matches the ledger.")
