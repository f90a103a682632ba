"""More than anybody asked for: names, notes, lists and amounts as long as the tables take them.

Run inside a company (``manage.py shell -c "from tests.e2e.overfull import plant; plant(…)"``) that has a published
plan on the date. Rows are planted directly: services would refuse a day that is as full as this.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import F, Value
from django.db.models.functions import Concat, Right

from billing.models import BillableEvent, EInvoiceSubmission, Invoice, InvoiceLine, NumberTrack
from customers.models import Customer, CustomerAccount
from dispatch.models import DayPlan, Route, RouteStop, UnservedStop
from luckygas.core import clock
from luckygas.core.models import ImportProblem, ImportRun, SmsMessage
from luckygas.core.notify import inapp
from orders.models import Order, OrderLine, Product

NAME = "花東縱谷海岸山脈休閒農業區聯合採購中心附設員工餐廳暨觀光夜市管理委員會臺東第一分店二樓後門進貨口"
TITLE = f"財團法人{NAME}股份有限公司籌備處"
ADDRESS = "臺東縣成功鎮三民里中華路二段一百二十三巷四十五弄六十七號之八十九（過橋第二個紅綠燈右轉，小路到底，白色大門）"
NOTE = "後門送貨，先打電話給廚房的阿姨；狗很兇但是不會咬人，" * 12
STOPS, WAITING, FINDINGS, INVOICES = 40, 260, 700, 120
HUGE = Decimal(98_765_432)


def plant(date: dt.date) -> None:
    """Fill the company, its day and its books."""
    Customer.objects.update(
        short_name=Concat(Value(NAME), Right(F("code"), 3)), invoice_title=TITLE, address=ADDRESS, notes=NOTE
    )
    CustomerAccount.objects.update(open_balance=HUGE, credit_limit=30_000, oldest_due=dt.date(2019, 2, 28))
    orders = _orders(date)
    _plan(DayPlan.objects.get(date=date, status="published"), orders)
    _import()
    _books(orders)
    _messages(orders)


def _messages(orders: list[Order]) -> None:
    now = clock.now()
    said = f"30003 {NOTE}"[:200]
    SmsMessage.objects.bulk_create(
        SmsMessage(
            recipient=f"+8869{place:08d}",
            body=f"【幸福氣】{NOTE}"[:300],
            encoding="UCS-2",
            parts=5,
            occasion=("order_confirmation", "out_for_delivery", "delivery_completed")[place % 3],
            addressee=f"customer:{order.customer_id}",
            subject=f"order:{order.pk}",
            subject_label=order.number,
            provider="twilio",
            once_key=f"overfull:{order.pk}",
            status=("failed", "held", "unknown", "queued", "done", "expired")[place % 6],
            provider_message_id=f"SM{place:032d}" if place % 6 in (0, 4) else "",
            last_said=said,
            held_reason=said,
            not_after=now,
        )
        for place, order in enumerate(orders)
    )
    for number in range(40):
        title = f"{number} {NAME}"
        inapp.tell(permission="core.view_notice", title=title, url="/admin/", once_key=f"overfull:{number}")


def _orders(date: dt.date) -> list[Order]:
    customers = list(Customer.objects.filter(status="active").order_by("code")[:WAITING])
    products = list(Product.objects.order_by("position"))
    orders = Order.objects.bulk_create(
        Order(
            number=f"O-{date:%Y%m%d}-{900_000 + place}",
            customer=customers[place % len(customers)],
            source="phoned",
            status="confirmed",
            scheduled_date=date,
            latest_date=date,
            is_urgent=place % 3 == 0,
            note=NOTE[:500],
            total_amount=HUGE,
            created_by=NAME,
        )
        for place in range(WAITING)
    )
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=product, quantity=99, unit_price=Decimal("98765.4321"))
        for place, order in enumerate(orders)
        for product in (products if place < STOPS else products[:2])
    )
    return orders


def _plan(plan: DayPlan, orders: list[Order]) -> None:
    route = Route.objects.filter(plan=plan).order_by("pk")[0]
    after = route.stops.count()
    chosen = orders[:STOPS]
    Order.objects.filter(pk__in=[order.pk for order in chosen]).update(status="assigned")
    RouteStop.objects.bulk_create(
        RouteStop(
            route=route,
            order=order,
            trip=1 + place // 10,
            sequence=after + place,
            eta=clock.now() + dt.timedelta(minutes=8 * place),
            is_approximate=place % 2 == 0,
            is_live=True,
        )
        for place, order in enumerate(chosen, start=1)
    )
    facts = {"kg": 12_345, "limit_kg": 500, "kinds": "truck or motorcycle", "window": "07:30–18:00"}
    UnservedStop.objects.bulk_create(
        UnservedStop(plan=plan, order=order, code="too_heavy", rule="too heavy", facts=facts)
        for order in orders[STOPS : STOPS * 2]
    )
    plates = [{"code": "permit_expired", "plate": f"ABC-{n:04d}", "date": "2019/02/28"} for n in range(12)]
    DayPlan.objects.filter(pk=plan.pk).update(
        notices=[{"code": "approximate", "count": 12_345}, *plates], distance_m=9_876_543, note=NAME
    )


def _import() -> None:
    run = ImportRun.objects.create(
        kind="customers",
        file_name=f"{TITLE}客戶資料{'、補充資料' * 12}.xlsx",
        status="refused",
        rows_read=199_999,
        rows_total=199_999,
        created=98_765,
        changed=43_210,
        unchanged=57_324,
        rejected=FINDINGS,
        warnings=12_345,
        message=f"檔案裡有 {FINDINGS} 列不能用：{NOTE[:200]}",
        actor_name=NAME,
    )
    ImportProblem.objects.bulk_create(
        ImportProblem(
            run=run,
            severity="error" if row % 3 else "warning",
            sheet="營業用客戶資料（二〇二六年十一月更新版，請勿刪除）",
            row=row,
            column="客戶名稱與發票抬頭",
            value=ADDRESS * 3 if row % 2 else "0987654321" * 20,
            problem=f"「{TITLE}」已經有另一列用了同一個客戶編號",
            remedy="請改成七位數字，而且每一位客戶只用一次；如果是同一位客戶，請刪掉比較舊的那一列",
        )
        for row in range(2, FINDINGS + 2)
    )


def _books(orders: list[Order]) -> None:
    track = NumberTrack.objects.order_by("-period", "-last")[0]
    product = Product.objects.order_by("position")[0]
    now = clock.now()
    events = BillableEvent.objects.bulk_create(
        BillableEvent(
            kind="delivery", order=order, customer=order.customer, happened_at=now, state="invoiced"
        )
        for order in orders[-INVOICES:]
    )
    invoices = Invoice.objects.bulk_create(
        Invoice(
            track=track,
            period=track.period,
            number=f"{track.letters}{99_900_000 + place:08d}",
            issued_at=now,
            event=event,
            customer=event.customer,
            buyer_identifier="70000012",
            buyer_name=TITLE[:60],
            buyer_address=ADDRESS[:100],
            handling="print",
            random_number="0417",
            sales=HUGE,
            tax=Decimal(4_938_272),
            total=HUGE + 4_938_272,
            upload_due=now.date(),
        )
        for place, event in enumerate(events)
    )
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
            sequence=number,
            product=product,
            description=f"液化石油氣{NAME}",
            quantity=Decimal("99999.999"),
            unit="公斤",
            unit_price=Decimal("98765.4321098"),
            amount=HUGE,
        )
        for invoice in invoices
        for number in range(1, 26 if invoice is invoices[-1] else 2)
    )
    said = f"E0501 {NOTE}"[:200]
    EInvoiceSubmission.objects.bulk_create(
        EInvoiceSubmission(
            invoice=invoice,
            message="F0401",
            file_name=f"overfull-{invoice.number}.xml",
            xml=b"<Invoice/>",
            status=("failed", "held", "unknown", "queued")[place % 4],
            attempts=place,
            last_said=said,
            held_reason=said,
            not_before=now,
        )
        for place, invoice in enumerate(invoices)
    )
