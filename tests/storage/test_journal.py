"""service.storage.journal: every write of a session is journaled"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.access.authenticate import find_caller
from service.access.idempotency import CallResponse, IdempotentCall, run_once
from service.access.keys import create_key
from service.claims.daily_forecasts import keep_forecasts
from service.ledger.verify import verify_ledger
from service.storage.actors import COMMAND_LINE, CURRENT_ACTOR, UNNAMED, WORKER
from service.storage.entries import content_of, entry_digest, hash_value
from service.storage.journaled import journaled_tables
from service.storage.models import Claim, Entry, LearnerRow, Outlet, OutletAlias, OutletSpelling, Report
from service.values.vocabulary import Scope
from tests.support.full_database import NOW, fill
from tests.support.load_lines import load
from tests.support.unjournaled import unjournaled
from tests.support.world import report


@pytest.fixture(autouse=True)
def _reset_actor():
    yield
    CURRENT_ACTOR.set(UNNAMED)


def entries(db, *conditions):
    with db.read() as session:
        return list(session.scalars(sa.select(Entry).where(*conditions).order_by(Entry.id)))


def summary(db, *conditions):
    """Return for each entry: its table, its position, and whether the row existed before and after."""
    return [
        (entry.table_name, entry.position, entry.before is not None, entry.after is not None)
        for entry in entries(db, *conditions)
    ]


def new_outlet(slug="herald"):
    return Outlet(slug=slug, name=slug, name_key=slug, kind="website", scorable=True, recorded_at=NOW)


def test_call_is_journaled_with_key_and_request(world):
    """
    Writes of an API call are journaled with its API key and request id.
    """
    response = world.post(
        "/v1/claims", {"text": "It opens.", "reports": [report()]}, headers={"X-Request-ID": "feed-7"}
    )
    claim = response.json
    [key] = entries(world.runtime.db, Entry.table_name == "api_key")

    written = entries(world.runtime.db, Entry.request_id == "feed-7")

    assert {"claim", "report", "outlet"} == {entry.table_name for entry in written}
    assert {(key.row_key, None)} == {(str(entry.actor), entry.actor_name) for entry in written}
    [entry] = [entry for entry in written if entry.table_name == "claim"]
    assert (claim["id"], None, 1) == (entry.row_key, entry.before, entry.position)
    assert claim["kind"] == json.loads(entry.after)["kind"]


def test_every_write_over_http_has_an_author(world):
    """
    Every write over HTTP is journaled with an API key and a request id.
    """
    db = world.runtime.db
    before = {entry.id for entry in entries(db)}
    fill(world)
    direct = ("context", "learner", "forecast", "distinct_claims")  # written by the test itself

    by_http = [entry for entry in entries(db) if entry.id not in before and entry.table_name not in direct]
    unsigned = [entry for entry in by_http if not (entry.actor and entry.request_id)]

    assert ["api_key"] == [entry.table_name for entry in unsigned]  # the second key, which the test creates directly
    assert {table.name for table in journaled_tables()} - {*direct} == {entry.table_name for entry in by_http}


def test_before_and_after(db):
    """
    Entries hold the row before and after the change, and each begins with the text that ends the previous entry.
    """
    with db.write() as session:
        outlet = new_outlet()
        session.add(outlet)
    with db.write() as session:
        session.get(Outlet, outlet.id).name = "The Herald"
    with db.write() as session:
        session.execute(sa.delete(OutletSpelling))
        session.delete(session.get(Outlet, outlet.id, options=[sa.orm.selectinload("*")]))

    created, changed, deleted = entries(db)

    assert (None, created.after, changed.after, None) == (created.before, changed.before, deleted.before, deleted.after)
    assert ["herald", "The Herald"] == [json.loads(entry.after)["name"] for entry in (created, changed)]
    assert [1, 2, 3] == [entry.position for entry in (created, changed, deleted)]
    assert 1 == len({entry.salt for entry in (created, changed, deleted)})
    assert [] == list(verify_ledger(db))


def test_recreated_row_continues_its_history(db):
    """
    A row with the key of a deleted row continues its history.
    """
    with db.write() as session:
        outlet = new_outlet()
        session.add(outlet)
    for name in ("A", "B"):
        with db.write() as session:
            session.add(OutletAlias(outlet_id=outlet.id, position=0, name=name, name_key=name))
        with db.write() as session:
            session.delete(session.get(OutletAlias, (outlet.id, 0)))

    expected = [("outlet_alias", position, position % 2 == 0, position % 2 == 1) for position in (1, 2, 3, 4)]
    assert expected == summary(db, Entry.table_name == "outlet_alias")
    assert [] == list(verify_ledger(db))


def test_unchanged_row_is_not_journaled(db):
    """
    A row that is written without a change gets no new entry.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    with db.write() as session:
        outlet = new_outlet()
        session.add(outlet)
    before = summary(db)
    with db.write() as session:
        session.get(Outlet, outlet.id).name = "other"
        session.flush()
        session.get(Outlet, outlet.id).name = "herald"
        session.get(Outlet, outlet.id).scorable = True
    assert [("outlet", 2, True, True), ("outlet", 3, True, True)] == summary(db)[len(before) :]
    assert key.id in {UUID(entry.row_key) for entry in entries(db, Entry.table_name == "api_key")}


