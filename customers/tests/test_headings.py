from customers.sheets.client import BLANK_HEADINGS, COLUMNS, HEADINGS, WIRED_CHANGEOVER
from customers.sheets.headings import find, looks_like


def test_the_client_workbook_has_76_columns_and_the_70th_has_no_heading():
    assert len(COLUMNS) == len(HEADINGS) == 76
    assert HEADINGS[69] == ""
    assert COLUMNS[69] == WIRED_CHANGEOVER
    found = find(HEADINGS, COLUMNS, blank=BLANK_HEADINGS)
    assert found.missing == found.twice == found.unknown == ()
    assert [found.columns[name] for name in COLUMNS] == list(range(76))


def test_the_blank_heading_may_also_be_written():
    assert find(COLUMNS, COLUMNS, blank=BLANK_HEADINGS).columns[WIRED_CHANGEOVER] == 69


def test_no_blank_column_before_its_follower_is_missing():
    without = [name for name in HEADINGS if name]
    assert find(without, COLUMNS, blank=BLANK_HEADINGS).missing == (WIRED_CHANGEOVER,)
    assert find(["接點式壓力錶"], ["帶線切替器"], blank=BLANK_HEADINGS).missing == ("帶線切替器",)


def test_headings_are_compared_without_width_and_line_breaks():
    found = find(["８～９", "客戶\n簡稱", "20.0", "備註"], ["8~9", "客戶簡稱", "20"])
    assert dict(found.columns) == {"8~9": 0, "客戶簡稱": 1, "20": 2}
    assert found.unknown == ("備註",)


def test_a_heading_twice_is_told():
    assert find(["客戶", "客戶"], ["客戶"]).twice == ("客戶",)


def test_a_heading_row_is_known_by_half_of_its_headings():
    assert looks_like(["客戶", "地址", "別的"], ["客戶", "地址", "區域"])
    assert not looks_like(["客戶"], ["客戶", "地址", "區域"])
