"""One plausible row of any model, for tests that walk over all of them.

Values are guessed from the fields; what a table's constraints want beyond that stands in ``WISHES``.
"""

from __future__ import annotations

import datetime
import decimal
import itertools
import uuid
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models, transaction
from django.db.utils import DataError, ProgrammingError

from luckygas.core import clock

NUMBERS: Final = itertools.count(1)

NINE, NOON, ONE, FIVE = (datetime.time(hour) for hour in (9, 12, 13, 17))

WISHES: Final[dict[str, dict[str, Any]]] = {
    "billing.bankdeposit": {
        "account": "24310012345",
        "trade_no": "0001",
        "deposit": decimal.Decimal(1900),
        "withdrawal": decimal.Decimal(0),
        "amount": decimal.Decimal(1900),
    },
    "billing.bankprofile": {"account_number": "24310012345", "virtual_company": "99218"},
    "billing.depositclearing": {
        "state": "queued",
        "open_amount": decimal.Decimal(1900),
        "reason_code": "no_account",
    },
    "billing.invoice": {
        "number": "AB00000001",
        "period": "11512",
        "random_number": "0417",
        "buyer_identifier": "70000012",
        "sales": decimal.Decimal(952),
        "tax": decimal.Decimal(48),
        "total": decimal.Decimal(1000),
    },
    "billing.numbertrack": {
        "seller": "70000004",
        "period": "11512",
        "letters": "AB",
        "first": 1,
        "last": 50,
        "next_number": 1,
    },
    "core.importrun": {"kind": "customers"},
    "core.notice": {"permission": "core.view_notice"},
    "core.smsmessage": {"recipient": "+886912765432", "parts": 1, "once_key": "test:1"},
    "customers.knowntaxnumber": {"number": "12345678"},
    "customers.messagetemplate": {"body": "【幸福氣】{order_id}", "weight": 50},
    "customers.customer": {"code": "1400103", "short_name": "王家小館"},
    "dispatch.dayplan": {"iterations": 100, "matrix": "haversine × area factor"},
    "dispatch.depot": {"lat": decimal.Decimal("22.755"), "lng": decimal.Decimal("121.144")},
    "dispatch.driver": {"works_from": NINE, "lunch_from": NOON, "lunch_to": ONE, "works_to": FIVE},
    "dispatch.reviewitem": {"cause": "moved"},
    "dispatch.shift": {"start": NINE, "end": NOON},
    "dispatch.vehicle": {"plate": "123-4567", "capacity_kg": 500},
    "orders.cylindermovement": {
        "quantity": 2,
        "to_place": lambda: another("orders.Place", kind="shop", name="門市"),
    },
    "orders.order": {"number": "O-20261123-000001"},
    "pilot.flag": {"name": "new_engine"},
}
"""Model → values its constraints ask for, or functions that make them."""


class NoRowError(Exception):
    """No row could be made; the text says of which model, why, and where to help."""


def row_of(model: type[models.Model], **values: Any) -> Any:
    """An existing row of the model, else a new one. NoRowError when the guesses do not fit the table."""
    found = None if values else model._default_manager.order_by("pk").first()
    if found is not None:
        return found
    wishes = {
        name: wish() if callable(wish) else wish
        for name, wish in {**WISHES.get(model._meta.label_lower, {}), **values}.items()
    }
    fields = {
        field.name: wishes[field.name] if field.name in wishes else _guess(field)
        for field in model._meta.concrete_fields
        if field.name in wishes or _needed(field)
    }
    try:
        with transaction.atomic():
            return model._base_manager.create(**fields)
    except (IntegrityError, DataError, ProgrammingError, ValueError, TypeError) as error:
        raise NoRowError(
            f"{model._meta.label}: {error}; add what it wants to WISHES in {__name__}"
        ) from error


def another(label: str, **values: Any) -> Any:
    """A row with these values, the same one when asked again."""
    model = apps.get_model(label)
    return model._default_manager.filter(**values).first() or row_of(model, **values)


def _needed(field: models.Field[Any, Any]) -> bool:
    return not (field.primary_key and field.has_default()) and not (
        isinstance(field, models.AutoField | models.BigAutoField)
        or field.has_default()
        or field.null
        or getattr(field, "generated", False)
    )


def _guess(field: models.Field[Any, Any]) -> Any:
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        return row_of(apps.get_model(target) if isinstance(target, str) else target)
    if field.blank and isinstance(field, models.CharField | models.TextField):
        return ""
    if field.choices:
        return next(value for value, _ in field.flatchoices)
    number = next(NUMBERS)
    if isinstance(field, models.DateTimeField):
        return clock.now() + datetime.timedelta(minutes=number)
    if isinstance(field, models.DateField):
        return clock.today()
    if isinstance(field, models.TimeField):
        return datetime.time(9, 0)
    if isinstance(field, models.DurationField):
        return datetime.timedelta(minutes=1)
    if isinstance(field, models.DecimalField):
        return decimal.Decimal(1)
    if isinstance(field, models.BooleanField):
        return False
    if isinstance(field, models.IntegerField):
        return number
    if isinstance(field, models.FloatField):
        return 1.0
    if isinstance(field, models.UUIDField):
        return uuid.uuid4()
    if isinstance(field, ArrayField):
        return []
    if isinstance(field, models.JSONField):
        return {}
    if isinstance(field, models.BinaryField):
        return b"1"
    if isinstance(field, models.GenericIPAddressField):
        return "127.0.0.1"
    text = f"測試{number}"
    return text[: field.max_length] if field.max_length else text
