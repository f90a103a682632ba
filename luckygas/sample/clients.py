"""The commercial customers: who they are, what stands there and how fast it goes.

Every count below was taken from the company's own client list of 1,267 rows; at another size the same
shares are kept. What depends on each other hangs together: metered customers have meters and pay monthly,
motorcycles go where only small cylinders stand, big users are visited often or hold much.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from luckygas.sample.draw import (
    BoolArray,
    FloatArray,
    IntArray,
    apportion,
    choose,
    deal,
    share,
    spread,
    stream,
)
from luckygas.sample.kinds import C04, C10, C10P, C16, C16H, C20, C20CM, C50, F16H, F20, F50, KINDS, XINGFU
from luckygas.sample.names import ShopNames
from luckygas.sample.places import Site, sites

KG = np.array([kind.kg for kind in KINDS], dtype=np.int64)
FIRST_CODE = 1_400_100
MOTORCYCLE_KG = 60  # net, the most a heavy motorcycle may carry

_AREAS = (
    ("A-瑞光", 355), ("B-四維", 281), ("C-漢中", 225), ("D-東方大鎮", 160), ("E-力國", 78), ("G-都蘭線", 26),
    ("Y-富岡", 25), ("F-成功線", 24), ("F-成功線縣", 1), ("H-鹿野線", 23), ("H-鹿野線縣", 2), ("L-大武線", 24),
    ("M-商校商圈", 21), ("K-東大線", 9), ("J-知本線", 9), ("I-池上線", 3), ("", 1),
)  # fmt: skip
_HOME_OF_NONE = "C-漢中"
_TRADES = (
    ("夜市", 37), ("學校", 36), ("市場", 12), ("餐車", 7), ("辦桌", 3), ("工地", 3), ("民宿", 3), ("宮廟", 2),
    ("", 1164),
)  # fmt: skip
# What a customer mainly burns: by the cylinder, then through a meter.
_BY_CYLINDER = ((C20, 587), (C16, 69), (C50, 62), (C16H, 54), (C20CM, 7), (C10, 5))
_BY_METER = ((F50, 245), (F20, 227), (F16H, 11))
# What stands there besides: kind and how many customers have it.
_BESIDES = ((C04, 56), (XINGFU, 11), (C10P, 2))
_BESIDES_METERED = ((F16H, 133),)
_TOTALS = {
    C50: 142, C20CM: 15, C20: 1154, C16: 84, C10: 5, C04: 83, C16H: 85, C10P: 2, XINGFU: 44, F50: 707,
    F20: 365, F16H: 145,
}  # fmt: skip
_VEHICLES = ((1, 1052), (2, 195), (0, 16), (None, 4))


@dataclass(frozen=True)
class Clients:
    """One entry per customer in the order of the codes.

    ``placed``: (customers, 16) cylinders at the site; ``cycle`` days, 0 where the list has none, then
    ``rhythm`` still says how often he is visited; ``use`` kg a day; ``postpone`` days; ``vehicle`` 1 truck,
    2 motorcycle, 0 either, None blank; ``patrol`` is the text of 排巡.
    """

    codes: IntArray
    titles: list[str]
    shorts: list[str]
    trades: list[str]
    areas: list[str]
    sites: list[Site]
    metered: BoolArray
    methods: list[str]
    payments: list[str]
    placed: IntArray
    cycle: IntArray
    rhythm: IntArray
    postpone: IntArray
    use: FloatArray
    terminated: BoolArray
    patrol: list[str]
    vehicle: list[int | None]

    @property
    def rows(self) -> int:
        return len(self.titles)

    @property
    def monthly(self) -> BoolArray:
        return np.array([payment == "月結" for payment in self.payments])


def codes(rng: np.random.Generator, first: int, count: int, widest: int) -> IntArray:
    """Rising seven-digit customer codes with gaps, as numbers long given out have them."""
    return first + np.cumsum(rng.integers(1, widest + 1, size=count)).astype(np.int64)


def commercial(seed: int, count: int) -> Clients:
    """``count`` commercial customers."""
    rng = stream(seed, "clients")
    trades = deal(rng, _TRADES, count)
    titles, shorts = _names(rng, trades)
    areas = deal(rng, _AREAS, count)
    metered = choose(rng, share(483, count), np.ones(count, bool), np.array([t == "學校" for t in trades]))
    methods = np.where(metered, "流量", "桶裝").astype(object)
    methods[choose(rng, share(1, count), ~metered)] = "桶裝現金"
    placed = _placed(rng, metered)
    vehicle = _vehicles(rng, placed, areas)
    rhythm = _rhythm(rng, placed)
    terminated = choose(rng, share(10, count), np.ones(count, bool))
    patrol = _patrol(rng, trades, terminated)
    unpatrolled = np.array([text == "X" for text in patrol])
    blank = choose(rng, share(91, count), np.ones(count, bool), unpatrolled, unpatrolled, terminated)
    cycle = np.where(blank, 0, rhythm)
    return Clients(
        codes=codes(rng, FIRST_CODE, count, 6),
        titles=titles,
        shorts=shorts,
        trades=trades,
        areas=areas,
        sites=sites(
            stream(seed, "client sites"), [area.removesuffix("縣") or _HOME_OF_NONE for area in areas]
        ),
        metered=metered,
        methods=[str(method) for method in methods],
        payments=_payments(rng, metered, trades),
        placed=placed,
        cycle=cycle,
        rhythm=rhythm,
        postpone=np.where(blank, 0, _postpone(rng, rhythm)),
        use=_daily_use(rng, placed, rhythm),
        terminated=terminated,
        patrol=patrol,
        vehicle=vehicle,
    )


def _names(rng: np.random.Generator, trades: list[str]) -> tuple[list[str], list[str]]:
    names = ShopNames(rng)
    pairs = [
        names.school() if trade == "學校" else names.stall(trade) if trade else names.shop()
        for trade in trades
    ]
    return [title for title, _ in pairs], [short for _, short in pairs]


def _payments(rng: np.random.Generator, metered: BoolArray, trades: list[str]) -> list[str]:
    """Metered customers pay monthly but for two in 483; of the others one in six."""
    school = np.array([trade == "學校" for trade in trades])
    count = metered.size
    payments = np.full(count, "現金", dtype=object)
    payments[choose(rng, share(481, count), metered, school)] = "月結"
    by_cylinder = choose(rng, share(135, count), ~metered, school)
    payments[by_cylinder] = "月結"
    on_delivery = choose(rng, share(8, count), by_cylinder & ~school)
    payments[on_delivery] = "收現"
    payments[choose(rng, share(1, count), by_cylinder & ~school & ~on_delivery)] = ""
    return [str(value) for value in payments]


def _placed(rng: np.random.Generator, metered: BoolArray) -> IntArray:
    count = metered.size
    has = np.zeros((count, len(KINDS)), dtype=np.bool_)
    for group, mix, besides in (
        (~metered, _BY_CYLINDER, _BESIDES),
        (metered, _BY_METER, _BESIDES_METERED),
    ):
        rows = rng.permutation(np.flatnonzero(group))
        parts = apportion([number for _, number in mix], rows.size)
        for (kind, _), chunk in zip(mix, np.split(rows, np.cumsum(parts)[:-1]), strict=True):
            has[chunk, kind] = True
        for kind, number in besides:
            has[choose(rng, share(number, count), group & ~has[:, kind]), kind] = True
    placed = np.zeros((count, len(KINDS)), dtype=np.int64)
    for kind, total in _TOTALS.items():
        rows = np.flatnonzero(has[:, kind])
        placed[rows, kind] = spread(rng, rows.size, share(total, count))
    return placed


def _vehicles(rng: np.random.Generator, placed: IntArray, areas: list[str]) -> list[int | None]:
    """Motorcycles serve the town, where nothing is heavier than half of what they may carry."""
    count = placed.shape[0]
    heaviest = np.where(placed > 0, KG, 0).max(axis=1)
    light = (heaviest <= 20) & (placed @ KG <= MOTORCYCLE_KG - 20)
    town = np.array([area[:1] in "ABCDEM" for area in areas])
    parts = dict(zip((1, 2, 0, None), apportion([number for _, number in _VEHICLES], count), strict=True))
    vehicle = np.ones(count, dtype=object)
    motorcycle = choose(rng, parts[2], light & town)
    vehicle[motorcycle] = 2
    either = choose(rng, parts[0], light & ~motorcycle)
    vehicle[either] = 0
    vehicle[choose(rng, parts[None], ~motorcycle & ~either)] = None
    return vehicle.tolist()


def _rhythm(rng: np.random.Generator, placed: IntArray) -> IntArray:
    """The longest time between two visits in days: half of the customers at most 11, more steel a little longer."""
    stock = np.log(np.maximum(placed @ KG, 4))
    logarithm = rng.normal(0.0, 0.42, size=placed.shape[0]) + 0.12 * stock
    days: FloatArray = 11.0 * np.exp(logarithm - np.median(logarithm))
    return np.clip(np.rint(days), 3, 45).astype(np.int64)


def _postpone(rng: np.random.Generator, cycle: IntArray) -> IntArray:
    """Days a visit may slip: often the cycle less one, else a few."""
    few = np.minimum(rng.choice([1, 2, 3, 4, 5], size=cycle.size, p=[0.06, 0.1, 0.16, 0.18, 0.5]), cycle - 1)
    return np.where(rng.random(cycle.size) < 0.4, cycle - 1, few)


def _daily_use(rng: np.random.Generator, placed: IntArray, rhythm: IntArray) -> FloatArray:
    """kg a day: by the month half use 160 kg and one in twenty 952; who holds much for a short time uses most."""
    count = rhythm.size
    score = np.log(np.maximum(placed @ KG, 4) / rhythm) + rng.normal(0.0, 0.25, size=count)
    # What is burnt is a twentieth less than what is delivered, because some gas comes back.
    normal = NormalDist(float(np.log(152.0)), float(np.log(952.0 / 160.0) / 1.645))
    monthly = np.array([np.exp(normal.inv_cdf((i + 0.5) / count)) for i in range(count)])
    use = np.empty(count)
    use[np.argsort(score, kind="stable")] = np.minimum(monthly, 9000.0) / 30.0
    return use


def _patrol(rng: np.random.Generator, trades: list[str], terminated: BoolArray) -> list[str]:
    """排巡: the list says V for nearly all; 45 are off patrol, nine are food trucks and six stand at night."""
    count = len(trades)
    trade = np.array(trades)
    patrol = np.full(count, "V", dtype=object)
    free = np.ones(count, bool)
    for text, number, wish in (
        ("餐車", 9, trade == "餐車"),
        ("夜市", 6, trade == "夜市"),
        ("X", 45, terminated),
    ):
        marked = choose(rng, share(number, count), free, wish)
        patrol[marked] = text
        free &= ~marked
    return [str(value) for value in patrol]
