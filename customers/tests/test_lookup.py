import pytest

from customers.queries import lookup
from customers.services import customers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people(actor):
    for data in (
        {
            "code": "1400103",
            "short_name": "王家小館",
            "address": "臺東縣臺東市中山路123號",
            "phones": "089-331234",
        },
        {
            "code": "1400104",
            "short_name": "海邊小館",
            "address": "臺東縣成功鎮中山路9號",
            "phones": "0912-345678",
        },
        {
            "code": "1400105",
            "short_name": "Blue Cafe",
            "address": "臺東縣臺東市更生路1號",
            "status": "terminated",
        },
        {"code": "2000001", "short_name": "林宜蓁", "phones": "089-331999"},
    ):
        customers.create_customer(data, actor=actor)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1400103", ["1400103"]),
        ("140010", ["1400103", "1400104", "1400105"]),
        ("089-331234", ["1400103"]),
        ("+886 89 331234", ["1400103"]),
        ("0912345678", ["1400104"]),
        ("331", ["1400103", "2000001"]),
        ("3319", ["2000001"]),
        ("小館", ["1400103", "1400104"]),
        ("小館 成功", ["1400104"]),
        ("blue", ["1400105"]),
        ("中山路123", ["1400103"]),
        ("１４００１０３", ["1400103"]),
        ("123", ["1400103", "1400104"]),
        ("00", []),
        ("沒有這家", []),
        ("100%", []),
        ("", []),
        ("  ", []),
    ],
)
def test_a_caller_is_found_by_whatever_he_says(text, codes):
    assert [customer.code for customer in lookup(text)] == codes


def test_active_ones_come_first_and_the_list_is_short():
    assert [c.code for c in lookup("14001", limit=2)] == ["1400103", "1400104"]


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    with django_assert_num_queries(5):
        for customer in lookup("331"):
            assert [str(customer.area), customer.address, customer.is_active, list(customer.phones.all())]
