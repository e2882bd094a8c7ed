"""A request that is well made, and that what is on record is against."""

from __future__ import annotations

from service.errors.problem import ServiceError


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
