"""Outlets and what they are found by."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.storage.db import Base
from service.storage.models.words import named
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH, new_id
from service.values.vocabulary import OutletKind


class Outlet(Base):
    """Who publishes (schema.org/NewsMediaOrganization)."""

    __tablename__ = "outlet"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(SLUG_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)
    kind: Mapped[OutletKind] = mapped_column(named(OutletKind, "kind"))
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    scorable: Mapped[bool]
    recorded_at: Mapped[dt.datetime]
    merged_into_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    """The outlet that this one proved to be; reports stay where they were filed, and count there (R22)."""
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
        """The outlet whose record this one's reports count in: itself, unless it was merged."""
        return self.merged_into or self


class OutletDomain(Base):
    """A host, or a host and path, whose pages are the outlet's."""

    __tablename__ = "outlet_domain"

    domain: Mapped[str] = mapped_column(sa.String(DOMAIN_LENGTH), primary_key=True)
    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    position: Mapped[int]


class OutletAlias(Base):
    """Another name of the outlet."""

    __tablename__ = "outlet_alias"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)
