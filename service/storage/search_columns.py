"""Derive the search columns of claims and reports and the spellings of outlets on every write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import get_history

from service.storage.base import Base
from service.storage.models import Claim, Outlet, OutletAlias, OutletDomain, OutletSpelling, Report
from service.values.names import domain_spellings, spellings_of, text_key
from service.values.pages import page_key
from service.values.search_terms import index_terms, tag_term

Spelt = Outlet | OutletAlias | OutletDomain
"""A row with a name or a domain, from which spellings are derived."""
_FORMER = sa.delete(OutletSpelling).where(
    OutletSpelling.outlet_id == sa.bindparam("id"), OutletSpelling.source == sa.bindparam("place")
)


class Spelling(TypedDict):
    """A new spelling of an outlet, by column."""

    outlet_id: UUID
    source: int
    spelling: str


def derive_on_write() -> None:
    """Register the event handlers that derive the search columns and spellings of written rows."""
    for model in (Claim, Report):
        sa.event.listen(model, "before_insert", _derive)
        sa.event.listen(model, "before_update", _derive_if_changed)
    sa.event.listen(Session, "after_flush", _spell)
    for named in (OutletAlias, OutletDomain):
        sa.event.listen(named, "after_delete", _remove_spellings)


def derive_search_columns(row: Claim | Report) -> None:
    """Set the search columns of a claim or report from its other columns."""
    DERIVED[type(row)](row)


def _derive_terms(claim: Claim) -> None:
    terms, claim.text_key = search_columns_of(claim)
    claim.terms = " ".join(sorted(terms))


def _derive_page_key(report: Report) -> None:
    report.page_key = page_key_of(report)


DERIVED: Mapping[type[Base], Callable[..., None]] = {Claim: _derive_terms, Report: _derive_page_key}
"""The function that sets the search columns of a row, by model."""


def search_columns_of(claim: Claim) -> tuple[set[str], str | None]:
    """Return the search terms and the text key of a claim. A redacted text adds no terms and has no key."""
    tags = set(map(tag_term, claim.tags))
    if any(note["member"] == "text" for note in claim.redacted or ()):
        return tags, None
    return tags | index_terms(claim.text), text_key(claim.text)


def page_key_of(report: Report) -> str | None:
    """Return the key of the page that a report appeared on; None without a valid URL."""
    try:
        return None if report.url is None else page_key(report.url)
    except ValueError:  # such as a port that is not a number
        return None


def spellings(row: Spelt) -> list[Spelling]:
    """Return the spellings of an outlet, alias or domain that searches look for."""
    found = domain_spellings(row.domain) if isinstance(row, OutletDomain) else spellings_of(row.name)
    if isinstance(row, Outlet):
        found |= spellings_of(row.slug)
    outlet_id, source = _place(row)
    return [Spelling(outlet_id=outlet_id, source=source, spelling=spelling) for spelling in sorted(found)]


def add_spellings(connection: sa.Connection, rows: list[Spelling]) -> None:
    """Insert spellings, in one statement."""
    if rows:
        connection.execute(sa.insert(OutletSpelling), rows)


def _derive(_mapper: Mapper[Claim | Report], _connection: sa.Connection, row: Claim | Report) -> None:
    derive_search_columns(row)


def _derive_if_changed(_mapper: Mapper[Claim | Report], _connection: sa.Connection, row: Claim | Report) -> None:
    names = ("url",) if isinstance(row, Report) else ("text", "tags", "redacted")
    if any(get_history(row, name).has_changes() for name in names):
        derive_search_columns(row)


def _spell(session: Session, _context: object) -> None:
    """Replace the spellings of the outlets, aliases and domains that a flush has written."""
    changed = [row for row in session.dirty if isinstance(row, Spelt) and _is_renamed(row)]
    written = [*changed, *(row for row in session.new if isinstance(row, Spelt))]
    if written:
        connection = session.connection()
        for row in changed:
            _remove_spellings(None, connection, row)
        add_spellings(connection, [each for row in written for each in spellings(row)])


def _remove_spellings(_mapper: object, connection: sa.Connection, row: Spelt) -> None:
    outlet_id, source = _place(row)
    connection.execute(_FORMER, {"id": outlet_id, "place": source})


def _place(row: Spelt) -> tuple[UUID, int]:
    """Return the outlet id and the source number under which the spellings of a row are stored."""
    if isinstance(row, Outlet):
        return row.id, 0
    return row.outlet_id, 2 * row.position + (1 if isinstance(row, OutletAlias) else 2)


def _is_renamed(row: Spelt) -> bool:
    return get_history(row, "domain" if isinstance(row, OutletDomain) else "name").has_changes()
