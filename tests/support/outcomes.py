"""What an import makes of a file, in one short text for each line."""

from __future__ import annotations

from service.errors import ServiceError
from service.schemas.lines import read_lines
from service.transfer.files.open import open_lines
from service.transfer.files.options import FileOptions


def outcomes(stream, **options):
    """Return a text for each line: what was read, or the places and codes of its error. A refused file has one text."""
    try:
        lines = read_lines(open_lines(stream, FileOptions.parse(**options)), feed=None)
        return [f"{line.number}: {_outcome(line.content)}" for line in lines]
    except ServiceError as error:
        return [error.detail]


def _outcome(content):
    if isinstance(content, ServiceError):
        return ", ".join(f"{place['pointer'] or 'line'} {place['code']}" for place in content.errors)
    resolution = content.resolution
    verdict = "open" if resolution is None else f"{resolution['verdict']} {str(resolution['known_at'])[:10]}"
    report = content.report
    return f"{report['outlet']['name']} {content.claim['external_id']} {str(report['published_at'])[:16]} {verdict}"
