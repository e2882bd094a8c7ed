"""Read the URL of a page: a hash that identifies the page, and the day of publication. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from contextlib import suppress
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from service.values.addresses import host_key, path_segments, registered_domain
from service.values.wrappers import unwrap

# Parameters that describe how a reader reached the page, not the page itself.
_TRACKING = re.compile(
    r"(?:utm|mtm|pk|hsa|vero|oly|ns|guce|fb|_hs\w*|at)_\w+|mc_[ce]id|__s|__twitter_impression|_ga|_gl|_openstat"
    r"|(?:fb|g|d|ms|y|tw|tt|sc|rdt_|ga_)clid|gclsrc|gad_source|gad_campaignid|wbraid|gbraid|li_fat_id|igshid|igsh|mkt_tok"
    r"|ref_src|ref_url|cmpid|s_cid|ocid|ncid|smid|smtyp|trk|wt_z?mc|xtor|sfnsn|guccounter|amp|outputtype",
    re.IGNORECASE,
)
_START = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_DEVICES = frozenset({"www", "m", "mobile", "amp", "wap"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = [
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[/_.-]?(?P<month>\d\d)[/_.-]?(?P<day>\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[/_.-](?P<month>\d\d?)[/_.-](?P<day>\d\d?)(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)[/-](?P<name>[a-z]{3})[a-z]*[/-](?P<day>\d\d?)(?!\d)", re.IGNORECASE),
    re.compile(r"(?<!\d)(?P<day>\d\d?)[/_.-](?P<month>\d\d?)[/_.-](?P<year>(?:19|20)\d\d)(?!\d)"),
]
"""Patterns for a day in a URL, the most reliable first."""
_AMP = re.compile(r"\.amp(?=\.html?$|$)", re.IGNORECASE)


def page_key(url: str) -> str:
    """Return a hash that is the same for all URLs of a page.

    The hash ignores the scheme, `www.` and `m.`, the fragment, the order of parameters, tracking parameters, a trailing
    slash, AMP, and any archive or redirect that wraps the URL.

    Raises:
        ValueError: The text is not the address of a page.

    >>> page_key("https://www.bild.de/sport/?utm_source=x#a") == page_key("http://m.bild.de/sport")
    True
    """
    address = unwrap(url.strip()) or url.strip()
    parts = urlsplit(address if _START.match(address) else f"//{address}")
    if not (host := parts.hostname) or min(parts.netloc) <= " ":
        raise ValueError("Not the address of a page.")
    port = {None: "", 80: "", 443: ""}.get(parts.port, f":{parts.port}")
    given = parse_qsl(parts.query, keep_blank_values=True) if parts.query else []
    kept = sorted((name, value) for name, value in given if not _TRACKING.fullmatch(name))
    page = f"{_host(host)}{port}/{'/'.join(_segments(parts.path))}?{urlencode(kept, errors='replace')}"
    return hashlib.sha256(page.encode()).hexdigest()


def published_on(url: str) -> dt.date | None:
    """Return the day of publication given in the path of a URL, or None if there is none.

    >>> published_on("https://www.theguardian.com/football/2024/feb/29/alonso"), published_on("https://a.de/2024-13-01")
    (datetime.date(2024, 2, 29), None)
    """
    address = unwrap(url.strip()) or ""
    path = re.sub(r"^(?:[a-z]+:)?//[^/?#]*", "", address, flags=re.IGNORECASE).partition("?")[0][:2000]
    for pattern in _DAYS:
        for found in pattern.finditer(path):
            parts = found.groupdict()
            with suppress(ValueError):  # no such month or day
                month = int(parts["month"]) if "month" in parts else _MONTHS.index(parts["name"].lower()) + 1
                return dt.date(int(parts["year"]), month, int(parts["day"]))
    return None


@lru_cache(maxsize=10_000)  # an imported file has many pages on few hosts
def _host(name: str) -> str:
    """Return a host without the labels that select a device; unchanged if it is not a domain name."""
    try:
        host = host_key(name)
    except ValueError:
        return name.lower()
    registered = registered_domain(host) or host
    below = host.removesuffix(registered).split(".")
    labels = [*(label for label in below if label and label not in _DEVICES), registered]
    return ".".join(labels).removeprefix("www.")


def _segments(path: str) -> list[str]:
    segments = [_AMP.sub("", segment) for segment in path_segments(path)]
    if segments and segments[-1].lower() == "amp":
        segments.pop()
    return segments
