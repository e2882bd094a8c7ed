"""Compare scoring methods on a file of records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypedDict, cast

import click

from service.errors import ServiceError
from service.values.instants import format_instant

if TYPE_CHECKING:
    from rich.table import Table

    from service.backtest import BacktestResult, Coverage, Figure, Measures, MethodScore, Prediction, Record
    from service.backtest.record_lines import RecordLine


class PredictionLine(TypedDict):
    """A line of the file that `--predictions` writes."""

    level: str
    claim_id: str
    outlet: str
    published_at: str
    proved: bool
    probabilities: dict[str, float]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--burn",
    default=0.3,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="The share of the first predictions from which the methods only learn.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--predictions", type=click.File("w"), help="Write every judged prediction to this file, as NDJSON.")
def backtest(file: Path, *, burn: float, as_json: bool, predictions: IO[str] | None) -> None:
    """Compare Borneout's method with six simple ones on the records in FILE.

    A line is a report with its claim and outcome, as in the flat lines of `import`. Each report is predicted as of its
    publication, and each claim as of its resolution, from the records known by then.
    """
    from service.backtest import backtest as judge_methods

    report = judge_methods(_read_records(file), burn=burn)
    if predictions is not None:
        for level, judged in (("report", report.reports), ("claim", report.claims)):
            predictions.writelines(json.dumps(_prediction_line(level, prediction)) + "\n" for prediction in judged)
    if as_json:
        click.echo(_figures(report.scores, report.coverage))
    else:
        _print_tables(report)


def _read_records(file: Path) -> list[Record]:
    from service.backtest import BadRecord, read_records
    from service.transfer.files.open import open_lines
    from service.transfer.files.options import FileOptions

    lines: list[tuple[int, RecordLine]] = []
    with file.open("rb") as stream:
        for number, line in open_lines(stream, FileOptions()):
            if isinstance(line, ServiceError) or not isinstance(line, dict):
                raise click.ClickException(f"Line {number} is not a JSON object.")
            lines.append((number, cast("RecordLine", line)))
    try:
        return read_records(lines)
    except BadRecord as exc:
        raise click.ClickException(str(exc)) from exc


def _print_tables(report: BacktestResult) -> None:
    from rich.console import Console

    console = Console()
    reports = [(score.method, score.reports) for score in report.scores]
    claims = [(score.method, score.claims) for score in report.scores]
    console.print(_table(f"{len(report.reports)} reports, 95 % intervals", reports))
    console.print(_table(f"{len(report.claims)} claims, 95 % intervals", claims))
    console.print(_coverage(report.coverage))


def _table(title: str, verdicts: Iterable[tuple[str, Measures]]) -> Table:
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
    """Format a value with three decimals and without a leading zero, so that a table fits a terminal."""
    return f"{value:.3f}".removeprefix("0")


def _coverage(coverage: Coverage) -> str:
    if coverage.share is None:
        return "Coverage of the intervals of record/2: no outlet has enough claims."
    return (
        f"Coverage of the {coverage.level:.0%} intervals of record/2: {coverage.share:.1%} "
        f"({coverage.inside} of {coverage.outlets} outlets; {coverage.low} did worse than predicted, "
        f"{coverage.high} better)"
    )


def _figures(scores: list[MethodScore], coverage: Coverage) -> str:
    """Return the measures of all methods and the coverage of the intervals as JSON."""
    methods = {score.method: {"reports": asdict(score.reports), "claims": asdict(score.claims)} for score in scores}
    return json.dumps({"methods": methods, "coverage": coverage._asdict() | {"share": coverage.share}}, indent=2)


def _prediction_line(level: str, prediction: Prediction) -> PredictionLine:
    from service.backtest import METHODS

    return {
        "level": level,
        "claim_id": prediction.record.claim,
        "outlet": prediction.record.outlet,
        "published_at": format_instant(prediction.record.published_at),
        "proved": prediction.proved,
        "probabilities": dict(zip(METHODS, prediction.probabilities, strict=True)),
    }
