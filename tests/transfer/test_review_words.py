"""The names of ratings and speakers, and the dates, that reviews have"""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from service.transfer.claimreview.dates import read_date
from service.transfer.claimreview.linked import find_reviews
from service.transfer.claimreview.node import clean
from service.transfer.claimreview.ratings import TABLE_SIZE, Rating, plain, read_rating
from service.transfer.claimreview.speakers import is_placeholder, site_of
from service.values.vocabulary import Verdict
from tests.support.reviews import review


def read(name=None, value=None, best=None, worst=None):
    """Return the verdict and the truth of a rating."""
    return read_rating(Rating(name, value, best, worst))[:2]


def test_table():
    """
    The table has over a thousand names, none of them in two classes.
    """
    table = tomllib.loads(resources.files("service.transfer.claimreview").joinpath("ratings.toml").read_text("utf-8"))
    classes = {}
    for group in table["class"]:
        for names in group.values():
            for name in names if isinstance(names, list) else ():
                classes.setdefault(plain(name), set()).add(group["name"])

    assert {} == {name: found for name, found in classes.items() if len(found) > 1}
    assert TABLE_SIZE == len(classes) > 1000


@pytest.mark.parametrize(
    "name",
    [
        *("FALSE", "false.", "Rating: False. It is old", "False: the photo is from 2015", "Not true", "Pants on Fire!"),
        *("Falsch", "FALSCH. Das Foto ist alt.", "Das ist falsch", "Stimmt nicht", "Frei erfunden"),
        *(
            "Faux",
            "C\u2019est faux",
            "Infox",
            "Falso",
            "Es falso",
            "Bulo",
            "É falso",
            "FAKE",
            "#Fake",
            "Fake-News",
        ),
        *(
            "Bufala",
            "Panzana pazzesca",
            "Pimenta na Língua",
            "False, misleading",
            "Falso/Engañoso",
            "False \u2013 it was staged",
        ),
    ],
)
def test_false_names(name):
    """
    A name means the same in any case, with any accents and punctuation, and with a sentence after it.
    """
    assert (Verdict.FALSE, None) == read(name)


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        *(
            ("Mostly True", 0.75),
            ("Größtenteils richtig", 0.75),
            ("Plutôt vrai", 0.75),
            ("C'eri quasi", 0.75),
        ),
        *(
            ("Verdadeiro, mas\u2026", 0.75),
            ("Half True", 0.5),
            ("Nì", 0.5),
            ("Teilweise falsch", 0.5),
            ("True and false", 0.5),
        ),
        *(("Media verdad", 0.5), ("Mostly False", 0.25), ("Misleading", 0.25), ("Engañoso", 0.25), ("Trompeur", 0.25)),
    ],
)
def test_partial_names(name, truth):
    """
    A name between true and false has a truth of its own.
    """
    assert (Verdict.PARTIAL, truth) == read(name)


@pytest.mark.parametrize(
    "name", ["Unproven", "Missing context", "Satire", "Fehlender Kontext", "Sin pruebas", "False satire?"]
)
def test_names_without_verdict(name):
    """
    A name that says neither true nor false gives no verdict, and neither does one that is not in the table.
    """
    assert (None, None) == read(name) == read(name, "6", "8", "1")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (("4",), (Verdict.PARTIAL, 0.75)),
        (("4,5", "5", "1"), (Verdict.PARTIAL, 0.875)),
        (("5", "1", "5"), (Verdict.FALSE, None)),
        (("0", "1"), (Verdict.FALSE, None)),
        (("70", "100", "0"), (Verdict.PARTIAL, 0.7)),
        (("3", "4", "1"), (Verdict.PARTIAL, 2 / 3)),
        (("6", "8", "1"), (None, None)),
        (("-1", "-1", "-1"), (None, None)),
        (("0", "0", "0"), (None, None)),
        (("9", "5", "1"), (None, None)),
        (("1", "5", "5"), (None, None)),
        (("three", "5", "1"), (None, None)),
    ],
)
def test_numbers(number, expected):
    """
    A number alone is a part of the truth if its scale is a real one, and schema.org's from 1 to 5 if none is given.
    """
    assert expected == read(None, *number)


