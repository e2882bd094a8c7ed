"""Find the rows whose search columns do not match the columns that they are derived from."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from service.storage.models import Claim, Report

_STREAMED = {"yield_per": 1000}


def wrong_search_columns(session: Session) -> Iterator[Claim | Report]:
    """Yield the claims and reports whose search columns are wrong."""
    claims = sa.select(Claim).options(undefer(Claim.terms))
    for claim in session.scalars(claims, execution_options=_STREAMED):
        terms, text_key = claim.search_columns()
        stored = claim.terms.replace("'", "").split()  # PostgreSQL quotes them and has its own order
        if set(stored) != terms or claim.text_key != text_key:
            yield claim
    for report in session.scalars(sa.select(Report), execution_options=_STREAMED):
        if report.page_key != report.search_column():
            yield report
