import struct
import zipfile

import openpyxl
import pytest

from customers.models import Customer
from customers.sheets import supplement
from customers.sheets.container import WorkbookError, open_archive
from customers.tests.workbooks import client_workbook, plain_workbook
from luckygas.core.models import ImportRun

OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def packed(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return path.read_bytes()


FILES = {
    "empty": b"",
    "encrypted": OLE + b"\0" * 2_000_000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100,
    "old_excel": OLE + b"\0" * 9000,
    "pdf": b"%PDF-1.7 ...",
    "image": b"\x89PNG\r\n",
    "archive": b"7z\xbc\xaf'\x1c",
    "web_page": b"\xef\xbb\xbf <html><table>",
    "text": "編號,統編".encode("cp950"),
    "unknown": b"\x01\0\x02",
    "damaged": b"PK\x03\x04 and nothing more",
}
PACKED = {
    "binary_excel": "xl/workbook.bin",
    "word": "word/document.xml",
    "powerpoint": "ppt/presentation.xml",
    "opendocument": "content.xml",
    "archive": "readme.txt",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_foreign_file_is_named_for_what_it_is(kind, tmp_path):
    path = tmp_path / "客戶資料.xlsx"
    path.write_bytes(FILES[kind])
    with pytest.raises(WorkbookError) as caught:
        open_archive(path)
    assert caught.value.kind == kind


@pytest.mark.parametrize("kind", PACKED)
def test_a_foreign_archive_is_named_for_what_it_holds(kind, tmp_path):
    path = tmp_path / "客戶資料.xlsx"
    packed(path, PACKED[kind])
    with pytest.raises(WorkbookError) as caught:
        open_archive(path)
    assert caught.value.kind == kind


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(WorkbookError) as caught:
        open_archive(tmp_path / "沒有.xlsx")
    assert caught.value.kind == "missing"


def test_encrypted_entries_are_told(tmp_path):
    path = tmp_path / "a.xlsx"
    data = bytearray(packed(path, "xl/workbook.xml"))
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(WorkbookError) as caught:
        open_archive(path)
    assert caught.value.kind == "encrypted"


def test_the_size_is_taken_from_the_directory_before_anything_is_unpacked(tmp_path):
    path = tmp_path / "a.xlsx"
    data = bytearray(packed(path, "xl/workbook.xml"))
    place = data.index(b"PK\x01\x02")
    data[place + 24 : place + 28] = struct.pack("<I", 600 * 1024 * 1024)
    path.write_bytes(data)
    with pytest.raises(WorkbookError) as caught:
        open_archive(path)
    assert (caught.value.kind, caught.value.details["megabytes"]) == ("too_large", 600)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("encrypted", "工作簿有密碼保護，請取消密碼後重新儲存。"),
        ("old_excel", "這是舊版 Excel 檔（.xls），請另存為 Excel 活頁簿（.xlsx）。"),
        ("pdf", "這是 PDF 檔。 需要的是 Excel 活頁簿（.xlsx）。"),
    ],
)
@pytest.mark.parametrize("command", ["customers", "supplement"])
def test_a_person_is_told_what_the_file_is(bring_in, tmp_path, command, kind, words):
    path = tmp_path / "客戶資料.xlsx"
    path.write_bytes(FILES[kind])
    run = bring_in(command, path)
    assert (run.status, run.message, run.rows_read) == (ImportRun.Status.REFUSED, words, 0)
    assert Customer.objects.count() == 0


def test_a_workbook_of_something_else_says_what_is_wanted(bring_in, tmp_path):
    path = plain_workbook(tmp_path / "車隊.xlsx", {"車輛": [["車號"], ["ABC-1234"]]})
    run = bring_in("customers", path)
    assert run.status == ImportRun.Status.REFUSED
    assert run.message.startswith("此工作簿的工作表為 車輛。應為含工作表 客戶資料")
    run = bring_in("supplement", path)
    assert run.message.startswith("工作表「車輛」找不到標題列")


def test_a_column_twice_is_named(bring_in, tmp_path):
    path = plain_workbook(
        tmp_path / "補充資料.xlsx",
        {"一": [[*supplement.HEADINGS, "統編"]]},
    )
    assert "統編 重複" in bring_in("supplement", path).message


def test_a_client_list_above_its_bound_is_refused_before_it_is_read(bring_in, tmp_path, monkeypatch):
    monkeypatch.setattr("customers.services.importing.clients.MAX_ROWS", 2)
    path = client_workbook(
        tmp_path / "客戶資料.xlsx", {}, {"客戶": 1400104}, {"客戶": 1400105, "計價方式": "?"}
    )
    run = bring_in("customers", path, accept_good=True)
    assert (run.status, run.rows_read, run.problems.count()) == (ImportRun.Status.REFUSED, 0, 0)
    assert run.message == "工作表「客戶資料」超過 3 列，請拆成多個檔案。"
    assert Customer.objects.count() == 0


def test_formatted_rows_without_text_do_not_count_against_the_bound(bring_in, tmp_path, monkeypatch):
    monkeypatch.setattr("customers.services.importing.clients.MAX_ROWS", 2)
    path = client_workbook(tmp_path / "客戶資料.xlsx", {}, {"客戶": 1400104})
    book = openpyxl.load_workbook(path)
    for row in range(4, 40):
        book["客戶資料"].cell(row, 1).font = openpyxl.styles.Font(bold=True)
    book.save(path)
    assert bring_in("customers", path).status == ImportRun.Status.DONE
    assert Customer.objects.count() == 2


def test_a_workbook_without_any_sheet_is_damaged(bring_in, tmp_path):
    path = tmp_path / "補充資料.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook><sheets/></workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels", "<Relationships/>")
    assert bring_in("supplement", path).message == "工作簿已損壞，請用 Excel 開啟後重新儲存。"
    assert bring_in("customers", path).status == ImportRun.Status.REFUSED
