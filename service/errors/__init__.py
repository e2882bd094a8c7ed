"""All errors that the service raises on purpose, with their problem types.

ServiceError
+-- MalformedJson          400  /problems/malformed-json
+-- InvalidQuery           400  /problems/invalid-query
+-- CursorExpired          400  /problems/cursor-expired
+-- BadRequest             400  /problems/bad-request
+-- Unauthorized           401  /problems/unauthorized
+-- Forbidden              403  /problems/forbidden
|   +-- OwnClaim           403  /problems/own-claim
|   +-- FiledByAnother     403  /problems/filed-by-another
|   +-- ResolutionInEffect 403  /problems/resolution-in-effect
|   +-- OwnDispute         403  /problems/own-dispute
+-- NotFound               404  /problems/not-found
|   +-- UnknownOutlet      404  /problems/unknown-outlet
+-- MethodNotAllowed       405  /problems/method-not-allowed
+-- RequestTimeout         408  /problems/request-timeout
+-- Conflict               409  /problems/conflict
|   +-- AlreadyResolved    409  /problems/already-resolved
|   +-- NothingToSupersede 409  /problems/nothing-to-supersede
|   +-- GroupResolved      409  /problems/group-resolved
|   +-- OpinionUnresolved  409  /problems/opinion-unresolved
|   +-- ClaimDiffers       409  /problems/claim-differs
|   +-- ReportDiffers      409  /problems/report-differs
|   +-- ReportRepeated     409  /problems/report-repeated
|   +-- ReportWithdrawn    409  /problems/report-withdrawn
|   +-- MemberRedacted     409  /problems/member-redacted
|   +-- SlugTaken          409  /problems/slug-taken
|   +-- DomainTaken        409  /problems/domain-taken
|   +-- AlreadyWithdrawn   409  /problems/already-withdrawn
|   +-- RelaysRestOnIt     409  /problems/relays-rest-on-it
|   +-- NothingToDispute   409  /problems/nothing-to-dispute
|   +-- AlreadyDisputed    409  /problems/already-disputed
|   +-- DisputeClosed      409  /problems/dispute-closed
|   +-- AlreadyDecided     409  /problems/already-decided
|   +-- SubmissionOutdated 409  /problems/submission-outdated
|   +-- OutletMerged       409  /problems/outlet-merged
|   +-- ClaimMerged        409  /problems/claim-merged
|   +-- ClaimsContradict   409  /problems/claims-contradict
|   +-- MergeChain         409  /problems/merge-chain
|   +-- MergeCycle        409  /problems/merge-cycle
|   +-- RenameUndone       409  /problems/rename-undone
|   +-- RenameSuperseded   409  /problems/rename-superseded
|   +-- StillRunning       409  /problems/still-running
|   +-- LastAdminKey       409  /problems/last-admin-key
|   +-- KeyEnded           409  /problems/key-ended
+-- PreconditionFailed     412  /problems/precondition-failed
+-- TooLarge               413  /problems/too-large
+-- AddressTooLong         414  /problems/address-too-long
+-- UnsupportedMediaType   415  /problems/unsupported-media-type
+-- RangeNotSatisfiable    416  /problems/range-not-satisfiable
+-- InvalidBody            422  /problems/invalid-body
|   +-- UnreadableFile       422  /problems/unreadable-file
+-- IdempotencyKeyReused   422  /problems/idempotency-key-reused
+-- PreconditionRequired   428  /problems/precondition-required
+-- TooManyRequests        429  /problems/too-many-requests
|   +-- TooManyImports     429  /problems/too-many-imports
|   +-- TooManySubmissions 429  /problems/too-many-submissions
+-- HeadersTooLarge        431  /problems/headers-too-large
+-- InternalError          500  /problems/internal-error
+-- UnsupportedFormat      501  /problems/unsupported-format
+-- BadGateway             502  /problems/bad-gateway
+-- Unavailable            503  /problems/unavailable
+-- QueryTimeout           503  /problems/query-timeout
+-- ExportsBusy            503  /problems/exports-busy
+-- Stopping               503  /problems/stopping
+-- UploadRunning          503  /problems/upload-running
+-- GatewayTimeout         504  /problems/gateway-timeout
+-- InsufficientStorage    507  /problems/insufficient-storage
"""

