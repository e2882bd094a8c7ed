"""The records of outlets: from the sums where everything on record counts, else from the rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.errors import InvalidQuery
from service.methods.provenance import Filed, Position, position
from service.methods.reliability import DEFAULT_LEVEL
from service.methods.tally import Amounts, ClaimFacts, Slot, add_up, count_claim, difference
from service.outlets.find import filing_for
from service.outlets.sums import read_sums
from service.storage.models import Claim, Outlet, Reply, Report, Resolution, Subtotal, Version, Withdrawal
from service.storage.predicates import (
    counts_as,
    disputed_claims,
    general_replies,
    is_among,
    is_general,
    is_open,
    newest_id,
)
from service.values.vocabulary import Basis, Role

Row: TypeAlias = sa.Row[*tuple[Any, ...]]
Chosen: TypeAlias = sa.ColumnExpressionArgument[bool]
"""Which outlets."""

_AT_ONCE = 2000  # rows fetched at a time
_ANY = sa.true()
_FILER, _CITED = aliased(Outlet), aliased(Outlet)
_TOLD = (
    Report.id,
    counts_as(_FILER).label("outlet_id"),
    Report.claim_id,
    Report.stance,
    Report.commitment,
    Report.probability,
    Report.published_at,
    Report.recorded_at,
    Report.is_relay,
    counts_as(_CITED).label("cited_id"),
    Claim.external_id,
    Claim.group,
    Claim.kind,
    Claim.topic,
    Claim.resolves_by,
    Resolution.verdict,
    Resolution.truth,
    Resolution.known_at,
)
"""What a row tells of a report, its claim, and the resolution that stands."""


@dataclass(frozen=True, slots=True)
class Lens:
    """How to look at a record: the same for one outlet, for some, and for all of them ranked."""

    topic: str | None
    basis: Basis
    as_of: dt.datetime | None
    """Only what was published and known by this past moment (R18); None for everything on record."""
    recorded_by: dt.datetime | None
    """Only rows that were on record by this past moment (R18); None for all of them."""
    level: float

    @property
    def is_current(self) -> bool:
        """Whether everything on record counts."""
        return self.as_of is None and self.recorded_by is None

    def moment(self, now: dt.datetime) -> dt.datetime:
        """The moment that the record is looked at from."""
        return self.as_of or self.recorded_by or now

    def refuse_future(self, now: dt.datetime) -> None:
        """Make sure that it looks at no moment that is still to come.

        Raises:
            InvalidQuery: It does.
        """
        for name, moment in (("as_of", self.as_of), ("recorded_by", self.recorded_by)):
            if moment is not None and moment > now:
                raise InvalidQuery.at(name, detail="Lies in the future.", code="future")


EVERYTHING = Lens(topic=None, basis=Basis.RESOLVED, as_of=None, recorded_by=None, level=DEFAULT_LEVEL)


@dataclass(slots=True)
class OutletRecord:
    """An outlet and what is on record of it."""

    slug: str
    scorable: bool
    parts: dict[Slot, Amounts] = field(default_factory=dict)
    changes_at: dt.datetime | None = None
    """When the next of its claims falls due, and `basis=matured` changes by itself."""
    disputed: int = 0
    """Its own claims whose resolution is disputed."""
    reply: Reply | None = None
    """What the outlet answers to it."""


class Standing(NamedTuple):
    """Where one outlet stands on one claim, and how that came out."""

    outlet_id: UUID
    claim_id: UUID
    claim: ClaimFacts
    position: Position


def read_records(session: Session, chosen: Chosen, lens: Lens, *, now: dt.datetime) -> list[OutletRecord]:
    """What is on record of each outlet, in no particular order."""
    rows = session.execute(sa.select(Outlet.id, Outlet.slug, Outlet.scorable).where(chosen))
    records = {row.id: OutletRecord(row.slug, row.scorable) for row in rows}
    _add_talk(session, records, lens, now=now)
    if lens.is_current:
        theirs = is_among(session, Subtotal.outlet_id, records)
        for outlet_id, parts in read_sums(session, theirs, topic=lens.topic).items():
            records[outlet_id].parts = parts
        if lens.basis is Basis.MATURED:
            _leave_out_undue(session, records, lens, now=now)
        return list(records.values())
    standings = walk(session, records, lens)
    for outlet_id, of_outlet in groupby(standings, key=lambda standing: standing.outlet_id):
        records[outlet_id].parts = add_up(
            count_claim(standing.claim, standing.position) for standing in of_outlet if counts(standing, lens, now=now)
        )
    return list(records.values())


def counts(standing: Standing, lens: Lens, *, now: dt.datetime) -> bool:
    """Whether a claim is among those that a score rests on (R16)."""
    due = standing.claim.resolves_by
    return lens.basis is Basis.RESOLVED or due is None or due <= lens.moment(now)


def _leave_out_undue(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Take from the sums the claims that have yet to fall due, which are few."""
    standings = walk(session, records, lens, on=sa.select(Claim.id).where(Claim.resolves_by > now))
    for outlet_id, of_outlet in groupby(standings, key=lambda standing: standing.outlet_id):
        undue = list(of_outlet)
        record = records[outlet_id]
        record.parts = difference(record.parts, add_up(count_claim(one.claim, one.position) for one in undue))
        record.changes_at = min(one.claim.resolves_by for one in undue if one.claim.resolves_by is not None)


