"""Print the rejected lines of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import Console

from service.errors import FieldError, ServiceError
from service.transfer.files.notations import NOTATIONS
from service.transfer.lines import LineResult


class Rejections:
    """Prints rejected lines and warnings. Errors in a notation that many cells share are printed once, then counted."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._first: dict[str, int] = {}
        """The code of each notation, with the line where it first occurred."""
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

    def summarize(self) -> None:
        """Print the number of further cells in each notation."""
        for code, count in self._more.items():
            cells = "cell was" if count == 1 else "cells were"
            self._print(f"{count:,} more {cells} rejected like the one on line {self._first[code]} ({code}).")

    def _new(self, number: int, error: ServiceError) -> Iterator[FieldError]:
        """Yield the places of an error, without those in a notation that was printed before."""
        for place in error.errors:
            if (code := place["code"]) in self._first:
                self._more[code] += 1
                continue
            if code in NOTATIONS:
                self._first[code] = number
            yield place

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
