"""The workbook of an import's rejected rows: what was wrong first, then the cells as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from luckygas.core import importing
from luckygas.core.models import ImportProblem, ImportRun


def escape_cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value


def write_rejects(run: ImportRun, target: Path) -> None:
    """Write the workbook into a folder that is there; rows beyond those kept in the report are counted at its end."""
    findings: dict[tuple[str, int], list[str]] = {}
    for found in run.problems.filter(severity=ImportProblem.Severity.ERROR):
        text = f"{found.column}: {found.problem} {found.remedy}".strip()
        findings.setdefault((found.sheet, found.row or 0), []).append(text)
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(str(_("rejected")))
    importer = importing.get(run.kind)
    line = 0
    if importer.rows_as_they_were is not None and Path(run.stored_as).exists():
        for (name, number), cells in importer.rows_as_they_were(Path(run.stored_as), set(findings)):
            said = " / ".join(findings.get((name, number), [])) if number else ""
            first = [said, name, number] if number else [_("what is wrong"), _("sheet"), _("row")]
            sheet.write_row(line, 0, [escape_cell(cell) for cell in [*first, *cells]])
            line += 1
    else:
        sheet.write_row(0, 0, [_("what is wrong"), _("sheet"), _("row")])
        for line, ((name, number), texts) in enumerate(sorted(findings.items()), start=1):
            sheet.write_row(line, 0, [escape_cell(" / ".join(texts)), escape_cell(name), number])
        line += 1
    if run.rejected > len(findings):
        text = _("%(count)d more rows were rejected; mend these and import the file again to see them.")
        sheet.write(line, 0, text % {"count": run.rejected - len(findings)})
    book.close()
