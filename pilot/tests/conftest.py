"""Customers and people for the pilot's tests: Monday 23 November 2026, eight in the morning in Taipei."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from luckygas.core.actor import Actor


@pytest.fixture
def monday(stand_at: Callable[[str], dt.datetime]) -> dt.datetime:
    return stand_at("2026-11-23 08:00")


@pytest.fixture
def customer(db: Any) -> Callable[..., Any]:
    """``customer("1400103", kind="residential")``."""
    from customers.models import Customer, CustomerAccount
    from luckygas.core import clock

    def make(code: str = "1400103", **fields: Any) -> Customer:
        fields = {"short_name": f"客戶{code[-3:]}", "invoice_title": f"客戶{code[-3:]}行"} | fields
        row = Customer.objects.create(code=code, created_at=clock.now(), updated_at=clock.now(), **fields)
        CustomerAccount.objects.create(customer=row, updated_at=clock.now(), credit_limit=30000)
        return row

    return make


@pytest.fixture
def lead() -> Actor:
    """The pilot lead."""
    return Actor("user", 101, "林組長")


@pytest.fixture
def second() -> Actor:
    """Another person who may approve."""
    return Actor("user", 102, "陳經理")


@pytest.fixture
def flag_of(db: Any, lead: Actor) -> Callable[..., Any]:
    """``flag_of("new_ui", kind="percentage", percentage=Decimal(10))``."""
    from pilot.services import flags

    def make(name: str = "new_engine", **fields: Any) -> Any:
        return flags.create({"name": name, "title": "新路線引擎"} | fields, reason="試辦", actor=lead)

    return make
