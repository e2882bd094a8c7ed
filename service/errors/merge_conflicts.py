"""Errors for merges and renames that conflict with the record."""

from __future__ import annotations

from uuid import UUID

from service.errors.conflicts import Conflict


class OutletMerged(Conflict):
    """You tried to change an outlet that was merged into another outlet, named in `detail`. Change that outlet, or undo
    the merge first.
    """

    name = "outlet-merged"
    title = "Outlet was merged"

    into: str
    """The slug of the outlet into which the requested one was merged."""

    @classmethod
    def of(cls, slug: str, *, into: str) -> OutletMerged:
        """Return the error for a request that names a merged outlet."""
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
    """The id of the claim into which the requested one was merged."""

    @classmethod
    def of(cls, claim_id: UUID, *, into: UUID) -> ClaimMerged:
        """Return the error for a request that names a merged claim."""
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


class MergeCycle(Conflict):
    """You tried to make or undo a merge, but that would create a cycle: an outlet or claim merged into itself, an
    outlet that owns itself, or outlets that relay each other. Choose another target, change the parent, or withdraw a
    relay, as described in `detail`.
    """

    name = "merge-cycle"
    title = "Merge would create a cycle"


class RenameUndone(Conflict):
    """You tried to undo a rename that has already been undone. To move the claims again, send a new rename."""

    name = "rename-undone"
    title = "Rename already undone"


class RenameSuperseded(Conflict):
    """You tried to undo a topic rename, but a later rename moved the same claims again. Undo the later rename, named in
    `detail`, first.
    """

    name = "rename-superseded"
    title = "Later rename of the same claims"
