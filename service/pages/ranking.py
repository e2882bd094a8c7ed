"""/ and /ranking.csv: outlets by how reliable their reports have been"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, render_template
from marshmallow.validate import Range

from service.cache.score_cache import RANKING
from service.claims import listing
from service.methods.reliability import DEFAULT_LEVEL, RATED_FROM
from service.outlets.track_record import Lens
from service.pages.fields import Day
from service.pages.layout import cached_page, page_blueprint, read_query
from service.schemas.fields import Body, Count, Text, one_of
from service.scores import ranking
from service.values.instants import format_instant
from service.values.vocabulary import Basis, OutletKind, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("ranking")

_ROWS = 50
_TOPICS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the ranking is asked."""

    topic: str | None
    kind: OutletKind | None
    basis: Basis
    as_of: dt.datetime | None
    min_resolved: int
    start: int

    @property
    def lens(self) -> Lens:
        return Lens(self.topic, self.basis, self.as_of, recorded_by=None, level=DEFAULT_LEVEL)

    @property
    def is_usual(self) -> bool:
        """Whether it is one of the parts that the pages lead to, of the ranking as it is now."""
        return self.as_of is None and self.min_resolved == RATED_FROM and self.start % _ROWS == 1

    @property
    def is_narrowed(self) -> bool:
        """Whether a reader has chosen something, and will want to see what."""
        return replace(self, start=1) != Asked(None, None, Basis.MATURED, None, RATED_FROM, 1)

    @property
    def question(self) -> dict[str, str]:
        """The same of the API."""
        asked = {"basis": self.basis.value, "min_resolved": str(self.min_resolved)}
        asked |= {} if self.topic is None else {"topic": self.topic}
        asked |= {} if self.kind is None else {"kind": self.kind.value}
        return asked | ({} if self.as_of is None else {"as_of": format_instant(self.as_of)})

    def address(self, path: str, start: int = 1) -> str:
        """Where a part of the same ranking is."""
        return f"{path}?{urlencode(self.question | ({'from': start} if start > 1 else {}))}"


class RankingQuery(Body):
    """The same as an address says it."""

    topic = Text(100, load_default=None)
    kind = one_of(OutletKind, load_default=None)
    basis = one_of(Basis, load_default=Basis.MATURED)
    as_of = Day(load_default=None)
    min_resolved = Count(load_default=RATED_FROM, validate=Range(1))
    start = Count(data_key="from", load_default=1, validate=Range(1))

    @ma.post_load
    def make(self, data: dict[str, Any], **_: Any) -> Asked:
        return Asked(**data)


@blp.get("/")
@requires(Scope.READ)
def get_ranking() -> Response:
    """The ranking"""
    asked = read_query(RankingQuery())
    return keep_ranking("ranking.html", asked, topics=lambda: listing.list_topics(runtime().db, limit=_TOPICS))


@blp.get("/ranking.csv")
@requires(Scope.READ)
def get_ranking_table() -> Response:
    """The rows that the ranking shows for the same query"""
    table = _rank(read_query(RankingQuery()))
    headers = {"Content-Disposition": "attachment; filename=ranking.csv"}
    return Response(_as_csv(table), content_type="text/csv; charset=utf-8", headers=headers)


def keep_ranking(template: str, asked: Asked, **more: Any) -> Response:
    """A page with a part of the ranking on it.

    Args:
        template: Shows it, as `table`.
        asked: Which part, as `asked`.
        more: What else it shows, each a function that gets it, before all else.
    """

    def make() -> tuple[str, dt.datetime | None]:
        shown = {name: get() for name, get in more.items()}
        table = _rank(asked)
        page = render_template(template, table=table, asked=asked, rows=_ROWS, **shown)
        return page, table.changes_at if _says_something(table, asked) else dt.datetime.now(dt.UTC)

    return cached_page(RANKING, template, asked, make=make, is_usual=asked.is_usual)


def _says_something(table: ranking.Table, asked: Asked) -> bool:
    """Whether there are outlets on it; there are none past the last one, or on a topic that no claim has."""
    return bool(table.groups) or (asked.start == 1 and any(one["counts"]["claims"] for one in table.waiting))


def _rank(asked: Asked) -> ranking.Table:
    return ranking.rank_outlets(
        runtime().db,
        lens=asked.lens,
        kind=asked.kind,
        min_resolved=asked.min_resolved,
        start=asked.start - 1,
        limit=_ROWS,
        now=dt.datetime.now(dt.UTC),
    )


def _as_csv(table: ranking.Table) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow([*_OF_ROW, *_OF_ESTIMATE, *_OF_RECORD, *_OF_SCORE])
    for row in (row for group in table.groups for row in group["rows"]):
        score = row["score"]
        cells = [_as_text(row[name]) for name in _OF_ROW] + [score["reliability"][name] for name in _OF_ESTIMATE]
        lines.writerow([*cells, *(score["record"][name] for name in _OF_RECORD), *(score[name] for name in _OF_SCORE)])
    return out.getvalue()


def _as_text(cell: Any) -> Any:
    """A cell that a spreadsheet takes for what it says, and not for a formula (OWASP, CSV injection)."""
    return f"'{cell}" if str(cell).startswith(("=", "+", "-", "@", "\t", "\r")) else cell


_OF_ROW = ("place", "group", "slug", "name", "kind")
_OF_ESTIMATE = ("mean", "lower", "upper", "level")
_OF_RECORD = ("right", "expected", "reference", "resolved")
_OF_SCORE = ("topic", "basis", "as_of", "method")
