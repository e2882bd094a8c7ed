"""Batches of claims in requests and responses."""

from __future__ import annotations

from collections.abc import Mapping

import marshmallow as ma
from marshmallow.validate import Length, Range

from service.claims.batch_part import BatchClaim, BatchEntry
from service.claims.resolve import NewResolution
from service.errors import InvalidBody, ServiceError
from service.schemas import shown
from service.schemas.claims import ClaimIn, ClaimOut
from service.schemas.fields import Answer, Body, Data, Flag
from service.schemas.loading import load
from service.schemas.problems import Problem
from service.schemas.resolutions import ResolutionIn, WarningOut

MAX_BATCH = 1000
MAX_BATCH_BODY = 16 << 20  # bytes
MAX_BATCH_REPORTS = 10_000
"""The maximum number of reports in a batch. A larger batch would block other writers for too long."""

_CLAIM, _RESOLUTION = ClaimIn(), ResolutionIn()  # created once, not for each claim of a batch


class BatchClaimIn(ClaimIn):
    """A claim to record, with its reports and an optional resolution."""

    resolution = ma.fields.Nested(
        ResolutionIn,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "The resolution of the claim, as in `POST /v1/claims/{claim_id}/resolutions`. Requires "
            "`resolutions:write`, and also `resolutions:own` if the key filed the claim or a report on it, as for "
            "every new claim."
        },
    )


class _Entry(ma.fields.Nested):
    """A field for one claim of a batch. Its errors are returned, so they do not reject the other claims."""

    def deserialize(self, value: object, attr: str | None = None, data: Data = None, **kwargs: object) -> BatchEntry:
        sent = dict(value) if isinstance(value, Mapping) else {}
        resolution = sent.pop("resolution", None)
        try:
            claim = load(_CLAIM, sent if isinstance(value, Mapping) else value)
        except InvalidBody as exc:
            return exc
        return BatchClaim(claim, claim.pop("reports"), None if resolution is None else _resolution(resolution))


def _resolution(value: object) -> NewResolution | ServiceError:
    """Return the resolution that was sent with a claim, or the error if it is malformed."""
    try:
        resolution: NewResolution = load(_RESOLUTION, value)
    except InvalidBody as exc:
        return exc
    return resolution


class ClaimBatchIn(Body):
    """The claims to record."""

    claims = ma.fields.List(
        _Entry(BatchClaimIn),
        required=True,
        validate=Length(max=MAX_BATCH),
        metadata={"description": f"The claims, with at most {MAX_BATCH_REPORTS} reports in total."},
    )
    atomic = Flag(
        load_default=False,
        metadata={"description": "Whether to record nothing if any claim or resolution is rejected."},
    )

    @ma.validates("claims")
    def limit_reports(self, claims: list[BatchEntry], **_: object) -> None:
        if sum(len(claim.reports) for claim in claims if isinstance(claim, BatchClaim)) > MAX_BATCH_REPORTS:
            raise ma.ValidationError(f"At most {MAX_BATCH_REPORTS} reports in total.")


class BatchItemOut(Answer):
    """The result of one claim of a batch."""

    status = ma.fields.Integer(
        required=True,
        validate=Range(200, 599),
        metadata={
            "description": "The HTTP status that `POST /v1/claims` would return: 201 if the claim is new, 200 if "
            "it was already recorded, otherwise the status of `problem`."
        },
    )
    claim = ma.fields.Nested(
        ClaimOut, metadata={"description": "The current claim with its resolution. Left out if the claim was rejected."}
    )
    problem = ma.fields.Nested(
        Problem,
        metadata={
            "description": "The reason for a rejection. Pointers are relative to the claim. If only the resolution "
            "was rejected, the item also has `claim`, and the pointers begin with `/resolution`."
        },
    )
    warnings = ma.fields.List(
        ma.fields.Nested(WarningOut),
        metadata={"description": "Warnings that the resolution may be a mistake. Left out if there are none."},
    )


class ClaimBatchOut(Answer):
    """The results of a batch of claims."""

    items = shown.parts(BatchItemOut, "One item for each claim, in the order of the request.")
