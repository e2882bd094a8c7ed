"""Every error the service raises on purpose, and the problem type each one becomes.

ServiceError
+-- MalformedJson          400  /problems/malformed-json
+-- InvalidQuery           400  /problems/invalid-query
+-- BadRequest             400  /problems/bad-request
+-- Unauthorized           401  /problems/unauthorized
+-- Forbidden              403  /problems/forbidden
|   +-- OwnClaim           403  /problems/own-claim
|   +-- OwnDispute         403  /problems/own-dispute
+-- NotFound               404  /problems/not-found
|   +-- UnknownOutlet      404  /problems/unknown-outlet
+-- MethodNotAllowed       405  /problems/method-not-allowed
+-- Conflict               409  /problems/conflict
|   +-- AlreadyResolved    409  /problems/already-resolved
|   +-- NothingToSupersede 409  /problems/nothing-to-supersede
|   +-- GroupResolved      409  /problems/group-resolved
|   +-- OpinionUnresolved  409  /problems/opinion-unresolved
|   +-- ClaimDiffers       409  /problems/claim-differs
|   +-- SlugTaken          409  /problems/slug-taken
|   +-- DomainTaken        409  /problems/domain-taken
|   +-- AlreadyWithdrawn   409  /problems/already-withdrawn
|   +-- RelaysRestOnIt     409  /problems/relays-rest-on-it
|   +-- NothingToDispute   409  /problems/nothing-to-dispute
|   +-- AlreadyDisputed    409  /problems/already-disputed
|   +-- DisputeClosed      409  /problems/dispute-closed
|   +-- OutletMerged       409  /problems/outlet-merged
|   +-- MergeChain         409  /problems/merge-chain
|   +-- MergeCircle        409  /problems/merge-circle
|   +-- StillRunning       409  /problems/still-running
|   +-- LastAdminKey       409  /problems/last-admin-key
|   +-- KeyEnded           409  /problems/key-ended
+-- PreconditionFailed     412  /problems/precondition-failed
+-- TooLarge               413  /problems/too-large
+-- AddressTooLong         414  /problems/address-too-long
+-- UnsupportedMediaType   415  /problems/unsupported-media-type
+-- RangeNotSatisfiable    416  /problems/range-not-satisfiable
+-- InvalidBody            422  /problems/invalid-body
+-- IdempotencyKeyReused   422  /problems/idempotency-key-reused
+-- PreconditionRequired   428  /problems/precondition-required
+-- TooManyRequests        429  /problems/too-many-requests
+-- HeadersTooLarge        431  /problems/headers-too-large
+-- InternalError          500  /problems/internal-error
+-- Unavailable            503  /problems/unavailable
+-- Stopping               503  /problems/stopping
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NotRequired, TypedDict

# "in" is a keyword, so this one member needs the functional form.
FieldError = TypedDict("FieldError", {"pointer": str, "detail": str, "code": str, "in": NotRequired[str]})


class ServiceError(Exception):
    """Base of the errors that a caller can act on.

    Subclasses set `status`, `name` and `title`, and their docstring is the explanation that
    `/problems/{name}` answers with. An instance adds `detail`, the sentence for this one case, and
    `errors`, the places at fault as JSON pointers. Nothing here knows about Flask: `service.web`
    turns an instance into an RFC 9457 document.
    """

    status: ClassVar[int]
    name: ClassVar[str]
    title: ClassVar[str]
    retry_after: int | None = None
    """In how many seconds the same call may do better."""

    def __init__(self, detail: str, *, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)

    def document(self) -> dict[str, Any]:
        """The members of the problem document, but for `instance`, which the request knows."""
        document = {"type": f"/problems/{self.name}", "title": self.title, "status": self.status, "detail": self.detail}
        return document | ({"errors": self.errors} if self.errors else {})


class MalformedJson(ServiceError):
    """The body is not one JSON value in UTF-8: it does not parse, names a member twice, holds `NaN` or `Infinity`, or
    nests without end. Correct the body; nothing was stored.
    """

    status = 400
    name = "malformed-json"
    title = "Malformed JSON"


class InvalidQuery(ServiceError):
    """A query parameter is unknown, is given twice where it may be given once, or has a value that cannot be used.
    `errors` names each one.
    """

    status = 400
    name = "invalid-query"
    title = "Invalid query parameter"

    @classmethod
    def at(cls, *parameters: str, detail: str, code: str) -> InvalidQuery:
        """The error of some parameters that have the same thing wrong with them."""
        return cls.of(FieldError(pointer=f"/{name}", detail=detail, code=code) for name in parameters)

    @classmethod
    def of(cls, places: Iterable[FieldError]) -> InvalidQuery:
        """The error of parameters that each have something wrong with them."""
        errors: list[FieldError] = [{**place, "in": "query"} for place in places]
        return cls("; ".join(f"{place['pointer'][1:]}: {place['detail']}" for place in errors), errors=errors)


class BadRequest(ServiceError):
    """The request is not HTTP that this service understands."""

    status = 400
    name = "bad-request"
    title = "Bad request"


class Unauthorized(ServiceError):
    """The call needs an API key, sent as `Authorization: Bearer bo_...`, and none was sent or the one sent is not
    valid, or no longer.
    """

    status = 401
    name = "unauthorized"
    title = "API key missing or not valid"


class Forbidden(ServiceError):
    """The API key is valid and lacks the scope that this call needs. An admin can make a key that has it."""

    status = 403
    name = "forbidden"
    title = "Scope missing"


class OwnClaim(Forbidden):
    """Who files a claim or a report on it may not alone resolve it. Another key can, or this one when an operator
    gives it the scope `resolutions:own`.
    """

    name = "own-claim"
    title = "Own claim"


class OwnDispute(Forbidden):
    """Who disputes a resolution, made it, or filed its claim or a report on it may not alone put the dispute aside.
    Another key can, or this one when an operator gives it the scope `resolutions:own`.
    """

    name = "own-dispute"
    title = "Own dispute"


class NotFound(ServiceError):
    """The path names nothing that is on record."""

    status = 404
    name = "not-found"
    title = "Not found"


class UnknownOutlet(NotFound):
    """No outlet has this slug or id, or publishes at this address. An outlet that is not on record is said to be
    unknown; none is guessed.
    """

    name = "unknown-outlet"
    title = "Unknown outlet"


class MethodNotAllowed(ServiceError):
    """The path exists and does not answer this method. The `Allow` header lists those it answers."""

    status = 405
    name = "method-not-allowed"
    title = "Method not allowed"


class Conflict(ServiceError):
    """The request is valid and goes against what is on record."""

    status = 409
    name = "conflict"
    title = "Conflict"


class AlreadyResolved(Conflict):
    """The claim has a resolution. To correct or withdraw it, send a resolution whose `supersedes` is the id of the
    newest one.
    """

    name = "already-resolved"
    title = "Claim already resolved"


class NothingToSupersede(Conflict):
    """The resolution says that it supersedes one, or withdraws one, and the claim has none."""

    name = "nothing-to-supersede"
    title = "Nothing to supersede"


class GroupResolved(Conflict):
    """Claims of one group exclude each other, so at most one of them can be true, and another one is. `detail` names
    both. Correct that one first, if it is wrong.
    """

    name = "group-resolved"
    title = "Another claim of the group is true"


class OpinionUnresolved(Conflict):
    """An opinion is stored and listed; it has no truth value and is never resolved."""

    name = "opinion-unresolved"
    title = "Opinions are not resolved"


class ClaimDiffers(Conflict):
    """A claim with this `external_id` is on record and what was sent does not agree with it. `errors` names what
    differs.
    """

    name = "claim-differs"
    title = "Another claim has this external id"


class SlugTaken(Conflict):
    """Another outlet has this slug. Leave `slug` out and one is made from the name."""

    name = "slug-taken"
    title = "Slug taken"


class DomainTaken(Conflict):
    """One of the domains belongs to another outlet. `detail` names it."""

    name = "domain-taken"
    title = "Domain belongs to another outlet"


class AlreadyWithdrawn(Conflict):
    """The report or the reply was withdrawn before, for another reason. It stays withdrawn."""

    name = "already-withdrawn"
    title = "Already withdrawn"


class RelaysRestOnIt(Conflict):
    """Without this report, outlets would relay one another in a circle and none would report in its own name. Withdraw
    the relays first.
    """

    name = "relays-rest-on-it"
    title = "Relays rest on this report"


class NothingToDispute(Conflict):
    """What can be disputed is the resolution that stands, and the claim has none."""

    name = "nothing-to-dispute"
    title = "Nothing to dispute"


class AlreadyDisputed(Conflict):
    """This key disputes the resolution already, with another reason or other evidence. It can again once that dispute
    is closed.
    """

    name = "already-disputed"
    title = "Resolution already disputed"


class DisputeClosed(Conflict):
    """The dispute was closed before, by a reason or by another resolution, and stays so."""

    name = "dispute-closed"
    title = "Dispute already closed"


class OutletMerged(Conflict):
    """The outlet proved to be another one, which `detail` names, and was merged into it. It is not changed and not
    merged elsewhere while that stands: change the other one, or undo the merge. What is read of it is answered with a
    redirect.
    """

    name = "outlet-merged"
    title = "Outlet was merged"

    into: str
    """The slug of that other one, where it is known here."""

    @classmethod
    def of(cls, slug: str, *, into: str) -> OutletMerged:
        """The error of an outlet that was merged into another one."""
        error = cls(f"The outlet {slug!r} was merged into {into!r}.")
        error.into = into
        return error


class MergeChain(Conflict):
    """Merges do not follow one another: an outlet that was merged takes none in, and one that took others in is not
    merged itself. `detail` names what is in the way; merge into the outlet that it was merged into, or undo that first.
    """

    name = "merge-chain"
    title = "Merge of a merge"


class MergeCircle(Conflict):
    """An outlet would be merged into itself, or stand above itself, or on some claim outlets would relay one another in
    a circle and none report in its own name. `detail` names what is in the way: another parent, or the withdrawal of
    one of those relays, makes room.
    """

    name = "merge-circle"
    title = "Merge closes a circle"


class StillRunning(Conflict):
    """An earlier call with the same `Idempotency-Key` has not been answered yet. Nothing was done for this one; send
    it again, with the same key, a little later.
    """

    name = "still-running"
    title = "First call still running"
    retry_after = 1


class LastAdminKey(Conflict):
    """No key with the scope `admin` would be left, and nobody could make one over HTTP. Make another one first."""

    name = "last-admin-key"
    title = "Last admin key"


class KeyEnded(Conflict):
    """The key was revoked or has expired, and stays so. Make a new one."""

    name = "key-ended"
    title = "Key no longer valid"


class PreconditionFailed(ServiceError):
    """What is on record is no longer what `If-Match` names: somebody changed it meanwhile. Read it again, and change
    that.
    """

    status = 412
    name = "precondition-failed"
    title = "Changed meanwhile"


class TooLarge(ServiceError):
    """The body is larger than this call takes. Send less at a time."""

    status = 413
    name = "too-large"
    title = "Body too large"


class AddressTooLong(ServiceError):
    """The path and the query together are longer than this service reads, which is 8 kB. Ask for less at a time; many
    addresses are looked up with `POST /v1/outlets/lookup`.
    """

    status = 414
    name = "address-too-long"
    title = "Address too long"


class UnsupportedMediaType(ServiceError):
    """The call takes JSON: send the body with `Content-Type: application/json`."""

    status = 415
    name = "unsupported-media-type"
    title = "Unsupported media type"


class RangeNotSatisfiable(ServiceError):
    """A file of the documentation has no such part as `Range` asks for. `Content-Range` says how long it is."""

    status = 416
    name = "range-not-satisfiable"
    title = "No such part of the file"


class InvalidBody(ServiceError):
    """The body is JSON and not a valid request, or breaks a rule of the record. `errors` names every place at fault
    with a JSON pointer.
    """

    status = 422
    name = "invalid-body"
    title = "Invalid request body"

    @classmethod
    def at(cls, pointer: str, detail: str, code: str) -> InvalidBody:
        """The error of one place."""
        return cls(detail, errors=[FieldError(pointer=pointer, detail=detail, code=code)])


class IdempotencyKeyReused(ServiceError):
    """The `Idempotency-Key` was sent before with another method, path or body, by the same API key. A key stands for
    one request, byte for byte, for 24 hours: take a new one for a new request.
    """

    status = 422
    name = "idempotency-key-reused"
    title = "Idempotency-Key used for another request"


class PreconditionRequired(ServiceError):
    """A change needs `If-Match` with the `ETag` of what it changes, so that no one overwrites what they have not
    seen.
    """

    status = 428
    name = "precondition-required"
    title = "If-Match missing"


class TooManyRequests(ServiceError):
    """One API key, or one address without a key, may call so many times in a while and not more; reads and writes are
    counted apart, and so are keys that are not valid. `RateLimit-Policy` says how many, `Retry-After` in how many
    seconds there is room again.
    """

    status = 429
    name = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class HeadersTooLarge(ServiceError):
    """A header, or all of them together, is larger than this service reads."""

    status = 431
    name = "headers-too-large"
    title = "Headers too large"


class InternalError(ServiceError):
    """Something went wrong in the service, not in the request. It is logged under the request id of the answer."""

    status = 500
    name = "internal-error"
    title = "Internal error"


class Unavailable(ServiceError):
    """The database cannot be reached or is busy. Nothing was stored; send the request again a little later."""

    status = 503
    name = "unavailable"
    title = "Temporarily unavailable"
    retry_after = 1


class Stopping(ServiceError):
    """This service, or this copy of it, was told to end, and says so at `/readyz` before it does. Other calls are
    answered as long as they arrive.
    """

    status = 503
    name = "stopping"
    title = "Stopping"
    retry_after = 1


class CannotRun(RuntimeError):
    """Base of the errors that end a command, and never answer a request; the message is for who runs it."""


def problem_types() -> Iterator[type[ServiceError]]:
    """Every problem type, in the order of the tree above."""
    waiting = ServiceError.__subclasses__()[::-1]
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting.extend(kind.__subclasses__()[::-1])


def nested(error: ServiceError, pointer: str) -> list[FieldError]:
    """The places of an error as seen from the document that holds the faulty part at `pointer`."""
    return [{**place, "pointer": pointer + place["pointer"]} for place in error.errors]
