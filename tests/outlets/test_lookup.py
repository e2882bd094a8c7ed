"""The keys of a page's address, by which the closest domain on record is found. Needs no database."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.values.addresses import HOST_LABELS, PATH_SEGMENTS, parse_address, path_segments, registered_domain
from service.values.ids import DOMAIN_LENGTH
from service.values.names import domain_key

ON_RECORD = {
    domain_key(domain)
    for domain in (
        "bild.de",
        "sportbild.bild.de",
        "bild.de/sport",
        "bild.de/sport/fussball",
        "bbc.co.uk",
        "github.com",
        "bob.github.io",
        "paper.de.com",
        "www.gov.uk",
        "süddeutsche.de",
        "faß.de",
        "алло.рф",
        "x.com/FabrizioRomano",
        "youtube.com/@sky",
        "amp.theguardian.com",
        "theguardian.com",
        "news.example",
        "example.org/süd west",
    )
}


def matched(text):
    return next((key for key in parse_address(text).keys() if key in ON_RECORD), None)  # noqa: SIM118 - no dict


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("https://bild.de", "bild.de", id="host"),
        pytest.param("https://bild.de/#!/sport/a", "bild.de/sport", id="path-in-the-fragment"),
        pytest.param("https://www.bild.de/", "bild.de", id="www"),
        pytest.param("https://www1.bild.de/a", "bild.de", id="www1"),
        pytest.param("https://m.bild.de/a", "bild.de", id="m"),
        pytest.param("https://amp.bild.de/a", "bild.de", id="amp"),
        pytest.param("https://amp.theguardian.com/a", "amp.theguardian.com", id="amp-on-record"),
        pytest.param("https://www.m.a.b.bild.de/a", "bild.de", id="many-labels"),
        pytest.param("https://www.www.bild.de/", "bild.de", id="www-twice"),
        pytest.param("https://" + "a." * 100 + "bild.de/", "bild.de", id="a-hundred-labels"),
        pytest.param("https://sportbild.bild.de/a", "sportbild.bild.de", id="sub-brand-on-a-subdomain"),
        pytest.param("https://m.sportbild.bild.de/a", "sportbild.bild.de", id="below-a-sub-brand"),
        pytest.param("https://sportbild.bild.de/sport/a", "sportbild.bild.de", id="longest-host-before-longest-path"),
        pytest.param("https://www.bild.de/sport/a.html", "bild.de/sport", id="sub-brand-on-a-path"),
        pytest.param("https://m.bild.de/sport/a.html", "bild.de/sport", id="path-of-a-parent"),
        pytest.param("https://bild.de/sport/fussball/a", "bild.de/sport/fussball", id="longest-path"),
        pytest.param("https://bild.de/sport", "bild.de/sport", id="the-path-itself"),
        pytest.param("https://bild.de/sport/", "bild.de/sport", id="trailing-slash"),
        pytest.param("https://bild.de//sport//a", "bild.de/sport", id="double-slash"),
        pytest.param("https://bild.de/sports/a", "bild.de", id="half-a-segment"),
        pytest.param("https://bild.de/sport.html", "bild.de", id="half-a-file-name"),
        pytest.param("https://bild.de/Sport/a", "bild.de", id="case-of-a-path"),
        pytest.param("https://bild.de/a/../sport/b", "bild.de/sport", id="dot-segments"),
        pytest.param("https://bild.de/sport/../a", "bild.de", id="out-of-the-path-again"),
        pytest.param("https://bild.de/%2e%2e/%73port/a", "bild.de/sport", id="percent"),
        pytest.param("https://bild.de/sport%2Fa", "bild.de", id="percent-slash-is-no-slash"),
        pytest.param("https://bild.de\\sport\\a", "bild.de/sport", id="backslash-as-browsers-read-it"),
        pytest.param("https://bild.de/sport?x=/a", "bild.de/sport", id="query"),
        pytest.param("https://bild.de?sport", "bild.de", id="query-without-path"),
        pytest.param("https://bild.de#/sport", "bild.de", id="fragment"),
        pytest.param("https://x.com/FabrizioRomano/status/1", "x.com/FabrizioRomano", id="account"),
        pytest.param("https://x.com/other/status/1", None, id="other-account"),
        pytest.param("https://www.youtube.com/@sky", "youtube.com/@sky", id="handle"),
        pytest.param("https://example.org/s%C3%BCd%20west/a", "example.org/s%C3%BCd%20west", id="unicode-path"),
        pytest.param("https://example.org/süd west/a", "example.org/s%C3%BCd%20west", id="unicode-path-spelt-out"),
        pytest.param("https://www.bbc.co.uk/sport", "bbc.co.uk", id="co.uk"),
        pytest.param("https://other.co.uk/", None, id="other-co.uk"),
        pytest.param("https://co.uk/", None, id="co.uk-itself"),
        pytest.param("https://alice.github.io/", None, id="alice.github.io-is-never-github"),
        pytest.param("https://www.bob.github.io/", "bob.github.io", id="bob.github.io"),
        pytest.param("https://github.io/", None, id="github.io-itself"),
        pytest.param("https://gist.github.com/", "github.com", id="github.com"),
        pytest.param("https://www.paper.de.com/", "paper.de.com", id="de.com"),
        pytest.param("https://other.de.com/", None, id="other-de.com"),
        pytest.param("https://de.com/", None, id="de.com-itself"),
        pytest.param("https://www.gov.uk/a", "www.gov.uk", id="www-under-a-suffix"),
        pytest.param("https://other.gov.uk/a", None, id="other-gov.uk"),
        pytest.param("https://a.news.example/", "news.example", id="suffix-not-on-the-list"),
        pytest.param("HTTPS://WWW.BILD.DE/sport", "bild.de/sport", id="upper-case"),
        pytest.param("https://bild.de./sport", "bild.de/sport", id="trailing-dot"),
        pytest.param("https://bild.de:8443/sport", "bild.de/sport", id="port"),
        pytest.param("https://bild.de:/sport", "bild.de/sport", id="empty-port"),
        pytest.param("https://user:secret@bild.de/a", "bild.de", id="user-info"),
        pytest.param("https://bild.de@other.example/", None, id="user-info-like-a-host"),
        pytest.param("https://a@b@bild.de/", "bild.de", id="user-info-with-an-at"),
        pytest.param("https://bild.de\\@other.example/", "bild.de", id="backslash-before-an-at"),
        pytest.param("https://xn--sddeutsche-9db.de/", "xn--sddeutsche-9db.de", id="punycode"),
        pytest.param("https://XN--SDDEUTSCHE-9DB.de/", "xn--sddeutsche-9db.de", id="punycode-upper-case"),
        pytest.param("https://m.süddeutsche.de/", "xn--sddeutsche-9db.de", id="unicode"),
        pytest.param("https://SÜDDEUTSCHE.DE/", "xn--sddeutsche-9db.de", id="unicode-upper-case"),
        pytest.param("https://su\u0308ddeutsche.de/", "xn--sddeutsche-9db.de", id="unicode-decomposed"),
        pytest.param("https://faß.de/", "xn--fa-hia.de", id="sharp-s"),
        pytest.param("https://fass.de/", None, id="sharp-s-is-not-ss"),
        pytest.param("https://www.алло.рф/", "xn--80awam.xn--p1ai", id="cyrillic"),
        pytest.param("https://bild。de。/", "bild.de", id="ideographic-dot"),
        pytest.param("https://ｂｉｌｄ.de/", "bild.de", id="full-width"),  # noqa: RUF001 - the point
        pytest.param("bild.de", "bild.de", id="bare-host"),
        pytest.param("  bild.de\n", "bild.de", id="blanks-around"),
        pytest.param("WWW.bild.de:443/sport/a?b", "bild.de/sport", id="bare-host-port-and-path"),
        pytest.param("//bild.de/sport", "bild.de/sport", id="without-scheme"),
        pytest.param("http://192.0.2.1/sport", None, id="ipv4"),
        pytest.param("192.0.2.1:80", None, id="ipv4-bare"),
        pytest.param("http://[2001:db8::1]/", None, id="ipv6"),
        pytest.param("http://[2001:db8::1]:8080/", None, id="ipv6-port"),
        pytest.param("http://[::ffff:192.0.2.1]/", None, id="ipv6-with-v4"),
        pytest.param("http://localhost:8000/", None, id="one-label"),
        pytest.param("https://de/", None, id="a-top-level-domain"),
        pytest.param("https://bild.de/" + "a" * 100_000, "bild.de", id="100-kB-in-one-segment"),
        pytest.param("https://bild.de/sport" + "/a" * 50_000, "bild.de/sport", id="100-kB-of-path"),
        pytest.param("https://bild.de/sport?" + "a=b&" * 25_000, "bild.de/sport", id="100-kB-of-query"),
        pytest.param("https://" + "a" * 100_000 + "@bild.de/", "bild.de", id="100-kB-of-user"),
        pytest.param("https://bild.de/\x00\x01", "bild.de", id="control-characters"),
    ],
)
def test_closest_domain(url, key):
    """
    R21: the longest matching host and path prefix wins, down to the registered domain.
    """
    assert key == matched(url)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("https://", id="empty-host"),
        pytest.param("https:///sport", id="empty-host-and-path"),
        pytest.param("https:///bild.de", id="host-as-a-path"),
        pytest.param("/sport", id="only-a-path"),
        pytest.param("https://user@/sport", id="empty-host-and-user"),
        pytest.param("https://:80/", id="empty-host-and-port"),
        pytest.param("https://./", id="dot"),
        pytest.param("https://.bild.de/", id="leading-dot"),
        pytest.param("https://bild..de/", id="two-dots"),
        pytest.param("https://bild.de../", id="two-trailing-dots"),
        pytest.param("https://bild.de:port/", id="port-in-letters"),
        pytest.param("https://bild .de/", id="blank-inside"),
        pytest.param("https://bi\x00ld.de/", id="nul"),
        pytest.param("https://\ud800.de/", id="surrogate"),
        pytest.param("https://bild.de/\ud800", id="surrogate-in-the-path"),
        pytest.param("https://-bild.de/", id="leading-hyphen"),
        pytest.param("https://" + "a" * 64 + ".de/", id="long-label"),
        pytest.param("https://" + "a." * 127 + "de/", id="long-host"),
        pytest.param("https://" + "ü" * 100_000 + ".de/", id="100-kB-of-host"),
        pytest.param("https://[bild.de]/", id="brackets"),
        pytest.param("https://[::1/", id="open-bracket"),
        pytest.param("https://bild%2Ede/", id="percent-in-the-host"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("javascript://bild.de/%0Aalert(1)", id="javascript-like-a-url"),
        pytest.param("mailto:joe@bild.de", id="mailto"),
        pytest.param("joe@bild.de", id="mail-address"),
        pytest.param("ftp://bild.de/", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("data:text/html,bild.de", id="data"),
        pytest.param("blob:https://bild.de/a", id="blob"),
        pytest.param("urn:isbn:1", id="urn"),
        pytest.param("what bild.de says", id="words"),
        pytest.param("<a href='https://bild.de'>", id="markup"),
    ],
)
def test_no_address(text):
    """
    A text that is neither the URL of a web page nor a host is rejected.
    """
    with pytest.raises(ValueError, match=r"\w"):
        parse_address(text)


ASCII_HOSTS = st.lists(st.sampled_from(["www", "m", "bild", "a-b", "co", "github", "gov"]), min_size=1, max_size=4)
DOMAINS = st.builds(
    lambda labels, end, path: ".".join([*labels, end]) + path,
    ASCII_HOSTS,
    st.sampled_from(["de", "uk", "io", "co.uk", "example"]),
    st.lists(st.text(max_size=5), max_size=4).map(lambda segments: "".join(f"/{segment}" for segment in segments)),
)


@given(DOMAINS)
def test_a_domain_on_record_is_found_by_itself(domain):
    """
    A domain that can be recorded is the closest key of the page at this address and of a page below it.
    """
    try:
        key = domain_key(domain)
    except ValueError:
        return

    assert key == next(parse_address(f"https://{key}").keys())
    assert key in parse_address(f"http://WWW.{key}/below?a#b").keys()  # noqa: SIM118 - no dict


@given(st.text() | DOMAINS | DOMAINS.map("https://{}".format))
@example("//[")
@example("https://xn--a.xn--/")
def test_any_text(text):
    """
    Any text is an address or rejected; an address has few keys, and each one that can be recorded is in normal form.
    """
    try:
        keys = list(parse_address(text).keys())
    except ValueError:
        return

    assert len(keys) <= HOST_LABELS * (PATH_SEGMENTS + 1)
    assert all(domain_key(key) in keys for key in keys if len(key) <= DOMAIN_LENGTH)
    assert all(key.isascii() for key in keys)


@given(st.text(max_size=50))
def test_path_in_normal_form(path):
    """
    The normal form of a path is its own normal form.
    """
    try:
        segments = path_segments(path)
    except ValueError:
        return

    assert segments == path_segments("/".join(segments))


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("a.b.bild.de", "bild.de"),
        ("bbc.co.uk", "bbc.co.uk"),
        ("a.b.ck", "a.b.ck"),
        ("www.ck", "www.ck"),
        ("b.ck", None),
        ("a.city.kawasaki.jp", "city.kawasaki.jp"),
        ("alice.github.io", "alice.github.io"),
        ("github.io", None),
        ("xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("xn--55qx5d.cn", None),
        ("de", None),
    ],
)
def test_registered_domain(name, registered):
    """
    R21: the registered domain follows the public suffix list with its wildcards, exceptions and private section.
    """
    assert registered == registered_domain(name)


@pytest.mark.parametrize("domain", ["co.uk", "github.io", "DE.COM.", "github.io/alice", "公司.cn", "b.ck"])
def test_public_suffix_is_no_domain_of_an_outlet(domain):
    """
    R21: a public suffix cannot be recorded as a domain.
    """
    with pytest.raises(ValueError, match="suffix"):
        domain_key(domain)


def test_www_under_a_public_suffix():
    """
    R21: `www` is dropped, except where it is itself the registered domain.
    """
    assert ["www.gov.uk", "bild.de", "www.de"] == [
        domain_key(host) for host in ("WWW.gov.uk.", "www.bild.de", "www.de")
    ]


@pytest.mark.parametrize("domain", ["bild.de/a?b", "bild.de/a#b", "a." * 8 + "de", "bild.de" + "/a" * 7])
def test_domain_that_no_page_could_match(domain):
    """
    A domain with a query, or deeper than the lookup goes, is rejected.
    """
    with pytest.raises(ValueError, match="omain"):
        domain_key(domain)
