"""Write the results of lines as NDJSON, for `--results` and for import jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NotRequired, TypedDict

from service.errors import ProblemDocument
from service.transfer.lines import LineResult
from service.values.documents import members_of


class ResultLine(TypedDict):
    """The result of a line as a JSON object."""

    line: int
    status: str
    id: NotRequired[str]
    problem: NotRequired[ProblemDocument]
    warnings: NotRequired[list[Mapping[str, str]]]


def result_line(result: LineResult) -> ResultLine:
    """Return the result of a line as a JSON object."""
    line = ResultLine(line=result.number, status=result.status)
    if result.id is not None:
        line["id"] = str(result.id)
    if result.error is not None:
        line["problem"] = result.error.document()
    if result.warnings:
        line["warnings"] = [members_of(warning) for warning in result.warnings]
    return line


def as_ndjson(results: Iterable[LineResult]) -> str:
    """Return the results of lines as NDJSON."""
    return "".join(json.dumps(result_line(result)) + "\n" for result in results)
