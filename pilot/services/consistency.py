"""Both systems compared in full: one snapshot of each side, checksums by bucket, and a judgement in words about every
record that differs.

A difference is explained by what is under way about it, and only for so long; everything else is named. Shares no code
with the mirroring: what that does wrong is to be found here.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg
from django.db import connections
from django.utils.translation import gettext as _

from luckygas.core import clock, live
from luckygas.core.secrets import secret
from pilot.models import ConsistencyRun
from pilot.queries import compared

#: What is under way longer than this explains nothing any more.
LATE_SECONDS = 300
MOST_NAMED = 200
_READABLE = re.compile(r"[0-9]{7,}")


class NotReachable(Exception):
    """One of the sides cannot be read; the message says which and why."""


@dataclass
class Found:
    """What a compare came to. ``explained`` counts by reason, ``unexplained`` has a sentence for each."""

    ours: int = 0
    theirs: int = 0
    compared: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    lags: tuple[float | None, float | None, float | None] = (None, None, None)
    milliseconds: int = 0


def is_on() -> bool:
    """Whether there is an old system to compare with."""
    return bool(secret("LUCKYGAS_LEGACY_URL", required=False))


def compare() -> Found:
    """Compare everything. Raises NotReachable."""
    began = time.monotonic()
    found = Found()
    with _snapshots() as (ours, theirs):
        codes = [
            code
            for (code,) in ours.execute(
                "SELECT c.code FROM pilot_enrolment e JOIN customers_customer c ON c.id = e.customer_id"
                " WHERE e.phase <> 'off' ORDER BY 1"
            )
        ]
        for entity in ("customer", "order"):
            _entity(entity, ours, theirs, codes, found)
        since = clock.now() - dt.timedelta(hours=1)
        row = ours.execute(compared.LAGS, {"since": since}).fetchone()
        if row is not None and row[0] is not None:
            found.lags = tuple(round(value / 1000, 3) for value in row[0])
    found.milliseconds = round((time.monotonic() - began) * 1000)
    return found


def compare_and_keep() -> ConsistencyRun:
    """Compare and keep what came of it. Raises NotReachable, with nothing kept."""
    started, found = clock.now(), compare()
    every = max(found.ours, found.theirs, found.compared)
    run = ConsistencyRun.objects.create(
        started_at=started,
        milliseconds=found.milliseconds,
        ours=found.ours,
        theirs=found.theirs,
        compared=found.compared,
        coverage=round(100 * found.compared / every, 2) if every else 100,
        explained=dict(found.explained),
        unexplained=len(found.unexplained),
        differences=found.unexplained[:MOST_NAMED],
        lag_p50=found.lags[0],
        lag_p95=found.lags[1],
        lag_p99=found.lags[2],
    )
    live.tell("sync")
    return run


def differences(date: dt.date) -> list[str]:
    """For the list of verifiers: every unexplained difference in words. ``date`` is not asked: all is compared."""
    if not is_on():
        return []
    try:
        return compare().unexplained
    except NotReachable as error:
        return [str(error)]


# -- inside


@contextmanager
def _snapshots() -> Iterator[tuple[psycopg.Connection[Any], psycopg.Connection[Any]]]:
    """A connection of its own to each side, read only, each seeing one moment."""
    opened: list[psycopg.Connection[Any]] = []
    try:
        for side, give in ((_("this system"), _open_ours), (_("the old system"), _open_theirs)):
            try:
                one = give()
                opened.append(one)
                one.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                one.execute("SELECT 1")
            except psycopg.Error as error:
                text = _("%(side)s cannot be read: %(error)s")
                raise NotReachable(text % {"side": side, "error": str(error)[:200]}) from error
        yield opened[0], opened[1]
    except psycopg.Error as error:
        raise NotReachable(_("the compare broke off: %(error)s") % {"error": str(error)[:200]}) from error
    finally:
        for one in opened:
            one.close()


def _open_ours() -> psycopg.Connection[Any]:
    known = connections["default"].get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: known[name] for name in names if known.get(name)}, autocommit=True)


def _open_theirs() -> psycopg.Connection[Any]:
    return psycopg.connect(secret("LUCKYGAS_LEGACY_URL"), autocommit=True, connect_timeout=5)


def _entity(
    entity: str,
    ours: psycopg.Connection[Any],
    theirs: psycopg.Connection[Any],
    codes: list[str],
    found: Found,
) -> None:
    mine, yours = compared.our_digests(entity), compared.their_digests(entity)
    with ThreadPoolExecutor(2) as both:
        summing = [
            both.submit(_sums, ours, compared.summed(mine), {}),
            both.submit(_sums, theirs, compared.summed(yours), {"codes": codes}),
        ]
        sums = [one.result() for one in summing]
    found.ours += sum(count for count, _total in sums[0].values())
    found.theirs += sum(count for count, _total in sums[1].values())
    unequal = [bucket for bucket in {*sums[0], *sums[1]} if sums[0].get(bucket) != sums[1].get(bucket)]
    keys: set[str] = set()
    if unequal:
        rows = [
            side.execute(compared.listed(digests), {"buckets": unequal, **values}).fetchall()
            for side, digests, values in ((ours, mine, {}), (theirs, yours, {"codes": codes}))
        ]
        for key, number in sorted(Counter(key for key, _digest in rows[0]).items()):
            if number > 1:
                text = _("%(record)s: %(number)d records of this system have this number")
                found.unexplained.append(text % {"record": key, "number": number})
        listed = [dict(some) for some in rows]
        keys = {key for key in {*listed[0], *listed[1]} if listed[0].get(key) != listed[1].get(key)}
        found.compared += len({*listed[0], *listed[1]})
        found.compared += sum(count for bucket, (count, _t) in sums[0].items() if bucket not in set(unequal))
    else:
        found.compared += sum(count for count, _total in sums[0].values())
    if keys:
        _judge(entity, sorted(keys), ours, theirs, codes, found)
    for (key,) in ours.execute(compared.stale(entity)):
        found.unexplained.append(
            _("%(record)s: the agreed image is not what both sides hold") % {"record": key}
        )


def _sums(
    side: psycopg.Connection[Any], statement: str, values: dict[str, Any]
) -> dict[int, tuple[int, Decimal]]:
    return {bucket: (count, total) for bucket, count, total in side.execute(statement, values or None)}


def _judge(
    entity: str,
    keys: list[str],
    ours: psycopg.Connection[Any],
    theirs: psycopg.Connection[Any],
    codes: list[str],
    found: Found,
) -> None:
    names = compared.FIELDS[entity]
    mine = {row[0]: row for row in ours.execute(compared.rows(entity, "ours"), {"keys": keys})}
    yours = {
        row[0]: row for row in theirs.execute(compared.rows(entity, "theirs"), {"keys": keys, "codes": codes})
    }
    there = theirs.execute("SELECT now_there()").fetchone()
    said: dict[str, str] = {}
    for key in keys:
        left = None if key not in mine else dict(zip(names, mine[key][2:], strict=True))
        right = None if key not in yours else dict(zip(names, map(bytes, yours[key][1:]), strict=True))
        words = _words(left, right)
        if words:
            said[key] = words
    known = _reasons(entity, [(key, mine[key][1] if key in mine else None) for key in said], ours)
    stands = _standstill(entity, ours)
    heads = {row[0]: row for row in theirs.execute(compared.HEADS[entity], [list(said)])}
    for key, words in said.items():
        row = heads.get(key)
        unread = None if row is None or there is None else (there[0] - row[2]).total_seconds()
        reason = _reason(
            known.get(key, (None, None, 0, None)), None if row is None else row[1], unread, stands
        )
        if reason:
            found.explained[reason] += 1
        else:
            found.unexplained.append(f"{key}: {words}")


def _words(ours: Mapping[str, str] | None, theirs: Mapping[str, bytes] | None) -> str:
    """How a record differs; empty when both say the same."""
    if ours is None:
        return _("stands in the old system only")
    if theirs is None:
        return _("stands in this system only")
    parts = []
    for name, text in ours.items():
        read = _text(theirs[name])
        if _same(name, text, read):
            continue
        shown = (
            "" if name in ("customer", "served_by", "status", "date", "quantities", "slot", "kind") else None
        )
        if shown is None:
            parts.append(name)
        else:
            parts.append(
                _("%(field)s here %(ours)s, there %(theirs)s") % {"field": name, "ours": text, "theirs": read}
            )
    return "; ".join(parts)


def _text(data: bytes) -> str:
    return data.decode("cp950", "backslashreplace").replace("\r\n", "\n").strip()


def _same(name: str, ours: str, theirs: str) -> bool:
    if name == "phones":
        return _READABLE.findall(ours) == _READABLE.findall(theirs)
    return ours.replace("\r\n", "\n").strip() == theirs


def _reasons(
    entity: str, keys: Iterable[tuple[str, int | None]], ours: psycopg.Connection[Any]
) -> dict[str, tuple[float | None, float | None, int, int | None]]:
    pairs = list(keys)
    rows = ours.execute(
        compared.REASONS,
        {"entity": entity, "keys": [key for key, _id in pairs], "ids": [number for _key, number in pairs]},
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _standstill(entity: str, ours: psycopg.Connection[Any]) -> str:
    """Why nothing moves just now: "paused", "not answering" or empty."""
    if ours.execute("SELECT 1 FROM pilot_syncpause WHERE scope IN ('all', %s)", [entity]).fetchone():
        return "paused"
    if ours.execute("SELECT 1 FROM pilot_synccursor WHERE failing_since IS NOT NULL").fetchone():
        return "not answering"
    return ""


def _reason(
    known: tuple[float | None, float | None, int, int | None],
    revision: int | None,
    unread: float | None,
    stands: str,
) -> str:
    marked, writing, conflicts, seen = known
    if conflicts:
        return "conflict open"
    newer = revision is not None and revision > (seen or 0)
    ages = [float(age) for age in (marked, writing, unread if newer else None) if age is not None]
    if not ages:
        return ""
    if stands:
        return stands
    return "in flight" if max(ages) <= LATE_SECONDS else ""
