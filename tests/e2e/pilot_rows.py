"""The pilot's pages with something on them: planted inside a company (``manage.py shell -c …``)."""

from __future__ import annotations

import datetime as dt

from customers.models import Customer
from luckygas.core import breakers, clock
from luckygas.core.actor import Actor
from pilot.models import ConsistencyRun, LegacyWrite, SyncConflict, SyncCursor, SyncLink
from pilot.services import enrolment, pauses
from tests.e2e.overfull import NAME, NOTE

ACTOR = Actor.system("試辦")
KINDS = (
    ("both", "notes", ""),
    ("damaged", "notes", "e5b8b8"),
    ("unencodable", "short_name", "簡稱：舊系統沒有「堃」字"),
)


def normal() -> None:
    """Twenty customers on their way, three conflicts, an equal compare some minutes ago."""
    _enrol(20)
    _conflicts(3, "前門送，先打電話")
    _run(0, [], minutes=3)


def overfull() -> None:
    """Two hundred conflicts over long texts, hundreds of writes that wait, an unequal compare of yesterday."""
    _enrol(300)
    _conflicts(200, NOTE)
    link = SyncLink.objects.order_by("pk").last()
    assert link is not None
    now = clock.now()
    for link in SyncLink.objects.all()[:150]:
        LegacyWrite.objects.create(
            link=link, lane=link.lane, image={}, marked_at=now, status="queued" if link.pk % 3 else "failed",
            last_said="連不上舊系統：" + "連線被拒絕，" * 30, created_at=now - dt.timedelta(hours=30),
        )  # fmt: skip
    SyncCursor.objects.filter(entity="customer").update(
        failing_since=now - dt.timedelta(hours=1), said="連線逾時" * 30
    )
    pauses.pause("all", reason=NAME, actor=ACTOR)
    _run(98_765, [f"O-20261123-{n:06}：{NOTE[:300]}" for n in range(60)], minutes=1500)


def parties_fail(number: int) -> None:
    """The first ``number`` outside parties fail until they are left alone."""
    for state in breakers.states()[:number]:
        for _time in range(state.fail_max - state.failures):
            try:
                breakers.call(state.party, lambda: 1 / 0)
            except ZeroDivisionError:
                continue


def parties_answer() -> None:
    for state in breakers.states():
        breakers.reset(state.party, actor=ACTOR, reason="已修復")


def _enrol(number: int) -> None:
    for place, customer in enumerate(Customer.objects.filter(status="active").order_by("code")[:number]):
        if enrolment.phase_of(customer.code) != "off":
            continue
        enrolment.move(customer, "shadow" if place % 3 == 0 else "dual", reason="試辦", actor=ACTOR)
        if place % 3 == 2:
            enrolment.move(customer, "ours_leads", reason="穩定兩週", actor=ACTOR)


def _conflicts(number: int, text: str) -> None:
    now = clock.now()
    SyncCursor.objects.update_or_create(entity="customer", defaults={"read_at": now})
    for place, customer in enumerate(
        Customer.objects.filter(enrolment__isnull=False).order_by("code")[:number]
    ):
        link, _new = SyncLink.objects.get_or_create(
            entity="customer",
            external_id=customer.code,
            defaults={
                "customer_code": customer.code,
                "state": "contested",
                "revision": 5,
                "object_id": customer.pk,
            },
        )
        kind, group, detail = KINDS[place % 3]
        SyncConflict.objects.get_or_create(
            link=link, kind=kind, group=group, state="open",
            defaults={
                "base": {group: "後門送"}, "ours": {group: text}, "theirs": {group: text[::-1]}, "detail": detail,
                "opened_at": now - dt.timedelta(minutes=7 * place + 2),
            },
        )  # fmt: skip


def _run(unexplained: int, differences: list[str], *, minutes: int) -> None:
    ConsistencyRun.objects.create(
        started_at=clock.now() - dt.timedelta(minutes=minutes), milliseconds=940, ours=1234, theirs=1234,
        compared=1234, coverage=100, explained={"conflict open": 3}, unexplained=unexplained,
        differences=differences, lag_p50=1.4, lag_p95=2.9, lag_p99=6.0,
    )  # fmt: skip
