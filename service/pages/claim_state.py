"""The state of a claim in words: its verdict, or the reason why it has none. Pure."""

from __future__ import annotations

from typing import assert_never

from service.claims.story import Story
from service.claims.views import ClaimView, ListedClaim, ResolutionView
from service.pages.formats import day, percent
from service.values.vocabulary import ClaimKind, ClaimStatus, Verdict

_SPACE = "\N{NO-BREAK SPACE}"
_NOBODY = "No outlet counts as right or wrong."


def state_of(story: Story) -> str:
    """Describe the state of a claim in a sentence, such as `Open: due on 2 Jun 2024.`"""
    claim = story.claim
    if claim.kind is ClaimKind.OPINION:
        return "An opinion: listed, but never resolved or scored."
    if claim.resolution is not None:
        return _verdict(claim.resolution)
    if story.winner is not None:
        return f"Ruled out, because a competing claim is true: {_winner(story.winner)}."
    return _while_open(claim)


def _while_open(claim: ClaimView) -> str:
    if claim.status is ClaimStatus.DUE and claim.resolves_by is not None:
        return f"Due since {day(claim.resolves_by)}: no result has been recorded yet."
    was_open = "Open again" if claim.supersedes is not None else "Open"
    if all(report.withdrawn is not None for report in claim.reports):
        return f"{was_open}: {'every report was withdrawn' if claim.reports else 'no outlet has reported it'}."
    if claim.not_due_because is not None:
        return f"{was_open}: no report supports or denies it, so there is nothing to resolve."
    if claim.resolves_by is not None:
        return f"{was_open}: due on {day(claim.resolves_by)}."
    return f"{was_open}: it is not known yet whether it is true."


def _verdict(found: ResolutionView) -> str:
    when = day(found.known_at)
    match found.verdict:
        case Verdict.TRUE:
            return f"True, confirmed on {when}."
        case Verdict.FALSE:
            return f"False, known since {when}."
        case Verdict.PARTIAL:
            return f"Partly true (about {percent(found.truth or 0)}{_SPACE}%), known since {when}."
        case Verdict.VOID:
            return f"Void since {when}: it was withdrawn or its premise failed. {_NOBODY}"
        case Verdict.UNVERIFIABLE:
            return f"Cannot be verified as of {when}: no evidence settles it. {_NOBODY}"
        case None:
            return f"Open again since {when}: the result was withdrawn."
        case _:
            assert_never(found.verdict)


def _winner(winner: ListedClaim) -> str:
    return f"\N{LEFT DOUBLE QUOTATION MARK}{winner.text.rstrip('.')}\N{RIGHT DOUBLE QUOTATION MARK}"
