import pytest
from django.urls import reverse

from dispatch.models import DayPlan, Route, RouteStop
from dispatch.tests.conftest import DAY
from orders.models import Order


def url(name, plan):
    return reverse(f"admin:dispatch_dayplan_{name}", args=[plan.pk])


def told(response):
    return [str(message) for message in response.context["messages"]]


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def ready(driver, order):
    from dispatch.services import plans
    from dispatch.tests.conftest import ACTOR

    driver("陳大明")
    order(slot="morning"), order(slot="morning"), order(C50=12)
    return plans.solve(plans.start(DAY, iterations=20, actor=ACTOR).pk)


def test_the_dispatcher_plans_a_day_in_one_form(client_as, driver, order):
    driver()
    order()

    page = client_as("dispatcher").post(
        reverse("admin:dispatch_dayplan_add"),
        {"date": "2026-11-23", "seconds": "5", "seed": "7"},
        follow=True,
    )

    plan = DayPlan.objects.get()
    assert (plan.status, plan.seconds, plan.seed, plan.made_by) == ("queued", 5, 7, "測試dispatcher")
    assert page.redirect_chain[-1][0] == url("change", plan)
    assert "正在找較短的路線，0%" in text_of(page)


def test_a_refusal_stays_on_the_form_in_words(client_as, ready):
    from dispatch.services import plans
    from dispatch.tests.conftest import ACTOR

    plans.publish(ready, actor=ACTOR)

    page = client_as("dispatcher").post(
        reverse("admin:dispatch_dayplan_add"),
        {"date": "2026-11-23", "seconds": "5", "seed": "1"},
        follow=True,
    )

    assert told(page) == ["2026-11-23 已經發布。請手動調整停靠站，或先撤回該計畫。"]
    assert DayPlan.objects.count() == 1


def test_the_plan_shows_routes_stops_and_what_was_not_served_with_the_reason(client_as, ready):
    text = text_of(client_as("dispatcher").get(url("change", ready)))

    for words in (
        "計畫南早 · 陳大明 · TRK-0001",
        "20公斤 × 1",
        "600 公斤超過當班",
        "發布 2 站給車組",
        "直線距離 × 區域係數",
    ):
        assert words in text


def test_publishing_and_taking_back(client_as, ready):
    office = client_as("dispatcher")

    assert "已發布" in text_of(office.post(url("publish", ready), follow=True))
    assert set(Order.objects.exclude(status="confirmed").values_list("status", flat=True)) == {"assigned"}

    refused = office.post(url("withdraw", ready), {"reason": " "}, follow=True)
    assert told(refused) == ["請說明為何撤回。"]
    office.post(url("withdraw", ready), {"reason": "颱風"})
    ready.refresh_from_db()
    assert ready.status == "withdrawn"


def test_a_ready_plan_is_thrown_away(client_as, ready):
    client_as("dispatcher").post(url("cancel", ready))

    ready.refresh_from_db()
    assert ready.status == "cancelled"


def test_ticked_stops_move_and_each_is_told(client_as, planned, order, driver):
    crews = [driver("陳大明"), driver("林小華")]
    day = planned([order(slot="morning"), order(slot="morning")], drivers=crews)
    mine = day.route.shift.driver_id
    other = next(one for one in crews if one.pk != mine)
    target = Route.objects.create(
        plan=day.plan, section="south_early", status="published", shift=other.shifts.get(half="morning")
    )
    office = client_as("dispatcher")
    stops = list(RouteStop.objects.values_list("pk", flat=True))

    nothing = office.post(url("move", day.plan), {"target": target.pk}, follow=True)
    nowhere = office.post(url("move", day.plan), {"target": "", "stop": stops}, follow=True)
    page = office.post(
        url("move", day.plan), {"target": target.pk, "stop": stops, "reason": "故障"}, follow=True
    )

    assert told(nothing) == ["請先勾選要移動的停靠站。"]
    assert told(nowhere) == ["請選擇此計畫的路線。"]
    assert [message[-1] for message in told(page)] == ["✓", "✓"]
    assert target.stops.count() == 2


def test_an_order_that_was_left_out_is_added_by_hand(client_as, planned, order):
    day = planned([order(slot="morning")])
    late_call = order(C16=1, slot="morning")

    client_as("dispatcher").post(
        url("add_order", day.plan), {"target": day.route.pk, "order": [late_call.pk]}, follow=True
    )

    assert RouteStop.objects.get(order=late_call).route_id == day.route.pk


def test_the_sheet_as_page_and_as_paper(client_as, planned, order):
    day = planned([order(C20=2)])
    office = client_as("dispatcher")

    text = text_of(office.get(url("sheet", day.plan)))
    paper = office.get(url("sheet_pdf", day.plan), {"route": day.route.pk})

    assert "計畫南早" in text
    assert (paper.status_code, paper["Content-Type"], paper.content[:5]) == (200, "application/pdf", b"%PDF-")


def test_who_may_only_look_cannot_change_and_sees_no_addresses(client_as, planned, order, customer):
    day = planned([order(customer(address="臺東縣臺東市中山路123號"), slot="morning")])
    viewer = client_as("viewer")

    page = text_of(viewer.get(url("change", day.plan)))
    sheet = text_of(viewer.get(url("sheet", day.plan)))

    assert "中山路" not in page + sheet
    assert "將勾選的停靠站移到" not in page
    for name in ("publish", "cancel", "withdraw", "move", "add_order"):
        assert viewer.post(url(name, day.plan), {"target": day.route.pk}).status_code == 403, name
    day.plan.refresh_from_db()
    assert day.plan.status == "published"


def test_the_list_counts_each_plans_routes_stops_and_what_was_not_served(client_as, ready):
    page = client_as("dispatcher").get(reverse("admin:dispatch_dayplan_changelist"))

    (row,) = page.context["cl"].result_list
    assert (row.route_n, row.stop_n, row.left_n) == (1, 2, 1)


def test_a_plan_that_is_not_there_is_not_found(client_as, today):
    assert client_as("dispatcher").get(reverse("admin:dispatch_dayplan_sheet", args=[0])).status_code == 404


def test_the_number_of_queries_does_not_grow_with_the_day(
    client_as, planned, order, django_assert_max_num_queries
):
    day = planned([order(C04=1, slot="morning") for _ in range(15)])
    office = client_as("dispatcher")

    with django_assert_max_num_queries(30):
        office.get(url("change", day.plan))
