"""Write to a database past the journal, as somebody with another program would."""

from __future__ import annotations

from sqlalchemy.orm import Session


def unjournaled(db):
    """Open a session that writes without entries in the ledger; it is rolled back unless the test commits."""
    return Session(db.engine.execution_options(write=True), expire_on_commit=False)
