"""`python -m tests.compare REF`: hold the project against the reference data below REF, without a database.

Exit 0 when all that was found agrees, 1 on a difference, 2 when there is no reference data.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.compare import einvoice, phones, routing

_HOLDERS: list[tuple[str, Callable[[Path], Iterator[einvoice.Finding]]]] = [
    ("data/mig/samples", einvoice.samples),
    ("data/einvoice_vectors.json", einvoice.vectors),
    ("data/bank_sms_vectors.json", phones.vectors),
    ("data/vrp/taiwan150.json", routing.instance),
]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m tests.compare REF   (the folder that holds data/)")
        return 2
    reference = Path(arguments[0])
    held = differences = 0
    for place, holder in _HOLDERS:
        path = reference / place
        if not path.exists():
            print(f"{place}: there is no reference data at {path}; nothing was compared")
            continue
        findings = list(holder(path))
        wrong = [finding for finding in findings if not finding[1]]
        print(f"{place}: {len(findings)} held, {len(wrong)} differ")
        for what, agrees, answer in findings:
            if not agrees:
                print(f"  DIFFERS {what}: {answer or 'accepted'}")
            elif holder is routing.instance:
                print(f"  {what}")
        held += len(findings)
        differences += len(wrong)
    if not held:
        print("No reference data was found: nothing has been compared.")
        return 2
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
