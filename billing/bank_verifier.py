"""Is every dollar of the bank's files in the books or in the queue?

This judges fetching, importing and matching, so it shares nothing with them: it cuts the raw bytes of the files itself,
and asks the tables with its own SQL. Held as a whole: the files, the movements in them, payments and queue. A day
narrows it to what was booked on that day.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from luckygas.core import extend

SHOWN = 20
RECORD = 111
#: Where a field begins and ends in a record, counted from 0.
ACCOUNT, DATE, NUMBER, OUT, IN = (0, 11), (11, 18), (18, 22), (33, 48), (48, 63)
SIGN, VIRTUAL, STATUS = 63, (79, 95), 95
KINDS: tuple[tuple[str, Any], ...] = (
    ("account", gettext_lazy("bank account")),
    ("amount", gettext_lazy("amount")),
    ("virtual account", gettext_lazy("virtual account")),
    ("bank's status", gettext_lazy("bank's status")),
)


@dataclass(frozen=True)
class Movement:
    """A line of a file: what it is known by is its key in the dictionary, this is what it says."""

    account: str
    amount: int
    virtual: str
    status: str
    file: str
    line: int


@dataclass(frozen=True)
class Sums:
    """Whole NT$ of one day, or of all: in the files, in the rows, in standing payments, in the queue."""

    files: int
    rows: int
    postings: int
    queue: int

    @property
    def are_equal(self) -> bool:
        return self.files == self.rows == self.postings + self.queue


FILES = """
SELECT f.id, f.profile_id, f.name, f.sha256, f.size, f.content, f.rows, f.total, p.decimals, p.sign_of
  FROM billing_bankfile f JOIN billing_bankprofile p ON p.id = f.profile_id
 WHERE f.status = 'imported' AND (%(date)s::date IS NULL OR f.fetched_at >= %(date)s::date - 3) ORDER BY f.id
"""
ROWS = """
SELECT d.profile_id, d.booked_on, d.trade_no, d.occurrence, d.account, d.amount, d.virtual_account, d.status, d.id
  FROM billing_bankdeposit d WHERE %(date)s::date IS NULL OR d.booked_on = %(date)s::date ORDER BY d.id
"""
SUMS = """
SELECT coalesce((SELECT sum(d.amount) FROM billing_bankdeposit d
                  WHERE %(date)s::date IS NULL OR d.booked_on = %(date)s::date), 0),
       coalesce((SELECT sum(p.amount) FROM billing_depositposting x
                   JOIN billing_bankdeposit d ON d.id = x.deposit_id
                   JOIN billing_payment p ON p.id = x.payment_id OR p.reverses_id = x.payment_id
                  WHERE %(date)s::date IS NULL OR d.booked_on = %(date)s::date), 0),
       coalesce((SELECT sum(c.open_amount) FROM billing_depositclearing c
                   JOIN billing_bankdeposit d ON d.id = c.deposit_id
                  WHERE %(date)s::date IS NULL OR d.booked_on = %(date)s::date), 0)