def test_last_use_of_a_key_is_not_journaled(db):
    """
    The time of an API key's last use is not journaled.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    assert find_caller(db, key.secret, now=NOW) is not None

    assert [("api_key", 1, False, True)] == summary(db)
    assert [] == list(verify_ledger(db))


def test_rolled_back_transaction_leaves_no_entry(db):
    """
    A transaction or savepoint that is rolled back leaves neither rows nor entries.
    """
    with contextlib.suppress(ZeroDivisionError), db.write() as session:
        session.add(new_outlet())
        session.flush()
        raise ZeroDivisionError
    with db.write() as session:
        with pytest.raises(sa.exc.IntegrityError), session.begin_nested():
            session.add_all([new_outlet("twice"), new_outlet("twice")])
        session.add(new_outlet("once"))

    assert ["once"] == [json.loads(entry.after)["slug"] for entry in entries(db)]
    assert [] == list(verify_ledger(db))


def test_writes_that_bypass_the_journal_raise(db):
    """
    Statements and bulk writes that bypass the journal raise an error, except in a session without a journal.
    """
    with db.write() as session:
        session.add(new_outlet())
    for statement in (sa.update(Outlet).values(name="x"), sa.delete(Outlet), sa.insert(Outlet).values(slug="x")):
        with pytest.raises(RuntimeError, match="'outlet' bypasses the journal"), db.write() as session:
            session.execute(statement)
    with pytest.raises(RuntimeError, match="Bulk writes bypass"), db.write() as session:
        session.bulk_save_objects([new_outlet("echo")])
    with unjournaled(db) as session:
        session.execute(sa.update(Outlet).values(name="x"))

    assert [("outlet", 1, False, True)] == summary(db)


def test_import_is_journaled(db, cache):
    """
    An import journals each row with the process that loaded it; a second import journals nothing.
    """
    CURRENT_ACTOR.set(COMMAND_LINE)
    line = {"outlet": "Herald", "claim_id": "x/1", "claim": "It opens.", "published_at": "2026-01-01", "outcome": True}
    for _ in range(2):
        load(db, cache, [line], now=NOW)

    assert {"claim": 1, "outlet": 1, "report": 1, "resolution": 1} == {table: at for table, at, *_ in summary(db)}
    assert {(None, "command line", None)} == {
        (entry.actor, entry.actor_name, entry.request_id) for entry in entries(db)
    }


def test_worker_is_the_author_of_its_writes(db):
    """
    Writes of the worker are journaled under its name.
    """
    CURRENT_ACTOR.set(WORKER)
    with db.write() as session:
        session.add(LearnerRow(number=1, build="x", state={"w": [0.1]}, learned_from="1", recorded_at=NOW))
    assert keep_forecasts(db, after=None, now=NOW) is None

    [entry] = entries(db)

    assert ("learner", "worker") == (entry.table_name, entry.actor_name)


def test_retried_call_is_journaled_once(db):
    """
    A retried call returns the stored response and journals nothing.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    call = IdempotentCall(key.id, "again", "0" * 64)

    def give():
        with db.write() as session:
            session.add(new_outlet())
        return CallResponse(201, b"{}")

    for _ in range(2):
        run_once(db, call, run=give, redact=lambda answer: answer, stored=None, now=NOW)

    assert [("api_key", 1, False, True), ("outlet", 1, False, True)] == summary(db)


def test_texts_and_urls_are_hashed(world):
    """
    Texts that may be redacted, URLs and credentials are journaled as salted hashes.
    """
    fill(world)
    ledger = "".join(f"{entry.before} {entry.after} {entry.row_key}" for entry in entries(world.runtime.db))
    with world.runtime.db.read() as session:
        filed = session.scalars(sa.select(Report).where(Report.quote.is_not(None))).one()
        claims = list(session.scalars(sa.select(Claim)))
    texts = (
        filed.url,
        filed.quote,
        filed.cited_as,
        filed.fingerprint,
        "A court said so",
        "closed again",
        "stand by it",
    )

    assert [] == [text for text in (*texts, *(claim.text for claim in claims)) if text in ledger]
    [entry] = entries(world.runtime.db, Entry.row_key == str(filed.id), Entry.position == 1)
    assert hash_value(filed.quote, entry.salt) == json.loads(entry.after)["quote"]
    assert hash_value(filed.quote, "") not in ledger


def test_digest_covers_all_columns(db):
    """
    The digest of an entry covers all columns except the salt, the seal, the digest and the transaction.
    """
    with db.write() as session:
        session.add(new_outlet())
    [entry] = entries(db)
    values = {column.name: getattr(entry, column.name) for column in Entry.__table__.columns}

    assert entry.digest == entry_digest(values)
    for name in values.keys() - {"digest", "salt", "seal", "written_in"}:
        other = {"id": UUID(int=1), "actor": UUID(int=2), "recorded_at": NOW + dt.timedelta(days=1)}.get(name, "other")
        assert entry.digest != entry_digest(values | {name: other}), name


def test_null_columns_are_left_out():
    """
    Null columns are left out, so adding a column does not change earlier entries.
    """
    table = Outlet.__table__
    row = {"slug": "herald", "name": "Herald", "parent_id": None}

    assert '{"name":"Herald","slug":"herald"}' == content_of(table, row, "")
