"""Merge outlets that prove to be one, and undo it. Rows stay where they were filed; their sums move (R22)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache import ScoreCache
from service.db import Database, lock_name, retried
from service.errors import InvalidBody, MergeChain, MergeCircle, NotFound, OutletMerged, UnknownOutlet
from service.models import Outlet, Report
from service.nearest import unknown_slug
from service.outbox import forget_scores
from service.provenance import as_merged, positions, relay_cycle
from service.records import EVERYTHING, ToldClaim, walk, walk_claims
from service.register import PLACES, describe_outlet, find_outlet, line_of, merged_with
from service.sums import Sums, add_sums, read_sums
from service.tally import Amounts, Slot, add_up, count_claim, difference
from service.versions import check_match, keep_version
from service.vocabulary import Caller


@retried
def merge_outlet(
    db: Database, cache: ScoreCache, reference: str, *, into: str, caller: Caller, now: dt.datetime
) -> tuple[dict[str, Any], bool]:
    """Have an outlet that proves to be another one count as that one.

    Returns:
        The merge, and whether it is new.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        InvalidBody: `into` is not on record.
        OutletMerged: It was merged into another one.
        MergeChain: `into` was merged itself, or others were merged into the outlet.
        MergeCircle: They are the same, or `into` stands below it, or relays would close a circle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _named(session, reference)
        target = _target(session, into, "/into")
        _hold(session, outlet, target)
        if outlet.merged_into is target:
            return describe_merge(outlet), False
        _check(session, outlet, target)
        _keep(session, outlet, caller=caller, now=now)
        add_sums(session, _moved(session, outlet, target, joined=True))
        _point(outlet, target, caller=caller, now=now)
        forget_scores(session, cache, [outlet.slug, target.slug], now=now)
    return describe_merge(outlet), True


