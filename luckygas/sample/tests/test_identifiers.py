"""Made-up numbers have the shape of real ones; the arithmetic here is written anew."""

import re

import numpy as np
import pytest

from luckygas.sample import identifiers, supplement_sheet
from luckygas.sample.places import STREETS, sites


def passes_the_tax_number_check(number):
    products = [int(number[i]) * (1, 2, 1, 2, 1, 2, 4, 1)[i] for i in range(8)]
    return sum(int(digit) for digit in "".join(map(str, products))) % 5 == 0


@pytest.fixture(scope="module")
def known(full):
    rows = supplement_sheet.client_supplement(7, full.clients) + supplement_sheet.home_supplement(
        7, full.homes
    )
    return [dict(zip(supplement_sheet.HEADINGS, row, strict=True)) for row in rows]


def column(known, heading):
    return [row[heading] for row in known if row[heading] is not None]


def test_the_check_tells_right_from_wrong():
    assert passes_the_tax_number_check("04595257")
    assert not passes_the_tax_number_check("12345678")


def test_tax_numbers_pass_the_check_and_are_plainly_made_up(known):
    numbers = column(known, "統編")
    assert 850 <= len(numbers) <= 1050
    assert len(set(numbers)) == len(numbers)
    assert all(len(number) == 8 and number.startswith("99") for number in numbers)
    assert all(passes_the_tax_number_check(number) for number in numbers)
    assert identifiers.SELLER_UBN not in numbers
    assert passes_the_tax_number_check(identifiers.SELLER_UBN)


def test_phones_have_the_shape_of_taitung_and_mobile_numbers(known, full):
    assert all(re.fullmatch(r"089-[2-9]\d{5}", text) for text in column(known, "電話"))
    assert all(re.fullmatch(r"09\d{2}-\d{6}", text) for text in column(known, "行動"))
    assert len(set(full.homes.phones)) == full.homes.rows


def test_phones_are_possible_numbers(known):
    phonenumbers = pytest.importorskip("phonenumbers")
    for text in [*column(known, "電話")[:300], *column(known, "行動")[:300]]:
        assert phonenumbers.is_valid_number(phonenumbers.parse(text, "TW")), text


def test_carriers_and_donation_codes_have_their_shape_and_exclude_each_other(known):
    carriers = column(known, "載具")
    assert all(re.fullmatch(r"/[0-9A-Z.+\-]{7}|[A-Z]{2}\d{14}", text) for text in carriers)
    assert any(text.startswith("/") for text in carriers)
    assert any(text[0].isalpha() for text in carriers)
    codes = column(known, "愛心碼")
    assert codes
    assert all(re.fullmatch(r"\d{3,7}", text) for text in codes)
    assert not any(row["愛心碼"] and (row["載具"] or row["統編"]) for row in known)


def test_virtual_accounts_have_fourteen_digits_and_the_last_checks_the_others(known):
    accounts = column(known, "虛擬帳號")
    assert len(set(accounts)) == len(accounts) > 400
    for account in accounts:
        weighted = sum(
            int(digit) * weight for digit, weight in zip(account[:13], (3, 7, 1) * 5, strict=False)
        )
        assert len(account) == 14
        assert (weighted + int(account[13])) % 10 == 0
    # A published example of the same rule without an amount part: 98102 90010303 carries 50943 besides.
    assert identifiers.virtual_account(1_400_103).startswith("9921801400103")


def test_the_supplement_is_partial(known, full):
    everybody = full.clients.rows + full.homes.rows
    assert 0.95 < len(known) / everybody < 0.98
    assert 0.9 < len(column(known, "緯度")) / len(known) < 0.95
    assert len(column(known, "緯度")) == len(column(known, "經度")) == len(column(known, "座標來源"))


# Latitude, and between which longitudes there is land that the company serves: hills and the sea.
LAND = (
    (22.30, 120.85, 120.900), (22.45, 120.88, 120.930), (22.55, 120.92, 120.980), (22.65, 120.97, 121.040),
    (22.70, 120.99, 121.098), (22.74, 121.03, 121.150), (22.76, 121.04, 121.165), (22.80, 121.05, 121.197),
    (22.84, 121.06, 121.195), (22.90, 121.06, 121.258), (23.00, 121.08, 121.333), (23.10, 121.10, 121.385),
    (23.35, 121.15, 121.470),
)  # fmt: skip


def is_on_land(lat, lng):
    latitudes, west, east = zip(*LAND, strict=True)
    if not latitudes[0] <= lat <= latitudes[-1]:
        return False
    return np.interp(lat, latitudes, west) < lng < np.interp(lat, latitudes, east)


def test_every_site_stands_on_land(full):
    for site in (*full.clients.sites, *full.homes.sites):
        assert is_on_land(site.lat, site.lng), site


def test_sites_cluster_along_their_streets(full):
    for area, site in list(zip(full.clients.areas, full.clients.sites, strict=True))[:400]:
        streets = [street for street in STREETS if site.address.startswith(street.road)]
        nearest = min(
            abs(site.lat - street.lat) + abs(site.lng - street.lng)
            + abs(site.lat - street.lat_end) + abs(site.lng - street.lng_end)
            - abs(street.lat - street.lat_end) - abs(street.lng - street.lng_end)
            for street in streets
        )  # fmt: skip
        assert nearest < 0.006, (area, site)


def test_addresses_have_a_road_and_a_number():
    rng = np.random.default_rng(1)
    for site in sites(rng, ["A-瑞光", "L-大武線", "力國-太平"] * 50):
        assert re.fullmatch(r"臺東縣.+[路街道落區].*\d+(之\d)?號(\d+樓)?", site.address), site
