"""References from reports to outlets: by slug or id, or by an object with a name."""

from __future__ import annotations

from service.schemas.fields import (
    Body,
    Flag,
    Text,
    TextOrObject,
    one_of,
)
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH
from service.values.vocabulary import OutletKind


class NamedOutlet(Body):
    """An outlet by name: the recorded outlet with this name or domain, or else a new one.

    `kind`, `parent` and `scorable` apply only to a new outlet. Use PATCH to change those of a recorded outlet.
    """

    name = Text(
        NAME_LENGTH, required=True, metadata={"description": "The name, or an alias or the slug of a recorded outlet."}
    )
    domain = Text(
        DOMAIN_LENGTH,
        load_default=None,
        allow_none=True,
        metadata={"description": "The host at which it publishes, with an optional path, such as `bild.de`."},
    )
    kind = one_of(OutletKind, "The kind of publisher. The default for a new outlet is `website`.")
    parent = Text(
        SLUG_LENGTH,
        allow_none=True,
        metadata={"description": "The slug or id of the recorded outlet or organisation that owns it."},
    )
    scorable = Flag(metadata={"description": "Whether the outlet gets a score. The default for a new outlet is true."})


_NAMED, _SLUG = NamedOutlet(), Text(SLUG_LENGTH)  # created once, not for each report of a file


class OutletReference(TextOrObject):
    """A reference to an outlet: its slug or id, or an object with its name."""

    def __init__(self, description: str) -> None:
        named = {"$ref": "#/components/schemas/NamedOutlet"}
        alternatives = [{"type": "string", "minLength": 1}, named, {"type": "null"}]
        super().__init__(_SLUG, _NAMED, {"oneOf": alternatives, "description": description})
