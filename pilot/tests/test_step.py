"""One step towards agreement, case by case."""

from pilot.sync.merge import WHOLE
from pilot.sync.step import decided, heard, step

GROUPS = {"name": ("name",), "phone": ("phone",)}
A = {"name": "a", "phone": "1"}


def test_an_echo_asks_for_nothing():
    found = step(A, A, A, GROUPS)
    assert found.is_quiet
    assert found.agreed == A


def test_our_change_is_sent_and_not_agreed_before_it_was_seen_there():
    ours = A | {"name": "b"}
    found = step(A, ours, A, GROUPS)
    assert (found.writes_ours, found.writes_theirs) == (False, True)
    assert found.theirs == ours
    assert found.agreed == A
    assert not found.is_quiet


def test_their_change_is_written_here_and_agreed_with_it():
    theirs = A | {"phone": "2"}
    found = step(A, A, theirs, GROUPS)
    assert (found.writes_ours, found.writes_theirs) == (True, False)
    assert found.ours == theirs
    assert found.agreed == theirs


def test_both_changed_different_groups_each_side_gets_the_others():
    found = step(A, A | {"name": "b"}, A | {"phone": "2"}, GROUPS)
    assert found.ours == found.theirs == {"name": "b", "phone": "2"}
    assert found.agreed == {"name": "a", "phone": "2"}


def test_a_conflict_writes_nothing_and_keeps_the_agreed_value():
    found = step(A, A | {"name": "b"}, A | {"name": "c"}, GROUPS)
    assert (found.writes_ours, found.writes_theirs) == (False, False)
    assert [conflict.group for conflict in found.conflicts] == ["name"]
    assert found.agreed == A
    assert not found.is_quiet


def test_deleted_here_is_sent_and_deleted_there_is_written():
    found = step(A, None, A, GROUPS)
    assert (found.writes_theirs, found.theirs, found.agreed) == (True, None, A)
    found = step(A, A, None, GROUPS)
    assert (found.writes_ours, found.ours, found.agreed) == (True, None, None)


def test_deleted_against_edited_keeps_the_agreed_image():
    found = step(A, None, A | {"name": "c"}, GROUPS)
    assert (found.writes_ours, found.writes_theirs, found.agreed) == (False, False, A)
    assert [conflict.group for conflict in found.conflicts] == [WHOLE]


def test_what_arrived_is_agreed_though_we_moved_on_since():
    sent = A | {"name": "b"}
    assert heard(A, A, sent, sent, GROUPS) == sent
    # and so our going back to the old name is a change to send, not theirs to take
    found = step(heard(A, A, sent, sent, GROUPS), A, sent, GROUPS)
    assert (found.writes_ours, found.theirs) == (False, A)


def test_what_did_not_arrive_is_not_agreed():
    sent = A | {"name": "b"}
    assert heard(A, A, sent, A, GROUPS) == A
    assert heard(A, A, sent, A | {"name": "c"}, GROUPS) == A
    assert heard(A, A, sent, None, GROUPS) == A


def test_a_contested_group_is_not_agreed_by_being_sent_back_as_it_was():
    theirs = {"name": "c", "phone": "1"}
    sent = {"name": "c", "phone": "2"}
    assert heard(A, theirs, sent, sent, GROUPS) == {"name": "a", "phone": "2"}


def test_a_new_record_and_a_deletion_that_arrived_are_agreed():
    assert heard(None, None, A, A, GROUPS) == A
    assert heard(A, A, None, None, GROUPS) is None
    assert heard(A, A, None, A, GROUPS) == A


def test_a_new_record_that_is_gone_again_there_is_for_a_person_to_decide():
    base = heard(None, None, A, None, GROUPS)
    assert [conflict.group for conflict in step(base, A, None, GROUPS).conflicts] == [WHOLE]


def test_a_decision_makes_our_value_the_only_news():
    base = decided(A, {"name": "c", "phone": "1"}, {"name": "b"}, "name")
    found = step(base, A | {"name": "b"}, A | {"name": "c"}, GROUPS)
    assert (found.theirs, found.conflicts) == (A | {"name": "b"}, ())


def test_a_decision_over_a_record_that_one_side_deleted():
    edited = A | {"name": "c"}
    assert step(decided(A, edited, None, WHOLE), None, edited, GROUPS).theirs is None
    kept = step(decided(A, None, edited, WHOLE), edited, None, GROUPS)
    assert (kept.theirs, kept.writes_theirs, kept.conflicts) == (edited, True, ())
