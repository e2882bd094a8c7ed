"""Fill a database with outlets, claims, reports and resolutions, straight into the tables and without the ledger."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from service.outlets.rebuild_sums import rebuild_sums
from service.storage.base import Base
from service.storage.db import Database
from service.storage.migrations import migrate
from service.storage.models import Claim, Outlet, Report, Resolution
from service.values.ids import new_id
from service.values.search_terms import index_terms
from service.values.vocabulary import ClaimKind, OutletKind, Precision, Stance, Verdict

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
PER_CLAIM = 5
OUTLETS = 1000
_CHUNK = 5000
_TOPICS = ("transfers", "politics", "weather", None)
_WORDS = ("bridge", "player", "minister", "storm", "tunnel", "company", "museum", "harbour", "railway", "election")


def fill(db: Database, reports: int) -> None:
    """Insert claims with five reports each, nine in ten of them resolved. Every second one has a report of outlet-0."""
    migrate(db.engine)
    outlets = [new_id() for _ in range(OUTLETS)]
    common = {"kind": OutletKind.WEBSITE, "scorable": True, "recorded_at": NOW, "parent_id": None}
    insert(db, Outlet, ({"id": outlet_id, **_names(f"outlet-{n}"), **common} for n, outlet_id in enumerate(outlets)))
    claims = [new_id() for _ in range(reports // PER_CLAIM)]
    insert(db, Claim, (_claim(n, claim_id) for n, claim_id in enumerate(claims)))
    insert(db, Report, (_report(n, k, claim, outlets) for n, claim in enumerate(claims) for k in range(PER_CLAIM)))
    insert(db, Resolution, (_resolution(n, claim_id) for n, claim_id in enumerate(claims) if n % 10))
    rebuild_sums(db, now=NOW)
    db.analyze()


def insert(db: Database, table: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    """Insert rows in chunks, without entries in the ledger."""
    while chunk := list(itertools.islice(rows, _CHUNK)):
        with db.write_restored() as session:
            session.execute(sa.insert(table), chunk)


def text_of(number: int) -> str:
    """Return the text of a claim, in which common and rare words occur."""
    words = [_WORDS[number % 10], _WORDS[number // 10 % 10]]
    return f"The {words[0]} of town {number % 977} meets the {words[1]} number {number}."


def _names(name: str) -> dict[str, str]:
    return {"slug": name, "name": name, "name_key": name}


def _claim(number: int, claim_id: object) -> dict[str, Any]:
    text = text_of(number)
    return {
        "id": claim_id,
        "text": text,
        "terms": " ".join(sorted(index_terms(text))),
        "kind": ClaimKind.EVENT if number % 3 == 0 else ClaimKind.FACT,
        "topic": _TOPICS[number % 4],
        "tags": [],
        # Some ninety claims are not due yet, and a few without a resolution are due, regardless of the total.
        "resolves_by": NOW + dt.timedelta(days=30 if number < 300 and number % 10 else -30)
        if number % 3 == 0
        else None,
        "recorded_at": NOW,
    }


def _report(number: int, place: int, claim_id: object, outlets: list[Any]) -> dict[str, Any]:
    outlet = 0 if place == 0 and number % 2 == 0 else 1 + (number * 7 + place * 131) % (OUTLETS - 1)
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "outlet_id": outlets[outlet],
        "stance": Stance.DENY if (number + place) % 7 == 0 else Stance.SUPPORT,
        "commitment": (None, 1, 2, 3, 4)[(number + place) % 5],
        "published_at": NOW - dt.timedelta(days=100),
        "published_precision": Precision.INSTANT,
        "is_relay": False,
        "fingerprint": f"{number}-{place}",
        "recorded_at": NOW,
    }


def _resolution(number: int, claim_id: object) -> dict[str, Any]:
    verdict = Verdict.TRUE if number % 3 else Verdict.FALSE
    return {
        "id": new_id(),
        "claim_id": claim_id,
        "position": 1,
        "verdict": verdict,
        "truth": float(verdict is Verdict.TRUE),
        "known_at": NOW - dt.timedelta(days=40),
        "known_precision": Precision.INSTANT,
        "evidence": [],
        "note": "Seen.",
        "recorded_at": NOW,
    }
