"""Every change of a flag has its actor and reason; a big jump takes two people."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from pilot.models import Flag, FlagChange, FlagCustomer, FlagRequest, FlagToken
from pilot.services import flags

NOON = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)


def history(flag):
    return list(
        FlagChange.objects.filter(flag=flag)
        .order_by("id")
        .values_list("action", "field", "old", "new", "reason", "actor_name")
    )


def token():
    return FlagToken.objects.get().token


def test_a_new_flag_tells_what_it_began_with(flag_of):
    flag = flag_of(kind="percentage", percentage=Decimal("10.50"), kinds=["commercial"])
    assert (flag.salt, flag.state, flag.killed, flag.version) == ("new_engine", "active", False, 1)
    assert history(flag) == [
        ("created", "", "", "new_engine", "試辦", "林組長"),
        ("created", "title", "", "新路線引擎", "試辦", "林組長"),
        ("created", "kind", "", "percentage", "試辦", "林組長"),
        ("created", "percentage", "", "10.5", "試辦", "林組長"),
        ("created", "kinds", "", "commercial", "試辦", "林組長"),
    ]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "New Engine"}, "name"),
        ({"name": "x"}, "name"),
        ({"kind": "variant"}, "kind"),
        ({"state": "on"}, "state"),
        ({"kinds": ["commercial", "palace"]}, "kinds"),
        ({"areas": ["Ω"]}, "areas"),
        ({"starts_at": NOON, "ends_at": NOON}, "ends_at"),
        ({"kind": "percentage", "percentage": Decimal(101)}, "percentage"),
        ({"kind": "percentage", "percentage": Decimal(-1)}, "percentage"),
        ({"kind": "percentage", "percentage": Decimal("1.005")}, "percentage"),
        ({"kind": "percentage", "percentage": Decimal("NaN")}, "percentage"),
        ({"kind": "percentage", "percentage": 10.0}, "percentage"),
        ({"kind": "percentage", "percentage": Decimal("25.01")}, "percentage"),
    ],
)
def test_what_cannot_be_is_refused_by_field(flag_of, fields, field):
    with pytest.raises(Refused) as refusal:
        flag_of(**fields)
    assert refusal.value.field == field
    assert (
        Flag.objects.filter(name="new_engine").count(),
        FlagChange.objects.filter(reason="試辦").count(),
    ) == (0, 0)


def test_a_name_is_given_once(flag_of):
    flag_of()
    with pytest.raises(Refused) as refusal:
        flag_of()
    assert refusal.value.code == "exists"


def test_each_value_that_differs_is_a_row_of_history(flag_of, second):
    flag = flag_of(kind="percentage", percentage=Decimal(10), kinds=["commercial"])
    before, first = token(), len(history(flag))
    flags.change(
        flag,
        {
            "percentage": Decimal("20.00"),
            "kinds": ["school", "commercial"],
            "title": "新路線引擎",
            "starts_at": NOON,
        },
        reason="第二週",
        actor=second,
    )
    assert history(flag)[first:] == [
        ("changed", "percentage", "10", "20", "第二週", "陳經理"),
        ("changed", "kinds", "commercial", "commercial, school", "第二週", "陳經理"),
        ("changed", "starts_at", "", "2026-11-23 12:00", "第二週", "陳經理"),
    ]
    assert (flag.percentage, flag.version) == (20, 2)
    assert token() != before


def test_the_same_again_changes_nothing(flag_of, lead):
    flag = flag_of(kinds=["school", "commercial"])
    before, first = token(), len(history(flag))
    flags.change(flag, {"kinds": ["commercial", "school"], "percentage": Decimal(0)}, reason="", actor=lead)
    assert (len(history(flag)), flag.version) == (first, 1)
    assert token() == before


@pytest.mark.parametrize("reason", ["", "  \x00", "x" * 201])
def test_without_a_reason_nothing_changes(flag_of, customer, lead, reason):
    flag, first = flag_of(), None
    first = history(flag)
    customer()
    for deed in (
        lambda: flags.change(flag, {"is_enabled": True}, reason=reason, actor=lead),
        lambda: flags.kill(flag, reason=reason, actor=lead),
        lambda: flags.add_customer(flag, "1400103", "allow", reason=reason, actor=lead),
        lambda: flags.create({"name": "other_one", "title": "x"}, reason=reason, actor=lead),
    ):
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.field == "reason"
    flag.refresh_from_db()
    assert (flag.is_enabled, flag.killed, flag.version) == (False, False, 1)
    assert history(flag) == first
    assert FlagCustomer.objects.count() == 0


def test_the_kill_switch_and_back(flag_of, lead, second):
    flag, first = flag_of(is_enabled=True), None
    first = len(history(flag))
    for _time in range(2):
        flags.kill(flag, reason="客訴", actor=lead)
    assert flag.killed
    flags.revive(flag, reason="已修正", actor=second)
    assert not flag.killed
    assert history(flag)[first:] == [
        ("killed", "killed", "off", "on", "客訴", "林組長"),
        ("revived", "killed", "on", "off", "已修正", "陳經理"),
    ]


def test_customers_on_and_off_the_lists(flag_of, customer, lead, second):
    flag, first = flag_of(), None
    first = len(history(flag))
    customer("1400103")
    for side in ("allow", "deny", "allow"):
        flags.add_customer(flag, " 1400103 ", side, reason="試辦", actor=lead)
    rows = FlagCustomer.objects.order_by("id")
    assert list(rows.values_list("side", "added_by")) == [("allow", "林組長"), ("deny", "林組長")]
    for _time in range(2):
        flags.remove_customer(flag, "1400103", "deny", reason="退出", actor=second)
    assert list(rows.values_list("side", flat=True)) == ["allow"]
    assert history(flag)[first:] == [
        ("customer_added", "allow", "", "1400103", "試辦", "林組長"),
        ("customer_added", "deny", "", "1400103", "試辦", "林組長"),
        ("customer_removed", "deny", "1400103", "", "退出", "陳經理"),
    ]


def test_a_customer_or_list_that_is_not_there(flag_of, customer, lead):
    flag = flag_of()
    customer("1400103")
    for code, side, field in (("9999999", "allow", "customer"), ("1400103", "maybe", "side")):
        with pytest.raises(Refused) as refusal:
            flags.add_customer(flag, code, side, reason="試辦", actor=lead)
        assert refusal.value.field == field
    assert FlagCustomer.objects.count() == 0


def test_a_jump_above_25_points_takes_another_person(flag_of, lead, second):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    with pytest.raises(Refused) as refusal:
        flags.change(flag, {"percentage": Decimal("35.01")}, reason="快一點", actor=lead)
    assert (refusal.value.code, refusal.value.field) == ("four_eyes", "percentage")
    flags.change(flag, {"percentage": Decimal(25)}, reason="穩定", actor=lead)
    request = flags.request_jump(flag, Decimal(100), reason="全面啟用", actor=lead)
    with pytest.raises(Refused) as refusal:
        flags.request_jump(flag, Decimal(90), reason="再問", actor=second)
    assert refusal.value.code == "waits"
    with pytest.raises(Refused) as refusal:
        flags.approve(request, actor=lead)
    assert refusal.value.code == "four_eyes"
    flag.refresh_from_db()
    assert flag.percentage == 25
    flags.approve(request, actor=second)
    flag.refresh_from_db()
    request.refresh_from_db()
    assert (flag.percentage, request.state, request.decided_by) == (100, "approved", "陳經理")
    assert history(flag)[-2:] == [
        ("requested", "percentage", "25", "100", "全面啟用", "林組長"),
        ("approved", "percentage", "25", "100", "全面啟用", "陳經理"),
    ]
    with pytest.raises(Refused) as refusal:
        flags.approve(request, actor=second)
    assert refusal.value.code == "decided"


def test_small_steps_add_up_within_a_day(flag_of, lead, second, monday):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    clock.freeze(monday + dt.timedelta(hours=24))
    flags.change(flag, {"percentage": Decimal(30)}, reason="第一步", actor=lead)
    clock.freeze(monday + dt.timedelta(hours=47, minutes=59))
    for who in (lead, second):
        with pytest.raises(Refused) as refusal:
            flags.change(flag, {"percentage": Decimal("35.01")}, reason="第二步", actor=who)
        assert (refusal.value.code, refusal.value.field) == ("four_eyes", "percentage")
    flags.change(flag, {"percentage": Decimal(35)}, reason="第二步", actor=lead)
    assert flags.request_jump(flag, Decimal(40), reason="第三步", actor=lead).wanted == 40
    clock.freeze(monday + dt.timedelta(hours=48))
    flags.change(flag, {"percentage": Decimal(55)}, reason="隔天", actor=lead)
    assert flag.percentage == 55


def test_back_up_after_a_fright_takes_two_people_and_down_takes_one(flag_of, lead, second):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    flags.approve(flags.request_jump(flag, Decimal(90), reason="全面啟用", actor=lead), actor=second)
    flag.refresh_from_db()
    flags.change(flag, {"percentage": Decimal(60)}, reason="出錯", actor=lead)
    flags.change(flag, {"percentage": Decimal(50)}, reason="出錯", actor=lead)
    flags.change(flag, {"percentage": Decimal(75)}, reason="好些", actor=lead)
    with pytest.raises(Refused) as refusal:
        flags.change(flag, {"percentage": Decimal(76)}, reason="好些", actor=lead)
    assert refusal.value.code == "four_eyes"
    flags.change(flag, {"percentage": Decimal(0)}, reason="關閉", actor=lead)
    assert flag.percentage == 0


def test_a_percentage_does_not_become_everybody_by_another_type(flag_of, lead, second, monday):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    everybody = {"kind": "boolean", "is_enabled": True}
    with pytest.raises(Refused) as refusal:
        flags.change(flag, everybody, reason="快一點", actor=lead)
    assert (refusal.value.code, refusal.value.field) == ("everybody", "kind")
    flags.change(flag, {"kind": "boolean"}, reason="先關", actor=lead)
    with pytest.raises(Refused) as refusal:
        flags.change(flag, {"is_enabled": True}, reason="再開", actor=lead)
    assert refusal.value.code == "everybody"
    flags.change(
        flag, {"title": "引擎", "kind": "percentage", "percentage": Decimal(10)}, reason="回去", actor=lead
    )
    flags.approve(flags.request_jump(flag, Decimal(100), reason="全面啟用", actor=lead), actor=second)
    flag.refresh_from_db()
    flags.change(flag, everybody, reason="固定下來", actor=lead)
    assert (flag.kind, flag.is_enabled) == ("boolean", True)


def test_a_switch_that_never_was_a_percentage_is_one_persons(flag_of, lead):
    flag = flag_of()
    flags.change(flag, {"is_enabled": True}, reason="上線", actor=lead)
    assert flag.is_enabled


def test_a_list_becomes_a_percentage_by_two_people_too(flag_of, lead):
    flag = flag_of(kind="customer_list", percentage=Decimal(60))
    with pytest.raises(Refused) as refusal:
        flags.change(flag, {"kind": "percentage"}, reason="擴大", actor=lead)
    assert refusal.value.code == "four_eyes"


def test_a_request_for_what_was_changed_since_is_void(flag_of, lead, second):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    request = flags.request_jump(flag, Decimal(90), reason="全面啟用", actor=lead)
    flags.change(flag, {"percentage": Decimal(5)}, reason="出錯", actor=lead)
    with pytest.raises(Refused) as refusal:
        flags.approve(request, actor=second)
    assert refusal.value.code == "changed"
    flags.decline(request, reason="作廢", actor=lead)
    flag.refresh_from_db()
    assert flag.percentage == 5
    assert history(flag)[-1] == ("declined", "percentage", "10", "90", "作廢", "林組長")


def test_who_may_ask_for_a_jump_and_for_what(flag_of, lead):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    for wanted, actor, code in (
        (Decimal(90), Actor.system("job"), "person"),
        (Decimal(20), lead, "not_needed"),
        (Decimal(101), lead, "percentage"),
    ):
        with pytest.raises(Refused) as refusal:
            flags.request_jump(flag, wanted, reason="x", actor=actor)
        assert refusal.value.code == code
    assert FlagRequest.objects.count() == 0


def test_the_database_holds_to_it_too(flag_of, lead):
    flag = flag_of(kind="percentage", percentage=Decimal(10))
    request = flags.request_jump(flag, Decimal(90), reason="全面啟用", actor=lead)
    with pytest.raises(IntegrityError, match="pilot_flag_percentage"), transaction.atomic():
        Flag.objects.update(percentage=Decimal(101))
    with pytest.raises(IntegrityError, match="pilot_flagrequest_four_eyes"), transaction.atomic():
        FlagRequest.objects.filter(pk=request.pk).update(
            state="approved", decided_by_id=lead.id, decided_at=NOON
        )
    for sql in ("UPDATE pilot_flagchange SET reason = 'x'", "DELETE FROM pilot_flagchange"):
        with (
            pytest.raises(ProgrammingError, match=r"Cannot|denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
