"""Plain English: phrases that no text of the project uses"""

from __future__ import annotations

from pathlib import Path

import pytest

import service
from service.errors import problem_types
from service.web.openapi import explain
from tests.support.odd_english import ODD_IN_DOCUMENT, document_texts, odd_phrase, texts_of

pytestmark = pytest.mark.sqlite_alone  # texts do not depend on the database

ROOT = Path(service.__file__).parent


def sources():
    """Return the Python files of the service."""
    return sorted(ROOT.rglob("*.py"))


def test_document(shared_world):
    """
    No text of the API document, and no explanation of a problem, uses an odd phrase.
    """
    texts = [*document_texts(shared_world.app.extensions["document"])]
    texts += [(kind.name, f"{kind.title}. {explain(kind)}") for kind in problem_types()]

    assert len(texts) > 800
    assert [] == [(where, text) for where, text in texts if ODD_IN_DOCUMENT.search(text)]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_sources(path):
    """
    No docstring, comment, log event or error message of the service uses an odd phrase.
    """
    found = {text: odd_phrase(text) for text in texts_of(path.read_text())}

    assert {} == {text: phrase for text, phrase in found.items() if phrase}


@pytest.mark.parametrize("text", ["What the key may do.", "Get how often it was right", "Whoever does so vouches."])
def test_odd_english_is_found_in_documents(text):
    """
    The check finds former sentences of the API document.
    """
    assert ODD_IN_DOCUMENT.search(text)


@pytest.mark.parametrize(
    "source",
    [
        '"""Nobody is refused."""',
        'log.info("Redis hears of it")',
        'raise NotFound("What a key may do is not known.")',
        "x = 1  # it goes on",
    ],
)
def test_odd_english_is_found_in_sources(source):
    """
    The check finds odd phrases in docstrings, log events, error messages and comments.
    """
    assert any(odd_phrase(text) for text in texts_of(source))
