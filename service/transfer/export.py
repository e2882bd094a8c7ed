"""Export all rows that scores are computed from, so that anybody can recompute them or import them elsewhere.

Withdrawn reports and resolutions that are not in effect are left out. Disputes and replies are exported, too, although
no score depends on them.
"""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from service.methods.context import Context
from service.methods.reliability import METHOD
from service.outlets.find import WHOLE, outlet_state
from service.scores.contexts import stored_context
from service.storage.db import Database
from service.storage.models import Claim, ContextRow, Dispute, Outlet, Reply, Report, Resolution, Withdrawal
from service.storage.predicates import counts_as, is_newest
from service.values.ids import new_id
from service.values.instants import format_instant
from service.values.vocabulary import Basis, Verdict

Line: TypeAlias = dict[str, Any]

_STREAMED = {"yield_per": 1000}  # rows fetched at a time, so that the size of the record does not matter

_ABOUT = """\
All rows from which a Borneout service computed its scores at {moment}, by the method {method}.

{members}

Each line is one JSON object. `borneout import` loads the first four files, in this order, into an empty database, which
then has the same scores. Lines refer to outlets by `slug` and to claims by `external_id`, or by id if a claim has none.
A `published_precision` or `known_precision` of `day` belongs to a moment that was given as a bare date.
A report's `stance_source` is `probability` if its stance was derived from its probability, else `stated`.
A report's `lexicon` is the version that read `commitment` from its quote; it is null if the commitment was stated.
An outlet with `merged_into` is the same as that outlet: its reports count there, and the two cannot relay each other.
The reports of an outlet on a claim are in order. The last one that takes a side and was published before the
resolution's `known_at` counts. Withdrawn reports and resolutions that are not in effect are left out.
No score depends on disputes and replies, and `borneout import` does not load them. A dispute is about the resolution of
its claim; its `closure` is null while it is open, and gives the reason once it is closed. A reply is about a claim, or
about the whole record of the outlet if `claim` is null; withdrawn replies are left out.
A context's `rates` give how often reported claims proved true. Each is a cell (stance, kind, commitment, topic, or the
first of these), its weight in claims and the weight that proved true, in billionths. Its `claims` are the number of
claims that it was fitted on. Scores are compared with the last context; without one, with no cells and a kappa of 8.
"""


