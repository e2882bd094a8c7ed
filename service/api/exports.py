"""/v1/export"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial

from flask import Response
from sqlalchemy.orm import Session

from service.outlets.track_record import Lens
from service.schemas.export_requests import ExportRequest, OutletFilters, RecordFilters, ScoreFilters, TopicFilters
from service.schemas.exports import (
    ExportedClaimsQuery,
    ExportedOutletsQuery,
    ExportedReportsQuery,
    ExportedResolutionsQuery,
    ExportedScoresQuery,
    ExportedTopicsQuery,
)
from service.schemas.scores import ScoreOut
from service.transfer.export import lines, report_lines, summaries
from service.transfer.export.lines import Line
from service.transfer.export.report_lines import ReportFilters
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.line_stream import Columns, sends_lines, stream_lines

blp = Blueprint("exports", __name__, url_prefix="/v1/export", description="Exports of the whole record.")

_SCORE = ScoreOut()


@blp.route("/outlets")
@requires(Scope.READ)
@blp.arguments(ExportedOutletsQuery, location="query")
@sends_lines("The outlets, one on each line.")
def export_outlets(query: ExportRequest[OutletFilters]) -> Response:
    """Export outlets

    Returns the outlets that match all filters, each after its parent, and then the merged outlets. As NDJSON, each line
    is an outlet line that an import reads, and `merged_into` is the slug of the outlet that a merged one counts as.

    All lines show the state of one moment. They are streamed, so their number is not limited. A response that is cut
    off ends without its last chunk.
    """
    read = partial(lines.outlet_lines, **query.filters)
    return stream_lines("outlets", query.format, read, Columns(lines.OUTLET_COLUMNS, read))


@blp.route("/claims")
@requires(Scope.READ)
@blp.arguments(ExportedClaimsQuery, location="query")
@sends_lines("The claims, one on each line.")
def export_claims(query: ExportRequest[RecordFilters]) -> Response:
    """Export claims

    Returns the claims that match all filters, the oldest first. As NDJSON, each line is a claim line that an import
    reads: import the outlets before the claims, and the reports after them. The `external_id` of a claim without one is
    its id.
    """
    read = partial(lines.claim_lines, now=utc_now(), **query.filters)
    return stream_lines("claims", query.format, read, Columns(lines.CLAIM_COLUMNS, read))


@blp.route("/reports")
@requires(Scope.READ)
@blp.arguments(ExportedReportsQuery, location="query")
@sends_lines("The reports, one on each line.")
def export_reports(query: ExportRequest[ReportFilters]) -> Response:
    """Export reports

    Returns the reports that match all filters and are not withdrawn, sorted by claim. As NDJSON, each line is a report
    line that an import reads. As CSV, each row is a flat line: a report with its claim and the outcome, which an import
    reads without any other file. Flat lines have no columns for quotes, relays and kinds of claims.
    """
    read = partial(report_lines.report_lines, now=utc_now(), **query.filters)
    read_flat = partial(report_lines.flat_report_lines, now=utc_now(), **query.filters)
    return stream_lines("reports", query.format, read, Columns(report_lines.FLAT_COLUMNS, read_flat))


@blp.route("/resolutions")
@requires(Scope.READ)
@blp.arguments(ExportedResolutionsQuery, location="query")
@sends_lines("The resolutions, one on each line.")
def export_resolutions(query: ExportRequest[RecordFilters]) -> Response:
    """Export resolutions

    Returns the resolutions in effect that match all filters, sorted by claim. As NDJSON, each line is a resolution line
    that an import reads; import the reports first.
    """
    read = partial(lines.resolution_lines, now=utc_now(), **query.filters)
    return stream_lines("resolutions", query.format, read, Columns(lines.RESOLUTION_COLUMNS, read))


@blp.route("/scores")
@requires(Scope.READ)
@blp.arguments(ExportedScoresQuery, location="query")
@sends_lines("The scores, one on each line.")
def export_scores(query: ExportRequest[ScoreFilters]) -> Response:
    """Export scores

    Returns the current score of every outlet that has one and matches the filters, sorted by slug. As NDJSON, each line
    has the members of `GET /v1/outlets/{outlet}/score`. As CSV, nested members are columns such as `adjusted_mean`.
    """
    read = partial(_score_lines, query.filters, utc_now())
    return stream_lines("scores", query.format, read, Columns(summaries.SCORE_COLUMNS, read))


@blp.route("/topics")
@requires(Scope.READ)
@blp.arguments(ExportedTopicsQuery, location="query")
@sends_lines("The topics, one on each line.")
def export_topics(query: ExportRequest[TopicFilters]) -> Response:
    """Export topics

    Returns the topics of claims and all topics above them, each directly followed by the topics below it. The counts
    are the same as in `GET /v1/topics`.
    """
    read = partial(summaries.topic_lines, now=utc_now(), **query.filters)
    return stream_lines("topics", query.format, read, Columns(summaries.TOPIC_COLUMNS, read))


def _score_lines(filters: ScoreFilters, now: dt.datetime, session: Session) -> Iterator[Line]:
    lens = Lens(filters["topic"], filters["basis"], filters["as_of"], recorded_by=None, level=filters["level"])
    kind, since = filters.get("kind"), filters.get("since")
    for score in summaries.exported_scores(session, lens=lens, kind=kind, since=since, now=now):
        yield {"type": "score", **_SCORE.dump(score)}
