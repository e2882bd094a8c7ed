"""Errors for valid requests that conflict with the record."""

from __future__ import annotations

from service.errors.problem import ServiceError


class Conflict(ServiceError):
    """You sent a valid request that conflicts with the record. Read the current state, then change the request."""

    status = 409
    name = "conflict"
    title = "Conflict"


class StillRunning(Conflict):
    """You sent a request while an earlier one with the same `Idempotency-Key` was still running, so the new
    request was not processed. Send it again with the same key after `Retry-After` seconds.
    """

    name = "still-running"
    title = "Earlier request still running"
    retry_after = 1


class LastAdminKey(Conflict):
    """You tried to revoke the last key with the scope `admin`, or to give it an expiry; without such a key, no keys can
    be created over HTTP. Create another admin key first.
    """

    name = "last-admin-key"
    title = "Last admin key"


class KeyEnded(Conflict):
    """You tried to change a key that was revoked or has expired; such a key cannot be restored. Create a new key."""

    name = "key-ended"
    title = "Key no longer valid"
