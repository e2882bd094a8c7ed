"""List submissions from the public forms for editors."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa

from service.claims.describe_submissions import LOADED, describe_submissions
from service.claims.submission_views import PendingView
from service.errors import Forbidden, NotFound
from service.storage.db import Database
from service.storage.models import Submission
from service.storage.paging import Keyset, Page, SortKey
from service.values.vocabulary import Caller, Scope, SubmissionKind, SubmissionStatus

_OLDEST_FIRST = Keyset([Submission.id], [UUID])
_NEEDED = {SubmissionKind.DISPUTE: Scope.RESOLUTIONS_WRITE, SubmissionKind.REPLY: Scope.OUTLETS_WRITE}


def list_pending(
    db: Database,
    *,
    kind: SubmissionKind | None = None,
    status: SubmissionStatus,
    caller: Caller,
    after: SortKey | None,
    limit: int,
) -> Page[PendingView]:
    """Return a page of the submissions that the caller may accept or refuse, the oldest first.

    Raises:
        Forbidden: The caller lacks the scope for submissions of this kind.
        InvalidQuery: `after` is not a sort key of this list.
    """
    if kind is not None:
        check_scope(kind, caller)
    kinds = [each for each, scope in _NEEDED.items() if scope in caller.scopes and kind in (None, each)]
    rows = sa.select(Submission).where(Submission.status == status, Submission.kind.in_(kinds)).options(*LOADED)
    with db.read() as session:
        page = _OLDEST_FIRST.page(session, rows, after=after, limit=limit)
        return Page(describe_submissions(session, page.items), page.next)


def count_pending(db: Database, *, caller: Caller) -> int:
    """Return the number of pending submissions that the caller may accept or refuse."""
    kinds = [kind for kind, scope in _NEEDED.items() if scope in caller.scopes]
    waiting = Submission.status == SubmissionStatus.PENDING, Submission.kind.in_(kinds)
    with db.read() as session:
        return session.scalars(sa.select(sa.func.count()).where(*waiting)).one()


def get_decided(db: Database, submission_id: UUID, *, caller: Caller) -> PendingView:
    """Return a submission that was accepted or refused.

    Raises:
        NotFound: No submission that the caller may accept or refuse has this id, or it is still pending.
    """
    rows = sa.select(Submission).where(Submission.id == submission_id, Submission.status != SubmissionStatus.PENDING)
    with db.read() as session:
        found = session.scalar(rows.options(*LOADED))
        if found is None or _NEEDED[found.kind] not in caller.scopes:
            raise NotFound(f"No submission with the id {submission_id} was accepted or refused. Check the id.")
        [view] = describe_submissions(session, [found])
    return view


def check_scope(kind: SubmissionKind, caller: Caller) -> None:
    """Check that a key has the scope required to decide this kind of submission.

    Raises:
        Forbidden: The key lacks the scope.
    """
    if _NEEDED[kind] not in caller.scopes:
        raise Forbidden(
            f"Accepting or refusing a {kind} requires the scope {_NEEDED[kind]}. Use a key with that scope."
        )
