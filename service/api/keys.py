"""/v1/keys"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any
from uuid import UUID

from service import keys
from service.answers import page_of
from service.auth import requires
from service.once import once
from service.runtime import runtime
from service.schemas.fields import PageQuery
from service.schemas.keys import KeyIn, KeyOut, KeyPage, KeyPatch, NewKeyOut, RotationIn
from service.vocabulary import Scope
from service.web import Blueprint, may_fail

blp = Blueprint("keys", __name__, url_prefix="/v1/keys", description="Who may call")


@blp.route("", methods=["POST"])
@requires(Scope.ADMIN)
@once(but=("secret",))
@blp.arguments(KeyIn)
@blp.response(201, NewKeyOut)
def create_key(body: dict[str, Any]) -> Any:
    """Make a key, whose secret is shown this once"""
    key = keys.create_key(runtime().db, **body, now=dt.datetime.now(dt.UTC))
    return key, 201, {"Location": f"/v1/keys/{key['id']}"}


@blp.route("")
@requires(Scope.ADMIN)
@blp.arguments(PageQuery, location="query")
@blp.response(200, KeyPage)
def list_keys(query: dict[str, Any]) -> Any:
    """List all keys, the oldest first"""
    return page_of(query, partial(keys.page_keys, runtime().db))


@blp.route("/<uuid:key_id>")
@requires(Scope.ADMIN)
@blp.response(200, KeyOut)
@blp.tagged
def get_key(key_id: UUID) -> dict[str, Any]:
    """Get what is known of a key"""
    return keys.get_key(runtime().db, key_id)


@blp.route("/<uuid:key_id>", methods=["PATCH"])
@requires(Scope.ADMIN)
@blp.arguments(KeyPatch)
@blp.response(200, KeyOut)
@may_fail(409)
@blp.changes
@blp.tagged
def change_key(body: dict[str, Any], key_id: UUID, seen: frozenset[str] | None) -> dict[str, Any]:
    """Change the name of a key, or when it expires"""
    return keys.change_key(runtime().db, key_id, changes=body, seen=seen, now=dt.datetime.now(dt.UTC))


@blp.route("/<uuid:key_id>/rotation", methods=["POST"])
@requires(Scope.ADMIN)
@once(but=("secret",))
@blp.arguments(RotationIn)
@blp.response(201, NewKeyOut)
def rotate_key(body: dict[str, Any], key_id: UUID) -> dict[str, Any]:
    """Give a key another secret, shown this once; the one before goes on for a while"""
    overlap = dt.timedelta(seconds=body["overlap"])
    return keys.rotate_key(runtime().db, key_id, overlap=overlap, now=dt.datetime.now(dt.UTC))


@blp.route("/<uuid:key_id>", methods=["DELETE"])
@requires(Scope.ADMIN)
@blp.response(200, KeyOut)
@may_fail(409)
@blp.changes
def revoke_key(key_id: UUID, seen: frozenset[str] | None) -> dict[str, Any]:
    """End a key at once and for good"""
    return keys.revoke_key(runtime().db, key_id, seen=seen, now=dt.datetime.now(dt.UTC))
