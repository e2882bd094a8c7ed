"""Rename and merge topics, and undo renames (R21b)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_all_scores
from service.cache.score_cache import ScoreCache
from service.claims.record import claim_content
from service.claims.resolve import own_claim
from service.errors import InvalidBody, NotFound, RenameSuperseded, RenameUndone
from service.methods.claim import positions
from service.outlets.find import PLACES
from service.outlets.positions import read_claims
from service.outlets.sums import Sums, add_sums
from service.storage.db import Database, retried
from service.storage.locks import lock_name
from service.storage.models import Claim, ContextRow, Report, Resolution, TopicRename, Version
from service.storage.paging import Keyset, Page, SortKey
from service.storage.predicates import in_topic, is_among, stands
from service.storage.renames import CONTEXTS, current_name, standing_renames
from service.storage.versions import check_match, store_versions
from service.values.ids import new_id
from service.values.topics import MAX_NAMES, is_within, lineage, moved_topic
from service.values.vocabulary import Caller, Scope

_RENAMES = "renames of topics"
_NEWEST_FIRST = Keyset([TopicRename.id], [UUID], descending=True)
_BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class RenameView:
    """A rename of a topic."""

    id: UUID
    source: str
    into: str
    claims: int
    """The number of claims that the rename moved."""
    recorded_at: dt.datetime
    undone_at: dt.datetime | None


@retried
def rename_topic(
    db: Database, cache: ScoreCache, *, source: str, into: str, caller: Caller, now: dt.datetime
) -> RenameView:
    """Move all claims on a topic and below it to another topic, which may already have claims.

    Raises:
        InvalidBody: The topic has no claims, `into` is the topic itself or below it, or a path would have too many
            names.
        OwnClaim: A claim is resolved, and the key filed it or a report on it and lacks `resolutions:own` (R14b).
    """
    if is_within(into, source):
        detail = f"The new path must not be {source!r} itself or a topic below it. Send a topic outside of it."
        raise InvalidBody.at("/into", detail, "cycle")
    with db.write() as session:
        _lock(session)
        rows = sa.select(Claim.id, Claim.topic).where(in_topic(Claim.topic, source)).order_by(Claim.id)
        topics = {id_: topic for id_, topic in session.execute(rows.with_for_update()) if topic is not None}
        moves = {id_: moved_topic(topic, source, into) for id_, topic in topics.items()}
        _check_moves(source, moves)
        _check_own(session, moves, caller)
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
    return _describe(rename)


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
    """Move the claims of a rename back, except for those whose topic was changed since.

    Args:
        db: The database.
        cache: The score cache, in which all scores are invalidated.
        rename_id: The id of the rename.
        if_match: The tags of the rename that the caller accepts; None for any.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No rename has this id.
        RenameUndone: The rename is already undone.
        PreconditionFailed: The rename was changed since the caller read it.
        RenameSuperseded: A later rename moved some of its claims again.
        OwnClaim: A claim is resolved, and the key filed it or a report on it and lacks `resolutions:own` (R14b).
    """
    with db.write() as session:
        _lock(session)
        rename = _load(session, rename_id)
        _check_in_effect(rename)
        check_match(_describe(rename), if_match)
        _check_newest(session, rename)
        moves = _moves_back(session, rename)
        _check_own(session, moves, caller)
        rename.undone_at, rename.undone_by = now, caller.key_id
        _move(session, moves, rename, caller=caller, now=now)
        invalidate_all_scores(session, cache, now=now)


def get_rename(db: Database, rename_id: UUID) -> RenameView:
    """Return the rename with this id.

    Raises:
        NotFound: No rename has this id.
    """
    with db.read() as session:
        return _describe(_load(session, rename_id))


def list_renames(db: Database, *, after: SortKey | None, limit: int) -> Page[RenameView]:
    """Return a page of the renames, the newest first.

    Raises:
        InvalidQuery: `after` is not a sort key of this list.
    """
    with db.read() as session:
        page = _NEWEST_FIRST.page(session, sa.select(TopicRename), after=after, limit=limit)
        return Page([_describe(rename) for rename in page.items], page.next)


def new_name_of(db: Database, topic: str) -> str | None:
    """Return the new name of a renamed topic; None if the topic has claims or was not renamed."""
    with db.read() as session:
        if session.scalar(sa.select(sa.exists().where(in_topic(Claim.topic, topic)))):
            return None
        named = current_name(topic, standing_renames(session, TopicRename.source.in_(lineage(topic))))
        named = current_name(named, standing_renames(session)) if named != topic else named
        return None if named == topic else named


def _lock(session: Session) -> None:
    """Lock topic renames, outlet merges and contexts, which all depend on topics or sums."""
    for name in (_RENAMES, PLACES, CONTEXTS):
        lock_name(session, name)


def _load(session: Session, rename_id: UUID) -> TopicRename:
    if (rename := session.get(TopicRename, rename_id)) is None:
        raise NotFound(f"No rename has the id {rename_id}. Find its id with GET /v1/topics/renames.")
    return rename


def _check_moves(source: str, moves: Mapping[UUID, str]) -> None:
    if not moves:
        detail = (
            f"The topic {source!r} and the topics below it have no claims. GET /v1/topics lists the topics with claims."
        )
        raise InvalidBody.at("/from", detail, "unknown-topic")
    deepest = max(moves.values(), key=lambda topic: topic.count("/"))
    if len(lineage(deepest)) > MAX_NAMES:
        detail = f"The topic {deepest!r} would have more than {MAX_NAMES} names. Send a shorter path."
        raise InvalidBody.at("/into", detail, "too-deep")


def _check_own(session: Session, moves: Mapping[UUID, str], caller: Caller) -> None:
    """Check that the key may change the resolved claims that would move (R14b)."""
    if Scope.RESOLUTIONS_OWN in caller.scopes:
        return
    reported = sa.exists().where(Report.claim_id == Claim.id, Report.filed_by == caller.key_id)
    own = sa.or_(Claim.filed_by == caller.key_id, reported)
    rows = sa.select(Claim.id).where(is_among(session, Claim.id, moves), own, stands(Resolution.verdict.is_not(None)))
    if (claim_id := session.scalar(rows.limit(1))) is not None:
        raise own_claim(claim_id)


def _check_in_effect(rename: TopicRename) -> None:
    if rename.undone_at is not None:
        raise RenameUndone(
            f"You tried to undo the rename {rename.id}, which is already undone. To move the claims, rename the topic "
            "again."
        )


def _check_newest(session: Session, rename: TopicRename) -> None:
    """Check that no later rename in effect moved the same claims."""
    moved, again = sa.orm.aliased(Version), sa.orm.aliased(Version)
    rows = (
        sa.select(TopicRename.id)
        .join(again, again.rename_id == TopicRename.id)
        .join(moved, sa.and_(moved.subject_id == again.subject_id, moved.number < again.number))
        .where(moved.rename_id == rename.id, TopicRename.id != rename.id, TopicRename.undone_at.is_(None))
    )
    if (later := session.scalar(rows.limit(1))) is not None:
        raise RenameSuperseded(
            f"You tried to undo the rename {rename.id}, but the later rename {later} moved some of its claims "
            "again. Undo that one first."
        )


def _moves_back(session: Session, rename: TopicRename) -> dict[UUID, str]:
    """Return the previous topics of the claims of a rename that are still where it moved them."""
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
    """Change the topics of locked claims, keep their earlier versions, and update the sums."""
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


def _describe(rename: TopicRename) -> RenameView:
    return RenameView(rename.id, rename.source, rename.into, rename.claims, rename.recorded_at, rename.undone_at)
