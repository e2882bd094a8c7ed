"""Choose free slugs for outlets."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from service.storage.models import Outlet
from service.values.ids import RESERVED_SLUGS, SLUG_LENGTH, parse_id
from service.values.names import slug_of


def free_slug(session: Session, outlet: Outlet, *, taken: Collection[str] = ()) -> str:
    """Return an unused slug made from an outlet's name, or from its id if the name has no letters."""
    base = slug_of(outlet.name)
    if not base or parse_id(base) is not None:
        return f"outlet-{outlet.id.hex[-12:]}"
    like = sa.select(Outlet.slug).where(Outlet.slug.startswith(base[: SLUG_LENGTH - 8], autoescape=True))
    reserved = {*session.scalars(like), *taken, *RESERVED_SLUGS}
    slug, number = base, 1
    while slug in reserved:
        number += 1
        end = f"-{number}"
        slug = base[: SLUG_LENGTH - len(end)].rstrip("-") + end
    return slug
