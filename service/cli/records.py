"""Load files, resolve claims and show scores."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service import resolutions, scores
from service.cli.shared import Name, Place, with_place
from service.errors import ServiceError
from service.imports import BATCH, LineResult, LineStatus, ReadLine, load_lines
from service.lines import read_csv, read_ndjson
from service.schemas.lines import FlatLine
from service.schemas.loading import load
from service.schemas.resolutions import ResolutionIn, ResolutionOut
from service.schemas.scores import ScoreQuery
from service.vocabulary import OPERATOR, Basis, Verdict


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--feed", type=Name(100), help="Put before each claim_id, so that two files may use the same.")
@with_place
def import_file(place: Place, *, file: Path, feed: str | None) -> None:
    """Load reports from FILE: NDJSON, or CSV if its name ends in .csv.

    A line that cannot be loaded is reported with its number and the rest goes on; what is on record
    already is left as it is. An import that was cut off is finished by running it again.
    """
    counts = dict.fromkeys(LineStatus, 0)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with file.open("rb") as stream, Progress(*columns, console=console) as progress:
        task = progress.add_task(file.name, total=file.stat().st_size)
        lines = _lines(stream, csv=file.suffix.lower() == ".csv")
        while batch := list(islice(lines, BATCH)):
            now = dt.datetime.now(dt.UTC)
            for result in load_lines(place.db, place.cache, batch, feed=feed, caller=OPERATOR, now=now):
                counts[result.status] += 1
                if result.error is not None:
                    console.print(_rejection(result, result.error), markup=False, highlight=False, soft_wrap=True)
            progress.update(task, completed=stream.tell())
    click.echo(f"{sum(counts.values())} lines: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    if counts[LineStatus.REJECTED]:
        raise click.exceptions.Exit(1)


def _lines(stream: BinaryIO, *, csv: bool) -> Iterator[ReadLine]:
    schema = FlatLine()
    for number, content in read_csv(stream, schema.fields.keys()) if csv else read_ndjson(stream):
        yield ReadLine(number, _content(schema, content))


def _content(schema: FlatLine, content: Any) -> Any:
    if isinstance(content, ServiceError):
        return content
    try:
        return load(schema, content)
    except ServiceError as exc:
        return exc


def _rejection(result: LineResult, error: ServiceError) -> str:
    places = [f"{place['pointer'] or 'the line'}: {place['detail']}" for place in error.errors] or [error.detail]
    return f"line {result.number} rejected ({error.name}): {' '.join(places)}"


@click.command()
@click.argument("claim", type=click.UUID)
@click.argument("verdict", type=click.Choice([*(verdict.value for verdict in Verdict), "withdraw"]))
@click.option("--truth", type=float, help="How much was so, between 0 and 1, if the verdict is partial.")
@click.option("--known-at", help="When the answer became public.  [default: now]")
@click.option("--evidence", multiple=True, help="An address that shows it; can be given more than once.")
@click.option("--note", help="What was seen.")
@click.option("--supersedes", help="The id of the resolution that this one corrects or withdraws.")
@with_place
def resolve(place: Place, *, claim: UUID, verdict: str, evidence: tuple[str, ...], **given: Any) -> None:
    """Say how CLAIM came out, or correct or withdraw what was said."""
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
@with_place
def score(place: Place, *, outlet: str, **given: str | None) -> None:
    """Show the score of OUTLET, a slug or an id, as JSON."""
    query = load(ScoreQuery(), {name: value for name, value in given.items() if value is not None})
    answer, _ = scores.outlet_score(place.db, place.cache, outlet, **query, now=dt.datetime.now(dt.UTC))
    click.echo(json.dumps(json.loads(answer.body), indent=2))
