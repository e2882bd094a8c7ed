"""service.values.names and ids: normal forms, slugs and ids"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.ids import NAME_LENGTH, SLUG_LENGTH, is_slug, new_id, parse_id
from service.values.names import domain_key, fold, host_of, is_visible, name_key, shown_host, shown_name, slug_of

# One of each range of Default_Ignorable_Code_Point, and some that are frequent in files.
INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u180b\u180e\u180f\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u206f"
    "\u3164\ufe00\ufe0f\ufeff\uffa0\ufff0\U0001bca0\U0001d173\U000e0001\U000e0061\U000e0fff"
)
APOSTROPHES = (
    "\u0060\u00b4\u02b9\u02bb\u02bc\u02bd\u02c8\u055a\u05f3\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\ua78c\uff07"
)
QUOTES = "\u00ab\u00bb\u201c\u201d\u201e\u201f\u2033\u301d\uff02"
DASHES = "\u058a\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u2212\u2e3a\u301c\ufe58\ufe63\uff0d"
BLANKS = "\u00a0\u1680\u2003\u2009\u2028\u202f\u205f\u2800\u3000\t"
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "bild",
        "bild.",
        ".de",
        "bild..de",
        "bild.de..",
        "-bild.de",
        "bild-.de",
        "bild.de:443",
        "https://bild.de",
        "user@bild.de",
        "bild de",
        "192.0.2.1",
        "[2001:db8::1]",
        "a" * 64 + ".de",
        ".".join(["a" * 60] * 5),
        "bild.de/" + "a" * 500,
        "bild\u2028.de",
        "\ud800.de",
    ],
)
def test_domain_rejected(domain):
    """
    A text that is not a host name, or is too long, is rejected.
    """
    with pytest.raises(ValueError, match="omain"):
        domain_key(domain)


@pytest.mark.parametrize(
    ("domain", "key"),
    [
        ("bild.de", "bild.de"),
        (" WWW.Bild.DE./ ", "bild.de"),
        ("bild.de/Sport/", "bild.de/Sport"),
        ("m.bild.de", "m.bild.de"),
        ("www.de", "www.de"),
        ("www.www.bild.de", "bild.de"),
        ("wwwhat.de", "wwwhat.de"),
        ("Süddeutsche.de", "xn--sddeutsche-9db.de"),
        ("faß.de", "xn--fa-hia.de"),
        ("bild。de", "bild.de"),
        ("алло.рф", "xn--80awam.xn--p1ai"),
        ("alice.github.io", "alice.github.io"),
        ("twitter.com/FabrizioRomano", "twitter.com/FabrizioRomano"),
    ],
)
def test_domain_key(domain, key):
    """
    All spellings of a domain have one key; the case of the path is preserved.
    """
    assert key == domain_key(domain)


hosts = st.lists(st.sampled_from(["www", "WWW", "bild", "Süd", "a-b", "de", "x1"]), min_size=1, max_size=5).map(
    ".".join
)


@given(hosts | st.text(max_size=40) | st.tuples(hosts, st.text(max_size=20)).map("/".join))
def test_domain_key_is_stable(domain):
    """
    The normal form of a domain is stable, and any text raises only ValueError.
    """
    try:
        key = domain_key(domain)
    except ValueError:
        return

    assert key == domain_key(key)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("joe.co.uk", "joe.co.uk"),
        ("Joe.co.uk", "joe.co.uk"),
        ("WWW.Spiegel.de", "spiegel.de"),
        ("www.joe.co.uk.", "joe.co.uk"),
        (" https://www.bild.de/ ", "bild.de"),
        ("HTTP://Bild.de", "bild.de"),
        ("//bild.de", "bild.de"),
        ("bild.de:443", "bild.de"),
        ("m.faz.net", "faz.net"),
        ("amp.www2.faz.net", "faz.net"),
        ("mobile.nytimes.com", "nytimes.com"),
        ("sport.bild.de", "sport.bild.de"),
        ("amp.dev", "amp.dev"),
        ("m.co.uk", "m.co.uk"),
        ("www.gov.uk", "www.gov.uk"),
        ("9news.com.au", "9news.com.au"),
        ("Süddeutsche.de", "xn--sddeutsche-9db.de"),
        ("xn--sddeutsche-9db.de", "xn--sddeutsche-9db.de"),
        ("bild\u3002de", "bild.de"),
        ("bi\u200bld\u00ad.de", "bild.de"),
        ("алло.рф", "xn--80awam.xn--p1ai"),
        ("a_b.org", "a_b.org"),
        ("Herald.Example", "herald.example"),
    ],
)
def test_name_that_is_a_host(name, host):
    """
    R21a: an outlet named by its host is recognised in any spelling.
    """
    assert host == host_of(name)
    assert host == host_of(shown_host(host))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Sport Bild",
            "St. Pauli",
            "St.Pauli",
            "Dr. No",
            "B.Z.",
            "P.M.",
            "v1.0",
            "a.b",
            "Mr.Smith",
            "Node.js",
            "co.uk",
        ),
        *(
            "joe.co.uk/sport",
            "https://bild.de/a",
            "me@bild.de",
            "user:x@bild.de",
            "bild.de, Berlin",
            "192.0.2.1",
            "...",
            "",
        ),
    ],
)
def test_name_that_is_no_host(name):
    """
    A name with blanks, a path, a user or an unknown suffix is not a host.
    """
    assert host_of(name) is None


@given(st.text(max_size=60))
def test_host_of_any_name(name):
    """
    R21a: the host that a name is has one spelling, and any text is accepted.
    """
    if (host := host_of(name)) is not None:
        assert host == host_of(host) == host_of(shown_host(host)) == domain_key(host)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Sport Bild", "sport-bild"),
        ("Süddeutsche Zeitung", "suddeutsche-zeitung"),
        ("L'Équipe", "l-equipe"),
        ("Правда", "pravda"),
        ("--- A.B. ---", "a-b"),
        ("!!", ""),
        ("", ""),
        ("a" * 200, "a" * SLUG_LENGTH),
    ],
)
def test_slug_of(name, slug):
    """
    A slug contains the transliterated characters of a name.
    """
    assert slug == slug_of(name)


@given(st.text(max_size=300))
def test_slug_of_any_name(name):
    """
    The slug of any name is a valid slug, empty, or the spelling of an id.
    """
    slug = slug_of(name)

    assert slug == "" or is_slug(slug) or parse_id(slug)


@pytest.mark.parametrize("text", ["a", "sport-bild", "9news", "a" * SLUG_LENGTH])
def test_slug(text):
    """
    A slug consists of lower-case words and digits joined by single hyphens.
    """
    assert is_slug(text)


@pytest.mark.parametrize("text", ["", "-a", "a-", "a--b", "A", "ä", "a b", "a_b", "a\n", "a" * (SLUG_LENGTH + 1), ID])
def test_not_a_slug(text):
    """
    Other texts are not slugs, and neither are ids, which would be ambiguous.
    """
    assert not is_slug(text)


def test_id():
    """
    An id is parsed in its usual 36 characters, in either case, and in no other spelling.
    """
    assert ID == str(parse_id(ID)) == str(parse_id(ID.upper()))
    assert [None] * 4 == [parse_id(text) for text in (ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}", "a" * 36)]


def test_ids_sort_by_creation():
    """
    Ids sort by the time they were created, which settles ties between reports (R6).
    """
    ids = [new_id() for _ in range(50_000)]

    assert sorted(set(ids)) == ids
    assert {7} == {id_.version for id_ in ids}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Guardian", "  the  GUARDIAN "),
        ("Straße", "STRASSE"),
        ("Ｓｋｙ", "sky"),  # noqa: RUF001 - full-width on purpose
        ("Le\u00a0Monde", "le monde"),
        ("Caf\u0065\u0301", "café"),
        *(("L'Équipe", f"L{apostrophe}Équipe") for apostrophe in APOSTROPHES),
        *(('"Zeit"', f"{quote}Zeit{quote}") for quote in QUOTES),
        *(("Sport-Bild", f"Sport{dash}Bild") for dash in DASHES),
        ("Sport-Bild", "sport bild"),
        *(("Sport Bild", f"Sport{blank}Bild") for blank in BLANKS),
        *(("Sport Bild", f"Sp{mark}ort {mark}Bild{mark}") for mark in (*INVISIBLE, "\x07", "\x7f", "\x9f")),
    ],
)
def test_spellings_of_one_name(one, other):
    """
    R21a: case, width, composition, apostrophes, dashes, whitespace and invisible characters do not matter in a name.
    """
    assert name_key(one) == name_key(other)
    assert slug_of(one) == slug_of(other)


def test_accents_make_another_name():
    """
    R21a: accents matter in a name: El Pais and El País may be two outlets.
    """
    assert name_key("El Pais") != name_key("El País")


@given(st.text(max_size=NAME_LENGTH))
def test_key_of_any_name_fits_its_column(name):
    """
    The key of any name fits its column, although one character can fold into eighteen.
    """
    assert len(name_key(name)) <= NAME_LENGTH


@given(st.text(max_size=60))
def test_normal_form_is_stable(text):
    """
    R21a: the normal form is its own normal form, of texts and of names.
    """
    assert fold(text) == fold(fold(text))
    assert name_key(text) == name_key(name_key(text))
    assert shown_name(text) == shown_name(shown_name(text))


@given(st.lists(st.tuples(st.sampled_from("abéß"), st.sampled_from(["", *INVISIBLE]))))
def test_invisible_characters_between_letters(pairs):
    """
    R21a: invisible characters do not matter anywhere in a text, nor does how a name is displayed.
    """
    spelt = "".join(letter + invisible for letter, invisible in pairs)

    assert fold("".join(letter for letter, _ in pairs)) == fold(spelt)
    assert name_key(spelt) == name_key(shown_name(spelt))


@pytest.mark.parametrize(
    "text", ["", " ", "\u00a0\u3000", *INVISIBLE, "\x07", "\u2800", "\u0301", "\u200b\u0301 \ufe0f"]
)
def test_nothing_to_see(text):
    """
    R21a: whitespace, invisible characters and marks without a letter are not visible.
    """
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["a", ".", "\u200be\u0301", "\U0001f469\u200d\U0001f4bb", "-", "'"])
def test_something_to_see(text):
    """
    R21a: any letter, digit, sign or emoji is visible.
    """
    assert is_visible(text)
    assert fold(text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\ufeff Sport\u00a0 Kurier\u200e\n", "Sport Kurier"),
        ("So\u00adft", "Soft"),
        ("L\u2019Équipe \u2013 TV", "L\u2019Équipe \u2013 TV"),
        ("\u0645\u06cc\u200c\u062e\u0648", "\u0645\u06cc\u200c\u062e\u0648"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("a\u202eb", "ab"),
    ],
)
def test_displayed_name(name, shown):
    """
    R21a: a name keeps its spelling for display, without controls and extra whitespace.
    """
    assert shown == shown_name(name)
