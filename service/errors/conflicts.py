"""Valid requests that contradict what is recorded."""

from __future__ import annotations

from uuid import UUID

from service.errors.problem import ServiceError


class Conflict(ServiceError):
    """You sent a valid request that contradicts what is recorded. Read the current state, and change the request."""

    status = 409
    name = "conflict"
    title = "Conflict"


class AlreadyResolved(Conflict):
    """You tried to resolve a claim that already has a resolution; a new one must name the one it replaces. Send the id
    of the newest resolution as `supersedes` to correct or withdraw it.
    """

    name = "already-resolved"
    title = "Claim already resolved"


class NothingToSupersede(Conflict):
    """You tried to supersede or withdraw a resolution of a claim that has no resolution in effect. Leave out
    `supersedes`, and send a verdict.
    """

    name = "nothing-to-supersede"
    title = "No resolution to supersede"


class GroupResolved(Conflict):
    """You tried to resolve a second claim in a group as true, but the claims in a group exclude each other. `detail`
    names both: correct the other one first if it is wrong.
    """

    name = "group-resolved"
    title = "Another claim in the group is true"


class OpinionUnresolved(Conflict):
    """You tried to resolve an opinion, which has no truth value. Only claims of kind `event` or `fact` can be
    resolved.
    """

    name = "opinion-unresolved"
    title = "Opinions cannot be resolved"


class ClaimDiffers(Conflict):
    """You sent a claim with an `external_id` that is already used by a claim with different content; `errors` lists the
    differences. Send it with another `external_id`, or change the recorded claim.
    """

    name = "claim-differs"
    title = "External id used by a different claim"


class ReportDiffers(Conflict):
    """You sent a report that repeats one on record in outlet, stance, time, URL and source, and differs from it in the
    members listed in `errors`. Change the recorded report with PATCH, or leave those members out.
    """

    name = "report-differs"
    title = "Report differs from the one on record"


class ReportRepeated(Conflict):
    """You tried to make a change after which the report would have the same outlet, stance, time, URL and source as
    another one on record; `detail` names that one. Withdraw one of the two instead.
    """

    name = "report-repeated"
    title = "Report would repeat another one"


class ReportWithdrawn(Conflict):
    """You tried to change a withdrawn report, which is not possible. File the report again
    with the correct members.
    """

    name = "report-withdrawn"
    title = "Report withdrawn"


class MemberRedacted(Conflict):
    """You tried to restore a member whose content was removed for legal reasons; `errors` lists such members. Leave
    them out.
    """

    name = "member-redacted"
    title = "Content removed"


class SlugTaken(Conflict):
    """You sent a slug that another outlet already has. Choose another one, or leave `slug` out to have it derived from
    the name.
    """

    name = "slug-taken"
    title = "Slug already in use"


class DomainTaken(Conflict):
    """You tried to give an outlet a domain that belongs to another one, which `detail` names. Leave the domain out, or
    remove it from the other outlet first.
    """

    name = "domain-taken"
    title = "Domain belongs to another outlet"


class AlreadyWithdrawn(Conflict):
    """You tried to withdraw a report or reply that had already been withdrawn with a different reason. It remains
    withdrawn, and the first reason is kept.
    """

    name = "already-withdrawn"
    title = "Already withdrawn"


class RelaysRestOnIt(Conflict):
    """You tried to withdraw a report that others relay; without it, outlets would cite each other in a cycle. Withdraw
    those relays first.
    """

    name = "relays-rest-on-it"
    title = "Other reports relay this one"


class NothingToDispute(Conflict):
    """You tried to dispute a claim that has no resolution in effect. Dispute it after it has been resolved."""

    name = "nothing-to-dispute"
    title = "No resolution to dispute"


class AlreadyDisputed(Conflict):
    """You tried to dispute a resolution that your key already disputes with another reason or other evidence. Wait
    until that dispute is closed.
    """

    name = "already-disputed"
    title = "Resolution already disputed"


