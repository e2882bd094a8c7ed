"""service.storage.journal: every write leaves an entry, whoever writes and by whichever way"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from uuid import UUID

import pytest
import sqlalchemy as sa

from service.access.idempotency import Answer, Call, answer_once
from service.access.keys import create_key, find_caller
from service.claims.forecast import keep_forecasts
from service.ledger.verify import verify_ledger
from service.storage.actors import COMMAND_LINE, NOBODY, WORKER, set_actor
from service.storage.canonical import content_of, entered_tables, hash_value
from service.storage.journal import entry_digest
from service.storage.models import Claim, Entry, LearnerRow, Outlet, OutletAlias, Report
from service.values.vocabulary import Scope
from tests.support.full_database import NOW, fill
from tests.support.load_lines import load
from tests.support.world import report


@pytest.fixture(autouse=True)
def _nobody_at_work():
    yield
    set_actor(NOBODY)


def entries(db, *conditions):
    with db.read() as session:
        return list(session.scalars(sa.select(Entry).where(*conditions).order_by(Entry.id)))


def told(db, *conditions):
    """Table, position, and whether there was a row before and is one after."""
    return [
        (entry.table_name, entry.position, entry.before is not None, entry.after is not None)
        for entry in entries(db, *conditions)
    ]


def new_outlet(slug="herald"):
    return Outlet(slug=slug, name=slug, name_key=slug, kind="website", scorable=True, recorded_at=NOW)


def test_every_call_is_entered_with_its_key_and_request(world):
    """
    What a call writes is entered, with the API key and the request that it came by.
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


def test_whatever_is_done_over_http_says_who_did_it(world):
    """
    No way of writing over HTTP leaves an entry without an API key and a request.
    """
    db = world.runtime.db
    before = {entry.id for entry in entries(db)}
    fill(world)
    direct = ("context", "learner", "forecast")  # which the tests write themselves

    by_http = [entry for entry in entries(db) if entry.id not in before and entry.table_name not in direct]
    made = [entry for entry in by_http if not (entry.actor and entry.request_id)]

    assert ["api_key"] == [entry.table_name for entry in made]  # of the second key, which create_key makes here
    assert {table.name for table in entered_tables()} - {*direct} == {entry.table_name for entry in by_http}


def test_before_and_after(db):
    """
    A change says what the row was before; a deletion that it is gone; and each entry begins where the last one ended.
    """
    with db.write() as session:
        outlet = new_outlet()
        session.add(outlet)
    with db.write() as session:
        session.get(Outlet, outlet.id).name = "The Herald"
    with db.write() as session:
        session.delete(session.get(Outlet, outlet.id, options=[sa.orm.selectinload("*")]))

    made, changed, gone = entries(db)

    assert (None, made.after, changed.after, None) == (made.before, changed.before, gone.before, gone.after)
    assert ["herald", "The Herald"] == [json.loads(entry.after)["name"] for entry in (made, changed)]
    assert [1, 2, 3] == [entry.position for entry in (made, changed, gone)]
    assert 1 == len({entry.salt for entry in (made, changed, gone)})
    assert [] == list(verify_ledger(db))


def test_row_that_comes_back_goes_on_where_it_ended(db):
    """
    A row with the key of one that was deleted takes up its history.
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
    assert expected == told(db, Entry.table_name == "outlet_alias")
    assert [] == list(verify_ledger(db))


def test_nothing_is_entered_where_nothing_changes(db):
    """
    A row that is written as it was, or whose last use is noted, has no new entry.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    with db.write() as session:
        outlet = new_outlet()
        session.add(outlet)
    before = told(db)
    with db.write() as session:
        session.get(Outlet, outlet.id).name = "other"
        session.flush()
        session.get(Outlet, outlet.id).name = "herald"
        session.get(Outlet, outlet.id).scorable = True
    assert [("outlet", 2, True, True), ("outlet", 3, True, True)] == told(db)[len(before) :]
    assert key.id in {UUID(entry.row_key) for entry in entries(db, Entry.table_name == "api_key")}


def test_use_of_a_key_is_not_entered(db):
    """
    The moment of a key's last use is stored beside the ledger.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    assert find_caller(db, key.secret, now=NOW) is not None

    assert [("api_key", 1, False, True)] == told(db)
    assert [] == list(verify_ledger(db))


def test_transaction_that_is_given_up_leaves_no_entry(db):
    """
    A writer that dies, or is refused, leaves neither rows nor entries; a savepoint that is taken back leaves none, too.
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


