from collections import Counter

import pytest

from luckygas.core.bucketing import BUCKETS, bucket

# Worked out with coreutils: printf %s 'salt:key' | sha256sum | cut -c1-8, then modulo 10,000.
KNOWN = [("", "", 1014), ("salt", "key", 3015), ("new-routing", "1400103", 3915), ("路線", "王家小館", 4095)]


@pytest.mark.parametrize(("salt", "key", "expected"), KNOWN)
def test_known_buckets(salt, key, expected):
    assert bucket(salt, key) == expected


def test_buckets_are_even_and_salts_independent():
    keys = [str(number) for number in range(20_000)]
    first = [bucket("one", key) for key in keys]
    second = [bucket("two", key) for key in keys]
    assert all(0 <= number < BUCKETS for number in first + second)
    tenths = Counter(number // 1000 for number in first)
    assert set(tenths) == set(range(10))
    assert all(1800 < count < 2200 for count in tenths.values())
    both = sum(1 for one, two in zip(first, second, strict=True) if one < 1000 and two < 1000)
    assert 140 < both < 260
