"""Who asks, seen through the proxies of an installation: the tracking page and the sign-in slow down by it."""

import pytest
from axes.helpers import get_client_ip_address

from luckygas.core import addresses

SPOOFED = "6.6.6.6, 203.0.113.9"


@pytest.mark.parametrize(
    ("proxies", "told", "client"),
    [
        (0, None, "10.1.2.3"),
        (0, SPOOFED, "10.1.2.3"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, SPOOFED, "203.0.113.9"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, None, "10.1.2.3"),
        (1, "6.6.6.6, unknown", "10.1.2.3"),
        (2, f"{SPOOFED}, 10.0.0.7", "203.0.113.9"),
        (2, "203.0.113.9", "10.1.2.3"),
    ],
)
def test_the_address_behind_our_proxies_is_believed_and_no_other(rf, settings, proxies, told, client):
    settings.PROXY_COUNT = proxies
    headers = {} if told is None else {"HTTP_X_FORWARDED_FOR": told}
    request = rf.get("/", REMOTE_ADDR="10.1.2.3", **headers)
    assert addresses.client(request) == client
    assert get_client_ip_address(request) == client
