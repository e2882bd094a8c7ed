"""Random files, imported in batches of any size and line by line with the use cases of single calls."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from service.claims.correct import correct_report
from service.claims.dispute import dispute_resolution
from service.claims.report import withdraw_report
from service.errors import ServiceError
from service.ledger.verify import verify_ledger
from service.methods.claim import ORDER
from service.outlets.merge import merge_outlet
from service.outlets.track_record import EVERYTHING
from service.schemas.lines import read_line
from service.scores.read import read_scores
from service.storage.models import (
    Claim,
    Dispute,
    Entry,
    Outlet,
    OutletAlias,
    OutletDomain,
    Rate,
    Report,
    Resolution,
    Subtotal,
    Version,
    Withdrawal,
)
from service.transfer.lines import ReadLine
from service.transfer.load import load_lines
from service.values.vocabulary import OPERATOR, Caller, Scope
from tests.support.calls_of_lines import answer_of, call_lines
from tests.support.examples import slow

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
KEYLESS = Caller(key_id=None, scopes=frozenset({Scope.CLAIMS_WRITE, Scope.OUTLETS_WRITE}))

OUTLETS = ["Herald", "HERALD ", "herald", "Herald!", "The Courier", "courier.example", "www.courier.example", "Müller"]
NAMED = st.sampled_from(OUTLETS).map(lambda name: {"name": name}) | st.fixed_dictionaries(
    {"name": st.sampled_from(["Courier", "Herald"]), "domain": st.sampled_from(["courier.example", "herald.example"])}
)
REFERENCES = NAMED | st.sampled_from(["herald", "the-courier", "nobody"])
CLAIMS = st.sampled_from(["a", "b", "c"])
MOMENTS = st.sampled_from(["2026-01-01", "2026-01-01T00:00:00Z", "2026-02-01T12:00:00Z", "2026-03-01", "2027-01-01"])
STANCES = st.sampled_from([None, "support", "deny", "query"])
PROBABILITIES = st.sampled_from([None, None, 0.2, 0.9])
URLS = st.sampled_from([None, None, "https://courier.example/a?utm_source=x", "http://herald.example:bad/"])
VERDICTS = st.sampled_from(["true", "false", "partial", "void"])

RESOLUTIONS = st.fixed_dictionaries(
    {
        "verdict": VERDICTS,
        "truth": st.sampled_from([None, None, 0.5]),
        "known_at": st.sampled_from(["2026-02-15", "2026-02-15T23:59:59.999999Z", "2025-12-01", None]),
        "note": st.sampled_from([None, "Seen.", "Seen."]),
    }
)
REPORT = {
    "outlet": REFERENCES,
    "published_at": MOMENTS,
    "stance": STANCES,
    "probability": PROBABILITIES,
    "commitment": st.sampled_from([None, None, 3]),
    "quote": st.sampled_from([None, None, "It is a done deal."]),
    "url": URLS,
    "relays": st.none() | st.fixed_dictionaries({"outlet": st.none() | REFERENCES}),
}
FLAT = st.fixed_dictionaries(
    {
        "outlet": st.sampled_from(OUTLETS),
        "claim_id": CLAIMS,
        "claim": st.sampled_from(["It rains.", "It rains.", "it  rains."]),
        "published_at": MOMENTS,
        "stance": st.sampled_from([None, "asserts", "denies", "mentions"]),
        "probability": PROBABILITIES,
        "url": URLS,
        "topic": st.sampled_from([None, None, "weather"]),
        "outcome": st.sampled_from([None, None, "true", "false", 0.25]),
        "resolved_at": st.sampled_from([None, "2026-02-15"]),
    }
)
CLAIM = st.fixed_dictionaries(
    {
        "type": st.just("claim"),
        "external_id": CLAIMS,
        "text": st.sampled_from(["It rains.", "It snows."]),
        "kind": st.sampled_from(["fact", "fact", "event", "opinion"]),
        "group": st.sampled_from([None, "weather"]),
        "tags": st.sampled_from([[], ["Bonn"]]),
        "reports": st.lists(st.fixed_dictionaries(REPORT), max_size=2),
        "resolution": st.none() | RESOLUTIONS,
    }
)
LINES = (
    FLAT
    | CLAIM
    | st.fixed_dictionaries({"type": st.just("report"), "claim": CLAIMS, **REPORT})
    | RESOLUTIONS.flatmap(lambda one: CLAIMS.map(lambda claim: {"type": "resolution", "claim": claim, **one}))
    | st.fixed_dictionaries(
        {"type": st.just("outlet"), "name": st.sampled_from(["Herald", "The Courier"])},
        optional={"slug": st.sampled_from(["herald", "courier"]), "domains": st.just(["courier.example"])},
    )
)
FILES = st.lists(LINES, min_size=1, max_size=12)


@pytest.fixture
def other_db(database_at, database_url, request):
    """Another empty database of the same kind."""
    kind = "empty_sqlite" if database_url.startswith("sqlite") else "empty_postgres"
    database = database_at(request.getfixturevalue(kind)("standing"))
    yield database
    database.close()  # the next test replaces the file, which open connections to SQLite would not notice


@pytest.fixture
def empty_both(db, other_db):
    """Returns a function that empties both databases."""

    def empty():
        for each in (db, other_db):
            with each.engine.execution_options(write=True).begin() as connection:
                for table in reversed(Entry.metadata.sorted_tables):
                    connection.execute(table.delete())

    return empty


def read(lines, start):
    """Return lines as an import reads them, with their numbers."""
    return [ReadLine(number, _content(line)) for number, line in enumerate(lines, start)]


def _content(line):
    try:
        return read_line(line, feed=None)
    except ServiceError as exc:
        return exc


def change(db, cache):
    """Withdraw, correct and dispute what is on record, and merge two outlets, where that is possible."""
    with db.read() as session:
        reports = session.scalars(sa.select(Report.id).order_by(Report.id)).all()
        resolved = session.scalars(sa.select(Resolution.claim_id).order_by(Resolution.id)).all()
        slugs = session.scalars(sa.select(Outlet.slug).order_by(Outlet.id)).all()
    calls = [
        *(
            lambda id_=id_: withdraw_report(db, cache, id_, reason="A mistake.", caller=OPERATOR, now=NOW)
            for id_ in reports[:1]
        ),
        *(
            lambda id_=id_: correct_report(
                db, cache, id_, changes={"commitment": 2, "url": None}, if_match=None, caller=OPERATOR, now=NOW
            )
            for id_ in reports[1:2]
        ),
        *(
            lambda id_=id_: dispute_resolution(db, cache, id_, reason="Wrong.", evidence=[], caller=OPERATOR, now=NOW)
            for id_ in resolved[:1]
        ),
        *(lambda: merge_outlet(db, cache, slugs[1], into=slugs[0], caller=OPERATOR, now=NOW) for _ in slugs[1:2]),
    ]
    answers = []
    for call in calls:
        try:
            call()
            answers.append("done")
        except ServiceError as exc:
            answers.append(exc.name)
    return answers


def content(db):
    """Return the rows of the record, in which names replace ids."""
    with db.read() as session:
        names = {outlet.id: outlet.slug for outlet in session.scalars(sa.select(Outlet))}
        names |= {claim.id: claim.external_id for claim in session.scalars(sa.select(Claim))}
        reports = sorted(session.scalars(sa.select(Report)), key=ORDER)
        names |= {one.id: f"{names[one.claim_id]} report {place}" for place, one in enumerate(reports)}
        resolutions = session.scalars(sa.select(Resolution))
        names |= {one.id: f"{names[one.claim_id]} resolution {one.position}" for one in resolutions}
        tables = (Outlet, OutletDomain, OutletAlias, Claim, Report, Withdrawal, Resolution, Dispute, Version, Subtotal)
        found = {
            table.__tablename__: Counter(
                str([_named(name, value, names) for name, value in row._mapping.items()])  # noqa: SLF001
                for row in session.execute(sa.select(table.__table__))
            )
            for table in (*tables, Rate)
        }
        entries = session.execute(sa.select(Entry.table_name, Entry.position, Entry.actor_name))
        found["entry"] = Counter(map(tuple, entries))
        return found


def _named(name, value, names):
    if name == "fingerprint":
        return None  # a hash of ids
    if name == "content":
        return sorted((key, str(item)) for key, item in value.items() if key not in ("fingerprint", "id"))
    return names.get(value, "another id") if isinstance(value, UUID) else str(value)


def scores(db):
    """Return the scores of all outlets."""
    with db.read() as session:
        slugs = session.scalars(sa.select(Outlet.slug).where(Outlet.merged_into_id.is_(None)).order_by(Outlet.slug))
        slugs = slugs.all()
    return read_scores(db, slugs, lens=EVERYTHING, now=NOW) if slugs else []


CASES = st.fixed_dictionaries(
    {
        "files": st.tuples(FILES, FILES),
        "size": st.sampled_from([1, 3, 50]),
        "caller": st.sampled_from([OPERATOR, OPERATOR, KEYLESS]),
    }
)


def lines_of(case):
    """Return the files of a case. Without the scope to resolve, they have no outcomes."""
    for lines in case["files"]:
        yield [one for one in lines if case["caller"] is OPERATOR or not (one.get("outcome") or one.get("resolution"))]


@slow
@given(case=CASES)
def test_a_batch_does_what_the_calls_do(empty_both, db, other_db, cache, case):
    """A file in batches gives the answers, rows, scores and verified ledger of the same lines as single calls, also
    after reports were withdrawn and corrected, a resolution disputed and outlets merged.
    """
    empty_both()
    size, caller = case["size"], case["caller"]
    for lines in lines_of(case):
        in_batches = []
        for at in range(0, len(lines), size):
            in_batches += load_lines(db, cache, read(lines[at : at + size], at), caller=caller, now=NOW)
        called = call_lines(other_db, cache, read(lines, 0), caller=caller, now=NOW)
        assert called == [answer_of(result) for result in in_batches]
        assert content(other_db) == content(db)
        assert change(other_db, cache) == change(db, cache)
    assert content(other_db) == content(db)
    assert str(scores(other_db)) == str(scores(db))
    assert [] == list(verify_ledger(db))
    assert [] == list(verify_ledger(other_db))
