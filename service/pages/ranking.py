"""/ and /ranking.csv: outlets by the reliability of their reports"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from typing import TypedDict
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, render_template
from marshmallow.validate import Range

from service.cache.score_cache import RANKING
from service.claims.topics import most_claimed_topics
from service.methods.reliability import DEFAULT_LEVEL, RATED_FROM
from service.outlets.track_record import Lens
from service.pages.fields import Day
from service.pages.layout import cached_page, page_blueprint, read_query
from service.schemas.fields import Body, Count, TopicPath, one_of
from service.scores.ranking import RankingCriteria
from service.scores.ranking_table import RankedOutlet, RankingTable, ranking_table
from service.values.csv_text import BYTE_ORDER_MARK, csv_row
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Basis, OutletKind, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("ranking")

_ROWS = 50
_TOPICS = 200


@dataclass(frozen=True, slots=True)
class RankingView:
    """The part of the ranking that a page shows."""

    topic: str | None
    kind: OutletKind | None
    basis: Basis
    as_of: dt.datetime | None
    min_resolved: int
    start: int
    """The place of the first row."""

    @property
    def lens(self) -> Lens:
        return Lens(self.topic, self.basis, self.as_of, recorded_by=None, level=DEFAULT_LEVEL)

    @property
    def is_usual(self) -> bool:
        """Whether pages link to this part of the current ranking, so that it is worth caching."""
        return self.as_of is None and self.min_resolved == RATED_FROM and self.start % _ROWS == 1

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter differs from its default."""
        return replace(self, start=1) != RankingView(None, None, Basis.MATURED, None, RATED_FROM, 1)

    @property
    def question(self) -> dict[str, str]:
        """The query of the API for the same ranking."""
        query = {"basis": self.basis.value, "min_resolved": str(self.min_resolved)}
        query |= {} if self.topic is None else {"topic": self.topic}
        query |= {} if self.kind is None else {"kind": self.kind.value}
        return query | ({} if self.as_of is None else {"as_of": format_instant(self.as_of)})

    def address(self, path: str, start: int = 1) -> str:
        """Return the address of another part of the same ranking."""
        return f"{path}?{urlencode(self.question | ({'from': start} if start > 1 else {}))}"


class RankingQuery(Body):
    """The parameters of a page with a ranking."""

    topic = TopicPath(load_default=None)
    kind = one_of(OutletKind, load_default=None)
    basis = one_of(Basis, load_default=Basis.MATURED)
    as_of = Day(load_default=None)
    min_resolved = Count(load_default=RATED_FROM, validate=Range(1))
    start = Count(data_key="from", load_default=1, validate=Range(1))

    @ma.post_load
    def make_view(self, given: _Given, **_: object) -> RankingView:
        return RankingView(**given)


class _Given(TypedDict):
    """The parameters as loaded."""

    topic: str | None
    kind: OutletKind | None
    basis: Basis
    as_of: dt.datetime | None
    min_resolved: int
    start: int


@blp.get("/")
@requires(Scope.READ)
def get_ranking() -> Response:
    """Show the ranking."""
    view = read_query(RankingQuery())
    return cached_ranking_page("ranking.html", view, topics=lambda: most_claimed_topics(runtime().db, limit=_TOPICS))


@blp.get("/ranking.csv")
@requires(Scope.READ)
def get_ranking_table() -> Response:
    """Download the rows that the ranking shows for the same query."""
    view = read_query(RankingQuery())

    def make() -> tuple[str, dt.datetime | None]:
        table = _read_table(view)
        return _as_csv(table), _expiry(table, view)

    response = cached_page(RANKING, "ranking.csv", view, make=make, is_usual=view.is_usual)
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=ranking.csv"
    return response


def cached_ranking_page(template: str, view: RankingView, **more: Callable[[], object]) -> Response:
    """Return a page with a part of the ranking.

    Args:
        template: The template, which gets the part as `table` and the view as `asked`.
        view: The part.
        more: Functions that return further values for the template; they are called before the ranking is read.
    """

    def make() -> tuple[str, dt.datetime | None]:
        values = {name: get() for name, get in more.items()}
        table = _read_table(view)
        page = render_template(template, table=table, asked=view, rows=_ROWS, **values)
        return page, _expiry(table, view)

    return cached_page(RANKING, template, view, make=make, is_usual=view.is_usual)


def _expiry(table: RankingTable, view: RankingView) -> dt.datetime | None:
    """Return when a page expires: at once if it shows no claim, past the last page or on an unknown topic."""
    has_outlets = bool(table.groups) or (view.start == 1 and any(row.claims for row in table.waiting))
    return table.changes_at if has_outlets else utc_now()


def _read_table(view: RankingView) -> RankingTable:
    criteria = RankingCriteria(view.min_resolved, view.kind)
    now = utc_now()
    return ranking_table(runtime().db, criteria, lens=view.lens, start=view.start - 1, limit=_ROWS, now=now)


def _as_csv(table: RankingTable) -> str:
    rows = [_COLUMNS, *(_cells(row) for group in table.groups for row in group.rows)]
    return BYTE_ORDER_MARK + "".join(map(csv_row, rows))


_COLUMNS = (
    *("place", "group", "slug", "name", "kind"),
    *("right", "expected", "resolved"),
    *("reliability", "lower", "upper", "level"),
    *("adjusted", "adjusted_lower", "adjusted_upper", "reference"),
    *("topic", "basis", "as_of", "method"),
)


def _cells(row: RankedOutlet) -> Iterable[object]:
    """Return the cells of a row, in the order of the columns."""
    outlet, score = row.outlet, row.score
    yield from (row.place, row.group, outlet.slug, outlet.name, outlet.kind)
    yield from (score.record.right, score.record.expected, score.record.resolved)
    if score.reliability is not None and score.adjusted is not None:
        yield from astuple(score.reliability)
        yield from astuple(score.adjusted)
    yield from (score.topic, score.basis, format_instant(score.as_of), score.method)
