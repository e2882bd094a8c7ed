"""Normal forms of names, words and domains. Pure."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

from service.values.addresses import HOST_LABELS, PATH_SEGMENTS, host_key, path_segments, registered_domain
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH


def slug_of(name: str) -> str:
    """Return the slug of a name, transliterated; empty if no character can be transliterated.

    >>> slug_of("Süddeutsche Zeitung"), slug_of("!!")
    ('suddeutsche-zeitung', '')
    """
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower())
    return "-".join(words)[:SLUG_LENGTH].strip("-")


def name_key(name: str) -> str:
    """Return the normal form of a name, which ignores case, width and spacing (R21a).

    >>> name_key("  The  GUARDIAN ") == name_key("The Guardian")
    True
    """
    # Truncated, because one character can fold into eighteen, and the key is indexed.
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:NAME_LENGTH]


def words_of(text: str) -> str:
    """Return the words of a text, composed (NFC) and joined by spaces. Only letters and digits belong to words.

    >>> words_of("x_y of Bild.de: -3.5 %")
    'x y of Bild de 3 5'
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if c.isalpha() or c.isdecimal() else " " for c in composed).split())


def domain_key(domain: str) -> str:
    """Return the normal form of `host[/path]`: lower case, IDNA, without `www.`, trailing dot or trailing slash.

    Raises:
        ValueError: The host is not a domain name or is a public suffix, or the path is too long or has a query.

    >>> domain_key("WWW.Bild.DE./Sport/")
    'bild.de/Sport'
    """
    host, _, path = domain.strip().partition("/")
    host, segments = host_key(host), path_segments(path)
    if registered_domain(host) is None:
        raise ValueError("A public suffix, under which anybody can register. Give a domain of the outlet itself.")
    if "?" in path or "#" in path:
        raise ValueError("A domain has no query and no fragment. Give a host, or a host and a path.")
    key = "/".join((host, *segments))
    if len(key) > DOMAIN_LENGTH or host.count(".") >= HOST_LABELS or len(segments) > PATH_SEGMENTS:
        raise ValueError("Too long for a domain.")
    return key


def looks_like_domain(text: str) -> bool:
    """Return whether a name is spelt as a host, such as `joe.co.uk`: in lower case and ending in letters."""
    try:
        return text == domain_key(text) and "/" not in text and re.search(r"\.[a-z]{2,}$", text) is not None
    except ValueError:
        return False
