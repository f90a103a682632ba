"""Files come in whole or not at all; after the report the good rows may be taken."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from redis import Redis

from luckygas.core import importing
from luckygas.core.errors import Refused
from luckygas.core.leases import lease
from luckygas.core.models import CalendarDay, ImportRun
from luckygas.core.tasks import pick_up_imports, run_import, start_import


def _read(path: Path, report: importing.Report) -> list[tuple[int, str]]:
    text = path.read_text(encoding="utf-8")
    if not text.startswith("date"):
        raise importing.Foreign("這不是日期檔。", code="foreign")
    good = []
    lines = text.splitlines()[1:]
    for number, line in enumerate(lines, start=2):
        report.progress(number - 1, len(lines))
        if line.count("-") != 2:
            report.error("dates", number, "date", line, "不是日期", "寫成 2026-11-23")
        else:
            if line.endswith("01"):
                report.warning("dates", number, "date", line, "月初", "")
            good.append((number, line))
    return good


def _write(data: list[tuple[int, str]], report: importing.Report) -> None:
    for _number, text in data:
        if text == "2026-12-25":
            raise Refused("聖誕節不收。", code="no")
        _day, made = CalendarDay.objects.get_or_create(date=text, kind="closed")
        report.created += made
        report.unchanged += not made


def _as_they_were(path: Path, rows: set[tuple[str, int]]):
    lines = path.read_text(encoding="utf-8").splitlines()
    yield ("dates", 0), [lines[0]]
    for number, line in enumerate(lines[1:], start=2):
        if ("dates", number) in rows:
            yield ("dates", number), [line]


@pytest.fixture(autouse=True)
def importer():
    entry = importing.Importer(
        "test-dates", "日期檔", _read, _write, "core.view_importrun", (".txt",), _as_they_were
    )
    importing._importers["test-dates"] = entry
    yield entry
    del importing._importers["test-dates"]


@pytest.fixture
def bring(db, tmp_path, actor):
    def run(text: str, **options) -> ImportRun:
        path = tmp_path / "dates.txt"
        path.write_text(text, encoding="utf-8")
        row = importing.start("test-dates", path, file_name="dates.txt", actor=actor)
        return importing.run(row, actor=actor, **options)

    return run


def counts(run: ImportRun) -> tuple[int, ...]:
    return (run.rows_read, run.created, run.changed, run.unchanged, run.rejected, run.warnings)


def test_a_good_file_comes_in_and_twice_changes_nothing(bring):
    first = bring("date\n2026-11-23\n2026-12-01\n")
    second = bring("date\n2026-11-23\n2026-12-01\n")
    assert (first.status, counts(first)) == ("done", (2, 2, 0, 0, 0, 1))
    assert (second.status, counts(second)) == ("done", (2, 0, 0, 2, 0, 1))
    assert first.sha256 == second.sha256


def test_one_bad_row_keeps_all_out_until_the_good_ones_are_wanted(bring):
    refused = bring("date\n2026-11-23\nrubbish\n")
    assert (refused.status, counts(refused)) == ("refused", (2, 0, 0, 0, 1, 0))
    assert refused.message == "有 1 列資料錯誤，尚未匯入任何資料。請修正後重新匯入，或只匯入正確的列。"
    assert not CalendarDay.objects.exists()
    found = refused.problems.get()
    assert (found.sheet, found.row, found.column, found.value, found.problem, found.remedy) == (
        "dates",
        3,
        "date",
        "rubbish",
        "不是日期",
        "寫成 2026-11-23",
    )
    taken = bring("date\n2026-11-23\nrubbish\n", accept_good=True)
    assert (taken.status, counts(taken)) == ("done", (2, 1, 0, 0, 1, 0))


def test_a_dry_run_writes_nothing(bring):
    run = bring("date\n2026-11-23\n", dry_run=True)
    assert (run.status, run.created) == ("dry", 0)
    assert not CalendarDay.objects.exists()


def test_a_foreign_file_says_what_is_wanted(bring):
    run = bring("something else")
    assert (run.status, run.message) == ("refused", "這不是日期檔。")


def test_a_refusal_while_writing_leaves_nothing(bring):
    run = bring("date\n2026-11-23\n2026-12-25\n")
    assert (run.status, run.message, run.created) == ("refused", "聖誕節不收。", 0)
    assert not CalendarDay.objects.exists()


def test_in_the_admin_upload_report_second_click_and_rejects(client_as, settings, tmp_path, transactional_db):
    settings.MEDIA_ROOT = tmp_path
    browser = client_as("superuser")
    answer = browser.post(
        "/admin/core/importrun/upload/",
        {"kind": "test-dates", "file": SimpleUploadedFile("日期.txt", b"date\n2026-11-23\n=1+1\n")},
    )
    run = ImportRun.objects.get()
    assert answer["Location"] == f"/admin/core/importrun/{run.pk}/change/"
    assert "本頁會自動更新" in browser.get(answer["Location"]).content.decode()
    run_import(run.pk, "測試", False, False)
    page = browser.get(answer["Location"]).content.decode()
    assert "寫成 2026-11-23" in page
    assert "匯入正確的列，略過 1 列" in page
    rejects = browser.get(f"/admin/core/importrun/{run.pk}/rejects/")
    book = tmp_path / "got.xlsx"
    book.write_bytes(b"".join(rejects.streaming_content))
    rows = list(openpyxl.load_workbook(book).active.iter_rows(values_only=True))
    assert rows == [
        ("錯誤說明", "工作表", "列", "date"),
        ("date: 不是日期 寫成 2026-11-23", "dates", 3, "'=1+1"),
    ]
    run_import(run.pk, "測試", True, False)
    run_import(run.pk, "測試", True, False)
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("done", (2, 1, 0, 0, 1, 0))
    assert CalendarDay.objects.count() == 1


def test_upload_refuses_another_kind_of_file_by_name(client_as):
    page = client_as("superuser").post(
        "/admin/core/importrun/upload/",
        {"kind": "test-dates", "file": SimpleUploadedFile("照片.jpg", b"x")},
    )
    assert "「照片.jpg」不是 .txt 檔。" in page.content.decode()
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("left", ["checking", "writing"])
def test_a_file_whose_worker_died_is_taken_up_again(bring, left):
    run = bring("date\n2026-11-23\n", dry_run=True)
    ImportRun.objects.filter(pk=run.pk).update(status=left)
    run_import(run.pk, "測試", False, False)
    run.refresh_from_db()
    assert (run.status, run.created) == ("done", 1)


def test_while_another_worker_has_the_file_the_task_leaves(bring):
    run = bring("date\n2026-11-23\n", dry_run=True)
    with lease(f"import:{run.pk}", seconds=60):
        run_import(run.pk, "測試", False, False)
    run.refresh_from_db()
    assert run.status == "dry"


@pytest.fixture
def bulk(settings):
    """The messages that wait for the workers of the queue, oldest first, as (task, arguments, named arguments)."""
    redis = Redis.from_url(settings.REDIS_URL)
    redis.delete("bulk")

    def waiting():
        messages: Any = redis.lrange("bulk", 0, -1)
        found = [json.loads(message) for message in reversed(messages)]
        bodies = [json.loads(base64.b64decode(message["body"])) for message in found]
        return [(m["headers"]["task"], *body[:2]) for m, body in zip(found, bodies, strict=True)]

    yield waiting
    redis.delete("bulk")


def test_a_file_whose_message_was_lost_is_picked_up_when_nobody_is_at_work_on_it(
    bring, bulk, person, stand_at, settings
):
    stand_at("2026-11-23 08:00")
    run = bring("date\n2026-11-23\nrubbish\n")
    start_import(run, user=person("superuser"), accept_good=True, dry_run=False)
    job = {"actor_name": "測試superuser", "accept_good": True, "dry_run": False}
    asked = ("luckygas.core.tasks.run_import", [run.pk], job)
    assert bulk() == [asked]
    assert (run.status, run.message) == ("uploaded", "")
    Redis.from_url(settings.REDIS_URL).delete("bulk")
    stand_at("2026-11-23 08:00:20")
    pick_up_imports()
    assert bulk() == []  # the message may still be on its way
    stand_at("2026-11-23 08:00:21")
    with lease(f"import:{run.pk}", seconds=60):
        pick_up_imports()
    assert bulk() == []
    pick_up_imports()
    assert bulk() == [asked]
    run_import(run.pk, **job)
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("done", (2, 1, 0, 0, 1, 0))
    pick_up_imports()
    assert bulk() == [asked]  # none was added


def test_a_file_of_the_command_line_is_not_picked_up(bring, bulk, stand_at):
    stand_at("2026-11-23 08:00")
    run = bring("date\n2026-11-23\n", dry_run=True)
    ImportRun.objects.filter(pk=run.pk).update(status="writing")
    stand_at("2026-11-23 09:00")
    pick_up_imports()
    assert bulk() == []


def test_a_file_over_which_three_workers_died_is_refused_and_may_be_handed_over_again(
    bring, bulk, person, stand_at, monkeypatch
):
    stand_at("2026-11-23 08:00")
    run = bring("date\n2026-11-23\nrubbish\n")
    job = {"actor_name": "測試superuser", "accept_good": True, "dry_run": False}
    chief = person("superuser")
    start_import(run, user=chief, accept_good=True, dry_run=False)

    def die(*_arguments: Any, **_options: Any) -> None:
        raise SystemExit  # past every handler, as a killed process: the row stays as it was

    with monkeypatch.context() as deadly:
        deadly.setattr("luckygas.core.importing._read_and_write", die)
        for _worker in range(3):
            with pytest.raises(SystemExit):
                run_import(run.pk, **job)
            run.refresh_from_db()
            assert run.status == "checking"
        run_import(run.pk, **job)
    run.refresh_from_db()
    assert (run.status, run.message) == ("refused", "3 個背景程式處理這個檔案時中斷，未寫入任何資料。")
    assert CalendarDay.objects.count() == 0
    start_import(run, user=chief, accept_good=True, dry_run=False)
    run_import(run.pk, **job)
    run.refresh_from_db()
    assert (run.status, counts(run)) == ("done", (2, 1, 0, 0, 1, 0))
