"""The text format of PostgreSQL's COPY, which escapes with backslashes instead of quotes."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_OPEN = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""An unescaped backslash at the end of a part, which escapes the separator after the part."""


def split_cells(line: str, separator: str) -> list[str]:
    r"""Return the cells of a line without escapes, split at unescaped separators.

    >>> split_cells(r"a\|b|c\\d|\N", "|")
    ['a|b', 'c\\d', '\\N']
    """
    if "\\" not in line:
        return line.split(separator)
    parts: list[str] = []
    for part in line.split(separator):
        if parts and _OPEN.search(parts[-1]):
            parts[-1] += separator + part
        else:
            parts.append(part)
    return [part if part == "\\N" else unescape(part) for part in parts]


def unescape(text: str) -> str:
    r"""Return a text in which backslash escapes are replaced with the characters that they encode.

    >>> unescape(r"a\tb\\n")
    'a\tb\\n'
    """
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), text)
