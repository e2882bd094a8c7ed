"""service.transfer.files.locales and cells: national notations"""

from __future__ import annotations

import pytest

from service.errors import InvalidBody
from service.schemas.lines import read_line
from service.transfer.files.locales import LOCALES
from service.transfer.files.notations import NOTATIONS, explain
from service.values.instants import parse_date_or_instant
from tests.support.reading import values

DATES = [
    ("de", "14.02.2024"),
    ("de", "14.2.24"),
    ("de", "14. 2. 2024"),
    ("de", "14. Februar 2024"),
    ("de", "14. Feb. 2024"),
    ("fr", "14/02/2024"),
    ("fr", "14 février 2024"),
    ("es", "14/02/2024"),
    ("es", "14 de febrero de 2024"),
    ("it", "14/02/2024"),
    ("it", "14 febbraio 2024"),
    ("pt", "14/02/2024"),
    ("pt", "14 de fevereiro de 2024"),
    ("nl", "14-2-2024"),
    ("nl", "14 februari 2024"),
    ("en-GB", "14/02/2024"),
    ("en-GB", "14 February 2024"),
    ("en-GB", "14-Feb-2024"),
    ("en-US", "2/14/2024"),
    ("en-US", "02/14/24"),
    ("en-US", "Feb 14, 2024"),
    ("en-US", "February 14th, 2024"),
]
MOMENTS = [
    ("de", "14.02.2024 10:30 MEZ", "2024-02-14T09:30:00"),
    ("de", "14.02.2024, 10:30 Uhr +01:00", "2024-02-14T09:30:00"),
    ("de", "14.07.2024 10:30:15 MESZ", "2024-07-14T08:30:15"),
    ("fr", "14/02/2024 10h30 CET", "2024-02-14T09:30:00"),
    ("it", "14/02/2024 10.30 UTC", "2024-02-14T10:30:00"),
    ("en-GB", "14/07/2024 10:30 BST", "2024-07-14T09:30:00"),
    ("en-US", "2/14/2024 3:30 PM EST", "2024-02-14T20:30:00"),
    ("en-US", "2/14/2024, 12:05:09 a.m. Z", "2024-02-14T00:05:09"),
]
WORDS = [
    ("de", "WAHR", "true"),
    ("de", "Falsch", "false"),
    ("de", "teilweise  wahr", "partial"),
    ("de", "nicht überprüfbar", "unverifiable"),
    ("fr", "VRAI", "true"),
    ("fr", "FAUX", "false"),
    ("es", "VERDADERO", "true"),
    ("es", "FALSO", "false"),
    ("it", "VERO", "true"),
    ("it", "FALSO", "false"),
    ("pt", "VERDADEIRO", "true"),
    ("pt", "FALSO", "false"),
    ("nl", "WAAR", "true"),
    ("nl", "ONWAAR", "false"),
    ("en-GB", "TRUE", "true"),
    ("en-US", "half true", "partial"),
    ("de", "false", "false"),
]


def cell(column, text, locale):
    """Return the value of a cell that is read with a locale."""
    return values(f"{column}\tclaim\n{text}\tx\n".encode(), locale=locale)[0][column]


@pytest.mark.parametrize(("locale", "text"), DATES)
def test_dates(locale, text):
    """
    A date as spreadsheets of a country write it is that date.
    """
    assert "2024-02-14" == cell("published_at", text, locale)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", ["2024-02-14", "2024/02/14", "2024.2.14"])
def test_dates_of_any_locale(locale, text):
    """
    A date that begins with the year is the same in every locale.
    """
    assert "2024-02-14" == cell("published_at", text, locale)
    assert "2024-02-14" == cell("published_at", text, None)


@pytest.mark.parametrize(
    "text", ["2024-02-14 00:00:00", "2024-02-14T00:00:00.000", "2024-02-14 00:00", "14.02.2024 00:00:00"]
)
def test_midnight_without_a_zone(text):
    """
    Midnight without a zone, which programs add to a date, is that date; any other time needs a zone.
    """
    assert "2024-02-14" == cell("published_at", text, "de")
    assert "2024-02-14 00:00:01" == cell("published_at", "2024-02-14 00:00:01", "de")


