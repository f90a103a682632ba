"""What both systems spell differently and mean alike is equal to the mirror and to the verifier."""

import pytest

from customers.models import Customer
from luckygas.core import clock
from orders.models import Order, Product
from orders.services import orders
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

SAME = {
    "neighbours": ("• 5¢ £ ¥ ‾ ∼ ☉ ♁ ､", "‧ 5￠ ￡ ￥ ¯ ～ ⊙ ⊕ ﹑"),
    "full width": ("～／＼１２３€", "～／＼１２３€"),
    "edges": (" \u3000後門\n\n", "後門"),
    "line ends": ("甲\r\n乙\n丙\r丁", "甲\r\n乙\r\n丙\r\n丁"),
    "spellings of Taiwan": ("臺東台東", "臺東台東"),
}


@pytest.mark.parametrize("name", SAME)
def test_text(mirrored, name):
    here, there = SAME[name]
    Customer.objects.filter(code=CODE).update(notes=here)
    order = orders.create_order(
        mirrored.row, [(Product.objects.get(kind="GAS-C20-R"), 2)], scheduled_date=clock.today(), actor=LEAD
    )
    Order.objects.filter(pk=order.pk).update(note=here)
    mirrored.settle()
    assert mirrored.there()["notes"] == mirrored.there("ord_order", order.number)["notes"] == there
    assert Customer.objects.get(code=CODE).notes == here
    assert mirrored.differences() == []
    assert mirrored.is_equal()


@pytest.mark.parametrize(
    "values",
    [
        {"phone_primary": "(02) 2345-6789", "phone_secondary": "", "mobile": "0912345678"},
        {"payment_terms": "MON60"},
        {"customer_type": "04"},
        {"delivery_same_as_reg": "Y", "reg_address": "臺東縣臺東市中山路1號", "delivery_address": ""},
        {"short_name": " 王家小館 "},
        {"notes": {"hex": "a2cc"}},
    ],
)
def test_their_spellings(mirrored, values):
    mirrored.legacy.edit("cust_customer", CODE, **values)
    mirrored.settle()
    assert mirrored.conflicts() == []
    assert mirrored.differences() == []
    again = mirrored.there()
    for column, value in values.items():
        assert again[column] == (value if isinstance(value, str) else "十")
