"""Normal forms of hosts and paths, and the domains to look up for the outlet of a page (R21). Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import quote, unquote_to_bytes

import idna
from publicsuffixlist import PublicSuffixList

from service.values.wrappers import split_address, unwrap

HOST_LENGTH = 253  # RFC 1035, 2.3.4
HOST_LABELS = 8
PATH_SEGMENTS = 6
"""The maximum number of path segments in a recorded domain.

With HOST_LABELS, it limits the domains to look up for a page to about fifty.
"""

_PORT = re.compile(r":[0-9]{0,5}\Z")
_V6 = re.compile(r"\[[0-9a-f:.]+\]", re.IGNORECASE)
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_PATH_READ = 4000  # characters; the first PATH_SEGMENTS segments are usually far shorter
_SEGMENT_SAFE = "!$&'()*+,;=:@~"  # RFC 3986, 3.3
_PLAIN_PATH = re.compile(r"[\w.~!$&'()*+,;=:@/-]*", re.ASCII)
"""Matches a path that needs no percent-encoding or decoding."""
_RESERVED = frozenset({"example", "invalid", "onion", "test"})  # RFC 2606, RFC 7686
_NOT_A_DOMAIN = "Not a domain name, such as bild.de or bild.de/sport."


@dataclass(frozen=True, slots=True)
class Address:
    """The host and path of a page, by which its outlet is looked up."""

    host: str
    """The host, without `www.`."""
    registered: str | None
    """The registered domain of the host; None for an IP address, single label, public suffix or wrapper."""
    segments: tuple[str, ...]
    """The first `PATH_SEGMENTS` segments of the path."""

    def keys(self) -> Iterator[str]:
        """Yield the domains to look up for the page's outlet, the longest host and path first."""
        if self.registered is None:
            return
        labels = self.host.split(".")
        nearest = max(0, len(labels) - HOST_LABELS)
        for start in range(nearest, len(labels) - self.registered.count(".")):
            host = ".".join(labels[start:])
            yield from reversed(list(accumulate((host, *self.segments), "{}/{}".format)))


def parse_address(text: str) -> Address:
    """Parse the URL of a page, or a host with an optional path, as a browser does.

    An archive, AMP cache, translator or redirect that wraps the address is removed (R21). If the wrapped address cannot
    be read, the result has the wrapper's host and no keys.

    Raises:
        ValueError: The text is neither a web address nor a host.

    >>> list(parse_address("https://user@M.Bild.de:443/sport/a?b#c").keys())
    ['m.bild.de/sport/a', 'm.bild.de/sport', 'm.bild.de', 'bild.de/sport/a', 'bild.de/sport', 'bild.de']
    """
    outer = _parse(text.strip())
    if (inside := unwrap(text.strip())) == text.strip():
        return outer
    with suppress(ValueError):
        if inside is not None:
            return _parse(inside)
    return Address(outer.host, None, ())


def _parse(text: str) -> Address:
    scheme, slashes, authority, path, _ = split_address(text.replace("/#!/", "/", 1))  # as in old web apps
    user, _, host = authority.rpartition("@")
    if (scheme or "http").lower() not in ("http", "https") or (user and not slashes):
        raise ValueError("Not the address of a web page.")
    host = _PORT.sub("", host)
    if _is_unregistrable(host):
        return Address(host.lower(), None, ())
    host = host_key(host)
    return Address(host, registered_domain(host), path_segments(path)[:PATH_SEGMENTS])


def host_key(host: str) -> str:
    """Return the normal form of a domain name: lower case, IDNA, no trailing dot, no `www.`.

    Raises:
        ValueError: The text is not a domain name.

    >>> host_key("WWW.Süddeutsche.DE."), host_key("www.gov.uk"), host_key("www.de")
    ('xn--sddeutsche-9db.de', 'www.gov.uk', 'www.de')
    """
    host = _in_ascii(host)
    labels = host.split(".")
    if len(labels) < 2 or not all(_HOST_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError(_NOT_A_DOMAIN)
    if len(host) > HOST_LENGTH:
        raise ValueError("Too long for a domain.")
    # Keep www where it is part of the registered domain: gov.uk is a public suffix, so www.gov.uk is registered.
    while host.startswith("www.") and registered_domain(host) != host:
        host = host.removeprefix("www.")
    return host


def registered_domain(name: str) -> str | None:
    """Return a host's registered domain, the public suffix and one more label; None for a public suffix.

    >>> registered_domain("www.bbc.co.uk"), registered_domain("alice.github.io"), registered_domain("de.com")
    ('bbc.co.uk', 'alice.github.io', None)
    """
    domain: str | None = _suffixes().privatesuffix(name)
    return domain


def has_known_suffix(host: str) -> bool:
    """Return whether a host ends in a listed public suffix, or in a reserved one such as `.example`."""
    known: str | None = _suffixes().publicsuffix(host, accept_unknown=False)
    return known is not None or host.rpartition(".")[2] in _RESERVED


@functools.cache
def _suffixes() -> PublicSuffixList:
    """Return the bundled Public Suffix List with its private section. Nothing is downloaded.

    If no rule matches, the last label is the suffix. The list is loaded on first use, because most commands do not
    need it.
    """
    return PublicSuffixList()


def path_segments(path: str) -> tuple[str, ...]:
    """Return the segments of a URL path, with `..` resolved and percent-encoding normalised.

    Case is preserved.

    Raises:
        ValueError: The path contains characters that cannot be encoded.

    >>> path_segments("/Sport//./x/../%66ußball/")
    ('Sport', 'fu%C3%9Fball')
    """
    if len(path) > _PATH_READ:
        path = path[:_PATH_READ].rpartition("/")[0]
    if _PLAIN_PATH.fullmatch(path) and "/." not in f"/{path}":  # most paths
        return tuple(segment for segment in path.split("/") if segment)
    segments: list[str] = []
    for segment in map(unquote_to_bytes, re.split(r"[/\\]", path)):
        if segment == b"..":
            del segments[-1:]
        elif segment not in (b"", b"."):
            segments.append(quote(segment, safe=_SEGMENT_SAFE))
    return tuple(segments)


def _is_unregistrable(host: str) -> bool:
    """Return whether a host is valid but cannot be a registered domain: an IP address or a single label."""
    if _V6.fullmatch(host):
        return True
    labels = host.lower().removesuffix(".").split(".")
    return all(map(_HOST_LABEL.fullmatch, labels)) and (len(labels) == 1 or labels[-1].isdigit())


def _in_ascii(host: str) -> str:
    if len(host) > 4 * HOST_LENGTH:  # before IDNA, which is slow
        raise ValueError("Too long for a domain.")
    host = host.lower().removesuffix(".")
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
    except idna.IDNAError as exc:
        raise ValueError("Not a valid internationalised domain name.") from exc
