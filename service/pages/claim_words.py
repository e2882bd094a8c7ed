"""The reports on a claim in words: a summary, and lists of the outlets by side. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from service.claims.houses import House
from service.claims.outlet_story import OutletStory
from service.claims.story import Story
from service.pages.formats import day, enumeration, number, percent, plural
from service.values.vocabulary import Stance, Verdict

_SPACE = "\N{NO-BREAK SPACE}"
_NAMES = {Stance.SUPPORT: "support", Stance.DENY: "deny"}


@dataclass(frozen=True, slots=True)
class OutletList:
    """The outlets that took the same side on a claim, or that took no side."""

    name: str
    heading: str
    outlets: list[OutletStory]


def sum_up(story: Story) -> str:
    """Summarise the reports of a claim: their outlets, dates, sides and independent sources."""
    claim = story.claim
    counted = [report for report in claim.reports if report.withdrawn is None]
    if not counted:
        return "Every report was withdrawn." if claim.reports else "No outlet has reported it."
    sides: dict[str, Stance] = {}
    for report in counted:
        if report.stance.takes_side or report.outlet not in sides:
            sides[report.outlet] = report.stance
    first, last = day(counted[0].published_at), day(counted[-1].published_at)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    outlets, reports = plural(len(sides), "outlet"), plural(len(counted), "report")
    counts = _count_sides(sides)
    together = counts[0][1] if len(counts) == 1 else None
    each = "" if together else ": " + ", ".join(f"{number(count)} {words}" for count, words in counts)
    sentences = [f"{outlets} {together or 'carried it'} in {reports} {when}{each}."]
    if claim.independent_roots and len(counted) > 1:
        sources = plural(claim.independent_roots, "independent source")
        sentences.append(f"They trace back to {sources}{_by_side(story)}.")
    return " ".join([*sentences, *(_house(house, story.names) for house in story.houses)])


def _by_side(story: Story) -> str:
    """Return a clause with the number of independent sources on each side; empty if one side has none."""
    roots = story.claim.roots
    return f", {roots.support} in support and {roots.deny} against" if roots.support and roots.deny else ""


def _count_sides(sides: Mapping[str, Stance]) -> list[tuple[int, str]]:
    """Count the outlets on each side and on no side; return each count above zero with its words."""
    stances = list(sides.values())
    counts = [(stances.count(Stance.SUPPORT), "supported it"), (stances.count(Stance.DENY), "denied it")]
    counts.append((len(stances) - sum(count for count, _ in counts), "took no side"))
    return [one for one in counts if one[0]]


def _house(house: House, names: Mapping[str, str]) -> str:
    named = [names[slug] for slug in house.outlets if slug != house.slug]
    belong = "belong" if len(named) > 1 else "belongs"
    return f"{enumeration(named)} {belong} to {house.name}, so they count as one source."


def lists(story: Story) -> list[OutletList]:
    """Group the outlets of a claim by side; on a true or false claim, those that were right come first."""
    outlets = story.outlets
    by_side = {side: [one for one in outlets if one.side is side] for side in (Stance.SUPPORT, Stance.DENY)}
    found = [
        OutletList(_NAMES[side], heading, by_side[side])
        for side, heading in zip(by_side, _headings(story), strict=True)
    ]
    if story.claim.resolution is not None and story.claim.resolution.verdict is Verdict.FALSE:
        found.reverse()
    no_side = OutletList("no-side", "Took no side", [one for one in outlets if one.side is None])
    return [*found, no_side] if no_side.outlets else found


def _headings(story: Story) -> tuple[str, str]:
    """Return the headings for the outlets that support a claim, and for those that deny it."""
    found = story.claim.resolution
    if found is None:
        return ("Support it", "Deny it") if story.winner is None else ("Supported it", "Denied it")
    match found.verdict:
        case Verdict.TRUE:
            return "Right", "Wrong"
        case Verdict.FALSE:
            return "Wrong", "Right"
        case Verdict.PARTIAL:
            truth = found.truth or 0.0
            return f"Supported it: {percent(truth)}{_SPACE}% right", f"Denied it: {percent(1 - truth)}{_SPACE}% right"
        case Verdict.VOID | Verdict.UNVERIFIABLE | None:
            return "Supported it", "Denied it"
        case _:
            assert_never(found.verdict)
