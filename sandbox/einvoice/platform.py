"""The platform at work: take what was dropped, look at it, put it away, answer.

Every effect is decided and written down in one transaction before it is seen outside, under a name that is
fixed there too. What a killed process left half done is done to the end by the next one, once:

=========  ===============================================  =======================================
window     what happens                                     killed here, the next process …
=========  ===============================================  =======================================
claim      SRC/x.xml is renamed into ``.work``              finds it in SRC or in ``.work``
decide     row, verdict, register: one transaction          decides anew, nothing was written
move       ``.work`` → BAK or ERR, as the row says          moves the rest
plan       the answers' paths are written down              plans anew
answer     answer files appear                              writes the same files again
mark       the rows say so                                  writes the same files again
=========  ===============================================  =======================================
"""

import json
import re
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.clock import TAIPEI, Clock
from sandbox.einvoice import codes
from sandbox.einvoice.calendar import day
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.content import MOST_PROBLEMS, message_problems
from sandbox.einvoice.documents import NOTHING, document_of, identifier
from sandbox.einvoice.folders import Claim, Folders, day_and_hour
from sandbox.einvoice.log import SCHEMA as LOG_SCHEMA
from sandbox.einvoice.log import MessageLog, as_answered
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import UnreadableError, read_file
from sandbox.einvoice.register import SCHEMA as REGISTER_SCHEMA
from sandbox.einvoice.register import Register
from sandbox.einvoice.results import process_result, summary_result
from sandbox.einvoice.wrongs import GARBAGE, garbage_bytes, stranger
from sandbox.faults import REQUIRED, FaultKind, FaultTable, one_of, positive_seconds, seconds, text
from sandbox.party import Json, PartyError
from sandbox.store import open_store, transaction

BATCH = 1000
STORE = "turnkey.sqlite3"
ACCEPTED = Problem(codes.ACCEPTED, "處理成功")
FAULTS = {
    "down": FaultKind(is_condition=True),
    "clock_off": FaultKind({"seconds": (seconds, REQUIRED)}, is_condition=True),
    "slow": FaultKind({"seconds": (positive_seconds, REQUIRED)}),
    "reply_lost": FaultKind(),
    "refused": FaultKind({"code": (text, codes.REFUSED_ON_PURPOSE), "description": (text, "平台拒絕此訊息")}),
    "garbage": FaultKind({"how": (one_of(*GARBAGE), "rubbish")}),
    "unknown_document": FaultKind(),
    "duplicate_result": FaultKind(),
}


