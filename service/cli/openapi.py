"""Generate the API document and the list of problems."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from service.cli.shared import with_settings

if TYPE_CHECKING:
    from service.config import Settings

_FOLDER = Path("openapi")


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the files differ from the code.")
@with_settings
def openapi(settings: Settings, *, check: bool) -> None:
    """Write the API document into the folder openapi of the current directory."""
    from service.app import create_app
    from service.web.openapi import render_api, render_problems

    files = {
        _FOLDER / "openapi.json": render_api(create_app(settings)),
        _FOLDER / "problems.md": render_problems(),
    }
    if check:
        stale = [path.name for path, text in files.items() if _read(path) != text]
        if stale:
            raise click.ClickException(f"{', '.join(stale)} differs from the code; run `make openapi` and commit.")
        return
    _FOLDER.mkdir(exist_ok=True)
    for path, text in files.items():
        path.write_text(text)


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