from __future__ import annotations

from service.errors.access import FiledByAnother, Forbidden, OwnClaim, OwnDispute, ResolutionInEffect, Unauthorized
from service.errors.capacity import ExportsBusy, InsufficientStorage, UploadRunning
from service.errors.conflicts import Conflict, KeyEnded, LastAdminKey, StillRunning
from service.errors.failures import (
    BadGateway,
    CannotRun,
    GatewayTimeout,
    InternalError,
    QueryTimeout,
    Stopping,
    Unavailable,
)
from service.errors.invalid import CursorExpired, InvalidBody, InvalidQuery, MalformedJson, UnreadableFile
from service.errors.limits import (
    AddressTooLong,
    HeadersTooLarge,
    RequestTimeout,
    TooLarge,
    TooManyImports,
    TooManyRequests,
    TooManySubmissions,
)
from service.errors.merge_conflicts import (
    ClaimMerged,
    ClaimsContradict,
    MergeChain,
    MergeCycle,
    OutletMerged,
    RenameSuperseded,
    RenameUndone,
)
from service.errors.preconditions import IdempotencyKeyReused, PreconditionFailed, PreconditionRequired
from service.errors.problem import FieldError, ProblemDocument, ServiceError, nested, problem_types
from service.errors.record_conflicts import (
    AlreadyWithdrawn,
    ClaimDiffers,
    DomainTaken,
    MemberRedacted,
    RelaysRestOnIt,
    ReportDiffers,
    ReportRepeated,
    ReportWithdrawn,
    SlugTaken,
)
from service.errors.requests import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    RangeNotSatisfiable,
    UnknownOutlet,
    UnsupportedFormat,
    UnsupportedMediaType,
)
from service.errors.resolution_conflicts import (
    AlreadyDecided,
    AlreadyDisputed,
    AlreadyResolved,
    DisputeClosed,
    GroupResolved,
    NothingToDispute,
    NothingToSupersede,
    OpinionUnresolved,
    SubmissionOutdated,
)

__all__ = [
    "AddressTooLong",
    "AlreadyDecided",
    "AlreadyDisputed",
    "AlreadyResolved",
    "AlreadyWithdrawn",
    "BadGateway",
    "BadRequest",
    "CannotRun",
    "ClaimDiffers",
    "ClaimMerged",
    "ClaimsContradict",
    "Conflict",
    "CursorExpired",
    "DisputeClosed",
    "DomainTaken",
    "ExportsBusy",
    "FieldError",
    "FiledByAnother",
    "Forbidden",
    "GatewayTimeout",
    "GroupResolved",
    "HeadersTooLarge",
    "IdempotencyKeyReused",
    "InsufficientStorage",
    "InternalError",
    "InvalidBody",
    "InvalidQuery",
    "KeyEnded",
    "LastAdminKey",
    "MalformedJson",
    "MemberRedacted",
    "MergeChain",
    "MergeCycle",
    "MethodNotAllowed",
    "NotFound",
    "NothingToDispute",
    "NothingToSupersede",
    "OpinionUnresolved",
    "OutletMerged",
    "OwnClaim",
    "OwnDispute",
    "PreconditionFailed",
    "PreconditionRequired",
    "ProblemDocument",
    "QueryTimeout",
    "RangeNotSatisfiable",
    "RelaysRestOnIt",
    "RenameSuperseded",
    "RenameUndone",
    "ReportDiffers",
    "ReportRepeated",
    "ReportWithdrawn",
    "RequestTimeout",
    "ResolutionInEffect",
    "ServiceError",
    "SlugTaken",
    "StillRunning",
    "Stopping",
    "SubmissionOutdated",
    "TooLarge",
    "TooManyImports",
    "TooManyRequests",
    "TooManySubmissions",
    "Unauthorized",
    "Unavailable",
    "UnknownOutlet",
    "UnreadableFile",
    "UnsupportedFormat",
    "UnsupportedMediaType",
    "UploadRunning",
    "nested",
    "problem_types",
]
