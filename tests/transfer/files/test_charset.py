"""service.transfer.files.charset and options: encodings, and what callers say about a file"""

from __future__ import annotations

import codecs
import re

import pytest

from service.errors import InvalidBody, InvalidQuery, MalformedJson, UnreadableFile
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions, parse_name
from tests.support.reading import Pipe, faults, form, read, values

TEXT = "outlet,claim\nMüller,Ça va – „ja“ 阿隆索\n"
ROW = {"outlet": "Müller", "claim": "Ça va – „ja“ 阿隆索"}
MARKS = {
    "utf-8": codecs.BOM_UTF8,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_byte_order_mark(encoding, size):
    """
    A byte order mark selects the encoding, however the bytes arrive, and in spite of a named one.
    """
    data = MARKS[encoding] + TEXT.encode(encoding)

    assert [(2, ROW)] == list(open_lines(Pipe(data, size), FileOptions(encoding="cp1252")))
    assert f"CSV, in {encoding.upper()}, separated by commas" == form(data)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TEXT, '{"outlet": "Müller", "claim": "Ça va – „ja“ 阿隆索"}', "outlet\nMüller\n"])
def test_utf16_without_a_mark(encoding, text):
    """
    UTF-16 without a mark is detected where every other byte is zero.
    """
    assert "Müller" == values(text.encode(encoding))[0]["outlet"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac_roman", "CP850", "windows-1252"])
def test_named_encoding(encoding):
    """
    A legacy encoding is read if the caller names it, in any spelling that Python knows.
    """
    assert [{"outlet": "Müller", "claim": "Ça va"}] == values(
        "outlet;claim\nMüller;Ça va\n".encode(encoding), encoding=encoding
    )


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "euc_jp"])
def test_named_multibyte_encoding(encoding):
    """
    Characters of several bytes are read, however the bytes arrive.
    """
    data = '[{"outlet": "日刊スポーツ"}]'.encode(encoding)

    assert [(1, {"outlet": "日刊スポーツ"})] == list(open_lines(Pipe(data, 1), FileOptions(encoding=encoding)))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "outlet;claim\nKicker;Müller wechselt.\n"),
        ("cp1252", "outlet;claim\nL'Équipe;Mbappé signe à Madrid, c'est fait.\n"),
        ("cp1252", "outlet;claim\nHerald;It’s done.\n"),
        ("cp1252", "outlet;claim\nHerald;The price is £5 – “for sure”.\n"),
        ("cp1252", "outlet;claim\nEl País;El niño llegará mañana.\n"),
        ("cp1252", "outlet;claim\nBlick;Zürich kauft Spieler.\n"),
        ("cp850", "outlet;claim\nKicker;Müller wechselt, die Brücke wird eröffnet.\n"),
        ("cp1250", "outlet;claim\nGazeta;Trener odejdzie w następnym tygodniu do Łodzi\n"),
        ("cp1251", "outlet;claim\nСпорт;Он переходит в клуб летом этого года\n"),
        ("cp932", "outlet,claim\n日刊スポーツ,彼は夏に移籍する。\n"),
        ("gb18030", "outlet,claim\n体坛周报,他将在夏天加盟俱乐部\n"),
    ],
)
def test_file_in_a_legacy_encoding(encoding, text):
    """
    A table that is not UTF-8 is refused in one sentence, which suggests its encoding.
    """
    with pytest.raises(UnreadableFile) as caught:
        read(text.encode(encoding))

    assert encoding == re.match(r"The file is not UTF-8\. It looks like ([\w-]+)[,.]", caught.value.detail)[1]


def test_bytes_of_unknown_encoding():
    """
    A table that is in no known encoding is refused too.
    """
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        read(b"outlet,claim\n\x81\xff\xfe,\x00\x81\n")


def test_row_that_is_not_utf8():
    """
    A few rows of a UTF-8 table that are not UTF-8 are errors by themselves.
    """
    lines = read(b"outlet,claim\n" + "Ä,b\n".encode() * 15 + b"\xe4,c\nD,e\n")

    assert [(17, InvalidBody)] == faults(lines)
    assert ["encoding"] == [place["code"] for place in lines[15][1].errors]
    assert (18, {"outlet": "D", "claim": "e"}) == lines[-1]


def test_line_of_json_that_is_not_utf8():
    """
    A line of NDJSON that is not UTF-8 is an error by itself.
    """
    lines = read(b'{"outlet": "A"}\n{"outlet": "\xe4"}\n{"outlet": "B"}\n')

    assert [(2, MalformedJson)] == faults(lines)
    assert "encoding" == lines[1][1].errors[0]["code"]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "shift_jis"])
def test_bytes_that_the_named_encoding_does_not_have(encoding):
    """
    A row with bytes that the named encoding does not have is an error by itself.
    """
    lines = read(b"outlet,claim\nA,b\n\x81\xff,c\nD,e\n", encoding=encoding)

    assert [(3, InvalidBody)] == faults(lines)
    assert "that are invalid in" in lines[1][1].detail


@pytest.mark.parametrize("data", [b"\xff\xfeo\0u", b"\xff\xfe\0\0\xff\xff\xff\xff"])
def test_utf16_that_is_cut_off(data):
    """
    A text that cannot be decoded further is refused.
    """
    with pytest.raises(UnreadableFile):
        read(data + b"x")


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"encoding": "no-such"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"encoding": "rot13"}, "encoding"),
        ({"encoding": "idna"}, "encoding"),
        ({"encoding": "unicode_escape"}, "encoding"),
        ({"encoding": "a\0b"}, "encoding"),
        ({"encoding": ""}, "encoding"),
        ({"encoding": "ü"}, "encoding"),
        ({"locale": "xx"}, "locale"),
        ({"locale": "en"}, "locale"),
        ({"locale": ""}, "locale"),
        ({"names": [("verdict", "Urteil")]}, "map"),
        ({"names": [("outlet", "")]}, "map"),
        ({"names": [("outlet", "A b"), ("topic", "a_B")]}, "map"),
        ({"feed": ""}, "feed"),
        ({"feed": " "}, "feed"),
        ({"feed": "a" * 101}, "feed"),
        ({"feed": "a\nb"}, "feed"),
    ],
)
def test_options_refused(given, option):
    """
    An invalid option is an error that names it.
    """
    with pytest.raises(InvalidQuery) as caught:
        FileOptions.parse(**given)

    assert [f"/{option}"] == [place["pointer"] for place in caught.value.errors]


@pytest.mark.parametrize(
    ("given", "locale"),
    [("de", "de"), ("DE", "de"), ("de_AT.UTF-8", "de"), ("pt-BR", "pt"), ("en_gb", "en-GB"), ("EN-us", "en-US")],
)
def test_spellings_of_a_locale(given, locale):
    """
    A locale can be spelt as systems spell it; a region without a notation of its own is that of its language.
    """
    assert locale == FileOptions.parse(locale=given).locale


def test_name_that_contains_the_separator():
    """
    Only the first separator ends the column.
    """
    assert ("outlet", "a=b") == parse_name("outlet=a=b", "=")
    assert ("outlet", "") == parse_name("outlet", "=")
