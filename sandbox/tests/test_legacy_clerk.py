"""The old system's clerk: the same day from the same seed, once; her evening; jobs that come back later; kills."""

import pytest

from sandbox.control import ControlError
from sandbox.testing import eventually
from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy, open_legacy

__all__ = ["_one_legacy", "legacy"]


def test_the_same_seed_does_the_same_elsewhere(legacy: RunningLegacy, tmp_path) -> None:
    first = legacy.act("clerk", seed=7, date="20261124", edits=40)
    kinds = {edit["what"] for edit in first["edits"]}
    assert kinds >= {"order", "quantity", "phone", "address", "customer_note"}
    other = open_legacy(tmp_path / "other")
    try:
        second = other.act("clerk", seed=7, date="20261124", edits=40)
        assert second == first
        rows = "SELECT order_id, customer_id, status, notes, dispatch_sys FROM ord_order ORDER BY 1"
        assert other.rows(rows) == legacy.rows(rows)
    finally:
        other.end()


def test_asked_again_she_answers_what_she_did(legacy: RunningLegacy) -> None:
    first = legacy.act("clerk", seed=8, date="20261125", edits=10)
    revision = legacy.state()["revision"]
    again = legacy.act("clerk", seed=8, date="20261125", edits=10)
    assert again == {**first, "again": True}
    assert legacy.state()["revision"] == revision


def test_her_own_orders_have_a_series_of_their_own(legacy: RunningLegacy) -> None:
    legacy.act("clerk", seed=9, date="20261126", edits=20)
    numbers = [
        row[0].strip() for row in legacy.rows("SELECT order_id FROM ord_order WHERE trade_date = '1151126'")
    ]
    assert numbers and all(number.startswith("L1151126") and len(number) == 13 for number in numbers)


def test_in_the_evening_she_delivers_what_she_serves(legacy: RunningLegacy) -> None:
    legacy.act("clerk", seed=10, date="20261127", edits=30)
    mine = "SELECT order_id FROM ord_order WHERE trade_date = '1151127' AND status = '02' ORDER BY 1 LIMIT 1"
    ((handed_over,),) = legacy.rows(mine)
    legacy.edit("ord_order", handed_over.strip(), dispatch_sys="N")
    ((cancelled,),) = legacy.rows(
        "SELECT count(*) FROM ord_order WHERE trade_date = '1151127' AND status = '06'"
    )
    answer = legacy.act("deliver", seed=1, date="20261127")
    delivered = legacy.rows(
        "SELECT order_id, invoice_no, actual_delivery_time FROM ord_order WHERE trade_date = '1151127' AND status = '05'"
    )
    assert {row[0].strip() for row in delivered} == {edit["id"] for edit in answer["edits"]}
    assert all(invoice.startswith("ZZ") and when.startswith("1151127") for _order, invoice, when in delivered)
    assert len({invoice for _order, invoice, _when in delivered}) == len(delivered) > 0
    assert legacy.rows("SELECT status FROM ord_order WHERE order_id = %s", handed_over) == [("02",)]
    assert legacy.rows("SELECT count(*) FROM ord_order WHERE trade_date = '1151127' AND status = '06'") == [
        (cancelled,)
    ]
    assert legacy.act("deliver", seed=1, date="20261127") == {"edits": []}


def test_only_the_customers_asked_for(legacy: RunningLegacy) -> None:
    with pytest.raises(ControlError, match="there is no customer of pilot"):
        legacy.act("clerk", seed=11, date="20261128", edits=5, customers="pilot")
    legacy.do("INSERT INTO cust_customer (customer_id, customer_name, status) VALUES ('1000001', 'a', '01')")
    legacy.act("clerk", seed=11, date="20261128", edits=12, customers="pilot")
    assert legacy.rows("SELECT DISTINCT trim(customer_id) FROM ord_order WHERE trade_date = '1151128'") == [
        ("1000001",)
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"date": "1151124"}, "date must be YYYYMMDD"),
        ({"date": "20261124", "edits": -1}, "edits must be 0 to"),
        ({"date": "20261124", "seed": "x"}, "seed must be a whole number"),
        ({"date": "20261124", "customers": "all"}, "customers must be one of any, own, pilot"),
    ],
)
def test_a_day_that_makes_no_sense(legacy: RunningLegacy, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ControlError, match=said):
        legacy.act("clerk", **wrong)


def test_typing_into_a_row(legacy: RunningLegacy) -> None:
    legacy.edit("cust_customer", "C000005", notes="狗在後門", phone_primary={"hex": "ff00"})
    assert legacy.rows(
        "SELECT notes, phone_primary, update_user FROM cust_customer WHERE customer_id = 'C000005'"
    ) == [("狗在後門".encode("cp950"), b"\xff\x00", b"A01")]
    for values, said in (
        ({"notes": "😀"}, "notes: '😀' is not in cp950"),
        ({"colour": "red"}, "cust_customer has no column colour"),
        ({"status": "99"}, "refuses"),
    ):
        with pytest.raises(ControlError, match=said):
            legacy.edit("cust_customer", "C000005", **values)
    with pytest.raises(ControlError, match="has no row"):
        legacy.edit("cust_customer", "C999999", notes="x")


def test_a_head_without_its_lines(legacy: RunningLegacy) -> None:
    legacy.fault("half_committed", times=1, seconds=0.5)
    answer = legacy.act("clerk", seed=12, date="20261129", edits=8, customers="own")
    half = next(edit["id"] for edit in answer["edits"] if edit["what"] == "half")
    lines = "SELECT count(*) FROM ord_line WHERE order_id = %s"
    assert legacy.rows(lines, half) == [(0,)]
    assert legacy.rows("SELECT line_count FROM ord_order WHERE order_id = %s", half) == [(1,)]
    ((head,),) = legacy.rows("SELECT revision FROM ord_order WHERE order_id = %s", half)
    eventually(lambda: legacy.rows(lines, half) == [(1,)])
    assert legacy.rows("SELECT revision > %s FROM ord_order WHERE order_id = %s", head, half) == [(True,)]
    assert legacy.state()["unfinished"] == 0


def test_bytes_that_are_no_text(legacy: RunningLegacy) -> None:
    legacy.fault("undecodable", times=2)
    legacy.act("clerk", seed=13, date="20261130", edits=40)
    notes = legacy.rows("SELECT notes FROM cust_customer UNION ALL SELECT notes FROM ord_order")
    broken = 0
    for (note,) in notes:
        try:
            (note or b"").decode("cp950")
        except UnicodeDecodeError:
            broken += 1
    assert broken == 2


def test_a_kill_loses_nothing(tmp_path) -> None:
    running = open_legacy(tmp_path / "sandbox")
    try:
        running.fault("half_committed", times=1, seconds=1)
        first = running.act("clerk", seed=14, date="20261124", edits=15)
        url, revision = running.url, running.state()["revision"]
        running.sandbox.kill()
        running.restart()
        assert running.url == url
        assert running.act("clerk", seed=14, date="20261124", edits=15) == {**first, "again": True}
        assert running.rows("SELECT count(*) FROM cust_customer WHERE customer_id LIKE 'C%%'") == [(300,)]
        assert running.state()["revision"] >= revision
        eventually(lambda: running.state()["unfinished"] == 0)
        assert running.rows(
            "SELECT count(*) FROM ord_order o WHERE line_count <> (SELECT count(*) FROM ord_line l"
            " WHERE l.order_id = o.order_id)"
        ) == [(0,)]
    finally:
        running.end()
