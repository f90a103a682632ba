"""Clerks and drivers at their browsers: each deed has one number, and is repeated until an answer comes."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from tests.workday.company import Company

TOKEN = "c" * 32
PEOPLE = """
import json
from django.test import Client
from dispatch.models import Driver
from dispatch.services import fleet
from luckygas.core.actor import Actor
from luckygas.core.api import tokens
from luckygas.core.models import User
actor = Actor.system("test")
def session(user):
    client = Client()
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    return client.cookies["sessionid"].value
chief = User.objects.create_superuser("chief", "", "pass-word-12", display_name="主管")
drivers = {d.pk: session(fleet.give_account(d, password="lucky-bottle-77", actor=actor)) for d in Driver.objects.all()}
token = tokens.make("desk", wanted=["orders:read", "orders:write"], days=30, actor=actor)[1]
print(json.dumps({"chief": session(chief), "drivers": drivers, "token": token}))
"""
ANSWERED_LATER = {409, 429}
#: Seconds between two deeds.
PAUSE = 0.1


def make_people(company: Company) -> dict[str, Any]:
    """Sessions of the chief and of each driver, and an API token."""
    found: dict[str, Any] = json.loads(company.manage("shell", "-v0", "-c", PEOPLE).stdout.splitlines()[-1])
    return found


class Browser:
    """A client that does not give up: lost connections and 5xx are tried again with the same number."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port, self.headers = port, headers
        self.lost = 0

    @classmethod
    def signed_in(cls, port: int, session: str) -> Browser:
        cookie = f"sessionid={session}; csrftoken={TOKEN}"
        return cls(port, {"Cookie": cookie, "X-CSRFToken": TOKEN, "Accept": "application/json"})

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, str]:
        """The first real answer."""
        deadline = time.monotonic() + 90
        while True:
            status, text = self._once(path, body, headers)
            if status and status < 500 and status not in ANSWERED_LATER:
                return status, text
            self.lost += not status
            assert time.monotonic() < deadline, f"{path}: no answer in 90 s, last {status} {text[:300]}"
            time.sleep(0.05)

    def _once(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body, {**self.headers, **headers})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def form(self, path: str, fields: dict[str, object]) -> tuple[int, str]:
        kind = "application/x-www-form-urlencoded"
        return self.post(path, urlencode(fields).encode(), **{"Content-Type": kind})

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> tuple[int, str]:
        """A form with one file in the field ``file``."""
        mark = "----the-file-ends-here"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n')
        body = "".join(parts).encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self.post(path, body, **{"Content-Type": f"multipart/form-data; boundary={mark}"})


class Crowd:
    """Somebody who does one deed after the other in a thread of his own, as long as he is asked to."""

    def __init__(self, deeds: Iterator[None]) -> None:
        self._deeds = deeds
        self._wanted, self._ended = threading.Event(), threading.Event()
        self._life: Future[None] = Future()
        # A daemon: whoever waits for an answer that never comes must not keep a failed test from ending.
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        try:
            self._work()
        except BaseException as failure:
            self._life.set_exception(failure)
            raise
        self._life.set_result(None)

    def _work(self) -> None:
        while not self._ended.is_set():
            if self._wanted.wait(0.1):
                try:
                    next(self._deeds)
                except StopIteration:
                    return
                time.sleep(PAUSE)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Busy inside the block; the deed begun at its end is finished in his own time."""
        self._wanted.set()
        try:
            yield
        finally:
            self.rest()
            if self._life.done():
                self._life.result()

    def rest(self) -> None:
        """Begin nothing more for now."""
        self._wanted.clear()

    def finish(self, *, rest: bool = False) -> None:
        """Stop after the present deed, or do the ``rest`` first; raises what went wrong meanwhile."""
        if rest:
            self._wanted.set()
            self._life.result(180)
        self._ended.set()
        self._life.result(100)


class Clerks:
    """Orders by the API, most of them cancelled again; ``made``: key → (number, whether cancelled)."""

    def __init__(self, company: Company, port: int, token: str, *, date: str, keep: int, seed: str) -> None:
        self.browser = Browser(port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        self.date, self.keep, self.chance = date, keep, random.Random(seed)
        self.made: dict[str, tuple[str, bool]] = {}
        self.customers = [
            row[0]
            for row in company.rows(
                "SELECT code FROM customers_customer WHERE status = 'active' AND pricing_method <> 'by_flow' ORDER BY code"
            )
        ]
        [(self.sku,)] = company.rows(
            "SELECT sku FROM orders_product WHERE sku LIKE %(k)s LIMIT 1", {"k": "%C20-R"}
        )

    def deeds(self) -> Iterator[None]:
        while True:
            key = str(uuid.UUID(int=self.chance.getrandbits(128)))
            wanted = {
                "customer": self.chance.choice(self.customers),
                "lines": [{"product": self.sku, "quantity": 1}],
                "scheduled_date": self.date,
                "note": key,
            }
            status, text = self.browser.post(
                "/api/v1/orders", json.dumps(wanted).encode(), **{"Idempotency-Key": key}
            )
            if status == 422:  # a customer on hold, or whose contract ended
                continue
            assert status == 201, f"{status} {text}"
            number = json.loads(text)["number"]
            self.made[key] = (number, False)
            yield
            if len(self.made) > self.keep:
                path, body = f"/api/v1/orders/{number}/cancel", json.dumps({"reason": "重複"}).encode()
                status, text = self.browser.post(path, body, **{"Idempotency-Key": f"cancel-{key}"})
                assert status == 200, f"{status} {text}"
                self.made[key] = (number, True)
                yield


STOPS = """
SELECT s.id, d.id, o.number,
       CASE WHEN o.payment_method IN ('cash', 'cod')
            THEN round(sum(l.quantity * coalesce(l.unit_price, 0)) OVER (PARTITION BY s.id)) ELSE 0 END,
       l.product_id, l.quantity
  FROM dispatch_routestop s JOIN dispatch_route r ON r.id = s.route_id
  JOIN dispatch_shift h ON h.id = r.shift_id JOIN dispatch_driver d ON d.id = h.driver_id
  JOIN orders_order o ON o.id = s.order_id JOIN orders_orderline l ON l.order_id = o.id
  JOIN customers_customer c ON c.id = o.customer_id
 WHERE s.is_live AND s.status = 'pending' AND c.pricing_method <> 'by_flow' AND o.served_by = 'ours'
 ORDER BY s.eta, s.id, l.product_id
