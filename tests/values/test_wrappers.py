"""service.values.wrappers: the addresses inside those of archives, AMP caches, translators and redirects"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.addresses import parse_address
from service.values.pages import page_key
from service.values.wrappers import unwrap

ADDRESSES = [
    ("https://www.google.com/amp/s/www.bild.de/sport/a.amp.html", "bild.de"),
    ("https://www-bild-de.cdn.ampproject.org/c/s/www.bild.de/sport/a.html", "bild.de"),
    ("https://cdn.ampproject.org/c/s/www.bild.de/sport/a.html", "bild.de"),
    ("https://www-bild-de.cdn.ampproject.org/v/s/www.bild.de/a?usqp=mq331AQ&amp_js_v=0.1", "bild.de"),
    ("https://www-bild-de.cdn.ampproject.org/", "bild.de"),
    ("https://cdn.ampproject.org/v0.js", "cdn.ampproject.org"),
    ("https://web.archive.org/web/20240214100000/https://www.bild.de/sport/a.html", "bild.de"),
    ("https://web.archive.org/web/20240214100000id_/http://bild.de/a", "bild.de"),
    ("https://web.archive.org/web/2024*/bild.de", "bild.de"),
    ("https://web.archive.org/web/*/https://www.bild.de/*", "bild.de"),
    ("web.archive.org/web/https:/www.bild.de/a", "bild.de"),
    ("https://web.archive.org/about/", "web.archive.org"),
    ("https://web.archive.org/", "web.archive.org"),
    ("https://web.archive.org/save/https://bild.de/", "bild.de"),
    ("https://www.google.com/url?q=https%3A%2F%2Fwww.bild.de%2Fa&sa=D", "bild.de"),
    ("https://www.google.co.uk/url?sa=t&url=https%253A%252F%252Fwww.bild.de%252Fa", "bild.de"),
    ("https://www.google.com/url?q=/search?q=a", "google.com"),
    ("https://google.com/blog", "google.com"),
    ("https://news.google.com/articles/CBMiabc", None),
    ("https://news.google.com/rss/articles/CBMiabc?oc=5", None),
    ("https://news.google.com/", "news.google.com"),
    ("https://www-bild-de.translate.goog/sport/a?_x_tr_sl=de", "bild.de"),
    ("https://my--paper-com.translate.goog/a", "my-paper.com"),
    ("https://translate.google.com/translate?sl=de&tl=en&u=https://www.bild.de/a", "bild.de"),
    ("https://translate.google.com/", "translate.google.com"),
    ("https://archive.today/2024.02.14-100000/https://www.bild.de/a", "bild.de"),
    ("https://archive.ph/20240214100000/https://www.bild.de/a", "bild.de"),
    ("https://archive.ph/newest/http://bild.de", "bild.de"),
    ("https://archive.is/AbCdE", None),
    ("https://archive.ph/", "archive.ph"),
    ("https://archive.md/o/AbCdE/https://bild.de/a", "bild.de"),
    (
        "https://webcache.googleusercontent.com/search?q=cache:abcdefghij12:https://www.bild.de/a+foo+bar&hl=de",
        "bild.de",
    ),
    ("http://webcache.googleusercontent.com/search?q=cache:www.bild.de/a", "bild.de"),
    ("https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.bild.de%2Fa%3Ffbclid%3Dx&h=AT", "bild.de"),
    ("https://www.facebook.com/l.php?u=https%3A%2F%2Fwww.bild.de%2Fa", "bild.de"),
    ("https://lm.facebook.com/l.php?h=1", None),
    ("https://l.instagram.com/?u=https%3A%2F%2Fwww.bild.de&e=x", "bild.de"),
    ("https://t.co/AbC", None),
    ("https://out.reddit.com/t3_abc?url=https%3A%2F%2Fwww.bild.de%2F&token=1", "bild.de"),
    ("https://www.bing.com/amp/s/www.bild.de/a", "bild.de"),
    ("https://www-bild-de.bing-amp.com/c/s/www.bild.de/a", "bild.de"),
    ("https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly93d3cuYmlsZC5kZS9h&ntb=1", "bild.de"),
    ("https://yandex.ru/turbo/s/www.bild.de/a", "bild.de"),
    ("https://yandex.ru/turbo?text=https%3A%2F%2Fbild.de%2Fa", "bild.de"),
    ("https://www-bild-de.turbopages.org/www.bild.de/s/a", "bild.de"),
    ("https://translated.turbopages.org/proxy_u/de-en.en.abc-def/https/www.bild.de/a", "bild.de"),
    ("https://www.removepaywall.com/search?url=https://www.bild.de/a", "bild.de"),
    ("https://wayback.archive.org/web/2012/http://bild.de/", "bild.de"),
    ("https://perma-archives.org/warc/20200101/https://www.bild.de/a", "bild.de"),
    ("https://12ft.io/https://www.bild.de/a", "bild.de"),
    ("https://12ft.io/proxy?q=https%3A%2F%2Fwww.bild.de", "bild.de"),
    ("https://r.jina.ai/https://www.bild.de/a", "bild.de"),
    ("https://r.jina.ai/www.bild.de/a", "bild.de"),
    ("https://outline.com/AbCd12", None),
    ("https://outline.com/https://www.bild.de/a", "bild.de"),
    ("http://feedproxy.google.com/~r/bild/~3/abc/", None),
    ("http://feeds.feedburner.com/~r/bild/~3/abc", None),
    ("https://lnkd.in/abc", None),
    ("https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fwww%2Ebild%2Ede%2Fa&urlhash=x", "bild.de"),
    ("https://www.linkedin.com/safety/go?url=https%3A%2F%2Fwww.bild.de", "bild.de"),
    ("https://slack-redir.net/link?url=https%3A%2F%2Fwww.bild.de", "bild.de"),
    ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.bild.de%2Fa&data=05%7C", "bild.de"),
    ("https://urldefense.proofpoint.com/v2/url?u=https-3A__www.bild.de_sport_a&d=DwMF", "bild.de"),
    ("https://urldefense.com/v3/__https://www.bild.de/a?x=1__;!!abc!def$", "bild.de"),
    ("https://urldefense.com/v3/__https:/www.bild.de/a__;!!abc$", "bild.de"),
    ("https://web.archive.org/web/2024/https://www.google.com/amp/s/www.bild.de/a", "bild.de"),
    ("https://www.google.com/url?q=https://web.archive.org/web/2024/https://t.co/x", None),
    ("https://l.facebook.com/l.php?u=bild.de/a", "bild.de"),
    ("https://duckduckgo.com/l/?uddg=https%3A%2F%2Fwww.bild.de%2F&rut=1", "bild.de"),
    ("https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2fwww.bild.de%2fa/RK=2/RS=x", "bild.de"),
    ("https://href.li/?https://www.bild.de/a", "bild.de"),
    ("https://protect-eu.mimecast.com/s/AbC?domain=bild.de", "bild.de"),
    ("https://secure-web.cisco.com/1abc/https%3A%2F%2Fwww.bild.de%2Fa", "bild.de"),
    ("https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fwww.bild.de", "bild.de"),
    ("https://youtube.com/@sky", "youtube.com"),
    ("https://googleweblight.com/i?u=http://www.bild.de/a", "bild.de"),
    ("https://bit.ly/", "bit.ly"),
    ("https://www.google.com/amp/s/amp.bild.de/a", "amp.bild.de"),
    ("https://webarchive.nationalarchives.gov.uk/ukgwa/20240101000000/https://www.bild.de/", "bild.de"),
    ("https://arquivo.pt/wayback/20240101000000/https://www.bild.de/", "bild.de"),
    ("https://wayback.archive-it.org/1234/20240101000000/https://www.bild.de/", "bild.de"),
    ("https://www.google.com/url?q=https://www.google.com/url?q%3Dhttps%253A%252F%252Fwww.bild.de", "bild.de"),
    ("https://www.google.com/url?q=javascript:alert(1)", None),
    ("https://web.archive.org/web/2024/http://localhost/", None),
    ("//www.google.com/amp/s/bild.de", "bild.de"),
    ("https://cc.bingj.com/cache.aspx?q=x&d=1", None),
    ("https://www.google.com/search?q=bild.de", "google.com"),
    ("https://bild.de/url?q=https://welt.de", "bild.de"),
]


@pytest.mark.parametrize(("url", "host"), ADDRESSES)
def test_host_inside(url, host):
    """
    R21: an address has the host inside its wrappers, or none if that cannot be read, but never a wrapper's.
    """
    address = parse_address(url)

    assert host == (address.host if address.registered else None)
    assert host or [] == list(address.keys())


@pytest.mark.parametrize("wrapped", [url for url, host in ADDRESSES if host == "bild.de"])
def test_wrapped_in_another_wrapper(wrapped):
    """
    R21: wrappers around wrappers are removed, up to five.
    """
    assert "bild.de" == parse_address(f"https://web.archive.org/web/20240214/{wrapped.removeprefix('//')}").host


def test_too_many_wrappers():
    """
    R21: an address in more than five wrappers cannot be read.
    """
    archived = "https://web.archive.org/web/2024/"

    assert "https://bild.de" == unwrap(archived * 4 + "https://bild.de")
    assert unwrap(archived * 5 + "https://bild.de") is None


@pytest.mark.parametrize(
    "url",
    [
        "https://web.archive.org/web/" + "1" * 100_000,
        "https://arquivo.pt" + "/1" * 50_000,
        "https://r.search.yahoo.com" + "/RU=" * 25_000,
        "https://urldefense.com/v3/__" + "a__" * 33_000,
        "https://www.google.com/url?" + "q=a." * 25_000 + " x",
        "https://12ft.io/" + "a." * 50_000,
        "https://l.facebook.com/l.php?u=" + "%25" * 33_000,
    ],
)
def test_long_address(url):
    """
    An address of 100 kB is read in linear time.
    """
    unwrap(url)


PIECES = (
    "https:// web.archive.org /web/ 2024 / www.google.com /url?q= %2F %3A ? # & = @ t.co cdn.ampproject.org /c/s/ . "
    "bild.de bing.com/ck/a?u=a1 a1aHR0 urldefense.com/v3/__"
)
pieces = st.sampled_from([*PIECES.split(), "\\", " "])


@given(st.lists(pieces, max_size=12).map("".join) | st.text(max_size=60))
def test_any_address(text):
    """
    Any text is an address or raises ValueError, and what is inside has no wrapper that can be removed.
    """
    inside = unwrap(text)

    assert inside is None or inside == unwrap(inside)
    try:
        list(parse_address(text).keys())
    except ValueError:
        assert inside is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://web.archive.org/web/20240214/https://www.bild.de/sport/a.html",
        "https://www.google.com/amp/s/m.bild.de/sport/a.amp.html",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.bild.de%2Fsport%2Fa.html%3Ffbclid%3Dx&h=1",
    ],
)
def test_page_inside(url):
    """
    R21: a page is the same page inside an archive, a cache or a redirect.
    """
    assert page_key("https://bild.de/sport/a.html") == page_key(url)


def test_short_links_are_pages():
    """
    R21: two short links, which cannot be read, are two pages.
    """
    assert page_key("https://t.co/a") != page_key("https://t.co/b")
