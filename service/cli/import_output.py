"""Show an import: its progress bar, its rejected lines, and the file of results."""

from __future__ import annotations

from collections import Counter
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.cli.rejections import Rejections
from service.transfer.lines import LineResult, LineStatus
from service.transfer.results import as_ndjson


class ImportOutput:
    """The output of an import, which counts, prints and stores the results of its lines."""

    def __init__(self, results: IO[str] | None) -> None:
        self.counts = Counter(dict.fromkeys(LineStatus, 0))
        """The number of lines by status."""
        self._results = results
        """The file that the result of each line is written to; None for no file."""
        self._console = Console(stderr=True)
        self._rejections = Rejections(self._console)

    def progress(self) -> Progress:
        """Return a progress bar. Each of its tasks needs a field `lines`, the number of lines so far."""
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[lines]:,} lines"),
            TimeRemainingColumn(),
            console=self._console,
        )

    def show(self, result: LineResult) -> None:
        """Count the result of a line, print its error and warnings, and write it to the file of results."""
        self.counts[result.status] += 1
        self._rejections.show(result)
        if self._results is not None:
            self._results.write(as_ndjson([result]))

    def end(self) -> None:
        """Print the number of errors that were not printed one by one."""
        self._rejections.summarise()
