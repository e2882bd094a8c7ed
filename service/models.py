"""The tables. No query and no rule lives here. Claims, reports and resolutions are only ever added to."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base
from service.identity import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH, new_id
from service.vocabulary import ClaimKind, OutletKind, Role, Stance, Verdict


def _named(kind: type[enum.StrEnum], name: str) -> sa.Enum:
    return sa.Enum(
        kind,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=16,
        values_callable=lambda members: [member.value for member in members],
    )


class Outlet(Base):
    """Who publishes (schema.org/NewsMediaOrganization)."""

    __tablename__ = "outlet"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    slug: Mapped[str] = mapped_column(sa.String(SLUG_LENGTH), unique=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    name_key: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), index=True)
    kind: Mapped[OutletKind] = mapped_column(_named(OutletKind, "kind"))
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    scorable: Mapped[bool]
    recorded_at: Mapped[dt.datetime]

    parent: Mapped[Outlet | None] = relationship(remote_side="Outlet.id", lazy="raise")
    domains: Mapped[list[OutletDomain]] = relationship(
        lazy="raise", order_by="OutletDomain.position", cascade="all, delete-orphan"
    )
    aliases: Mapped[list[OutletAlias]] = relationship(
        lazy="raise", order_by="OutletAlias.position", cascade="all, delete-orphan"
    )


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


class Claim(Base):
    """A proposition that can be checked (schema.org/Claim)."""

    __tablename__ = "claim"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    text: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[ClaimKind] = mapped_column(_named(ClaimKind, "kind"))
    topic: Mapped[str | None] = mapped_column(sa.String(100), index=True)
    tags: Mapped[list[str]]
    resolves_by: Mapped[dt.datetime | None] = mapped_column(index=True)
    group: Mapped[str | None] = mapped_column(sa.String(200), index=True)
    external_id: Mapped[str | None] = mapped_column(sa.String(400), unique=True)
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]

    reports: Mapped[list[Report]] = relationship(
        lazy="raise", back_populates="claim", order_by="(Report.published_at, Report.recorded_at, Report.id)"
    )
    resolutions: Mapped[list[Resolution]] = relationship(lazy="raise", order_by="Resolution.position")


class Report(Base):
    """One outlet carrying one claim at one time (schema.org/appearance)."""

    __tablename__ = "report"
    __table_args__ = (sa.UniqueConstraint("claim_id", "fingerprint"), sa.Index(None, "outlet_id", "claim_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"))
    stance: Mapped[Stance] = mapped_column(_named(Stance, "stance"))
    commitment: Mapped[int | None]
    lexicon: Mapped[str | None] = mapped_column(sa.String(16))
    """The version of the lexicon that read `commitment` from `quote`; None where it was stated, or is unknown."""
    probability: Mapped[float | None]
    published_at: Mapped[dt.datetime]
    url: Mapped[str | None] = mapped_column(sa.Text)
    quote: Mapped[str | None] = mapped_column(sa.Text)
    is_relay: Mapped[bool]
    cited_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("outlet.id"), index=True)
    cited_as: Mapped[str | None] = mapped_column(sa.String(200))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    """What makes it the same report when it is sent again (R4), hashed."""
    filed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]

    claim: Mapped[Claim] = relationship(lazy="raise", back_populates="reports")
    withdrawal: Mapped[Withdrawal | None] = relationship(lazy="raise")
    outlet: Mapped[Outlet] = relationship(foreign_keys=[outlet_id], lazy="raise")
    cited: Mapped[Outlet | None] = relationship(foreign_keys=[cited_id], lazy="raise")


class Withdrawal(Base):
    """Says that a report was filed by mistake; the report stays, and does not count."""

    __tablename__ = "withdrawal"

    report_id: Mapped[UUID] = mapped_column(sa.ForeignKey("report.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(sa.Text)
    withdrawn_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]


class Version(Base):
    """What an outlet or a claim said until it was changed."""

    __tablename__ = "version"
    __table_args__ = (sa.UniqueConstraint("subject_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID]
    """The outlet or the claim; an id is given only once, so it says which."""
    number: Mapped[int]
    """1 for what was first on record, then counting."""
    content: Mapped[dict[str, Any]]
    """The members that can change, as they were."""
    changed_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]
    """When it was replaced."""


class Resolution(Base):
    """The established truth of a claim, with what it rests on. The newest of a claim stands (R11)."""

    __tablename__ = "resolution"
    __table_args__ = (sa.UniqueConstraint("claim_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"))
    position: Mapped[int]
    """1 for a claim's first resolution, then counting; so a claim's history has no fork."""
    supersedes_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("resolution.id"), unique=True)
    verdict: Mapped[Verdict | None] = mapped_column(_named(Verdict, "verdict"))
    """None withdraws the one before and leaves the claim open."""
    truth: Mapped[float | None]
    """How much of the claim was so, 0..1; None for a verdict that does not score."""
    known_at: Mapped[dt.datetime]
    evidence: Mapped[list[str]]
    note: Mapped[str | None] = mapped_column(sa.Text)
    resolved_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("api_key.id"))
    recorded_at: Mapped[dt.datetime]


class Subtotal(Base):
    """What one outlet's claims of one sort add up to: the part of its record that reports of one cell make."""

    __tablename__ = "subtotal"

    outlet_id: Mapped[UUID] = mapped_column(sa.ForeignKey("outlet.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(_named(Role, "role"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(_named(ClaimKind, "kind"), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    """Empty for a claim without one."""
    stance: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    """Empty where nothing was said in time."""
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 where it is unknown."""
    claims: Mapped[int]
    open: Mapped[int]
    unscored: Mapped[int]
    correct: Mapped[int]
    incorrect: Mapped[int]
    partial: Mapped[int]
    early: Mapped[int]
    backfilled: Mapped[int]
    right: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths, as are the next three, so that sums are exact."""
    stated: Mapped[int]
    """Scored claims on which a probability was stated."""
    stated_true: Mapped[int] = mapped_column(sa.BigInteger)
    stated_true_squared: Mapped[int] = mapped_column(sa.BigInteger)
    brier: Mapped[int] = mapped_column(sa.BigInteger)
    told: Mapped[int]
    told_true: Mapped[int] = mapped_column(sa.BigInteger)


class Rate(Base):
    """How often claims proved true of which there is a report of one cell, as far as is resolved now."""

    __tablename__ = "rate"

    stance: Mapped[Stance] = mapped_column(_named(Stance, "stance"), primary_key=True)
    kind: Mapped[ClaimKind] = mapped_column(_named(ClaimKind, "kind"), primary_key=True)
    commitment: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0 where it is unknown."""
    topic: Mapped[str] = mapped_column(sa.String(100), primary_key=True)
    """Empty for a claim without one."""
    weight: Mapped[int] = mapped_column(sa.BigInteger)
    """In billionths of a claim; every claim weighs one, shared by all that report it."""
    true: Mapped[int] = mapped_column(sa.BigInteger)
    """How much of the weight proved true."""


class ContextRow(Base):
    """What reports got right on average when it was fitted; only ever added to, so that a score can name it."""

    __tablename__ = "context"

    number: Mapped[int] = mapped_column(primary_key=True)
    kappa: Mapped[float]
    claims: Mapped[int]
    """How many resolved claims it was fitted on."""
    rates: Mapped[list[Any]] = mapped_column(sa.JSON)
    """Each cell, the widest first, with its counts in billionths."""
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)


class LearnerRow(Base):
    """What forecast/1 had learned when it was fitted."""

    __tablename__ = "learner"

    number: Mapped[int] = mapped_column(primary_key=True)
    build: Mapped[str] = mapped_column(sa.String(40))
    """The method with a hash of what its state is made of: another build cannot read it."""
    state: Mapped[dict[str, Any]]
    learned_from: Mapped[str] = mapped_column(sa.String(80))
    """How many rows there were to learn from: as long as there are as many, nothing is new."""
    recorded_at: Mapped[dt.datetime]


class ForecastRow(Base):
    """What was forecast for a claim on a day, so that it can be held against what came."""

    __tablename__ = "forecast"

    claim_id: Mapped[UUID] = mapped_column(sa.ForeignKey("claim.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(sa.String(16))
    probability: Mapped[float]
    recorded_at: Mapped[dt.datetime]


class ApiKey(Base):
    """A key that may call the API; of its secret only a hash is kept."""

    __tablename__ = "api_key"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    """The start of the hash: enough to find the row, too little to be the secret's check."""
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scopes: Mapped[list[str]]
    recorded_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    last_used_at: Mapped[dt.datetime | None]
    """To the minute or so."""
    revoked_at: Mapped[dt.datetime | None]


class FormerSecret(Base):
    """The secret that a key had until it was given another one, and that opens as much for a while yet."""

    __tablename__ = "former_secret"

    digest: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    handle: Mapped[str] = mapped_column(sa.String(16), index=True)
    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"))
    ends_at: Mapped[dt.datetime]


class KeptAnswer(Base):
    """What a call with an Idempotency-Key was answered, so that it can be answered the same again."""

    __tablename__ = "kept_answer"

    api_key_id: Mapped[UUID] = mapped_column(sa.ForeignKey("api_key.id"), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64))
    """Method, path and body of the request, hashed."""
    status: Mapped[int] = mapped_column(default=0)
    """0 only until its own transaction ends."""
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(default=b"")
    recorded_at: Mapped[dt.datetime] = mapped_column(index=True)


class Outbox(Base):
    """Work that a transaction leaves behind for the worker, which does it at least once."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(32))
    payload: Mapped[dict[str, Any]]
    recorded_at: Mapped[dt.datetime]
