"""Spreadsheet cells with a formula that has an error or no result."""

from __future__ import annotations

from service.errors import InvalidBody
from service.transfer.files.locales import SPREADSHEET_ERRORS

NO_RESULT = "#FORMULA"
"""The text that replaces a cell with a formula that was never computed."""

FORMULA_ERRORS = SPREADSHEET_ERRORS | {NO_RESULT}
"""The texts of cells with a formula that has an error or no result."""


def formula_error(column: str, text: object) -> InvalidBody:
    """Return the error for a cell that contains one of `FORMULA_ERRORS`, or a formula itself."""
    if text == NO_RESULT:
        detail = "The cell has a formula without a result. Save the workbook in a spreadsheet, which computes it."
    elif str(text).startswith("="):
        detail = f"The cell contains the formula {str(text)[:60]!r}. Save the results of the formulas instead."
    else:
        detail = f"The cell contains {text}, the error of a formula. Correct the formula, or empty the cell."
    return InvalidBody.at(f"/{column}", detail, "cell-error")
