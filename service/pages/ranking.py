"""/ and /ranking.csv: outlets by the reliability of their reports"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import astuple

from flask import Response, render_template

from service.cache.redis_link import RANKING
from service.claims.topic_names import common_topics
from service.pages.layout import cached_page, page_blueprint, read_query
from service.pages.ranking_columns import COLUMNS, Column
from service.pages.ranking_query import RankingQuery
from service.pages.ranking_view import RankingView
from service.scores.overview import read_overview
from service.scores.ranking_rows import RankedOutlet, RankingTable
from service.scores.ranking_table import ranking_table
from service.values.csv_text import csv_table
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("ranking")

_TOPICS = 200


@blp.get("/")
@requires(Scope.READ)
def get_ranking() -> Response:
    """Show the ranking of outlets."""
    view = read_query(RankingQuery())
    return cached_ranking_page(
        "ranking.html",
        view,
        topics=lambda: common_topics(runtime().db, limit=_TOPICS),
        overview=lambda: read_overview(runtime().db, now=utc_now()) if view.is_front else None,
    )


@blp.get("/ranking.csv")
@requires(Scope.READ)
def get_ranking_table() -> Response:
    """Download the rows that the page shows for the same query, as CSV."""
    view = read_query(RankingQuery())

    def make() -> tuple[str, dt.datetime | None]:
        table = _read_table(view)
        return _as_csv(table, view), _expiry(table, view)

    response = cached_page(RANKING, "ranking.csv", view, make=make, is_usual=view.is_usual)
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=ranking.csv"
    return response


def cached_ranking_page(template: str, view: RankingView, **more: Callable[[], object]) -> Response:
    """Return a page that shows a part of the ranking, from the cache if possible.

    Args:
        template: The template, rendered with `table` (the requested part of the ranking) and `asked` (the view).
        view: The part of the ranking to show, with its filters and order.
        more: Functions that return further values for the template. They are called before the ranking is read.
    """

    def make() -> tuple[str, dt.datetime | None]:
        values = {name: get() for name, get in more.items()}
        table = _read_table(view)
        values |= {"table": table, "asked": view, "rows": view.arrange(table), "length": view.rows}
        page = render_template(template, columns=Column, columns_in_words=COLUMNS, **values)
        return page, _expiry(table, view)

    return cached_page(RANKING, template, view, make=make, is_usual=view.is_usual)


def _expiry(table: RankingTable, view: RankingView) -> dt.datetime | None:
    """Return when a page expires: at once if it lists no outlet with claims, as for an invented topic."""
    has_outlets = bool(table.groups) or (view.start == 1 and any(row.claims for row in table.waiting))
    return table.changes_at if has_outlets else utc_now()


def _read_table(view: RankingView) -> RankingTable:
    now = utc_now()
    return ranking_table(runtime().db, view.criteria, lens=view.lens, start=view.start - 1, limit=view.rows, now=now)


def _as_csv(table: RankingTable, view: RankingView) -> str:
    return "".join(csv_table(_COLUMNS, (_cells(row, view) for row in view.arrange(table))))


_COLUMNS = (
    *("place", "group", "slug", "name", "kind"),
    *("right", "expected", "resolved"),
    *("reliability", "lower", "upper", "level"),
    *("adjusted", "adjusted_lower", "adjusted_upper", "reference"),
    *("topic", "basis", "as_of", "method"),
)


def _cells(row: RankedOutlet, view: RankingView) -> Iterable[object]:
    """Yield the CSV cells of an outlet, in the order of `_COLUMNS`; its group only in the usual order."""
    outlet, score = row.outlet, row.score
    yield from (row.place, row.group if view.is_by_rank else None, outlet.slug, outlet.name, outlet.kind)
    yield from (score.record.right, score.record.expected, score.record.resolved)
    if score.reliability is not None and score.adjusted is not None:
        yield from astuple(score.reliability)
        yield from astuple(score.adjusted)
    yield from (score.topic, score.basis, format_instant(score.as_of), score.method)
