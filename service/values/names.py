"""Normal forms of names, words and domains."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

from service.values.addresses import HOST_LABELS, PATH_SEGMENTS, host_key, path_segments, registered_domain
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH


def slug_of(name: str) -> str:
    """A slug for a name, transliterated; empty when nothing in the name can be spelt.

    >>> slug_of("Süddeutsche Zeitung"), slug_of("!!")
    ('suddeutsche-zeitung', '')
    """
    words = re.findall(r"[a-z0-9]+", anyascii(name).lower())
    return "-".join(words)[:SLUG_LENGTH].strip("-")


def name_key(name: str) -> str:
    """What two spellings of one name share: case, width and spacing do not count.

    >>> name_key("  The  GUARDIAN ") == name_key("The Guardian")
    True
    """
    # Cut, because a single character can fold into eighteen and the key is indexed.
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:NAME_LENGTH]


def words_of(text: str) -> str:
    """The words of a text, composed, with a space between: all that is no letter and no digit parts them.

    >>> words_of("x_y of Bild.de: -3.5 %")
    'x y of Bild de 3 5'
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(c if c.isalpha() or c.isdecimal() else " " for c in composed).split())


def domain_key(domain: str) -> str:
    """Normalise `host[/path]`: lower case, IDNA, without `www.`, trailing dot or trailing slash.

    Raises:
        ValueError: The host is not a domain name, or a public suffix, or no page is at the whole.

    >>> domain_key("WWW.Bild.DE./Sport/")
    'bild.de/Sport'
    """
    host, _, path = domain.strip().partition("/")
    host, segments = host_key(host), path_segments(path)
    if registered_domain(host) is None:
        raise ValueError("A public suffix, under which anybody may have a domain; it is no outlet's own.")
    if "?" in path or "#" in path:
        raise ValueError("A domain has a host and a path, no query and no fragment.")
    key = "/".join((host, *segments))
    if len(key) > DOMAIN_LENGTH or host.count(".") >= HOST_LABELS or len(segments) > PATH_SEGMENTS:
        raise ValueError("Too long for a domain.")
    return key


def looks_like_domain(text: str) -> bool:
    """Whether a name is written as a host, such as `joe.co.uk`: lower case, ending in letters."""
    try:
        return text == domain_key(text) and "/" not in text and re.search(r"\.[a-z]{2,}$", text) is not None
    except ValueError:
        return False
