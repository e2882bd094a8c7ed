"""Turn the speakers of a reviewed claim, and the pages that contain it, into reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypedDict

from service.transfer.claimreview.dates import archived_on, read_date
from service.transfer.claimreview.node import Node
from service.transfer.claimreview.speakers import NamedOutlet, Speaker, is_platform, read_address, site_of, speakers_of
from service.values.pages import page_key

_MOST = 50


class CitedOutlet(TypedDict):
    """The member `relays` of a report: the outlet that the report relays."""

    outlet: NamedOutlet


class FiledReport(TypedDict, total=False):
    """A report in the form of a typed import line."""

    outlet: NamedOutlet
    stance: str
    published_at: str
    url: str
    relays: CitedOutlet


class Appearance(NamedTuple):
    """A page that contains the reviewed claim."""

    url: str
    date: str | None
    speaker: Speaker | None
    """The author of the page according to the review; None if the review names none."""


class Voices(NamedTuple):
    """The speakers of a claim, except its fact-checkers, and the pages that contain the claim."""

    named: list[Speaker]
    placeholder: Speaker | None
    appearances: list[Appearance]
    has_author: bool
    """Whether the review names a speaker, even if only a placeholder or the fact-checker."""


def voices_of(review: Node, checkers: list[Speaker]) -> Voices:
    """Return the speakers and pages of the claim in a review.

    Args:
        review: The review.
        checkers: The fact-checkers of the review. They and their pages are omitted.
    """
    claims = review.nodes("itemReviewed")
    pages = [page for claim in claims for page in _appearances(claim) if not _is_checkers(page, review, checkers)]
    urls = [page.url for page in pages]
    speakers = [one for claim in claims for one in speakers_of(claim, "author", "creator", pages=urls)]
    own = [one for one in speakers if not any(one.is_same(checker) for checker in checkers)]
    named = [one for one in own if not one.is_placeholder]
    placeholder = next((one for one in own if one.is_placeholder), None)
    return Voices(_distinct(named), placeholder, pages[:_MOST], bool(speakers))


def reports_of(voices: Voices, *, published_at: str) -> list[FiledReport]:
    """Return the reports of a claim, one for each outlet.

    Each named speaker has its own report, with the address of its page. Other sites with a page relay the first speaker
    (R7). Without a named speaker, each site with a page has its own report. The author of a page on a platform is the
    account in its address.
    """
    if voices.named:
        return [*_own_reports(voices, published_at), *_relays(voices, published_at)]
    found = list(_page_reports(voices, published_at))
    if not found and voices.placeholder is not None:
        page = next(iter(voices.appearances), None)
        found = [_report(voices.placeholder, page, published_at)]
    return found


def _own_reports(voices: Voices, published_at: str) -> Iterator[FiledReport]:
    for speaker in voices.named:
        yield _report(speaker, _own_page(speaker, voices), published_at)


def _own_page(speaker: Speaker, voices: Voices) -> Appearance | None:
    """Return the page on which a speaker made the claim, on its own site or a platform; None if unknown."""
    mine = [page for page in voices.appearances if _is_by(speaker, page)]
    posts = [page for page in voices.appearances if page.speaker is None and _is_post(page.url)]
    if speaker.domain is None and not speaker.is_person:
        posts = [page for page in voices.appearances if page.speaker is None]  # the first page is probably its own
    return next(iter(mine or (posts if speaker is voices.named[0] else [])), None)


def _relays(voices: Voices, published_at: str) -> Iterator[FiledReport]:
    """Yield a report for each other site with a page of the claim, as a relay of the first speaker."""
    [speaker, *_] = voices.named
    own = [_own_page(one, voices) for one in voices.named]
    known = [*voices.named, *(site for page in own if page is not None and (site := site_of(page.url)))]
    for page in voices.appearances:
        site = page.speaker or (None if _is_post(page.url) else site_of(page.url))
        is_own = page in own or any(_is_by(one, page) for one in voices.named)
        if site is None or is_own or any(site.is_same(one) for one in known) or site.is_placeholder:
            continue
        known.append(site)
        yield _report(site, page, published_at) | FiledReport(relays=CitedOutlet(outlet=speaker.outlet))


def _page_reports(voices: Voices, published_at: str) -> Iterator[FiledReport]:
    """Yield a report for each site with a page of the claim, if the claim has no named speaker."""
    known: list[Speaker] = []
    for page in voices.appearances:
        is_anonymous = voices.has_author and _is_post(page.url)
        site = page.speaker or (None if is_anonymous else site_of(page.url))
        if site is not None and not site.is_placeholder and not any(site.is_same(one) for one in known):
            known.append(site)
            yield _report(site, page, published_at)


def _report(speaker: Speaker, page: Appearance | None, published_at: str) -> FiledReport:
    report = FiledReport(outlet=speaker.outlet, stance="support", published_at=published_at)
    if page is not None:
        report["url"] = page.url
        report["published_at"] = page.date or published_at
    return report


def _appearances(claim: Node) -> list[Appearance]:
    """Return the distinct pages that contain a claim. In old feeds, the claim's own address is the page."""
    names = ("firstAppearance", "appearance")
    found = [Appearance(url, _date_of(None, url), None) for url in claim.urls(*names) if _is_plain(claim, url, names)]
    for node in claim.nodes(*names):
        for url in node.addresses()[:1]:
            site = site_of(url)
            named = speakers_of(node, "author", "publisher", "creator", pages=[url])
            speaker = next((one for one in named if not one.is_placeholder), None)
            if speaker is not None and speaker.domain is None and site is not None and not _is_post(url):
                speaker = Speaker(speaker.name, site.domain, speaker.kind, speaker.is_person)
            found.append(Appearance(url, _date_of(node, url), speaker))
    if not found:
        found = [Appearance(url, _date_of(None, url), None) for url in claim.urls("url", "sameAs")]
    return list({_page_of(page.url): page for page in reversed(found)}.values())[::-1]


def _is_plain(claim: Node, url: str, names: tuple[str, ...]) -> bool:
    """Return whether a page is given as a plain address, not as an object."""
    return url in [value.strip() for value in claim.values(*names) if isinstance(value, str)]


def _date_of(page: Node | None, url: str) -> str | None:
    given = None if page is None else page.text("datePublished", "uploadDate", "dateCreated")
    return read_date(given, is_end=False) or archived_on(url)


def _is_checkers(page: Appearance, review: Node, checkers: list[Speaker]) -> bool:
    """Return whether a page is the review itself, or another page of its fact-checker."""
    own = {_page_of(url) for url in review.urls("url")}
    named = page.speaker is not None and any(page.speaker.is_same(checker) for checker in checkers)
    return named or _page_of(page.url) in own or any(checker.publishes(page.url) for checker in checkers)


def _page_of(url: str) -> str:
    try:
        return page_key(url)
    except ValueError:
        return url


def _is_by(speaker: Speaker, page: Appearance) -> bool:
    return speaker.publishes(page.url) or (page.speaker is not None and page.speaker.is_same(speaker))


def _is_post(url: str) -> bool:
    address = read_address(url)
    return address is not None and is_platform(address)


def _distinct(speakers: list[Speaker]) -> list[Speaker]:
    kept: list[Speaker] = []
    for speaker in speakers:
        if not any(speaker.is_same(one) for one in kept):
            kept.append(speaker)
    return kept