def write_export(db: Database, folder: Path, *, now: dt.datetime) -> dict[str, int]:
    """Write an export of the record at one moment. If it fails, no folder is created.

    Args:
        db: The database.
        folder: The folder to create; an existing one must be empty.
        now: The time of the call.

    Returns:
        The number of lines of each file.

    Raises:
        OSError: The folder cannot be written, or is not empty.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(errno.EEXIST, "The folder exists and is not empty", str(folder))
    part = folder.with_name(f".{folder.name}-{new_id().hex[-12:]}")
    part.mkdir()
    try:
        with db.read(unlimited=True) as session:
            counts = {name: _write(part / f"{name}.ndjson", lines(session)) for name, lines in _MEMBERS.items()}
        (part / "README.txt").write_text(_about(counts, now))
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return counts


def _write(path: Path, lines: Iterable[Line]) -> int:
    count = 0
    with path.open("w") as file:
        for count, line in enumerate(lines, 1):  # noqa: B007 - used after the loop
            file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return count


def _about(counts: dict[str, int], now: dt.datetime) -> str:
    members = "\n".join(f"{name}.ndjson".ljust(20) + f"{count:>10}" for name, count in counts.items())
    return _ABOUT.format(moment=format_instant(now), method=METHOD, members=members)


def _outlets(session: Session) -> Iterator[Line]:
    """Yield the outlets, each after its parent, and then the merged ones."""
    parent, survives = aliased(Outlet), Outlet.merged_into_id.is_(None)
    top = sa.select(Outlet.id, sa.literal(0).label("depth")).where(Outlet.parent_id.is_(None), survives)
    above = top.cte(recursive=True)
    below = sa.select(Outlet.id, above.c.depth + 1).join(parent, parent.id == Outlet.parent_id).where(survives)
    under = above.union_all(below.join(above, above.c.id == counts_as(parent)))
    rows = sa.select(Outlet).outerjoin(under, under.c.id == Outlet.id)
    in_order = rows.order_by(survives.desc(), under.c.depth, Outlet.slug).options(*WHOLE)
    for outlet in session.scalars(in_order, execution_options=_STREAMED):
        state = outlet_state(outlet)
        yield {
            "type": "outlet",
            "slug": state.slug,
            "name": state.name,
            "kind": state.kind,
            "domains": state.domains,
            "aliases": state.aliases,
            "parent": state.parent,
            "scorable": state.scorable,
            "merged_into": state.merged_into,
        }


def _claims(session: Session) -> Iterator[Line]:
    for claim in session.scalars(sa.select(Claim).order_by(Claim.id), execution_options=_STREAMED):
        yield {
            "type": "claim",
            "external_id": _reference(claim.id, claim.external_id),
            "text": claim.text,
            "kind": claim.kind,
            "topic": claim.topic,
            "tags": claim.tags,
            "resolves_by": None if claim.resolves_by is None else format_instant(claim.resolves_by),
            "group": claim.group,
        }


def _reports(session: Session) -> Iterator[Line]:
    """Yield the reports that are not withdrawn, by claim and by the outlet that they count for, in order.

    Outlets with a report of their own come before those that only relay. Imported in this order, the reports never form
    a cycle of relays (R7), even if on record it was a later report that broke the cycle.
    """
    for report, external_id, slug, cited_slug in session.execute(_select_reports(), execution_options=_STREAMED):
        yield {
            "type": "report",
            "claim": _reference(report.claim_id, external_id),
            "outlet": slug,
            "stance": report.stance,
            "stance_source": report.stance_source,
            "commitment": report.commitment,
            "lexicon": report.lexicon,
            "probability": report.probability,
            "published_at": format_instant(report.published_at),
            "published_precision": report.published_precision,
            "url": report.url,
            "quote": report.quote,
            "relays": {"outlet": cited_slug, "cited_as": report.cited_as} if report.is_relay else None,
            "recorded_at": format_instant(report.recorded_at),
        }


def _select_reports() -> sa.Select[Report, str | None, str, str]:
    """Select the reports with the external ids of their claims and the slugs of the reporting and cited outlets."""
    filer, cited = aliased(Outlet), aliased(Outlet)
    return (
        sa.select(Report, Claim.external_id, filer.slug, cited.slug.label("cited"))
        .join(Claim, Claim.id == Report.claim_id)
        .join(filer, filer.id == Report.outlet_id)
        .join(Outlet, Outlet.id == counts_as(filer))
        .outerjoin(cited, cited.id == Report.cited_id)
        .where(_is_in_effect(Report))
        .order_by(
            Report.claim_id,
            sa.case((_has_own_report(), 0), else_=1),
            Outlet.slug,
            Report.published_at,
            Report.recorded_at,
            Report.id,
        )
    )


def _has_own_report() -> sa.ColumnElement[bool]:
    """Return the condition that the outlet has a report of its own on the claim."""
    own, filer, cited = aliased(Report), aliased(Outlet), aliased(Outlet)
    relays = own.is_relay & sa.or_(own.cited_id.is_(None), counts_as(cited) != counts_as(filer))
    reports = sa.select(own.id).join(filer, filer.id == own.outlet_id).outerjoin(cited, cited.id == own.cited_id)
    return reports.where(
        own.claim_id == Report.claim_id, counts_as(filer) == Outlet.id, ~relays, _is_in_effect(own)
    ).exists()


def _is_in_effect(report: type[Report]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(Withdrawal.report_id == report.id)


def _resolutions(session: Session) -> Iterator[Line]:
    """Yield the resolutions in effect."""
    rows = (
        sa.select(Resolution, Claim.external_id)
        .join(Claim, Claim.id == Resolution.claim_id)
        .where(Resolution.verdict.is_not(None), is_newest())
        .order_by(Resolution.claim_id)
    )
    for resolution, external_id in session.execute(rows, execution_options=_STREAMED):
        yield {
            "type": "resolution",
            "claim": _reference(resolution.claim_id, external_id),
            "verdict": resolution.verdict,
            "truth": resolution.truth if resolution.verdict is Verdict.PARTIAL else None,
            "known_at": format_instant(resolution.known_at),
            "known_precision": resolution.known_precision,
            "evidence": resolution.evidence,
            "note": resolution.note,
        }


def _disputes(session: Session) -> Iterator[Line]:
    """Yield the open and closed disputes of the newest resolutions, the oldest first."""
    rows = (
        sa.select(Dispute, Resolution.claim_id, Claim.external_id)
        .join(Resolution, Resolution.id == Dispute.resolution_id)
        .join(Claim, Claim.id == Resolution.claim_id)
        .where(is_newest())
        .order_by(Dispute.id)
    )
    for dispute, claim_id, external_id in session.execute(rows, execution_options=_STREAMED):
        yield {
            "type": "dispute",
            "claim": _reference(claim_id, external_id),
            "reason": dispute.reason,
            "evidence": dispute.evidence,
            "closure": None
            if dispute.closed_at is None
            else {"reason": dispute.closing_reason, "recorded_at": format_instant(dispute.closed_at)},
            "recorded_at": format_instant(dispute.recorded_at),
        }


def _replies(session: Session) -> Iterator[Line]:
    """Yield the replies that are not withdrawn, the oldest first."""
    rows = (
        sa.select(Reply, Outlet.slug, Claim.external_id)
        .join(Outlet, Outlet.id == Reply.outlet_id)
        .outerjoin(Claim, Claim.id == Reply.claim_id)
        .where(Reply.withdrawn_at.is_(None))
        .order_by(Reply.id)
    )
    for reply, slug, external_id in session.execute(rows, execution_options=_STREAMED):
        yield {
            "type": "reply",
            "outlet": slug,
            "claim": None if reply.claim_id is None else _reference(reply.claim_id, external_id),
            "text": reply.text,
            "url": reply.url,
            "recorded_at": format_instant(reply.recorded_at),
        }


def _contexts(session: Session) -> Iterator[Line]:
    """Yield all contexts that scores were compared with, the oldest first."""
    for row in session.scalars(sa.select(ContextRow).order_by(ContextRow.number), execution_options=_STREAMED):
        for basis in Basis:
            if row.contexts[basis] is not None:
                yield _context(stored_context(session, row, basis), basis)


def _context(context: Context, basis: Basis) -> Line:
    return {
        "id": context.id,
        "as_of": None if context.as_of is None else format_instant(context.as_of),
        "basis": basis,
        "kappa": context.kappa,
        "offset": context.offset,
        "drift": context.drift,
        "shrinkage": list(context.shrinkage),
        "claims": context.rates.claims,
        "rates": sorted(([list(key), *count] for key, count in context.rates.counts.items()), key=str),
    }


def _reference(claim_id: UUID, external_id: str | None) -> str:
    """Return the id of a claim in the lines of a file."""
    return str(claim_id) if external_id is None else external_id


_MEMBERS: dict[str, Callable[[Session], Iterator[Line]]] = {
    "outlets": _outlets,
    "claims": _claims,
    "reports": _reports,
    "resolutions": _resolutions,
    "disputes": _disputes,
    "replies": _replies,
    "contexts": _contexts,
}