def test_number_with_unknown_name():
    """
    With a name that is not in the table, a number counts on the usual scales only, and not as the rank of a class.
    """
    assert (Verdict.FALSE, None) == read("The figures say otherwise", "1", "5", "1")
    assert (None, None) == read("Category four", "4", "6", "1") == read("Category four", "4", "8", "1")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Facebook posts",
            "Multiple sources",
            "Viral image",
            "Social media users",
            "X posts",
            "Bloggers",
            "Unknown",
            "-",
        ),
        *("Nutzer in sozialen Medien", "Facebook-Beitrag", "Mehrere Quellen", "Virales Bild", "WhatsApp-Kettenbrief"),
        *("Internautes", "Publications sur Facebook", "Plusieurs sources", "Image virale", "Réseaux sociaux"),
        *(
            "Publicaciones en Facebook",
            "Redes sociales",
            "Múltiples fuentes",
            "Imagen viral",
            "Cadena de WhatsApp",
        ),
        *(
            "Publicações no Facebook",
            "Usuários das redes sociais",
            "Várias fontes",
            "Corrente de WhatsApp",
        ),
        *("Post su Facebook", "Utenti social", "Fonti varie", "Immagine virale", "Video virale"),
    ],
)
def test_placeholders(name):
    """
    Words for unnamed people are a placeholder, in six languages (R9).
    """
    assert is_placeholder(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Daily Rumour",
            "The Post",
            "BILD",
            "Bild Online",
            "WEB.DE",
            "People",
            "The Source",
            "Channel 4 News",
            "La Voz",
        ),
        *("Il Post", "Donald Trump", "Meta", "Media Matters", "Foto Magazine", "Facebook Inc", "The Sun", "joe.co.uk"),
    ],
)
def test_names_of_outlets(name):
    """
    The name of an outlet is no placeholder, even if it consists of common words.
    """
    assert not is_placeholder(name)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.rumour.example/a", "rumour.example"),
        ("https://web.archive.org/web/2024/http://rumour.example/a", "rumour.example"),
        ("https://twitter.com/NASA/status/1", "x.com/NASA"),
        ("https://www.tiktok.com/@nasa/video/1", "tiktok.com/@nasa"),
        ("https://alice.substack.com/p/1", "alice.substack.com"),
        ("https://www.facebook.com/photo.php?fbid=1", None),
        ("https://www.youtube.com/watch?v=1", None),
        ("https://www.facebook.com/groups/1/posts/2", None),
        ("https://archive.ph/abcde", None),
        ("https://en.wikipedia.org/wiki/Bridge", None),
    ],
)
def test_sites(url, name):
    """
    A page belongs to its site or account, and never to the archive or the platform that shows it (R21).
    """
    site = site_of(url)

    assert name == (None if site is None else site.name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-02", "2024-03-02"),
        ("2024-03-02T10:00:00Z", "2024-03-02T10:00:00Z"),
        ("2024-03-02T10:00:00.123+01:00", "2024-03-02T09:00:00.123000Z"),
        ("2024-03-02T10:00:00", "2024-03-02"),
        ("2020-10-07 20:05", "2020-10-07"),
        ("20240302", "2024-03-02"),
        ("2024-02", "2024-02-29"),
        ("2024", "2024-12-31"),
        ("Sat, 02 Mar 2024 10:00:00 +0100", "2024-03-02T09:00:00Z"),
        ("2020/10/7", "2020-10-07"),
        ("October 7, 2020", "2020-10-07"),
        ("Wed, 7 Oct 2020", "2020-10-07"),
        *((text, None) for text in ("Xyz 7, 2020", "", "soon", "2024-13", "2024-02-30", "0000", "02/03/2024")),
    ],
)
def test_dates(text, expected):
    """
    A date is read in the formats of feeds; without a zone, only its day is known (R6a).
    """
    assert expected == read_date(text, is_end=True)


def test_markup():
    """
    Markup and entities are no part of a text.
    """
    assert "Says \u201c1 < 2\u201d & more" == clean("<p>Says &ldquo;1 &lt; 2&rdquo;</p><br/> &amp; more")


def test_expanded_form():
    """
    The members of a review are found in the expanded form of JSON-LD, too.
    """
    [item] = find_reviews(
        [{"@type": ["http://schema.org/ClaimReview"], "http://schema.org/claimReviewed": [{"@value": "It fell"}]}]
    )
    [plain_item] = find_reviews(review(claimReviewed="It fell"))

    assert "It fell" == item.text("claimReviewed") == plain_item.text("claimReviewed")
