"""The scores of all outlets as CSV, from cached rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from service.cache.redis_link import RANKING
from service.cache.score_cache import CacheKey, CacheStatus, EncodedResponse, ScoreCache
from service.outlets.track_record import Lens
from service.scores.score_table import TableRow, listed_domains, listed_outlets, stream_scores, table_row
from service.storage.db import Database
from service.values.csv_text import BYTE_ORDER_MARK, csv_row
from service.values.documents import etag_of
from service.values.instants import format_instant
from service.values.vocabulary import TableBy
from service.web.cached_scores import variant_of


def cached_score_table(
    db: Database, cache: ScoreCache, *, by: TableBy, lens: Lens, bom: bool, now: dt.datetime
) -> tuple[EncodedResponse, CacheStatus]:
    """Return the scores of all outlets as CSV. The scores are cached; the names of the rows are not.

    Raises:
        InvalidQuery: `as_of` or `recorded_by` is in the future.
    """

    def compute(_: object) -> list[EncodedResponse]:
        with db.read() as session:
            scores = list(stream_scores(session, lens=lens, now=now))
        rows = [table_row(score, format_instant(score.as_of)) for score in scores]
        changes = [score.changes_at for score in scores if score.changes_at is not None]
        return [EncodedResponse(json.dumps(rows).encode(), "", expires_at=min(changes, default=None))]

    lens.refuse_future(now)
    if lens.is_current:
        responses, status = cache.get_or_compute([CacheKey(RANKING, variant_of(lens, "table"))], compute)
    else:
        responses, status = compute(None), CacheStatus.UNCACHED
    known = {row.slug: row for row in (TableRow(*cells) for cells in json.loads(responses[0].body))}
    unknown = TableRow("", None, None, None, 0, "insufficient", format_instant(lens.moment(now)))
    listed = _listed(db, by, lens.moment(now))
    rows = [(name, known.get(slug, unknown._replace(slug=slug))) for name, slug in listed]
    return _as_csv(rows, by, bom=bom, lens=lens), status


def _listed(db: Database, by: TableBy, moment: dt.datetime) -> list[tuple[str, str]]:
    """Return the domain or slug that identifies each row of the table, with the slug of its outlet."""
    with db.read() as session:
        if by is TableBy.DOMAIN:
            return list(listed_domains(session, moment))
        return [(slug, slug) for slug in listed_outlets(session)]


def _as_csv(rows: Sequence[tuple[str, TableRow]], by: TableBy, *, bom: bool, lens: Lens) -> EncodedResponse:
    """Return rows as CSV. The ETag ignores the time of current scores, which differs on every request."""
    heads = [TableBy.DOMAIN] if by is TableBy.DOMAIN else []
    lines = [csv_row([*heads, *TableRow._fields])]
    lines += [csv_row([domain, *row] if heads else row) for domain, row in rows]
    lasting = [(domain, row._replace(as_of="") if lens.is_current else row) for domain, row in rows]
    text = "".join([BYTE_ORDER_MARK if bom else "", *lines])
    return EncodedResponse(text.encode(), etag_of([by, bom, lasting]))
