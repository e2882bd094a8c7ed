"""service.values.accounts: the spellings of accounts and the hosts of platforms"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.accounts import account_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x.com/FabrizioRomano", "twitter.com/FABRIZIOROMANO"),
        ("x.com/bbc/status/1", "fxtwitter.com/BBC/status/1"),
        ("x.com/bbc/status/1", "nitter.net/BBC/status/1"),
        ("x.com/bbc", "twitter.com/@BBC"),
        ("instagram.com/BBCNews", "instagr.am/bbcnews"),
        ("threads.net/@BBC", "threads.com/@bbc"),
        ("tiktok.com/@BBC", "tiktok.com/@bbc"),
        ("youtube.com/@SkySportsNews/videos", "youtube.com/@skysportsnews/videos"),
        ("youtube.com/c/SkyNews", "youtube.com/C/skynews"),
        ("youtube.com/user/SkyNews", "youtube.com/user/skynews"),
        ("youtube.com/SkyNews", "youtube.com/skynews"),
        ("facebook.com/BBCNews", "fb.com/pg/bbcnews"),
        ("facebook.com/groups/Foo", "facebook.com/groups/foo"),
        ("bsky.app/profile/Bild.de", "bsky.app/profile/bild.de"),
        ("mastodon.social/@BBC", "mastodon.social/@bbc"),
        ("medium.com/@Foo", "medium.com/@foo"),
        ("substack.com/@Foo", "substack.com/@foo"),
        ("t.me/BBC", "telegram.me/s/bbc"),
        ("reddit.com/u/Foo", "reddit.com/user/foo"),
        ("reddit.com/r/Soccer", "reddit.com/r/soccer"),
        ("linkedin.com/company/BBC", "linkedin.com/company/bbc"),
        ("twitch.tv/BBC", "twitch.tv/bbc"),
        ("vk.com/BBC", "vk.com/bbc"),
        ("x.com", "twitter.com"),
        ("facebook.com/%C3%89quipe", "facebook.com/%C3%A9quipe"),
    ],
)
def test_same_account(one, other):
    """
    R21: an account is the same in any case and on any host of its platform.
    """
    assert account_key(one) == account_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("youtube.com/channel/UCabc", "youtube.com/channel/UCABC"),
        ("youtube.com/@sky", "youtube.com/c/sky"),
        ("bild.de/Sport", "bild.de/sport"),
        ("x.com/bbc/Status/1", "x.com/bbc/status/1"),
        ("facebook.com/bbc", "instagram.com/bbc"),
        ("reddit.com/r/bbc", "reddit.com/user/bbc"),
        ("reddit.com/Foo", "reddit.com/foo"),
    ],
)
def test_other_account(one, other):
    """
    R21: paths that are not names of accounts keep their case, and the ids of channels, too.
    """
    assert account_key(one) != account_key(other)


hosts = st.sampled_from(["x.com", "twitter.com", "youtube.com", "facebook.com", "t.me", "reddit.com", "bild.de"])
segments = st.sampled_from(["@Foo", "c", "s", "pg", "u", "channel", "Foo", "%C3%89", "UCabc", "@%C7%B0"])


@given(hosts, st.lists(segments, max_size=4))
def test_key_is_stable(host, path):
    """
    R21: the common form of an account is its own common form.
    """
    key = account_key("/".join((host, *path)))

    assert key.partition("/")[0] == account_key(key).partition("/")[0]
