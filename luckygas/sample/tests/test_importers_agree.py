"""The importers' readers find the planted faults, each in its cell, and nothing else."""

import datetime as dt

import pytest

from customers.sheets import client, headings, plan, supplement
from customers.sheets.cells import Cells
from customers.sheets.reader import open_workbook, rows
from luckygas.sample.places import STREETS_OF
from luckygas.sample.tests import books

AREAS = {area: key for key, area in enumerate(STREETS_OF)}
NEAR = dt.date(2026, 11, 23)


def findings(path, columns, parse, **options):
    """{(sheet, row, column, rejects)} of every finding in a workbook."""
    found = set()
    with open_workbook(path) as workbook:
        for sheet in workbook.sheets:
            stream = rows(sheet)
            places = headings.find(next(stream).cells, columns, **options)
            assert not places.missing
            for row in stream:
                cells = Cells(row.number, row.cells, places.columns)
                parse(cells)
                found |= {(sheet.name, f.row, f.column, f.rejects) for f in cells.findings}
    return found


def planted(directory, name, *, but=()):
    return {
        (m["工作表"], int(m["列"]), m["欄位"], m["程度"] == "拒收")
        for m in books.mistakes(directory)
        if m["檔案"] == name and m["問題"] not in but
    }


def test_the_client_list(small):
    found = findings(
        small / "客戶資料.xlsx",
        client.COLUMNS,
        lambda cells: client.parse(cells, AREAS),
        blank=client.BLANK_HEADINGS,
    )
    assert found == planted(small, "客戶資料.xlsx", but=["客戶編號和上一列重複"])


def test_the_residential_plan(small):
    tag = ""

    def parse(cells):
        nonlocal tag
        if plan.is_subtotal(cells.first(5)):
            return
        tag = cells.raw(plan.DATE) or tag
        plan.parse(cells, AREAS, tag=tag, near=NEAR)

    assert findings(small / "住家計畫.xlsx", plan.HEADINGS, parse) == planted(small, "住家計畫.xlsx")


def test_the_supplement(small):
    found = findings(small / "補充資料.xlsx", supplement.HEADINGS, supplement.parse)
    assert found == planted(small, "補充資料.xlsx", but=["沒有這個客戶"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_seed_has_the_same_faults(tmp_path, seed):
    from luckygas.sample import company

    list(company.write(tmp_path, seed, 0.02, dt.date(2026, 11, 22)))
    found = findings(tmp_path / "補充資料.xlsx", supplement.HEADINGS, supplement.parse)
    assert found == planted(tmp_path, "補充資料.xlsx", but=["沒有這個客戶"])
    assert len(found) == 10
