"""E-invoices: sample messages that must pass or fail, and vectors of numbers, amounts and periods."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing.einvoice import periods, tax
from billing.einvoice.assignment import HEADER, parse
from billing.einvoice.mig import check
from customers import identifiers

Finding = tuple[str, bool, str]
"""What was held, whether it agrees, and what was found instead."""


def samples(folder: Path) -> Iterator[Finding]:
    """Every message under `valid` must be fileable, every one under `invalid` must not."""
    for path in sorted(folder.glob("*/*.xml")):
        problems = check(path.read_bytes())
        fileable = path.parent.name == "valid"
        yield f"{path.parent.name}/{path.name}", (not problems) == fileable, "; ".join(map(str, problems))


def vectors(path: Path) -> Iterator[Finding]:
    """The groups of a vector file that the project has an answer for."""
    data = json.loads(path.read_text(encoding="utf-8"))
    yield from _identifiers(data)
    yield from _periods(data)
    yield from _amounts(data)
    yield from _assignment(data.get("csv_number_assignment", {}))


def _identifiers(data: dict[str, Any]) -> Iterator[Finding]:
    ubn = data.get("ubn", {})
    for word, expected in (("valid", True), ("invalid", False), ("special", False)):
        for case in ubn.get(word, []):
            answer = identifiers.is_valid_ubn(case["ubn"])
            yield f"ubn {case['ubn']}", answer is expected, str(answer)
    listed = ubn.get("ho600_fail_mod10", {})
    for word, expected in (("pass_mod5_now", True), ("fail_mod5_sample", False)):
        for number in listed.get(word, []):
            answer = identifiers.is_valid_ubn(number)
            yield f"ubn {number}", answer is expected, str(answer)
    for group, function in (
        ("mobile_barcode", identifiers.is_valid_mobile_barcode),
        ("citizen_certificate", identifiers.is_valid_citizen_certificate),
        ("donation_code", identifiers.is_valid_donation_code),
    ):
        for word, expected in (("valid", True), ("invalid", False)):
            for text in data.get(group, {}).get(word, []):
                answer = function(text)
                yield f"{group} {text!r}", answer is expected, str(answer)


def _periods(data: dict[str, Any]) -> Iterator[Finding]:
    group = data.get("period", {})
    for case in group.get("cases", []):
        key = periods.period_key(date.fromisoformat(case["date_taipei"]))
        answer = (key, periods.label(key))
        yield f"period {case['date_taipei']}", answer == (case["year_month"], case["label"]), str(answer)
    for case in group.get("timezone_edge", []):
        key = periods.period_at(datetime.fromisoformat(case["utc"]))
        yield f"period {case['utc']}", key == case["year_month"], key
    for case in data.get("deadlines", {}).get("cases", []):
        if case["kind"].startswith("B2C"):
            day = periods.upload_deadline(date.fromisoformat(case["event_date"]), business=False)
            yield case["kind"], day.isoformat() == case["latest_upload_day"], str(day)
        elif case["kind"].startswith("blank"):
            day = periods.blank_deadline("11510")
            yield case["kind"], day.isoformat() == case["latest_upload_day"], str(day)
        else:
            day = periods.cancel_deadline("11502")
            yield case["kind"], case["latest"].startswith(day.isoformat()), str(day)


def _amounts(data: dict[str, Any]) -> Iterator[Finding]:
    for case in data.get("amounts", {}).get("cases", []):
        yield from _amount(case)
    for total, sales, expected in data.get("inclusive_split_table", {}).get("rows", []):
        answer = tax.split_inclusive(Decimal(total))
        yield f"split {total}", answer == (sales, expected), str(answer)
    for case in data.get("split_ambiguity", {}).get("examples", []):
        sales, amount = tax.split_inclusive(Decimal(case["total"]))
        agrees = (sales, amount) == (case["untaxed"], case["tax"]) and amount in tax.lawful_taxes(sales)
        yield f"ambiguous split {case['total']}", agrees, f"{sales} + {amount}"
    case = data.get("period_output_tax", {}).get("case")
    if case:
        answer = tax.period_output_tax(Decimal(total) for total in case["totals"])
        yield (
            "period output tax",
            answer == (case["expect_period_sales"], case["expect_period_tax"]),
            str(answer),
        )


def _amount(case: dict[str, Any]) -> Iterator[Finding]:
    name = f"amounts: {case['name']}"
    if "total_inclusive" in case:
        answer = tax.split_inclusive(Decimal(case["total_inclusive"]))
        yield name, answer == (case["expect"]["untaxed"], case["expect"]["tax"]), str(answer)
        return
    if "sales_exclusive" in case:
        sales = Decimal(case["sales_exclusive"])
        agrees = tax.tax_on(sales) == case["expect_tax"]
        agrees = agrees and case["allowed_alternative"] in tax.lawful_taxes(sales)
        yield name, agrees, str(tax.lawful_taxes(sales))
        return
    key = next(key for key in ("lines_inclusive", "lines_exclusive", "lines") if key in case)
    lines = [
        tax.TaxLine(Decimal(1), Decimal(str(one)), tax.TaxType(case.get("TaxType", "1"))) for one in case[key]
    ]
    figures = tax.document(lines, business=bool(case.get("buyer_ubn")), inclusive=key == "lines_inclusive")
    sums = {
        "SalesAmount": figures.sales,
        "FreeTaxSalesAmount": figures.free,
        "TaxAmount": figures.tax,
        "TotalAmount": figures.total,
    }
    expected = case.get("expect", {"TotalAmount": case.get("expect_b2c_total")})
    yield name, all(sums[field] == value for field, value in expected.items()), str(sums)


def _assignment(group: dict[str, Any]) -> Iterator[Finding]:
    def read(row: str) -> tuple[int, int]:
        found = parse("\r\n".join([",".join(HEADER), row]).encode("cp950"))
        return len(found.ranges), len(found.problems)

    for row in group.get("rows_valid", []):
        yield f"assignment {row}", read(row) == (1, 0), str(read(row))
    for row, why in group.get("rows_invalid", []):
        yield f"assignment {row} ({why})", read(row) == (0, 1), str(read(row))
