"""Citations of claims and of outlets' records, as text and as BibTeX. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from service.claims.views import ListedClaim
from service.outlets.describe import OutletView
from service.pages import formats, phrases
from service.scores.score import Score

_TEX = {
    "\\": r"\textbackslash{}",
    # BibTeX counts escaped braces as braces too, so they are replaced by commands.
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "$&#%_"},
}


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation of the page about an outlet or a claim, as of a day."""

    name: str
    """The slug or id that names the BibTeX entry."""
    title: str
    said: str
    """The outlet's record or the claim's state on that day, as a sentence."""
    as_of: dt.datetime
    author: str
    url: str | None

    @property
    def text(self) -> str:
        r"""The citation as a sentence.

        >>> Citation("a", "The record of A", "Right on 1 of 2.", dt.datetime(2026, 11, 30), "B", None).text
        'B: “The record of A”. As of 30\xa0Nov\xa02026: Right on 1 of 2.'
        """
        end = "" if self.url is None else f" {self.url}"
        return f"{self.author}: “{self.title.rstrip('.')}”. As of {formats.day(self.as_of)}: {self.said}{end}"

    @property
    def bibtex(self) -> str:
        """The citation as a BibTeX entry."""
        members = {
            "author": f"{{{tex(self.author)}}}",
            "title": f"{{{tex(self.title)}}}",
            "year": f"{self.as_of:%Y}",
            "month": f"{self.as_of.month}",
            "note": tex(f"As of {self.as_of:%Y-%m-%d}: {self.said}"),
            "url": self.url,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in members.items() if value is not None]
        return "\n".join([f"@misc{{borneout-{self.name}-{self.as_of:%Y-%m-%d},", *lines, "}"])


def cite_outlet(outlet: OutletView, score: Score, question: str, author: str, address: str | None) -> Citation:
    """Return a citation of an outlet's record, with an address that shows the record as of the same day."""
    about = f" on {score.topic}" if score.topic else ""
    said = phrases.against_average(score.record) if score.record.resolved else "No results yet."
    url = None
    if address is not None:
        dated = "" if "as_of=" in question else f"{'&' if question else '?'}as_of={score.as_of:%Y-%m-%d}"
        url = f"{address}/outlets/{outlet.slug}{question}{dated}"
    return Citation(outlet.slug, f"The record of {outlet.name}{about}", said, score.as_of, author, url)


def cite_claim(claim: ListedClaim, state: str, now: dt.datetime, author: str, address: str | None) -> Citation:
    """Return a citation of a claim, with its current state in words."""
    url = None if address is None else f"{address}/claims/{claim.id}"
    return Citation(str(claim.id), claim.text, state, now, author, url)


def tex(text: str) -> str:
    r"""Escape a text for TeX, and join its lines into one.

    >>> tex("50 % of {A & B}\n\\end")
    '50 \\% of \\textbraceleft{}A \\& B\\textbraceright{} \\textbackslash{}end'
    """
    return "".join(_TEX.get(char, char) for char in " ".join(text.split()) if char.isprintable())
