"""What the environment says that gunicorn has to know before it imports the application."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PREFIX = "BORNEOUT_"

_DATA_DIR = "var"
_DRAIN = "1"
_LONGEST_DRAIN = 300.0


def find_data_dir(env: Mapping[str, str]) -> Path:
    """Where the data is.

    >>> find_data_dir({"BORNEOUT_DATA_DIR": "/srv/borneout"})
    PosixPath('/srv/borneout')
    """
    return Path(env.get(PREFIX + "DATA_DIR") or _DATA_DIR).absolute()


def drain_seconds(env: Mapping[str, str]) -> float:
    """How long requests are still taken after it was said that the service stops.

    Raises:
        ValueError: It is not a number of seconds from 0 to 300.

    >>> drain_seconds({"BORNEOUT_DRAIN": "2.5"}), drain_seconds({})
    (2.5, 1.0)
    """
    text = env.get(PREFIX + "DRAIN") or _DRAIN
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= _LONGEST_DRAIN:
        raise ValueError(f"{PREFIX}DRAIN must be a number of seconds from 0 to {_LONGEST_DRAIN:.0f}, not {text!r}")
    return seconds
