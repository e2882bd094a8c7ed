"""/v1/keys"""

from __future__ import annotations

import datetime as dt
from functools import partial
from uuid import UUID

from service.access import keys
from service.access.keys import KeyChanges, KeyView, NewKey, NewKeyView
from service.schemas.fields import PageQuery
from service.schemas.keys import KeyIn, KeyOut, KeyPage, KeyPatch, NewKeyOut, RotationIn
from service.storage.paging import PageRequest
from service.values.instants import utc_now
from service.values.vocabulary import Scope
from service.web.auth import requires
from service.web.blueprint import Blueprint
from service.web.calls import idempotent
from service.web.documentation import may_fail
from service.web.responses import PageResponse, forbid_caching, page_of
from service.web.runtime import runtime

blp = Blueprint("keys", __name__, url_prefix="/v1/keys", description="API keys.")
blp.after_request(forbid_caching)  # some responses contain a secret


@blp.route("", methods=["POST"])
@requires(Scope.ADMIN)
@idempotent(hide=("secret",))
@blp.arguments(KeyIn)
@blp.response(201, NewKeyOut)
def create_key(body: NewKey) -> tuple[NewKeyView, int, dict[str, str]]:
    """Create an API key

    Returns the new key with its secret. The secret is returned only once; the service stores a hash of it.
    """
    key = keys.create_key(runtime().db, **body, now=utc_now())
    return key, 201, {"Location": f"/v1/keys/{key.id}"}


@blp.route("")
@requires(Scope.ADMIN)
@blp.arguments(PageQuery, location="query")
@blp.response(200, KeyPage)
def list_keys(query: PageRequest) -> PageResponse[KeyView]:
    """List API keys

    Returns all keys, including expired and revoked ones, the oldest first, without their secrets.
    """
    return page_of(query, partial(keys.page_keys, runtime().db))


@blp.route("/<uuid:key_id>")
@requires(Scope.ADMIN)
@blp.response(200, KeyOut)
@blp.tagged
def get_key(key_id: UUID) -> KeyView:
    """Get an API key

    Returns a key without its secret.
    """
    return keys.get_key(runtime().db, key_id)


@blp.route("/<uuid:key_id>", methods=["PATCH"])
@requires(Scope.ADMIN)
@blp.arguments(KeyPatch)
@blp.response(200, KeyOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_key(body: KeyChanges, key_id: UUID, if_match: frozenset[str] | None) -> KeyView:
    """Change an API key

    Changes the name or the expiry of a key. To change the scopes, create another key.

    A key that was revoked or has expired causes a 409 (`key-ended`). Setting an expiry for the last key with the scope
    `admin` causes a 409 (`last-admin-key`).
    """
    return keys.change_key(runtime().db, key_id, changes=body, if_match=if_match, now=utc_now())


@blp.route("/<uuid:key_id>/rotation", methods=["POST"])
@requires(Scope.ADMIN)
@idempotent(hide=("secret",))
@blp.arguments(RotationIn)
@blp.response(201, NewKeyOut)
def rotate_key(body: dict[str, int], key_id: UUID) -> NewKeyView:
    """Replace the secret of an API key

    Returns the key with a new secret, which is shown only once. The previous secret keeps working for `overlap`
    seconds, so that clients can be updated without an outage. The id and the scopes stay the same.

    A key that was revoked or has expired causes a 409 (`key-ended`).
    """
    overlap = dt.timedelta(seconds=body["overlap"])
    return keys.rotate_key(runtime().db, key_id, overlap=overlap, now=utc_now())


@blp.route("/<uuid:key_id>", methods=["DELETE"])
@requires(Scope.ADMIN)
@blp.response(200, KeyOut)
@may_fail(409)
@blp.changes
def revoke_key(key_id: UUID, if_match: frozenset[str] | None) -> KeyView:
    """Revoke an API key

    The key stops working immediately and permanently, but stays listed. Revoking it again changes nothing.

    Revoking the last key with the scope `admin` causes a 409 (`last-admin-key`).
    """
    return keys.revoke_key(runtime().db, key_id, if_match=if_match, now=utc_now())
