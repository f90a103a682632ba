"""The sixteen products as the workbooks order them. This package stands outside the house: it has its own table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A product: SKU, trade name, headings in the client workbook and the delivery history, the list price.

    ``kg`` is what a full one holds; ``price`` is NT$ a piece, for metered kinds NT$ a kilogram. ``plan`` is
    the heading of the residential plan, empty where it has no such column.
    """

    sku: str
    name: str
    client: str
    history: str
    kg: int
    price: float
    plan: str = ""

    @property
    def metered(self) -> bool:
        return self.sku.startswith("GAS-F")


KINDS = (
    Kind("GAS-C50-R", "50公斤", "50KG", "50公斤", 50, 2375),
    Kind("GAS-C20-CM", "丙烷20", "營20", "丙烷20", 20, 980),
    Kind("GAS-C16-CM", "丙烷16", "營16", "丙烷16", 16, 780),
    Kind("GAS-C20-R", "20公斤", "20KG", "20公斤", 20, 950, "20"),
    Kind("GAS-C16-R", "16公斤", "16KG", "16公斤", 16, 760, "16"),
    Kind("GAS-C10-R", "10公斤", "10KG", "10公斤", 10, 475, "10"),
    Kind("GAS-C04-R", "4公斤", "4KG", "4公斤", 4, 220, "4"),
    Kind("GAS-C16-H", "好運16", "好運16", "好運桶16", 16, 780, "好運16"),
    Kind("GAS-C10-P", "瓶安桶10", "瓶安桶10", "瓶安桶10", 10, 500, "瓶安10"),
    Kind("GAS-C00-X", "幸福丸", "幸福丸", "幸福丸4", 4, 180, "幸福丸"),
    Kind("GAS-C20-H", "好運20", "好運20", "好運桶20", 20, 980),
    Kind("GAS-F50-R", "流量50公斤", "流量50公斤", "流量50公斤", 50, 47.5),
    Kind("GAS-F20-R", "流量20公斤", "流量20公斤", "流量20公斤", 20, 47.5),
    Kind("GAS-F16-R", "流量16公斤", "流量16公斤", "流量16公斤", 16, 47.5),
    Kind("GAS-F20-H", "流量好運20公斤", "流量好運20公斤", "流量好運20公斤", 20, 49),
    Kind("GAS-F16-H", "流量好運16公斤", "流量好運16公斤", "流量好運16公斤", 16, 49),
)

# Positions in KINDS, by which quantities are kept.
C50, C20CM, C16CM, C20, C16, C10, C04, C16H, C10P, XINGFU, C20H, F50, F20, F16, F20H, F16H = range(16)
PLAN_KINDS = tuple(i for i, kind in enumerate(KINDS) if kind.plan)
