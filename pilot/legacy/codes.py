"""The old system's words: code → what it means here. Where several mean the same, the first is what we write.

Its manual's tables; a code that is in none of them is told as unknown and never guessed.
"""

from __future__ import annotations

from types import MappingProxyType

from pilot.legacy.records import QUANTITIES

CUSTOMER_KIND = MappingProxyType(
    {"01": "commercial", "03": "commercial", "04": "commercial", "02": "residential", "05": "school"}
)
CUSTOMER_STATUS = MappingProxyType({"01": "active", "02": "terminated"})
CUSTOMER_SLOT = MappingProxyType({"03": "any", "01": "morning", "02": "afternoon", "": "any"})
PAYMENT_TERMS = MappingProxyType({"CASH": "cash", "MON30": "monthly", "MON60": "monthly"})
ORDER_STATUS = MappingProxyType(
    {
        "02": "open", "01": "open", "03": "open", "04": "open", "07": "open", "05": "delivered",
        "06": "cancelled",
    }
)  # fmt: skip
URGENT_SLOT = "05"
ORDER_SLOT = MappingProxyType(
    {"04": "any", "01": "morning", "02": "afternoon", "03": "evening", URGENT_SLOT: "any"}
)
SERVED_BY = MappingProxyType({"O": "legacy", "N": "ours"})
OTHER_REASON = "05"
INVOICE_ROOM = 10

QUANTITY_COLUMN = MappingProxyType(
    dict(
        zip(
            QUANTITIES,
            (
                "qty_50", "qty_p20", "qty_p16", "qty_20", "qty_16", "qty_10", "qty_4", "qty_h16", "qty_a10", "qty_x4",
                "qty_h20", "qty_f50", "qty_f20", "qty_f16", "qty_fh20", "qty_fh16",
            ),
            strict=True,
        )
    )
)  # fmt: skip
LINE_COLUMNS = tuple(QUANTITY_COLUMN.values())
