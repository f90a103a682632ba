"""What billing shows on the home page and on a customer's page, and what of it needs a person."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.einvoice import periods
from billing.models import (
    BankFile,
    BankProfile,
    BankTransfer,
    BillableEvent,
    ClearingState,
    DepositClearing,
    EInvoiceSubmission,
    EventState,
    Invoice,
    NumberTrack,
    Payment,
    PaymentKind,
    PlatformFinding,
)
from billing.services import balances, numbers
from luckygas.core import clock, extend
from luckygas.core.extend import Attention, Card, Figure, Health, Panel
from luckygas.core.models import OutboundRow

#: Below this share of a period's numbers a person is told to fetch more.
LOW_SHARE = 10
_OVERDUE_AFTER = dt.timedelta(days=1)
#: A bank that could not be reached for so long is a person's business.
_BANK_AWAY = dt.timedelta(hours=2)


def _midnight() -> dt.datetime:
    return clock.at(clock.today(), dt.time())


def _unconfirmed() -> Any:
    return EInvoiceSubmission.objects.exclude(status=OutboundRow.Status.DONE)


def attention(user: Any) -> list[Attention]:
    """The red list: refused, nearly late, waiting for a decision, unknown documents, numbers running out."""
    found: list[Attention] = []
    if user.has_perm("billing.view_einvoicesubmission"):
        found += _filing_attention()
    if user.has_perm("billing.view_billableevent"):
        found += _event_attention()
    if user.has_perm("billing.view_numbertrack"):
        found += _number_attention()
    return found + _bank_attention(user)


def _bank_attention(user: Any) -> list[Attention]:
    found: list[Attention] = []
    if user.has_perm("billing.clear_bankdeposit"):
        waiting = DepositClearing.objects.filter(state=ClearingState.QUEUED).count()
        label = ngettext("bank deposit not matched", "bank deposits not matched", waiting)
        found.append(Attention(waiting, label, reverse("admin:billing_bankdeposit_queue")))
    if user.has_perm("billing.decide_bankfile"):
        files = BankFile.objects.filter(status__in=["refused", "aside"]).count()
        label = ngettext("bank file to look at", "bank files to look at", files)
        found.append(Attention(files, label, reverse("admin:billing_bankfile_changelist")))
    if user.has_perm("billing.view_bankprofile"):
        stopped = BankProfile.objects.exclude(stopped_because="").filter(is_active=True).count()
        label = ngettext("bank is stopped: its host key changed", "banks are stopped", stopped)
        found.append(Attention(stopped, label, reverse("admin:billing_bankprofile_changelist")))
        since = clock.now() - _BANK_AWAY
        away = BankTransfer.objects.filter(status__in=["queued", "unknown"], created_at__lt=since).count()
        label = ngettext("bank was not reached for two hours", "banks were not reached for two hours", away)
        found.append(Attention(away, label, reverse("admin:billing_banktransfer_changelist"), "amber"))
    return found


def _filing_attention() -> list[Attention]:
    page = reverse("admin:billing_einvoicesubmission_changelist")
    failed = EInvoiceSubmission.objects.filter(status__in=["failed", "expired"]).count()
    late = _unconfirmed().filter(invoice__upload_due__lte=clock.today() + _OVERDUE_AFTER).count()
    strangers = PlatformFinding.objects.filter(submission__isnull=True).count()
    return [
        Attention(
            failed,
            ngettext("invoice refused by the tax platform", "invoices refused by the tax platform", failed),
            f"{page}?status__exact=failed",
        ),
        Attention(
            late,
            ngettext("invoice must be filed by tomorrow", "invoices must be filed by tomorrow", late),
            page,
        ),
        Attention(
            strangers,
            ngettext(
                "platform result about an unknown document",
                "platform results about unknown documents",
                strangers,
            ),
            reverse("admin:billing_platformfinding_changelist") + "?document=unknown",
            "amber",
        ),
    ]


def _event_attention() -> list[Attention]:
    page = reverse("admin:billing_billableevent_changelist")
    states = dict(
        BillableEvent.objects.filter(state__in=[EventState.CANNOT, EventState.REVIEW])
        .order_by()
        .values_list("state")
        .annotate(Count("pk"))
    )
    cannot, review = states.get("cannot", 0), states.get("review", 0)
    return [
        Attention(
            cannot,
            ngettext("delivery cannot be invoiced yet", "deliveries cannot be invoiced yet", cannot),
            f"{page}?state__exact=cannot",
        ),
        Attention(
            review,
            ngettext("meter reading to look at", "meter readings to look at", review),
            f"{page}?state__exact=review",
        ),
    ]


def _number_attention() -> list[Attention]:
    period = periods.period_key(clock.today())
    tracks = NumberTrack.objects.filter(period=period)
    total = sum(track.last - track.first + 1 for track in tracks)
    left = numbers.remaining(period)
    if total and left * 100 >= total * LOW_SHARE:
        return []
    label = _("invoice numbers left in %(period)s") % {"period": periods.label(period)}
    url = reverse("admin:billing_numbertrack_changelist")
    if not left:
        return [
            Attention(
                1, _("period without invoice numbers: %(period)s") % {"period": periods.label(period)}, url
            )
        ]
    return [Attention(left, label, url, "amber")]


def home_card(user: Any) -> Card | None:
    """Today's invoices and money."""
    if not user.has_perm("billing.view_invoice"):
        return None
    today = _midnight()
    issued = Invoice.objects.filter(issued_at__gte=today).aggregate(count=Count("pk"), sum=Sum("total"))
    confirmed = EInvoiceSubmission.objects.filter(invoice__issued_at__gte=today, status="done").count()
    cash = Payment.objects.filter(received_on=clock.today(), kind=PaymentKind.CASH).aggregate(
        sum=Sum("amount")
    )
    page = reverse("admin:billing_invoice_changelist")
    return Card(
        _("Billing today"),
        [
            Figure(_("invoices"), f"{issued['count']:,}", f"NT$ {issued['sum'] or 0:,}", page),
            Figure(_("confirmed"), f"{confirmed:,}", "", f"{page}?filing=done"),
            Figure(
                _("cash"),
                f"NT$ {cash['sum'] or 0:,}",
                "",
                reverse("admin:billing_cashcount_day") if user.has_perm("billing.view_cashcount") else "",
            ),
        ],
    )


