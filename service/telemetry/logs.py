"""Logs on standard error: one JSON object per line, with the request id and without API keys."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

SECRET = re.compile(r"bo_[A-Za-z0-9_-]{20,}", re.ASCII)
"""The pattern of API keys, which clients sometimes send in a path or another place that is logged."""
REDACTED = "bo_***"

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def formatter() -> logging.Formatter:
    """Return a formatter that writes log records of the standard library as JSON without API keys."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
            _without_secrets,
        ],
    )


def _without_secrets(_logger: Any, _name: str, line: Any) -> str:
    """Redact the API keys in a log line.

    >>> _without_secrets(None, "", '{"path": "/v1/keys/bo_0123456789abcdefghij"}')
    '{"path": "/v1/keys/bo_***"}'
    """
    return SECRET.sub(REDACTED, line)


def set_up_logs(level: int = logging.INFO) -> None:
    """Send all logs of this level or above to standard error."""
    # Imported late: gunicorn_conf.py imports this module before it sets the folder that prometheus_client reads.
    from service.telemetry.responses import RESPONSES  # noqa: PLC0415

    RESPONSES.stream = sys.stderr if level <= logging.INFO else None
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
