"""Names of people, shops, schools and stalls that do not exist, with the frequencies one meets in Taitung."""

from __future__ import annotations

import numpy as np

from luckygas.sample.draw import pick

# Surname and its share among a thousand people, roughly as the household register counts them.
_SURNAMES = (
    ("陳", 112), ("林", 83), ("黃", 60), ("張", 53), ("李", 51), ("王", 41), ("吳", 40), ("劉", 31),
    ("蔡", 29), ("楊", 26), ("許", 23), ("鄭", 19), ("謝", 18), ("洪", 15), ("郭", 15), ("邱", 15),
    ("曾", 14), ("廖", 13), ("賴", 13), ("徐", 13), ("周", 12), ("葉", 12), ("蘇", 11), ("莊", 9),
    ("江", 9), ("呂", 9), ("何", 8), ("羅", 8), ("高", 8), ("蕭", 7), ("潘", 14), ("簡", 6),
    ("朱", 6), ("鍾", 6), ("彭", 5), ("游", 5), ("詹", 5), ("胡", 5), ("施", 5), ("沈", 5),
    ("余", 4), ("盧", 4), ("梁", 4), ("趙", 4), ("顏", 4), ("柯", 4), ("翁", 4), ("魏", 4),
    ("孫", 4), ("戴", 4), ("范", 3), ("方", 3), ("宋", 3), ("鄧", 3), ("杜", 3), ("傅", 3),
    ("侯", 3), ("曹", 3), ("温", 2), ("薛", 2), ("丁", 2), ("馬", 3), ("古", 3), ("石", 3),
)  # fmt: skip
_FIRST = (
    ("志", 9), ("家", 9), ("淑", 10), ("美", 10), ("俊", 7), ("建", 8), ("文", 8), ("雅", 8), ("怡", 7),
    ("明", 7), ("宗", 5), ("冠", 5), ("承", 4), ("宜", 5), ("佳", 6), ("麗", 6), ("秀", 7), ("玉", 6),
    ("惠", 5), ("素", 3), ("信", 4), ("國", 5), ("金", 4), ("柏", 4), ("宥", 3), ("品", 4), ("詩", 3),
    ("思", 3), ("育", 4), ("振", 3), ("嘉", 4), ("靜", 4), ("春", 3), ("月", 3), ("錦", 2), ("政", 3),
)  # fmt: skip
_SECOND = (
    ("豪", 6), ("芬", 6), ("玲", 7), ("華", 7), ("傑", 6), ("宏", 7), ("雄", 4), ("偉", 6), ("君", 5),
    ("慧", 4), ("萍", 4), ("珍", 5), ("英", 5), ("婷", 7), ("雯", 5), ("翰", 4), ("霖", 3), ("誠", 3),
    ("明", 6), ("儒", 3), ("賢", 4), ("哲", 4), ("娟", 4), ("琴", 3), ("貞", 4), ("敏", 4), ("宇", 5),
    ("軒", 4), ("恩", 3), ("成", 4), ("源", 3), ("福", 3), ("花", 2), ("妹", 2), ("安", 3), ("涵", 4),
)  # fmt: skip
_NICKNAMES = (
    "阿美",
    "阿珠",
    "阿英",
    "阿嬤",
    "小林",
    "老張",
    "大胖",
    "阿伯",
    "阿忠",
    "阿霞",
    "木生",
    "老王",
    "秀姐",
)
_PLACES = (
    "臺東",
    "後山",
    "海濱",
    "卑南",
    "東海岸",
    "寶桑",
    "馬蘭",
    "都蘭",
    "鐵花",
    "山海",
    "太平洋",
    "縱谷",
    "知本",
)
_DISHES = (
    "牛肉麵", "米苔目", "豬血湯", "早餐", "豆花", "臭豆腐", "鵝肉", "海產", "滷味", "水煎包", "蔥油餅", "羊肉爐",
    "薑母鴨", "熱炒", "鐵板燒", "小火鍋", "便當", "素食", "鹽酥雞", "肉圓", "粥品", "鍋貼", "炸雞", "咖啡", "燒臘",
    "拉麵", "野菜鍋", "石板烤肉", "釋迦冰", "炒泡麵",
)  # fmt: skip
_HOUSES = ("小館", "食堂", "小吃", "餐廳", "小吃店", "飲食店", "美食坊", "私房菜", "廚房", "灶腳")
_SPECIAL = (
    "阿美族風味餐廳", "卑南族風味餐廳", "排灣風味屋", "民宿", "旅店", "農場", "洗衣店", "麵包坊", "烘焙坊",
    "美髮沙龍", "豆腐工坊", "會館", "托兒所", "養護中心", "咖啡館", "團膳", "汽車旅館", "釀造所", "洗衣工坊",
)  # fmt: skip
_COMPANY_ENDINGS = (
    ("有限公司", 34),
    ("企業社", 18),
    ("商行", 18),
    ("餐飲店", 16),
    ("股份有限公司", 7),
    ("行", 7),
)
_SCHOOL_WORDS = (
    "向日",
    "晨曦",
    "海風",
    "稻香",
    "金針",
    "釋迦",
    "月桃",
    "飛魚",
    "小米",
    "雲海",
    "日昇",
    "濱藍",
)
_SCHOOL_KINDS = (
    ("國民小學", "國小", 24),
    ("國民中學", "國中", 8),
    ("高級中學", "高中", 2),
    ("附設幼兒園", "幼兒園", 2),
)


