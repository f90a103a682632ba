"""The sixteen kinds of cylinder and metered supply, and what every workbook calls them.

A kind is what the company counts: a full cylinder sold by the piece (method ``cylinder``) or the
same steel standing behind a flow meter, where the gas is billed by the kilogram (``flow``). Its
value is the stock-keeping unit, ``GAS-{C|F}{size}-{attribute}``; the catalogue in ``orders`` holds
prices and deposits, which are data, and nothing of them is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Mapping

Method = Literal["cylinder", "flow"]
Attribute = Literal["regular", "commercial", "haoyun", "pingan", "xingfu"]


class CylinderKind(TextChoices):
    """The order is that of the client workbook's columns, which every list and paper follows."""

    C50 = "GAS-C50-R", _("50 kg")
    C20_COMMERCIAL = "GAS-C20-CM", _("Propane 20 kg")
    C16_COMMERCIAL = "GAS-C16-CM", _("Propane 16 kg")
    C20 = "GAS-C20-R", _("20 kg")
    C16 = "GAS-C16-R", _("16 kg")
    C10 = "GAS-C10-R", _("10 kg")
    C04 = "GAS-C04-R", _("4 kg")
    C16_HAOYUN = "GAS-C16-H", _("Haoyun 16 kg")
    C10_PINGAN = "GAS-C10-P", _("Ping'an 10 kg")
    XINGFU = "GAS-C00-X", _("Happiness ball 4 kg")
    C20_HAOYUN = "GAS-C20-H", _("Haoyun 20 kg")
    F50 = "GAS-F50-R", _("Metered 50 kg")
    F20 = "GAS-F20-R", _("Metered 20 kg")
    F16 = "GAS-F16-R", _("Metered 16 kg")
    F20_HAOYUN = "GAS-F20-H", _("Metered Haoyun 20 kg")
    F16_HAOYUN = "GAS-F16-H", _("Metered Haoyun 16 kg")


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What is true of a kind, whatever it costs.

    ``size_kg`` is the number inside the SKU (0 for 幸福丸, whose SKU never carried one) and, with
    ``method`` and ``attribute``, the catalogue's unique key; ``net_kg`` is the gas a full one weighs,
    used for loads and papers. ``counts_as_piece`` tells whether the dispatch sheet's 隻數 counts it:
    the small ones (4 kg, 瓶安 10, 幸福丸) are carried but not counted. The column names are those of
    the client workbook, the delivery history and the residential plan (empty where a workbook has no
    such column); ``name`` is the trade name as printed on Chinese papers.
    """

    method: Method
    size_kg: int
    attribute: Attribute
    net_kg: int
    counts_as_piece: bool
    name: str
    client_column: str
    history_column: str
    plan_column: str = ""

    @property
    def is_metered(self) -> bool:
        return self.method == "flow"


_K = CylinderKind

KIND_FACTS: Mapping[CylinderKind, KindFacts] = MappingProxyType(
    {
        _K.C50: KindFacts("cylinder", 50, "regular", 50, True, "50公斤", "50KG", "50公斤"),
        _K.C20_COMMERCIAL: KindFacts("cylinder", 20, "commercial", 20, True, "丙烷20", "營20", "丙烷20"),
        _K.C16_COMMERCIAL: KindFacts("cylinder", 16, "commercial", 16, True, "丙烷16", "營16", "丙烷16"),
        _K.C20: KindFacts("cylinder", 20, "regular", 20, True, "20公斤", "20KG", "20公斤", "20"),
        _K.C16: KindFacts("cylinder", 16, "regular", 16, True, "16公斤", "16KG", "16公斤", "16"),
        _K.C10: KindFacts("cylinder", 10, "regular", 10, True, "10公斤", "10KG", "10公斤", "10"),
        _K.C04: KindFacts("cylinder", 4, "regular", 4, False, "4公斤", "4KG", "4公斤", "4"),
        _K.C16_HAOYUN: KindFacts(
            "cylinder", 16, "haoyun", 16, True, "好運16", "好運16", "好運桶16", "好運16"
        ),
        _K.C10_PINGAN: KindFacts(
            "cylinder", 10, "pingan", 10, False, "瓶安桶10", "瓶安桶10", "瓶安桶10", "瓶安10"
        ),
        _K.XINGFU: KindFacts("cylinder", 0, "xingfu", 4, False, "幸福丸", "幸福丸", "幸福丸4", "幸福丸"),
        _K.C20_HAOYUN: KindFacts("cylinder", 20, "haoyun", 20, True, "好運20", "好運20", "好運桶20"),
        _K.F50: KindFacts("flow", 50, "regular", 50, True, "流量50公斤", "流量50公斤", "流量50公斤"),
        _K.F20: KindFacts("flow", 20, "regular", 20, True, "流量20公斤", "流量20公斤", "流量20公斤"),
        _K.F16: KindFacts("flow", 16, "regular", 16, True, "流量16公斤", "流量16公斤", "流量16公斤"),
        _K.F20_HAOYUN: KindFacts(
            "flow", 20, "haoyun", 20, True, "流量好運20公斤", "流量好運20公斤", "流量好運20公斤"
        ),
        _K.F16_HAOYUN: KindFacts(
            "flow", 16, "haoyun", 16, True, "流量好運16公斤", "流量好運16公斤", "流量好運16公斤"
        ),
    }
)

KIND_OF_CLIENT_COLUMN: Mapping[str, CylinderKind] = MappingProxyType(
    {facts.client_column: kind for kind, facts in KIND_FACTS.items()}
)
KIND_OF_HISTORY_COLUMN: Mapping[str, CylinderKind] = MappingProxyType(
    {facts.history_column: kind for kind, facts in KIND_FACTS.items()}
)
KIND_OF_PLAN_COLUMN: Mapping[str, CylinderKind] = MappingProxyType(
    {facts.plan_column: kind for kind, facts in KIND_FACTS.items() if facts.plan_column}
)
