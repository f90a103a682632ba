"""What every floor's tests share: the number of database questions a page asks, kept in git.

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
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

CLOCK = '"core_simulatedclock"'


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
