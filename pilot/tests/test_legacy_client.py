"""Reading and writing the old system through the real line: a real process, a real database of its own."""

import datetime as dt

import psycopg
import pytest

from pilot.legacy.client import Legacy
from pilot.legacy.errors import RefusedByLegacy, Stale, Unreachable
from pilot.legacy.records import Image, empty
from pilot.legacy.wire import DoesNotFit, Unencodable
from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy

__all__ = ["_one_legacy", "legacy"]


def customer(**given: str) -> Image:
    return empty("customer") | {
        "invoice_title": "幸福小吃店", "short_name": "幸福", "kind": "commercial", "status": "active",
        "phones": "+88689331234|+886912345678", "address": "臺東縣臺東市中華路一段1號", "area": "A",
        "slot": "morning", "payment": "monthly", "notes": "後門\n請按鈴",
    } | given  # fmt: skip


def order(customer_code: str, **given: str) -> Image:
    return empty("order") | {
        "customer": customer_code, "served_by": "ours", "status": "open", "date": "2026-11-24",
        "GAS-C20-R": "2", "GAS-F16-H": "1", "slot": "evening", "note": "先來電",
    } | given  # fmt: skip


@pytest.fixture
def there(legacy: RunningLegacy):
    with Legacy(legacy.url, seconds=2) as client:
        yield client


def test_a_customer_comes_back_as_it_was_written(there: Legacy, legacy: RunningLegacy) -> None:
    revision = there.write("customer", "1000001", customer(), expected=None)
    record = there.read("customer", "1000001")
    assert record is not None
    assert record.image == customer()
    assert (record.revision, record.changed_by, record.damaged) == (revision, "PILOT", {})
    assert abs(record.changed_at - there.now()) < dt.timedelta(seconds=5)
    ((name, notes, phone),) = legacy.rows(
        "SELECT customer_name, notes, phone_primary FROM cust_customer WHERE customer_id = '1000001'"
    )
    assert name == "幸福小吃店".encode("cp950")
    assert notes == "後門\r\n請按鈴".encode("cp950")
    assert phone == b"089-331234"


def test_an_order_comes_back_as_it_was_written(there: Legacy, legacy: RunningLegacy) -> None:
    there.write("customer", "1000002", customer(), expected=None)
    there.write("order", "O-20261123-000001", order("1000002", urgent="Y"), expected=None)
    record = there.read("order", "O-20261123-000001")
    assert record is not None and record.image == order("1000002", urgent="Y")
    assert not record.incomplete
    assert legacy.rows(
        "SELECT trade_date, time_slot, priority_flag, dispatch_sys, qty_20, qty_fh16 FROM ord_order"
        " JOIN ord_line USING (order_id) WHERE order_id = 'O-20261123-000001'"
    ) == [("1151124", "03", "Y", "N", 2, 1)]


def test_a_change_is_written_over_the_revision_it_was_made_for(there: Legacy) -> None:
    there.write("customer", "1000003", customer(), expected=None)
    first = there.write("order", "O-20261123-000002", order("1000003"), expected=None)
    changed = order("1000003", **{"GAS-C20-R": "", "GAS-C50-R": "1", "note": ""})
    second = there.write("order", "O-20261123-000002", changed, expected=first)
    assert second > first
    record = there.read("order", "O-20261123-000002")
    assert record is not None and (record.image, record.revision) == (changed, second)


def test_a_record_that_moved_on_is_not_written_over(there: Legacy, legacy: RunningLegacy) -> None:
    first = there.write("customer", "1000004", customer(), expected=None)
    legacy.edit("cust_customer", "1000004", notes="狗會叫")
    with pytest.raises(Stale) as stale:
        there.write("customer", "1000004", customer(address="別處"), expected=first)
    now = there.read("customer", "1000004")
    assert stale.value.record == now
    assert now is not None and now.image == customer(notes="狗會叫")
    assert now.changed_by == "A01"


def test_a_new_record_that_is_there_already_is_told(there: Legacy) -> None:
    there.write("customer", "1000005", customer(), expected=None)
    with pytest.raises(Stale) as stale:
        there.write("customer", "1000005", customer(address="別處"), expected=None)
    assert stale.value.record == there.read("customer", "1000005")


def test_a_record_that_is_not_there(there: Legacy) -> None:
    assert there.read("order", "O-20261123-999999") is None
    with pytest.raises(Stale) as stale:
        there.write("order", "O-20261123-999999", order("1000001"), expected=7)
    assert stale.value.record is None


