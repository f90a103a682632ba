"""The old system's clerk: by day she answers the phone and types, in the evening she books her own deliveries.

The same seed and day on the same rows do the same. What was done for a seed and day is written down with it, so that
asking again (after a kill, or because the asker was killed) answers what was done then and does nothing.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

from sandbox.legacy import people, rows
from sandbox.legacy.rows import Connection
from sandbox.legacy.schema import QUANTITIES
from sandbox.legacy.switches import Switches
from sandbox.party import Json, PartyError

OPEN = ("01", "02", "03", "04", "07")
COMMON = ("qty_20", "qty_16", "qty_50", "qty_4", "qty_20", "qty_20")
NOT_CP950 = ["e5b8b8e5bea9", "a4a4ff", "b57e80", "8140"]
"""UTF-8 in a cp950 column, a byte that begins nothing, one cut in half, a pair of the user-defined rows."""
MOST_EDITS = 2000

Edit = dict[str, str]


class Clerk:
    """Works on the owner's connection, inside a transaction of the caller."""

    def __init__(self, connection: Connection, switches: Switches) -> None:
        self._db = connection
        self._switches = switches

    # -- what was done before

    def once(self, kind: str, seed: int, day: str, work: Callable[[], Json]) -> Json:
        """The answer of the first time; the work is done and written down in one transaction."""
        with self._db.transaction():
            self._db.execute("LOCK TABLE clerk_day IN EXCLUSIVE MODE")
            row = self._db.execute(
                "SELECT answer FROM clerk_day WHERE kind = %s AND seed = %s AND day = %s", [kind, seed, day]
            ).fetchone()
            if row is not None:
                return {**json.loads(str(row[0])), "again": True}
            answer = work()
            self._db.execute(
                "INSERT INTO clerk_day VALUES (%s, %s, %s, %s)", [kind, seed, day, json.dumps(answer)]
            )
        return {**answer, "again": False}

    # -- the day

    def day(self, *, seed: int, date: str, edits: int, whose: str) -> Json:
        """So many edits on the rows of ``whose`` customers (pilot, own, any); what they were."""
        if not 0 <= edits <= MOST_EDITS:
            raise PartyError(f"edits must be 0 to {MOST_EDITS}, not {edits}")
        rng = random.Random(f"clerk {seed} {date}")
        customers = self._customers(whose)
        if not customers and edits:
            raise PartyError(f"there is no customer of {whose}")
        done = [self._one(rng, customers, rows.roc(date)) for _number in range(edits)]
        return {"edits": [edit for edit in done if edit]}

    def _customers(self, whose: str) -> list[str]:
        shapes = {"pilot": "^[0-9]", "own": "^C", "any": "^"}
        if whose not in shapes:
            raise PartyError(f"customers must be one of {', '.join(sorted(shapes))}, not {whose!r}")
        found = self._db.execute(
            "SELECT customer_id FROM cust_customer WHERE customer_id ~ %s AND delete_flag = 'N' AND status = '01'"
            " ORDER BY customer_id",
            [shapes[whose]],
        ).fetchall()
        return [str(row[0]).strip() for row in found]

    def _one(self, rng: random.Random, customers: list[str], day: str) -> Edit | None:
        kinds = [
            "phone",
            "address",
            "customer_note",
            "order",
            "order",
            "order",
            "quantity",
            "order_note",
            "cancel",
        ]
        kind = rng.choice(kinds)
        customer = rng.choice(customers)
        clerk = rng.choice(people.CLERKS)
        if kind in ("phone", "address", "customer_note"):
            return self._customer_edit(rng, kind, customer, clerk)
        if kind == "order":
            return self._new_order(rng, customer, day, clerk)
        return self._order_edit(rng, kind, customers, day, clerk)

    def _customer_edit(self, rng: random.Random, kind: str, customer: str, clerk: str) -> Edit:
        values = {
            "phone": {"phone_primary": people.phone(rng)},
            "address": {"delivery_same_as_reg": "N", "delivery_address": people.address(rng)},
            "customer_note": {"notes": self._remark(rng, customer)},
        }[kind]
        rows.update(self._db, "cust_customer", customer, {**values, "update_user": clerk})
        return {"entity": "customer", "id": customer, "what": kind}

    def _remark(self, rng: random.Random, subject: str) -> Any:
        if self._switches.use("undecodable", subject):
            return {"hex": rng.choice(NOT_CP950)}
        return f"{rng.choice(people.REMARKS)}({rng.randint(1, 99)})"

    def _new_order(self, rng: random.Random, customer: str, day: str, clerk: str) -> Edit:
        number = self._next_number(day)
        quantities = {rng.choice(COMMON): rng.randint(1, 3)}
        half = self._switches.use("half_committed", customer, number)
        rows.insert(
            self._db,
            "ord_order",
            {
                "order_id": number, "customer_id": customer, "order_date": day, "order_source": "01",
                "trade_date": day, "trade_time": "", "time_slot": rng.choice(["01", "02", "04", "04"]),
                "sales_rep": clerk, "status": "02", "payment_method": "01", "dispatch_sys": "O",
                "notes": self._remark(rng, number) if rng.random() < 0.3 else "", "line_count": 1,
                "update_user": clerk,
            },
        )  # fmt: skip
        if half is None:
            self._line(number, quantities, clerk)
            return {"entity": "order", "id": number, "what": "order"}
        self._db.execute(
            "INSERT INTO clerk_unfinished VALUES (%s, %s, %s)",
            [number, time.time() + half.params["seconds"], json.dumps(quantities)],
        )
        return {"entity": "order", "id": number, "what": "half"}

    def _line(self, number: str, quantities: dict[str, int], clerk: str) -> None:
        rows.insert(
            self._db,
            "ord_line",
            {"order_id": number, "line_number": 1, **quantities, "update_user": clerk},
        )

    def _next_number(self, day: str) -> str:
        row = self._db.execute(
            "SELECT max(order_id) FROM ord_order WHERE order_id LIKE %s", [f"L{day}%"]
        ).fetchone()
        last = str(row[0]).strip() if row and row[0] else ""
        return f"L{day}{int(last[-5:] or 0) + 1:05d}" if last else f"L{day}00001"

    def _order_edit(
        self, rng: random.Random, kind: str, customers: list[str], day: str, clerk: str
    ) -> Edit | None:
        found = self._db.execute(
            "SELECT order_id FROM ord_order WHERE trade_date = %s AND status = ANY(%s) AND delete_flag = 'N'"
            " AND trim(customer_id) = ANY(%s) AND EXISTS (SELECT 1 FROM ord_line l WHERE l.order_id = ord_order.order_id)"
            " ORDER BY order_id",
            [day, list(OPEN[:2]), customers],
        ).fetchall()
        if not found:
            return None
        number = str(rng.choice(found)[0]).strip()
        if kind == "quantity":
            changed = dict.fromkeys(QUANTITIES, 0) | {rng.choice(COMMON): rng.randint(1, 4)}
            rows.update(self._db, "ord_line", number, {**changed, "update_user": clerk})
        elif kind == "order_note":
            rows.update(
                self._db, "ord_order", number, {"notes": self._remark(rng, number), "update_user": clerk}
            )
        else:
            values = {"status": "06", "cancel_reason": "01", "update_user": clerk}
            rows.update(self._db, "ord_order", number, values)
        return {"entity": "order", "id": number, "what": kind}

    # -- the evening

    def deliver(self, *, seed: int, date: str, at: str) -> Json:
        """All open orders of the day that this system serves: delivered, and invoiced under its own letters."""
        day = rows.roc(date)
        rng = random.Random(f"evening {seed} {date}")
        found = self._db.execute(
            "SELECT order_id FROM ord_order o WHERE trade_date = %s AND status = ANY(%s) AND dispatch_sys = 'O'"
            " AND delete_flag = 'N' AND EXISTS (SELECT 1 FROM ord_line l WHERE l.order_id = o.order_id)"
            " ORDER BY order_id",
            [day, list(OPEN)],
        ).fetchall()
        delivered = []
        for (number,) in found:
            order = str(number).strip()
            moment = f"{day}{rng.randint(9, 18):02d}{rng.randint(0, 59):02d}" if not at else f"{day}{at}"
            values = {
                "status": "05", "actual_delivery_time": moment, "invoice_no": self._next_invoice(),
                "payment_status": "03", "update_user": rng.choice(people.CLERKS),
            }  # fmt: skip
            rows.update(self._db, "ord_order", order, values)
            delivered.append({"entity": "order", "id": order, "what": "delivered"})
        return {"edits": delivered}

    def _next_invoice(self) -> str:
        row = self._db.execute("SELECT max(invoice_no) FROM ord_order WHERE invoice_no LIKE 'ZZ%'").fetchone()
        last = str(row[0]) if row and row[0] else "ZZ00000000"
        return f"ZZ{int(last[2:]) + 1:08d}"

    # -- jobs that come back later

    def finish(self) -> int:
        """Write the lines of orders whose heads were committed alone, when their time has come."""
        with self._db.transaction():
            due = self._db.execute(
                "DELETE FROM clerk_unfinished WHERE due_at <= %s RETURNING order_id, quantities",
                [time.time()],
            ).fetchall()
            for number, quantities in due:
                self._line(str(number), json.loads(str(quantities)), "NIGHT")
        return len(due)

    def generate(self, *, seed: int, customers: int) -> Json:
        """Customers of the old system alone, numbered on from the last."""
        rng = random.Random(f"people {seed}")
        row = self._db.execute(
            "SELECT max(customer_id) FROM cust_customer WHERE customer_id LIKE 'C%'"
        ).fetchone()
        last = int(str(row[0]).strip()[1:]) if row and row[0] else 0
        for number in range(last + 1, last + 1 + customers):
            made = people.customer(rng, number)
            rows.insert(self._db, "cust_customer", made)
            for table, companion in people.companions(rng, made):
                rows.insert(self._db, table, companion)
        return {"made": customers}
