"""Do deliveries, invoices, numbers, payments and cash agree?

This judges the rest of billing, so it shares nothing with it: its own SQL over the raw rows, which says in words
what differs. A day narrows what is told about deliveries and cash; numbers and balances are held as a whole.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from luckygas.core import extend

SHOWN = 20


@dataclass(frozen=True)
class Check:
    """``sql`` gives one row per difference; its columns fill the places of ``says`` in order."""

    says: Any
    sql: str


CHECKS: tuple[Check, ...] = (
    Check(
        _("order {} was delivered, and billing does not know of it"),
        """SELECT o.number FROM orders_order o LEFT JOIN billing_billableevent e ON e.order_id = o.id
            WHERE o.status = 'delivered' AND o.served_by = 'ours' AND e.id IS NULL AND (%(date)s::date IS NULL
               OR (o.delivered_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s::date)
            ORDER BY o.id""",
    ),
    Check(
        _("order {} is billed, though it is {} and served by {}"),
        """SELECT o.number, o.source, o.served_by FROM orders_order o
             JOIN billing_billableevent e ON e.order_id = o.id JOIN billing_invoice i ON i.event_id = e.id
            WHERE o.source = 'history' OR o.served_by <> 'ours' OR o.status <> 'delivered' ORDER BY o.id""",
    ),
    Check(
        _("order {}: the event is {}, with {} invoices"),
        """SELECT o.number, e.state, count(i.id) FROM billing_billableevent e
              JOIN orders_order o ON o.id = e.order_id LEFT JOIN billing_invoice i ON i.event_id = e.id
             WHERE (%(date)s::date IS NULL
               OR (o.delivered_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s::date) GROUP BY o.number, e.state, e.id
            HAVING count(i.id) <> (e.state = 'invoiced')::int OR e.state = 'pending' ORDER BY e.id""",
    ),
    Check(
        _("order {} came to NT$ {}, its invoice {} says NT$ {}"),
        """SELECT o.number, round(sum(l.delivered_quantity * l.unit_price)), i.number, i.total
             FROM billing_invoice i JOIN billing_billableevent e ON e.id = i.event_id AND e.kind = 'delivery'
             JOIN orders_order o ON o.id = e.order_id JOIN orders_orderline l ON l.order_id = o.id
             JOIN orders_product p ON p.id = l.product_id AND p.method = 'cylinder'
            GROUP BY o.id, i.id
           HAVING count(*) FILTER (WHERE l.unit_price IS NULL AND l.delivered_quantity > 0) = 0
              AND round(sum(l.delivered_quantity * l.unit_price)) <> i.total
            ORDER BY i.id""",
    ),
    Check(
        _("customer {}: a reading is billed from {} kg, the one before ended at {} kg"),
        """SELECT c.code, s.meter_from, s.before FROM (
               SELECT e.customer_id, e.state, e.reason_code, e.meter_from, e.id,
                      lag(e.meter_to) OVER (PARTITION BY e.customer_id ORDER BY e.happened_at, e.id) AS before
                 FROM billing_billableevent e
                WHERE e.kind = 'reading' AND e.state IN ('invoiced', 'nothing_due') AND e.meter_to IS NOT NULL
           ) s JOIN customers_customer c ON c.id = s.customer_id
            WHERE s.state = 'invoiced' AND s.before IS DISTINCT FROM s.meter_from ORDER BY s.id""",
    ),
    Check(
        _("invoice {} bills {} kg, the meter went on by {} kg"),
        """SELECT i.number, sum(l.quantity), e.meter_to - e.meter_from FROM billing_invoice i
             JOIN billing_billableevent e ON e.id = i.event_id AND e.kind = 'reading'
             JOIN billing_invoiceline l ON l.invoice_id = i.id
            GROUP BY i.id, e.id HAVING sum(l.quantity) IS DISTINCT FROM e.meter_to - e.meter_from ORDER BY i.id""",
    ),
    Check(
        _("invoice {}: its lines come to {}, sales say {}"),
        """SELECT i.number, sum(l.amount), i.sales + i.free + i.zero FROM billing_invoice i
             LEFT JOIN billing_invoiceline l ON l.invoice_id = i.id GROUP BY i.id
           HAVING round(coalesce(sum(l.amount), 0)) <> i.sales + i.free + i.zero ORDER BY i.id""",
    ),
    Check(
        _("invoice {}: tax {} is not 5 % of {}"),
        """SELECT number, tax, sales FROM billing_invoice
            WHERE (buyer_identifier = '0000000000' AND tax <> 0)
               OR (buyer_identifier <> '0000000000' AND abs(tax - sales * 0.05) > 0.5) ORDER BY id""",
    ),
    Check(
        _("track {}{}: {} numbers were given out, {} invoices have one"),
        """SELECT t.letters, lpad(t.first::text, 8, '0'), t.next_number - t.first, count(i.id)
             FROM billing_numbertrack t LEFT JOIN billing_invoice i ON i.period = t.period
              AND left(i.number, 2) = t.letters
              AND right(i.number, 8)::int BETWEEN t.first AND t.next_number - 1
            GROUP BY t.id HAVING count(i.id) <> t.next_number - t.first ORDER BY t.id""",
    ),
    Check(
        _("invoice {} has a number that no track has given out"),
        """SELECT i.number FROM billing_invoice i WHERE NOT EXISTS (
               SELECT FROM billing_numbertrack t WHERE t.period = i.period AND t.letters = left(i.number, 2)
                  AND right(i.number, 8)::int BETWEEN t.first AND t.next_number - 1) ORDER BY i.id""",
    ),
    Check(
        _("invoice {} was issued before {}, whose number is lower"),
        """SELECT s.number, s.before FROM (
               SELECT id, number, issued_at, lag(number) OVER w AS before, lag(issued_at) OVER w AS at
                 FROM billing_invoice WINDOW w AS (PARTITION BY track_id ORDER BY number)) s
            WHERE s.issued_at < s.at ORDER BY s.id""",
    ),
    Check(
        _("invoice {} has {} submissions of F0401"),
        """SELECT i.number, count(s.id) FROM billing_invoice i
             LEFT JOIN billing_einvoicesubmission s ON s.invoice_id = i.id AND s.message = 'F0401'
            GROUP BY i.id HAVING count(s.id) <> 1 ORDER BY i.id""",
    ),
    Check(
        _("invoice {}: its message has another number or total"),
        """SELECT i.number FROM billing_invoice i
             JOIN billing_einvoicesubmission s ON s.invoice_id = i.id AND s.message = 'F0401'
            WHERE strpos(convert_from(s.xml, 'UTF8'), '<InvoiceNumber>' || i.number || '<') = 0
               OR strpos(convert_from(s.xml, 'UTF8'), '<TotalAmount>' || i.total || '<') = 0 ORDER BY i.id""",
    ),
    Check(
        _("stop {}: the driver took NT$ {}, payments say NT$ {}"),
        """SELECT s.id, coalesce(s.cash, 0), coalesce(sum(p.amount), 0) FROM dispatch_routestop s
             LEFT JOIN billing_payment p ON p.source = 'stop:' || s.id
            WHERE s.cash IS NOT NULL
              AND (%(date)s::date IS NULL OR (s.done_at AT TIME ZONE 'Asia/Taipei')::date = %(date)s::date)
            GROUP BY s.id HAVING coalesce(s.cash, 0) <> coalesce(sum(p.amount), 0) ORDER BY s.id""",
    ),
    Check(
        _("payment {} of NT$ {} is laid out as NT$ {}"),
        """SELECT p.source, p.amount, sum(a.amount) FROM billing_payment p
             JOIN billing_paymentallocation a ON a.payment_id = p.id
            GROUP BY p.id HAVING sum(a.amount) NOT BETWEEN least(p.amount, 0) AND greatest(p.amount, 0)
            ORDER BY p.id""",
    ),
    Check(
        _("payment {} is reversed by {}, which is not its mirror"),
        """SELECT p.source, r.source FROM billing_payment r JOIN billing_payment p ON p.id = r.reverses_id
            WHERE p.reverses_id IS NOT NULL
               OR (p.customer_id, p.kind, -p.amount, p.driver_id, p.order_id, p.received_on)
                  IS DISTINCT FROM (r.customer_id, r.kind, r.amount, r.driver_id, r.order_id, r.received_on)
            ORDER BY r.id""",
    ),
    Check(
        _("payment {} is reversed {} times"),
        """SELECT p.source, count(*) FROM billing_payment r JOIN billing_payment p ON p.id = r.reverses_id
            GROUP BY p.id HAVING count(*) > 1 ORDER BY p.id""",
    ),
    Check(
        _("payment {} of NT$ {} takes money back, of no payment or without a reason"),
        """SELECT source, amount FROM billing_payment
            WHERE (amount <= 0) <> (reverses_id IS NOT NULL) OR (reverses_id IS NOT NULL AND btrim(note) = '')
            ORDER BY id""",
    ),
    Check(
        _("payment {} is reversed, and NT$ {} of it still pays invoice {}"),
        """SELECT p.source, sum(a.amount), i.number FROM billing_payment r
             JOIN billing_payment p ON p.id = r.reverses_id
             JOIN billing_paymentallocation a ON a.payment_id IN (p.id, r.id)
             JOIN billing_invoice i ON i.id = a.invoice_id
            GROUP BY p.id, i.id HAVING sum(a.amount) <> 0 ORDER BY p.id, i.id""",
    ),
    Check(
        _("invoice {} of NT$ {} is paid with NT$ {}"),
        """SELECT i.number, i.total, sum(a.amount) FROM billing_invoice i
             JOIN billing_paymentallocation a ON a.invoice_id = i.id
            GROUP BY i.id HAVING sum(a.amount) > i.total ORDER BY i.id""",
    ),
    Check(
        _("payment {} of customer {} pays an invoice of customer {}"),
        """SELECT p.source, pc.code, ic.code FROM billing_paymentallocation a
             JOIN billing_payment p ON p.id = a.payment_id JOIN billing_invoice i ON i.id = a.invoice_id
             JOIN customers_customer pc ON pc.id = p.customer_id
             JOIN customers_customer ic ON ic.id = i.customer_id
            WHERE p.customer_id <> i.customer_id ORDER BY a.id""",
    ),
    Check(
        _("customer {}: the account says NT$ {} open, invoices less payments NT$ {}"),
        """SELECT c.code, coalesce(a.open_balance, 0), coalesce(i.sum, 0) - coalesce(p.sum, 0)
             FROM customers_customer c LEFT JOIN customers_customeraccount a ON a.customer_id = c.id
             LEFT JOIN (SELECT customer_id, sum(total) FROM billing_invoice GROUP BY 1) i ON i.customer_id = c.id
             LEFT JOIN (SELECT customer_id, sum(amount) FROM billing_payment GROUP BY 1) p ON p.customer_id = c.id
            WHERE coalesce(a.open_balance, 0) <> coalesce(i.sum, 0) - coalesce(p.sum, 0) ORDER BY c.code""",
    ),
    Check(
        _("customer {}: the account says limit NT$ {} and hold {}, the last decision NT$ {} and {}"),
        """SELECT c.code, a.credit_limit, a.credit_hold, d.credit_limit, d.credit_hold
             FROM customers_customeraccount a JOIN customers_customer c ON c.id = a.customer_id
             JOIN LATERAL (SELECT * FROM billing_creditdecision k WHERE k.customer_id = a.customer_id
                            ORDER BY k.id DESC LIMIT 1) d ON true
            WHERE (a.credit_limit, a.credit_hold, a.credit_reason, a.credit_by)
                  IS DISTINCT FROM (d.credit_limit, d.credit_hold, d.reason, d.actor_name) ORDER BY c.code""",
    ),
    Check(
        _("customer {} is on hold, and nobody decided so"),
        """SELECT c.code FROM customers_customeraccount a JOIN customers_customer c ON c.id = a.customer_id
            WHERE a.credit_hold AND NOT EXISTS (
                  SELECT FROM billing_creditdecision d WHERE d.customer_id = a.customer_id) ORDER BY c.code""",
    ),
    Check(
        _("driver {} on {}: counted against NT$ {}, his stops now say NT$ {}"),
        """SELECT d.staff_no, k.date, k.expected, coalesce(sum(p.amount), 0) FROM billing_cashcount k
             JOIN dispatch_driver d ON d.id = k.driver_id
             LEFT JOIN billing_payment p ON p.driver_id = k.driver_id AND p.received_on = k.date AND p.kind = 'cash'
            WHERE %(date)s::date IS NULL OR k.date = %(date)s::date
            GROUP BY k.id, d.staff_no HAVING coalesce(sum(p.amount), 0) <> k.expected ORDER BY k.id""",
    ),
)


def verify(date: dt.date | None = None) -> list[str]:
    """Every difference in words, at most twenty of a kind and then how many more."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(check.sql, {"date": date})
            rows = cursor.fetchall()
            found += [str(check.says).format(*row) for row in rows[:SHOWN]]
            if len(rows) > SHOWN:
                found.append(gettext("… and %(count)d more of this kind") % {"count": len(rows) - SHOWN})
    return found


extend.verifiers.register("billing", verify)
