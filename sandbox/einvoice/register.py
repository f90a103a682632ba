"""What the platform has on record, and which messages do not fit it.

An invoice is known by (period, number): track letters come back in later years. Everything here runs inside
the transaction that records the message, so two messages of one batch see each other.
"""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal

from sandbox.einvoice import codes
from sandbox.einvoice.calendar import day, period_of
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.figures import number, total
from sandbox.einvoice.reading import Node

SCHEMA = """
CREATE TABLE IF NOT EXISTS invoices (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, number TEXT NOT NULL, date TEXT NOT NULL,
    seller TEXT NOT NULL, buyer TEXT NOT NULL, total TEXT NOT NULL, donated INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'cancelled', 'voided')), seq INTEGER NOT NULL UNIQUE
);
CREATE UNIQUE INDEX IF NOT EXISTS invoice_once ON invoices (period, number) WHERE state <> 'voided';
CREATE TABLE IF NOT EXISTS allowances (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL, date TEXT NOT NULL,
    seller TEXT NOT NULL, buyer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'cancelled')), seq INTEGER NOT NULL UNIQUE,
    UNIQUE (seller, number)
);
CREATE TABLE IF NOT EXISTS allowed (
    allowance_id INTEGER NOT NULL REFERENCES allowances (id),
    invoice_id INTEGER NOT NULL REFERENCES invoices (id),
    amount TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS allowed_invoice ON allowed (invoice_id);
CREATE TABLE IF NOT EXISTS blanks (
    period TEXT NOT NULL, track TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, seller TEXT NOT NULL,
    UNIQUE (period, track, first, last)
);
"""
ALLOWANCE_TYPE = "2"