"""


class Drivers:
    """Arrivals and deliveries by the drivers' pages; ``delivered``: stop → (number of the post, cash)."""

    def __init__(
        self, company: Company, port: int, sessions: dict[str, str], *, share: float, seed: str
    ) -> None:
        self.browsers = {int(pk): Browser.signed_in(port, session) for pk, session in sessions.items()}
        self.chance = random.Random(seed)
        self.delivered: dict[int, tuple[str, int]] = {}
        self.stops: dict[int, dict[str, Any]] = {}
        rows: list[Any] = company.rows(STOPS)
        for stop, driver, _number, cash, product, quantity in rows:
            entry = self.stops.setdefault(stop, {"driver": driver, "cash": int(cash), "lines": {}})
            entry["lines"][product] = quantity
        for stop in list(self.stops)[round(len(self.stops) * share) :]:
            del self.stops[stop]  # the rest is driven by others

    def deeds(self) -> Iterator[None]:
        for stop, work in self.stops.items():
            browser = self.browsers[work["driver"]]
            self._post(browser, f"/driver/stops/{stop}/arrive/", {})
            yield
            number = str(uuid.UUID(int=self.chance.getrandbits(128)))
            fields: dict[str, object] = {"uuid": number, "cash": work["cash"]}
            for product, quantity in work["lines"].items():
                fields |= {f"q_{product}": quantity, f"e_{product}": quantity}
            self._post(browser, f"/driver/stops/{stop}/deliver/", fields)
            self.delivered[stop] = (number, work["cash"])
            yield

    def _post(self, browser: Browser, path: str, fields: dict[str, object]) -> None:
        fields = {"uuid": str(uuid.UUID(int=self.chance.getrandbits(128))), **fields}
        status, text = browser.form(path, fields)
        assert status == 200, f"{path}: {status} {text[:500]}"
        assert json.loads(text)["outcome"] == "done", text


class Notes:
    """Somebody in the office who notes things about customers that are in both systems, now this one, now that."""

    def __init__(self, company: Company, text: str) -> None:
        self.company = company
        self.text = text
        self.typed = 0

    def deeds(self) -> Iterator[None]:
        """One note after another, without end; raw SQL, which the marks must see as they see a form."""
        while True:
            self.typed += 1
            self.company.execute(
                """UPDATE customers_customer SET notes = %(text)s
                    WHERE id = (SELECT customer_id FROM pilot_enrolment WHERE phase IN ('dual', 'ours_leads')
                                 ORDER BY customer_id OFFSET %(which)s LIMIT 1)""",
                {"text": f"{self.text} {self.typed}", "which": self.typed % 15},
            )
            yield
