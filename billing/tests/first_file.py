"""An independent writer of First Bank's deposit file, for tests only: it knows the field list and nothing of ours."""

from __future__ import annotations

import datetime as dt
from typing import Any

USUAL: dict[str, Any] = {
    "account": "24310012345",
    "date": dt.date(2026, 11, 23),
    "trade_no": "0001",
    "trade_code": "0301",
    "export": "",
    "withdrawal": 0,
    "deposit": 1900,
    "sign": "+",
    "balance": 1900,
    "virtual_account": "99218014001030",
    "status": "0",
    "name": "王家小館",
}


def record(**changes: Any) -> bytes:
    """One record without its line end; ``changes`` are values, or bytes to stand there as they are."""
    it = USUAL | changes

    def put(name: str, text: Any, width: int, *, zeros: bool = False) -> bytes:
        if isinstance(it[name], bytes):
            written: bytes = it[name]
        else:
            plain = str(text)
            written = plain.rjust(width, "0").encode("cp950") if zeros else plain.encode("cp950").ljust(width)
        assert len(written) == width, (name, written)
        return written

    day = it["date"]
    roc = f"{day.year - 1911:03d}{day.month:02d}{day.day:02d}" if isinstance(day, dt.date) else day
    return b"".join(
        [
            put("account", it["account"], 11, zeros=True),
            put("date", roc, 7),
            put("trade_no", it["trade_no"], 4, zeros=True),
            put("trade_code", it["trade_code"], 4),
            put("export", it["export"], 7),
            put("withdrawal", it["withdrawal"], 15, zeros=True),
            put("deposit", it["deposit"], 15, zeros=True),
            put("sign", it["sign"], 1),
            put("balance", it["balance"], 15, zeros=True),
            put("virtual_account", it["virtual_account"], 16),
            put("status", it["status"], 1),
            put("name", it["name"], 13),
        ]
    )


def file(*records: bytes) -> bytes:
    """Records with their line ends."""
    return b"".join(one + b"\r\n" for one in records)
