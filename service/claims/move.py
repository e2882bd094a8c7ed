"""Move the reports, resolutions, replies and reviews of a claim to another one, and back (R22a)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from service.claims.move_reviews import move_reviews, return_reviews
from service.methods.claim import ORDER
from service.storage.facts import moved_fingerprint, original_fingerprint, standing_resolution
from service.storage.models import Claim, Reply, Report, Resolution
from service.storage.models.merges import MovedRows
from service.storage.predicates import is_among


def move_rows(session: Session, claim: Claim, target: Claim) -> MovedRows:
    """Move the rows and reviews of a claim to another claim, and return the ids of the moved rows."""
    replies = _replies(session, Reply.claim_id == claim.id)
    moved = MovedRows(
        reports=[str(report.id) for report in claim.reports],
        resolutions=[str(resolution.id) for resolution in claim.resolutions],
        replies=[str(reply.id) for reply in replies],
    )
    _move_resolutions(claim, target)
    _move_reports(claim.reports, claim, target)
    move_reviews(claim, target)
    for reply in replies:
        reply.claim_id = target.id
    return moved


def return_rows(session: Session, claim: Claim, target: Claim, moved: MovedRows) -> None:
    """Move rows and reviews back to a claim from the claim that it was merged into."""
    _return_resolutions(claim, target, moved)
    reports = set(moved["reports"])
    _move_reports([report for report in target.reports if str(report.id) in reports], target, claim)
    return_reviews(claim, target)
    for reply in _replies(session, is_among(session, Reply.id, map(UUID, moved["replies"]))):
        reply.claim_id = claim.id


def _move_reports(reports: Iterable[Report], source: Claim, target: Claim) -> None:
    """Move reports from one claim to another, and keep their fingerprints unique there (R4)."""
    moving = list(reports)
    taken = {original_fingerprint(report.fingerprint) for report in target.reports}
    for report in moving:
        original = original_fingerprint(report.fingerprint)
        report.fingerprint = moved_fingerprint(report) if original in taken else original
        report.claim_id = target.id
    set_committed_value(source, "reports", [report for report in source.reports if report not in moving])
    set_committed_value(target, "reports", sorted([*target.reports, *moving], key=ORDER))


def _move_resolutions(claim: Claim, target: Claim) -> None:
    """Move the resolutions of a claim to another claim.

    If only the first claim is resolved, they are placed after those of the other claim and stay in effect; else before.
    """
    moving = claim.resolutions
    is_last = standing_resolution(claim) is not None and standing_resolution(target) is None
    if target.resolutions:
        first, last = target.resolutions[0].position, target.resolutions[-1].position
        _number(moving, start=last + 1 if is_last else first - len(moving))
    resolutions = [*target.resolutions, *moving] if is_last else [*moving, *target.resolutions]
    _assign(target, resolutions)
    _assign(claim, [])


def _return_resolutions(claim: Claim, target: Claim, moved: MovedRows) -> None:
    """Move resolutions back to their claim, with the later resolutions that supersede them."""
    ids = set(map(UUID, moved["resolutions"]))
    for resolution in target.resolutions:
        if resolution.supersedes_id in ids:
            ids.add(resolution.id)
    returning = [resolution for resolution in target.resolutions if resolution.id in ids]
    _number(returning, start=1)
    _assign(target, [resolution for resolution in target.resolutions if resolution.id not in ids])
    _assign(claim, returning)


def _number(resolutions: Iterable[Resolution], *, start: int) -> None:
    for resolution, position in zip(resolutions, count(start)):
        resolution.position = position


def _assign(claim: Claim, resolutions: list[Resolution]) -> None:
    for resolution in resolutions:
        resolution.claim_id = claim.id
    set_committed_value(claim, "resolutions", resolutions)


def _replies(session: Session, condition: sa.ColumnElement[bool]) -> Sequence[Reply]:
    return session.scalars(sa.select(Reply).where(condition)).all()