def customer_panel(customer: Any, user: Any) -> Panel | None:
    """What a customer owes, and his last invoices."""
    if not user.has_perm("billing.view_invoice"):
        return None
    balance, oldest = balances.balance_of(customer.pk)
    invoices = Invoice.objects.filter(customer=customer).order_by("-issued_at")[:5]
    received = Payment.objects.filter(customer=customer, reverses__isnull=True, reversal__isnull=True)
    payments = received.select_related("bank_posting__deposit", "driver").order_by("-pk")[:5]
    context = {
        "balance": balance,
        "oldest_due": oldest,
        "invoices": list(invoices),
        "payments": list(payments),
        "account": getattr(customer, "account", None),
        "customer": customer,
    }
    return Panel(_("Invoices and balance"), "billing/customer_panel.html", context)


def health() -> Health:
    """Degraded while invoices wait for the platform longer than a day before their deadline would want."""
    late = _unconfirmed().filter(invoice__upload_due__lt=clock.today()).count()
    if BankProfile.objects.filter(is_active=True).exclude(stopped_because="").exists():
        return Health("degraded", "a bank is stopped")
    if late:
        return Health("degraded", f"{late} invoices past their filing day")
    return Health("ok")


def gauges() -> dict[str, tuple[str, Any]]:
    """Figures for monitoring."""
    open_by_state = dict.fromkeys(OutboundRow.OPEN, 0)
    open_by_state |= dict(_unconfirmed().order_by().values_list("status").annotate(Count("pk")))
    waiting = BillableEvent.objects.filter(state__in=["pending", "cannot", "review"]).count()
    period = periods.period_key(clock.today())
    return {
        "bank_deposits_waiting": (
            "Bank deposits that wait for a person",
            DepositClearing.objects.filter(state=ClearingState.QUEUED).count(),
        ),
        "einvoice_open": (
            "E-invoice submissions not confirmed, by state",
            (("state",), {(state,): count for state, count in open_by_state.items()}),
        ),
        "billable_events_waiting": ("Deliveries and readings that are not invoiced yet", waiting),
        "invoice_numbers_left": ("Invoice numbers left in this period", Decimal(numbers.remaining(period))),
    }


extend.attention.register("billing", attention, order=20)
extend.home_cards.register("billing", home_card, order=30)
extend.customer_panels.register("billing", customer_panel, order=30)
extend.health_checks.register("billing", health)
extend.gauges.register("billing", gauges)