def _add_talk(session: Session, records: dict[UUID, OutletRecord], lens: Lens, *, now: dt.datetime) -> None:
    """Note what is said of the records: disputes, which are few, and replies."""
    has_replies, has_disputes = has_talk(session, lens.recorded_by)
    if has_replies:
        filing = is_among(session, Reply.outlet_id, filing_for(session, records))
        for outlet_id, reply in session.execute(general_replies(filing, lens.recorded_by)):
            records[outlet_id].reply = reply
    if not has_disputes:
        return
    for one in walk(session, records, lens, on=disputed_claims(lens.recorded_by)):
        slot, _ = count_claim(one.claim, one.position)
        is_own = slot.role is Role.OWN and one.claim.verdict is not None
        records[one.outlet_id].disputed += is_own and counts(one, lens, now=now)


def walk(
    session: Session,
    outlets: Collection[UUID],
    lens: Lens,
    *,
    on: sa.Select[UUID] | None = None,
    only: Chosen = _ANY,
) -> Iterator[Standing]:
    """Where outlets stand on each of their claims, by outlet and claim, looked at through a lens (R18).

    The basis is not looked at: what falls due is told by `counts`.

    Args:
        session: Where they are read.
        outlets: Which outlets.
        lens: How to look at them.
        on: Claims; the others are left out.
        only: What leaves claims out, by what is on record of them.
    """
    filed = is_among(session, Report.outlet_id, filing_for(session, outlets))
    chosen_rows = _rows(lens, filed, only, *([] if on is None else [Report.claim_id.in_(on)]))
    said_then = {} if lens.recorded_by is None else _said_by(session, chosen_rows, lens.recorded_by)
    rows = session.execute(chosen_rows, execution_options={"yield_per": _AT_ONCE})
    for (outlet_id, claim_id), group in groupby(rows, key=lambda row: (row.outlet_id, row.claim_id)):
        of_claim = list(group)
        facts = _facts(of_claim[0], said_then.get(claim_id, {}))
        if lens.topic is None or facts.topic == lens.topic:
            reports = [_filed(row) for row in of_claim]
            yield Standing(outlet_id, claim_id, facts, position(reports, facts.known_at))


class ToldClaim(NamedTuple):
    """A claim with everything that outlets said of it."""

    id: UUID
    external_id: str | None
    group: str | None
    facts: ClaimFacts
    reports: list[Filed]
    """In the order of `provenance.ORDER`."""


def walk_claims(session: Session, *, only: Chosen = _ANY) -> Iterator[ToldClaim]:
    """Every claim with all its reports, by id."""
    rows = _rows(EVERYTHING, only).order_by(None)
    rows = rows.order_by(Report.claim_id, Report.published_at, Report.recorded_at, Report.id)
    found = session.execute(rows, execution_options={"yield_per": _AT_ONCE})
    for claim_id, group in groupby(found, key=lambda row: row.claim_id):
        of_claim = list(group)
        first = of_claim[0]
        reports = [_filed(row) for row in of_claim]
        yield ToldClaim(claim_id, first.external_id, first.group, _facts(first, {}), reports)


def _facts(row: Row, then: dict[str, Any]) -> ClaimFacts:
    topic, due = row.topic, row.resolves_by
    if then:
        topic = then["topic"]
        due = None if then["resolves_by"] is None else dt.datetime.fromisoformat(then["resolves_by"])
    return ClaimFacts(row.kind, topic, due, row.verdict, row.truth, row.known_at)


def _said_by(session: Session, rows: sa.Select[*tuple[Any, ...]], moment: dt.datetime) -> dict[UUID, dict[str, Any]]:
    """What the claims among some rows that were changed after a moment said at it."""
    claims = rows.with_only_columns(Report.claim_id).order_by(None)
    later = sa.select(Version).where(Version.recorded_at > moment, Version.subject_id.in_(claims))
    later = later.order_by(Version.number.desc())
    return {version.subject_id: version.content for version in session.scalars(later)}


def _filed(row: Row) -> Filed:
    return Filed(
        id=row.id,
        outlet_id=row.outlet_id,
        stance=row.stance,
        published_at=row.published_at,
        recorded_at=row.recorded_at,
        relays=row.is_relay,
        cited_id=row.cited_id,
        commitment=row.commitment,
        probability=row.probability,
    )


def _rows(lens: Lens, *chosen: Chosen) -> sa.Select[*tuple[Any, ...]]:
    """Reports with their claims and the resolutions that stand, by outlet, claim and order of reports."""
    by = lens.recorded_by
    stands = [
        Resolution.id == newest_id(by),
        Resolution.verdict.is_not(None),
        *_by(Resolution.known_at, lens.as_of),
    ]
    withdrawn = sa.exists().where(Withdrawal.report_id == Report.id, *_by(Withdrawal.recorded_at, by))
    rows = (
        sa.select(*_TOLD)
        .select_from(Report)
        .join(_FILER, _FILER.id == Report.outlet_id)
        .outerjoin(_CITED, _CITED.id == Report.cited_id)
        .join(Claim, Claim.id == Report.claim_id)
        .outerjoin(Resolution, sa.and_(*stands))
        .where(*chosen, ~withdrawn, *_by(Report.recorded_at, by), *_by(Report.published_at, lens.as_of))
        .order_by(counts_as(_FILER), Report.claim_id, Report.published_at, Report.recorded_at, Report.id)
    )
    # What a claim was about then may be another topic than today's.
    return rows if lens.topic is None or by is not None else rows.where(Claim.topic == lens.topic)


def _by(column: sa.orm.InstrumentedAttribute[dt.datetime], moment: dt.datetime | None) -> list[Chosen]:
    return [] if moment is None else [column <= moment]


def has_talk(session: Session, moment: dt.datetime | None = None) -> tuple[bool, bool]:
    """Return whether any record has a general reply, and whether any resolution is disputed, by one statement.

    Usually neither is the case, so a score needs no other statement about them.
    """
    replied = sa.exists().where(is_general(moment))
    has_replies, has_disputes = session.execute(sa.select(replied, sa.exists().where(is_open(moment)))).one()
    return has_replies, has_disputes
