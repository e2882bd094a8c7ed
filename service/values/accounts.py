"""Normal forms of account addresses on platforms such as X and YouTube (R21). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, unquote

from service.values.ids import DOMAIN_LENGTH
from service.values.platforms import HOSTS, NAMED_AFTER, NOT_ACCOUNTS, SHARED, WITHOUT_AT

_SAFE = "!$&'()*+,;=:@~"


def account_key(domain: str) -> str:
    """Return the normal form of an account's address `host[/path]`, the same for all its spellings.

    The host becomes the platform's main host. The account name becomes lower case on known platforms, and on any host
    if it begins with `@`; the ids of YouTube channels keep their case.

    >>> account_key("twitter.com/BBCNews/status/1"), account_key("mastodon.social/@BBC"), account_key("bild.de/Sport")
    ('x.com/bbcnews/status/1', 'mastodon.social/@bbc', 'bild.de/Sport')
    >>> account_key("youtube.com/channel/UCabc"), account_key("reddit.com/u/Abc")
    ('youtube.com/channel/UCabc', 'reddit.com/user/abc')
    """
    host, *segments = domain.split("/")
    host = HOSTS.get(host, host)
    if not segments:
        return host
    if host in WITHOUT_AT:
        segments[0] = segments[0].removeprefix("@") or "@"
    first, named_after = segments[0], NAMED_AFTER.get(host, {})
    if first.startswith("@"):
        segments[0] = _without_case(first)
    elif first.lower() in named_after and len(segments) > 1:
        main = named_after[first.lower()]
        segments[:2] = [*filter(None, [main]), _without_case(segments[1])]
    elif "" in named_after and not (host == "youtube.com" and first.lower() == "channel"):
        segments[0] = _without_case(first)
    return "/".join((host, *segments))[:DOMAIN_LENGTH]  # some letters have a longer lower case


def account_of(host: str, segments: Sequence[str]) -> str | None:
    """Return the account that a platform's page belongs to, as `host/name`; None if its path names none.

    Groups and forums are not accounts, because anyone can post there.

    >>> account_of("twitter.com", ("NASA", "status", "1")), account_of("youtube.com", ("watch",))
    ('x.com/NASA', None)
    """
    host = HOSTS.get(host, host)
    named_after = NAMED_AFTER.get(host, {})
    first, second = [*segments, "", ""][:2]
    if first.startswith("@"):
        return f"{host}/{first}"
    if host == "youtube.com" and first == "channel" and second:
        return f"{host}/channel/{second}"
    if first and first.lower() in named_after and second:
        main = named_after[first.lower()]
        return None if main in SHARED else "/".join(filter(None, (host, main, second)))
    is_page = first.lower() in NOT_ACCOUNTS or first.endswith(".php") or first.lower() in named_after
    return None if is_page or "" not in named_after else f"{host}/{first}"


def _without_case(segment: str) -> str:
    return quote(unquote(segment).casefold(), safe=_SAFE)
