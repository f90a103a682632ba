"""A party that fails is left alone, and tried again when its time is over."""

import dataclasses
import threading

import pytest
from redis import Redis

from luckygas.core import breaker_storage, breakers
from luckygas.core.tests.breaker_world import elapsed, fails


class Rejected(Exception):
    """The party is well and does not want this message."""


def test_the_answer_and_the_error_come_through(party):
    assert breakers.call(party, lambda: 7) == 7
    fails(party, 1)
    assert breakers.state(party).failures == 1


def test_the_third_failure_in_a_row_opens_it(party):
    fails(party, 2)
    breakers.call(party, lambda: None)
    fails(party, 3)  # the third raises what the party did, not what the breaker thinks
    called = []
    with pytest.raises(breakers.Open) as left_alone:
        breakers.call(party, lambda: called.append(1))
    assert called == []
    assert left_alone.value.party == party
    assert 295 <= left_alone.value.seconds <= 300
    state = breakers.state(party)
    assert (state.label, state.state, state.failures, state.fail_max, state.shared) == (
        "測試對象",
        "open",
        3,
        3,
        True,
    )
    assert 295 <= state.retry_in <= 300
    assert state.opened_at is not None
    # All at once they are read in another way, which says the same.
    (among,) = [each for each in breakers.states() if each.party == party]
    assert dataclasses.replace(among, retry_in=state.retry_in) == state


def test_a_refusal_of_one_message_is_a_healthy_party(party):
    def reject():
        raise Rejected("unknown number")

    fails(party, 2)
    for _ in range(5):
        with pytest.raises(Rejected, match="unknown number"):
            breakers.call(party, reject, healthy=(Rejected,))
    assert breakers.state(party).failures == 0
    with pytest.raises(Rejected):
        breakers.call(party, reject)
    assert breakers.state(party).failures == 1


def test_a_trial_closes_it_or_opens_it_again(party, settings):
    fails(party, 3)
    elapsed(party, settings.REDIS_URL)
    assert breakers.state(party).state == "half-open"
    fails(party, 1)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 1)
    elapsed(party, settings.REDIS_URL)
    assert breakers.call(party, lambda: "well again") == "well again"
    state = breakers.state(party)
    assert (state.state, state.failures, state.opened_at, state.retry_in) == ("closed", 0, None, 0)


def test_threads_of_a_process_do_not_wait_for_each_other(party):
    inside = threading.Barrier(3, timeout=120)
    threads = [threading.Thread(target=breakers.call, args=(party, inside.wait)) for _ in range(2)]
    for thread in threads:
        thread.start()
    inside.wait()
    for thread in threads:
        thread.join()


def test_a_trusted_party_is_called_without_a_look_and_its_failures_count(party, settings):
    trust(party)
    client = Redis.from_url(settings.REDIS_URL)
    assert breakers.call(party, lambda: 1) == 1
    for key in client.scan_iter(f"luckygas:breaker:{party}:*"):
        client.delete(key)
    assert breakers.call(party, lambda: 2) == 2
    with pytest.raises(Rejected):
        breakers.call(party, lambda: _raise(Rejected()), healthy=(Rejected,))
    assert list(client.scan_iter(f"luckygas:breaker:{party}:*")) == []
    fails(party, 3)
    assert breakers.state(party).failures == 3
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 3)


def test_a_trusted_party_that_another_process_left_alone_fails_with_its_own_error(party):
    trust(party)
    fails(party, 2)
    breakers.call(party, lambda: None)
    known = dict(breaker_storage.memory.trusted)
    breaker_storage.memory.trusted.clear()
    fails(party, 3)
    breaker_storage.memory.trusted.update(known)
    fails(party, 1)
    with pytest.raises(breakers.Open):
        breakers.call(party, lambda: 3)


def trust(party):
    del breakers.parties._entries[party]
    breakers.register(party, "測試對象", fail_max=3, reset_seconds=300, trusted_seconds=60)


def _raise(error):
    raise error
