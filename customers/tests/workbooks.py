"""Small workbooks written for a test: synthetic people, real shapes."""

from pathlib import Path

import xlsxwriter

from customers.sheets import client, plan, supplement

CLIENT = {
    "客戶": 1400103,
    "電子發票抬頭": "幸福小館有限公司",
    "客戶簡稱": "幸福小館",
    "地址": "臺東縣臺東市中山路123號",
    "計價方式": "桶裝",
    "結帳方式": "現金",
    "區域": "A-瑞光",
    "1汽車/2機車/0全部": 1,
}
VISIT = {"日期標記": "0701三", "序號": 1, "客戶編號": 2000001, "客戶名稱": "林宜蓁", "20": 1}


def _write(path: Path, sheets: dict[str, list[list]]) -> Path:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if value not in ("", None):
                        sheet.write(number, column, value)
    return path


def client_workbook(path: Path, *customers: dict, leave_out: str = "") -> Path:
    """The client workbook with these rows; each dict changes the sample customer."""
    rows = [[(CLIENT | changes).get(name, "") for name in client.COLUMNS] for changes in customers]
    table = [list(client.HEADINGS), *rows]
    if leave_out:
        place = client.COLUMNS.index(leave_out)
        table = [row[:place] + row[place + 1 :] for row in table]
    return _write(path, {"客戶資料": table, "派遣單範本": [["別的"]]})


def plan_workbook(path: Path, *visits: dict | None, sheet: str = "11507") -> Path:
    """The residential plan with these visits; ``None`` writes a 小計 row."""
    rows = [
        [(VISIT | changes).get(name, "") for name in plan.HEADINGS]
        if changes is not None
        else ["小計", "", "", "", "", "", 9]
        for changes in visits
    ]
    return _write(path, {sheet: [list(plan.HEADINGS), *rows]})


def supplement_workbook(path: Path, *additions: dict, with_all: bool = True) -> Path:
    """``with_all=False``: as it was before the columns that may be missing."""
    headings = [*supplement.HEADINGS, *(supplement.OPTIONAL if with_all else ())]
    rows = [[({"編號": 1400103} | given).get(name, "") for name in headings] for given in additions]
    return _write(path, {"補充資料": [headings, *rows]})


def plain_workbook(path: Path, sheets: dict[str, list[list]]) -> Path:
    return _write(path, sheets)