@pytest.mark.parametrize(("locale", "text", "moment"), MOMENTS)
def test_moments(locale, text, moment):
    """
    A date with a time and its zone is an instant.
    """
    assert f"{moment}+00:00" == parse_date_or_instant(cell("resolved_at", text, locale)).isoformat()


@pytest.mark.parametrize(
    "text", ["14.02.2024 10:30", "14.02.2024 10:30 XYZ", "31.02.2024", "14.13.2024", "2/14/2024", "14. Foo 2024"]
)
def test_dates_that_a_locale_does_not_have(text):
    """
    A moment without a zone, and a date that the calendar or the locale does not have, are rejected by their field.
    """
    with pytest.raises(ValueError, match="Not a"):
        parse_date_or_instant(cell("published_at", text, "de"))


@pytest.mark.parametrize("locale", ["de", "fr", "es", "it", "pt", "nl"])
def test_decimal_commas(locale):
    """
    Numbers have a decimal comma where the country writes one; a point is read too.
    """
    texts = ["0,5", "0.5", ",5", "50 %", "50,0%"]

    assert [0.5] * 5 == [cell("probability", text, locale) for text in texts]
    assert [0.5] * 5 == [cell("outcome", text, locale) for text in texts]
    assert 3 == cell("commitment", "3,0", locale)


@pytest.mark.parametrize(("locale", "text", "word"), WORDS)
def test_words(locale, text, word):
    """
    The words of a country for verdicts are those of the API.
    """
    assert word == cell("outcome", text, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_word_is_one_of_the_api(locale):
    """
    Every word of a locale means a verdict or a stance of the API, in lower case.
    """
    words = LOCALES[locale].words
    meanings = {"true", "false", "partial", "void", "unverifiable", "support", "deny", "query", "comment"}

    assert meanings == set(words.values())
    assert all(word == word.lower() for word in words)


EXPLAINED = [
    ("published_at", "14.02.2024", "national-date", "Write 2024-02-14, or set the locale de"),
    ("published_at", "02/14/2024", "national-date", "Write 2024-02-14, or set the locale en-US"),
    ("published_at", "03/04/2024", "national-date", "2024-04-03 or 2024-03-04"),
    ("resolved_at", "14. März 2024", "national-date", "Write 2024-03-14, or set the locale de"),
    ("published_at", "14.02.2024 10:30", "national-date", "has no time zone"),
    ("published_at", "2024-02-14 10:30", "no-zone", "no time zone"),
    ("resolved_at", "45336", "serial-date", "the number of a day"),
    ("resolved_at", "1707904800", "serial-date", "a number and not a date"),
    ("outcome", "PRAWDA", "national-word", "Write true."),
    ("outcome", "FALSKT", "national-word", "Write false."),
    ("published_at", 1707904800000, "serial-date", "is a number"),
    ("probability", "0,5", "decimal-comma", "Write 0.5, or set a locale"),
    ("outcome", "0,25", "decimal-comma", "Write 0.25"),
    ("outcome", "WAHR", "national-word", "Write true, or set the locale de"),
    ("outcome", "VRAI", "national-word", "Write true, or set the locale fr"),
    ("stance", "dementiert", "national-word", "Write deny, or set the locale de"),
]


@pytest.mark.parametrize(("column", "text", "code", "words"), EXPLAINED)
def test_national_cell_without_a_locale(column, text, code, words):
    """
    A cell in a national notation is rejected with what was found, what to write, and the locale that reads it.
    """
    line = {"outlet": "A", "claim_id": "1", "claim": "b", "published_at": "2024-02-14"} | {column: text}
    with pytest.raises(InvalidBody) as caught:
        read_line(line, feed=None)

    [place] = caught.value.errors
    assert (f"/{column}", code) == (place["pointer"], place["code"])
    assert words in place["detail"]
    assert code in NOTATIONS


@pytest.mark.parametrize(
    ("column", "value"),
    [("published_at", "never"), ("outcome", "maybe"), ("probability", 7), ("claim", "0,5"), ("x", "a")],
)
def test_cells_without_an_explanation(column, value):
    """
    A value in no known notation has the error of its field.
    """
    assert explain(column, value) is None
