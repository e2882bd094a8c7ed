from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.values.topics import TOPIC_LENGTH, is_within, lineage, topic_path

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
paths = st.lists(names, min_size=1, max_size=6).map("/".join)


@pytest.mark.parametrize(
    "spelling",
    [
        "football/transfer news",
        "  Football / Transfer \t News\n",
        "FOOTBALL/TRANSFER  NEWS",
        "\uff46ootball\uff0ftransfer\u3000news",
    ],
)
def test_one_normal_form(spelling):
    """
    Case, width and blanks in and around names make no difference to a topic (R21b).
    """
    assert "football/transfer news" == topic_path(spelling)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        " ",
        "/",
        "a/",
        "/a",
        "a//b",
        "a/ /b",
        "a/b/c/d/e/f",
        "x" * 101,
        f"a/{'x' * 101}",
        ".",
        "a/..",
        "a\uff0f\uff0fb",
    ],
)
def test_bad_paths(bad):
    """
    A topic has 1 to 5 names of 1 to 100 characters, and none of them changes the address of its page (R21b).
    """
    with pytest.raises(ValueError, match="name"):
        topic_path(bad)


def test_longest_path():
    """
    Five names of 100 characters are a topic (R21b).
    """
    longest = "/".join(["x" * 100] * 5)

    assert (TOPIC_LENGTH, longest) == (len(longest), topic_path(longest.upper()))


@given(paths)
def test_normal_form_is_stable(text):
    """
    The normal form of a normal form is itself, so a topic of a response can be sent again (R21b).
    """
    try:
        topic = topic_path(text)
    except ValueError:
        return

    assert topic == topic_path(topic)
    assert 1 <= len(lineage(topic)) <= 5


@given(st.lists(st.sampled_from(["a", "b", "a-b", "a0"]), min_size=1, max_size=5), st.integers(1, 5))
def test_a_topic_is_within_those_above_it(parts, depth):
    """
    A topic is within itself and each topic above it, and within no other (R21b).
    """
    topic = "/".join(parts)

    assert all(is_within(topic, scope) for scope in lineage(topic))
    assert is_within(topic, "/".join(parts[:depth]))
    assert not is_within(topic, f"{parts[0]}x")
    assert not is_within(topic, f"{topic}/a")
    assert not is_within(None, topic)