def test_statement_that_names_no_rows_is_refused(db):
    """
    What cannot be entered row by row cannot be done, unless nobody keeps it.
    """
    with db.write() as session:
        session.add(new_outlet())
    for statement in (sa.update(Outlet).values(name="x"), sa.delete(Outlet), sa.insert(Outlet).values(slug="x")):
        with pytest.raises(RuntimeError, match="'outlet' are entered one by one"), db.write() as session:
            session.execute(statement)
    with pytest.raises(RuntimeError, match="in bulk"), db.write() as session:
        session.bulk_save_objects([new_outlet("echo")])
    with db.trial() as session:
        session.execute(sa.update(Outlet).values(name="x"))

    assert [("outlet", 1, False, True)] == told(db)


def test_import_is_entered(db, cache):
    """
    Each row that a file brings is entered, with the process that loads it; the second time nothing is.
    """
    set_actor(COMMAND_LINE)
    line = {"outlet": "Herald", "claim_id": "x/1", "claim": "It opens.", "published_at": "2026-01-01", "outcome": True}
    for _ in range(2):
        load(db, cache, [line], now=NOW)

    assert {"claim": 1, "outlet": 1, "report": 1, "resolution": 1} == {table: at for table, at, *_ in told(db)}
    assert {(None, "command line", None)} == {
        (entry.actor, entry.actor_name, entry.request_id) for entry in entries(db)
    }


def test_worker_enters_what_it_learns(db):
    """
    What the worker writes by itself is entered under its name.
    """
    set_actor(WORKER)
    with db.write() as session:
        session.add(LearnerRow(number=1, build="x", state={"w": [0.1]}, learned_from="1", recorded_at=NOW))
    assert keep_forecasts(db, after=None, now=NOW) is None

    [entry] = entries(db)

    assert ("learner", "worker") == (entry.table_name, entry.actor_name)


def test_call_that_is_replayed_is_entered_once(db):
    """
    A call that is sent again is answered from what is kept, and writes nothing.
    """
    key = create_key(db, name="feed", scopes=[Scope.READ], now=NOW)
    call = Call(key.id, "again", "0" * 64)

    def give():
        with db.write() as session:
            session.add(new_outlet())
        return Answer(201, b"{}")

    for _ in range(2):
        answer_once(db, call, give=give, keep=lambda answer: answer, now=NOW)

    assert [("api_key", 1, False, True), ("outlet", 1, False, True)] == told(db)


def test_texts_and_addresses_are_not_in_the_ledger(world):
    """
    What may have to be redacted one day, and what opens a door, is entered by a salted hash.
    """
    fill(world)
    ledger = "".join(f"{entry.before} {entry.after} {entry.row_key}" for entry in entries(world.runtime.db))
    with world.runtime.db.read() as session:
        filed = session.scalars(sa.select(Report).where(Report.quote.is_not(None))).one()
        claims = list(session.scalars(sa.select(Claim)))
    said = (filed.url, filed.quote, filed.cited_as, filed.fingerprint, "A court said so", "closed again", "stand by it")

    assert [] == [words for words in (*said, *(claim.text for claim in claims)) if words in ledger]
    [entry] = entries(world.runtime.db, Entry.row_key == str(filed.id), Entry.position == 1)
    assert hash_value(filed.quote, entry.salt) == json.loads(entry.after)["quote"]
    assert hash_value(filed.quote, "") not in ledger


def test_digest_is_of_everything(db):
    """
    An entry's digest takes in all of it but the salt, the seal and itself.
    """
    with db.write() as session:
        session.add(new_outlet())
    [entry] = entries(db)
    values = {column.name: getattr(entry, column.name) for column in Entry.__table__.columns}

    assert entry.digest == entry_digest(values)
    for name in values.keys() - {"digest", "salt", "seal"}:
        other = {"id": UUID(int=1), "actor": UUID(int=2), "recorded_at": NOW + dt.timedelta(days=1)}.get(name, "other")
        assert entry.digest != entry_digest(values | {name: other}), name


def test_content_says_nothing_of_what_is_null():
    """
    A column that is added later changes nothing that was entered before.
    """
    table = Outlet.__table__
    row = {"slug": "herald", "name": "Herald", "parent_id": None}

    assert '{"name":"Herald","slug":"herald"}' == content_of(table, row, "")
