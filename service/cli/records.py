"""Resolve claims and show scores."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

import click

from service.cli.shared import Place, with_place
from service.values.vocabulary import OPERATOR, Basis, Verdict


@click.command()
@click.argument("claim", type=click.UUID)
@click.argument("verdict", type=click.Choice([*(verdict.value for verdict in Verdict), "withdraw"]))
@click.option("--truth", type=float, help="How much was so, between 0 and 1, if the verdict is partial.")
@click.option("--known-at", help="When the answer became public.  [default: now]")
@click.option("--evidence", multiple=True, help="An address that shows it; can be given more than once.")
@click.option("--note", help="What was seen.")
@click.option("--supersedes", help="The id of the resolution that this one corrects or withdraws.")
@with_place(writes=True)
def resolve(place: Place, *, claim: UUID, verdict: str, evidence: tuple[str, ...], **given: Any) -> None:
    """Say how CLAIM came out, or correct or withdraw what was said."""
    from service.claims import resolve as resolutions
    from service.schemas.loading import load
    from service.schemas.resolutions import ResolutionIn, ResolutionOut

    sent = {name.replace("-", "_"): value for name, value in given.items() if value is not None}
    body = {**sent, "verdict": None if verdict == "withdraw" else verdict, "evidence": list(evidence)}
    resolution: Any = load(ResolutionIn(), body)
    now = dt.datetime.now(dt.UTC)
    done = resolutions.resolve_claim(place.db, place.cache, claim, resolution=resolution, caller=OPERATOR, now=now)
    click.echo(json.dumps(ResolutionOut().dump(done), indent=2))


@click.command()
@click.argument("outlet")
@click.option("--topic", help="Only claims of this topic.")
@click.option(
    "--basis", type=click.Choice([basis.value for basis in Basis]), default=Basis.RESOLVED.value, show_default=True
)
@click.option("--as-of", help="As it was known at this past moment.")
@click.option("--level", default="0.9", show_default=True, help="Probability inside the interval.")
@with_place(writes=False)
def score(place: Place, *, outlet: str, **given: str | None) -> None:
    """Show the score of OUTLET, a slug or an id, as JSON."""
    from service.schemas.loading import load
    from service.schemas.scores import ScoreQuery
    from service.scores import read

    query = load(ScoreQuery(), {name: value for name, value in given.items() if value is not None})
    answer, _ = read.outlet_score(place.db, place.cache, outlet, **query, now=dt.datetime.now(dt.UTC))
    click.echo(json.dumps(json.loads(answer.body), indent=2))
