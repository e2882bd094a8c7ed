"""PostgreSQL with many rows and statistics of empty or small tables, as after a first import"""

from __future__ import annotations

import datetime as dt
from contextlib import closing

import psycopg
import pytest

from service.storage import db as connections
from service.storage.base import Base
from tests.support.world import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

OUTLETS = 60_000  # a nested loop over them takes minutes
_LIMIT = "120s"  # for a busy machine; each statement takes less than a second on an idle one


def identity(number, kind):
    """Return SQL for the id of a numbered row; `kind` is different for each table."""
    return f"('00000000-0000-7000-8000-' || lpad(to_hex(({number})::bigint * 16 + {kind}), 12, '0'))::uuid"


def _record(*, merged=False, outlets=OUTLETS):
    """Return statements for outlets, claims with two reports each, and resolutions of two thirds of the claims."""
    rows = f"FROM generate_series(1, {outlets}) n"
    into = f"CASE WHEN n % 3 = 0 THEN {identity('n - 1', 1)} END" if merged else "NULL::uuid"
    many = "CASE WHEN n % 300 = 1 THEN 30 ELSE 4 END"  # at least as many as are not due
    yield f"""INSERT INTO outlet (id, slug, name, name_key, kind, scorable, recorded_at, merged_into_id)
        SELECT {identity("n", 1)}, 'o-' || n, 'O ' || n, 'o ' || n, 'website', true, now() - interval '3 day', {into}
        {rows} ORDER BY n % 3 = 0"""
    yield f"""INSERT INTO claim (id, text, kind, topic, tags, terms, resolves_by, recorded_at)
        SELECT {identity("n", 2)}, 'The bridge ' || n || ' opens in May', 'event', 't' || n % 50, '[]',
        ('bridg open may the in ' || n || ' 2' || n % 40)::tsvector,
        now() + CASE WHEN n % 3 = 0 THEN interval '1 day' ELSE interval '-1 day' END, now() - interval '2 day' {rows}"""
    for kind, outlet in ((3, identity("n", 1)), (4, identity(f"1 + n * 7 % {outlets}", 1))):
        yield f"""INSERT INTO report (id, claim_id, outlet_id, stance, stance_source, commitment, published_at,
            published_precision, is_relay, fingerprint, recorded_at)
            SELECT {identity("n", kind)}, {identity("n", 2)}, {outlet}, 'support', 'stated', 3,
            now() - interval '2 day', 'instant', false, '{kind}-' || n, now() - interval '2 day' {rows}"""
    yield f"""INSERT INTO resolution (id, claim_id, position, verdict, truth, known_at, known_precision, evidence,
        recorded_at) SELECT {identity("n", 5)}, {identity("n", 2)}, 1, 'true', 1, now() - interval '1 hour',
        'instant', '[]', now() - interval '1 hour' {rows} WHERE n % 3 <> 0"""
    numbers = ("open", "unscored", "incorrect", "partial", "early", "backfilled", "stated", "stated_true")
    zero = (*numbers, "stated_true_squared", "brier", "told", "told_true")
    yield f"""INSERT INTO subtotal (outlet_id, role, kind, topic, stance, commitment, claims, correct, "right",
        {", ".join(zero)}) SELECT {identity("n", 1)}, 'own', 'event', 't' || n % 50, 'support', 3, {many}, {many},
        ({many}) * 1000000000::bigint, {", ".join("0" for _ in zero)} {rows} WHERE {into} IS NULL"""


def _replies_and_disputes():
    """Return statements for a reply of each outlet, and a dispute of each resolution."""
    rows = f"FROM generate_series(1, {OUTLETS}) n"
    yield f"""INSERT INTO reply (id, outlet_id, text, via, recorded_at)
        SELECT {identity("n", 6)}, {identity("n", 1)}, 'No.', 'api', now() - interval '1 hour' {rows}"""
    yield f"""INSERT INTO dispute (id, resolution_id, reason, evidence, via, recorded_at)
        SELECT {identity("n", 7)}, {identity("n", 5)}, 'No.', '[]', 'api', now() - interval '1 hour'
        {rows} WHERE n % 3 <> 0"""


