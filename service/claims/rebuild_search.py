"""Recompute the stored columns that searches use."""

from __future__ import annotations

from service.storage.db import Database, retried
from service.storage.search_check import correct_spellings, wrong_search_columns
from service.storage.search_columns import derive_search_columns


@retried
def rebuild_search(db: Database) -> int:
    """Recompute the search columns of claims and reports and the spellings of outlets.

    Returns:
        The number of claims, reports and outlets that were corrected.
    """
    with db.write() as session:
        wrong = list(wrong_search_columns(session))
        for row in wrong:
            derive_search_columns(row)
        return len(wrong) + correct_spellings(session)