def test_deleted_and_back_again(there: Legacy) -> None:
    there.write("customer", "1000006", customer(), expected=None)
    first = there.write("order", "O-20261123-000003", order("1000006"), expected=None)
    gone = there.write("order", "O-20261123-000003", None, expected=first)
    record = there.read("order", "O-20261123-000003")
    assert record is not None and record.image is None
    there.write("order", "O-20261123-000003", order("1000006"), expected=gone)
    record = there.read("order", "O-20261123-000003")
    assert record is not None and record.image == order("1000006")


def test_finer_words_of_theirs_stay(there: Legacy, legacy: RunningLegacy) -> None:
    there.write("customer", "1000007", customer(), expected=None)
    legacy.edit(
        "cust_customer", "1000007", customer_type="04", payment_terms="MON60", phone_primary="(089) 331-234"
    )
    record = there.read("customer", "1000007")
    assert record is not None and record.image == customer()
    there.write("customer", "1000007", customer(notes="新"), expected=record.revision)
    assert legacy.rows(
        "SELECT customer_type, payment_terms, phone_primary FROM cust_customer WHERE customer_id = '1000007'"
    ) == [("04", "MON60", b"(089) 331-234")]


def test_a_code_without_a_word_is_told_and_kept(there: Legacy, legacy: RunningLegacy) -> None:
    there.write("customer", "1000008", customer(), expected=None)
    legacy.edit("cust_customer", "1000008", status="03")
    record = there.read("customer", "1000008")
    assert record is not None and record.image is not None and record.image["status"] == "?03"
    there.write("customer", "1000008", record.image | {"notes": "x"}, expected=record.revision)
    assert legacy.rows("SELECT status FROM cust_customer WHERE customer_id = '1000008'") == [("03",)]


def test_several_lines_count_together(there: Legacy, legacy: RunningLegacy) -> None:
    there.write("customer", "1000009", customer(), expected=None)
    there.write("order", "O-20261123-000004", order("1000009"), expected=None)
    legacy.do("INSERT INTO ord_line (order_id, line_number, qty_20) VALUES ('O-20261123-000004', 2, 3)")
    legacy.do("UPDATE ord_order SET line_count = 2 WHERE order_id = 'O-20261123-000004'")
    record = there.read("order", "O-20261123-000004")
    assert record is not None and record.image == order("1000009", **{"GAS-C20-R": "5"})
    there.write(
        "order", "O-20261123-000004", order("1000009", **{"GAS-C20-R": "4"}), expected=record.revision
    )
    record = there.read("order", "O-20261123-000004")
    assert record is not None and record.image == order("1000009", **{"GAS-C20-R": "4"})
    assert not record.incomplete


def test_a_character_cp950_lacks_is_refused_by_name(there: Legacy) -> None:
    before = there.write("customer", "1000010", customer(), expected=None)
    with pytest.raises(Unencodable) as refused:
        there.write("customer", "1000010", customer(notes="游錫堃😀堃の"), expected=before)
    assert (refused.value.field, refused.value.characters) == ("notes", "堃😀の")
    record = there.read("customer", "1000010")
    assert record is not None and (record.revision, record.image) == (before, customer())


def test_what_the_old_system_refuses(there: Legacy) -> None:
    there.write("customer", "1000011", customer(), expected=None)
    with pytest.raises(RefusedByLegacy, match="violates foreign key"):
        there.write("order", "O-20261123-000005", order("9999999"), expected=None)
    with pytest.raises(DoesNotFit, match="short_name: 60 bytes, the old system has room for 50"):
        there.write("customer", "1000012", customer(short_name="福" * 30), expected=None)
    with pytest.raises(RefusedByLegacy, match="check constraint"):
        there.write("order", "O-20261123-000005", order("1000011", status="delivered"), expected=None)
    assert there.read("order", "O-20261123-000005") is None
    assert there.read("customer", "1000012") is None


def test_our_role_may_do_no_more_than_it_must(legacy: RunningLegacy) -> None:
    with psycopg.connect(legacy.url, autocommit=True) as connection:
        for forbidden in (
            "DELETE FROM ord_order",
            "UPDATE ord_order SET revision = 1",
            "UPDATE cust_address SET active = 'N'",
            "INSERT INTO clock DEFAULT VALUES",
            "SELECT nextval('revision')",
            "TRUNCATE ord_line",
            "CREATE TABLE mine (a int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden)


def test_without_an_address_there_is_no_old_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LUCKYGAS_LEGACY_URL", raising=False)
    with pytest.raises(Unreachable, match="no old system is configured"):
        Legacy().read("customer", "1000001")