def people(rng: np.random.Generator, count: int) -> list[str]:
    """Names of people: a surname and, nearly always, two characters."""
    surnames = pick(rng, _SURNAMES, count)
    firsts = pick(rng, _FIRST, count)
    seconds = pick(rng, _SECOND, count)
    single = rng.random(count) < 0.03
    return [
        f"{surname}{second if alone else first + second}"
        for surname, first, second, alone in zip(surnames, firsts, seconds, single.tolist(), strict=True)
    ]


def surnames(rng: np.random.Generator, count: int) -> list[str]:
    return pick(rng, _SURNAMES, count)


class ShopNames:
    """Hands out names of businesses, each only once: ``(invoice title, short name)``."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._taken: dict[str, int] = {}

    def shop(self) -> tuple[str, str]:
        """A restaurant, a shop or a guest house; six in ten of them are companies by their title."""
        short = self._once(self._shop())
        if self._rng.random() < 0.6:
            return f"{short}{pick(self._rng, _COMPANY_ENDINGS, 1)[0]}", short
        return short, short

    def school(self) -> tuple[str, str]:
        weights = [(f"{long}|{short}", weight) for long, short, weight in _SCHOOL_KINDS]
        long, _, short = pick(self._rng, weights, 1)[0].partition("|")
        word = self._word(_SCHOOL_WORDS)
        number = self._count(f"{word}{short}")
        word = f"{word}第{number}" if number > 1 else word
        return f"臺東縣私立{word}{long}", f"{word}{short}"

    def stall(self, kind: str) -> tuple[str, str]:
        """A stall: 夜市, 市場, 餐車, 辦桌 … and its owner."""
        owner = surnames(self._rng, 1)[0]
        short = self._once(f"{kind}{owner}記{self._word(_DISHES)}")
        return short, short

    def _shop(self) -> str:
        owner = surnames(self._rng, 1)[0]
        style = self._rng.random()
        if style < 0.22:
            return f"{owner}家{self._word(_HOUSES)}"
        if style < 0.44:
            return f"{owner}記{self._word(_DISHES)}"
        if style < 0.62:
            return f"{self._word(_NICKNAMES)}{self._word(_DISHES)}"
        if style < 0.82:
            return f"{self._word(_PLACES)}{self._word(_DISHES)}{self._word(_HOUSES)}"
        return f"{self._word(_PLACES)}{owner}家{self._word(_SPECIAL)}"

    def _once(self, name: str) -> str:
        number = self._count(name)
        return f"{name}{number}店" if number > 1 else name

    def _count(self, name: str) -> int:
        self._taken[name] = self._taken.get(name, 0) + 1
        return self._taken[name]

    def _word(self, words: tuple[str, ...]) -> str:
        return words[self._rng.integers(len(words))]