"""
OF_DAY = "(%(date)s::date IS NULL OR d.booked_on = %(date)s::date)"
CHECKS: tuple[tuple[Any, str], ...] = (
    (
        gettext_lazy("deposit {} of {}: NT$ {} came in, payments say NT$ {} and NT$ {} is open"),
        """SELECT d.trade_no, d.booked_on, d.amount, coalesce(x.sum, 0), coalesce(c.open_amount, 0)
              FROM billing_bankdeposit d LEFT JOIN billing_depositclearing c ON c.deposit_id = d.id
              LEFT JOIN (SELECT y.deposit_id, sum(p.amount) FROM billing_depositposting y
                           JOIN billing_payment p ON p.id = y.payment_id OR p.reverses_id = y.payment_id
                          GROUP BY 1) x(deposit_id, sum) ON x.deposit_id = d.id
             WHERE OF_DAY AND d.amount <> coalesce(x.sum, 0) + coalesce(c.open_amount, 0) ORDER BY d.id""",
    ),
    (
        gettext_lazy("deposit {} of {} is in no queue and nobody decided about it"),
        """SELECT d.trade_no, d.booked_on FROM billing_bankdeposit d
             WHERE OF_DAY AND NOT EXISTS (
                   SELECT FROM billing_depositclearing c WHERE c.deposit_id = d.id) ORDER BY d.id""",
    ),
    (
        gettext_lazy("deposit {} of {}: the state is {}, NT$ {} is open"),
        """SELECT d.trade_no, d.booked_on, c.state, c.open_amount FROM billing_depositclearing c
              JOIN billing_bankdeposit d ON d.id = c.deposit_id
             WHERE OF_DAY AND ((c.state = 'posted') <> (c.open_amount = 0)
                OR abs(c.open_amount) > abs(d.amount) OR c.open_amount * d.amount < 0) ORDER BY d.id""",
    ),
    (
        gettext_lazy("deposit {} of {} waits without a reason"),
        """SELECT d.trade_no, d.booked_on FROM billing_depositclearing c
              JOIN billing_bankdeposit d ON d.id = c.deposit_id
             WHERE OF_DAY AND (c.state = 'queued' AND c.reason_code = ''
                OR c.state = 'not_ours' AND btrim(c.decided_reason) = '') ORDER BY d.id""",
    ),
    (
        gettext_lazy("payment {} is no bank transfer, or says another day than deposit {} of {}"),
        """SELECT p.source, d.trade_no, d.booked_on FROM billing_depositposting x
              JOIN billing_payment p ON p.id = x.payment_id JOIN billing_bankdeposit d ON d.id = x.deposit_id
             WHERE OF_DAY AND (p.kind <> 'transfer' OR p.source NOT LIKE 'bank:' || d.id || ':%%'
                OR p.received_on <> least(d.booked_on, (p.recorded_at AT TIME ZONE 'Asia/Taipei')::date))
             ORDER BY x.id""",
    ),
    (
        gettext_lazy("payment {} says it is a deposit's, and no posting says so"),
        """SELECT p.source FROM billing_payment p
            WHERE p.source LIKE 'bank:%%' AND (%(date)s::date IS NULL OR p.received_on = %(date)s::date)
              AND NOT EXISTS (SELECT FROM billing_depositposting x WHERE x.payment_id = p.id) ORDER BY p.id""",
    ),
    (
        gettext_lazy("payment {} of customer {} was matched by itself, virtual account {} is customer {}'s"),
        """SELECT p.source, pc.code, d.virtual_account, coalesce(oc.code, '–') FROM billing_depositposting x
              JOIN billing_payment p ON p.id = x.payment_id JOIN customers_customer pc ON pc.id = p.customer_id
              JOIN billing_bankdeposit d ON d.id = x.deposit_id
              LEFT JOIN customers_customer oc ON oc.virtual_account = d.virtual_account
             WHERE OF_DAY AND x.by_itself AND oc.id IS NOT NULL AND oc.id <> p.customer_id ORDER BY x.id""",
    ),
    (
        gettext_lazy("payment {} of NT$ {} was matched by itself and pays invoices with NT$ {}"),
        """SELECT p.source, p.amount, coalesce(sum(a.amount), 0) FROM billing_depositposting x
              JOIN billing_payment p ON p.id = x.payment_id JOIN billing_bankdeposit d ON d.id = x.deposit_id
              LEFT JOIN billing_paymentallocation a ON a.payment_id = p.id
             WHERE OF_DAY AND x.by_itself GROUP BY x.id, p.id HAVING coalesce(sum(a.amount), 0) <> p.amount
             ORDER BY x.id""",
    ),
    (
        gettext_lazy("deposit {} of {} is of file {}, which is not imported"),
        """SELECT d.trade_no, d.booked_on, f.name FROM billing_bankdeposit d
              JOIN billing_bankfile f ON f.id = d.file_id
             WHERE OF_DAY AND f.status <> 'imported' ORDER BY d.id""",
    ),
    (
        gettext_lazy("file {}, {}: its bytes are not those that came"),
        """SELECT f.name, f.status FROM billing_bankfile f
             WHERE f.status <> 'imported' AND (%(date)s::date IS NULL OR f.fetched_at >= %(date)s::date - 3)
               AND (encode(sha256(f.content), 'hex') <> f.sha256 OR octet_length(f.content) <> f.size)
             ORDER BY f.id""",
    ),
)


def verify(date: dt.date | None = None) -> list[str]:
    """Every difference in words, at most twenty of a kind; empty when all is well."""
    return differences(date)[1]


def differences(date: dt.date | None = None) -> tuple[Sums, list[str]]:
    """The sums of the day (all days without one), and every difference in words."""
    found: list[str] = []
    with _one_moment():
        in_files = _movements(date, found)
        _compare(in_files, _query(ROWS, date), found)
        rows, postings, queue = (int(number) for number in _query(SUMS, date)[0])
        sums = Sums(sum(one.amount for one in in_files.values()), rows, postings, queue)
        for text, sql in CHECKS:
            told = [str(text).format(*row) for row in _query(sql, date)]
            found += told[:SHOWN]
            if len(told) > SHOWN:
                found.append(_("… and %(count)d more of this kind") % {"count": len(told) - SHOWN})
    if not sums.are_equal:
        text = _("files NT$ %(files)s, rows NT$ %(rows)s, payments NT$ %(postings)s and queue NT$ %(queue)s")
        found.append(
            text % {name: f"{getattr(sums, name):,}" for name in ("files", "rows", "postings", "queue")}
        )
    return sums, found


@contextmanager
def _one_moment() -> Iterator[None]:
    """Every query sees the same moment: a file that comes in meanwhile is no difference."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _query(sql: str, date: dt.date | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("OF_DAY", OF_DAY), {"date": date})
        return cursor.fetchall()


