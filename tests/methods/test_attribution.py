"""The source that a quote names"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.methods.attribution import read_attribution


@pytest.mark.parametrize(
    ("quote", "name"),
    [
        ("The club, according to Reuters, is broke.", "Reuters"),
        ("As reported by The New York Times on Monday, it opens.", "The New York Times"),
        ("According to a report in the Daily Mail, he left.", "Daily Mail"),
        ("According to U.S. News & World Report, rents rose.", "U.S. News & World Report"),
        ("It is over. Sky Sports News reports that he left.", "Sky Sports News"),
        ("Nach Informationen der Süddeutschen Zeitung geht er.", "Süddeutschen Zeitung"),
        ("Er bleibt, wie die Bild berichtet.", "Bild"),
        ("Bild zufolge bleibt er.", "Bild"),
        ("Según el diario AS, se va.", "AS"),
        ("Segundo o jornal A Bola, ele sai.", "A Bola"),
        ("Selon L'Équipe, il part.", "L'Équipe"),
        ("Secondo la Gazzetta dello Sport, va via.", "Gazzetta dello Sport"),
        ("Volgens De Telegraaf vertrekt hij.", "De Telegraaf"),
        ("According to joe.co.uk, he left.", "joe.co.uk"),
    ],
)
def test_name(quote, name):
    """
    A name is read before or after words for reporting, in several languages, without articles in small letters.
    """
    assert name == read_attribution(quote).name


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "He left.",
        "According to police, it burned.",
        "According to him, he left.",
        "5 per cent of Germans",
        "Wie geht es weiter?",
    ],
)
def test_no_source(quote):
    """
    Persons, officials and sentences without words for reporting name no source.
    """
    assert read_attribution(quote) is None


@given(st.text())
def test_any_text(quote):
    """
    Every text can be read.
    """
    found = read_attribution(f"According to {quote}")
    assert found is None or found.words
