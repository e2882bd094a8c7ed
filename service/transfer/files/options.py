"""The options of a file: its encoding, its locale, and the names of its columns."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from service.errors import FieldError, InvalidQuery
from service.transfer.files.columns import COLUMNS, name_key
from service.transfer.files.locales import LOCALES

DEFAULT_LIMIT = 1 << 30
"""The default maximum size of a file in bytes after unpacking (`BORNEOUT_MAX_IMPORT`)."""

FEED_LENGTH = 100

# Python codecs that are not character sets, or that interpret escapes.
_NOT_ENCODINGS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The options for reading a file. Use `parse` to check the options of a caller."""

    encoding: str | None = None
    """The encoding of the text; None to detect UTF-8 and UTF-16."""
    locale: str | None = None
    """The locale of numbers, dates and words, such as `de`; None for the notation of the API."""
    names: tuple[tuple[str, str], ...] = ()
    """Pairs of a column and its name in the file."""
    feed: str | None = None
    """The prefix for the `claim_id` of flat lines."""
    limit: int = DEFAULT_LIMIT
    """The maximum number of bytes after unpacking."""

    @classmethod
    def parse(
        cls,
        *,
        encoding: str | None = None,
        locale: str | None = None,
        names: Iterable[tuple[str, str]] = (),
        feed: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> FileOptions:
        """Return the options with normalised names of the encoding and the locale.

        Raises:
            InvalidQuery: Options have invalid values. The error lists all of them, with pointers such as `/encoding`.
        """
        given = tuple(names)
        errors = [*_check_encoding(encoding), *_check_locale(locale), *_check_names(given), *_check_feed(feed)]
        if errors:
            raise InvalidQuery.of(errors)
        return cls(
            encoding=None if encoding is None else codecs.lookup(encoding).name,
            locale=None if locale is None else _locale_key(locale),
            names=tuple((_column(column) or column, name) for column, name in given),
            feed=feed,
            limit=limit,
        )


def parse_name(text: str, separator: str) -> tuple[str, str]:
    """Return a column and its name in the file from a text such as `outlet=Quelle`.

    A text without the separator has an empty name, which `FileOptions.parse` rejects.

    >>> parse_name("outlet=Quelle", "="), parse_name("outlet:Quelle: Name", ":")
    (('outlet', 'Quelle'), ('outlet', 'Quelle: Name'))
    """
    column, _, name = text.partition(separator)
    return column.strip(), name.strip()


def _locale_key(locale: str) -> str:
    """Return the key in `LOCALES` for the name of a locale: `de` for `de_DE.UTF-8`."""
    language, _, region = locale.partition(".")[0].partition("@")[0].strip().replace("_", "-").partition("-")
    exact = f"{language.lower()}-{region.upper()}" if region else language.lower()
    return exact if exact in LOCALES else language.lower()


def _column(name: str) -> str | None:
    return next((column for column in COLUMNS if name_key(column) == name_key(name)), None)


def _check_encoding(encoding: str | None) -> list[FieldError]:
    if encoding is None:
        return []
    try:
        codec = codecs.lookup(encoding)
        "".encode(codec.name)  # raises LookupError for a codec that is not a text encoding
    except (LookupError, ValueError, UnicodeError):
        codec = None
    if codec is not None and codec.name.replace("_", "-") not in _NOT_ENCODINGS:
        return []
    return [_error("encoding", f"{encoding!r} is not a known encoding. Use one such as cp1252 or utf-16.")]


def _check_locale(locale: str | None) -> list[FieldError]:
    if locale is None or _locale_key(locale) in LOCALES:
        return []
    return [_error("locale", f"{locale!r} is not a supported locale. Use one of {', '.join(LOCALES)}.")]


def _check_names(names: tuple[tuple[str, str], ...]) -> list[FieldError]:
    errors = []
    seen: set[str] = set()
    for column, name in names:
        if _column(column) is None:
            known = ", ".join(COLUMNS)
            errors.append(_error("map", f"{column!r} is not a column of an import. Use one of {known}."))
        if not (key := name_key(name)):
            errors.append(
                _error("map", f"You mapped the column {column!r} without its name in the file. Add that name.")
            )
        elif key in seen:
            errors.append(_error("map", f"{name!r} is the name of two columns. Use it for one of them."))
        seen.add(key)
    return errors


def _check_feed(feed: str | None) -> list[FieldError]:
    if feed is None or (feed.strip() and len(feed) <= FEED_LENGTH and feed.isprintable()):
        return []
    return [_error("feed", f"The feed must have 1 to {FEED_LENGTH} printable characters.")]


def _error(option: str, detail: str) -> FieldError:
    return FieldError(pointer=f"/{option}", detail=detail, code="invalid")
