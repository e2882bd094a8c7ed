"""The feed of changes in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Range

from service.access.waits import MAX_WAIT
from service.schemas import shown
from service.schemas.fields import Answer, Count, PageQuery
from service.values.vocabulary import ChangeKind


class ChangesQuery(PageQuery):
    """The query parameters of the feed: the position in it, and the time to wait for changes."""

    wait = Count(
        load_default=0,
        validate=Range(0, MAX_WAIT),
        metadata={
            "description": "The number of seconds to wait for a change if there is none yet; 0 returns at once. "
            "Waiting requires an API key, which can have one waiting request at a time."
        },
    )


class ChangeOut(Answer):
    """A change to one recorded object."""

    cursor = shown.text("The position of the change in the feed. Send it as `cursor` to get the changes after it.")
    at = shown.instant("When the change was written.")
    kind = shown.choice(ChangeKind, "The kind of object that was recorded or changed.")
    id = shown.text("The id of the object: a UUIDv7, or the name of a context. A withdrawal has the id of its report.")
    data = ma.fields.Dict(
        required=True,
        metadata={
            "description": "The object after the change, with the same members, units and ranges as in other "
            "responses, except for derived members such as `status` and `role`. Outlets are referenced by slug, "
            "other objects by id. An outlet is shown in its current state. A claim also has `merged_into`, and a "
            "resolution `position`: the resolution with the highest position is in effect. A context has "
            "`contexts`, as in `contexts.ndjson` of an export. Redacted content is removed from all changes, "
            "including earlier ones."
        },
    )


class ChangesOut(Answer):
    """The changes after a cursor, the oldest first."""

    items = shown.parts(ChangeOut, "The changes, in the order in which they were committed.")
    next_cursor = shown.text("The `cursor` of the next request, which returns the changes after these. Never null.")
