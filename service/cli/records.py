"""Resolve claims and show scores."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from uuid import UUID

import click

from service.cli.shared import Connections, with_connections
from service.values.instants import utc_now
from service.values.vocabulary import OPERATOR, Basis, Verdict

if TYPE_CHECKING:
    from service.claims.resolve import NewResolution


@click.command()
@click.argument("claim", type=click.UUID)
@click.argument("verdict", type=click.Choice([*(verdict.value for verdict in Verdict), "withdraw"]))
@click.option(
    "--truth", type=float, help="The part of the claim that was true, from 0 to 1, if the verdict is partial."
)
@click.option(
    "--known-at", help="When the answer became public: an instant with a time zone, or a date.  [default: now]"
)
@click.option("--evidence", multiple=True, help="The URL of evidence. Repeatable.")
@click.option("--note", help="A description of the evidence.")
@click.option("--supersedes", help="The id of the resolution that this one corrects or withdraws.")
@with_connections(writes=True)
def resolve(
    connections: Connections,
    *,
    claim: UUID,
    verdict: str,
    evidence: tuple[str, ...],
    **optional: str | float | None,
) -> None:
    """Resolve CLAIM, or correct or withdraw its resolution."""
    from service.claims import resolve as resolutions
    from service.schemas.loading import load
    from service.schemas.resolutions import RecordedResolutionOut, ResolutionIn

    body = {
        "verdict": None if verdict == "withdraw" else verdict,
        "evidence": list(evidence),
        **{name: value for name, value in optional.items() if value is not None},
    }
    resolution = cast("NewResolution", load(ResolutionIn(), body))
    db, cache, now = connections.db, connections.cache, utc_now()
    recorded = resolutions.resolve_claim(db, cache, claim, resolution=resolution, caller=OPERATOR, now=now)
    click.echo(json.dumps(RecordedResolutionOut().dump(recorded), indent=2))


@click.command()
@click.argument("outlet")
@click.option("--topic", help="Only claims on this topic or below it.")
@click.option(
    "--basis", type=click.Choice([basis.value for basis in Basis]), default=Basis.RESOLVED.value, show_default=True
)
@click.option("--as-of", help="Show the score as of this past instant or date.")
@click.option("--level", default="0.9", show_default=True, help="The probability of the credible interval.")
@with_connections(writes=False)
def score(connections: Connections, *, outlet: str, **options: str | None) -> None:
    """Show the score of OUTLET, a slug or an id, as JSON."""
    from service.outlets.track_record import Lens
    from service.schemas.lens_queries import ScoreQuery
    from service.schemas.loading import load
    from service.schemas.scores import ScoreOut
    from service.scores import read

    query = load(ScoreQuery(), {name: value for name, value in options.items() if value is not None})
    found = read.read_score(connections.db, outlet, lens=Lens(**query), now=utc_now())
    click.echo(json.dumps(ScoreOut().dump(found), indent=2))
