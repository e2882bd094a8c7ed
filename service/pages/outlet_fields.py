"""Find the outlet that a reader names in a field of a form: by its slug, its name or an alias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import OutletMerged, UnknownOutlet
from service.outlets import edit
from service.outlets.describe import OutletView
from service.outlets.search import FoundOutlet, search_outlets
from service.values.ids import NAME_LENGTH
from service.values.names import slug_of
from service.web.runtime import runtime

_SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class NamedOutlet:
    """The text that a reader entered in a field, and the outlet that it names, if any."""

    text: str
    outlet: OutletView | None
    similar: Sequence[FoundOutlet] = ()
    """Outlets with similar names, if no outlet has this name."""

    @property
    def shown(self) -> str:
        """The text to show in the field: the outlet's name, or its slug if the name would not find it."""
        if self.outlet is None:
            return self.text
        return self.outlet.name if slug_of(self.outlet.name) == self.outlet.slug else self.outlet.slug


def find_named(text: str) -> NamedOutlet:
    """Find the outlet that a text names or, if there is none, outlets with similar names."""
    try:
        return NamedOutlet(text, surviving_outlet(slug_of(text) or text))
    except UnknownOutlet:
        found = search_outlets(runtime().db, q=text[:NAME_LENGTH], limit=_SUGGESTED)
    if found and not found[0].is_similar:
        return NamedOutlet(text, surviving_outlet(found[0].slug))
    return NamedOutlet(text, None, found)


def surviving_outlet(reference: str) -> OutletView:
    """Return the outlet with this slug or id, or the one that it was merged into.

    Raises:
        UnknownOutlet: No outlet has this slug or id.
    """
    try:
        return edit.get_outlet(runtime().db, reference)
    except OutletMerged as merged:
        return edit.get_outlet(runtime().db, merged.into)
