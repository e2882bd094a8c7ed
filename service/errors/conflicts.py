"""Errors for valid requests that conflict with the record."""

from __future__ import annotations

from uuid import UUID

from service.errors.problem import ServiceError


class Conflict(ServiceError):
    """You sent a valid request that conflicts with the record. Read the current state, then change the request."""

    status = 409
    name = "conflict"
    title = "Conflict"


class AlreadyResolved(Conflict):
    """You tried to resolve a claim that already has a resolution. To correct or withdraw it, send the id of the newest
    resolution as `supersedes`.
    """

    name = "already-resolved"
    title = "Claim already resolved"


class NothingToSupersede(Conflict):
    """You tried to supersede or withdraw the resolution of a claim that has none in effect. Leave out `supersedes` and
    send a verdict.
    """

    name = "nothing-to-supersede"
    title = "No resolution to supersede"


class GroupResolved(Conflict):
    """You tried to make a second claim in a group true, but at most one claim in a group can be true. If the other
    claim, named in `detail`, was resolved incorrectly, correct its resolution first.
    """

    name = "group-resolved"
    title = "Another claim in the group is true"


class OpinionUnresolved(Conflict):
    """You tried to resolve an opinion, which is neither true nor false. Resolve only claims of kind `event` or"""

    "`fact`."

    name = "opinion-unresolved"
    title = "Opinions cannot be resolved"


class ClaimDiffers(Conflict):
    """You sent an `external_id` that belongs to a claim with different content; `errors` lists the differences. Use
    another `external_id`, or change the recorded claim with PATCH.
    """

    name = "claim-differs"
    title = "External id used by a different claim"


class ReportDiffers(Conflict):
    """You sent a report with the same outlet, stance, time, URL and source as a recorded one, but with other values for
    the members in `errors`. Correct the recorded report with PATCH, or leave these members out.
    """

    name = "report-differs"
    title = "Report differs from the recorded one"


class ReportRepeated(Conflict):
    """You tried to give a report the same outlet, stance, time, URL and source as another report, named in `detail`.
    Withdraw one of the two instead.
    """

    name = "report-repeated"
    title = "Report would duplicate another one"


class ReportWithdrawn(Conflict):
    """You tried to change a withdrawn report, but withdrawn reports cannot be changed. File a new report with the
    correct values.
    """

    name = "report-withdrawn"
    title = "Report withdrawn"


class MemberRedacted(Conflict):
    """You tried to restore content that was removed for legal reasons, which is not possible. Leave out the members
    listed in `errors`.
    """

    name = "member-redacted"
    title = "Content removed"


class SlugTaken(Conflict):
    """You sent a slug that belongs to another outlet. Choose another slug, or leave `slug` out to derive it from the
    name.
    """

    name = "slug-taken"
    title = "Slug already in use"


class DomainTaken(Conflict):
    """You sent a domain that belongs to another outlet, named in `detail`. Leave the domain out, or remove it from the
    other outlet first.
    """

    name = "domain-taken"
    title = "Domain belongs to another outlet"


class AlreadyWithdrawn(Conflict):
    """You tried to withdraw a report or reply that was already withdrawn for a different reason. The first reason is
    kept, and you need not do anything.
    """

    name = "already-withdrawn"
    title = "Already withdrawn"


class RelaysRestOnIt(Conflict):
    """You tried to withdraw a report that others relay; without it, the relays would form a cycle. Withdraw those
    relays first.
    """

    name = "relays-rest-on-it"
    title = "Other reports relay this one"


class NothingToDispute(Conflict):
    """You tried to dispute a claim that has no resolution in effect. Wait until it is resolved."""

    name = "nothing-to-dispute"
    title = "No resolution to dispute"


class AlreadyDisputed(Conflict):
    """You tried to dispute a resolution while your key has an open dispute of it with a different reason or different
    evidence. Wait until that dispute is closed.
    """

    name = "already-disputed"
    title = "Resolution already disputed"


class DisputeClosed(Conflict):
    """You tried to close a dispute that is already closed. If the resolution is still wrong, file a new dispute."""

    name = "dispute-closed"
    title = "Dispute already closed"


class AlreadyDecided(Conflict):
    """You tried to accept or refuse a submission that was already accepted or refused. The first decision is final; to
    reverse an acceptance, close the dispute or withdraw the reply.
    """

    name = "already-decided"
    title = "Submission already decided"


class SubmissionOutdated(Conflict):
    """You tried to accept a submission that is out of date: the disputed resolution is no longer in effect, or the
    outlet no longer has a report on the claim. Refuse it and give that reason.
    """

    name = "submission-outdated"
    title = "Submission out of date"


class OutletMerged(Conflict):
    """You tried to change an outlet that was merged into another outlet, named in `detail`. Change that outlet, or undo
    the merge first.
    """

    name = "outlet-merged"
    title = "Outlet was merged"

    into: str
    """The slug of the outlet that it was merged into."""

    @classmethod
    def of(cls, slug: str, *, into: str) -> OutletMerged:
        """Return the error for a merged outlet."""
        error = cls(f"The outlet {slug!r} was merged into {into!r}. Send the slug of that outlet, or undo the merge.")
        error.into = into
        return error


class ClaimMerged(Conflict):
    """You tried to change a claim that was merged into another claim, named in `detail`. Change that claim, or undo the
    merge first.
    """

    name = "claim-merged"
    title = "Claim was merged"

    into: UUID
    """The id of the claim that it was merged into."""

    @classmethod
    def of(cls, claim_id: UUID, *, into: UUID) -> ClaimMerged:
        """Return the error for a merged claim."""
        error = cls(f"The claim {claim_id} was merged into {into}. Send the id of that claim, or undo the merge.")
        error.into = into
        return error


class ClaimsContradict(Conflict):
    """You tried to merge claims that contradict each other: their verdicts differ, only one of them is an opinion, or
    the merge would replace a disputed resolution. Correct one of the claims, or close the dispute first.
    """

    name = "claims-contradict"
    title = "Claims contradict each other"


class MergeChain(Conflict):
    """You tried to merge an outlet or claim that is part of another merge, but merges cannot be chained. Undo the other
    merge, named in `detail`, or use its target instead.
    """

    name = "merge-chain"
    title = "Part of another merge"


class MergeCircle(Conflict):
    """You tried to merge an outlet or claim into itself, or a change to a merge would create a cycle of owners or
    relays. Choose another target, change the parent, or withdraw a relay, as described in `detail`.
    """

    name = "merge-circle"
    title = "Merge would create a cycle"


class RenameUndone(Conflict):
    """You tried to undo a rename that is already undone. To move the claims, rename the topic again."""

    name = "rename-undone"
    title = "Rename already undone"


class RenameSuperseded(Conflict):
    """You tried to undo a topic rename, but a later rename moved the same claims again. Undo the later rename, named in
    `detail`, first.
    """

    name = "rename-superseded"
    title = "Later rename of the same claims"


class StillRunning(Conflict):
    """You sent a request while an earlier one with the same `Idempotency-Key` was still running, so it was not
    processed. Send it again with the same key after `Retry-After` seconds.
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
    """You tried to change a key that was revoked or has expired, and cannot be restored. Create a new key."""

    name = "key-ended"
    title = "Key no longer valid"
