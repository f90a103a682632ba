"""The old system's tables against the field lists of its blueprint and of the upload list, typed anew here."""

import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy

__all__ = ["_one_legacy", "legacy"]

CUSTOMER = """
    CUSTOMER_ID(10) TAX_ID(8) NATIONAL_ID(10) CUSTOMER_NAME(100) SHORT_NAME(50) ENGLISH_NAME(100) CUSTOMER_TYPE
    BUSINESS_TYPE(4) STATUS STOP_REASON(200) BLACKLIST_REASON(200) SOURCE REFERRER_ID SALES_REP NOTES
    CONTACT_PERSON(50) CONTACT_TITLE(30) PHONE_PRIMARY PHONE_SECONDARY MOBILE(15) FAX EMAIL(100) LINE_ID(50)
    REG_POSTAL_CODE(5) REG_CITY(10) REG_DISTRICT(10) REG_ADDRESS(200)
    DELIVERY_SAME_AS_REG DELIVERY_POSTAL_CODE DELIVERY_ADDRESS(200) DELIVERY_ZONE(4) DELIVERY_SEQUENCE
    DELIVERY_TIME_PREF DELIVERY_INSTRUCTIONS(500) SERVICE_AREA(4) PRIMARY_PRODUCT AVG_MONTHLY_QTY SAFETY_STOCK
    CYLINDER_COUNT
    PAYMENT_TERMS CREDIT_LIMIT(10) DEPOSIT_AMOUNT PRICE_LEVEL TAX_TYPE INVOICE_TYPE INVOICE_DELIVERY CONTRACT_NO
    CONTRACT_START CONTRACT_END CONTRACT_PRICE FIRST_TRANS_DATE LAST_TRANS_DATE TOTAL_AMOUNT
    CREATE_USER CREATE_DATE UPDATE_USER UPDATE_DATE DELETE_FLAG
"""
ADDRESS = """
    ADDRESS_ID CUSTOMER_ID ADDRESS_TYPE ADDRESS_NAME POSTAL_CODE FULL_ADDRESS CONTACT_PERSON CONTACT_PHONE
    DELIVERY_NOTE IS_DEFAULT ACTIVE
"""
CONTACT = "CONTACT_ID CUSTOMER_ID CONTACT_NAME TITLE PHONE MOBILE EMAIL IS_PRIMARY"
ORDER = """
    ORDER_DATE DELIVERY_ADDRESS_ID TAX_AMOUNT DELIVERY_FEE CREDIT_USED PRIORITY_FLAG DISPATCH_ID ROUTE_SEQUENCE
    ACTUAL_DELIVERY_TIME DELIVERY_SIGNATURE CANCEL_REASON CANCEL_NOTES DELETE_FLAG
"""
SIZES = {"cust_customer": CUSTOMER, "cust_address": ADDRESS, "cust_contact": CONTACT, "ord_order": ORDER}
TEXTS = [
    "customer_name",
    "short_name",
    "notes",
    "delivery_address",
    "contact_person",
    "phone_primary",
    "email",
]


def columns(legacy: RunningLegacy, table: str) -> dict[str, tuple[str, int | None]]:
    return {
        name: (kind, size)
        for name, kind, size in legacy.rows(
            "SELECT column_name, data_type, coalesce(character_maximum_length, numeric_precision)"
            " FROM information_schema.columns WHERE table_schema = 'legacy' AND table_name = %s",
            table,
        )
    }


@pytest.mark.parametrize("table", SIZES)
def test_every_field_of_the_blueprint(legacy: RunningLegacy, table: str) -> None:
    there = columns(legacy, table)
    for word in SIZES[table].split():
        found = re.fullmatch(r"([A-Z_]+)(?:\((\d+)\))?", word)
        assert found is not None
        name, size = found[1].lower(), found[2]
        assert name in there, name
        kind, room = there[name]
        if size and kind != "bytea":
            assert room == int(size), name


def test_sixteen_quantities(legacy: RunningLegacy) -> None:
    there = columns(legacy, "ord_line")
    assert sum(name.startswith("qty_") for name in there) == 16
    assert {"order_id", "line_number", "delete_flag", "revision", "changed_at"} <= set(there)


