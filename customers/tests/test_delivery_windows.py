import pytest

from customers.sheets.hours import delivery_windows

H = 3600


@pytest.mark.parametrize(
    ("slot", "hours", "windows"),
    [
        ("all_day", [], [(8 * H, 20 * H)]),
        ("morning", [], [(8 * H, 12 * H)]),
        ("afternoon", [], [(12 * H, 17 * H)]),
        ("evening", [], [(17 * H, 20 * H)]),
        ("all_day", [9, 10, 14], [(9 * H, 11 * H), (14 * H, 15 * H)]),
        ("morning", range(8, 20), [(8 * H, 12 * H)]),
        ("afternoon", [11, 12, 13], [(12 * H, 14 * H)]),
        ("evening", [8, 9], [(8 * H, 10 * H)]),
    ],
)
def test_windows_are_what_slot_and_hours_share(slot, hours, windows):
    assert delivery_windows(slot, hours) == windows
