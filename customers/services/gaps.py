"""The data-quality list: what active customers lack, kept true by two statements."""

# Conditions are written here, values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from customers.models.quality import Missing
from luckygas.core import clock

# When customer ``c`` lacks a thing. A household needs no tax number, and a buyer with a tax number needs
# neither carrier nor donation.
CONDITIONS: dict[str, str] = {
    Missing.PHONE: "NOT EXISTS (SELECT 1 FROM customers_customerphone p WHERE p.customer_id = c.id)",
    Missing.TAX_ID: "c.kind <> 'residential' AND c.tax_id = ''",
    Missing.EMAIL: "c.email = ''",
    Missing.CARRIER: "c.tax_id = '' AND c.carrier_id = '' AND c.donation_code = ''",
    Missing.VIRTUAL_ACCOUNT: "c.virtual_account = ''",
    Missing.PAYER_ACCOUNT: "c.payer_account = ''",
    Missing.POINT: "c.lat IS NULL",
    Missing.AREA: "c.area_id IS NULL",
    Missing.DAILY_USE: (
        "c.kind <> 'residential' "
        "AND EXISTS (SELECT 1 FROM customers_customercylinder y WHERE y.customer_id = c.id) "
        "AND NOT EXISTS (SELECT 1 FROM customers_usagemetrics u "
        "WHERE u.customer_id = c.id AND u.daily_kg IS NOT NULL)"
    ),
}


def refresh(customer_ids: Sequence[int] | None = None) -> tuple[int, int]:
    """Bring the list up to date, for all customers or for some; (new gaps, gaps filled)."""
    checks = ", ".join(f"('{missing}', {condition})" for missing, condition in CONDITIONS.items())
    only = "" if customer_ids is None else "AND c.id = ANY(%(ids)s)"
    wanted = (
        "SELECT c.id, v.missing FROM customers_customer c "
        f"CROSS JOIN LATERAL (VALUES {checks}) AS v(missing, is_missing) "
        f"WHERE c.status = 'active' AND v.is_missing {only}"
    )
    scope = "" if customer_ids is None else "AND g.customer_id = ANY(%(ids)s)"
    params: dict[str, Any] = {"ids": list(customer_ids or []), "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM customers_datagap g WHERE NOT EXISTS (SELECT 1 FROM ({wanted}) w "
            f"WHERE w.id = g.customer_id AND w.missing = g.missing) {scope}",
            params,
        )
        filled = cursor.rowcount
        cursor.execute(
            "INSERT INTO customers_datagap (customer_id, missing, noted_at) "
            f"SELECT w.id, w.missing, %(now)s FROM ({wanted}) w "
            "ON CONFLICT (missing, customer_id) DO NOTHING",
            params,
        )
        return cursor.rowcount, filled
