"""Rename and merge topics, and undo renames (R21b)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.claims.change import claim_content
from service.claims.rename_rules import check_in_effect, check_moves, check_newest, check_own_claims
from service.claims.renames import RenameView, describe_rename, load_rename
from service.errors import InvalidBody
from service.methods.claim import positions
from service.outlets.find import PLACES
from service.outlets.positions import read_claims
from service.outlets.sums import Sums, add_sums
from service.storage.db import Database, retried
from service.storage.locks import lock_name
from service.storage.models import Claim, ContextRow, TopicRename, Version
from service.storage.predicates import in_topic, is_among
from service.storage.renames import CONTEXTS
from service.storage.versions import check_match, store_versions
from service.values.ids import new_id
from service.values.topics import is_within, moved_topic
from service.values.vocabulary import Caller

_RENAMES = "renames of topics"
_BATCH_SIZE = 500


@retried
def rename_topic(
    db: Database, cache: ScoreCache, *, source: str, into: str, caller: Caller, now: dt.datetime
) -> RenameView:
    """Move all claims on a topic and below it to another topic, which may already have claims.

    Raises:
        InvalidBody: The topic has no claims, `into` is the topic itself or below it, or a path would have too many
            names.
        OwnClaim: The key filed one of the resolved claims, or a report on it, and lacks `resolutions:own` (R14b).
    """
    if is_within(into, source):
        detail = f"The new path must not be {source!r} itself or a topic below it. Send a topic outside of it."
        raise InvalidBody.at("/into", detail, "cycle")
    with db.write() as session:
        _lock(session)
        rows = sa.select(Claim.id, Claim.topic).where(in_topic(Claim.topic, source)).order_by(Claim.id)
        topics = {id_: topic for id_, topic in session.execute(rows.with_for_update()) if topic is not None}
        moves = {id_: moved_topic(topic, source, into) for id_, topic in topics.items()}
        check_moves(source, moves)
        check_own_claims(session, moves, caller)
        rename = TopicRename(
            id=new_id(),
            source=source,
            into=into,
            claims=len(moves),
            context=session.scalar(sa.select(sa.func.max(ContextRow.number))) or 0,
            renamed_by=caller.key_id,
            recorded_at=now,
        )
        session.add(rename)
        session.flush()
        _move(session, moves, rename, caller=caller, now=now)
        invalidate_all_scores(session, cache, now=now)
    return describe_rename(rename)


@retried
def undo_rename(
    db: Database,
    cache: ScoreCache,
    rename_id: UUID,
    *,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> None:
    """Move the claims of a rename back, except for those whose topic has since changed.

    Args:
        db: The database.
        cache: The score cache, in which all scores are invalidated.
        rename_id: The id of the rename.
        if_match: The ETags of the rename that the caller accepts; None for any.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No rename has this id.
        RenameUndone: The rename has already been undone.
        PreconditionFailed: The rename has been changed since the caller read it.
        RenameSuperseded: A later rename moved some of its claims again.
        OwnClaim: The key filed one of the resolved claims, or a report on it, and lacks `resolutions:own` (R14b).
    """
    with db.write() as session:
        _lock(session)
        rename = load_rename(session, rename_id)
        check_in_effect(rename)
        check_match(describe_rename(rename), if_match)
        check_newest(session, rename)
        moves = _moves_back(session, rename)
        check_own_claims(session, moves, caller)
        rename.undone_at, rename.undone_by = now, caller.key_id
        _move(session, moves, rename, caller=caller, now=now)
        invalidate_all_scores(session, cache, now=now)


def _lock(session: Session) -> None:
    """Block concurrent topic renames, outlet merges and new contexts, which use the same topics or sums."""
    for name in (_RENAMES, PLACES, CONTEXTS):
        lock_name(session, name)


def _moves_back(session: Session, rename: TopicRename) -> dict[UUID, str]:
    """Return the previous topics of the claims that still have the topic that a rename gave them."""
    versions = sa.select(Version.subject_id, Version.content).where(Version.rename_id == rename.id)
    former = {subject_id: str(content["topic"]) for subject_id, content in session.execute(versions)}
    rows = sa.select(Claim.id, Claim.topic).where(is_among(session, Claim.id, former)).order_by(Claim.id)
    return {
        id_: former[id_]
        for id_, topic in session.execute(rows.with_for_update())
        if topic == moved_topic(former[id_], rename.source, rename.into)
    }


def _move(
    session: Session, moves: Mapping[UUID, str], rename: TopicRename, *, caller: Caller, now: dt.datetime
) -> None:
    """Change the topics of locked claims, store their earlier versions, and update the sums."""
    before, after = Sums(), Sums()
    for counted in read_claims(session, only=is_among(session, Claim.id, moves)):
        placed = positions(counted.reports, counted.facts.known_at)
        before.add_claim(counted.facts, placed)
        after.add_claim(counted.facts._replace(topic=moves[counted.id]), placed)
    ids = list(moves)
    for start in range(0, len(ids), _BATCH_SIZE):
        batch = is_among(session, Claim.id, ids[start : start + _BATCH_SIZE])
        claims = session.scalars(sa.select(Claim).where(batch)).all()
        contents = {claim.id: claim_content(claim) for claim in claims}
        store_versions(session, contents, caller=caller, now=now, rename=rename)
        for claim in claims:
            claim.topic = moves[claim.id]
        session.flush()
    add_sums(session, after.minus(before))
