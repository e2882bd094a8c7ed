"""Judge the methods on a file of records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from service.errors import ServiceError
from service.values.instants import format_instant

if TYPE_CHECKING:
    from rich.table import Table

    from service.backtest import Coverage, Figure, Prediction, Score, Verdict


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--burn",
    default=0.3,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="The first share of the predictions, which are learned from and not judged.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--predictions", type=click.File("w"), help="Write every judged prediction to this file, as NDJSON.")
def backtest(file: Path, *, burn: float, as_json: bool, predictions: IO[str] | None) -> None:
    """Hold our method and six simple ones against the records in FILE.

    A line is a report with its claim and outcome, a flat line as for `import`. Each is predicted when it was published
    and each claim when it was resolved, from what was known by then.
    """
    from rich.console import Console

    from service.backtest import backtest as judge_methods

    found = judge_methods(_records(file), burn=burn)
    if predictions is not None:
        for level, made in (("report", found.reports), ("claim", found.claims)):
            predictions.writelines(json.dumps(_line(level, prediction)) + "\n" for prediction in made)
    if as_json:
        click.echo(json.dumps(_figures(found.scores, found.coverage), indent=2))
        return
    console = Console()
    for level in ("reports", "claims"):
        number = len(found.reports if level == "reports" else found.claims)
        console.print(
            _table(f"{number} {level}, 95 % intervals", [(s.method, getattr(s, level)) for s in found.scores])
        )
    console.print(_coverage(found.coverage))


def _records(file: Path) -> Any:
    from service.backtest import BadRecord, read_records
    from service.transfer.lines import read_ndjson

    lines = []
    with file.open("rb") as stream:
        for number, line in read_ndjson(stream):
            if isinstance(line, ServiceError) or not isinstance(line, dict):
                raise click.ClickException(f"Line {number} is not a JSON object.")
            lines.append((number, line))
    try:
        return read_records(lines)
    except BadRecord as exc:
        raise click.ClickException(str(exc)) from exc


def _table(title: str, verdicts: list[tuple[str, Verdict]]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    table.add_column("method", no_wrap=True)
    for name in ("log loss", "Brier", "AUC", "ECE"):
        table.add_column(name, justify="right")
    for method, verdict in verdicts:
        table.add_row(method, *map(_cell, (verdict.log_loss, verdict.brier, verdict.auc, verdict.ece)))
    return table


def _cell(figure: Figure) -> str:
    if figure.value is None or figure.lower is None or figure.upper is None:
        return "-"
    return f"{_short(figure.value)}\n{_short(figure.lower)}-{_short(figure.upper)}"


def _short(value: float) -> str:
    """Three places, without the nought before the point, so that a table fits a terminal."""
    return f"{value:.3f}".removeprefix("0")


def _coverage(coverage: Coverage) -> str:
    if coverage.share is None:
        return "Coverage of the intervals of record/1: no outlet has enough claims."
    return (
        f"Coverage of the {coverage.level:.0%} intervals of record/1: {coverage.share:.1%} "
        f"({coverage.inside} of {coverage.outlets} outlets)"
    )


def _figures(scores: list[Score], coverage: Coverage) -> dict[str, Any]:
    return {
        "methods": {
            score.method: {"reports": asdict(score.reports), "claims": asdict(score.claims)} for score in scores
        },
        "coverage": coverage._asdict() | {"share": coverage.share},
    }


def _line(level: str, made: Prediction) -> dict[str, Any]:
    from service.backtest import METHODS

    return {
        "level": level,
        "claim_id": made.record.claim,
        "outlet": made.record.outlet,
        "published_at": format_instant(made.record.published_at),
        "proved": made.proved,
        "probabilities": dict(zip(METHODS, made.probabilities, strict=True)),
    }
