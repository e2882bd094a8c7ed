"""Read the settings that are needed before the application is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PREFIX = "BORNEOUT_"
PORT = "PORT"

_DATA_DIR = "var"
_DRAIN = "1"
_LONGEST_DRAIN = 300.0
_PORT = "8000"


class Variable(NamedTuple):
    """An environment variable that is set, with its value."""

    name: str
    value: str

    @property
    def is_ours(self) -> bool:
        return self.name.startswith(PREFIX)


def find_variable(env: Mapping[str, str], name: str) -> Variable | None:
    """Return the set variable with the prefix `BORNEOUT_`, or else without it; None if neither is set.

    >>> find_variable({"DATABASE_URL": "postgresql://h/b", "BORNEOUT_DATABASE_URL": ""}, "DATABASE_URL")
    Variable(name='DATABASE_URL', value='postgresql://h/b')
    """
    variables = (Variable(variable, env.get(variable, "")) for variable in (PREFIX + name, name))
    return next((variable for variable in variables if variable.value), None)


def find_data_dir(env: Mapping[str, str]) -> Path:
    """Return the absolute path of the data directory, which holds the database, sockets and metrics.

    >>> find_data_dir({"BORNEOUT_DATA_DIR": "/srv/borneout"})
    PosixPath('/srv/borneout')
    """
    return absolute_path(Path(env.get(PREFIX + "DATA_DIR") or _DATA_DIR))


def absolute_path(path: Path) -> Path:
    """Return a path as an absolute one. `~` is the home directory, as in a shell."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # unknown user
        return path.absolute()


def find_port(env: Mapping[str, str]) -> int:
    """Return the port that the service listens on.

    Raises:
        ValueError: The variable is not a number from 1 to 65535.

    >>> find_port({"PORT": "80"}), find_port({})
    (80, 8000)
    """
    text = env.get(PORT) or _PORT
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f"{PORT} must be a number from 1 to 65535, not {text!r}")
    return int(text)


def drain_seconds(env: Mapping[str, str]) -> float:
    """Return the number of seconds for which a stopping service still accepts requests.

    Raises:
        ValueError: The variable is not a number of seconds from 0 to 300.

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
