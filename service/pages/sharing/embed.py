"""/embed/outlets/{outlet}: an outlet's record as a card, the only page that other sites may frame"""

from __future__ import annotations

import datetime as dt

from flask import Response, render_template

from service.outlets import edit
from service.outlets.track_record import Lens
from service.pages.layout import cached_page, page_blueprint
from service.pages.outlet import expiry_of, query_string, read_lens, slug_in
from service.scores.read import read_score
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.middleware import allow_framing
from service.web.runtime import runtime

blp = page_blueprint("embed")


@blp.get("/embed/outlets/<outlet>")
@requires(Scope.READ)
def show_card(outlet: str) -> Response:
    """Show the record of an outlet as a card for other sites to frame."""
    lens = read_lens()
    slug = slug_in(outlet)
    response = cached_page(slug, "embed", lens, make=lambda: _make_card(slug, lens), is_usual=lens.is_current)
    allow_framing()
    return response


def _make_card(slug: str, lens: Lens) -> tuple[str, dt.datetime | None]:
    now = utc_now()
    outlet = edit.get_outlet(runtime().db, slug)
    score = read_score(runtime().db, slug, lens=lens, now=now)
    page = render_template("embed.html", outlet=outlet, score=score, question=query_string(lens))
    return page, expiry_of(score, score.changes_at, now)
