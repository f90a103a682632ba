"""A body above the bound is refused unread; workbooks may be large, from staff only."""

from __future__ import annotations

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile

from luckygas.core import sizes

MEGABYTE = 1024 * 1024


@pytest.fixture
def read(monkeypatch):
    """The bytes that were written to disk, chunk by chunk."""
    seen: list[int] = []
    handler = uploadhandler.TemporaryFileUploadHandler
    write = handler.receive_data_chunk

    def noted(self, raw_data, start):
        seen.append(len(raw_data))
        return write(self, raw_data, start)

    monkeypatch.setattr(handler, "receive_data_chunk", noted)
    return seen


def file(megabytes: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("客戶資料.xlsx", b"x" * megabytes * MEGABYTE)


def test_a_stranger_fills_no_disk(client, db, read):
    for path in ("/login/", sizes.UPLOAD_PATH):
        answer = client.post(path, {"file": file(7)})
        assert (answer.status_code, answer.content.decode(), read) == (413, "超過 6 MB 的上限。", [])
    assert client.post("/login/", {"username": "a", "password": "b"}).status_code == 200


def test_a_program_gets_a_problem(client, db):
    answer = client.post("/api/v1/orders", "x" * 7 * MEGABYTE, content_type="application/json")
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")


def test_staff_bring_in_large_workbooks_up_to_the_bound(client_as, read, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    office = client_as("office")
    assert office.post(sizes.UPLOAD_PATH, {"kind": "customers", "file": file(7)}).status_code == 302
    assert sum(read) == 7 * MEGABYTE
    read.clear()
    monkeypatch.setattr(sizes, "MAX_UPLOAD", 5 * MEGABYTE)
    answer = office.post(sizes.UPLOAD_PATH, {"kind": "customers", "file": file(7)})
    assert (answer.status_code, answer.content.decode(), read) == (413, "超過 6 MB 的上限。", [])


def test_a_length_that_is_no_number_is_refused(client, db):
    assert client.post("/login/", {"username": "a"}, CONTENT_LENGTH="-1").status_code == 413
