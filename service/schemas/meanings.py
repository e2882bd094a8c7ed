"""The meanings of the values of all enums, for the API document."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from service.values.vocabulary import (
    Action,
    Basis,
    ChangeKind,
    ClaimKind,
    ClaimOrder,
    ClaimStatus,
    DisputeStatus,
    ExportFormat,
    ImportStatus,
    MatchRule,
    MissReason,
    Order,
    OutletKind,
    Precision,
    RankBy,
    Role,
    Scope,
    Stance,
    StanceSource,
    SubmissionKind,
    SubmissionStatus,
    TableBy,
    Verdict,
    Via,
)

_MEANINGS: Mapping[type[enum.StrEnum], Mapping[str, str]] = {
    OutletKind: {
        "newspaper": "a newspaper or magazine",
        "broadcaster": "a television or radio station",
        "agency": "a news agency",
        "website": "a site that publishes online only, or an outlet of unknown kind",
        "aggregator": "a site that collects the reports of others",
        "account": "an account on a social network",
        "journalist": "one person",
        "organisation": "a club, company or authority that speaks for itself",
    },
    ClaimKind: {
        "event": "it will happen by `resolves_by`",
        "fact": "it was so when it was reported",
        "opinion": "a belief or hope, which is stored but never resolved or scored",
    },
    ClaimStatus: {
        "open": "no verdict yet",
        "due": "an event past its `resolves_by` without a verdict, with a report that counts",
        "resolved": "a verdict is in effect",
        "opinion": "an opinion, which is never resolved",
    },
    ClaimOrder: {
        "newest": "the most recently recorded first",
        "oldest": "the earliest recorded first",
        "due": "by `resolves_by`, the earliest first",
        "decided": "only resolved claims, by `known_at`, the latest first",
    },
    ImportStatus: {
        "queued": "waiting for a worker, or for an earlier import of the same key",
        "running": "its lines are being processed",
        "succeeded": "all lines were processed, although some may be rejected",
        "failed": "the file could not be read to its end, as `problem` explains; the lines before that were processed",
        "cancelled": "it was cancelled, or its key was revoked or has expired; the lines before that were processed",
    },
    ChangeKind: {
        "outlet": "a publisher, with its domains and aliases",
        "claim": "a claim without its reports",
        "claim_merge": "a merge of two claims; each object that moved has its own change",
        "report": "a report of an outlet on a claim",
        "withdrawal": "the withdrawal of a report, which then no longer counts",
        "resolution": "a verdict on a claim, or its withdrawal",
        "dispute": "a dispute of a resolution",
        "reply": "a reply of an outlet",
        "topic_rename": "a rename of a topic; each claim that moved has its own change",
        "redaction": "the removal of content for legal reasons",
        "context": "the rates of the average outlet that scores are compared with",
    },
    Via: {
        "api": "filed over HTTP with an API key",
        "public form": "sent without a key through a public form, and accepted by an editor",
    },
    SubmissionKind: {
        "dispute": "the statement that a resolution is wrong",
        "reply": "the reply of an outlet to its record or to one claim",
    },
    SubmissionStatus: {
        "pending": "waiting for the decision of an editor",
        "accepted": "published as a dispute or a reply",
        "refused": "not published, for the reason in `refusal`",
    },
    DisputeStatus: {"open": "waiting for an answer", "closed": "answered by a reason or by a new resolution"},
    TableBy: {
        "outlet": "a row for each outlet that has a score",
        "domain": "a row for each domain of an outlet that has a score",
    },
    ExportFormat: {"ndjson": "one JSON object on each line", "csv": "a table with a header row"},
    Stance: {
        "support": "says that the claim is true",
        "deny": "says that it is false",
        "query": "asks whether it is true",
        "comment": "mentions it without taking a side",
    },
    Precision: {"day": "as a bare date", "instant": "as an instant"},
    StanceSource: {
        "stated": "sent with the report, or `support` because neither a stance nor a probability was sent",
        "probability": "derived from `probability`: below 0.5 `deny`, above 0.5 `support`, at 0.5 `comment`",
    },
    Role: {"own": "the outlet reports in its own name", "relay": "it attributes the claim to another outlet"},
    Verdict: {
        "true": "the claim proved true",
        "false": "it proved false",
        "partial": "it proved partly true, as far as `truth` says",
        "void": "its premise failed, or it was withdrawn",
        "unverifiable": "it cannot be verified",
    },
    Basis: {
        "resolved": "all resolved claims",
        "matured": "only resolved claims that have no `resolves_by`, or whose `resolves_by` has passed",
    },
    RankBy: {
        "lower": "by the low end of the adjusted range, so an outlet with few claims cannot come first",
        "mean": "by the adjusted estimate",
        "record": "by the share of its own claims that the outlet got right, without any adjustment",
        "resolved": "by the number of resolved claims",
    },
    Order: {"asc": "the smallest value first", "desc": "the largest value first"},
    Action: {"created": "the row was added", "changed": "the row was updated", "deleted": "the row was removed"},
    MatchRule: {
        "path": "by its host and the beginning of its path, in whole segments",
        "host": "by its own host",
        "parent": "by a host above its own, as `m.bild.de` by `bild.de`, but never above the registered domain",
    },
    MissReason: {
        "unknown": "no recorded outlet publishes at the address or has the slug or id",
        "not-an-address": "the text is neither a URL nor a host",
    },
    Scope: {
        "read": "read, if the operator has disabled public reading",
        "claims:write": "record claims and reports, change and withdraw its own until the claim is resolved, and "
        "dispute resolutions",
        "resolutions:write": "resolve claims, close disputes, and change and withdraw claims and reports of any key",
        "resolutions:own": "also resolve and correct claims that the key itself filed or reported on",
        "outlets:write": "record, change and merge outlets, and record their replies",
        "webhooks:manage": "reserved for future use",
        "admin": "everything, including keys, the audit log and redactions",
    },
}


def explain_values(kind: type[enum.StrEnum]) -> str:
    """Return the meanings of all values of an enum, as one sentence in Markdown.

    >>> explain_values(Role)
    '`own`: the outlet reports in its own name; `relay`: it attributes the claim to another outlet.'
    """
    meanings = _MEANINGS[kind]
    return "; ".join(f"`{member}`: {meanings[member]}" for member in kind) + "."
