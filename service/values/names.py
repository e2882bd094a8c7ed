"""Normal forms in which names, texts and domains are compared, searched and shown. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import idna
from anyascii import anyascii

from service.values.addresses import (
    HOST_LABELS,
    PATH_SEGMENTS,
    has_known_suffix,
    host_key,
    path_segments,
    registered_domain,
)
from service.values.ids import DOMAIN_LENGTH, NAME_LENGTH, SLUG_LENGTH

# Unicode 16.0, DerivedCoreProperties.txt: all code points with Default_Ignorable_Code_Point, assigned or not.
_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROLS = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # except for those that are whitespace
_NOT_CHARACTERS = "\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"  # with the marks of interlinear annotations
_INVISIBLE = re.compile(f"[{_IGNORABLE}{_CONTROLS}{_NOT_CHARACTERS}]")
# Joiners and variation selectors stay: Persian and emoji are not readable without them.
_INKED = re.compile("[0-9A-Za-z]")
_NOT_SHOWN = re.compile(
    f"[{_CONTROLS}{_NOT_CHARACTERS}\u00ad\u034f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_JOINERS = "\u200c\u200d"

_APOSTROPHES = (
    "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u0374\u0384\u055a\u05f3\u07f4\u07f5\u1fbd\u1fbf"
    "\u1fef\u1ffd\u1ffe\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\ua78b\ua78c\uff07\uff40"
)
_QUOTES = (
    "\u00ab\u00bb\u02ba\u02dd\u02ee\u05f4\u201c\u201d\u201e\u201f\u2033\u2036\u275d\u275e\u2e42\u301d\u301e\u301f\uff02"
)
# Unicode 16.0, PropList.txt: Dash, with the hyphen bullet, the modifier minus and the heavy minus.
_DASHES = (
    "\u02d7\u058a\u05be\u1400\u1806\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2053\u207b\u208b\u2212\u2796\u2e17\u2e1a"
    "\u2e3a\u2e3b\u2e40\u2e5d\u301c\u3030\u30a0\ufe31\ufe32\ufe58\ufe63\uff0d\U00010ead"
)
_BLANKS = "\u2800\U0001d159"  # characters without ink that Unicode does not class as whitespace
_PLAIN = str.maketrans(
    dict.fromkeys(_APOSTROPHES, "'")
    | dict.fromkeys(_QUOTES, '"')
    | dict.fromkeys(_DASHES, "-")
    | dict.fromkeys(_BLANKS, " ")
)

SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
"""Common spellings of letters that a keyboard may lack, as in Sueddeutsche for Süddeutsche."""
_HUMP = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_SPELT_WORDS = 8
SPELLING_LENGTH = 40

_DOT = re.compile("[.\u3002\uff0e\uff61]")
_HOST_NAME = re.compile(r"(?:(?:https?:)?//)?([^/\\?#@:\s]+)(?::[0-9]{1,5})?/?", re.IGNORECASE)
_DEVICE = re.compile(r"(?:m|mobile|amp|wap|www[0-9]{1,2})\.")


def fold(text: str) -> str:
    r"""Return the normal form of a text, for comparison with other texts (R21a).

    It ignores case, width, composition of accents, invisible characters, the kinds of apostrophes, quotation marks and
    dashes, and the amount of whitespace.

    >>> fold("He\u2019s\u00a0 joi\u00adning \u2013 NOW ")
    "he's joining - now"
    """
    while (folded := _fold_once(text)) != text:  # one pass can leave text that the next one changes
        text = folded
    return text


def _fold_once(text: str) -> str:
    plain = _INVISIBLE.sub("", text).translate(_PLAIN)
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold()).split())


def is_visible(text: str) -> bool:
    r"""Return whether a text has a visible character, not only whitespace, controls and combining marks.

    >>> is_visible("é"), is_visible(" \u200b\u00ad\u3164")
    (True, False)
    """
    if _INKED.search(text):  # true for most texts, and fast
        return True
    inked = _INVISIBLE.sub("", text).translate(_PLAIN)
    return any(not character.isspace() and unicodedata.category(character)[0] != "M" for character in inked)


def shown_name(name: str) -> str:
    r"""Return a name for display: trimmed, with single spaces and without control characters.

    >>> shown_name("\ufeff Le\u00a0 Monde\u200b ")
    'Le Monde'
    """
    return " ".join(_NOT_SHOWN.sub("", name).split()).strip(_JOINERS)


def slug_of(name: str) -> str:
    """Return a slug for a name, transliterated to ASCII; empty if no character can be transliterated.

    Names that differ only in case, accents or the kind of dash have the same slug.

    >>> slug_of("Süddeutsche Zeitung"), slug_of("!!")
    ('suddeutsche-zeitung', '')
    """
    return "-".join(plain_words(name))[:SLUG_LENGTH].strip("-")


def plain_words(text: str) -> list[str]:
    """Return the words of a text, folded and transliterated to ASCII.

    >>> plain_words("Die Süddeutsche")
    ['die', 'suddeutsche']
    """
    return re.findall(r"[a-z0-9]+", anyascii(fold(text)).lower())


def spellings_of(name: str) -> set[str]:
    """Return the spellings under which a name is indexed for search, in ASCII and without spaces.

    A forward spelling joins the words from any word to the last. A backward spelling joins the words from the first to
    any word, with the letters reversed, after `~`. A search matches prefixes of spellings. With a typing error, its
    beginning still matches a forward spelling, or its end a backward one.

    >>> sorted(spellings_of("SurveyUSA"))
    ['surveyusa', 'usa', '~asuyevrus', '~yevrus']
    """
    separate = _HUMP.sub(" ", name)
    found: set[str] = set()
    for text in {separate, unicodedata.normalize("NFC", separate).casefold().translate(SPELT_OUT)}:
        words = plain_words(text)[:_SPELT_WORDS]
        for place in range(len(words)):
            found.add("".join(words[place:])[:SPELLING_LENGTH])
            found.add(backwards("".join(words[: place + 1])))
    return found if host_of(name) is None else found | _without_article(found)


def backwards(spelling: str) -> str:
    """Return the backward form of a spelling: its letters reversed, after `~`."""
    return f"~{spelling[::-1][:SPELLING_LENGTH]}"


def domain_spellings(domain: str) -> set[str]:
    """Return the spellings under which a domain is indexed for search, with and without its subdomains.

    >>> sorted(domain_spellings("sportbild.bild.de"))
    ['bildde', 'sportbildbildde']
    """
    host, _, path = domain.partition("/")
    labels = host.split(".")
    registered = (registered_domain(host) or host).split(".")
    starts = range(len(labels) - len(registered) + 1)
    spelt = {"".join(plain_words(f"{shown_host('.'.join(labels[start:]))}/{path}")) for start in starts}
    found = {spelling[:SPELLING_LENGTH] for spelling in spelt if spelling}
    return found | _without_article(found)


def _without_article(spellings: set[str]) -> set[str]:
    """Return the spellings that begin with `the`, as in `theguardian.com`, with the article removed."""
    return {spelling.removeprefix("the") for spelling in spellings if spelling.startswith("the")} - {""}


def name_key(name: str) -> str:
    r"""Return the normal form of a name (R21a): case-folded, with each dash replaced by a space.

    >>> name_key("  The  GUARDIAN ") == name_key("The Guardian"), name_key("Sport\u2013Bild") == name_key("sport bild")
    (True, True)
    """
    folded = fold(name)
    words = " ".join(folded.replace("-", " ").split())
    # Truncated, because one character can fold into eighteen, and the key is indexed.
    return (words or folded)[:NAME_LENGTH].rstrip()


def domain_key(domain: str) -> str:
    """Return the normal form of an outlet's domain, a host with an optional path (R21).

    The host is in lower case and IDNA, without `www.` and trailing dot. The path has no trailing slash.

    Raises:
        ValueError: The host is not a domain name or is a public suffix, the path has a query or fragment, or the whole
            is too long.

    >>> domain_key("WWW.Bild.DE./Sport/")
    'bild.de/Sport'
    """
    host, _, path = domain.strip().partition("/")
    host, segments = host_key(host), path_segments(path)
    if registered_domain(host) is None:
        raise ValueError("A public suffix, under which anyone can register. Send a domain of the outlet itself.")
    if "?" in path or "#" in path:
        raise ValueError("A domain has no query and no fragment. Send a host, or a host and a path.")
    key = "/".join((host, *segments))
    if len(key) > DOMAIN_LENGTH or host.count(".") >= HOST_LABELS or len(segments) > PATH_SEGMENTS:
        raise ValueError("Too long for a domain.")
    return key


def host_of(name: str) -> str | None:
    """Return the domain of an outlet whose name is a host; None if the name is not a host.

    Case, a scheme and a subdomain for phones such as `m.` are ignored. The name must end in a known suffix, so
    `St.Pauli` is not a host.

    >>> host_of("WWW.Spiegel.de"), host_of("https://m.faz.net/"), host_of("Sport Bild"), host_of("St.Pauli")
    ('spiegel.de', 'faz.net', None, None)
    """
    if not _DOT.search(name):  # true for most names, and avoids IDNA, which is slow
        return None
    spelt = _HOST_NAME.fullmatch(_INVISIBLE.sub("", name).strip())
    try:
        host = "" if spelt is None else domain_key(spelt[1])
    except ValueError:
        return None
    if not host or not has_known_suffix(host):
        return None
    while (device := _DEVICE.match(host)) and registered_domain(host[device.end() :]) is not None:
        host = host[device.end() :]
    return host


def shown_host(host: str) -> str:
    """Return a host in Unicode for display, given its normal form.

    >>> shown_host("xn--sddeutsche-9db.de")
    'süddeutsche.de'
    """
    try:
        return idna.decode(host)
    except idna.IDNAError:
        return host


def text_key(text: str) -> str:
    """Return a hash that is the same for texts that differ only in case, spacing or punctuation.

    It ignores all differences that `fold` ignores, and punctuation that is not part of a number.

    >>> text_key("He\u2019s joining: now.") == text_key("he's  joining (now)")
    True
    >>> text_key("It rose by 1.5%.") == text_key("It rose by 15%.")
    False
    """
    folded = fold(text)
    words = "".join(
        " " if _is_punctuation(before, character, after) else character
        for before, character, after in zip(f" {folded}", folded, f"{folded} "[1:], strict=False)
    )
    return hashlib.sha256((" ".join(words.split()) or folded).encode()).hexdigest()


def _is_punctuation(before: str, character: str, after: str) -> bool:
    """Return whether a character is punctuation outside a number such as `1.5`, `2-1`, `-5` or `.5`."""
    if not unicodedata.category(character).startswith("P"):
        return False
    return not after.isdigit() or not (before.isdigit() or (character in "-." and before.isspace()))
