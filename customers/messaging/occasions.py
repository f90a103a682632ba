"""The occasions and what each may say. The texts the house begins with are put in place by the migration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from customers.models.messaging import Occasion


@dataclass(frozen=True)
class Facts:
    """``samples`` maps each placeholder to a value as long as a real one; ``optional`` ones may be empty."""

    samples: Mapping[str, str]
    optional: frozenset[str] = field(default_factory=frozenset)


OCCASIONS: Mapping[str, Facts] = {
    Occasion.ORDER_CONFIRMATION: Facts(
        {"order_id": "O-20261123-000123", "delivery_time": "11/24 (二) 12:00–17:00"}
    ),
    Occasion.OUT_FOR_DELIVERY: Facts(
        {
            "order_id": "O-20261123-000123",
            "driver_name": "陳大明",
            "eta": "10:40",
            "tracking_url": "https://gas.example.tw/t/AbCdEfGhIjKlMnOp",
        },
        frozenset({"eta", "tracking_url"}),
    ),
    Occasion.DELIVERY_COMPLETED: Facts({"order_id": "O-20261123-000123"}),
}
