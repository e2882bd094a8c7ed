"""Normal forms of accounts on platforms, which may have several hosts or names that ignore case (R21). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, unquote

from service.values.ids import DOMAIN_LENGTH

_SAFE = "!$&'()*+,;=:@~"

_HOSTS = {
    "twitter.com": "x.com",
    "fxtwitter.com": "x.com",
    "vxtwitter.com": "x.com",
    "fixupx.com": "x.com",
    "fixvx.com": "x.com",
    "nitter.net": "x.com",
    "xcancel.com": "x.com",
    "instagr.am": "instagram.com",
    "threads.com": "threads.net",
    "fb.com": "facebook.com",
    "telegram.me": "t.me",
    "telegram.dog": "t.me",
    "vkontakte.ru": "vk.com",
    "vk.ru": "vk.com",
}
"""The other hosts of a platform, with its main host."""

_WITHOUT_AT = frozenset({"x.com", "instagram.com", "facebook.com", "t.me", "vk.com", "twitch.tv", "github.com"})
"""The platforms whose addresses have no `@` before a name."""

_NAMED_AFTER: dict[str, dict[str, str]] = {
    "x.com": {"": ""},
    "instagram.com": {"": ""},
    "threads.net": {"": ""},
    "tiktok.com": {"": ""},
    "youtube.com": {"": "", "c": "c", "user": "user"},
    "facebook.com": {"": "", "pg": "", "groups": "groups"},
    "bsky.app": {"profile": "profile"},
    "t.me": {"": "", "s": ""},
    "reddit.com": {"r": "r", "u": "user", "user": "user"},
    "linkedin.com": {"in": "in", "company": "company", "school": "school", "showcase": "showcase"},
    "vk.com": {"": ""},
    "twitch.tv": {"": ""},
    "kick.com": {"": ""},
    "rumble.com": {"c": "c", "user": "user"},
    "dailymotion.com": {"": ""},
    "soundcloud.com": {"": ""},
    "pinterest.com": {"": ""},
    "snapchat.com": {"add": "add", "p": "p"},
    "gettr.com": {"user": "user"},
    "gab.com": {"": ""},
    "github.com": {"": ""},
    "patreon.com": {"": "", "c": ""},
    "ko-fi.com": {"": ""},
    "flickr.com": {"photos": "photos", "people": "photos"},
    "wordpress.com": {"": ""},
}
"""The segments that precede the name of an account, with their main spelling; empty to drop them."""


_SHARED = frozenset({"groups", "r"})
"""The segments before the names of groups, where anyone can post."""

_NOT_ACCOUNTS = frozenset(
    (
        *("", "p", "reel", "reels", "watch", "posts", "photo", "photos", "video", "videos", "share", "sharer"),
        *("hashtag", "search", "status", "i", "shorts", "embed", "v", "media", "events", "login", "tv", "stories"),
        *("story", "home", "explore", "live", "playlist", "results", "intent", "web", "notes", "marketplace"),
        *("permalink", "profile", "people", "pages", "plugins", "groups", "feed", "pulse", "gaming", "discover"),
        *("tag", "music", "wall"),
    )
)
"""The first segments of pages that belong to no account."""


def account_key(domain: str) -> str:
    """Return the form of `host[/path]` that is the same for all spellings of an account.

    Its host is the main host of the platform. Its path is in lower case on the platforms above and in names that begin
    with `@`, except for the ids of YouTube channels.

    >>> account_key("twitter.com/BBCNews/status/1"), account_key("mastodon.social/@BBC"), account_key("bild.de/Sport")
    ('x.com/bbcnews/status/1', 'mastodon.social/@bbc', 'bild.de/Sport')
    >>> account_key("youtube.com/channel/UCabc"), account_key("reddit.com/u/Abc")
    ('youtube.com/channel/UCabc', 'reddit.com/user/abc')
    """
    host, *segments = domain.split("/")
    host = _HOSTS.get(host, host)
    if not segments:
        return host
    if host in _WITHOUT_AT:
        segments[0] = segments[0].removeprefix("@") or "@"
    first, named_after = segments[0], _NAMED_AFTER.get(host, {})
    if first.startswith("@"):
        segments[0] = _without_case(first)
    elif first.lower() in named_after and len(segments) > 1:
        main = named_after[first.lower()]
        segments[:2] = [*filter(None, [main]), _without_case(segments[1])]
    elif "" in named_after and not (host == "youtube.com" and first.lower() == "channel"):
        segments[0] = _without_case(first)
    return "/".join((host, *segments))[:DOMAIN_LENGTH]  # some letters have a longer lower case


def account_of(host: str, segments: Sequence[str]) -> str | None:
    """Return the account that a page of a platform belongs to; None if it does not name one.

    Groups and forums are not accounts, because anyone can post there.

    >>> account_of("twitter.com", ("NASA", "status", "1")), account_of("youtube.com", ("watch",))
    ('x.com/NASA', None)
    """
    host = _HOSTS.get(host, host)
    named_after = _NAMED_AFTER.get(host, {})
    first, second = [*segments, "", ""][:2]
    if first.startswith("@"):
        return f"{host}/{first}"
    if host == "youtube.com" and first == "channel" and second:
        return f"{host}/channel/{second}"
    if first and first.lower() in named_after and second:
        main = named_after[first.lower()]
        return None if main in _SHARED else "/".join(filter(None, (host, main, second)))
    is_page = first.lower() in _NOT_ACCOUNTS or first.endswith(".php") or first.lower() in named_after
    return None if is_page or "" not in named_after else f"{host}/{first}"


def _without_case(segment: str) -> str:
    return quote(unquote(segment).casefold(), safe=_SAFE)
