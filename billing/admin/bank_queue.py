"""The bank queue: the deposit on the left, what it may be for on the right; one key accepts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from billing import bank_reasons
from billing.models import BankDeposit, ClearingState, DepositClearing, Invoice
from billing.queries import bank as bank_queries
from billing.services import bank_clearing
from billing.services.bank_clearing import Part
from customers.models import Customer
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused

PERMISSION = "billing.clear_bankdeposit"
SPLIT_LINES = 4
_FIELDS = ("code", "amount", "invoice")


def urls(site: AdminSite) -> list[URLPattern]:
    """The queue and its deeds, below the deposits' list."""
    return [
        path("queue/", site.admin_view(page), name="billing_bankdeposit_queue"),
        path("queue/<int:pk>/", site.admin_view(decide), name="billing_bankdeposit_decide"),
    ]


def page(request: HttpRequest) -> HttpResponse:
    """What waits, with one deposit chosen (the first, or ``?deposit=``)."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    from django.contrib import admin

    waiting = bank_queries.waiting()
    count = waiting.count()
    rows = list(waiting[: bank_queries.SHOWN])
    wanted = request.GET.get("deposit", "")
    chosen = next((row for row in rows if str(row.pk) == wanted), rows[0] if rows else None)
    context = admin.site.each_context(request) | {
        "title": _("Bank queue"),
        "opts": BankDeposit._meta,
        "rows": [(row, bank_reasons.explain(row.reason_code, row.reason_values)) for row in rows],
        "count": count,
        "more": count - len(rows),
        "chosen": chosen,
        "why": bank_reasons.explain(chosen.reason_code, chosen.reason_values) if chosen else "",
        "candidates": bank_queries.candidates(chosen.deposit, chosen.open_amount) if chosen else [],
        "lines": range(SPLIT_LINES),
        "lately": list(bank_queries.posted_lately(10)),
    }
    return TemplateResponse(request, "billing/bank_queue.html", context)


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One deed about one deposit, then the next one of the queue."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    deposit = get_object_or_404(BankDeposit.objects.select_related("clearing"), pk=pk)
    if request.method != "POST":
        return _back(pk)
    following = _following(deposit)
    deeds = {"accept": _accept, "assign": _assign, "not_ours": _not_ours, "undo": _undo}
    deed = deeds.get(request.POST.get("deed", ""))
    if deed is None:
        return _back(pk)
    try:
        done = deed(request, deposit)
    except Refused as refusal:
        messages.error(request, f"{deposit}: {refusal}")
        return _back(pk)
    messages.success(request, done)
    return _back(pk if _waits(pk) else following)


def _back(pk: int | None) -> HttpResponse:
    page_url = reverse("admin:billing_bankdeposit_queue")
    return HttpResponseRedirect(f"{page_url}?deposit={pk}" if pk else page_url)


def _waits(pk: int) -> bool:
    return DepositClearing.objects.filter(pk=pk, state=ClearingState.QUEUED).exists()


def _following(deposit: BankDeposit) -> int | None:
    ids = list(bank_queries.waiting().values_list("pk", flat=True)[: bank_queries.SHOWN])
    if deposit.pk not in ids:
        return None
    after = ids.index(deposit.pk) + 1
    return ids[after] if after < len(ids) else None


def _accept(request: HttpRequest, deposit: BankDeposit) -> str:
    """What the person saw is what is posted: the proposal is made anew and must still be there."""
    seen = _seen(request)
    proposals = bank_queries.candidates(deposit, seen)
    chosen = next((one for one in proposals if one.key == request.POST.get("candidate")), None)
    if chosen is None:
        raise Refused(_("This proposal does not hold any more: look again."), code="candidate")
    reason = request.POST.get("reason", "").strip() or chosen.why
    actor = Actor.of(request.user)
    bank_clearing.assign(deposit, [chosen.part], reason=reason, actor=actor, seen_open=seen)
    return _("NT$ %(amount)s is %(customer)s's.") % {
        "amount": f"{chosen.part.amount:,}",
        "customer": chosen.part.customer,
    }


def _assign(request: HttpRequest, deposit: BankDeposit) -> str:
    lines = zip(*(request.POST.getlist(name) for name in _FIELDS), strict=False)
    parts = [
        _part(number, *line)
        for number, line in enumerate(lines, start=1)
        if any(text.strip() for text in line)
    ]
    made = bank_clearing.assign(
        deposit,
        parts,
        reason=request.POST.get("reason", ""),
        actor=Actor.of(request.user),
        seen_open=_seen(request),
    )
    total = sum((payment.amount for payment in made), Decimal(0))
    return _("NT$ %(amount)s assigned in %(count)d parts.") % {"amount": f"{total:,}", "count": len(made)}


def _seen(request: HttpRequest) -> Decimal:
    """What the page said was open of the deposit. Refused when a form does not tell."""
    seen = _money(request.POST.get("open", ""))
    if seen is None:
        raise Refused(_("This page is out of date: look again."), code="open")
    return seen


def _part(number: int, code: str, amount: str, invoice: str) -> Part:
    """One line of the form. Refused with its number and field."""
    customer = Customer.objects.filter(code=code.strip()).first()
    if customer is None:
        text = _("Line %(line)d: there is no customer %(code)s.")
        raise Refused(text % {"line": number, "code": code.strip() or "–"}, code="customer", field="code")
    money = _money(amount)
    if money is None:
        text = _("Line %(line)d: “%(amount)s” is no amount in whole NT$.")
        raise Refused(text % {"line": number, "amount": amount}, code="amount", field="amount")
    wanted = invoice.replace("-", "").strip().upper()
    if not wanted:
        return Part(customer, money)
    found = Invoice.objects.filter(customer=customer, number=wanted).order_by("-pk").first()
    if found is None:
        text = _("Line %(line)d: customer %(code)s has no invoice %(invoice)s.")
        values = {"line": number, "code": customer.code, "invoice": invoice.strip()}
        raise Refused(text % values, code="invoice", field="invoice")
    return Part(customer, money, ((found.pk, money),))


def _money(text: str) -> Decimal | None:
    """The number somebody typed; None when it is none, or no number one can pay with."""
    try:
        number = Decimal(text.replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _not_ours(request: HttpRequest, deposit: BankDeposit) -> str:
    reason, actor = request.POST.get("reason", ""), Actor.of(request.user)
    bank_clearing.not_ours(deposit, reason=reason, actor=actor, seen_open=_seen(request))
    return _("Written down as not ours.")


def _undo(request: HttpRequest, deposit: BankDeposit) -> str:
    bank_clearing.undo(deposit, reason=request.POST.get("reason", ""), actor=Actor.of(request.user))
    return _("Taken back: the deposit waits again.")
