"""/outlets/{outlet}/card.png and /claims/{id}/card.png: the cards of link previews (og:image)"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from flask import Response

from service.cache.redis_link import RANKING
from service.claims import story
from service.errors import Unavailable
from service.outlets import edit
from service.outlets.track_record import Lens
from service.pages import claim_words, formats, phrases
from service.pages.claim_state import state_of
from service.pages.layout import cached_page, page_blueprint
from service.pages.outlet import expiry_of, read_lens, slug_in
from service.pages.sharing.cards import Card, draw_card
from service.scores.read import read_score
from service.values.instants import utc_now
from service.values.vocabulary import ClaimStatus, Scope
from service.web.auth import requires
from service.web.runtime import runtime

blp = page_blueprint("previews")

_LIFE = 300
"""The number of seconds for which other sites may cache a card."""
_PATIENCE = 2
"""The longest time in seconds that a request waits for other cards to be drawn."""


@blp.get("/outlets/<outlet>/card.png")
@requires(Scope.READ)
def get_outlet_card(outlet: str) -> Response:
    """Return the record of an outlet as a picture for link previews."""
    lens = read_lens()
    slug = slug_in(outlet)
    return _as_png(cached_page(slug, "card", lens, make=lambda: _outlet_card(slug, lens), is_usual=lens.is_current))


@blp.get("/claims/<uuid:claim_id>/card.png")
@requires(Scope.READ)
def get_claim_card(claim_id: UUID) -> Response:
    """Return a claim with its outcome as a picture for link previews."""
    return _as_png(cached_page(RANKING, "card", claim_id, make=lambda: _claim_card(claim_id)))


def _outlet_card(slug: str, lens: Lens) -> tuple[bytes, dt.datetime | None]:
    now = utc_now()
    outlet = edit.get_outlet(runtime().db, slug)
    score = read_score(runtime().db, slug, lens=lens, now=now)
    found = phrases.rated(score) if outlet.scorable else None
    card = Card(
        heading=f"{outlet.name} on {score.topic}" if score.topic else outlet.name,
        lines=phrases.record_lines(score, outlet),
        foot=f"As of {formats.day(score.as_of)}",
        estimate=found,
        average=None if found is None else score.record.average,
    )
    return _draw(card), expiry_of(score, score.changes_at, now)


def _claim_card(claim_id: UUID) -> tuple[bytes, dt.datetime | None]:
    now = utc_now()
    found = story.get_story(runtime().db, claim_id, now=now)
    lines = [state_of(found), claim_words.sum_up(found)]
    changes_at = found.claim.resolves_by if found.claim.status is ClaimStatus.OPEN else None
    return _draw(Card(found.claim.text, lines, f"As of {formats.day(now)}")), changes_at


def _draw(card: Card) -> bytes:
    """Draw a card. A process draws one card at a time, so that threads remain for other requests.

    Raises:
        Unavailable: Other cards are being drawn.
    """
    drawing = runtime().drawing
    if not drawing.acquire(timeout=_PATIENCE):
        raise Unavailable("Too many cards are being drawn. Send the request again after Retry-After seconds.")
    try:
        return draw_card(card)
    finally:
        drawing.release()


def _as_png(response: Response) -> Response:
    response.content_type = "image/png"
    response.headers["Cache-Control"] = f"public, max-age={_LIFE}"
    return response
