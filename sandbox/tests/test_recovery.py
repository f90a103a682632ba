"""What a process that died half-way left behind, step by step, and what the next one makes of it."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import Clock
from sandbox.einvoice import codes
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.tests.documents import cancel, invoice
from sandbox.tests.gateway import Stopped, answers, below, file, put, told


class Died(BaseException):
    """Stands for the moment the process is gone."""


def dies_at(platform: EInvoicePlatform, window: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one tick run up to the named window, as far as the outside can tell."""

    def stop_there(name: str) -> None:
        if name == window:
            raise Died

    monkeypatch.setattr(platform, "_window", stop_there)
    with pytest.raises(Died):
        platform.tick()
    platform.close()


@pytest.mark.parametrize("window", ["decide", "move", "plan", "answer", "mark"])
def test_the_next_process_does_the_rest_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    noon = Stopped(datetime(2026, 9, 1, 4, tzinfo=UTC))
    platform = EInvoicePlatform(tmp_path, noon)
    platform.faults.add({"fault": "refused", "times": 1, "match": "AB00000002"})
    for place in (1, 2):
        put(platform, invoice(f"AB{place:08d}"), f"{place}.xml")
    dies_at(platform, window, monkeypatch)

    noon.instant += timedelta(hours=1)
    after = EInvoicePlatform(tmp_path, noon)
    while after.tick():
        pass
    hour = "13" if window == "decide" else "12"
    assert below(after, "UpCast") == [
        f"B2SSTORAGE/F0401/BAK/20260901/{hour}/1.xml",
        f"B2SSTORAGE/F0401/ERR/20260901/{hour}/2.xml",
    ]
    assert below(after, ".work") == []
    assert [told(answer) for answer in answers(after)] == [[("0000", "AB00000001")], [("9001", "AB00000002")]]
    assert [row["status"] for row in after.messages("", 9)] == ["E", "C"]
    assert after.faults.listing()[0]["happened"] == 1
    assert after.state()["register"] == {"invoices live": 1}
    after.close()


def test_a_file_put_away_before_the_row_said_so_is_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = EInvoicePlatform(tmp_path, Clock())
    put(platform, invoice(), "a.xml")
    dies_at(platform, "plan", monkeypatch)
    connection = sqlite3.connect(platform.folders.root / "turnkey.sqlite3")
    with connection:
        connection.execute("UPDATE messages SET moved = 0")
    connection.close()
    after = EInvoicePlatform(tmp_path, Clock())
    after.tick()
    assert [name.rpartition("/")[2] for name in below(after, "UpCast")] == ["a.xml"]
    assert len(answers(after)) == 1


def test_the_same_name_dropped_again_meanwhile_is_a_message_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = EInvoicePlatform(tmp_path, Stopped(datetime(2026, 9, 1, 4, tzinfo=UTC)))
    put(platform, invoice("AB00000001"), "same.xml")
    dies_at(platform, "move", monkeypatch)
    after = EInvoicePlatform(tmp_path, Stopped(datetime(2026, 9, 1, 4, tzinfo=UTC)))
    put(after, invoice("AB00000002"), "same.xml")
    after.tick()
    assert [row["number"] for row in after.messages("", 9)] == ["AB00000002", "AB00000001"]
    assert len(below(after, "UpCast")) == 2
    assert [told(answer)[0] for answer in answers(after)] == [("0000", "AB00000001"), ("0000", "AB00000002")]


def test_two_of_one_name_in_one_go_are_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    platform = EInvoicePlatform(tmp_path, Clock())
    put(platform, invoice("AB00000001"), "same.xml")
    dies_at(platform, "decide", monkeypatch)
    after = EInvoicePlatform(tmp_path, Clock())
    put(after, invoice("AB00000002"), "same.xml")
    after.tick()
    assert len(below(after, "UpCast")) == 2
    assert after.state()["register"] == {"invoices live": 2}


def test_a_file_its_owner_withdrew_is_nobodys(
    platform: EInvoicePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(platform, invoice(), "a.xml")
    seen = platform.folders.waiting(KINDS["F0401"])
    path.unlink()
    assert platform.folders.claim(KINDS["F0401"], seen[0]) is None
    assert platform.tick() == 0


def test_a_batch_that_fails_leaves_no_trace_and_is_tried_again(
    platform: EInvoicePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.faults.add({"fault": "refused", "times": 1, "match": "AB00000001"})
    put(platform, invoice("AB00000001"), "1.xml")
    put(platform, invoice("AB00000002"), "2.xml")

    def fail(code: str, root: object, seq: int) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(platform._register, "record", fail)
        with pytest.raises(sqlite3.OperationalError):
            platform.tick()
    platform.recover()
    assert platform.messages("", 9) == []
    assert platform.faults.listing()[0]["happened"] == 0
    assert platform.tick() == 4
    assert [row["status"] for row in platform.messages("", 9)] == ["C", "E"]
    assert platform.faults.listing()[0]["happened"] == 1


def test_a_failure_in_the_middle_of_a_transaction_is_rolled_back(platform: EInvoicePlatform) -> None:
    platform._db.execute("BEGIN")
    platform._db.execute("INSERT INTO blanks VALUES ('11510', 'AB', '00000000', '99999999', '04595257')")
    platform.recover()
    assert file(platform, invoice()) == []


def test_folders_taken_away_are_made_again(platform: EInvoicePlatform) -> None:
    shutil.rmtree(platform.folders.root / "UpCast")
    with pytest.raises(FileNotFoundError):
        platform.tick()
    platform.recover()
    assert file(platform, invoice()) == []


def test_a_summary_promised_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = Stopped(datetime(2026, 9, 1, 4, tzinfo=UTC))
    platform = EInvoicePlatform(tmp_path, noon)
    platform.faults.add({"fault": "reply_lost"})
    file(platform, invoice())
    with monkeypatch.context() as patched:
        patched.setattr(platform, "_write_summary", lambda _summary_id: None)
        platform.summary({})
    assert below(platform, "Unpack") == []
    platform.close()
    after = EInvoicePlatform(tmp_path, noon)
    assert below(after, "Unpack") == ["BAK/SummaryResult/20260901/12/SummaryResult_20260901_000001.xml"]
    assert [row["result_state"] for row in after.messages("", 9)] == ["summarised"]
    noon.instant += timedelta(days=1)
    assert after.tick() == 0


def test_an_answer_pending_when_the_process_died_keeps_the_next_message_waiting(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Clock())
    platform.faults.add({"fault": "slow", "seconds": 60, "times": 1})
    put(platform, invoice())
    platform.tick()
    platform.close()
    after = EInvoicePlatform(tmp_path, Clock())
    assert file(after, cancel()) == [codes.NOT_CONFIRMED]
    assert after.state()["result_state"] == {"pending": 1, "written": 1}
