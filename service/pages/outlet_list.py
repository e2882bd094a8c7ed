"""/outlets and /outlets.csv: all outlets from A to Z, filtered by kind and by topic"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import marshmallow as ma
from flask import Response
from marshmallow.validate import OneOf, Range
from sqlalchemy.orm import Session

from service.outlets.browse import INITIALS, ListedOutlet, OutletFilters, browse_outlets, stream_outlets, used_initials
from service.outlets.domains import ShownDomain
from service.pages.filters import KINDS_IN_WORDS, address, capitalised, chips
from service.pages.layout import page_blueprint, read_query, show
from service.schemas.fields import MAX_PAGE, Count, PageQuery, TopicPath, one_of
from service.storage.paging import PageRequest
from service.values.instants import format_instant
from service.values.vocabulary import OutletKind, Scope
from service.web.auth import requires
from service.web.line_stream import stream_table
from service.web.responses import page_of
from service.web.runtime import read_late, runtime

blp = page_blueprint("outlet_list")

_OUTLETS = 100
_COLUMNS = ("slug", "name", "kind", "domains", "aliases", "parent", "scorable", "claims", "resolved", "recorded_at")


class OutletListQuery(PageQuery):
    """The query of the list of outlets: its filters, and the page to show."""

    initial = ma.fields.String(load_default=None, validate=OneOf(INITIALS))
    kind = one_of(OutletKind, load_default=None)
    topic = TopicPath(load_default=None)
    limit = Count(load_default=_OUTLETS, validate=Range(1, MAX_PAGE))


class _Asked(PageRequest, OutletFilters):
    """The query of the list of outlets after parsing."""


@blp.get("/outlets")
@requires(Scope.READ)
def list_outlets() -> Response:
    """Show the outlets that match the filters, 100 on a page."""
    db, asked = runtime().db, _read_query()
    page, _, _ = page_of(asked, lambda **filters: read_late(lambda late: browse_outlets(late, **filters)))
    question = _question(asked)
    return show(
        "outlets.html",
        asked=asked,
        title=_title(asked),
        chips=chips("/outlets", question, _words(asked)),
        outlets=page.items,
        initials=[(one, address("/outlets", question | {"initial": one})) for one in used_initials(db)],
        is_first=asked["cursor"] is None,
        first=address("/outlets", question),
        following=page.next_cursor and address("/outlets", question | {"cursor": page.next_cursor}),
        table=address("/outlets.csv", question),
    )


@blp.get("/outlets.csv")
@requires(Scope.READ)
def get_outlet_table() -> Response:
    """Download all outlets that match the filters, as CSV."""
    return stream_table("outlets", _COLUMNS, partial(_rows, _read_query()))


def _read_query() -> _Asked:
    asked: _Asked = read_query(OutletListQuery())
    return asked


def _question(asked: _Asked) -> dict[str, str]:
    """Return the filters as query parameters, without the cursor."""
    given = {"initial": asked["initial"], "kind": asked["kind"], "topic": asked["topic"]}
    return {name: str(value) for name, value in given.items() if value is not None}


def _rows(asked: _Asked, session: Session) -> Iterator[Iterable[object]]:
    return map(_cells, stream_outlets(session, initial=asked["initial"], kind=asked["kind"], topic=asked["topic"]))


def _cells(row: ListedOutlet) -> Iterator[object]:
    """Yield the CSV cells of an outlet, in the order of `_COLUMNS`."""
    outlet = row.outlet
    yield from (outlet.slug, outlet.name, outlet.kind, " ".join(map(_domain, outlet.domains)))
    yield from (outlet.aliases, outlet.parent, outlet.scorable, row.claims, row.resolved)
    yield format_instant(outlet.recorded_at)


def _domain(shown: ShownDomain) -> str:
    return shown if isinstance(shown, str) else str(shown["domain"])


def _words(asked: _Asked) -> dict[str, str]:
    """Return the text of the chip of each active filter, by parameter."""
    initial, kind, topic = asked["initial"], asked["kind"], asked["topic"]
    words = {
        "initial": initial and _shown(initial),
        "kind": kind and KINDS_IN_WORDS[kind],
        "topic": topic and f"Topic: {topic}",
    }
    return {name: capitalised(text) for name, text in words.items() if text}


def _title(asked: _Asked) -> str:
    """Return the page title, which describes the filters, such as `Newspapers: A`."""
    initial, kind, topic = asked["initial"], asked["kind"], asked["topic"]
    noun = "Outlets" if kind is None else capitalised(KINDS_IN_WORDS[kind])
    about = noun if topic is None else f"{noun} with claims on {topic}"
    return about if initial is None else f"{about}: {_shown(initial)}"


def _shown(initial: str) -> str:
    return initial.upper().replace("-", "\N{EN DASH}")
