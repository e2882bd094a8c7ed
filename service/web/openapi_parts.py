"""Texts of the API document that belong to no view: the service, shared headers and path parameters."""

from __future__ import annotations

from collections.abc import Mapping

from service.web.openapi_document import Parameter, Schema

SERVICE = {
    "summary": "The track record of news outlets",
    "description": """\
Borneout records **claims** and the **outlets** that reported them, tracks whether each claim later proved true, and
returns a **score** of how reliable an outlet has been.

A feed records claims with their reports (`POST /v1/claims`). A fact-checker resolves them with evidence
(`POST /v1/claims/{claim_id}/resolutions`). A site requests the scores (`GET /v1/outlets/{outlet}/score`).

**Formats.** Bodies are JSON objects. Instants are RFC 3339: requests may use any time zone, responses use UTC. Where
a description says so, a bare date such as `2024-03-29` is also accepted. Send the plus of an offset in a query as
`%2B`. Ids are UUIDv7. Probabilities and shares are numbers from 0 to 1. An unknown member or query parameter is an
error.

**Pages.** Lists are split into pages, each with a `next_cursor` and a `Link` header for the next one. No item of a list
is skipped or repeated while others are added.

**Retries.** A `POST` that creates something takes an `Idempotency-Key`. A `PATCH` or `DELETE` requires `If-Match`, so
that you cannot overwrite a version that you have not read.

**Access.** Reading is public unless the operator has closed it. Writing needs an API key, which the operator creates;
select *Authorize* to enter yours. Calls are limited per API key, or per IP address without one; see `RateLimit`.

**Errors.** Every error is a problem document (RFC 9457). Its `type` is the path of a page that explains the problem.

**Licence.** This document states no licence for the records. Ask the operator of the service for the terms of
reuse.""",
}
SERVERS = [{"url": "/", "description": "The service that serves this document."}]
PROBLEM_HEADERS: Mapping[str, tuple[str, ...]] = {
    "Problem401": ("WWW-Authenticate",),
    **{f"Problem{status}": ("Retry-After",) for status in (409, 429, 503, 507)},
}
HEADERS: Mapping[str, tuple[str, Schema]] = {
    "Cache-Status": (
        "Whether the score came from the cache: `borneout; hit`, `; fwd=miss` or `; fwd=bypass` (RFC 9211).",
        {"type": "string"},
    ),
    "ETag": ("The version of the content. It changes whenever the content does.", {"type": "string"}),
    "Idempotency-Replayed": ("`true` if this is the stored response to an earlier request.", {"type": "string"}),
    "Link": ("The address of the next page as `rel=next` (RFC 8288); missing on the last page.", {"type": "string"}),
    "Location": ("The path to request instead, or the path of the job.", {"type": "string"}),
    "RateLimit": (
        "The limit that applies, the number of calls left (`r`), and the seconds until the limit is reset (`t`).",
        {"type": "string"},
    ),
    "RateLimit-Policy": (
        "The limit that applies, the number of calls allowed (`q`), and its window in seconds (`w`).",
        {"type": "string"},
    ),
    "Retry-After": (
        "The seconds to wait before a retry; missing if a retry cannot succeed.",
        {"type": "integer"},
    ),
    "WWW-Authenticate": ("The authentication scheme: `Bearer`.", {"type": "string"}),
    "X-Request-ID": (
        "The id of the request in the log: the one that you sent, or else a new one.",
        {"type": "string"},
    ),
}
IF_NONE_MATCH: Parameter = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The `ETag` of an earlier response. If it is still current, the response is 304 without a body.",
}
PATH_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "outlet": ("The slug or id of the outlet.", "sport-bild"),
    "claim_id": ("The id of the claim, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000001"),
    "report_id": ("The id of the report, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000002"),
    "dispute_id": ("The id of the dispute, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000003"),
    "reply_id": ("The id of the reply, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000004"),
    "pending_id": ("The id of the submission, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000008"),
    "key_id": ("The id of the API key, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000005"),
    "import_id": ("The id of the import, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000007"),
    "rename_id": ("The id of the rename, a UUIDv7.", "018e1a3c-7f00-7c11-a0a4-000000000006"),
}
