"""States, leases, flags, the forgiving cache, masked logs, registries."""

import pytest
from django.core.cache import caches
from django.db import models

from luckygas.core import extend, flags, leases
from luckygas.core.cache import ForgivingRedisCache
from luckygas.core.logs import mask
from luckygas.core.states import Machine, table


def test_a_machine_must_know_every_state():
    class Light(models.TextChoices):
        RED = "red"
        GREEN = "green"

    with pytest.raises(ValueError, match="green"):
        Machine(Light, table({"red": ["green"]}))
    machine = Machine(Light, table({"red": ["green"], "green": []}))
    assert machine.sources("green") == ["red"]
    assert machine.finals() == ["green"]


def test_a_lease_has_one_holder_and_ends(db):
    with leases.lease("work", seconds=60) as first, leases.lease("work", seconds=60) as second:
        assert first is not None
        assert first.name == "work"
        assert second is None
        assert leases.renew(first, seconds=60) is True
    with leases.lease("work", seconds=60) as third:
        assert third is not None


def test_a_dead_holder_is_replaced_when_his_time_is_over(db):
    with leases.lease("work", seconds=-1) as dead, leases.lease("work", seconds=60) as next_one:
        assert dead is not None
        assert next_one is not None
        assert leases.renew(dead, seconds=60) is False


def test_a_flag_without_or_with_a_failing_provider_is_the_default():
    class Broken:
        def resolve(self, name, key, default, attributes):
            raise OSError("away")

    class Fixed:
        def resolve(self, name, key, default, attributes):
            return flags.Answer(key == "1400103", "on", "TARGETING_MATCH")

    registered = flags._provider
    try:
        flags.register(None)
        assert flags.explain("new", "1400103", default=True) == flags.Answer(True, "default", "DEFAULT")
        flags.register(Broken())
        assert flags.explain("new", "1400103", default=True) == flags.Answer(True, "default", "ERROR")
        flags.register(Fixed())
        assert flags.is_on("new", "1400103") is True
        assert flags.is_on("new", "1400104", default=True) is False
    finally:
        flags.register(registered)


def test_the_cache_forgives_a_missing_redis():
    away = ForgivingRedisCache("redis://127.0.0.1:1/0", {})
    assert away.get("key", "default") == "default"
    away.set("key", 1)
    assert away.add("key", 1) is True
    assert away.delete("key") is False
    assert away.get_many(["key"]) == {}
    assert away.set_many({"key": 1}) == []
    assert away.incr("key") == 1
    present = caches["default"]
    present.set("greeting", "你好", 10)
    assert present.get("greeting") == "你好"
    present.delete("looks")  # emptied between add and incr
    assert [present.incr("looks", 2), present.incr("looks")] == [2, 3]


def test_a_log_line_of_a_request_does_not_tell_what_was_searched(client_as, caplog):
    office = client_as("office")
    with caplog.at_level("INFO", "django_structlog.middlewares.request"):
        office.get("/admin/orders/order/desk/find/", {"q": "王小明"})
    told = [mask(None, "", dict(record.msg))["request"] for record in caplog.records]
    assert set(told) == {"GET /admin/orders/order/desk/find/"}
    assert len(told) == 2


def test_logs_hide_personal_data():
    line = mask(
        None, "info", {"event": "called 0912345678 and 089-330123", "phone": "0912345678", "order_id": 7}
    )
    assert line == {"event": "called ***678 and ***123", "phone": "***", "order_id": 7}


@pytest.mark.parametrize("key", ["request", "event", "path"])
def test_logs_keep_no_customers_link(key):
    said = "GET /t/QmFzZTY0LXNhZmUtMjA_ and /t/abc-_9. from /admin/"
    assert mask(None, "info", {key: said})[key] == "GET /t/*** and /t/*** from /admin/"


def test_registering_a_name_twice_is_a_defect():
    registry: extend.Registry[int] = extend.Registry("thing")
    registry.register("b", 1, order=2)
    registry.register("a", 2, order=2)
    registry.register("c", 3, order=1)
    assert list(registry) == [3, 2, 1]
    with pytest.raises(ValueError, match="'a' is registered already"):
        registry.register("a", 4)


def test_a_card_draws_its_series_to_scale():
    card = extend.Card("訂單", [], [("8", 0), ("9", 5), ("10", 10)], "每小時")
    assert card.width == 60
    assert [(bar.x, bar.y, bar.height) for bar in card.bars] == [(2, 64, 0), (22, 34, 30), (42, 4, 60)]
