"""The schemas of lines of import files, and the conversion of a line to its content."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypedDict

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.claims.record import NewClaim
from service.claims.report_rules import NewReport
from service.claims.resolve import NewResolution
from service.errors import InvalidBody, ServiceError
from service.outlets.known import OutletName
from service.schemas.claims import EXTERNAL_ID_LENGTH, MAX_REPORTS, ClaimIn
from service.schemas.fields import Body, DateOrInstant, Instant, Number, Text, TopicPath, WebAddress, one_of
from service.schemas.loading import load
from service.schemas.outlets import OutletIn
from service.schemas.reports import ReportIn
from service.schemas.resolutions import ResolutionIn
from service.schemas.words import Outcome, OutcomeWord, StanceWord, WholeNumber
from service.transfer.claimreview.linked import find_reviews, is_linked_data, spread_reviews
from service.transfer.claimreview.node import Node
from service.transfer.claimreview.review import in_review, read_review
from service.transfer.files.notations import explain
from service.transfer.lines import (
    ClaimLine,
    FlatLine,
    Line,
    OutletLine,
    ReadLine,
    ReportLine,
    ResolutionLine,
    ReviewLine,
)
from service.values.ids import NAME_LENGTH, SLUG_LENGTH
from service.values.instants import end_of_day, start_of_day
from service.values.vocabulary import ClaimKind, Precision, Stance, StanceSource


class FlatLineIn(Body):
    """A flat line: one report with its claim and outcome. The member `x` is ignored."""

    outlet = Text(NAME_LENGTH, required=True)
    claim_id = Text(200, required=True)
    claim = Text(2000, required=True)
    stance = StanceWord(load_default=None, allow_none=True)
    published_at = DateOrInstant(required=True)
    url = WebAddress(load_default=None, allow_none=True)
    topic = TopicPath(load_default=None, allow_none=True)
    probability = Number(load_default=None, allow_none=True, validate=Range(0, 1))
    commitment = WholeNumber(load_default=None, allow_none=True, validate=Range(1, 4))
    outcome = OutcomeWord(load_default=None, allow_none=True)
    resolved_at = DateOrInstant(load_default=None, allow_none=True)
    x = ma.fields.Raw(load_default=None, allow_none=True)


class ClaimLineIn(ClaimIn):
    """A claim line: a claim with its reports and its resolution."""

    reports = ma.fields.List(ma.fields.Nested(ReportIn), load_default=list, validate=Length(max=MAX_REPORTS))
    resolution = ma.fields.Nested(ResolutionIn, load_default=None, allow_none=True)


class OutletLineIn(OutletIn):
    """An outlet line: an outlet, and the outlet that it was merged into."""

    merged_into = Text(SLUG_LENGTH, load_default=None, allow_none=True)


class ReportLineIn(ReportIn):
    """A report line: a report with the members that exports add. Its `recorded_at` is ignored."""

    claim = Text(EXTERNAL_ID_LENGTH, required=True)
    lexicon = Text(16, allow_none=True)
    published_precision = one_of(Precision, load_default=Precision.INSTANT)
    stance_source = one_of(StanceSource, load_default=StanceSource.STATED)
    recorded_at = Instant()

    @ma.post_load
    def clear_derived_stance(self, report: _Report, **_: object) -> _Report:
        """Clear a stance that came from the probability, so that it is derived afresh (R6b).

        Reject the line if the two disagree.
        """
        stance, probability = report["stance"], report["probability"]
        if report.pop("stance_source") is StanceSource.PROBABILITY:
            if probability is None or stance not in (None, Stance.implied_by(probability)):
                raise ma.ValidationError("The probability of the line does not imply its stance.", "stance")
            report["stance"] = None
        return report


class ResolutionLineIn(ResolutionIn):
    """A resolution line: a resolution with its claim, and the precision that exports add."""

    claim = Text(EXTERNAL_ID_LENGTH, required=True)
    known_precision = one_of(Precision)


class _Claim(NewClaim, total=False):
    """A parsed claim line: a claim with its reports and its resolution."""

    reports: list[NewReport]
    resolution: NewResolution | None


class _Report(NewReport, total=False):
    """A parsed report line: a report with its claim and the members that exports add."""

    claim: str
    published_precision: Precision
    stance_source: StanceSource
    recorded_at: dt.date


class _Resolution(NewResolution, total=False):
    """A parsed resolution line: a resolution with its claim."""

    claim: str


class _Flat(TypedDict):
    """A parsed flat line: one report with its claim and outcome."""

    outlet: str
    claim_id: str
    claim: str
    stance: Stance | None
    published_at: dt.date
    url: str | None
    topic: str | None
    probability: float | None
    commitment: int | None
    outcome: Outcome | None
    resolved_at: dt.date | None


# Created once, because creating a schema takes as long as reading a line with it.
_FLAT_LINE = FlatLineIn()


def read_lines(values: Iterable[tuple[int, object]], *, feed: str | None) -> Iterator[ReadLine]:
    """Yield the lines of an import file, each with its content or its error.

    Args:
        values: The numbered JSON values from `open_lines`.
        feed: The prefix for the `claim_id` of flat lines; None to add no prefix.
    """
    for number, value in spread_reviews(values):
        try:
            content = value if isinstance(value, ServiceError) else read_line(value, feed=feed)
        except ServiceError as exc:
            content = exc
        yield ReadLine(number, content)


def read_line(content: object, *, feed: str | None) -> Line:
    """Return the content of a line: a JSON-LD review, a typed line, or a flat line if it has no `type`.

    Args:
        content: The line as parsed JSON, or as the cells of a row.
        feed: The prefix for the `claim_id` of a flat line, so that two feeds may use the same ids; None to add none.

    Raises:
        InvalidBody: The line does not match its schema.
    """
    if isinstance(content, Node):
        return _review(content)
    if is_linked_data(content):
        return _review(*find_reviews(content)[:1])
    if not isinstance(content, dict) or "type" not in content:
        return _flat(_load_flat(content), feed)
    members = {name: value for name, value in content.items() if name != "type"}
    typed = _TYPES.get(content["type"]) if isinstance(content["type"], str) else None
    if typed is None:
        raise InvalidBody.at("/type", f"Must be one of: {', '.join(_TYPES)}.", "invalid")
    schema, make_line = typed
    return make_line(load(schema, members))


def _load_flat(content: object) -> _Flat:
    """Parse a flat line. If a cell's notation is known but not supported, its error names the notation."""
    try:
        line: _Flat = load(_FLAT_LINE, content)
    except InvalidBody as exc:
        if isinstance(content, dict):
            names = [place["pointer"][1:] for place in exc.errors]
            exc.errors = [
                explain(name, content.get(name)) or place for name, place in zip(names, exc.errors, strict=True)
            ]
        raise
    return line


