"""The verifier, proved by damage it must find and name; it shares no code with the mirroring."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.testing import plant
from orders.models import Order, Product
from orders.services import orders
from pilot.models import ConsistencyRun, SyncDirty, SyncLink
from pilot.services import consistency
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def order(mirrored):
    """An order of ours, mirrored and equal."""
    made = orders.create_order(
        mirrored.row, [(Product.objects.get(kind="GAS-C20-R"), 2)],
        scheduled_date=clock.today(), actor=LEAD, note="後門",
    )  # fmt: skip
    mirrored.settle()
    assert mirrored.is_equal()
    return made


def ours(sql, *values):
    """Behind every trigger."""
    plant(sql, values=values)


def theirs(mirrored, sql, *values):
    """Behind their triggers: no revision is raised."""
    with mirrored.legacy.connect() as there:
        there.execute("SET session_replication_role = replica")
        there.execute(sql, values)


def found(mirrored):
    return mirrored.differences()


def test_ours_changed_behind_the_triggers(mirrored, order):
    ours("UPDATE customers_customer SET notes = 'x' WHERE code = %s", CODE)
    (said, stale) = found(mirrored)
    assert said.startswith(f"{CODE}: ") and "notes" in said
    assert stale.startswith(CODE)


def test_theirs_changed_with_no_revision_raised(mirrored, order):
    theirs(mirrored, "UPDATE ord_order SET trade_date = '1160101' WHERE order_id = %s", order.number)
    (said,) = found(mirrored)
    assert said.startswith(f"{order.number}: date ") and "2027-01-01" in said


def test_a_row_missing_there(mirrored, order):
    theirs(mirrored, "DELETE FROM ord_order WHERE order_id = %s", order.number)
    (said,) = found(mirrored)
    assert said == f"{order.number}: {_words()['ours']}"


def test_a_row_missing_here(mirrored, order):
    for table in ("orders_orderline", "orders_orderstatuschange"):
        ours(f"DELETE FROM {table} WHERE order_id = %s", order.pk)  # noqa: S608
    ours("DELETE FROM orders_order WHERE id = %s", order.pk)
    (said,) = found(mirrored)
    assert said == f"{order.number}: {_words()['theirs']}"


def test_an_extra_row_there(mirrored, order):
    theirs(
        mirrored,
        "INSERT INTO ord_order (order_id, customer_id, trade_date, status, revision, changed_at)"
        " VALUES ('L77', %s, '1151124', '02', 1, now() - interval '1 day')",
        CODE,
    )
    SyncLink.objects.create(entity="order", external_id="L77", customer_code=CODE, revision=1, state="agreed")
    assert f"L77: {_words()['theirs']}" in found(mirrored)


def test_the_quantity_of_a_line(mirrored, order):
    theirs(mirrored, "UPDATE ord_line SET qty_20 = 3 WHERE order_id = %s", order.number)
    (said,) = found(mirrored)
    assert "GAS-C20-R=2" in said and "GAS-C20-R=3" in said


def test_served_by_both(mirrored, order):
    theirs(mirrored, "UPDATE ord_order SET dispatch_sys = 'O' WHERE order_id = %s", order.number)
    (said,) = found(mirrored)
    assert "served_by" in said and "ours" in said and "legacy" in said


def test_a_mirror_made_twice(mirrored, order):
    ours("UPDATE orders_order SET number_there = 'L88' WHERE id = %s", order.pk)
    assert sorted(found(mirrored)) == sorted(
        [f"L88: {_words()['ours']}", f"{order.number}: {_words()['theirs']}"]
    )


def test_a_stale_agreed_image(mirrored, order):
    link = SyncLink.objects.get(external_id=order.number)
    link.base = (link.base or {}) | {"note": "前門"}
    link.save()
    (said,) = found(mirrored)
    assert said.startswith(order.number)


def test_a_mark_that_was_lost(mirrored, order):
    Customer.objects.filter(code=CODE).update(notes="新的")
    SyncDirty.objects.all().delete()
    assert any(said.startswith(f"{CODE}: notes") for said in found(mirrored))


def test_wrong_bytes(mirrored, order):
    theirs(mirrored, "UPDATE cust_customer SET notes = '\\xe5b8b8'::bytea WHERE customer_id = %s", CODE)
    (said,) = found(mirrored)
    assert said.startswith(f"{CODE}: notes")


def test_what_is_under_way_or_open_is_explained_and_counted(mirrored, order):
    Customer.objects.filter(code=CODE).update(notes="新的")
    report = consistency.compare()
    assert (report.unexplained, dict(report.explained)) == ([], {"in flight": 1})
    connection.cursor().execute("UPDATE pilot_syncdirty SET since = now() - interval '6 minutes'")
    assert len(consistency.compare().unexplained) == 1


def test_the_command_keeps_what_it_found_and_ends_with_1_on_a_difference(mirrored, order):
    out = io.StringIO()
    call_command("verify_consistency", stdout=out)
    run = ConsistencyRun.objects.get()
    assert (run.ours, run.theirs, run.compared, run.coverage, run.unexplained) == (2, 2, 2, 100, 0)
    Order.objects.filter(pk=order.pk).update(note="x")
    SyncDirty.objects.all().delete()
    with pytest.raises(CommandError) as ended:
        call_command("verify_consistency", stdout=out)
    assert ended.value.returncode == 1
    assert ConsistencyRun.objects.latest("pk").differences[0].startswith(order.number)


def test_a_symbol_postgres_spells_otherwise_is_no_difference(mirrored):
    Customer.objects.filter(code=CODE).update(notes="╔═╗ ／ ～")
    mirrored.settle()
    assert mirrored.is_equal()


def test_it_shares_no_code_with_what_it_verifies():
    for module in ("services/consistency.py", "queries/compared.py"):
        text = (Path(consistency.__file__).parents[1] / module).read_text()
        assert "pilot.sync" not in text and "pilot.legacy" not in text


def _words():
    from django.utils.translation import gettext

    return {
        "ours": gettext("stands in this system only"),
        "theirs": gettext("stands in the old system only"),
    }
