"""What every floor's tests share: planted damage, a page's form as a browser sends it, how many questions a page asks.

The number of database questions is kept in git:

    with assert_query_count("order list"):
        client.get("/admin/orders/order/")

compares with ``query_counts.json`` beside the test; ``UPDATE_QUERY_COUNTS=1`` writes the file anew. A page that
asks more than before fails, and so does one that asks less: the file then promises too little. Reading the
simulated clock is not counted: how often a process looks depends on how quick the machine is.
"""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

CLOCK = '"core_simulatedclock"'
GUARDED = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE NOT t.tgisinternal AND c.relname ~ '^(core|customers|orders|dispatch|billing|pilot)_'
"""


@contextmanager
def as_owner() -> Iterator[None]:
    """Inside, this thread's SQL has the rights of the tables' owner, in the transaction of the test.

    For planting damage, and for seeing a trigger refuse what the application has not even the right to try. What an
    exception leaves behind is rolled back, and the role with it. Changes nothing where one role does everything.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        yield
        cursor.execute("RESET ROLE")


def plant(*statements: str, values: Any = None) -> None:
    """Run the statements as the owner of the tables, with the tables' own guards off: damage for a verifier to find.

    ``values`` are the parameters of each. Foreign keys still hold; no superuser is needed. The tables stand locked
    until the test's transaction ends.
    """
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(GUARDED)
        guarded = [row[0] for row in cursor.fetchall()]
        for table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        for statement in statements:
            cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded:
            cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def assert_query_count(name: str, *, file: Path | None = None) -> Iterator[None]:
    """The block asks as many questions as the file says under ``name``; the questions are listed when not."""
    kept = file or _beside_the_test()
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [text for query in captured.captured_queries if CLOCK not in (text := query["sql"])]
    counts = json.loads(kept.read_text()) if kept.exists() else {}
    if os.environ.get("UPDATE_QUERY_COUNTS") == "1":
        kept.write_text(
            json.dumps(dict(sorted({**counts, name: len(asked)}.items())), indent=2, ensure_ascii=False)
            + "\n"
        )
        return
    listed = "\n".join(text[:200] for text in asked)
    assert len(asked) == counts.get(name), (
        f"{name}: {len(asked)} questions, {kept.name} says {counts.get(name)}\n{listed}"
    )


def _beside_the_test() -> Path:
    """``query_counts.json`` in the directory of the test that called: past this file and contextlib's."""
    for frame in inspect.stack()[1:]:
        path = Path(frame.filename)
        if path.name.startswith("test_"):
            return path.parent / "query_counts.json"
    raise LookupError("assert_query_count was not called from a test file; pass file=")


class _Fields(HTMLParser):
    """The successful controls of the form whose id is wanted."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self._wanted, self._inside = form_id, False
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attrs)
        if tag == "form":
            self._inside = named.get("id") == self._wanted
        if not self._inside:
            return
        name, value = named.get("name", ""), named.get("value") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in named:
            self._add(self._select, value)
        elif tag == "textarea":
            self._area = name
            self._add(name, "")
        elif tag == "input" and name and _is_sent(named):
            self._add(name, named.get("value") or ("on" if named.get("type") == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area][-1] += data.strip("\n")

    def _add(self, name: str, value: str) -> None:
        self.data.setdefault(name, []).append(value)


def _is_sent(control: dict[str, Any]) -> bool:
    kind = control.get("type")
    return kind not in ("submit", "file") and (kind not in ("checkbox", "radio") or "checked" in control)


def filled_form(html: str, form_id: str) -> dict[str, list[str]]:
    """What a browser would send of the form with that id, as the page fills it."""
    parser = _Fields(form_id)
    parser.feed(html)
    return parser.data
