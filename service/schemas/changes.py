"""The feed of changes in requests and responses."""

from __future__ import annotations

import marshmallow as ma
from marshmallow.validate import Range

from service.access.waits import MAX_WAIT
from service.schemas import shown
from service.schemas.fields import Answer, Count, PageQuery
from service.values.vocabulary import ChangeKind


class ChangesQuery(PageQuery):
    """The place in the feed, and how long to wait for changes."""

    wait = Count(
        load_default=0,
        validate=Range(0, MAX_WAIT),
        metadata={
            "description": "The number of seconds to wait for a change if there is none yet; 0 answers at once. It "
            "needs an API key, which may have one waiting call at a time."
        },
    )


class ChangeOut(Answer):
    """A change of one object on record."""

    cursor = shown.text("The place of the change in the feed. Send it as `cursor` to get the changes after it.")
    at = shown.instant("When the change was written.")
    kind = shown.choice(ChangeKind, "The kind of object that was recorded or changed.")
    id = shown.text("The id of the object: a UUIDv7, or the name of a context. That of a withdrawal is its report's.")
    data = ma.fields.Dict(
        required=True,
        metadata={
            "description": "The object after the change, with the members, units and ranges that it has in other "
            "responses. Members that are derived are left out, such as `status` or `role`. Outlets are named by "
            "slug, other objects by id. An outlet is shown as it is now. A claim has `merged_into`, and a resolution "
            "has `position`: the one with the highest position of a claim is in effect. A context has `contexts`, as "
            "`contexts.ndjson` of an export. Redacted content is removed from all changes, also from earlier ones."
        },
    )


class ChangesOut(Answer):
    """The changes after a cursor, the oldest first."""

    items = shown.parts(ChangeOut, "The changes, in the order in which they were committed.")
    next_cursor = shown.text("Send it as `cursor` to get the changes after these. It is never null.")
