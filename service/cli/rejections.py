"""Print the rejected lines of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console

from service.errors import FieldError, ServiceError
from service.transfer.files.notations import NOTATIONS
from service.transfer.lines import LineResult


class Rejections:
    """A printer of rejected lines and warnings, which prints an error in a shared notation only once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._first: dict[str, int] = {}
        """The number of the line where each error in a notation first occurred, by error code."""
        self._more = Counter[str]()

    def show(self, result: LineResult) -> None:
        """Print the error and the warnings of a line."""
        if (error := result.error) is not None:
            texts = [
                f"{place['pointer'] or 'the line'}: {place['detail']}" for place in self._new(result.number, error)
            ]
            if texts or not error.errors:
                self._print(f"line {result.number} rejected ({error.name}): {' '.join(texts) or error.detail}")
        for warning in result.warnings:
            self._print(f"line {result.number} warning ({warning.code}): {warning.detail}")

    def summarise(self) -> None:
        """Print, for each error in a notation, the number of further cells that had it."""
        for code, count in self._more.items():
            cells = "cell was" if count == 1 else "cells were"
            self._print(f"{count:,} more {cells} rejected like the one on line {self._first[code]} ({code}).")

    def _new(self, number: int, error: ServiceError) -> Iterator[FieldError]:
        """Yield the places of an error, except where an error in a notation was printed before."""
        for place in error.errors:
            if (code := place["code"]) in self._first:
                self._more[code] += 1
                continue
            if code in NOTATIONS:
                self._first[code] = number
            yield place

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
