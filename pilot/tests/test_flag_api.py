"""Programs read flags with the scope flags:read."""

from decimal import Decimal

from pilot.services import flags as service


def asked(client, token, address):
    return client.get(f"/api/v1/{address}", headers={"authorization": f"Bearer {token}"})


def test_the_flags_and_what_one_says(client, api_token, flag_of, customer, lead):
    flag = flag_of(kind="percentage", percentage=Decimal("12.5"), kinds=["commercial"])
    customer("1400107", kind="commercial")
    customer("1400105", kind="residential")
    token = api_token("flags:read")
    listed = asked(client, token, "flags").json()["results"]
    mine = next(row for row in listed if row["name"] == "new_engine")
    assert (mine["percentage"], mine["kinds"], mine["killed"]) == ("12.50", ["commercial"], False)
    answer = asked(client, token, "flags/new_engine/evaluate?customer=1400107")
    assert answer.json() == {
        "flag": "new_engine",
        "customer": "1400107",
        "value": True,
        "variant": "on",
        "reason": "percentage_rollout_12.5%",
    }
    answer = asked(client, token, "flags/new_engine/evaluate?customer=1400105").json()
    assert (answer["value"], answer["reason"]) == (False, "other_kind_of_customer")
    service.kill(flag, reason="客訴", actor=lead)
    answer = asked(client, token, "flags/new_engine/evaluate?customer=1400107").json()
    assert answer["reason"] == "kill_switch"


def test_who_and_what_is_refused(client, api_token, flag_of, customer):
    flag_of()
    customer("1400107")
    token = api_token("orders:read")
    assert asked(client, token, "flags").status_code == 403
    assert asked(client, token, "flags/new_engine/evaluate?customer=1400107").status_code == 403
    assert client.get("/api/v1/flags").status_code == 401
    token = api_token("flags:read")
    for address in (
        "flags/nothing/evaluate?customer=1400107", "flags/new_engine/evaluate?customer=9999999",
        "flags/new_engine/evaluate", "flags/%00/evaluate?customer=%00",
    ):  # fmt: skip
        answer = asked(client, token, address)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