class EInvoicePlatform:
    """One gateway and the platform behind it, below ``directory/einvoice``."""

    name = "einvoice"

    def __init__(
        self, directory: Path, clock: Clock, *, window: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._clock = clock
        self._window = window
        self.folders = Folders(directory / self.name)
        self._db = open_store(self.folders.root / STORE, LOG_SCHEMA + REGISTER_SCHEMA)
        self._log = MessageLog(self._db)
        self._register = Register(self._db)
        self.faults = FaultTable(self._db, FAULTS)
        self.actions = {"summary": self.summary, "resend": self.resend}
        self._left_over: list[Claim] = []
        self._summarised_on = ""
        self.recover()

    # -- time

    def now(self, *, fresh: bool = False) -> datetime:
        """The platform's own time: everybody's, off by what the fault says."""
        off = sum(fault.params["seconds"] for fault in self.faults.active("clock_off"))
        return self._clock.now(fresh=fresh) + timedelta(seconds=off)

    # -- the daily round

    def tick(self) -> int:
        """Take and answer what is due; nothing at all while the platform is down."""
        if self.faults.active("down"):
            return 0
        done = self._take() + self._answer() + self._summarise_past_days()
        self._window("idle")
        return done

    def recover(self) -> None:
        """Bring files and rows in step again."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self.folders.create()
        self.faults.reload()
        self._left_over = [claim for claim in self.folders.claimed() if not self._log.known(claim.id)]
        self._move()
        for row in self._log.unwritten_summaries():
            self._write_summary(row["id"])

    def _take(self) -> int:
        self._window("claim")
        claims, self._left_over = self._left_over, []
        for kind in KINDS.values():
            for path in self.folders.waiting(kind)[: max(0, BATCH - len(claims))]:
                claim = self.folders.claim(kind, path)
                if claim is not None:
                    claims.append(claim)
        if not claims:
            return 0
        self._window("decide")
        taken = self.now(fresh=True)
        promised: set[Path] = set()
        with transaction(self._db):
            for claim in claims:
                self._decide(claim, taken, promised)
        self._move()
        return len(claims)

    def _decide(self, claim: Claim, taken: datetime, promised: set[Path]) -> None:
        seq = self._log.take(claim, claim.path.stat().st_size, taken)
        document, root, problems = NOTHING, None, []
        try:
            root = read_file(claim.path)
            document = document_of(claim.code, root)
            problems = message_problems(root, KINDS[claim.code])
        except UnreadableError as unreadable:
            problems = [unreadable.problem]
        names = (claim.file_name, identifier(claim.code, document))
        if not problems:
            refused = self.faults.use("refused", *names)
            if refused is not None:
                problems = [Problem(refused.params["code"], refused.params["description"])]
        if not problems and root is not None:
            problems = self._register.problems(claim.code, root)
        if not problems and root is not None:
            self._register.record(claim.code, root, seq)
        problems = problems[:MOST_PROBLEMS]
        twists, delay = self._twists(names)
        destination = self.folders.put_away(claim, taken, promised, refused=bool(problems))
        self._log.decide(seq, claim, document, problems, destination, time.time() + delay, twists)

    def _twists(self, names: tuple[str, str]) -> tuple[dict[str, Any], float]:
        """What will go wrong with this message's answer, and how many seconds it waits."""
        twists: dict[str, Any] = {}
        slow = self.faults.use("slow", *names)
        if self.faults.use("reply_lost", *names):
            twists["lost"] = True
        elif garbage := self.faults.use("garbage", *names):
            twists["garbage"] = garbage.params["how"]
        else:
            if self.faults.use("duplicate_result", *names):
                twists["twice"] = True
            if self.faults.use("unknown_document", *names):
                twists["stranger"] = True
        return twists, slow.params["seconds"] if slow else 0.0

    def _move(self) -> None:
        rows = self._log.unmoved()
        if not rows:
            return
        self._window("move")
        for row in rows:
            source = self.folders.claim_path(row["claim"], row["code"], row["file_name"])
            self.folders.move(source, Path(row["destination"]))
        with transaction(self._db):
            self._log.mark_moved(rows)

    # -- answers

    def _answer(self) -> int:
        due = self._log.due(time.time(), BATCH)
        if not due:
            return 0
        self._window("plan")
        now = self.now()
        paths = {row["seq"]: Path(row["answer"] or self._answer_path(row, now)) for row in due}
        with transaction(self._db):
            for seq, path in paths.items():
                self._log.promise(seq, path)
        self._window("answer")
        states = {row["seq"]: self._write_answers(row, paths[row["seq"]]) for row in due}
        self._window("mark")
        with transaction(self._db):
            for seq, state in states.items():
                self._log.answered(seq, state)
        return len(states)

    def _answer_path(self, row: sqlite3.Row, now: datetime) -> Path:
        return self.folders.answer(
            "ProcessResult", f"ProcessResult_{row['taken_at']}_{row['seq']:08d}.xml", now
        )

    def _write_answers(self, row: sqlite3.Row, path: Path) -> str:
        twists, answered = json.loads(row["twists"]), as_answered(row)
        if twists.get("lost"):
            return "withheld"
        true = process_result(answered, ACCEPTED)
        if "garbage" in twists:
            self.folders.write(path, garbage_bytes(twists["garbage"], true))
            return "withheld"
        self.folders.write(path, true)
        if twists.get("twice"):
            self.folders.write(path.with_name(f"{path.stem}_2.xml"), true)
        if twists.get("stranger"):
            strange = process_result(stranger(answered, row["seq"]), ACCEPTED)
            self.folders.write(path.with_name(f"{path.stem}_0.xml"), strange)
        return "written"

    # -- the daily account, and what a person can ask for

    def _summarise_past_days(self) -> int:
        today = day_and_hour(self.now())[0]
        if today == self._summarised_on:
            return 0
        days = self._log.days_to_summarise(today)
        for past_day in days:
            self._summarise(past_day)
        self._summarised_on = today
        return len(days)

    def _summarise(self, date: str) -> tuple[Path, dict[str, int]]:
        self._window("summary")
        rows = self._log.of_day(date)
        last_seq = rows[-1]["seq"] if rows else 0
        with transaction(self._db):
            summary_id = self._log.promise_summary(date, last_seq)
            path = self.folders.answer(
                "SummaryResult", f"SummaryResult_{date}_{summary_id:06d}.xml", self.now()
            )
            self._log.place_summary(summary_id, path)
        self._write_summary(summary_id)
        failed = sum(row["status"] == "E" for row in rows)
        return path, {"total": len(rows), "good": len(rows) - failed, "failed": failed}

    def _write_summary(self, summary_id: int) -> None:
        promised = next(row for row in self._log.unwritten_summaries() if row["id"] == summary_id)
        rows = [row for row in self._log.of_day(promised["day"]) if row["seq"] <= promised["last_seq"]]
        answered = (as_answered(row) for row in rows)
        self.folders.write(Path(promised["path"]), summary_result(promised["day"], answered))
        with transaction(self._db):
            for row in rows:
                if row["result_state"] == "withheld":
                    self._log.answered(row["seq"], "summarised")
            self._log.mark_summary(summary_id)

    def summary(self, request: Json) -> Json:
        """``{"date": "YYYYMMDD"}`` (default today): write that day's SummaryResult now."""
        date = request.get("date", day_and_hour(self.now(fresh=True))[0])
        if not isinstance(date, str) or not re.fullmatch("[0-9]{8}", date) or day(date) is None:
            raise PartyError(f"date must be YYYYMMDD, not {date!r}")
        path, counts = self._summarise(date)
        return {"path": str(self.folders.root / path), "date": date, **counts}

    def resend(self, request: Json) -> Json:
        """``{"match": "AB12345678"}`` (default all): write the answers that were lost or garbled."""
        match = request.get("match", "")
        if not isinstance(match, str):
            raise PartyError(f"match must be a text, not {match!r}")
        rows = self._log.withheld(match=match)
        now = self.now(fresh=True)
        for row in rows:
            path = self._answer_path(row, now)
            again = path.with_name(f"{path.stem}_r.xml")
            self.folders.write(again, process_result(as_answered(row), ACCEPTED))
            with transaction(self._db):
                self._log.promise(row["seq"], again)
                self._log.answered(row["seq"], "written")
        return {"resent": len(rows)}

    def state(self) -> Json:
        """Counts, the platform's time, and what waits in SRC."""
        waiting = {code: len(self.folders.waiting(kind)) for code, kind in KINDS.items()}
        return {
            "directory": str(self.folders.root),
            "now": self.now().astimezone(TAIPEI).isoformat(timespec="seconds"),
            "clock": self._clock.source,
            "waiting": waiting,
            **self._log.counts(),
            "register": self._register.counts(),
            "faults": self.faults.listing(),
        }

    def messages(self, wanted: str, limit: int) -> list[Json]:
        """The newest rows of the log."""
        return self._log.newest(wanted, limit)

    def close(self) -> None:
        """Let go of the store."""
        self._db.close()
