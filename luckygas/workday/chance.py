"""Chance that does not depend on how far a run had come: each question has its own stream.

``chance(seed, date, "stop", 17)`` gives the same numbers before and after a kill, on every machine.
"""

from __future__ import annotations

import random
import uuid

NAMESPACE = uuid.UUID("6d0f2c0e-6a4b-4f57-9d55-3c1f8d0c9a11")


def chance(*key: object) -> random.Random:
    """A stream of its own for this key."""
    return random.Random("|".join(str(part) for part in key))


def key_of(*key: object) -> uuid.UUID:
    """The client-made UUID of a simulated deed: the same deed has the same one."""
    return uuid.uuid5(NAMESPACE, "|".join(str(part) for part in key))
