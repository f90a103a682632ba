"""The residential customers: households that burn one or two cylinders every few months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from luckygas.sample.clients import codes
from luckygas.sample.draw import FloatArray, IntArray, deal, stream
from luckygas.sample.identifiers import landlines, mobiles
from luckygas.sample.kinds import C04, C10, C10P, C16, C16H, C20, XINGFU
from luckygas.sample.names import people
from luckygas.sample.places import Site, sites

FIRST_CODE = 2_000_000
_AREAS = (
    ("A-瑞光", 240), ("B-四維", 185), ("C-漢中", 160), ("D-東方大鎮", 115), ("E-力國", 60), ("力國-太平", 22),
    ("力國-泰安", 18), ("力國-南王", 30), ("力國-利嘉", 24), ("力國-檳榔", 16), ("馬蘭瓦斯行", 26), ("Y-富岡", 22),
    ("K-東大線", 20), ("J-知本線", 18), ("G-都蘭線", 14), ("H-鹿野線", 12), ("F-成功線", 9), ("L-大武線", 7),
    ("I-池上線", 2),
)  # fmt: skip
_KINDS = ((C20, 640), (C16, 180), (C16H, 90), (C10, 30), (C04, 20), (C10P, 30), (XINGFU, 10))
# Days between two visits before the season has its say: half of the households at most this many.
_MEDIAN_INTERVAL = 140.0
_LONGEST = 250.0


@dataclass(frozen=True)
class Homes:
    """One entry per household in the order of the codes; ``kind`` a position in KINDS, ``interval`` in days."""

    codes: IntArray
    names: list[str]
    areas: list[str]
    sites: list[Site]
    phones: list[str]
    kind: IntArray
    quantity: IntArray
    interval: FloatArray

    @property
    def rows(self) -> int:
        return len(self.names)


def residential(seed: int, count: int) -> Homes:
    """``count`` households."""
    rng = stream(seed, "homes")
    areas = deal(rng, _AREAS, count)
    at_home = landlines(rng, count)
    carried = mobiles(rng, count)
    by_mobile = rng.random(count) < 0.45
    by_mobile[len(at_home) :] = True
    quantity = np.where(rng.random(count) < 0.1, 2, 1)
    interval = np.minimum(_MEDIAN_INTERVAL * np.exp(rng.normal(0.0, 0.38, size=count)), _LONGEST)
    return Homes(
        codes=codes(rng, FIRST_CODE, count, 8),
        names=people(rng, count),
        areas=areas,
        sites=sites(stream(seed, "home sites"), areas),
        phones=[carried[i] if mobile else at_home[i] for i, mobile in enumerate(by_mobile.tolist())],
        kind=np.array(deal(rng, [(kind, n) for kind, n in _KINDS], count), dtype=np.int64),
        quantity=quantity.astype(np.int64),
        interval=interval,
    )
