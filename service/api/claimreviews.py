"""/v1/claims/{claim_id}/claimreview and /v1/claimreviews"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

import marshmallow as ma
from flask import Response
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.schemas.claimreviews import ClaimReviewOut, ReviewFeedOut
from service.transfer.claimreview.item import CONTEXT, Item, review_item
from service.transfer.claimreview.published import Publisher
from service.transfer.publish import get_published_claim, published_claims
from service.values.documents import etag_of
from service.values.instants import format_instant, utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.documentation import may_fail, not_modified
from service.web.publisher import find_publisher
from service.web.runtime import runtime
from service.web.text_stream import stream_texts

blp = Blueprint("claimreviews", __name__, url_prefix="/v1", description="Resolved claims in the format of schema.org.")

LD_JSON = "application/ld+json"

P = ParamSpec("P")
R = TypeVar("R")


def _sends(schema: type[ma.Schema], description: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that documents a view as returning JSON-LD."""
    content = {LD_JSON: {"schema": schema}}
    documented: Callable[[Callable[P, R]], Callable[P, R]] = blp.doc(
        responses={"200": {"description": description, "content": content}}
    )
    return documented


@blp.route("/claims/<uuid:claim_id>/claimreview")
@requires(Scope.READ)
@not_modified
@blp.follows
@_sends(ClaimReviewOut, "The review.")
def get_claim_review(claim_id: UUID) -> Response:
    """Get the ClaimReview of a claim

    Returns the resolution of a claim as JSON-LD for search engines and other fact-checkers. The rating is the truth of
    the claim on a scale from 0 to 1. Importing the item elsewhere gives the same resolution.

    Only claims that proved true, false or partly true have a review. Other claims, and claims whose text was redacted,
    cause a 404. Every claim causes a 404 until the operator sets the public address of the service
    (`BORNEOUT_PUBLIC_URL`), except for callers on the same machine.
    """
    item = review_item(get_published_claim(runtime().db, claim_id), _publisher())
    response = Response(json.dumps(item, ensure_ascii=False), content_type=LD_JSON)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(etag_of(item), weak=True)
    return response


@blp.route("/claimreviews")
@requires(Scope.READ)
@may_fail(404)
@_sends(ReviewFeedOut, "The feed.")
def list_claim_reviews() -> Response:
    """Export all claims as ClaimReview

    Returns a DataFeed of the reviews of all claims that have one, the oldest claim first, in the state of one moment.
    The feed is streamed, so its size is not limited. A response that is cut off is not valid JSON.

    Causes a 404 until the operator sets the public address of the service (`BORNEOUT_PUBLIC_URL`), except for callers
    on the same machine.
    """
    return stream_texts(partial(_feed, _publisher()), LD_JSON)


def _publisher() -> Publisher:
    if (publisher := find_publisher()) is None:
        raise NotFound(
            "You requested a ClaimReview, which needs the public address of this service. Ask its operator to set "
            "BORNEOUT_PUBLIC_URL."
        )
    return publisher


def _feed(publisher: Publisher, session: Session) -> Iterator[str]:
    """Yield the parts of a feed."""
    head: Item = {
        "@context": CONTEXT,
        "@type": "DataFeed",
        "name": f"Reviews of claims by {publisher.name}",
        "url": f"{publisher.url}/v1/claimreviews",
        "dateModified": format_instant(utc_now()),
        "provider": {"@type": "Organization", "name": publisher.name, "url": publisher.url},
    }
    yield json.dumps(head, ensure_ascii=False).removesuffix("}") + ', "dataFeedElement": ['
    for number, claim in enumerate(published_claims(session)):
        element = {
            "@type": "DataFeedItem",
            "dateModified": claim.recorded_at,
            "item": review_item(claim, publisher),
        }
        yield (",\n" if number else "\n") + json.dumps(element, ensure_ascii=False)
    yield "\n]}\n"