@retried
def undo_merge(
    db: Database,
    cache: ScoreCache,
    reference: str,
    *,
    seen: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Have an outlet that was merged count as itself again, with whatever was filed under it since.

    Args:
        db: The database.
        cache: The scores that it makes old.
        reference: The outlet's slug or id.
        seen: The tags of the merge that the caller has seen; None for whatever there is.
        caller: Who undoes it.
        now: The moment of the call.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        NotFound: It was not merged.
        PreconditionFailed: It was merged elsewhere, or anew, meanwhile.
        MergeCircle: By what was changed since, it would stand above itself, or relays would close a circle (R7).
    """
    with db.write() as session:
        lock_name(session, PLACES)
        outlet = _merged(session, reference)
        target = outlet.surviving
        _hold(session, outlet, target)
        check_match(describe_merge(outlet), seen)
        _keep(session, outlet, caller=caller, now=now)
        outlet.merged_into = outlet.merged_at = outlet.merged_by = None
        session.flush()
        if outlet.parent is not None and outlet.id in line_of(session, outlet.parent):
            raise MergeCircle(f"The parent of {outlet.slug!r}, {outlet.parent.slug!r}, stands below it by now.")
        add_sums(session, _moved(session, outlet, target, joined=False))
        forget_scores(session, cache, [outlet.slug, target.slug], now=now)


def get_merge(db: Database, reference: str) -> dict[str, Any]:
    """Which outlet an outlet was merged into, and when.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
        NotFound: It was not merged.
    """
    with db.read() as session:
        return describe_merge(_merged(session, reference))


def merge_new(session: Session, outlet: Outlet, into: str, *, caller: Caller, now: dt.datetime) -> None:
    """Merge an outlet that is not yet in the session, and so has no reports, as a file says that it was.

    Raises:
        InvalidBody: `into` is not on record.
        MergeChain: It was merged itself.
    """
    lock_name(session, PLACES)
    target = _target(session, into, "/merged_into")
    _check(session, outlet, target)
    _point(outlet, target, caller=caller, now=now)


def _point(outlet: Outlet, target: Outlet, *, caller: Caller, now: dt.datetime) -> None:
    outlet.merged_into, outlet.merged_at, outlet.merged_by = target, now, caller.key_id


def _check(session: Session, outlet: Outlet, into: Outlet) -> None:
    """Make sure that an outlet can be merged into another one, as far as that does not depend on claims."""
    if outlet.merged_into is not None:
        raise OutletMerged.of(outlet.slug, into=outlet.merged_into.slug)
    if into.merged_into is not None:
        raise MergeChain(f"The outlet {into.slug!r} was merged into {into.merged_into.slug!r}.")
    before = session.scalar(sa.select(Outlet.slug).where(Outlet.merged_into_id == outlet.id).limit(1))
    if before is not None:
        raise MergeChain(f"The outlet {before!r} was merged into {outlet.slug!r}.")
    if outlet.id in line_of(session, into):
        raise MergeCircle(f"The outlet {into.slug!r} is {outlet.slug!r}, or stands below it.")


def describe_merge(outlet: Outlet) -> dict[str, Any]:
    """What became of an outlet that was merged."""
    return {"outlet": outlet.slug, "into": outlet.surviving.slug, "merged_at": outlet.merged_at}


def _named(session: Session, reference: str) -> Outlet:
    if (outlet := find_outlet(session, reference, whole=True)) is None:
        raise UnknownOutlet(unknown_slug(session, reference))
    return outlet


def _target(session: Session, reference: str, pointer: str) -> Outlet:
    if (target := find_outlet(session, reference)) is None:
        raise InvalidBody.at(pointer, unknown_slug(session, reference), "unknown-outlet")
    return target


def _merged(session: Session, reference: str) -> Outlet:
    outlet = _named(session, reference)
    if outlet.merged_into is None:
        raise NotFound(f"The outlet {outlet.slug!r} was not merged into another one.")
    return outlet


def _hold(session: Session, *outlets: Outlet) -> None:
    """Let nobody file under outlets; that nobody merges them or places them under others, `PLACES` sees to."""
    rows = sa.select(Outlet.id).where(Outlet.id.in_([outlet.id for outlet in outlets])).order_by(Outlet.id)
    session.execute(rows.with_for_update()).all()


def _keep(session: Session, outlet: Outlet, *, caller: Caller, now: dt.datetime) -> None:
    into = None if outlet.merged_into is None else outlet.merged_into.slug
    keep_version(session, outlet.id, describe_outlet(outlet) | {"merged_into": into}, caller=caller, now=now)


def _moved(session: Session, outlet: Outlet, target: Outlet, *, joined: bool) -> Sums:
    """What has to be added to the sums when two outlets are joined, or parted; by the rows they are apart.

    Raises:
        MergeCircle: On one of the claims, outlets would relay one another in a circle.
    """
    apart, together = Sums(), Sums()
    for claim in walk_claims(session, only=sa.and_(_speaks_of(outlet), _speaks_of(target))):
        merged = claim._replace(
            reports=[as_merged(report, outlet=outlet.id, into=target.id) for report in claim.reports]
        )
        _refuse_circle(merged if joined else claim)
        apart.add(claim.facts, positions(claim.reports, claim.facts.known_at))
        together.add(merged.facts, positions(merged.reports, merged.facts.known_at))
    # What only one of them is spoken of in counts as before, for the other one.
    rest = difference(_alone(session, outlet, are_kept=joined), apart.of(outlet.id))
    apart.put(outlet.id, rest)
    together.put(target.id, rest)
    return together.minus(apart) if joined else apart.minus(together)


def _speaks_of(outlet: Outlet) -> sa.ColumnElement[bool]:
    """Whether a claim has a report of an outlet, or of one that was merged into it, or one that relays either."""
    reports, theirs = sa.select(Report.claim_id), merged_with(outlet)
    named = reports.where(Report.outlet_id.in_(theirs)).union(reports.where(Report.cited_id.in_(theirs)))
    return Report.claim_id.in_(named)


def _alone(session: Session, outlet: Outlet, *, are_kept: bool) -> dict[Slot, Amounts]:
    """The record of an outlet by itself: from the sums as long as they are kept, else from its rows."""
    if are_kept:
        return read_sums(session, Outlet.id == outlet.id, topic=None).get(outlet.id, {})
    standings = walk(session, Outlet.id == outlet.id, EVERYTHING)
    return add_up(count_claim(standing.claim, standing.position) for standing in standings)


def _refuse_circle(claim: ToldClaim) -> None:
    if any(report.relays for report in claim.reports) and relay_cycle(claim.reports):
        raise MergeCircle(f"On the claim {claim.id} outlets would relay one another in a circle.")
