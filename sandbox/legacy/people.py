"""The old system's own customers: made up out of syllables, the same from the same seed."""

import random
from collections.abc import Iterator

FAMILY = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐"
GIVEN = "志明淑芬俊傑美玲家豪雅婷建宏怡君文雄麗華"
TRADES = ["小吃店", "早餐店", "麵館", "牛肉麵", "自助餐", "洗衣店", "民宿", "茶行", "海產店", "燒臘"]
ROADS = [
    "中華路一段",
    "更生路",
    "中山路",
    "正氣路",
    "四維路三段",
    "大同路",
    "新生路",
    "漢中街",
    "長沙街",
    "豐榮路",
]
TOWNS = [("臺東市", "950"), ("卑南鄉", "954"), ("成功鎮", "961"), ("關山鎮", "956"), ("太麻里鄉", "963")]
REMARKS = [
    "請先來電", "狗會叫,在後門", "月底結帳", "鑰匙在管理室", "三樓無電梯", "只收現金", "下午三點後才有人", "瓦斯桶放右側",
    "換新調整器", "老闆娘代收", "過年前加送一桶", "機車停巷口",
]  # fmt: skip
CLERKS = ["A01", "A02", "B07"]


def name(rng: random.Random) -> str:
    return rng.choice(FAMILY) + "".join(rng.sample(GIVEN, 2))


def address(rng: random.Random) -> str:
    town, _postal = rng.choice(TOWNS)
    return f"臺東縣{town}{rng.choice(ROADS)}{rng.randint(1, 480)}號"


def phone(rng: random.Random) -> str:
    """Numbers nobody has: Taitung lines beginning 089-0, and mobiles of a block that was never given out."""
    if rng.random() < 0.5:
        return f"089-{rng.randint(200000, 999999)}"
    return f"0900-{rng.randint(0, 999):03d}-{rng.randint(0, 999):03d}"


def customer(rng: random.Random, number: int) -> dict[str, object]:
    """A row of cust_customer, text still as text."""
    is_shop = rng.random() < 0.4
    owner = name(rng)
    title = f"{rng.choice(FAMILY)}家{rng.choice(TRADES)}" if is_shop else owner
    return {
        "customer_id": f"C{number:06d}",
        "customer_name": title,
        "short_name": title,
        "customer_type": rng.choice(["01", "03"]) if is_shop else "02",
        "status": "01",
        "source": rng.choice(["01", "03", "05"]),
        "contact_person": owner,
        "phone_primary": phone(rng),
        "mobile": "",
        "delivery_same_as_reg": "N",
        "delivery_address": address(rng),
        "delivery_time_pref": rng.choice(["01", "02", "03"]),
        "service_area": rng.choice("ABCDE"),
        "payment_terms": "MON30" if is_shop else "CASH",
        "notes": rng.choice(REMARKS) if rng.random() < 0.3 else "",
        "update_user": rng.choice(CLERKS),
    }


def companions(rng: random.Random, row: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Further rows of a customer: his default address, and for a shop the person to ask for."""
    code = str(row["customer_id"])
    yield (
        "cust_address",
        {
            "address_id": f"{code}-01",
            "customer_id": code,
            "address_type": "01",
            "full_address": row["delivery_address"],
            "is_default": "Y",
            "update_user": row["update_user"],
        },
    )
    if row["customer_type"] != "02":
        yield (
            "cust_contact",
            {
                "contact_id": f"{code}-01",
                "customer_id": code,
                "contact_name": row["contact_person"],
                "title": rng.choice(["老闆", "店長", "會計"]),
                "phone": row["phone_primary"],
                "is_primary": "Y",
                "update_user": row["update_user"],
            },
        )
