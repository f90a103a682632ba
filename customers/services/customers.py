"""Making and changing customers, for the form, the API and other floors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from customers.models import Availability, Customer, CustomerAccount, CustomerPhone
from customers.models.account import STARTING_LIMITS
from customers.models.customer import CustomerKind, CustomerStatus
from customers.services import gaps
from customers.services.checks import checked
from customers.sheets import rest
from customers.sheets.hours import FIRST_HOUR, LAST_HOUR
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Busy, Refused
from luckygas.core.history import acting

# Fields of the customer's own row that a person or a program may set; the code only when he is made.
FIELDS = frozenset(
    {
        "kind", "segment", "invoice_title", "short_name", "address", "area", "status", "pricing_method",
        "payment_method", "tax_id", "email", "carrier_type", "carrier_id", "donation_code", "virtual_account",
        "payer_account", "lat", "lng", "point_source", "vehicle_requirement", "max_cycle_days", "postpone_days",
        "supply_points", "system_cylinders", "spare_cylinders", "subscription", "patrol", "auto_report",
        "needs_settlement_file", "owns_equipment", "needs_same_day", "notes",
    }
)  # fmt: skip
# Beside it: numbers (text or list), and when he can be reached (hours are those flagged, 8 means 8–9).
COMPANIONS = frozenset({"phones", "slot", "hours", "rest_rule"})
_CODES_LOCK = 0x6C67_0001  # the advisory lock under which the next code is found


def create_customer(data: Mapping[str, Any], *, actor: Actor) -> Customer:
    """A new customer from the given fields; without a ``code`` he gets the next free one.

    ``data`` holds names of ``FIELDS`` and ``COMPANIONS``; ``invoice_title`` defaults to ``short_name``.
    Raises Refused naming the field.
    """
    clean = checked({"short_name": "", **data})
    clean["invoice_title"] = clean.get("invoice_title") or clean["short_name"]
    with transaction.atomic(), acting(actor):
        code = clean.get("code") or _next_code()
        now = clock.now()
        fields = {name: value for name, value in clean.items() if name in FIELDS}
        try:
            with transaction.atomic():
                customer = Customer.objects.create(code=code, created_at=now, updated_at=now, **fields)
        except IntegrityError as error:
            if Customer.objects.filter(code=code).exists():
                raise Refused(
                    _("Customer %(code)s exists already.") % {"code": code},
                    code="duplicate_code",
                    field="code",
                ) from error
            raise _changed() from error
        Availability.objects.create(customer=customer)
        limit = STARTING_LIMITS[CustomerKind(customer.kind)]
        CustomerAccount.objects.create(customer=customer, credit_limit=limit)
        _write_companions(customer, clean)
        gaps.refresh([customer.pk])
    return customer


def change_customer(customer: Customer, data: Mapping[str, Any], *, actor: Actor) -> None:
    """Write the given fields and nothing else; the code never changes. Raises Refused naming the field."""
    with transaction.atomic(), acting(actor):
        row = Customer.objects.select_for_update().get(pk=customer.pk)
        clean = checked(data, row)
        fields = {name: value for name, value in clean.items() if name in FIELDS}
        for name, value in fields.items():
            setattr(row, name, value)
        if fields:
            row.updated_at = clock.now()
            with _nobody_else():
                row.save(update_fields=[*fields, "updated_at"])
        _write_companions(row, clean)
        gaps.refresh([row.pk])


def terminate(customer: Customer, *, actor: Actor) -> None:
    """Close the contract: no visits are planned any more; what he owes stays."""
    if customer.status == CustomerStatus.TERMINATED:
        raise Refused(_("The contract is terminated already."), code="state")
    change_customer(customer, {"status": CustomerStatus.TERMINATED.value}, actor=actor)


def reopen(customer: Customer, *, actor: Actor) -> None:
    """A terminated customer orders again."""
    if customer.status == CustomerStatus.ACTIVE:
        raise Refused(_("The customer is active already."), code="state")
    change_customer(customer, {"status": CustomerStatus.ACTIVE.value}, actor=actor)


@contextmanager
def _nobody_else() -> Iterator[None]:
    """A constraint that fails after the checks passed means that another desk was faster."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise _changed() from error


def _changed() -> Busy:
    return Busy(_("Someone changed this a moment ago. Look again and repeat."), code="changed_meanwhile")


def _next_code() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CODES_LOCK])
    highest = Customer.objects.aggregate(highest=Max("code"))["highest"] or "1000000"
    if highest == "9999999":
        raise Refused(_("No customer code is left; give one."), code="no_code", field="code")
    return f"{int(highest) + 1:07d}"


def _write_companions(customer: Customer, clean: Mapping[str, Any]) -> None:
    if "phones" in clean:
        _write_phones(customer, clean["phones"])
    fields: dict[str, Any] = {}
    if "slot" in clean:
        fields["slot"] = clean["slot"]
    if "hours" in clean:
        chosen = {int(hour) for hour in clean["hours"]}
        fields |= {f"hour_{hour}": hour in chosen for hour in range(FIRST_HOUR, LAST_HOUR + 1)}
    if "rest_rule" in clean:
        fields["rest_rule"] = clean["rest_rule"]
        fields["weekly_rest"] = rest.parse(clean["rest_rule"]).weekly_digits
    if fields:
        Availability.objects.update_or_create(customer=customer, defaults=fields)


def _write_phones(customer: Customer, numbers: Sequence[str]) -> None:
    """These numbers and no others; the first is the main one."""
    known = {phone.number: phone for phone in customer.phones.select_for_update()}
    for number, phone in known.items():
        if number not in numbers:
            phone.delete()
    first = numbers[0] if numbers else ""
    for number, phone in known.items():
        if number in numbers and phone.is_primary and number != first:
            phone.is_primary = False
            phone.save(update_fields=["is_primary"])
    for number in numbers:
        label = "mobile" if number.startswith("+8869") else "landline"
        phone = known.get(number) or CustomerPhone(customer=customer, number=number, label=label)
        if phone.pk is None or phone.is_primary != (number == first):
            phone.is_primary = number == first
            phone.save()