@pytest.fixture
def stale(world, db, monkeypatch):
    """A function that fills tables whose statistics are from when they were empty, or had some other rows."""
    monkeypatch.setattr(connections, "READ_TIMEOUT", _LIMIT)
    url = db.engine.url.set(drivername="postgresql", query={**db.engine.url.query, "application_name": "fill"})
    with closing(psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)) as connection:
        _set_autovacuum(connection, "false")

        def fill(*statements, analyzed=()):
            _analyze(connection, analyzed)
            for statement in statements:
                connection.execute(statement)
            return world

        yield fill
        _set_autovacuum(connection, "true")


def _analyze(connection, statements):
    """Replace all statistics by those of the rows that some statements insert, then delete these rows."""
    # ANALYZE keeps the statistics of the columns of an empty table, such as those from earlier tests.
    connection.execute("DELETE FROM pg_statistic WHERE starelid > 16383")  # the first id that is not a system table's
    truncate = f"TRUNCATE {', '.join(Base.metadata.tables.keys() - {'api_key'})}"
    for statement in (truncate, *statements, "ANALYZE", truncate):
        connection.execute(statement)


def _set_autovacuum(connection, enabled):
    for table in Base.metadata.tables:
        connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = {enabled})")


def _now():
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


CLAIM = "00000000-0000-7000-8000-000000000642"
PATHS = [
    "/v1/scores",
    "/v1/scores?topic=t1",
    "/v1/scores?basis=matured",
    "/v1/scores?as_of={now}",
    "/v1/scores?outlet=o-1&outlet=o-2",
    "/v1/outlets/o-1/score?basis=matured",
    "/v1/outlets/o-1/score/explanation",
    "/v1/outlets/o-1/reports",
    "/v1/outlets/o-1/replies",
    "/v1/outlets?q=o+5999",
    "/v1/outlets?parent=o-1",
    "/v1/queue",
    "/v1/claims?status=open&sort=due",
    "/v1/claims?status=due",
    "/v1/claims?verdict=partial",
    "/v1/claims?disputed=true",
    "/v1/claims?disputed=false",
    "/v1/claims?outlet=o-1&status=due&q=bridge",
    "/v1/claims?q=the+bridge+opens+in+may",
    "/v1/claims?q=the+bridge+opens+in+may+4711+231",
    "/v1/claims?like=The+bridge+4711+opens+in+May",
    "/v1/claims?like=The+bridge+opens+in",
    f"/v1/claims?like={'+'.join(map(str, range(250)))}",
    f"/v1/claims?q={'+'.join(map(str, range(250)))}",
    "/v1/claims?url=https://a.example/b",
    "/v1/claims?published_since=2020-01-01",
    "/v1/claims?resolved_since=2020-01-01&status=resolved",
    "/v1/queue?topic=t1&outlet=o-1",
    "/v1/outlets/o-1/reports?topic=t1",
    "/v1/claims?tag=a",
    "/v1/claims?kind=opinion",
    "/v1/claims?recorded_since={now}",
    "/v1/claims?sort=decided&topic=t1",
    "/v1/overview",
    f"/v1/claims/{CLAIM}/forecast",
    f"/claims/{CLAIM}",
    "/outlets/o-1",
    "/compare?outlet=o-1&outlet=o-2",
    "/search?q=bridge",
    "/topics",
    "/claims?sort=decided&outlet=o-1",
    "/outlets?topic=t1&initial=o",
    "/",
]


def _failing(world: World, paths):
    """Return the paths that do not return 200, with the text of the response."""
    responses = {path: world.get(path.format(now=_now())) for path in paths}
    return {path: response.text for path, response in responses.items() if response.status_code != 200}


def test_no_reply(stale):
    """
    Lists, scores and pages are served without replies and disputes.
    """
    assert {} == _failing(stale(*_record()), [*PATHS, "/topics/t1"])


def test_due_claims_only(stale):
    """
    Rankings are served when the statistics say that no claim is due in the future, but many are.
    """
    due = "UPDATE claim SET resolves_by = now() - interval '1 day'"
    analyzed = [*_record(outlets=300), due]
    assert {} == _failing(
        stale(*_record(), analyzed=analyzed), ["/v1/scores?basis=matured", "/v1/scores?as_of={now}", "/"]
    )


def test_replies_disputes_and_merged_outlets(stale):
    """
    All pages are served when all outlets replied, all resolutions are disputed and a third of the outlets are merged.
    """
    assert {} == _failing(stale(*_record(merged=True), *_replies_and_disputes()), PATHS)
