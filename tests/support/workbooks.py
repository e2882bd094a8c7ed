"""Workbooks as bytes."""

from __future__ import annotations

import io
import zipfile

import openpyxl

HEADER = ["Outlet", "Claim ID", "claim", "Published At", "probability", "commitment", "outcome", "resolved_at"]


def workbook(*rows, before=()):
    """Return a workbook with these rows under the header; `before` are hidden or empty sheets before it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for number, state in enumerate(before):
        sheet.title, sheet.sheet_state = f"Sheet {number}", state
        if state != "visible":
            sheet.append(["other", "table"])
        sheet = book.create_sheet("Daten")
    for row in [HEADER, *rows]:
        sheet.append(row)
    book.active = len(before)
    return saved(book)


def saved(book):
    """Return the bytes of a workbook."""
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(data, name, change):
    """Return a workbook of which one entry is changed."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.namelist():
            archive.writestr(entry, change(source.read(entry)) if entry == name else source.read(entry))
    return target.getvalue()


def archive(**entries):
    """Return a ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name.replace("__", "/"), data)
    return target.getvalue()
