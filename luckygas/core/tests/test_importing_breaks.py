"""An import that meets what nobody foresaw ends with a word to the person, and writes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection, transaction

from luckygas.core import importing
from luckygas.core.errors import Busy
from luckygas.core.models import CalendarDay, ImportRun

Bring = Callable[..., ImportRun]


@pytest.fixture
def bring(tmp_path: Path, actor: Any) -> Iterator[Bring]:
    """``bring(read=…, write=…)`` runs a file through an importer of those two functions."""

    def run(*, read: Any = lambda path, report: None, write: Any = lambda data, report: None) -> ImportRun:
        importing._importers["test-breaks"] = importing.Importer(
            "test-breaks", "檔案", read, write, "core.view_importrun", (".txt",)
        )
        path = tmp_path / "file.txt"
        path.write_text("x")
        row = importing.start("test-breaks", path, file_name="file.txt", actor=actor)
        return importing.run(row, actor=actor)

    yield run
    importing._importers.pop("test-breaks", None)


def write_a_day(data: object, report: importing.Report) -> None:
    CalendarDay.objects.create(date="2026-11-23", kind="closed")


def test_an_error_nobody_foresaw_leaves_no_file_under_way(bring, db):
    def breaks(data: object, report: importing.Report) -> None:
        write_a_day(data, report)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bring(write=breaks)
    run = ImportRun.objects.get()
    assert (run.status, run.created) == ("refused", 0)
    assert run.message.startswith("匯入中斷，未寫入任何資料")
    assert not CalendarDay.objects.exists()


def test_an_error_while_reading_too(bring, db):
    def breaks(path: Path, report: importing.Report) -> None:
        report.error("s", 2, "c", "v", "p")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bring(read=breaks)
    run = ImportRun.objects.get()
    assert (run.status, run.rejected, run.problems.count()) == ("refused", 1, 1)


@pytest.mark.django_db(transaction=True)
def test_rows_that_somebody_holds_are_a_word_and_no_crash(bring):
    write_a_day(None, importing.Report(ImportRun()))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(CalendarDay.objects.select_for_update())
            held.set()
            done.wait(20)
        connection.close()

    def waits(data: object, report: importing.Report) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '50ms'")
        CalendarDay.objects.update(note="imported")

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    run = bring(write=waits)
    done.set()
    thread.join()
    assert (run.status, run.message) == ("refused", "有人正在處理這個檔案裡的資料，請稍後再匯入一次。")
    assert CalendarDay.objects.get().note == ""


def test_a_worker_that_lost_the_file_leaves_the_status_to_the_other(bring, db):
    def taken_over(data: object, report: importing.Report) -> None:
        ImportRun.objects.filter(pk=report.run.pk).update(status="checking")
        report.run.status = ImportRun.Status.WRITING

    with pytest.raises(Busy):
        bring(write=taken_over)


def test_many_warnings_do_not_push_the_errors_out(bring, db, monkeypatch):
    monkeypatch.setattr(importing, "KEPT_PROBLEMS", 3)

    def warns(path: Path, report: importing.Report) -> None:
        for row in range(2, 10):
            report.warning("s", row, "c", "v", "p")
        report.error("s", 10, "c", "v", "p")

    run = bring(read=warns)
    assert (run.warnings, run.rejected) == (8, 1)
    assert list(run.problems.filter(severity="error").values_list("row", flat=True)) == [10]
    assert run.problems.filter(severity="warning").count() == 3


def test_the_rejects_beyond_those_kept_are_counted_and_nothing_stays_behind(
    bring, client_as, monkeypatch, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(importing, "KEPT_PROBLEMS", 3)

    def rejects(path: Path, report: importing.Report) -> None:
        for row in range(2, 12):
            report.error("mailto:a@example.com", row, "c", "v", "p")

    run = bring(read=rejects)
    answer = client_as("superuser").get(f"/admin/core/importrun/{run.pk}/rejects/")
    got = tmp_path / "got.xlsx"
    got.write_bytes(b"".join(answer.streaming_content))
    sheet = openpyxl.load_workbook(got).active
    assert [cell.hyperlink for cell in sheet["B"]] == [None] * 5  # text from a file is no link
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 1 + 3 + 1
    assert rows[-1][0] == "另有 7 列也有錯誤；請先修正這些列，再匯入一次以查看其餘。"
    assert not settings.MEDIA_ROOT.exists()
