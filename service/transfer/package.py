"""A stored export: a folder or a zip file with a data package description (Frictionless)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from service.errors import CannotRun
from service.storage.migrations import fingerprint
from service.transfer.export.folder import DESCRIPTION

_READ = 1 << 20  # bytes


class BadPackage(CannotRun):
    """The error for a folder or file that is not an intact export of this version."""


class Package:
    """A stored export that is open for reading."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_file():
            try:
                self._zip = zipfile.ZipFile(path)
            except zipfile.BadZipFile as exc:
                raise BadPackage(f"{path} is not a zip file. Give the folder or the zip file of an export.") from exc

    def close(self) -> None:
        """Close the zip file, if the export is one."""
        if self._zip is not None:
            self._zip.close()

    def check(self) -> None:
        """Check that the files are unchanged since the export, and that this version has the same tables.

        Raises:
            BadPackage: A file was changed, or the tables differ.
        """
        try:
            with self._open(DESCRIPTION) as file:
                described = json.load(file)
            schema = described["borneout"]["schema"]
            files = {str(each["path"]): str(each["hash"]) for each in described["resources"]}
        except (LookupError, TypeError, ValueError, FileNotFoundError) as exc:
            raise BadPackage(f"{self._path} is not a Borneout export: {DESCRIPTION} is missing or damaged.") from exc
        if schema != fingerprint():
            raise BadPackage(
                f"{self._path} was exported by a version with different tables. Restore it with that version, or load "
                "its outlets, claims, reports and resolutions with `borneout import`."
            )
        for name, expected in files.items():
            if name.startswith("tables/") and expected != f"sha256:{self._hash(name)}":
                raise BadPackage(f"{self._path} is damaged: {name} was changed after the export. Export again.")

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file in the export."""
        with self._open(name) as file:
            yield from file

    def _hash(self, name: str) -> str:
        try:
            with self._open(name) as file:
                digest = hashlib.sha256()
                while part := file.read(_READ):
                    digest.update(part)
        except (FileNotFoundError, zipfile.BadZipFile) as exc:
            raise BadPackage(f"{self._path} is damaged: {name} is missing or cannot be read. Export again.") from exc
        return digest.hexdigest()

    def _open(self, name: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        if self._zip is None:
            return (self._path / name).open("rb")
        try:
            return self._zip.open(name)
        except KeyError as exc:
            raise FileNotFoundError(name) from exc
