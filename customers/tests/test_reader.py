import datetime as dt
import zipfile

import openpyxl
import pytest
import xlsxwriter

from customers.sheets.container import WorkbookError
from customers.sheets.reader import open_workbook, plain_number, row_count, rows

PARTS = {
    "xl/workbook.xml": '<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="一" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
}


def built(path, sheet, **parts):
    """A workbook out of hand-written parts."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in (PARTS | {"xl/worksheets/sheet1.xml": sheet} | parts).items():
            if text is not None:
                archive.writestr(name, text)
    return path


def all_rows(path, sheet="一"):
    with open_workbook(path) as book:
        return [(row.number, row.cells) for row in rows(book.sheet(sheet))]


def test_cells_read_as_a_person_would_type_them(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        date = book.add_format({"num_format": "yyyy/mm/dd"})
        moment = book.add_format({"num_format": "yyyy/mm/dd hh:mm"})
        sheet = book.add_worksheet("一")
        sheet.write_row(0, 0, ["名稱　", 20.0, 912345678.0, 0.1, True, False, "  "])
        sheet.write_datetime(2, 1, dt.date(2026, 11, 23), date)
        sheet.write_number(2, 2, 46349 + (14 * 60 + 5) / 1440, moment)
        sheet.write_datetime(2, 3, dt.time(14, 5), book.add_format({"num_format": "hh:mm"}))
        sheet.write_number(2, 4, 20, book.add_format({"num_format": '#,##0 "days"'}))
        sheet.write_formula(3, 0, "=1+1", None, 2)
        sheet.write_rich_string(4, 0, "甲", book.add_format({"bold": True}), "乙", "丙")
        sheet.write_number(4, 1, 12345678901234567)
        sheet.write_blank(5, 3, None, date)
    assert all_rows(path) == [
        (1, ["名稱", "20", "912345678", "0.1", "TRUE", "FALSE"]),
        (3, ["", "2026-11-23", "2026-11-23 14:05:00", "14:05:00", "20"]),
        (4, ["2"]),
        (5, ["甲乙丙", "1.2345678901234570e+16"]),
    ]


def test_the_other_writer_is_read_as_well(tmp_path):
    path = tmp_path / "b.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "一"
    book.active.append(["編號", 1400103, dt.date(2026, 11, 23), None, "=1+1"])
    book.save(path)
    assert all_rows(path) == [(1, ["編號", "1400103", "2026-11-23"])]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [("20", "20"), ("020", "20"), ("0", "0"), ("20.0", "20"), ("9.12345678E8", "912345678"), ("6.7", "6.7"),
     ("0.10000000000000001", "0.1"), ("-3", "-3"), ("x", "x"), ("1E+20", "1.0000000000000000e+20")],
)  # fmt: skip
def test_stored_numbers(stored, shown):
    assert plain_number(stored) == shown


def test_prefixes_missing_references_and_inline_text(tmp_path):
    sheet = (
        '<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c t="inlineStr"><x:is><x:t>甲</x:t>'
        "<x:rPh><x:t>ㄐ</x:t></x:rPh></x:is></x:c></x:row><x:row/><x:row r='9'><x:c r='C9' t='str'><x:v> 乙 </x:v></x:c>"
        "</x:row></x:sheetData></x:worksheet>"
    )
    path = built(tmp_path / "c.xlsx", sheet)
    assert all_rows(path) == [(1, ["1", "甲"]), (9, ["", "", "乙"])]
    with open_workbook(path) as book:
        assert row_count(book.sheet("一")) == 3
        assert book.sheet("一").progress == 0.0


def test_shared_strings_and_the_calendar_of_1904(tmp_path):
    strings = "<sst><si><t>甲</t><rPh><t>ㄐ</t></rPh></si><si><r><t>乙</t></r><r><t>丙</t></r></si></sst>"
    styles = (
        '<styleSheet><numFmts><numFmt numFmtId="99" formatCode="[$-404]e/m/d"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="99"/><xf numFmtId="x"/></cellXfs></styleSheet>'
    )
    sheet = (
        '<worksheet><row><c t="s"><v>0</v></c><c t="s"><v>1</v></c><c s="1"><v>1</v></c><c s="1"><v>?</v></c>'
        '<c s="1"><v>1e300</v></c><c s="2"><v>5</v></c></row></worksheet>'
    )
    workbook = (
        '<workbook><workbookPr date1904="1"/><sheets><sheet name=" 一 " r:id="rId1"/>'
        '<sheet name="圖" r:id="rId9"/></sheets></workbook>'
    )
    relations = (
        '<Relationships><Relationship Id="rId1" Target="/xl/worksheets/sheet1.xml"/><Other/></Relationships>'
    )
    path = built(
        tmp_path / "d.xlsx", sheet,
        **{"xl/sharedStrings.xml": strings, "xl/styles.xml": styles, "xl/workbook.xml": workbook},
        **{"xl/_rels/workbook.xml.rels": relations},
    )  # fmt: skip
    assert all_rows(path) == [(1, ["甲", "乙丙", "1904-01-02", "?", "1e300", "5"])]


@pytest.mark.parametrize(
    ("sheet", "parts"),
    [
        ("<worksheet><row>", {}),
        ("<worksheet><row><c t='s'><v>7</v></c></row></worksheet>", {}),
        ("<worksheet><row><c t='s'><v>x</v></c></row></worksheet>", {"xl/sharedStrings.xml": "<sst/>"}),
        ("<worksheet><row><c r='ZZZZ1'><v>7</v></c></row></worksheet>", {}),
        ("<worksheet><row><c r='1b1'><v>7</v></c></row></worksheet>", {}),
        ("<worksheet><row><c r='B1'><v>7</v></c><c r='A1'><v>7</v></c></row></worksheet>", {}),
        ("<!DOCTYPE x [<!ENTITY a 'aaaa'>]><worksheet><row/></worksheet>", {}),
        ("<worksheet><row r='²'/></worksheet>", {}),
        ("<worksheet><row r='9999999999999'/></worksheet>", {}),
        ("<worksheet><row r='2000000'/></worksheet>", {}),
        ("nothing", {}),
    ],
)
def test_a_damaged_sheet_is_told(tmp_path, sheet, parts):
    with pytest.raises(WorkbookError) as caught:
        all_rows(built(tmp_path / "e.xlsx", sheet, **parts))
    assert caught.value.kind == "damaged"


def test_a_part_that_is_missing_or_cut_is_told(tmp_path):
    path = built(tmp_path / "f.xlsx", "<worksheet/>", **{"xl/_rels/workbook.xml.rels": None})
    with pytest.raises(WorkbookError) as caught:
        open_workbook(path)
    assert caught.value.kind == "damaged"


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(tmp_path):
    path = built(tmp_path / "g.xlsx", "<worksheet/>")
    with pytest.raises(WorkbookError) as caught, open_workbook(path) as book:
        book.sheet("客戶資料", "客戶")
    assert (caught.value.kind, dict(caught.value.details)) == (
        "no_sheet",
        {"wanted": "客戶資料、客戶", "found": "一"},
    )


def test_rows_are_bounded_and_counted(tmp_path):
    row = "<row><c><v>1</v></c></row>"
    path = built(tmp_path / "h.xlsx", f"<worksheet><sheetData>{row * 12}</sheetData></worksheet>")
    with open_workbook(path) as book:
        assert row_count(book.sheet("一")) == 12
        with pytest.raises(WorkbookError) as caught:
            list(rows(book.sheet("一"), max_rows=11))
    assert caught.value.kind == "too_many_rows"


def test_a_row_element_cut_by_a_block_is_counted_once(tmp_path, monkeypatch):
    row = '<row r="1"><c><v>1</v></c></row>'
    path = built(tmp_path / "i.xlsx", f"<worksheet>{row * 40}{'x' * 200}</worksheet>")
    for block in (1, 3, 7, 64, 1000):
        monkeypatch.setattr("customers.sheets.reader._BLOCK", block)
        with open_workbook(path) as book:
            assert row_count(book.sheet("一")) == 40
            assert len(list(rows(book.sheet("一")))) == 40
