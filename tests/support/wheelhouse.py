"""A folder of generated wheels that replaces the package index: those that a lock names, and later releases of them."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

LATER = "99999.0"
UNLOCKED = "not-in-any-lock"

_BLOCK = re.compile(r"^(?P<requirement>[\w.-]+(\[[\w,-]+\])?==.+?) \\\n(?P<rest>([ \t].*\n)+)", re.MULTILINE)
_REQUIRED_BY = re.compile(r"^    #(?: via|  ) +([\w.-]+)$", re.MULTILINE)


class Locked(NamedTuple):
    """A requirement in a lock, and the locked packages that require it."""

    requirement: Requirement
    required_by: list[str]

    @property
    def version(self) -> str:
        return str(self.requirement.specifier).removeprefix("==")

    @property
    def without_pin(self) -> str:
        """The requirement as other packages state it: with its extras and marker, but any version."""
        unpinned = Requirement(str(self.requirement))
        unpinned.specifier = unpinned.specifier.__class__()
        return str(unpinned)


def read_lock(path: Path) -> list[Locked]:
    """Return the requirements of a lock that uv wrote."""
    return [
        Locked(Requirement(block["requirement"]), _REQUIRED_BY.findall(block["rest"]))
        for block in _BLOCK.finditer(path.read_text())
    ]


def fill(folder: Path, lock: list[Locked], *, keep_extras: bool, unlocked_dependency: bool) -> Path:
    """Build the wheels that a lock names, a later release of each with an extra, and a lock with their hashes.

    The wheels require each other as in the comments of the lock.

    Args:
        folder: An empty folder for the wheels and the lock.
        lock: The requirements of the real lock.
        keep_extras: Whether the new lock names the extras too.
        unlocked_dependency: Whether each wheel also requires a package that is not in the lock.

    Returns:
        The path of the new lock.
    """
    requires = defaultdict(list)
    for locked in lock:
        for name in locked.required_by:
            requires[name].append(locked.without_pin)
        if unlocked_dependency:
            requires[locked.requirement.name].append(UNLOCKED)
    lines = []
    for locked in lock:
        name, extras = locked.requirement.name, sorted(locked.requirement.extras)
        pinned = _make_wheel(folder, name, locked.version, requires[name], extras)
        if extras:
            _make_wheel(folder, name, LATER, requires[name], extras)
        named = str(locked.requirement) if keep_extras else re.sub(r"\[.*?\]", "", str(locked.requirement), count=1)
        lines.append(f"{named} --hash=sha256:{hashlib.sha256(pinned.read_bytes()).hexdigest()}\n")
    _make_wheel(folder, UNLOCKED, LATER, [], [])
    path = folder / "lock.txt"
    path.write_text("".join(lines))
    return path


def _make_wheel(folder: Path, name: str, version: str, requires: list[str], extras: list[str]) -> Path:
    stem = f"{re.sub(r'[-_.]+', '_', name)}-{version}"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires] + [
        f"Provides-Extra: {extra}" for extra in extras
    ]
    files = {
        "METADATA": "\n".join(metadata) + "\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(f"{stem}.dist-info/{file}", text)
        record = "".join(f"{stem}.dist-info/{file},,\n" for file in (*files, "RECORD"))
        wheel.writestr(f"{stem}.dist-info/RECORD", record)
    return path
