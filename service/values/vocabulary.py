"""The enumerations of the domain, and the caller of a use case. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID


class OutletKind(enum.StrEnum):
    """The kind of publisher that an outlet is."""

    NEWSPAPER = "newspaper"
    BROADCASTER = "broadcaster"
    AGENCY = "agency"
    WEBSITE = "website"
    AGGREGATOR = "aggregator"
    ACCOUNT = "account"
    JOURNALIST = "journalist"
    ORGANISATION = "organisation"


class ClaimKind(enum.StrEnum):
    """The kind of a claim: an event by a date, a fact, or an opinion, which is never scored (R1)."""

    EVENT = "event"
    FACT = "fact"
    OPINION = "opinion"


class ClaimStatus(enum.StrEnum):
    """The status of a claim; `due` is an event past its due date without a resolution (R15)."""

    OPEN = "open"
    DUE = "due"
    RESOLVED = "resolved"
    OPINION = "opinion"


class ClaimOrder(enum.StrEnum):
    """The order of a list of claims: by when they were recorded, are due, or were publicly decided."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"
    DECIDED = "decided"


class ChangeKind(enum.StrEnum):
    """The kind of object that a change to the record affects."""

    OUTLET = "outlet"
    CLAIM = "claim"
    CLAIM_MERGE = "claim_merge"
    REPORT = "report"
    WITHDRAWAL = "withdrawal"
    RESOLUTION = "resolution"
    DISPUTE = "dispute"
    REPLY = "reply"
    TOPIC_RENAME = "topic_rename"
    REDACTION = "redaction"
    CONTEXT = "context"


class DisputeStatus(enum.StrEnum):
    """The status of a dispute, which is an objection to a resolution."""

    OPEN = "open"
    CLOSED = "closed"


class Via(enum.StrEnum):
    """The channel through which a dispute or a reply was filed."""

    API = "api"
    PUBLIC_FORM = "public form"


class SubmissionKind(enum.StrEnum):
    """The kind of submission that a reader sends through a public form."""

    DISPUTE = "dispute"
    REPLY = "reply"


class SubmissionStatus(enum.StrEnum):
    """The review status of a submission from a public form."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Stance(enum.StrEnum):
    """The stance of a report towards its claim (SDQC; RumourEval 2019)."""

    SUPPORT = "support"
    DENY = "deny"
    QUERY = "query"
    COMMENT = "comment"

    @cached_property
    def takes_side(self) -> bool:
        return self in (Stance.SUPPORT, Stance.DENY)

    @classmethod
    def implied_by(cls, probability: float) -> Stance:
        """Return the stance that a stated probability implies (R6b)."""
        if probability == 0.5:
            return cls.COMMENT
        return cls.SUPPORT if probability > 0.5 else cls.DENY

    def agrees_with(self, probability: float) -> bool:
        """Return whether a report may combine this stance with a probability; at 0.5, either side may (R6b)."""
        return self.takes_side and Stance.implied_by(probability) in (self, Stance.COMMENT)


class StanceSource(enum.StrEnum):
    """The origin of a report's stance: stated, or derived from its probability (R6b)."""

    STATED = "stated"
    PROBABILITY = "probability"


class Precision(enum.StrEnum):
    """The precision of a given moment: a bare date or an instant (R6a)."""

    DAY = "day"
    INSTANT = "instant"


class Role(enum.StrEnum):
    """The role of an outlet on a claim: it has a report of its own, or only relays other outlets (R7)."""

    OWN = "own"
    RELAY = "relay"


class Verdict(enum.StrEnum):
    """The verdict of a resolution on whether its claim proved true."""

    TRUE = "true"
    FALSE = "false"
    PARTIAL = "partial"
    VOID = "void"
    UNVERIFIABLE = "unverifiable"

    @cached_property
    def scores(self) -> bool:
        """Whether claims with the verdict are scored; `void` and `unverifiable` are not (R13)."""
        return self in (Verdict.TRUE, Verdict.FALSE, Verdict.PARTIAL)


class Basis(enum.StrEnum):
    """The resolved claims that a score counts: all, or all except those not yet due (R16)."""

    RESOLVED = "resolved"
    MATURED = "matured"


class RankBy(enum.StrEnum):
    """The value by which the ranking sorts outlets."""

    LOWER = "lower"
    MEAN = "mean"
    RECORD = "record"
    RESOLVED = "resolved"


class Order(enum.StrEnum):
    """The direction of a sort."""

    ASC = "asc"
    DESC = "desc"


class Action(enum.StrEnum):
    """The kind of change that a write made to a row."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


class MatchRule(enum.StrEnum):
    """The part of a URL by which an outlet was found (R21)."""

    PATH = "path"
    HOST = "host"
    PARENT = "parent"


class MissReason(enum.StrEnum):
    """The reason why a lookup found no outlet (R21)."""

    UNKNOWN = "unknown"
    NOT_AN_ADDRESS = "not-an-address"


class TableBy(enum.StrEnum):
    """The kind of rows in a table of scores: one for each outlet, or one for each domain."""

    OUTLET = "outlet"
    DOMAIN = "domain"


class ExportFormat(enum.StrEnum):
    """The format of an export; its value is also the suffix of the file."""

    NDJSON = "ndjson"
    CSV = "csv"


class ImportStatus(enum.StrEnum):
    """The status of an import job."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Scope(enum.StrEnum):
    """A permission of an API key; `admin` implies all others."""

    READ = "read"
    CLAIMS_WRITE = "claims:write"
    RESOLUTIONS_WRITE = "resolutions:write"
    RESOLUTIONS_OWN = "resolutions:own"
    OUTLETS_WRITE = "outlets:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a use case: an API key and its scopes. The command line has no key and every scope."""

    key_id: UUID | None
    scopes: frozenset[Scope]
    """The scopes of the key, including those that they imply."""


OPERATOR = Caller(key_id=None, scopes=frozenset(Scope))
