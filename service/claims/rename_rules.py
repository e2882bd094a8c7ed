"""Check the rules of renames of topics (R21b)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.claims.resolve import own_claim
from service.errors import InvalidBody, RenameSuperseded, RenameUndone
from service.storage.models import Claim, Report, Resolution, TopicRename, Version
from service.storage.predicates import is_among, stands
from service.values.topics import MAX_NAMES, lineage
from service.values.vocabulary import Caller, Scope


def check_moves(source: str, moves: Mapping[UUID, str]) -> None:
    """Check that a rename moves at least one claim, and that no new path has too many names.

    Raises:
        InvalidBody: The topic has no claims, or a path would have too many names.
    """
    if not moves:
        detail = (
            f"The topic {source!r} and the topics below it have no claims. GET /v1/topics lists the topics with claims."
        )
        raise InvalidBody.at("/from", detail, "unknown-topic")
    deepest = max(moves.values(), key=lambda topic: topic.count("/"))
    if len(lineage(deepest)) > MAX_NAMES:
        detail = f"The topic {deepest!r} would have more than {MAX_NAMES} names. Send a shorter path."
        raise InvalidBody.at("/into", detail, "too-deep")


def check_own_claims(session: Session, moves: Mapping[UUID, str], caller: Caller) -> None:
    """Check that a key may change the resolved claims that a rename would move (R14b)."""
    if Scope.RESOLUTIONS_OWN in caller.scopes:
        return
    reported = sa.exists().where(Report.claim_id == Claim.id, Report.filed_by == caller.key_id)
    own = sa.or_(Claim.filed_by == caller.key_id, reported)
    rows = sa.select(Claim.id).where(is_among(session, Claim.id, moves), own, stands(Resolution.verdict.is_not(None)))
    if (claim_id := session.scalar(rows.limit(1))) is not None:
        raise own_claim(claim_id)


def check_in_effect(rename: TopicRename) -> None:
    """Check that a rename has not been undone."""
    if rename.undone_at is not None:
        raise RenameUndone(
            f"You tried to undo the rename {rename.id}, which is already undone. To move the claims, rename the topic "
            "again."
        )


def check_newest(session: Session, rename: TopicRename) -> None:
    """Check that no later rename in effect moved any of the same claims."""
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
