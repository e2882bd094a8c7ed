"""Export disputes, replies and score contexts as lines. An import does not read them."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.methods.tally import Context
from service.scores.contexts import stored_context
from service.storage.models import Claim, ContextRow, Dispute, Outlet, Reply, Resolution
from service.storage.predicates import is_newest
from service.transfer.export.lines import STREAMED, Line, claim_reference
from service.values.instants import format_instant
from service.values.vocabulary import Basis


def dispute_lines(session: Session) -> Iterator[Line]:
    """Yield the open and closed disputes of the newest resolution of each claim, oldest first."""
    rows = (
        sa.select(Dispute, Resolution.claim_id, Claim.external_id)
        .join(Resolution, Resolution.id == Dispute.resolution_id)
        .join(Claim, Claim.id == Resolution.claim_id)
        .where(is_newest())
        .order_by(Dispute.id)
    )
    for dispute, claim_id, external_id in session.execute(rows, execution_options=STREAMED):
        yield {
            "type": "dispute",
            "claim": claim_reference(claim_id, external_id),
            "reason": dispute.reason,
            "evidence": dispute.evidence,
            "via": dispute.via,
            "closure": None
            if dispute.closed_at is None
            else {"reason": dispute.closing_reason, "recorded_at": format_instant(dispute.closed_at)},
            "recorded_at": format_instant(dispute.recorded_at),
        }


def reply_lines(session: Session) -> Iterator[Line]:
    """Yield the replies that are not withdrawn, oldest first."""
    rows = (
        sa.select(Reply, Outlet.slug, Claim.external_id)
        .join(Outlet, Outlet.id == Reply.outlet_id)
        .outerjoin(Claim, Claim.id == Reply.claim_id)
        .where(Reply.withdrawn_at.is_(None))
        .order_by(Reply.id)
    )
    for reply, slug, external_id in session.execute(rows, execution_options=STREAMED):
        yield {
            "type": "reply",
            "outlet": slug,
            "claim": None if reply.claim_id is None else claim_reference(reply.claim_id, external_id),
            "text": reply.text,
            "url": reply.url,
            "via": reply.via,
            "verified": reply.verified,
            "recorded_at": format_instant(reply.recorded_at),
        }


def context_lines(session: Session) -> Iterator[Line]:
    """Yield the score contexts, oldest first, as a line for each basis with enough resolved claims."""
    for row in session.scalars(sa.select(ContextRow).order_by(ContextRow.number), execution_options=STREAMED):
        for basis in Basis:
            if row.contexts[basis] is not None:
                yield context_line(stored_context(session, row, basis), basis)


def context_line(context: Context, basis: Basis) -> Line:
    """Return the score context of a basis as a line of an export."""
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