def test_text_is_bytes_and_codes_are_letters(legacy: RunningLegacy) -> None:
    there = columns(legacy, "cust_customer")
    assert {there[name][0] for name in TEXTS} == {"bytea"}
    assert there["customer_type"] == ("character", 2)
    assert there["contract_start"] == ("character", 7)
    with pytest.raises(psycopg.errors.CheckViolation):
        legacy.do("UPDATE cust_customer SET short_name = %s WHERE customer_id = 'C000001'", b"a" * 51)


def test_its_own_customers_are_cp950(legacy: RunningLegacy) -> None:
    found = legacy.rows("SELECT customer_id, customer_name, delivery_address FROM cust_customer ORDER BY 1")
    assert len(found) == 300
    assert all(re.fullmatch(r"C[0-9]{6}", code.strip()) for code, _name, _address in found)
    assert all(
        name.decode("cp950") and address.decode("cp950").endswith("號") for _code, name, address in found
    )
    assert legacy.rows("SELECT count(*) FROM cust_address WHERE is_default = 'Y'") == [(300,)]
    assert legacy.rows("SELECT count(*) > 50 FROM cust_contact") == [(True,)]


def test_every_change_has_a_number_of_its_own_and_a_time(legacy: RunningLegacy) -> None:
    ((before,),) = legacy.rows("SELECT last_value FROM revision")
    legacy.do("UPDATE cust_customer SET fax = '1' WHERE customer_id = 'C000001'")
    legacy.do("UPDATE cust_address SET active = 'N' WHERE address_id = 'C000001-01'")
    (first,) = legacy.rows(
        "SELECT revision, changed_at, update_date FROM cust_customer WHERE customer_id = 'C000001'"
    )
    (second,) = legacy.rows("SELECT revision FROM cust_address WHERE address_id = 'C000001-01'")
    assert (first[0], second[0]) == (before + 1, before + 2)
    assert abs(first[1] - datetime.now(UTC)) < timedelta(seconds=10)
    taipei = first[1].astimezone(UTC) + timedelta(hours=8)
    assert first[2] == f"{taipei.year - 1911}{taipei:%m%d}"


def test_nothing_is_ever_deleted(legacy: RunningLegacy) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="flagged, never deleted"):
        legacy.do("DELETE FROM cust_contact")


def test_a_change_of_a_line_is_a_change_of_its_order(legacy: RunningLegacy) -> None:
    legacy.do(
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status) VALUES ('X1', 'C000001', '1151124', '02')"
    )
    ((head,),) = legacy.rows("SELECT revision FROM ord_order WHERE order_id = 'X1'")
    legacy.do("INSERT INTO ord_line (order_id, line_number, qty_20) VALUES ('X1', 1, 2)")
    ((with_line,),) = legacy.rows("SELECT revision FROM ord_order WHERE order_id = 'X1'")
    legacy.do("UPDATE ord_line SET qty_20 = 3 WHERE order_id = 'X1'")
    ((changed,),) = legacy.rows("SELECT revision FROM ord_order WHERE order_id = 'X1'")
    assert head < with_line < changed


@pytest.mark.parametrize(
    "wrong", ["status = '09'", "time_slot = '07'", "dispatch_sys = 'X'", "status = '05'", "delete_flag = 'J'"]
)
def test_codes_it_does_not_know(legacy: RunningLegacy, wrong: str) -> None:
    legacy.do(
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status) VALUES ('X2', 'C000001', '1151124', '02')"
        " ON CONFLICT DO NOTHING"
    )
    with pytest.raises(psycopg.errors.CheckViolation):
        legacy.do(f"UPDATE ord_order SET {wrong} WHERE order_id = 'X2'")  # noqa: S608 - a constant above


def test_a_transaction_holds_a_lock_below_its_first_number(legacy: RunningLegacy) -> None:
    held = (
        "SELECT array_agg(objid::int) FROM pg_locks WHERE locktype = 'advisory' AND classid = 950 AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with legacy.connect() as connection, connection.transaction():
        ((before,),) = legacy.rows("SELECT last_value FROM revision")
        connection.execute("UPDATE cust_customer SET fax = '2' WHERE customer_id IN ('C000002', 'C000003')")
        assert legacy.rows(held) == [([before],)]
    assert legacy.rows(held) == [(None,)]
