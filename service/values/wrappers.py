"""Extract the address that an archive, AMP cache, translator or redirect wraps (R21). Pure.

No request is made. If the wrapped address cannot be read, as in a short link, the page belongs to no outlet, not even
to the wrapper. The start page of a wrapper and its pages without a wrapped address are its own.
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

_DEPTH = 5
"""The maximum number of nested wrappers to remove."""
_ENCODINGS = 3
"""The maximum number of times that a wrapped address is percent-decoded."""
_QUERY_READ = 16_000  # characters

_PARTS = re.compile(
    r"(?:([a-z][a-z0-9+.-]*):(?=//))?(//)?([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL
)
_INSIDE = re.compile(
    r"(?:(https?):/*|/{2,})?((?:[^/?#\\\s.]+\.)+[^/?#\\\s.]+(?:[/?#\\].*)?)", re.IGNORECASE | re.DOTALL
)
_MANY_COUNTRIES = re.compile(r"(?:(?<=\.)|^)(google|yandex)\.(?:com?\.)?[a-z]{2,3}$")

_REDIRECTS: dict[str, str] = {
    **dict.fromkeys(
        ("l.facebook.com", "lm.facebook.com", "l.instagram.com", "l.messenger.com", "l.threads.net", "l.threads.com"),
        "u",
    ),
    **dict.fromkeys(("l.wl.co", "l.workplace.com", "redirect.viglink.com", "clicktime.symantec.com"), "u"),
    **dict.fromkeys(("out.reddit.com", "slack-redir.net", "safelinks.protection.outlook.com", "disq.us"), "url"),
    **dict.fromkeys(("exit.sc", "gate.sc", "go.skimresources.com", "api.allorigins.win", "printfriendly.com"), "url"),
    **dict.fromkeys(("archive.today", "archive.ph", "archive.is", "archive.li", "archive.vn", "archive.fo"), "url"),
    **dict.fromkeys(("archive.md", "webcitation.org", "ghostarchive.org"), "url"),
    **dict.fromkeys(("deref-gmx.net", "deref-web.de", "deref-mail.com"), "redirectUrl"),
    **dict.fromkeys(("mimecast.com", "mimecastprotect.com"), "domain"),
    **dict.fromkeys(("translatetheweb.com", "microsofttranslator.com", "cudasvc.com"), "a"),
    **dict.fromkeys(("12ft.io", "1ft.io"), "q"),
    **dict.fromkeys(("removepaywall.com", "removepaywalls.com"), "url"),
    "urldefense.proofpoint.com": "u",
    "googleweblight.com": "lite_url u",
    "translate.googleusercontent.com": "u",
    "news.google.*": "url",
    "away.vk.com": "to",
    "t.umblr.com": "z",
    "search.app": "link",
    "awin1.com": "ued p",
    "linksynergy.com": "murl",
    "papago.naver.net": "target",
    "view.officeapps.live.com": "src",
    # Short links and other addresses that only their service can resolve.
    **dict.fromkeys(("t.co", "bit.ly", "j.mp", "buff.ly", "ow.ly", "dlvr.it", "tinyurl.com", "goo.gl", "g.co"), ""),
    **dict.fromkeys(("lnkd.in", "fb.me", "ift.tt", "trib.al", "is.gd", "v.gd", "cutt.ly", "rb.gy", "shorturl.at"), ""),
    **dict.fromkeys(("t.ly", "tiny.cc", "rebrand.ly", "flip.it", "apple.news", "share.google", "spr.ly", "po.st"), ""),
    **dict.fromkeys(("feedproxy.google.*", "feeds.feedburner.com", "link.medium.com", "perma.cc", "cc.bingj.com"), ""),
    **dict.fromkeys(("r.search.yahoo.com", "secure-web.cisco.com", "urldefense.com", "urldefense.us"), ""),
    **dict.fromkeys(("outline.com", "r.jina.ai", "smry.ai", "txtify.it"), ""),
    **dict.fromkeys(("freedium.cfd", "cors-anywhere.herokuapp.com", "turbopages.org", "translate.goog"), ""),
    **dict.fromkeys(("href.li", "anonym.to", "anonymz.com", "nullrefer.com", "dereferer.me", "corsproxy.io"), ""),
}
"""Hosts that only redirect, with the query parameters that may hold the address."""

_PAGES: dict[str, str] = {
    "google.*/url": "q url",
    "google.*/imgres": "imgrefurl",
    "google.*/aclk": "adurl",
    "google.*/gwt": "u",
    "google.*/translate": "u",
    "google.*/website": "u",
    "google.*/viewer": "url",
    "google.*/gview": "url",
    "translate.google.*": "u",
    "webcache.googleusercontent.com/search": "q",
    "facebook.com/l.php": "u",
    "facebook.com/flx": "u",
    "facebook.com/sharer": "u",
    "facebook.com/sharer.php": "u",
    "reddit.com/media": "url",
    "reddit.com/submit": "url",
    "linkedin.com/redir": "url",
    "linkedin.com/safety": "url",
    "linkedin.com/sharearticle": "url",
    "linkedin.com/sharing": "url",
    "steamcommunity.com/linkfilter": "url u",
    "vk.com/away.php": "to",
    "vk.com/share.php": "url",
    "youtube.com/redirect": "q",
    "medium.com/r": "url",
    "t.me/iv": "url",
    "t.me/share": "url",
    "twitter.com/intent": "url",
    "twitter.com/share": "url",
    "x.com/intent": "url",
    "x.com/share": "url",
    "getpocket.com/redirect": "url",
    "getpocket.com/save": "url",
    "flipboard.com/redirect": "url",
    "bing.com/news": "url",
    "bing.com/ck": "u",
    "duckduckgo.com/l": "uddg",
    "yandex.*/turbo": "text",
    "yandex.*/clck": "url",
    "translate.yandex.*": "url",
    "archive.org/wayback": "url",
}
"""Redirect pages of hosts that also have other pages, with the parameters that may hold the address."""

_ARCHIVED = re.compile(r"(?:/[^/]+){0,4}?/[0-9*]{4,14}[0-9*]*(?:[a-z]{2}_)?/((?:https?:/|[^/]+\.).+)", re.DOTALL)
_WHOLE = re.compile(r"/(.+)", re.DOTALL)
_AMP = re.compile(r"/(?:ii/[^/]+|[a-z]{1,3})/(?:s/)?(.+)", re.DOTALL)
_PATHS: dict[str, re.Pattern[str]] = {
    **dict.fromkeys(
        ("web.archive.org", "wayback.archive.org"),
        re.compile(r"/(?:web/(?:[0-9*]+(?:[a-z]{2}_)?/)?|save/(?:_embed/)?)(.+)", re.DOTALL),
    ),
    **dict.fromkeys(
        ("archive.today", "archive.ph", "archive.is", "archive.li", "archive.vn", "archive.fo", "archive.md"),
        re.compile(r"/(?:(?:o/[^/]+|[0-9][0-9.-]{3,}|newest|oldest|timegate)/)?(.+)", re.DOTALL),
    ),
    **dict.fromkeys(("wayback.archive-it.org", "webarchive.org.uk", "webarchive.nationalarchives.gov.uk"), _ARCHIVED),
    **dict.fromkeys(("arquivo.pt", "perma-archives.org", "mementoweb.org", "webarchive.loc.gov"), _ARCHIVED),
    **dict.fromkeys(("vefsafn.is", "web.archive.bibalex.org"), _ARCHIVED),
    **dict.fromkeys(
        ("12ft.io", "1ft.io", "outline.com", "r.jina.ai", "removepaywall.com", "removepaywalls.com"), _WHOLE
    ),
    **dict.fromkeys(("smry.ai", "txtify.it", "freedium.cfd", "cors-anywhere.herokuapp.com"), _WHOLE),
    **dict.fromkeys(("google.*", "bing.com"), re.compile(r"/amp/(?:s/)?(.+)", re.DOTALL)),
    **dict.fromkeys(("cdn.ampproject.org", "bing-amp.com", "amp.cloudflare.com"), _AMP),
    "yandex.*": re.compile(r"/turbo/(?:s/)?(.+)", re.DOTALL),
    "turbopages.org": re.compile(r"/(?:proxy_u/[^/]+/https?/)?(.+)", re.DOTALL),
    "urldefense.com": re.compile(r"/v3/__(.+?)__(?:;|\Z).*", re.DOTALL),
    "urldefense.us": re.compile(r"/v3/__(.+?)__(?:;|\Z).*", re.DOTALL),
    "secure-web.cisco.com": re.compile(r".*?/(https?(?::|%3a).+)", re.IGNORECASE | re.DOTALL),
    "r.search.yahoo.com": re.compile(r".*?/RU=([^/]+)/.*", re.DOTALL),
}
"""Hosts whose path holds the address, with a pattern that has the address as its first group."""
_WHOLE_QUERY = frozenset({"href.li", "anonym.to", "anonymz.com", "nullrefer.com", "dereferer.me", "corsproxy.io"})
"""Hosts whose whole query string is the address."""
_IN_SUBDOMAIN = ("cdn.ampproject.org", "translate.goog", "turbopages.org")
"""Hosts whose subdomain encodes the wrapped host, with `-` for a dot and `--` for a hyphen."""
_WRAPPERS = frozenset(name.partition("/")[0] for name in (*_REDIRECTS, *_PAGES, *_PATHS, *_WHOLE_QUERY, *_IN_SUBDOMAIN))
"""The hosts of all wrappers."""

_UNREADABLE = "?"
"""A marker for a wrapped address that cannot be read."""
_CACHED = re.compile(r"cache:(?:[\w-]{12}:)?([^\s+]+).*", re.DOTALL)


class Parts(NamedTuple):
    """The parts of an address, unchanged."""

    scheme: str | None
    slashes: str | None
    authority: str
    path: str
    query: str | None


def split_address(text: str) -> Parts:
    """Return the parts of an address, or of a host with an optional path."""
    return Parts(*_PARTS.match(text).groups())  # type: ignore[union-attr] # never None


def unwrap(address: str) -> str | None:
    """Return the address that a wrapper contains, or the address itself if it is not wrapped.

    Returns:
        The address; None if it is wrapped in a form that cannot be read.

    >>> unwrap("https://web.archive.org/web/2024/https://www.google.com/url?q=https%3A%2F%2Fbild.de%2Fa")
    'https://bild.de/a'
    >>> unwrap("https://bild.de/a"), unwrap("https://t.co/abc")
    ('https://bild.de/a', None)
    """
    for _ in range(_DEPTH):
        parts = split_address(address)
        names = _names(parts.authority)
        if _WRAPPERS.isdisjoint(names):  # most addresses
            return address
        found = (find(parts, names) for find in (_in_path, _in_query, _in_subdomain, _in_nothing))
        if (inside := next(filter(None, found), None)) is None:
            return address
        if inside is _UNREADABLE:
            return None
        address = inside
    return None


@lru_cache(maxsize=10_000)  # an imported file has many pages on few hosts
def _names(authority: str) -> list[str]:
    """Return a host and its parent domains; country variants such as `google.de` become `google.*`."""
    host = re.sub(r":[0-9]*\Z", "", authority.rpartition("@")[2]).lower().removesuffix(".")
    labels = _MANY_COUNTRIES.sub(r"\1.*", host).split(".")
    return [".".join(labels[start:]) for start in range(max(0, len(labels) - 8), len(labels) - 1)]


def _in_path(parts: Parts, names: list[str]) -> str | None:
    whole = parts.path if parts.query is None else f"{parts.path}?{parts.query}"
    for name in names:
        if (pattern := _PATHS.get(name)) and (found := pattern.fullmatch(whole)):
            is_url = re.match("https?(?::|%3a)", found[1], re.IGNORECASE)
            return _as_address(found[1]) or (_UNREADABLE if is_url else None)
    return None


def _in_query(parts: Parts, names: list[str]) -> str | None:
    if parts.query is None:
        return None
    query = parts.query[:_QUERY_READ]
    if not _WHOLE_QUERY.isdisjoint(names) and (inside := _as_address(query.removeprefix("url="))):
        return inside
    first = parts.path.lower().strip("/").partition("/")[0]
    wanted = [_REDIRECTS.get(name) or _PAGES.get(f"{name}/{first}") or _PAGES.get(name) for name in names]
    parameters = next(filter(None, wanted), "").split()
    given = dict(pair.partition("=")[::2] for pair in reversed(re.split("[&;]", query)))
    values = [_decode(given[name], names) for name in parameters if name in given]
    is_own = all(value == "" or value.startswith("/") for value in values)
    return next(filter(None, map(_as_address, values)), None if is_own else _UNREADABLE)


def _decode(value: str, names: list[str]) -> str:
    """Decode the value of a query parameter, including encodings that only one service uses."""
    if "urldefense.proofpoint.com" in names:
        return unquote(value.replace("-", "%").replace("_", "/"))
    value = unquote_plus(value)
    if "bing.com" in names and value.startswith("a1"):
        try:
            return base64.urlsafe_b64decode(value[2:] + "=" * (-len(value[2:]) % 4)).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return cached[1] if (cached := _CACHED.fullmatch(value)) else value


def _in_subdomain(parts: Parts, names: list[str]) -> str | None:
    for host in _IN_SUBDOMAIN:
        for name in names:
            if name.endswith(f".{host}") and "." not in (inside := name.removesuffix(f".{host}")):
                decoded = inside.replace("--", "\0").replace("-", ".").replace("\0", "-")
                return _as_address(f"{decoded}{parts.path}")
    return None


def _in_nothing(parts: Parts, names: list[str]) -> str | None:
    """Return `_UNREADABLE` if the host only redirects and this is not its start page, else None."""
    is_page = parts.path.strip("/") == "" and not parts.query
    return None if is_page or _REDIRECTS.keys().isdisjoint(names) else _UNREADABLE


def _as_address(text: str) -> str | None:
    """Return the address in a text, decoded and with its scheme; None if the text is not an address."""
    for _ in range(_ENCODINGS):
        if "%" not in text.partition("/")[0]:
            break
        text = unquote(text)
    if (found := _INSIDE.fullmatch(text.strip())) is None:
        return None
    return f"{found[1] or 'https'}://{found[2]}"
