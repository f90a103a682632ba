"""Finding a customer by whatever the caller says: number, code, name or address.

Two steps, because an OR over joined tables uses no index: a few indexed questions give ids in order of
likelihood, then one query fetches the rows.
"""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet

from customers.identifiers import normalise_phone
from customers.models import Customer, CustomerPhone
from customers.sheets.cells import plain

_NUMBER = re.compile(r"\+?[0-9][0-9 ()\-]*")
SHORTEST_NUMBER = 3


def lookup(text: str, limit: int = 20) -> list[Customer]:
    """The customers a clerk may mean, best first, at most ``limit``: code, name, address, area and phones at hand."""
    ids = lookup_ids(text, limit)
    rows = (
        Customer.objects.filter(pk__in=ids)
        .select_related("area")
        .only("code", "short_name", "address", "status", "area__sheet_name")
        .prefetch_related("phones")
        .in_bulk()
    )
    return [rows[pk] for pk in ids]


def lookup_ids(text: str, limit: int = 200) -> list[int]:
    """Ids in order: code, whole phone number, part of a number, name and address; active ones first in each."""
    text = plain(text)
    found: dict[int, None] = {}
    if _NUMBER.fullmatch(text):
        digits = re.sub(r"[^0-9]", "", text)
        _collect(found, Customer.objects.filter(code__startswith=digits), limit)
        if len(digits) >= SHORTEST_NUMBER:
            for numbers in _phones(text, digits):
                _collect(found, Customer.objects.filter(pk__in=numbers), limit)
    if text:
        words = Q()
        for word in text.upper().split():
            words &= Q(search_text__contains=word)
        _collect(found, Customer.objects.filter(words), limit)
    return list(found)[:limit]


def _phones(text: str, digits: str) -> list[QuerySet[CustomerPhone, int]]:
    """The number itself, then numbers that contain its digits (without the zero or 886 in front)."""
    questions = []
    try:
        whole = CustomerPhone.objects.filter(number=normalise_phone(text))
        questions.append(whole.values_list("customer_id", flat=True))
    except ValueError:
        pass  # part of a number
    part = digits.removeprefix("00886").removeprefix("886").lstrip("0")
    if len(part) >= SHORTEST_NUMBER:
        inside = CustomerPhone.objects.filter(number__contains=part)
        questions.append(inside.values_list("customer_id", flat=True))
    return questions


def _collect(found: dict[int, None], rows: QuerySet[Customer], limit: int) -> None:
    wanted = limit - len(found)
    if wanted > 0:
        found.update(dict.fromkeys(rows.order_by("status", "code").values_list("pk", flat=True)[:limit]))
