"""The words of the domain that come as a closed list, and who is asking."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from uuid import UUID


class OutletKind(enum.StrEnum):
    """Who publishes."""

    NEWSPAPER = "newspaper"
    BROADCASTER = "broadcaster"
    AGENCY = "agency"
    WEBSITE = "website"
    AGGREGATOR = "aggregator"
    ACCOUNT = "account"
    JOURNALIST = "journalist"
    ORGANISATION = "organisation"


class ClaimKind(enum.StrEnum):
    """What sort of proposition a claim is (R1)."""

    EVENT = "event"
    FACT = "fact"
    OPINION = "opinion"


class ClaimStatus(enum.StrEnum):
    """Where a claim stands; `due` is an event past its date without a resolution (R15)."""

    OPEN = "open"
    DUE = "due"
    RESOLVED = "resolved"


class ClaimOrder(enum.StrEnum):
    """How a list of claims is sorted: by when they were recorded, or by when they are due."""

    NEWEST = "newest"
    OLDEST = "oldest"
    DUE = "due"


class DisputeStatus(enum.StrEnum):
    """Whether a dispute still waits for somebody to close it."""

    OPEN = "open"
    CLOSED = "closed"


class Stance(enum.StrEnum):
    """What a report says of its claim (SDQC; RumourEval 2019)."""

    SUPPORT = "support"
    DENY = "deny"
    QUERY = "query"
    COMMENT = "comment"

    @property
    def takes_side(self) -> bool:
        return self in (Stance.SUPPORT, Stance.DENY)


class Role(enum.StrEnum):
    """Whether an outlet speaks for itself or passes on another's report (R7)."""

    OWN = "own"
    RELAY = "relay"


class Verdict(enum.StrEnum):
    """How a claim came out."""

    TRUE = "true"
    FALSE = "false"
    PARTIAL = "partial"
    VOID = "void"
    UNVERIFIABLE = "unverifiable"

    @property
    def scores(self) -> bool:
        """Whether the verdict says what was so; `void` and `unverifiable` do not (R13)."""
        return self in (Verdict.TRUE, Verdict.FALSE, Verdict.PARTIAL)


class Basis(enum.StrEnum):
    """Which resolved claims a score rests on (R16)."""

    RESOLVED = "resolved"
    MATURED = "matured"


class RankBy(enum.StrEnum):
    """What the ranking is sorted by."""

    LOWER = "lower"
    MEAN = "mean"
    RESOLVED = "resolved"


class Order(enum.StrEnum):
    """Which way a list is sorted."""

    ASC = "asc"
    DESC = "desc"


class Action(enum.StrEnum):
    """What became of a row that was written."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


class MatchRule(enum.StrEnum):
    """How the outlet of a page was found: by which of its domains (R21)."""

    PATH = "path"
    HOST = "host"
    PARENT = "parent"


class Scope(enum.StrEnum):
    """What an API key may do; `admin` implies every other."""

    READ = "read"
    CLAIMS_WRITE = "claims:write"
    RESOLUTIONS_WRITE = "resolutions:write"
    RESOLUTIONS_OWN = "resolutions:own"
    OUTLETS_WRITE = "outlets:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an API key and its scopes. The operator at the command line has no key and every scope."""

    key_id: UUID | None
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


OPERATOR = Caller(key_id=None, scopes=frozenset({Scope.ADMIN}))
