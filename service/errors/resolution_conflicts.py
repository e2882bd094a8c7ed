"""Errors for resolutions, disputes and submissions that conflict with the record."""

from __future__ import annotations

from service.errors.conflicts import Conflict


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
    """You tried to resolve a second claim in a group as true, but at most one claim in a group can be true. If the
    other claim, named in `detail`, was resolved incorrectly, correct its resolution first.
    """

    name = "group-resolved"
    title = "Another claim in the group is true"


class OpinionUnresolved(Conflict):
    """You tried to resolve an opinion, which is neither true nor false. Only claims of kind `event` or `fact` can be
    resolved.
    """

    name = "opinion-unresolved"
    title = "Opinions cannot be resolved"


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
