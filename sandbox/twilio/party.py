"""Twilio as a party of the sandbox: one account, its door, its switches, and the clerk who posts callbacks."""

import http.client
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox import ports
from sandbox.clock import Clock
from sandbox.faults import REQUIRED, FaultError, FaultKind, FaultTable, positive_seconds, seconds
from sandbox.listening import Door
from sandbox.party import Json, PartyError
from sandbox.store import open_store, transaction
from sandbox.twilio.api import Twist, handler
from sandbox.twilio.codes import NETWORK, REQUEST, Trouble, objection, trouble
from sandbox.twilio.network import ENDS, SCHEMA, Network
from sandbox.twilio.signing import signature

#: Of this stand-in alone: no such account exists, and the token is no secret.
ACCOUNT = "AC5a4dbc0000000000000000000000000"
TOKEN = "sandbox-twilio-token"  # noqa: S105
SENDER = "+15005550006"
CALLBACK_SECONDS = 15.0
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _code(name: str, value: Any) -> int:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value not in {**REQUEST, **NETWORK}:
        known = ", ".join(map(str, sorted({**REQUEST, **NETWORK})))
        raise FaultError(f"{name} must be one of {known}, not {value!r:.40}")
    return value


def _server_trouble(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 500 <= value <= 599:
        raise FaultError(f"{name} must be a whole number from 500 to 599, not {value!r:.40}")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FaultError(f"{name} must be true or false, not {value!r:.40}")
    return value


FAULTS = {
    "down": FaultKind(is_condition=True),
    "clock_off": FaultKind({"seconds": (seconds, REQUIRED)}, is_condition=True),
    "slow": FaultKind({"seconds": (positive_seconds, REQUIRED)}),
    "reply_lost": FaultKind(),
    "5xx": FaultKind({"status": (_server_trouble, 503), "made": (_yes_or_no, False)}),
    "refused": FaultKind({"code": (_code, 21211)}),
    "garbage": FaultKind(),
    "receipt_lost": FaultKind(),
    "receipt_twice": FaultKind(),
    "receipt_out_of_order": FaultKind(),
    "wrong_signature": FaultKind(),
}


class Twilio:
    """One account below ``directory/twilio``; ``address.json`` there tells where it answers and how to sign in."""

    name = "twilio"
    account, token = ACCOUNT, TOKEN

    def __init__(
        self, directory: Path, clock: Clock, window: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._clock = clock
        self._window = window
        self._lock = threading.RLock()
        self._db = open_store(directory / self.name / "twilio.sqlite3", SCHEMA)
        self.faults = FaultTable(self._db, FAULTS)
        self._network = Network(self._db, self.faults, self.account)
        self.actions = {
            "finish": self.finish,
            "receipt": self.receipt_again,
            "unsubscribe": self.unsubscribe,
            "subscribe": self.subscribe,
            "pace": self.pace,
        }
        told = {"account_sid": self.account, "auth_token": self.token}
        address = directory / self.name / "address.json"
        self._door = Door(handler(self), address, port=ports.wanted(self.name), **told)
        # The same, a word to a file, for settings that are read from files.
        for file, text in {"url": self._door.url, "sender": SENDER, **told}.items():
            (address.parent / file).write_text(text)
        self._closed = threading.Event()
        self._clerk = threading.Thread(target=self._post_callbacks, daemon=True)
        self._clerk.start()

    # -- the daily round

    def now(self, *, fresh: bool = False) -> datetime:
        """Twilio's own time: everybody's, off by what the fault says."""
        off = sum(fault.params["seconds"] for fault in self.faults.active("clock_off"))
        return self._clock.now(fresh=fresh) + timedelta(seconds=off)

    def tick(self) -> int:
        """Shut or open the door as told, and let messages take the states whose time has come."""
        with self._lock:
            down = self.is_down()
            steps = [] if down else self._advance()
        self._door.shut() if down else self._door.open()
        return len(steps)

    def _advance(self) -> list[Any]:
        now = self.now()
        steps = self._network.due(now)
        if steps:
            self._window("advance")
            with transaction(self._db):
                for step in steps:
                    self._network.advance(step, now)
        return steps

    def recover(self) -> None:
        """Nothing is half done: every change is one transaction."""
        with self._lock:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self.faults.reload()

    def close(self) -> None:
        self._closed.set()
        self._door.shut()
        self._clerk.join(CALLBACK_SECONDS + 1)
        with self._lock:
            self._db.close()

    # -- the API's desk

    def is_down(self) -> bool:
        return bool(self.faults.active("down"))

    def make(self, form: dict[str, str]) -> tuple[Json | Trouble, Twist]:
        """POST Messages: the message, or why there is none; a lost answer comes after the message was made."""
        to, body = form.get("To", ""), form.get("Body", "")
        with self._lock, transaction(self._db):
            names = (to, body)
            broken = self.faults.use("5xx", *names)
            if broken and not broken.params["made"]:
                return {}, Twist(status=broken.params["status"])
            refused = self.faults.use("refused", *names)
            code = refused.params["code"] if refused else 0
            if code in REQUEST:
                return trouble(code), self._twist(names)
            against = objection(form)
            if (
                against is None
                and self._db.execute("SELECT 1 FROM unsubscribed WHERE number = ?", (to,)).fetchone()
            ):
                against = trouble(21610)
            if against is not None:
                return against, self._twist(names)
            row = self._network.take(form, self.now(fresh=True), code or None)
            twist = Twist(status=broken.params["status"]) if broken else self._twist(names)
            return self._network.resource(row), twist

    def show(self, sid: str) -> tuple[Json | Trouble, Twist]:
        """GET one message."""
        with self._lock:
            self._advance()
            try:
                return self._network.resource(self._network.message(sid)), Twist()
            except LookupError:
                where = f"/2010-04-01/Accounts/{self.account}/Messages/{sid}.json"
                return trouble(20404, f"The requested resource {where} was not found"), Twist()

    def page(self, wanted: dict[str, str], page: int, size: int) -> tuple[list[Json], bool, Twist]:
        """GET the list."""
        with self._lock:
            self._advance()
            rows, more = self._network.listed(wanted, page, size)
            return [self._network.resource(row) for row in rows], more, Twist()

    def _twist(self, names: tuple[str, ...]) -> Twist:
        slow = self.faults.use("slow", *names)
        lost = self.faults.use("reply_lost", *names) is not None
        garbage = not lost and self.faults.use("garbage", *names) is not None
        return Twist(lost=lost, garbage=garbage, seconds=slow.params["seconds"] if slow else 0.0)

    # -- callbacks

    def _post_callbacks(self) -> None:
        while not self._closed.is_set():
            with self._lock:
                rows = [] if self.is_down() else self._network.waiting()
            for row in rows:
                answer = self._post(row["url"], json.loads(row["params"]), wrong=bool(row["wrong"]))
                with self._lock, transaction(self._db):
                    self._network.answered(row["id"], answer)
                if self._closed.is_set():
                    return
            if not rows:
                self._closed.wait(0.02)

    def _post(self, url: str, params: dict[str, str], *, wrong: bool) -> str:
        """The HTTP status of the answer, or what kept it from coming; nothing is posted beyond this machine."""
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK:
            return "not on loopback"
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        sign = signature(self.token + ("?" if wrong else ""), url, params)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": sign,
            "I-Twilio-Idempotency-Token": f"{params['MessageSid']}-{params['MessageStatus']}",
        }
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = kind(parts.netloc, timeout=CALLBACK_SECONDS)
        try:
            connection.request("POST", path, urlencode(params), headers)
            return str(connection.getresponse().status)
        except (OSError, ValueError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()

    # -- what the network and its people do

    def finish(self, request: Json) -> Json:
        """Bring messages to an end now: ``status``, ``code``, ``match`` (sid, number or text; default: all)."""
        status = request.get("status", "delivered")
        code = request.get("code")
        if status not in ENDS:
            raise PartyError(f"status must be one of {', '.join(sorted(ENDS))}, not {status!r}")
        if code is not None and code not in NETWORK:
            raise PartyError(f"code must be one of {', '.join(map(str, sorted(NETWORK)))}, not {code!r}")
        with self._lock, transaction(self._db):
            chosen = [row for row in self._matching(request) if row["status"] not in ENDS]
            for row in chosen:
                self._network.end(row["sid"], status, code, self.now())
        return {"finished": len(chosen)}

    def receipt_again(self, request: Json) -> Json:
        """Post a callback of the present state again, for messages that ``match``."""
        with self._lock, transaction(self._db):
            chosen = [row for row in self._matching(request) if row["callback"]]
            for row in chosen:
                self._network.tell_again(row)
        return {"posted": len(chosen)}

    def unsubscribe(self, request: Json) -> Json:
        """The owner of ``number`` wants no messages: sending to it is refused with 21610."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO unsubscribed VALUES (?)", (_number(request),))
        return {"unsubscribed": request["number"]}

    def subscribe(self, request: Json) -> Json:
        """The owner of ``number`` wants messages again."""
        with self._lock:
            self._db.execute("DELETE FROM unsubscribed WHERE number = ?", (_number(request),))
        return {"subscribed": request["number"]}

    def pace(self, request: Json) -> Json:
        """How many ``seconds`` (of everybody's clock) a message is on its way."""
        value = request.get("seconds")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 7 * 86400:
            raise PartyError(f"seconds must be a number from 0 to {7 * 86400}, not {value!r}")
        with self._lock:
            self._network.set_pace(float(value))
        return {"seconds": value}

    def _matching(self, request: Json) -> list[Any]:
        wanted = str(request.get("match", ""))
        rows = self._db.execute("SELECT * FROM messages ORDER BY id").fetchall()
        return [
            row for row in rows if wanted in row["sid"] or wanted in row["recipient"] or wanted in row["body"]
        ]

    def state(self) -> Json:
        """Messages by status, callbacks by answer, what waits."""
        with self._lock:
            by_status = self._db.execute("SELECT status, count(*) AS n FROM messages GROUP BY status")
            statuses = {row["status"]: row["n"] for row in by_status}
            by_answer = self._db.execute(
                "SELECT coalesce(answer, CASE WHEN held THEN 'held' ELSE 'waiting' END) AS answer, count(*) AS n"
                " FROM callbacks GROUP BY 1"
            )
            callbacks = {row["answer"]: row["n"] for row in by_answer}
            return {
                "time": self.now().isoformat(),
                "clock": self._clock.source,
                "url": self._door.url if self._door.is_open else None,
                "messages": statuses,
                "callbacks": callbacks,
                "pace": self._network.pace(),
                "faults": self.faults.listing(),
            }

    def messages(self, wanted: str, limit: int) -> list[Json]:
        """The newest messages whose sid, number or text contains ``wanted``, with their callbacks' answers."""
        with self._lock:
            found = self._matching({"match": wanted})[: -limit - 1 : -1]
            return [
                {
                    **self._network.resource(row),
                    "status_callback": row["callback"],
                    "callbacks": [
                        [json.loads(told["params"])["MessageStatus"], told["answer"]]
                        for told in self._db.execute(
                            "SELECT * FROM callbacks WHERE sid = ? ORDER BY id", (row["sid"],)
                        )
                    ],
                }
                for row in found
            ]


def _number(request: Json) -> str:
    number = request.get("number")
    if not isinstance(number, str) or not number.startswith("+"):
        raise PartyError(f"number must be in E.164, as +886912345678, not {number!r}")
    return number
