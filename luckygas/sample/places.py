"""Streets of Taitung: made-up house numbers along stretches of road that lie where such roads lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_CITY = "臺東縣臺東市"
_BEINAN = "臺東縣卑南鄉"
_METRES_PER_DEGREE = 111_195.0
_COS = 0.922  # of Taitung's latitude


@dataclass(frozen=True, slots=True)
class Street:
    """A stretch of road in an area: from ``(lat, lng)`` to ``(lat_end, lng_end)``, numbers 1 to ``last``."""

    area: str
    road: str
    lat: float
    lng: float
    lat_end: float
    lng_end: float
    last: int


def _streets(area: str, *rows: tuple[str, float, float, float, float, int]) -> tuple[Street, ...]:
    return tuple(Street(area, *row) for row in rows)


STREETS = (
    *_streets(
        "A-瑞光",
        (f"{_CITY}中華路二段", 22.7490, 121.1360, 22.7420, 121.1230, 560),
        (f"{_CITY}志航路一段", 22.7460, 121.1290, 22.7520, 121.1190, 610),
        (f"{_CITY}豐里街", 22.7400, 121.1270, 22.7350, 121.1190, 280),
        (f"{_CITY}豐年路", 22.7440, 121.1180, 22.7400, 121.1120, 420),
        (f"{_CITY}康樂路", 22.7500, 121.1180, 22.7540, 121.1120, 380),
        (f"{_CITY}瑞安街", 22.7450, 121.1260, 22.7480, 121.1210, 260),
        (f"{_CITY}豐田路", 22.7380, 121.1210, 22.7430, 121.1150, 470),
        (f"{_CITY}青年路", 22.7470, 121.1330, 22.7510, 121.1270, 340),
    ),
    *_streets(
        "B-四維",
        (f"{_CITY}四維路一段", 22.7585, 121.1500, 22.7545, 121.1440, 520),
        (f"{_CITY}四維路三段", 22.7545, 121.1440, 22.7510, 121.1380, 380),
        (f"{_CITY}更生路", 22.7540, 121.1480, 22.7610, 121.1420, 880),
        (f"{_CITY}新生路", 22.7545, 121.1460, 22.7640, 121.1390, 660),
        (f"{_CITY}光明路", 22.7525, 121.1500, 22.7560, 121.1460, 300),
        (f"{_CITY}強國街", 22.7570, 121.1400, 22.7620, 121.1440, 420),
        (f"{_CITY}豐榮路", 22.7530, 121.1330, 22.7580, 121.1410, 310),
    ),
    *_streets(
        "C-漢中",
        (f"{_CITY}漢中街", 22.7460, 121.1490, 22.7510, 121.1450, 320),
        (f"{_CITY}漢陽北路", 22.7470, 121.1510, 22.7520, 121.1470, 350),
        (f"{_CITY}漢陽南路", 22.7450, 121.1490, 22.7420, 121.1440, 300),
        (f"{_CITY}洛陽街", 22.7500, 121.1500, 22.7460, 121.1440, 400),
        (f"{_CITY}開封街", 22.7490, 121.1460, 22.7450, 121.1400, 690),
        (f"{_CITY}中華路一段", 22.7540, 121.1510, 22.7500, 121.1440, 790),
        (f"{_CITY}南京路", 22.7515, 121.1535, 22.7480, 121.1480, 360),
    ),
    *_streets(
        "D-東方大鎮",
        (f"{_CITY}更生北路", 22.7650, 121.1390, 22.7760, 121.1290, 480),
        (f"{_CITY}馬亨亨大道", 22.7630, 121.1400, 22.7730, 121.1360, 560),
        (f"{_CITY}仁一街", 22.7680, 121.1330, 22.7710, 121.1360, 160),
        (f"{_CITY}仁五街", 22.7690, 121.1300, 22.7720, 121.1330, 180),
        (f"{_CITY}永樂路", 22.7660, 121.1270, 22.7710, 121.1300, 370),
        (f"{_CITY}傳廣路", 22.7650, 121.1430, 22.7700, 121.1370, 480),
    ),
    *_streets(
        "E-力國",
        (f"{_CITY}中興路三段", 22.7680, 121.1210, 22.7740, 121.1140, 480),
        (f"{_CITY}中興路四段", 22.7740, 121.1140, 22.7820, 121.1060, 700),
        (f"{_BEINAN}和平路", 22.7760, 121.1160, 22.7810, 121.1120, 250),
        (f"{_BEINAN}賓朗路", 22.7830, 121.1160, 22.7890, 121.1130, 330),
    ),
    *_streets(
        "M-商校商圈",
        (f"{_CITY}正氣路", 22.7555, 121.1540, 22.7595, 121.1480, 440),
        (f"{_CITY}中正路", 22.7560, 121.1550, 22.7600, 121.1500, 520),
        (f"{_CITY}大同路", 22.7565, 121.1565, 22.7590, 121.1520, 310),
        (f"{_CITY}福建路", 22.7560, 121.1510, 22.7590, 121.1530, 280),
    ),
    *_streets(
        "K-東大線",
        (f"{_CITY}大學路二段", 22.7360, 121.0680, 22.7400, 121.0760, 480),
        (f"{_CITY}青海路一段", 22.7440, 121.0830, 22.7480, 121.0900, 320),
    ),
    *_streets(
        "J-知本線",
        (f"{_CITY}知本路三段", 22.7090, 121.0600, 22.7170, 121.0640, 560),
        (f"{_BEINAN}龍泉路", 22.6950, 121.0260, 22.6990, 121.0350, 220),
    ),
    *_streets(
        "Y-富岡",
        (f"{_CITY}富岡街", 22.7900, 121.1880, 22.7940, 121.1900, 310),
        (f"{_CITY}吉林路二段", 22.7730, 121.1580, 22.7800, 121.1700, 590),
        (f"{_CITY}松江路一段", 22.7780, 121.1620, 22.7840, 121.1700, 420),
    ),
    *_streets(
        "G-都蘭線",
        ("臺東縣東河鄉都蘭村新社區", 22.8780, 121.2260, 22.8830, 121.2280, 180),
        ("臺東縣東河鄉都蘭村舊部落", 22.8800, 121.2220, 22.8850, 121.2240, 240),
        (f"{_BEINAN}富山村杉原路", 22.8320, 121.1780, 22.8400, 121.1830, 160),
        ("臺東縣東河鄉東河村東河街", 22.9690, 121.3000, 22.9730, 121.3030, 210),
    ),
    *_streets(
        "F-成功線",
        ("臺東縣成功鎮中山路", 23.0970, 121.3720, 23.1040, 121.3750, 330),
        ("臺東縣成功鎮三民路", 23.0980, 121.3680, 23.1030, 121.3700, 280),
        ("臺東縣長濱鄉長濱村長光路", 23.3130, 121.4460, 23.3180, 121.4480, 150),
    ),
    *_streets(
        "H-鹿野線",
        ("臺東縣鹿野鄉中華路一段", 22.9100, 121.1330, 22.9160, 121.1370, 420),
        ("臺東縣鹿野鄉龍田村光榮路", 22.9030, 121.1170, 22.9060, 121.1240, 380),
        ("臺東縣關山鎮中山路", 23.0450, 121.1610, 23.0510, 121.1660, 260),
        ("臺東縣延平鄉桃源村昇平路", 22.9000, 121.0820, 22.9040, 121.0870, 150),
    ),
    *_streets(
        "I-池上線",
        ("臺東縣池上鄉中山路", 23.1200, 121.2160, 23.1260, 121.2210, 340),
        ("臺東縣池上鄉中正路", 23.1190, 121.2190, 23.1240, 121.2170, 120),
    ),
    *_streets(
        "L-大武線",
        ("臺東縣大武鄉大武村復興路", 22.3400, 120.8860, 22.3450, 120.8890, 190),
        ("臺東縣太麻里鄉泰和村民權路", 22.6110, 121.0010, 22.6160, 121.0050, 240),
        ("臺東縣太麻里鄉金崙村復興路", 22.5300, 120.9600, 22.5340, 120.9630, 180),
    ),
    *_streets("力國-太平", (f"{_BEINAN}太平村太平路", 22.7850, 121.0970, 22.7910, 121.1050, 460)),
    *_streets("力國-泰安", (f"{_BEINAN}泰安村泰安路", 22.7920, 121.0840, 22.7970, 121.0900, 290)),
    *_streets("力國-南王", (f"{_CITY}更生北路", 22.7840, 121.1200, 22.7900, 121.1150, 990)),
    *_streets("力國-利嘉", (f"{_BEINAN}利嘉村利嘉路", 22.7540, 121.0630, 22.7580, 121.0730, 780)),
    *_streets("力國-檳榔", (f"{_BEINAN}賓朗村檳榔路", 22.8090, 121.1040, 22.8160, 121.1080, 350)),
    *_streets("馬蘭瓦斯行", (f"{_CITY}馬蘭街", 22.7610, 121.1290, 22.7650, 121.1330, 240)),
)

STREETS_OF = {
    area: tuple(street for street in STREETS if street.area == area)
    for area in dict.fromkeys(street.area for street in STREETS)
}


@dataclass(frozen=True, slots=True)
class Site:
    """An address and its point, WGS 84, six decimals."""

    address: str
    lat: float
    lng: float


def sites(rng: np.random.Generator, areas: list[str]) -> list[Site]:
    """A site for every area given: a house on one of its streets, now and then in a lane behind it."""
    count = len(areas)
    which = rng.random(count)
    along = rng.random(count)
    lane = rng.random(count)
    lane_number = rng.integers(1, 60, size=count)
    aside = rng.normal(0.0, 5.0, size=count)
    floor = rng.random(count)
    return [
        _site(STREETS_OF[area], *values)
        for area, *values in zip(
            areas, which.tolist(), along.tolist(), lane.tolist(), lane_number.tolist(), aside.tolist(),
            floor.tolist(), strict=True,
        )
    ]  # fmt: skip


def _site(
    streets: tuple[Street, ...],
    which: float,
    along: float,
    lane: float,
    lane_number: int,
    aside: float,
    floor: float,
) -> Site:
    street = streets[int(which * len(streets))]
    number = 1 + int(along * street.last)
    metres = 9.0 * (1 if number % 2 else -1) + aside  # odd numbers on one side, even ones on the other
    if lane < 0.22:
        text = f"{number}巷{lane_number}號"
        metres += 2.0 * lane_number * (1 if lane_number % 2 else -1)
    elif lane < 0.27:
        text = f"{number}之{1 + lane_number % 5}號"
    else:
        text = f"{number}號"
    if floor < 0.12:
        text += f"{2 + int(floor * 50)}樓"
    north = (street.lat_end - street.lat) * _METRES_PER_DEGREE
    east = (street.lng_end - street.lng) * _METRES_PER_DEGREE * _COS
    length = float(np.hypot(north, east))
    lat = street.lat + (north * along + east / length * metres) / _METRES_PER_DEGREE
    lng = street.lng + (east * along - north / length * metres) / (_METRES_PER_DEGREE * _COS)
    return Site(f"{street.road}{text}", round(lat, 6), round(lng, 6))
