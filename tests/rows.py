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

WISHES: Final[dict[str, dict[str, Any]]] = {
    "core.importrun": {"kind": "customers"},
    "customers.customer": {"code": "1400103", "short_name": "王家小館"},
}
"""Model → values its constraints ask for."""


class NoRowError(Exception):
    """No row could be made; the text says of which model, why, and where to help."""


def row_of(model: type[models.Model], **values: Any) -> Any:
    """An existing row of the model, else a new one. NoRowError when the guesses do not fit the table."""
    found = None if values else model._default_manager.order_by("pk").first()
    if found is not None:
        return found
    wishes = {**WISHES.get(model._meta.label_lower, {}), **values}
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