class DisputeClosed(Conflict):
    """You tried to close a dispute that was already closed, with a reason or by a new resolution. It remains closed;
    dispute the resolution again if it is still wrong.
    """

    name = "dispute-closed"
    title = "Dispute already closed"


class AlreadyDecided(Conflict):
    """You tried to accept or refuse a submission from a public form that had already been decided. The first decision
    stands; if it was wrong, close the dispute or withdraw the reply.
    """

    name = "already-decided"
    title = "Submission already decided"


class SubmissionOutdated(Conflict):
    """You tried to accept a submission from a public form whose subject has changed since it was sent: the disputed
    resolution is no longer in effect, or the outlet no longer has a report on the claim. It stays pending; refuse it
    with that reason.
    """

    name = "submission-outdated"
    title = "Submission out of date"


class OutletMerged(Conflict):
    """You tried to change an outlet that was merged into another one, which `detail` names. Change that one, or undo
    the merge first.
    """

    name = "outlet-merged"
    title = "Outlet was merged"

    into: str
    """The slug of the outlet that it was merged into."""

    @classmethod
    def of(cls, slug: str, *, into: str) -> OutletMerged:
        """Return the error for an outlet that was merged into another one."""
        error = cls(f"The outlet {slug!r} was merged into {into!r}.")
        error.into = into
        return error


class ClaimMerged(Conflict):
    """You tried to change a claim that was merged into another one, which `detail` names. Change that one, or undo the
    merge first.
    """

    name = "claim-merged"
    title = "Claim was merged"

    into: UUID
    """The id of the claim that it was merged into."""

    @classmethod
    def of(cls, claim_id: UUID, *, into: UUID) -> ClaimMerged:
        """Return the error for a claim that was merged into another one."""
        error = cls(f"The claim {claim_id} was merged into {into}. Send the id of that one, or undo the merge first.")
        error.into = into
        return error


class ClaimsContradict(Conflict):
    """You tried to merge two claims that contradict each other: their verdicts differ, only one of them is an opinion,
    or a resolution that the merge would replace is disputed. Correct one of the claims, or close the dispute, first.
    """

    name = "claims-contradict"
    title = "Claims contradict each other"


class MergeChain(Conflict):
    """You tried to merge two outlets or claims, one of which is part of another merge, but merges cannot be chained;
    `detail` names the other merge. Undo it first, or merge into the outlet or claim that it leads to.
    """

    name = "merge-chain"
    title = "Part of another merge"


class MergeCircle(Conflict):
    """You tried to merge something into itself, or a merge or separation after which an outlet would own itself or
    outlets would cite each other in a cycle. `detail` names the cause: change the parent, or withdraw
    one of the relays first.
    """

    name = "merge-circle"
    title = "Merge would create a cycle"


class RenameUndone(Conflict):
    """You tried to undo a rename that is already undone. To move the claims, rename the topic again."""

    name = "rename-undone"
    title = "Rename already undone"


class RenameSuperseded(Conflict):
    """You tried to undo a rename of a topic whose claims a later rename has moved again. Undo the later one first;
    `detail` names it.
    """

    name = "rename-superseded"
    title = "Later rename of the same claims"


class StillRunning(Conflict):
    """You sent a request while an earlier one with the same `Idempotency-Key` was still running, so it was not carried
    out. Send it again with the same key after `Retry-After` seconds.
    """

    name = "still-running"
    title = "First request still running"
    retry_after = 1


class LastAdminKey(Conflict):
    """You tried to revoke or restrict the last key with the scope `admin`; without one, no keys can be created over
    HTTP. Create another admin key first.
    """

    name = "last-admin-key"
    title = "Last admin key"


class KeyEnded(Conflict):
    """You tried to change a key that has been revoked or has expired, and such a key cannot be restored. Create a new
    key.
    """

    name = "key-ended"
    title = "Key no longer valid"
