"""Outlets, with their domains, aliases, and the spellings by which searches find them."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import get_history

from service.storage.base import Base
from service.storage.models.columns import enum_column
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH, new_id
from service.values.names import SPELLING_LENGTH, domain_spellings, spellings_of
from service.values.vocabulary import OutletKind

_SPELLING = sa.String(SPELLING_LENGTH + 1)


class Outlet(Base):
    """A publisher (schema.org/NewsMediaOrganization)."""

    __tablename__ = "outlet"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(SLUG_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)
    kind: Mapped[OutletKind] = mapped_column(enum_column(OutletKind, "kind"))
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    scorable: Mapped[bool]
    recorded_at: Mapped[dt.datetime]
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    """The outlet that this one was merged into. Its reports count there and keep their own outlet (R22)."""
    merged_at: Mapped[dt.datetime | None]
    merged_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))

    parent: Mapped[Outlet | None] = relationship(foreign_keys=[parent_id], remote_side="Outlet.id", lazy="raise")
    merged_into: Mapped[Outlet | None] = relationship(
        foreign_keys=[merged_into_id], remote_side="Outlet.id", lazy="selectin", join_depth=9
    )
    domains: Mapped[list[OutletDomain]] = relationship(
        lazy="raise", order_by="OutletDomain.position", cascade="all, delete-orphan"
    )
    aliases: Mapped[list[OutletAlias]] = relationship(
        lazy="raise", order_by="OutletAlias.position", cascade="all, delete-orphan"
    )

    @property
    def surviving(self) -> Outlet:
        """The outlet whose record counts the reports: the outlet itself, or the one it was merged into."""
        return self.merged_into or self


class OutletDomain(Base):
    """A domain of an outlet: a host, or a host and a path, perhaps for a limited time."""

    __tablename__ = "outlet_domain"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(DOMAIN_LENGTH), index=True)
    key: Mapped[str] = mapped_column(sa.String(DOMAIN_LENGTH), index=True)
    """The form of the domain that is the same for all spellings of an account."""
    starts_at: Mapped[dt.datetime | None]
    ends_at: Mapped[dt.datetime | None]
    """The first moment at which the outlet no longer has the domain."""


class OutletAlias(Base):
    """An alternative name of an outlet."""

    __tablename__ = "outlet_alias"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)


class OutletSpelling(Base):
    """A spelling of a name, an alias or a domain of an outlet, by which searches find it; derived on every write."""

    __tablename__ = "outlet_spelling"
    __table_args__ = (sa.Index(None, "spelling", "outlet_id"), {"sqlite_with_rowid": False})

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    source: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for the name and the slug, an odd number for an alias, an even one for a domain."""
    # Sorted by bytes, so that all spellings with one beginning are one range of an index.
    spelling: Mapped[str] = mapped_column(
        _SPELLING.with_variant(sa.String(SPELLING_LENGTH + 1, collation="C"), "postgresql"), primary_key=True
    )


class Spelling(TypedDict):
    """The columns of a spelling."""

    outlet_id: UUID
    source: int
    spelling: str


Spelt = Outlet | OutletAlias | OutletDomain
"""A row with a name or a domain."""


def spellings(row: Spelt) -> list[Spelling]:
    """Return the spellings of a row."""
    found = domain_spellings(row.domain) if isinstance(row, OutletDomain) else spellings_of(row.name)
    if isinstance(row, Outlet):
        found |= spellings_of(row.slug)
    outlet_id, source = _place(row)
    return [Spelling(outlet_id=outlet_id, source=source, spelling=spelling) for spelling in sorted(found)]


def add_spellings(connection: sa.Connection, rows: list[Spelling]) -> None:
    """Insert spellings, in one statement."""
    if rows:
        connection.execute(sa.insert(OutletSpelling), rows)


def _spell(session: Session, _context: object) -> None:
    """Derive the spellings of the rows that a flush has written."""
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
    """Return the outlet and the source of the spellings of a row."""
    if isinstance(row, Outlet):
        return row.id, 0
    return row.outlet_id, 2 * row.position + (1 if isinstance(row, OutletAlias) else 2)


def _is_renamed(row: Spelt) -> bool:
    return get_history(row, "domain" if isinstance(row, OutletDomain) else "name").has_changes()


_FORMER = sa.delete(OutletSpelling).where(
    OutletSpelling.outlet_id == sa.bindparam("id"), OutletSpelling.source == sa.bindparam("place")
)
sa.event.listen(Session, "after_flush", _spell)
for _model in (OutletAlias, OutletDomain):
    sa.event.listen(_model, "after_delete", _remove_spellings)
