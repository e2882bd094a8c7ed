"""Outlets, with their domains, their aliases, and the spellings that searches look for."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.base import Base
from service.storage.models.columns import enum_column
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH, new_id
from service.values.names import SPELLING_LENGTH
from service.values.vocabulary import OutletKind

_SPELLING = sa.String(SPELLING_LENGTH + 1)
_MERGED = sa.text("merged_into_id IS NOT NULL")


class Outlet(Base):
    """A publisher (schema.org/NewsMediaOrganization)."""

    __tablename__ = "outlet"
    # A partial index, because few outlets are merged. It is so small that PostgreSQL uses it whatever the statistics.
    __table_args__ = (
        sa.Index("ix_outlet_merged_into_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(SLUG_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)
    kind: Mapped[OutletKind] = mapped_column(enum_column(OutletKind, "kind"))
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    scorable: Mapped[bool]
    recorded_at: Mapped[dt.datetime]
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"))
    """The outlet that this one was merged into, for which the reports of this one count (R22)."""
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


class OutletDomain(Base):
    """A domain of an outlet: a host, or a host and a path, optionally limited in time."""

    __tablename__ = "outlet_domain"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    domain: Mapped[str] = mapped_column(sa.String(DOMAIN_LENGTH), index=True)
    key: Mapped[str] = mapped_column(sa.String(DOMAIN_LENGTH), index=True)
    """The domain in a form that is the same for all spellings of an account on a platform."""
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
    """A spelling of an outlet's name, alias or domain that searches look for, derived on every write."""

    __tablename__ = "outlet_spelling"
    __table_args__ = (sa.Index(None, "spelling", "outlet_id"), {"sqlite_with_rowid": False})

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    source: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 for the name and the slug, an odd number for an alias, a higher even number for a domain."""
    # Sorted by bytes, so that all spellings with the same beginning are one range of an index.
    spelling: Mapped[str] = mapped_column(
        _SPELLING.with_variant(sa.String(SPELLING_LENGTH + 1, collation="C"), "postgresql"), primary_key=True
    )
