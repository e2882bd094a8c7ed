"""The texts of claims, now or at a past moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Claim, Version


def claim_texts(session: Session, claims: Collection[UUID], recorded_by: dt.datetime | None) -> dict[UUID, str]:
    """Return the texts of claims by id: the current ones, or those at `recorded_by` if it is given."""
    texts = dict(session.execute(sa.select(Claim.id, Claim.text).where(Claim.id.in_(claims))).all())
    if recorded_by is not None:
        later = sa.select(Version.subject_id, Version.content).where(Version.subject_id.in_(claims))
        later = later.where(Version.recorded_at > recorded_by).order_by(Version.number.desc())
        texts |= {claim_id: content["text"] for claim_id, content in session.execute(later)}
    return texts
