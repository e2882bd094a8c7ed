"""Find and correct search columns and spellings that do not match the columns they are derived from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload, undefer

from service.storage.models import Claim, Outlet, OutletSpelling, Report
from service.storage.predicates import is_among
from service.storage.search_columns import (
    Spelling,
    Spelt,
    add_spellings,
    page_key_of,
    search_columns_of,
    spellings,
)

_STREAMED = {"yield_per": 1000}


def wrong_search_columns(session: Session) -> Iterator[Claim | Report]:
    """Yield the claims and reports whose search columns are wrong."""
    claims = sa.select(Claim).options(undefer(Claim.terms))
    for claim in session.scalars(claims, execution_options=_STREAMED):
        terms, text_key = search_columns_of(claim)
        stored = claim.terms.replace("'", "").split()  # PostgreSQL returns terms in quotes and in its own order
        if set(stored) != terms or claim.text_key != text_key:
            yield claim
    for report in session.scalars(sa.select(Report), execution_options=_STREAMED):
        if report.page_key != page_key_of(report):
            yield report


def wrong_spellings(session: Session) -> Iterator[tuple[UUID, list[Spelling]]]:
    """Yield the id of each outlet with wrong spellings, together with the right ones."""
    rows = sa.select(Outlet).options(selectinload(Outlet.aliases), selectinload(Outlet.domains))
    part: Sequence[Outlet]
    for part in session.scalars(rows, execution_options=_STREAMED).partitions():
        stored: dict[UUID, set[tuple[int, str]]] = {outlet.id: set() for outlet in part}
        columns = sa.select(OutletSpelling.outlet_id, OutletSpelling.source, OutletSpelling.spelling)
        columns = columns.where(is_among(session, OutletSpelling.outlet_id, stored))
        for outlet_id, source, spelling in session.execute(columns):
            stored[outlet_id].add((source, spelling))
        for outlet in part:
            named: list[Spelt] = [outlet, *outlet.aliases, *outlet.domains]
            right = [each for row in named for each in spellings(row)]
            if stored[outlet.id] != {(each["source"], each["spelling"]) for each in right}:
                yield outlet.id, right


def correct_spellings(session: Session) -> int:
    """Correct the wrong spellings of outlets, and return the number of outlets corrected."""
    wrong = list(wrong_spellings(session))
    connection = session.connection()
    for outlet_id, right in wrong:
        connection.execute(sa.delete(OutletSpelling).where(OutletSpelling.outlet_id == outlet_id))
        add_spellings(connection, right)
    return len(wrong)
