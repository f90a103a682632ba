"""The same rows and counts from a bare WSGI function: psycopg and json, and nothing else.

``/orders?p=N`` a page of the list of orders with the capped count, ``/api?before=ID`` fifty orders with their
lines, ``/desk?q=TEXT`` the customers a caller may be.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import psycopg
from psycopg.rows import DictRow, dict_row

PAGE, CAP, FOUND = 50, 5000, 12
StartResponse = Callable[[str, list[tuple[str, str]]], object]

LIST = """
SELECT o.id, o.number, c.code, c.short_name, c.invoice_title, o.scheduled_date, o.slot, o.status, o.is_urgent,
       o.source, o.total_amount, o.lacks_price, o.created_by
  FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id
 ORDER BY o.id DESC LIMIT %s OFFSET %s
"""
COUNT = "SELECT count(*) AS n FROM (SELECT 1 FROM orders_order LIMIT %s) AS counted"
ORDERS = """
SELECT o.id, o.number, c.code AS customer, o.source, o.status, o.scheduled_date, o.latest_date, o.slot,
       o.window_start, o.window_end, o.is_urgent, o.payment_method, o.note, o.total_amount, o.lacks_price,
       o.delivered_at, o.created_at, o.version
  FROM orders_order o JOIN customers_customer c ON c.id = o.customer_id
 WHERE o.id < %s ORDER BY o.id DESC LIMIT %s
"""
LINES = """
SELECT l.order_id, p.sku AS product, l.quantity, l.unit_price, l.delivered_quantity, l.empties_returned,
       l.full_returned
  FROM orders_orderline l JOIN orders_product p ON p.id = l.product_id
 WHERE l.order_id = ANY(%s) ORDER BY p.position
"""
BY_NUMBER = """
SELECT id FROM (
    SELECT id, 1 AS rank, status, code FROM customers_customer WHERE code LIKE %(start)s
    UNION ALL
    SELECT c.id, CASE WHEN p.number LIKE %(end)s THEN 2 ELSE 3 END, c.status, c.code
      FROM customers_customerphone p JOIN customers_customer c ON c.id = p.customer_id
     WHERE p.number LIKE %(inside)s
    UNION ALL
    SELECT id, 4, status, code FROM customers_customer WHERE search_text LIKE %(text)s
) AS matches GROUP BY id ORDER BY min(rank), min(status), min(code) LIMIT %(most)s
"""
BY_WORDS = """
SELECT id FROM customers_customer WHERE search_text LIKE ALL(%s) ORDER BY status, code LIMIT %s
"""
CUSTOMERS = """
SELECT c.id, c.code, c.short_name, c.address, c.status, a.name AS area
  FROM customers_customer c LEFT JOIN customers_area a ON a.id = c.area_id
 WHERE c.id = ANY(%s)
"""
PHONES = "SELECT customer_id, number FROM customers_customerphone WHERE customer_id = ANY(%s)"

_open: list[psycopg.Connection[DictRow]] = []


def _rows(query: str, parameters: Any) -> list[DictRow]:
    """Every worker keeps one connection, as the house does."""
    if not _open:
        _open.append(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row))
    return _open[0].execute(query, parameters).fetchall()


def orders(asked: dict[str, str]) -> Any:
    page = int(asked.get("p", "1"))
    return {
        "count": _rows(COUNT, [CAP + 1])[0]["n"],
        "rows": _rows(LIST, [PAGE, PAGE * (page - 1)]),
    }


def api(asked: dict[str, str]) -> Any:
    found = _rows(ORDERS, [int(asked.get("before", 2**62)), PAGE + 1])
    shown = {row.pop("id"): row | {"lines": []} for row in found[:PAGE]}
    for line in _rows(LINES, [list(shown)]):
        shown[line.pop("order_id")]["lines"].append(line)
    return {"more": len(found) > PAGE, "results": list(shown.values())}


def desk(asked: dict[str, str]) -> Any:
    text = asked.get("q", "").strip()
    if re.fullmatch(r"[0-9]{3,}", text):
        part = text.lstrip("0")
        wanted = {"start": f"{text}%", "end": f"+886{part}", "inside": f"%{part}%", "text": f"%{text}%"}
        ids = [row["id"] for row in _rows(BY_NUMBER, wanted | {"most": FOUND})]
    else:
        words = [f"%{word}%" for word in text.upper().split()]
        ids = [row["id"] for row in _rows(BY_WORDS, [words, FOUND])]
    found = {row.pop("id"): row | {"phones": []} for row in _rows(CUSTOMERS, [ids])}
    for phone in _rows(PHONES, [ids]):
        found[phone["customer_id"]]["phones"].append(phone["number"])
    return [found[each] for each in ids]


ROUTES: dict[str, Callable[[dict[str, str]], Any]] = {"/orders": orders, "/api": api, "/desk": desk}


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    route = ROUTES.get(environ["PATH_INFO"])
    if route is None:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    asked = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    body = json.dumps(route(asked), default=str, ensure_ascii=False).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
