"""Change the members of a claim, and keep its earlier versions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from sqlalchemy.orm import Session

from service.cache.invalidation import invalidate_scores
from service.cache.score_cache import ScoreCache
from service.claims.describe import describe_claim
from service.claims.load import check_group, load_claim
from service.claims.record import check_due_date
from service.claims.rights import check_claim_change
from service.claims.views import ClaimView
from service.outlets.sums import updating_sums
from service.storage.db import Database, retried
from service.storage.facts import reporting_outlets, standing_resolution
from service.storage.models import Claim
from service.storage.versions import check_match, store_version
from service.values.vocabulary import Caller, Verdict


class ClaimChanges(TypedDict, total=False):
    """The members of a claim to change, with their new values."""

    text: str
    topic: str | None
    tags: list[str]
    group: str | None
    resolves_by: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ClaimContent:
    """The changeable members of a claim, as stored in its earlier versions."""

    text: str
    topic: str | None
    tags: list[str]
    group: str | None
    resolves_by: dt.datetime | None


@retried
def change_claim(
    db: Database,
    cache: ScoreCache,
    claim_id: UUID,
    *,
    changes: ClaimChanges,
    if_match: AbstractSet[str] | None,
    caller: Caller,
    now: dt.datetime,
) -> ClaimView:
    """Change members of a claim, and store its earlier version.

    Args:
        db: The database.
        cache: The score cache, in which the scores of the claim's outlets are invalidated.
        claim_id: The id of the claim.
        changes: The members to change, with their new values.
        if_match: The ETags of the versions that the caller accepts; None for any version.
        caller: The API key of the call.
        now: The time of the call.

    Raises:
        NotFound: No claim has this id.
        ClaimMerged: The claim was merged into another one.
        Forbidden: The caller may not change the claim (R14b).
        PreconditionFailed: The claim has been changed since the caller read it.
        InvalidBody: The claim is an event, and would lose its due date (R1).
        GroupResolved: The claim is true, and so is another claim of its new group (R3).
    """
    with db.write() as session:
        claim = load_claim(session, claim_id, lock=True)
        changed = {name for name, value in changes.items() if getattr(claim, name) != value}
        check_claim_change(claim, changed, caller)
        check_match(describe_claim(session, claim, now=now), if_match)
        if not changed:
            return describe_claim(session, claim, now=now)
        _apply(session, claim, changes, caller=caller, now=now)
        invalidate_scores(session, cache, reporting_outlets(claim), now=now)
        session.flush()
        return describe_claim(session, claim, now=now)


def _apply(session: Session, claim: Claim, changes: ClaimChanges, *, caller: Caller, now: dt.datetime) -> None:
    """Store the earlier version of a claim, change its members, and check the rules afterwards."""
    store_version(session, claim.id, claim_content(claim), caller=caller, now=now)
    with updating_sums(session, [claim]):
        for name, value in changes.items():
            setattr(claim, name, value)
    _check_changed(session, claim)


def _check_changed(session: Session, claim: Claim) -> None:
    """Check the rules of a claim and of its group after a change (R1, R3)."""
    check_due_date(claim)
    in_effect = standing_resolution(claim)
    if in_effect is not None and in_effect.verdict is Verdict.TRUE:
        check_group(session, claim)


def claim_content(claim: Claim) -> ClaimContent:
    """Return the changeable members of a claim, to be stored as an earlier version."""
    return ClaimContent(claim.text, claim.topic, claim.tags, claim.group, claim.resolves_by)
