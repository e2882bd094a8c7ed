"""The hosts of social-media platforms, and the form of account addresses on them (R21). Pure."""

from __future__ import annotations

HOSTS = {
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
"""The main host of a platform, by each of its other hosts."""

WITHOUT_AT = frozenset({"x.com", "instagram.com", "facebook.com", "t.me", "vk.com", "twitch.tv", "github.com"})
"""The platforms whose addresses have no `@` before an account name."""

NAMED_AFTER: dict[str, dict[str, str]] = {
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
"""The path segments that may precede an account name, by host, each with its main spelling.

An empty key means that the name comes first. An empty spelling means that the segment is dropped.
"""

SHARED = frozenset({"groups", "r"})
"""The path segments that precede the names of groups and forums, where anyone can post."""

NOT_ACCOUNTS = frozenset(
    (
        *("", "p", "reel", "reels", "watch", "posts", "photo", "photos", "video", "videos", "share", "sharer"),
        *("hashtag", "search", "status", "i", "shorts", "embed", "v", "media", "events", "login", "tv", "stories"),
        *("story", "home", "explore", "live", "playlist", "results", "intent", "web", "notes", "marketplace"),
        *("permalink", "profile", "people", "pages", "plugins", "groups", "feed", "pulse", "gaming", "discover"),
        *("tag", "music", "wall"),
    )
)
"""The first path segments of pages that belong to no account."""
