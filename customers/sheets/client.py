"""The client workbook: 76 columns of one customer in a row of sheet 客戶資料."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from customers.kinds import KIND_OF_CLIENT_COLUMN, CylinderKind
from customers.sheets import rest
from customers.sheets.cells import Cells, cylinder_notation, notation_within, plain
from customers.sheets.findings import Problem
from customers.sheets.hours import FIRST_HOUR, LAST_HOUR, SLOT_OF_CODE

SHEET = "客戶資料"
SLOT = "時段早1午2晚3全天0"
VEHICLE = "1汽車/2機車/0全部"
WIRED_CHANGEOVER = "帶線切替器"  # the workbook leaves this heading blank
HOUR_COLUMNS: Mapping[str, int] = MappingProxyType(
    {f"{hour}~{hour + 1}": hour for hour in range(FIRST_HOUR, LAST_HOUR + 1)}
)
USAGE_COLUMNS = tuple(f"第{number}使用區域(串接)" for number in "一二三四五")

COLUMNS: tuple[str, ...] = (
    "客戶", "電子發票抬頭", "客戶簡稱", "地址", "系統上鋼瓶數量",
    *KIND_OF_CLIENT_COLUMN,
    "計價方式", "結帳方式", "結帳用檔案", "訂閱式會員", "發報", "排巡", "設備客戶買斷", "已解約",
    "需要當天配送",
    *HOUR_COLUMNS,
    SLOT, "公休日", "狀態", "切替器型號", "月配送量", "退氣", "實際購買公斤數", "退氣比例", "平均日使用",
    "串接數量", "備用量", "最大週期", "可延後天數", "是否需要當天去", "區域", VEHICLE, "單一區域供應",
    *USAGE_COLUMNS,
    "預備桶", "串接場所申報", "流量表", "帶線流量錶", "切替器", WIRED_CHANGEOVER, "接點式壓力錶", "壓差開關",
    "微動開關", "永勝", "智慧秤", "類型",
)  # fmt: skip
# The headings as the workbook writes them: column 70 is blank.
HEADINGS: tuple[str, ...] = tuple("" if name == WIRED_CHANGEOVER else name for name in COLUMNS)
BLANK_HEADINGS: Mapping[str, str] = MappingProxyType({WIRED_CHANGEOVER: "接點式壓力錶"})

PRICING = MappingProxyType({"桶裝": "by_cylinder", "流量": "by_flow", "桶裝現金": "by_cylinder"})
PAYMENT = MappingProxyType({"現金": "cash", "月結": "monthly", "收現": "cod"})
SUBSCRIPTION = MappingProxyType({"V": "member", "先不裝": "not_yet", "X": "none"})
PATROL = MappingProxyType({"V": "scheduled", "X": "none", "餐車": "food_truck", "夜市": "night_market"})
VEHICLES = MappingProxyType({"0": "any", "1": "truck", "2": "motorcycle"})
OWN_METER = ("自備", "客戶自備", "自有", "客戶自有")
FLOW_METER = MappingProxyType({"V": "ours", "X": "none"} | dict.fromkeys(OWN_METER, "own"))
NO_AREA = frozenset({"", "無", "NONE", "-"})


@dataclass(frozen=True, slots=True)
class ClientRow:
    """One customer, each field named as the database column it goes to; ``area`` is that area's key.

    ``usage_areas`` holds (1 to 5, text, cylinder notation within the text).
    """

    customer: Mapping[str, object]
    cylinders: Mapping[CylinderKind, int]
    availability: Mapping[str, object]
    equipment: Mapping[str, object]
    usage_areas: tuple[tuple[int, str, str], ...]
    metrics: Mapping[str, object]


def parse(cells: Cells, areas: Mapping[str, int]) -> ClientRow:
    """Read one row. ``areas`` maps 區域 as written (``A-瑞光``) to the key of the area.

    Findings stay with ``cells``; a row whose ``cells.rejected`` is true is not to be written.
    """
    quantities = {
        kind: quantity
        for column, kind in KIND_OF_CLIENT_COLUMN.items()
        if (quantity := cells.whole(column, 0, 200))
    }
    metrics = _metrics(cells)
    if quantities and metrics["daily_kg"] is None and not cells.raw("平均日使用"):
        cells.warn("平均日使用", Problem.NO_DAILY_USE)
    return ClientRow(
        customer=_customer(cells, areas),
        cylinders=quantities,
        availability=_availability(cells),
        equipment=_equipment(cells),
        usage_areas=_usage_areas(cells),
        metrics=metrics,
    )


def _customer(cells: Cells, areas: Mapping[str, int]) -> dict[str, object]:
    title = cells.text("電子發票抬頭", 200)
    short = cells.text("客戶簡稱", 100)
    if not title and not short:
        cells.reject("電子發票抬頭", Problem.REQUIRED)
    segment = cells.text("類型", 20)
    return {
        "code": cells.customer_code("客戶"),
        "kind": "school" if segment == "學校" else "commercial",
        "segment": segment,
        "invoice_title": title or short,
        "short_name": short or title[:100],
        "address": cells.text("地址", 300),
        "area": _area(cells, areas),
        "status": "terminated" if cells.flag("已解約") else "active",
        "pricing_method": _pricing(cells),
        "payment_method": _payment(cells),
        "vehicle_requirement": cells.choice(VEHICLE, VEHICLES, "any"),
        "max_cycle_days": cells.whole("最大週期", 1, 365),
        "postpone_days": cells.whole("可延後天數", 0, 365),
        "supply_points": cells.whole("單一區域供應", 0, 20),
        "system_cylinders": _notation(cells, "系統上鋼瓶數量"),
        "spare_cylinders": cells.text("預備桶", 200),
        "subscription": cells.choice("訂閱式會員", SUBSCRIPTION, "none"),
        "patrol": cells.choice("排巡", PATROL, "none"),
        "auto_report": cells.flag("發報"),
        "needs_settlement_file": cells.flag("結帳用檔案"),
        "owns_equipment": cells.flag("設備客戶買斷"),
        "needs_same_day": cells.flag("需要當天配送"),
    }


def _pricing(cells: Cells) -> str:
    if not cells.raw("計價方式"):
        cells.reject("計價方式", Problem.REQUIRED)
    return cells.choice("計價方式", PRICING, "by_cylinder")


def _payment(cells: Cells) -> str:
    if not cells.raw("結帳方式") and plain(cells.raw("計價方式")) != "桶裝現金":
        cells.warn("結帳方式", Problem.NO_PAYMENT)
    return cells.choice("結帳方式", PAYMENT, "cash")


def _area(cells: Cells, areas: Mapping[str, int]) -> int | None:
    """The area; a trailing 縣 (the stretch along the county road) belongs to the same line."""
    written = plain(cells.raw("區域")).replace(" ", "")
    if written.upper() in NO_AREA:
        return None
    for suffix in ("", "縣", "(縣)", "-縣"):
        if (name := written.removesuffix(suffix)) in areas:
            return areas[name]
    cells.reject("區域", Problem.UNKNOWN_CODE, allowed=named(areas))
    return None


def named(areas: Mapping[str, int]) -> str:
    """Every area once, by the first of its names."""
    first = {key: name for name, key in reversed(list(areas.items()))}
    return "、".join(reversed(list(first.values())))


def _notation(cells: Cells, column: str) -> str:
    written = cells.text(column, 100)
    if not written:
        return ""
    sizes = cylinder_notation(written)
    if sizes is None:
        cells.reject(column, Problem.CYLINDERS)
        return ""
    return "+".join(f"{size}*{number}" for size, number in sizes.items())


def _availability(cells: Cells) -> dict[str, object]:
    rule_text = plain(cells.text("公休日", 60))
    rule = rest.RestRule()
    try:
        rule = rest.parse(rule_text)
    except rest.UnknownRestDayError as error:
        cells.reject("公休日", Problem.REST_DAY, word=error.word)
    except rest.RestDayRangeError as error:
        cells.warn("公休日", Problem.REST_DAY_RANGE, word=error.word)
        rule_text = ""
    hours = {f"hour_{hour}": cells.flag(column) for column, hour in HOUR_COLUMNS.items()}
    slot = cells.choice(SLOT, SLOT_OF_CODE, "all_day")
    return {"slot": slot, **hours, "weekly_rest": rule.weekly_digits, "rest_rule": rule_text}


def _equipment(cells: Cells) -> dict[str, object]:
    meter = cells.choice("流量表", FLOW_METER, "none")
    return {
        "switch_model": cells.text("切替器型號", 100),
        "site_declaration": cells.text("串接場所申報", 200),
        "flow_meter": meter != "none",
        "flow_meter_is_customers": meter == "own",
        "wired_flow_meter": cells.flag("帶線流量錶"),
        "changeover": cells.flag("切替器"),
        "wired_changeover": cells.flag(WIRED_CHANGEOVER),
        "contact_gauge": cells.flag("接點式壓力錶"),
        "pressure_switch": cells.flag("壓差開關"),
        "micro_switch": cells.flag("微動開關"),
        "yongsheng": cells.flag("永勝"),
        "smart_scale": cells.flag("智慧秤"),
    }


def _usage_areas(cells: Cells) -> tuple[tuple[int, str, str], ...]:
    described = [(number, cells.text(column, 200)) for number, column in enumerate(USAGE_COLUMNS, start=1)]
    return tuple((number, text, notation_within(text)[:100]) for number, text in described if text)


def _metrics(cells: Cells) -> dict[str, object]:
    def number(column: str, low: int, high: int, places: int) -> Decimal | None:
        return cells.number(column, Decimal(low), Decimal(high), places)

    return {
        "monthly_kg": number("月配送量", 0, 50_000, 2),
        "returned_kg": number("退氣", 0, 50_000, 2),
        "purchased_kg": number("實際購買公斤數", 0, 50_000, 2),
        "return_ratio": number("退氣比例", 0, 1, 4),
        "daily_kg": number("平均日使用", 0, 2_000, 3),
        "connected_kg": number("串接數量", 0, 20_000, 2),
        "reserve_kg": number("備用量", 0, 20_000, 2),
        "urgency": number("是否需要當天去", -10_000, 10_000, 3),
    }
