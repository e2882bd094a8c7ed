"""Errors for requests that need another key or another scope."""

from __future__ import annotations

from service.errors.problem import ServiceError


class Unauthorized(ServiceError):
    """You sent no API key where one is required, or a key that is unknown, expired or revoked. Send a valid key as
    `Authorization: Bearer bo_...`; if the call needs no key, you may omit the header.
    """

    status = 401
    name = "unauthorized"
    title = "API key missing or not valid"


class Forbidden(ServiceError):
    """You sent a valid API key without the scope that this call requires. Use a key with that scope; an admin can
    create one.
    """

    status = 403
    name = "forbidden"
    title = "Scope missing"


class OwnClaim(Forbidden):
    """You tried to resolve a claim that your key filed or reported on, or to change such a claim or its reports after
    it was resolved. Use another key, or ask the operator for the scope `resolutions:own`.
    """

    name = "own-claim"
    title = "Own claim"


class FiledByAnother(Forbidden):
    """You tried to change or withdraw a claim or report that another key filed, or to change the text, group or due
    date of a claim on which another key has a report. Use a key with the scope `resolutions:write`.
    """

    name = "filed-by-another"
    title = "Filed by another key"


class ResolutionInEffect(Forbidden):
    """You tried to change a resolved claim, to change or withdraw a report on it, or to add a report that would replace
    an outlet's stance. Use a key with the scope `resolutions:write`, or dispute the resolution if it is wrong.
    """

    name = "resolution-in-effect"
    title = "Resolution in effect"


class OwnDispute(Forbidden):
    """You tried to close or refuse a dispute, but your key filed the dispute, the disputed resolution, the claim or a
    report on the claim. Use another key, or ask the operator for the scope `resolutions:own`.
    """

    name = "own-dispute"
    title = "Own dispute"
