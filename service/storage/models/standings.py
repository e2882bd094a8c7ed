"""The current scores of outlets that rankings are sorted by, derived from the record."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from service.storage.base import Base
from service.storage.models.columns import SLUG, TOPIC, enum_column
from service.values.vocabulary import Basis, OutletKind

_IN_RANKING = "topic", "basis"
_SORTED_BY = "lower", "mean", "share"


class Standing(Base):
    """The numbers of an outlet's current score that the rankings of a topic are sorted by.

    An outlet has a row for each basis and each topic on which it has claims of its own. The worker updates the rows
    after a change; until then, the outbox lists the outlets whose scores have changed.
    """

    __tablename__ = "standing"
    __table_args__ = (
        *(sa.Index(f"ix_standing_{name}", *_IN_RANKING, name, "slug", "resolved", "kind") for name in _SORTED_BY),
        sa.Index("ix_standing_resolved", *_IN_RANKING, "resolved", "claims", "slug", "kind"),
        *(sa.Index(None, "basis", name) for name in ("computed_at", "valid_until")),
    )

    slug: Mapped[str] = mapped_column(SLUG, primary_key=True)
    basis: Mapped[Basis] = mapped_column(enum_column(Basis, "basis"), primary_key=True)
    topic: Mapped[str] = mapped_column(TOPIC, primary_key=True)
    """The topic, which includes all topics below it; empty for all claims."""
    kind: Mapped[OutletKind] = mapped_column(enum_column(OutletKind, "kind"))
    claims: Mapped[int]
    """The number of the outlet's own claims; 0 if none of them is due yet."""
    resolved: Mapped[int]
    """The number of the outlet's own resolved claims. If it is 0, so are the following columns."""
    lower: Mapped[float] = mapped_column(sa.Double)
    """The lower bound of the adjusted reliability at the default level, 0..1."""
    upper: Mapped[float] = mapped_column(sa.Double)
    mean: Mapped[float] = mapped_column(sa.Double)
    share: Mapped[float] = mapped_column(sa.Double)
    """The share of the outlet's resolved claims that it got right, 0..1."""
    computed_at: Mapped[dt.datetime | None]
    """The time of the computation. This and `valid_until` are null on the rows of single topics."""
    valid_until: Mapped[dt.datetime | None]
    """The time at which the outlet's next claim falls due, which changes its score on the basis `matured`."""
