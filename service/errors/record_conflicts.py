"""Errors for claims, reports and outlets that conflict with the record."""

from __future__ import annotations

from service.errors.conflicts import Conflict


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
    kept; no further request is needed.
    """

    name = "already-withdrawn"
    title = "Already withdrawn"


class RelaysRestOnIt(Conflict):
    """You tried to withdraw an outlet's own report that breaks a cycle of relays: without it, the outlets would only
    relay each other. Withdraw those relays first.
    """

    name = "relays-rest-on-it"
    title = "Other reports relay this one"