class Register:
    """The record of accepted documents. Messages given here have the right shape and content."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._checks = {
            "F0401": self._issue_problems,
            "F0501": self._cancel_problems,
            "F0701": self._void_problems,
            "G0401": self._allowance_problems,
            "G0501": self._cancel_allowance_problems,
            "E0402": self._blank_problems,
        }
        self._records = {
            "F0401": self._issue,
            "F0501": self._cancel,
            "F0701": self._void,
            "G0401": self._allow,
            "G0501": self._cancel_allowance,
            "E0402": self._report_blank,
        }

    def problems(self, code: str, root: Node) -> list[Problem]:
        """Why this message does not fit what is on record."""
        return list(self._checks[code](root))

    def record(self, code: str, root: Node, seq: int) -> None:
        """Put an accepted message on record; ``seq`` is its number in the gateway's log."""
        self._records[code](root, seq)

    def counts(self) -> dict[str, int]:
        """How many documents are on record, by kind and state."""
        rows = self._db.execute(
            "SELECT 'invoices ' || state AS what, COUNT(*) AS n FROM invoices GROUP BY state UNION ALL "
            "SELECT 'allowances ' || state, COUNT(*) FROM allowances GROUP BY state"
        )
        return {row["what"]: row["n"] for row in rows}

    # -- looking things up

    def _invoice(self, issued: str, invoice_number: str) -> sqlite3.Row | None:
        issued_on = day(issued)
        assert issued_on is not None
        row: sqlite3.Row | None = self._db.execute(
            "SELECT i.*, m.result_state FROM invoices i JOIN messages m USING (seq)"
            " WHERE period = ? AND i.number = ? AND state <> 'voided'",
            (period_of(issued_on), invoice_number),
        ).fetchone()
        return row

    def _allowance(self, seller: str, allowance_number: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT a.*, m.result_state FROM allowances a JOIN messages m USING (seq)"
            " WHERE a.seller = ? AND a.number = ?",
            (seller, allowance_number),
        ).fetchone()
        return row

    def _allowed_so_far(self, invoice_id: int) -> Decimal:
        rows = self._db.execute(
            "SELECT amount FROM allowed JOIN allowances a ON a.id = allowance_id"
            " WHERE invoice_id = ? AND state = 'live'",
            (invoice_id,),
        )
        return total(Decimal(row["amount"]) for row in rows)

    @staticmethod
    def _on_record(row: sqlite3.Row | None, what: str, where: str) -> Iterator[Problem]:
        """The order on the wire: the platform must have answered the first message before the next comes."""
        if row is None:
            yield Problem(codes.NOT_CONFIRMED, f"平台沒有{what}", where)
        elif row["result_state"] == "pending":
            yield Problem(codes.NOT_CONFIRMED, f"{what}尚未確認", where)

    @staticmethod
    def _same(row: sqlite3.Row, given: dict[str, str], where: str) -> Iterator[Problem]:
        for column, value in given.items():
            if row[column] != value:
                text = f"{column} {value} 與平台的 {row[column]} 不符"
                yield Problem(codes.DIFFERS, text, where)

    # -- F0401

    def _issue_problems(self, root: Node) -> Iterator[Problem]:
        main, where = root.child("Main"), "Invoice/Main/InvoiceNumber"
        issued, invoice_number = main.value("InvoiceDate"), main.value("InvoiceNumber")
        if self._invoice(issued, invoice_number) is not None:
            yield Problem(codes.DUPLICATE, f"發票號碼 {invoice_number} 重複", where)
            return
        issued_on = day(issued)
        assert issued_on is not None
        blank = self._db.execute(
            "SELECT 1 FROM blanks WHERE period = ? AND track = ? AND first <= ? AND last >= ?",
            (period_of(issued_on), invoice_number[:2], invoice_number[2:], invoice_number[2:]),
        ).fetchone()
        if blank:
            yield Problem(codes.REPORTED_BLANK, f"發票號碼 {invoice_number} 已申報為空白", where)

    def _issue(self, root: Node, seq: int) -> None:
        main = root.child("Main")
        issued_on = day(main.value("InvoiceDate"))
        assert issued_on is not None
        self._db.execute(
            "INSERT INTO invoices (period, number, date, seller, buyer, total, donated, state, seq)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, 'live', ?)",
            (
                period_of(issued_on),
                main.value("InvoiceNumber"),
                main.value("InvoiceDate"),
                main.child("Seller").value("Identifier"),
                main.child("Buyer").value("Identifier"),
                str(number(root.child("Amount"), "TotalAmount")),
                main.value("DonateMark") == "1",
                seq,
            ),
        )

    # -- F0501, F0701

    def _undo_problems(self, root: Node, name: str) -> Iterator[Problem]:
        where, invoice_number = f"{root.name}/{name}", root.value(name)
        row = self._invoice(root.value("InvoiceDate"), invoice_number)
        yield from self._on_record(row, f"發票 {invoice_number}", where)
        if row is None:
            return
        given = {
            "date": root.value("InvoiceDate"),
            "seller": root.value("SellerId"),
            "buyer": root.value("BuyerId"),
        }
        yield from self._same(row, given, where)
        if row["state"] == "cancelled":
            yield Problem(codes.CANCELLED_ALREADY, f"發票 {invoice_number} 已作廢", where)
        if self._allowed_so_far(row["id"]):
            yield Problem(codes.HAS_ALLOWANCE, f"發票 {invoice_number} 有折讓，須先作廢折讓", where)

    def _cancel_problems(self, root: Node) -> Iterator[Problem]:
        yield from self._undo_problems(root, "CancelInvoiceNumber")
        row = self._invoice(root.value("InvoiceDate"), root.value("CancelInvoiceNumber"))
        if row is not None and row["donated"]:
            text = f"發票 {row['number']} 已捐贈，不可作廢"
            yield Problem(codes.DONATED, text, "CancelInvoice/CancelInvoiceNumber")

    def _void_problems(self, root: Node) -> Iterator[Problem]:
        yield from self._undo_problems(root, "VoidInvoiceNumber")

    def _set_state(self, root: Node, name: str, state: str) -> None:
        row = self._invoice(root.value("InvoiceDate"), root.value(name))
        assert row is not None
        self._db.execute("UPDATE invoices SET state = ? WHERE id = ?", (state, row["id"]))

    def _cancel(self, root: Node, _seq: int) -> None:
        self._set_state(root, "CancelInvoiceNumber", "cancelled")

    def _void(self, root: Node, _seq: int) -> None:
        self._set_state(root, "VoidInvoiceNumber", "voided")

    # -- G0401, G0501

    def _allowance_problems(self, root: Node) -> Iterator[Problem]:
        main = root.child("Main")
        seller, buyer = main.child("Seller").value("Identifier"), main.child("Buyer").value("Identifier")
        if self._allowance(seller, main.value("AllowanceNumber")) is not None:
            text = f"折讓單號 {main.value('AllowanceNumber')} 重複"
            yield Problem(codes.DUPLICATE, text, "Allowance/Main/AllowanceNumber")
        wanted: dict[int, Decimal] = {}
        originals: dict[int, sqlite3.Row] = {}
        for place, line in enumerate(root.child("Details").all("ProductItem"), start=1):
            where = f"Allowance/Details/ProductItem[{place}]/OriginalInvoiceNumber"
            original, issued = line.value("OriginalInvoiceNumber"), line.value("OriginalInvoiceDate")
            row = self._invoice(issued, original)
            yield from self._on_record(row, f"發票 {original}", where)
            if row is None:
                continue
            yield from self._same(row, {"date": issued, "seller": seller, "buyer": buyer}, where)
            if row["state"] == "cancelled":
                yield Problem(codes.CANCELLED_ALREADY, f"發票 {original} 已作廢", where)
            originals[row["id"]] = row
            wanted[row["id"]] = (
                wanted.get(row["id"], Decimal(0)) + number(line, "Amount") + number(line, "Tax")
            )
        for invoice_id, amount in wanted.items():
            left = Decimal(originals[invoice_id]["total"]) - self._allowed_so_far(invoice_id)
            if amount > left:
                text = f"折讓 {amount:f} 超過發票 {originals[invoice_id]['number']} 可折讓的 {left:f}"
                yield Problem(codes.ALLOWANCE_TOO_HIGH, text, "Allowance/Amount/TotalAmount")

    def _allow(self, root: Node, seq: int) -> None:
        main = root.child("Main")
        cursor = self._db.execute(
            "INSERT INTO allowances (number, date, seller, buyer, state, seq) VALUES (?, ?, ?, ?, 'live', ?)",
            (
                main.value("AllowanceNumber"),
                main.value("AllowanceDate"),
                main.child("Seller").value("Identifier"),
                main.child("Buyer").value("Identifier"),
                seq,
            ),
        )
        for line in root.child("Details").all("ProductItem"):
            row = self._invoice(line.value("OriginalInvoiceDate"), line.value("OriginalInvoiceNumber"))
            assert row is not None
            self._db.execute(
                "INSERT INTO allowed (allowance_id, invoice_id, amount) VALUES (?, ?, ?)",
                (cursor.lastrowid, row["id"], str(number(line, "Amount") + number(line, "Tax"))),
            )

    def _cancel_allowance_problems(self, root: Node) -> Iterator[Problem]:
        where, allowance_number = "CancelAllowance/CancelAllowanceNumber", root.value("CancelAllowanceNumber")
        row = self._allowance(root.value("SellerId"), allowance_number)
        yield from self._on_record(row, f"折讓單 {allowance_number}", where)
        if row is None:
            return
        yield from self._same(
            row, {"date": root.value("AllowanceDate"), "buyer": root.value("BuyerId")}, where
        )
        if root.value("AllowanceType") != ALLOWANCE_TYPE:
            text = f"折讓單 {allowance_number} 的折讓種類為 {ALLOWANCE_TYPE}"
            yield Problem(codes.DIFFERS, text, "CancelAllowance/AllowanceType")
        if row["state"] == "cancelled":
            yield Problem(codes.CANCELLED_ALREADY, f"折讓單 {allowance_number} 已作廢", where)

    def _cancel_allowance(self, root: Node, _seq: int) -> None:
        self._db.execute(
            "UPDATE allowances SET state = 'cancelled' WHERE seller = ? AND number = ?",
            (root.value("SellerId"), root.value("CancelAllowanceNumber")),
        )

    # -- E0402

    def _blank_problems(self, root: Node) -> Iterator[Problem]:
        main = root.child("Main")
        track = main.value("InvoiceTrack")
        for place, item in enumerate(root.child("Details").all("BranchTrackBlankItem"), start=1):
            used = self._db.execute(
                "SELECT number FROM invoices WHERE period = ? AND number BETWEEN ? AND ?"
                " AND state <> 'voided' ORDER BY number LIMIT 1",
                (
                    main.value("YearMonth"),
                    track + item.value("InvoiceBeginNo"),
                    track + item.value("InvoiceEndNo"),
                ),
            ).fetchone()
            if used is not None:
                where = f"BranchTrackBlank/Details/BranchTrackBlankItem[{place}]"
                yield Problem(codes.IN_USE, f"發票號碼 {used['number']} 已使用，不是空白", where)

    def _report_blank(self, root: Node, _seq: int) -> None:
        main = root.child("Main")
        for item in root.child("Details").all("BranchTrackBlankItem"):
            self._db.execute(
                "INSERT OR IGNORE INTO blanks (period, track, first, last, seller) VALUES (?, ?, ?, ?, ?)",
                (
                    main.value("YearMonth"),
                    main.value("InvoiceTrack"),
                    item.value("InvoiceBeginNo"),
                    item.value("InvoiceEndNo"),
                    main.value("HeadBan"),
                ),
            )
