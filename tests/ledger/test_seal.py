"""service.ledger.seal: the chain of seals"""

from __future__ import annotations

import itertools
import threading

import pytest
import sqlalchemy as sa

from service.ledger import seal as sealing
from service.ledger.seal import LAST_HEAD, head_of, seal_entries
from service.ledger.verify import verify_ledger
from service.operations.upkeep import keep_house
from service.storage.db import Database
from service.storage.models import Entry, Outlet, Seal
from tests.support.full_database import NOW


def write(db, *names):
    with db.write() as session:
        for name in names:
            session.add(Outlet(slug=name, name=name, name_key=name, kind="website", scorable=True, recorded_at=NOW))


def seals(db):
    with db.read() as session:
        return list(session.scalars(sa.select(Seal).order_by(Seal.number)))


def unsealed(db):
    with db.read() as session:
        return session.scalar(sa.select(sa.func.count()).where(Entry.seal.is_(None)))


def test_worker_seals_new_entries(db):
    """
    Each round of the worker seals the new entries and chains them to the previous seal.
    """
    write(db, "a", "b")
    keep_house(db, now=NOW)
    keep_house(db, now=NOW)
    write(db, "c")
    keep_house(db, now=NOW)

    first, second = seals(db)
    with db.read() as session:
        of_first = sa.select(Entry.digest).where(Entry.seal == 1).order_by(Entry.id)
        assert first.head == head_of(1, None, NOW, session.scalars(of_first))
        assert second.head == session.scalar(LAST_HEAD)
    assert [(1, None, 2), (2, first.head, 1)] == [
        (seal.number, seal.previous, seal.entries) for seal in (first, second)
    ]
    assert 0 == unsealed(db)
    assert [] == list(verify_ledger(db))


def test_nothing_to_seal(db):
    """
    Without entries there is no seal and no head.
    """
    assert 0 == seal_entries(db, now=NOW)
    assert [] == seals(db)
    with db.read() as session:
        assert session.scalar(LAST_HEAD) is None


def test_many_entries_are_sealed_in_parts(db, monkeypatch):
    """
    The number of entries in a seal is limited, so that writers wait only briefly.
    """
    monkeypatch.setattr(sealing, "SEAL_SIZE", 2)
    write(db, *"abcde")

    assert 5 == seal_entries(db, now=NOW)
    assert [2, 2, 1] == [seal.entries for seal in seals(db)]
    assert [] == list(verify_ledger(db))


def test_several_workers_and_writers(database_url, db):
    """
    Concurrent workers and writers produce one chain that contains each entry once.
    """
    failed = []

    def run(step):
        own = Database(database_url)
        try:
            for number in range(6):
                step(own, number)
        except Exception as exc:  # noqa: BLE001 - asserted below
            failed.append(exc)
        finally:
            own.close()

    def seal(own, _number):
        seal_entries(own, now=NOW)

    def writer(name):
        return lambda own, number: write(own, f"{name}-{number}")

    threads = [threading.Thread(target=run, args=(step,)) for step in (seal, seal, writer("a"), writer("b"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_entries(db, now=NOW)

    chain = seals(db)
    assert [] == failed
    assert list(range(1, len(chain) + 1)) == [seal.number for seal in chain]
    assert all(seal.head == following.previous for seal, following in itertools.pairwise(chain))
    assert 12 == sum(seal.entries for seal in chain)
    assert [] == list(verify_ledger(db))


def test_failed_seal(db, monkeypatch):
    """
    After a failed seal the chain is unchanged, and the next seal contains the entries.
    """
    write(db, "a")

    def die(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "head_of", die)
        with pytest.raises(ZeroDivisionError):
            seal_entries(db, now=NOW)
        assert 1 == unsealed(db)

    assert 1 == seal_entries(db, now=NOW)
    assert [] == list(verify_ledger(db))


def test_head_changes_with_each_input():
    """
    A head changes with each of its inputs.
    """
    heads = {head_of(1, None, NOW, ["a"]), head_of(2, None, NOW, ["a"]), head_of(1, "x", NOW, ["a"])}

    assert 5 == len(heads | {head_of(1, None, NOW, ["b"]), head_of(1, None, NOW, ["a", "b"])})
