"""service.ledger.verify: changes that bypass the service are reported, in every table"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.ledger.seal import LAST_HEAD, head_of, seal_entries
from service.ledger.verify import find_differences, verify_ledger
from service.storage.base import Base
from service.storage.entries import entry_digest, row_key
from service.storage.journaled import UNJOURNALED, journaled_tables
from service.storage.models import Claim, Entry, Outlet, Seal, Subtotal
from service.values.ids import new_id
from tests.support.full_database import NOW, fill
from tests.support.unjournaled import unjournaled
from tests.support.world import report

UNDETECTED = {("api_key", "last_used_at")}


@pytest.fixture
def filled(world):
    """A database with a row in each journaled table, and two seals."""
    return fill_and_seal(world)


@pytest.fixture(scope="module")
def standing(shared_world):
    """The same as `filled`, shared by tests that do not change it."""
    return fill_and_seal(shared_world)


def fill_and_seal(world):
    world.record(report("Tribune"))
    seal_entries(world.runtime.db, now=NOW)
    fill(world)
    seal_entries(world.runtime.db, now=NOW)
    return world.runtime.db


@contextmanager
def by_hand(db):
    """Open a session that bypasses the journal and all constraints, and is rolled back at the end."""
    with db.engine.execution_options(write=False).connect() as connection:
        if db.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        with Session(connection) as session:
            yield session
        connection.rollback()


def found(session, head=None):
    return {(finding.table, finding.key) for finding in find_differences(session, head)}


def some_row(session, table):
    """Return the last row of a table by its key, which has the most columns set."""
    order = [column.desc() for column in table.primary_key]
    row = session.execute(sa.select(table).order_by(*order)).mappings().first()
    assert row is not None, f"let tests/support/full_database.py write a row to {table.name}"
    return dict(row)


def is_row(table, row):
    return sa.and_(*(column == row[column.name] for column in table.primary_key))


_OTHERS = (
    (bool, lambda value: not value),
    (dt.datetime, lambda value: value + dt.timedelta(microseconds=1)),
    (dt.date, lambda value: value + dt.timedelta(days=1)),
    ((int, float), lambda value: value + 1),
    (list, lambda value: [*value, "more"]),
    (dict, lambda value: {**value, "more": 1}),
    (str, lambda value: value[:-1] + ("y" if value.endswith("x") else "x")),
)


def other(value, column):
    """Return another valid value of a column."""
    if isinstance(column.type, sa.Enum):
        return next(word for word in column.type.enum_class if word != value)
    changes = (change for kind, change in _OTHERS if isinstance(value, kind))
    return next(changes, lambda _: _new_value(column))(value)


def _new_value(column):
    """Return a value for a null or an id."""
    kind = column.type
    if isinstance(kind, sa.Uuid):
        return new_id()
    if isinstance(kind, sa.JSON):
        return [{"made": "up"}]
    if isinstance(kind, (sa.Integer, sa.Float)):
        return 1
    return "made up" if isinstance(kind, sa.String) else NOW


def test_unchanged_database(filled):
    """
    Rows written by the service match the ledger, sealed or not.
    """
    with filled.write() as session:
        session.add(Outlet(slug="new", name="New", name_key="new", kind="website", scorable=True, recorded_at=NOW))

    assert [] == list(verify_ledger(filled))


def test_every_table_is_journaled_or_listed():
    """
    Every table is journaled or listed as unjournaled.
    """
    assert {table.name for table in journaled_tables()} | UNJOURNALED == set(Base.metadata.tables)
    assert "claim" not in UNJOURNALED


def test_every_column_of_every_table(standing):
    """
    A changed value in any column is reported, and nothing else is.
    """
    columns = max(len(table.columns) for table in journaled_tables())
    for number in range(columns):
        with by_hand(standing) as session:
            expected = set()
            for table in journaled_tables():
                row = some_row(session, table)
                if number >= len(table.columns):
                    continue
                column = list(table.columns)[number]
                changed = {column.name: other(row[column.name], column)}
                session.execute(sa.update(table).where(is_row(table, row)).values(changed))
                if (table.name, column.name) not in UNDETECTED:
                    expected.add((table.name, row_key(table, row | changed)))
                    if column.primary_key:
                        expected.add((table.name, row_key(table, row)))

            reported = {finding for finding in found(session) if finding[0] not in UNJOURNALED}

        assert expected == reported


def test_rows_deleted_by_hand(standing):
    """
    A row deleted without an entry is reported in each table.
    """
    with by_hand(standing) as session:
        rows = {table: some_row(session, table) for table in journaled_tables()}
        for table, row in rows.items():
            session.execute(sa.delete(table).where(is_row(table, row)))

        assert {(table.name, row_key(table, row)) for table, row in rows.items()} <= found(session)


def test_rows_added_by_hand(standing):
    """
    A row added without an entry is reported in each table.
    """
    with by_hand(standing) as session:
        expected = set()
        for table in journaled_tables():
            row = some_row(session, table)
            made_up = {column.name: other(row[column.name], column) for column in table.columns}
            session.execute(sa.insert(table).values(made_up))
            expected.add((table.name, row_key(table, made_up)))

        assert expected <= found(session)


def test_entry_changed(standing):
    """
    A change of any column of an entry is reported, except that of the transaction, which is not part of the record.
    """
    entry = Entry.__table__
    for column in [column for column in entry.columns if column.name != "written_in"]:
        with by_hand(standing) as session:
            is_claim = entry.c.table_name == "claim"
            row = session.execute(sa.select(entry).where(is_claim).order_by(entry.c.id).limit(1)).mappings().one()
            changed = {column.name: other(row[column.name], column)}
            session.execute(sa.update(entry).where(entry.c.id == row["id"]).values(changed))

            assert found(session), column.name


def test_seal_changed(standing):
    """
    A change of any column of a seal is reported.
    """
    seal = Seal.__table__
    for column in seal.columns:
        with by_hand(standing) as session:
            row = session.execute(sa.select(seal).where(seal.c.number == 1)).mappings().one()
            value = 77 if column.primary_key else other(row[column.name], column)
            session.execute(sa.update(seal).where(seal.c.number == 1).values({column.name: value}))

            assert "seal" in {table for table, _ in found(session)}, column.name


def test_entry_removed_or_inserted(standing):
    """
    A removed entry is reported, with or without its row; so is an inserted entry.
    """
    for without_row in (False, True):
        with by_hand(standing) as session:
            claim = session.scalars(sa.select(Claim).order_by(Claim.id)).first()
            session.execute(sa.delete(Entry).where(Entry.row_key == str(claim.id)))
            if without_row:
                session.execute(sa.delete(Claim.__table__).where(Claim.__table__.c.id == claim.id))

            assert ("seal", "1") in found(session)
    with by_hand(standing) as session:
        row = dict(session.execute(sa.select(Entry.__table__).where(Entry.seal == 1)).mappings().first())
        row |= {"id": new_id(), "row_key": "made up"}
        session.execute(sa.insert(Entry.__table__).values(row | {"digest": entry_digest(row)}))

        assert ("seal", "1") in found(session)


def test_value_that_cannot_be_read(standing):
    """
    A value of the wrong type, which only SQLite stores, is reported, and the other tables are checked.
    """
    moment = "recorded_at" if standing.engine.dialect.name == "sqlite" else "text"
    with by_hand(standing) as session:
        session.execute(sa.text(f"UPDATE claim SET {moment} = 'once'"))
        session.execute(sa.text("UPDATE outlet SET name = 'Else'"))

        assert {"claim", "outlet"} <= {table for table, _ in found(session)}


def test_overwritten_change(filled):
    """
    A change by hand is reported even after the service has overwritten it.
    """
    with unjournaled(filled) as session:
        session.execute(sa.update(Outlet).values(scorable=False))
        session.commit()
    with filled.write() as session:
        for outlet in session.scalars(sa.select(Outlet)):
            outlet.scorable = True

    assert {"outlet"} == {finding.table for finding in verify_ledger(filled)}


def test_sums_changed(standing):
    """
    Sums are not journaled, but are compared with the rows.
    """
    with by_hand(standing) as session:
        session.execute(sa.update(Subtotal).values(claims=Subtotal.claims + 1))

        assert {"subtotal"} == {table for table, _ in found(session)}


def test_forged_ledger(standing):
    """
    A rewritten chain is detected with a head that was stored before, and only with that.
    """
    with standing.read() as session:
        stored_head = session.scalar(LAST_HEAD)
    with by_hand(standing) as session:
        entry, seal = Entry.__table__, Seal.__table__
        last = session.execute(sa.select(seal).order_by(seal.c.number.desc()).limit(1)).mappings().one()
        of_last = sa.select(entry).where(entry.c.seal == last["number"], entry.c.table_name == "report")
        row = dict(session.execute(of_last.limit(1)).mappings().one())
        row["actor"] = new_id()
        session.execute(
            sa.update(entry).where(entry.c.id == row["id"]).values(actor=row["actor"], digest=entry_digest(row))
        )
        digests = session.scalars(sa.select(entry.c.digest).where(entry.c.seal == last["number"]).order_by(entry.c.id))
        head = head_of(last["number"], last["previous"], last["recorded_at"], digests)
        session.execute(sa.update(seal).where(seal.c.number == last["number"]).values(head=head))

        assert set() == found(session)
        assert {("seal", stored_head)} == found(session, stored_head)


def test_heads_of_the_chain(standing):
    """
    Every head of the chain is found in it, and no other.
    """
    with standing.read() as session:
        heads = list(session.scalars(sa.select(Seal.head)))

    assert 2 == len(heads)
    assert [[], []] == [list(verify_ledger(standing, head=head)) for head in heads]
    assert ["is not a head of this chain"] == [finding.difference for finding in verify_ledger(standing, head="0" * 64)]
