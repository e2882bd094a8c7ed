"""service.values.names and ids: normal forms, slugs and ids"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.ids import NAME_LENGTH, SLUG_LENGTH, is_slug, new_id, parse_id
from service.values.names import domain_key, looks_like_domain, name_key, slug_of

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


@pytest.mark.parametrize("name", ["joe.co.uk", "9news.com.au", "xn--sddeutsche-9db.de", "a_b.org"])
def test_looks_like_domain(name):
    """
    An outlet named by its host is recognised.
    """
    assert looks_like_domain(name)


@pytest.mark.parametrize(
    "name",
    ["Joe.co.uk", "www.joe.co.uk", "joe.co.uk/sport", "Sport Bild", "St. Pauli", "v1.0", "a.b", "joe.co.uk."],
)
def test_does_not_look_like_domain(name):
    """
    A name with capitals, spaces, a path or a final number is not a domain.
    """
    assert not looks_like_domain(name)


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
    ],
)
def test_spellings_of_one_name(one, other):
    """
    R21a: case, width, spacing and composition of accents do not matter in a name.
    """
    assert name_key(one) == name_key(other)


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