def _claim(claim: _Claim) -> ClaimLine:
    return ClaimLine(reports=claim.pop("reports"), resolution=claim.pop("resolution"), claim=claim)


def _review(review: Node) -> ReviewLine:
    """Return the line of a review, validated like a claim line with reports and a resolution."""
    read = read_review(review)
    try:
        claim: _Claim = load(_CLAIM_LINE, read.claim)
    except InvalidBody as exc:
        raise InvalidBody(exc.detail, errors=in_review(exc.errors)) from exc
    reports, resolution = claim.pop("reports"), claim.pop("resolution")
    return ReviewLine(claim, reports, resolution, read.note, read.warnings)


def _report(report: _Report) -> ReportLine:
    report.pop("recorded_at", None)
    if report.pop("published_precision") is Precision.DAY:
        report["published_at"] = _date_if(start_of_day, report["published_at"])
    return ReportLine(claim=report.pop("claim"), report=report)


def _resolution(resolution: _Resolution) -> ResolutionLine:
    if resolution.get("known_precision") is Precision.DAY and resolution["known_at"] is not None:
        resolution["known_at"] = _date_if(end_of_day, resolution["known_at"])
    return ResolutionLine(claim=resolution.pop("claim"), resolution=resolution)


_CLAIM_LINE = ClaimLineIn()
_TYPES: dict[str, tuple[ma.Schema, Callable[[Any], Line]]] = {
    "outlet": (OutletLineIn(), OutletLine),
    "claim": (_CLAIM_LINE, _claim),
    "report": (ReportLineIn(), _report),
    "resolution": (ResolutionLineIn(), _resolution),
}


def _flat(line: _Flat, feed: str | None) -> FlatLine:
    claim = NewClaim(
        text=line["claim"],
        kind=ClaimKind.FACT,
        topic=line["topic"],
        tags=[],
        resolves_by=None,
        group=None,
        external_id=line["claim_id"] if feed is None else f"{feed}:{line['claim_id']}",
    )
    report = NewReport(
        outlet=OutletName(name=line["outlet"]),
        stance=line["stance"],
        commitment=line["commitment"],
        probability=line["probability"],
        published_at=line["published_at"],
        url=line["url"],
        quote=None,
        relays=None,
    )
    return FlatLine(claim, report, _outcome(line["outcome"], line["resolved_at"]))


def _date_if(edge: Callable[[dt.date], dt.datetime], given: dt.date) -> dt.date:
    """Return the date of a moment that is the start or end of its day; return any other moment unchanged.

    Args:
        edge: `start_of_day` or `end_of_day`.
        given: The moment.
    """
    day = given.date() if isinstance(given, dt.datetime) else given
    return day if edge(day) == given else given


def _outcome(outcome: Outcome | None, resolved_at: dt.date | None) -> NewResolution | None:
    if outcome is None:
        return None
    return NewResolution(
        verdict=outcome[0],
        truth=outcome[1],
        known_at=resolved_at,
        evidence=[],
        note="Outcome as given in the imported file.",
        supersedes=None,
    )
