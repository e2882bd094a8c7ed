"""Find the speakers of a claim, and the sites of its pages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import TypedDict

from service.transfer.claimreview.node import Node
from service.transfer.claimreview.ratings import plain
from service.values.accounts import account_key, account_of
from service.values.addresses import Address, parse_address
from service.values.ids import NAME_LENGTH
from service.values.names import domain_key, host_of, is_visible, name_key, shown_host
from service.values.wrappers import unwrap

_LISTS = tomllib.loads(resources.files("service.transfer.claimreview").joinpath("speakers.toml").read_text("utf-8"))
_KINDS: dict[str, str] = _LISTS["kinds"]
_PLATFORMS, _QUANTITIES = frozenset(_LISTS["platforms"]), frozenset(_LISTS["quantities"])
_GENERIC = _PLATFORMS | _QUANTITIES | frozenset(_LISTS["nouns"]) | frozenset(_LISTS["glue"])
_PLACEHOLDERS = frozenset(_LISTS["whole"])
_OF_WORDS = re.compile(rf"\b(?:{'|'.join(_LISTS['platforms_of_words'])})\b")
_HOSTS, _REFERENCES = frozenset(_LISTS["hosts"]), frozenset(_LISTS["references"])
_PUBLISHERS = frozenset(_LISTS["publishers"])


class NamedOutlet(TypedDict, total=False):
    """An outlet as a report of a typed import line names it."""

    name: str
    domain: str
    kind: str
    scorable: bool


@dataclass(frozen=True, slots=True)
class Speaker:
    """A speaker of a claim, or its fact-checker."""

    name: str
    domain: str | None = None
    """The domain of the speaker's site, or the speaker's account on a platform."""
    kind: str | None = None
    is_person: bool = False

    @property
    def is_placeholder(self) -> bool:
        return is_placeholder(self.name)

    @property
    def outlet(self) -> NamedOutlet:
        """The speaker as an outlet of a report. A placeholder is not scorable (R9)."""
        outlet = NamedOutlet(name=self.name[:NAME_LENGTH])
        if self.is_placeholder:
            outlet["scorable"] = False
            return outlet
        if self.domain is not None:
            outlet["domain"] = self.domain
        if self.kind is not None:
            outlet["kind"] = self.kind
        return outlet

    def is_same(self, other: Speaker) -> bool:
        """Return whether two speakers have the same name or the same site."""
        same_site = self.domain is not None and self.domain == other.domain
        return same_site or name_key(self.name) == name_key(other.name)

    def publishes(self, url: str) -> bool:
        """Return whether a page is on the speaker's site or account."""
        if self.domain is None or (address := read_address(url)) is None:
            return False
        return account_key(self.domain) in map(account_key, address.keys())


def is_placeholder(name: str) -> bool:
    """Return whether a name is a placeholder for unnamed people, such as `Facebook posts`.

    >>> is_placeholder("Facebook posts"), is_placeholder("Redes sociales"), is_placeholder("Daily Post")
    (True, True, False)
    """
    key = plain(name)
    if host_of(name) is not None:
        return False
    if len(name) > NAME_LENGTH or key in _PLACEHOLDERS or not key:
        return True
    words = _OF_WORDS.sub("facebook", key).split()
    if not all(word in _GENERIC for word in words):
        return False
    return any(word in _PLATFORMS or word in _QUANTITIES for word in words)


def speakers_of(node: Node, *names: str, pages: Iterable[str] = ()) -> list[Speaker]:
    """Return the speakers in the named members of a JSON-LD object, except those with blank names.

    Args:
        node: The object.
        names: The names of the members.
        pages: The addresses of the claim's pages, which help to identify a speaker's own site.
    """
    speakers = [Speaker(name) for name in node.texts(*names) if is_visible(name) and read_address(name) is None]
    pages = list(pages)
    for each in node.nodes(*names):
        domain = _domain_of(each, pages)
        name = each.text("name", "alternateName", "legalName") or domain
        if name is not None and is_visible(name):
            kind = next((_KINDS[kind] for kind in sorted(each.types) if kind in _KINDS), None)
            speakers.append(Speaker(name, domain, kind, "Person" in each.types))
    return speakers


def _domain_of(speaker: Node, pages: list[str]) -> str | None:
    """Return the site or account of a speaker, found among its addresses; None if none of them counts.

    An address counts if it is the start page of a site, an account on a platform, or on the same site as a page of the
    claim. A page in an encyclopedia does not count.
    """
    for url in speaker.urls("url", "sameAs", "@id"):
        address = read_address(url)
        if address is None or address.registered in _REFERENCES:
            continue
        if is_platform(address):
            domain = account_of(address.registered or address.host, address.segments)
        else:
            is_own = not address.segments or address.host in {
                page.host for each in pages if (page := read_address(each)) is not None
            }
            domain = address.host if is_own else None
        if domain is not None and _is_domain(domain):
            return domain
    return None


def site_of(url: str) -> Speaker | None:
    """Return the site of a page, or its account on a platform, as a speaker; None if there is neither."""
    if (address := read_address(url)) is None or address.registered is None or address.registered in _REFERENCES:
        return None
    if not is_platform(address):
        host = address.host if address.registered in _PUBLISHERS else address.registered
        return Speaker(shown_host(host), host)
    account = account_of(address.registered, address.segments)
    return Speaker(account, account, "account") if account is not None and _is_domain(account) else None


def is_platform(address: Address) -> bool:
    """Return whether an address is on a platform, a site whose pages belong to its users."""
    return not _HOSTS.isdisjoint((address.registered, address.host))


def read_address(url: str) -> Address | None:
    """Return the address of a page, without an archive or redirect around it; None if it is invalid."""
    try:
        address = parse_address(url)
    except ValueError:
        return None
    return address if address.registered is not None and unwrap(url) is not None else None


def _is_domain(text: str) -> bool:
    try:
        return bool(domain_key(text))
    except ValueError:
        return False
