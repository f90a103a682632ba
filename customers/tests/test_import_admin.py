import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Customer
from customers.tests.workbooks import client_workbook, plan_workbook, supplement_workbook
from luckygas.core.models import ImportRun
from luckygas.core.tasks import run_import

UPLOAD = "/admin/core/importrun/upload/"


def upload(browser, kind, path):
    file = SimpleUploadedFile(path.name, path.read_bytes())
    answer = browser.post(UPLOAD, {"kind": kind, "file": file})
    run = ImportRun.objects.latest("id")
    assert answer["Location"] == f"/admin/core/importrun/{run.pk}/change/"
    run_import(run.pk, "測試", False, False)  # what the worker of queue bulk does
    run.refresh_from_db()
    return run


def rejects(browser, run, tmp_path):
    answer = browser.get(f"/admin/core/importrun/{run.pk}/rejects/")
    path = tmp_path / "rejects.xlsx"
    path.write_bytes(b"".join(answer.streaming_content))
    return [list(row) for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True)]


def test_upload_report_second_click_and_the_rejected_rows(client_as, media, tmp_path, db):
    office = client_as("office")
    path = client_workbook(
        tmp_path / "客戶資料.xlsx", {}, {"客戶": 1400104, "區域": "Z-火星", "客戶簡稱": "=1+1"}
    )
    run = upload(office, "customers", path)
    assert (run.status, Customer.objects.count()) == (ImportRun.Status.REFUSED, 0)
    page = office.get(f"/admin/core/importrun/{run.pk}/change/").content.decode()
    assert "Z-火星" in page
    assert "應為 A-瑞光、" in page
    heading, row = rejects(office, run, tmp_path)
    assert heading[3:7] == ["客戶", "電子發票抬頭", "客戶簡稱", "地址"]
    assert row[1:7] == ["客戶資料", 3, "1400104", "幸福小館有限公司", "'=1+1", "臺東縣臺東市中山路123號"]
    assert row[0].startswith("區域: 不是已知的代碼")
    office.post(f"/admin/core/importrun/{run.pk}/accept/")
    run_import(run.pk, "測試", True, False)
    run.refresh_from_db()
    assert (run.status, run.created, run.rejected) == (ImportRun.Status.DONE, 1, 1)
    assert Customer.objects.get().code == "1400103"


def test_rejects_of_the_plan_and_the_supplement_keep_their_own_headings(client_as, media, tmp_path, db):
    office = client_as("office")
    run = upload(
        office, "customers", plan_workbook(tmp_path / "住家計畫.xlsx", {}, {"客戶編號": "x", "序號": 2})
    )
    heading, row = rejects(office, run, tmp_path)
    assert (heading[3], heading[5], row[2], row[5]) == ("日期標記", "客戶編號", 3, "x")
    run = upload(office, "supplement", supplement_workbook(tmp_path / "補充資料.xlsx", {"統編": "1"}))
    heading, row = rejects(office, run, tmp_path)
    assert (heading[3:5], row[3:5]) == (["編號", "統編"], ["1400103", "1"])


def test_a_viewer_imports_nothing(client_as, media, tmp_path):
    path = client_workbook(tmp_path / "客戶資料.xlsx", {})
    answer = client_as("viewer").post(
        UPLOAD, {"kind": "customers", "file": SimpleUploadedFile("a.xlsx", path.read_bytes())}
    )
    assert answer.status_code == 403
    assert not ImportRun.objects.exists()