def _movements(date: dt.date | None, found: list[str]) -> dict[tuple[Any, ...], Movement]:
    """What the raw bytes of imported files say, each movement once, known by bank, day, number and occurrence."""
    movements: dict[tuple[Any, ...], Movement] = {}
    for _id, profile, name, sha256, size, content, rows, total, decimals, sign_of in _query(FILES, date):
        data = bytes(content)
        if hashlib.sha256(data).hexdigest() != sha256 or len(data) != size:
            found.append(_("file %(name)s: its bytes are not those that came") % {"name": name})
        lines, total_read = 0, 0
        seen: Counter[tuple[Any, str]] = Counter()
        for start in range(0, len(data), RECORD):
            line = start // RECORD + 1
            try:
                day, number, one = _cut(data[start : start + RECORD], decimals, sign_of, name, line)
            except ValueError:
                found.append(_("file %(name)s: line %(line)d cannot be read") % {"name": name, "line": line})
                continue
            lines, total_read = lines + 1, total_read + one.amount
            seen[day, number] += 1
            if date is None or day == date:
                movements.setdefault((profile, day, number, seen[day, number]), one)
        if (lines, total_read) != (rows, int(total)):
            text = _(
                "file %(name)s: it has %(lines)d lines over NT$ %(sum)s, the record says %(rows)d over NT$ %(total)s"
            )
            told = {
                "name": name,
                "lines": lines,
                "sum": f"{total_read:,}",
                "rows": rows,
                "total": f"{total:,}",
            }
            found.append(text % told)
    return movements


def _cut(record: bytes, decimals: int, sign_of: str, file: str, line: int) -> tuple[dt.date, str, Movement]:
    """One record. ValueError when it is none."""
    if len(record) != RECORD or record[-2:] != b"\r\n":
        raise ValueError("no record")
    text = record[:96].decode("ascii")
    roc = text[slice(*DATE)]
    day = dt.date(int(roc[:3]) + 1911, int(roc[3:5]), int(roc[5:]))
    net = (int(text[slice(*IN)]) - int(text[slice(*OUT)])) // 10**decimals
    if text[SIGN] == "-" and sign_of == "movement":
        net = -abs(net)
    one = Movement(
        text[slice(*ACCOUNT)], net, text[slice(*VIRTUAL)].strip(), text[STATUS].strip(), file, line
    )
    return day, text[slice(*NUMBER)], one


def _compare(
    in_files: dict[tuple[Any, ...], Movement], rows: list[tuple[Any, ...]], found: list[str]
) -> None:
    told: list[str] = []
    left = dict(in_files)
    for profile, day, number, occurrence, account, amount, virtual, status, _pk in rows:
        one = left.pop((profile, day, number, occurrence), None)
        name = {"number": number, "day": day}
        if one is None:
            told.append(_("deposit %(number)s of %(day)s is in none of the files") % name)
            continue
        padded = virtual or ""
        in_file = (one.account, one.amount, one.virtual.lstrip("0"), one.status)
        in_row = (account, int(amount), padded.lstrip("0"), status)
        for (_kind, label), file_says, row_says in zip(KINDS, in_file, in_row, strict=True):
            if file_says != row_says:
                text = _(
                    "deposit %(number)s of %(day)s: %(what)s is %(file)s in the file, %(row)s in the row"
                )
                told.append(text % (name | {"what": label, "file": file_says or "–", "row": row_says or "–"}))
    for (_profile, day, number, _occurrence), one in left.items():
        text = _("file %(file)s, line %(line)d: deposit %(number)s of %(day)s over NT$ %(amount)s has no row")
        told.append(
            text
            % {"file": one.file, "line": one.line, "number": number, "day": day, "amount": f"{one.amount:,}"}
        )
    found += told[:SHOWN]
    if len(told) > SHOWN:
        found.append(_("… and %(count)d more of this kind") % {"count": len(told) - SHOWN})


extend.verifiers.register("bank", verify)
