"""What both sides say differently, what cannot be written or read, and who decides."""

import re

import pytest

from customers.models import Customer
from luckygas.core.errors import Busy, Refused
from luckygas.core.models import AuditEvent
from luckygas.core.models.notices import Notice
from pilot.models import LegacyWrite, SyncConflict
from pilot.services import conflicts, mirroring
from pilot.tests.mirrored import CODE, LEAD, mirrored
from sandbox.testing_legacy import _one_legacy, legacy

__all__ = ["_one_legacy", "legacy", "mirrored"]
pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def contested(mirrored):
    """Both sides gave the customer another note."""
    mirrored.legacy.edit("cust_customer", CODE, notes="他們的")
    Customer.objects.filter(code=CODE).update(notes="我們的")
    mirrored.settle()
    (found,) = mirrored.conflicts()
    return found


def notes(mirrored):
    return Customer.objects.get(code=CODE).notes, mirrored.there()["notes"]


def test_the_same_field_changed_on_both_sides_is_a_conflict_and_nobody_is_written_over(mirrored, contested):
    assert (contested.kind, contested.group) == ("both", "notes")
    assert (contested.base, contested.ours, contested.theirs) == (
        {"notes": ""}, {"notes": "我們的"}, {"notes": "他們的"},
    )  # fmt: skip
    assert notes(mirrored) == ("我們的", "他們的")
    assert mirrored.link().base["notes"] == ""
    assert mirrored.link().state == "contested"
    assert not LegacyWrite.objects.filter(status__in=LegacyWrite.OPEN).exists()
    assert Notice.objects.filter(permission="pilot.view_syncconflict").count() == 1
    assert mirrored.differences() == []


@pytest.mark.parametrize(
    ("how", "values", "expected"),
    [("ours", None, "我們的"), ("theirs", None, "他們的"), ("edited", {"notes": "商量好的"}, "商量好的")],
)
def test_a_person_decides_and_both_sides_hold_it(mirrored, contested, how, values, expected):
    conflicts.resolve(contested, how, values=values, actor=LEAD)
    mirrored.settle()
    assert notes(mirrored) == (expected, expected)
    contested.refresh_from_db()
    assert (contested.state, contested.closed_by, contested.how) == ("resolved", "林組長", how)
    assert contested.chosen == {"notes": expected}
    event = AuditEvent.objects.get(action="pilot.conflict_resolved")
    assert (event.actor_name, event.subject) == ("林組長", f"SyncConflict:{contested.pk}")
    assert mirrored.is_equal()


def test_a_text_of_several_lines_is_typed_as_such_and_keeps_its_ends_of_lines(
    mirrored, contested, client, person
):
    client.force_login(person("manager"))
    path = f"/admin/pilot/syncconflict/{contested.pk}/change/"
    assert '<textarea name="value-notes"' in client.get(path).content.decode()
    client.post(
        path, {"how": "edited", "value-notes": "後門\r\n先打電話", "seen": conflicts.shown(contested)}
    )
    contested.refresh_from_db()
    assert contested.chosen == {"notes": "後門\n先打電話"}
    mirrored.settle()
    # Over there lines end in the old system's own way, which counts as the same text.
    assert notes(mirrored) == ("後門\n先打電話", "後門\r\n先打電話")
    assert mirrored.is_equal()


def test_a_decision_made_on_values_that_moved_is_refused_and_changes_nothing(mirrored, contested):
    Customer.objects.filter(code=CODE).update(notes="又改了")
    with pytest.raises(Busy):
        conflicts.resolve(contested, "theirs", actor=LEAD)
    assert notes(mirrored) == ("又改了", "他們的")
    mirrored.settle()
    contested.refresh_from_db()
    assert contested.ours == {"notes": "又改了"}


def test_their_change_after_the_decision_is_no_less_heard(mirrored, contested):
    mirrored.legacy.edit("cust_customer", CODE, notes="他們又改了")
    conflicts.resolve(contested, "ours", actor=LEAD)
    mirrored.settle()
    (again,) = mirrored.conflicts()
    assert (again.ours, again.theirs) == ({"notes": "我們的"}, {"notes": "他們又改了"})


def test_what_changed_after_the_page_was_made_is_not_decided_unseen(mirrored, contested, client, person):
    """Theirs moved and was read: who took "theirs" then never saw it."""
    client.force_login(person("manager"))
    path = f"/admin/pilot/syncconflict/{contested.pk}/change/"
    seen = re.search(r'name="seen" value="(\w+)"', client.get(path).content.decode())
    assert seen is not None
    mirrored.legacy.edit("cust_customer", CODE, notes="他們又改了")
    mirrored.settle()
    for word in ({"seen": seen[1]}, {}):
        answer = client.post(path, {"how": "theirs", **word}, follow=True)
        assert "剛被修改" in answer.content.decode()
    for how in ("ours", "theirs"):
        with pytest.raises(Busy):
            conflicts.resolve(contested, how, actor=LEAD)
    assert notes(mirrored) == ("我們的", "他們又改了")
    (again,) = mirrored.conflicts()
    assert (again.pk, again.theirs) == (contested.pk, {"notes": "他們又改了"})
    conflicts.resolve(again, "theirs", actor=LEAD)
    mirrored.settle()
    assert notes(mirrored) == ("他們又改了", "他們又改了")
    assert mirrored.is_equal()


def test_deciding_twice_is_refused(mirrored, contested):
    conflicts.resolve(contested, "ours", actor=LEAD)
    with pytest.raises(Refused):
        conflicts.resolve(contested, "theirs", actor=LEAD)
    mirrored.settle()
    assert notes(mirrored) == ("我們的", "我們的")


def test_other_fields_go_on_while_one_waits(mirrored, contested):
    Customer.objects.filter(code=CODE).update(address="臺東縣臺東市更生路5號")
    mirrored.settle()
    assert mirrored.there()["delivery_address"] == "臺東縣臺東市更生路5號"
    assert notes(mirrored) == ("我們的", "他們的")


def test_a_conflict_both_sides_end_by_themselves_goes_away(mirrored, contested):
    mirrored.legacy.edit("cust_customer", CODE, notes="我們的")
    mirrored.settle()
    contested.refresh_from_db()
    assert contested.state == "gone"
    assert mirrored.conflicts() == []
    assert mirrored.is_equal()


def test_a_character_the_old_system_lacks_is_refused_by_name(mirrored):
    Customer.objects.filter(code=CODE).update(short_name="王家麵館")
    mirrored.settle()
    Customer.objects.filter(code=CODE).update(short_name="王家堃館")
    mirrored.settle()
    (found,) = mirrored.conflicts()
    assert (found.kind, found.group) == ("unencodable", "short_name")
    assert "堃" in found.detail
    assert mirrored.there()["short_name"] == "王家麵館"
    row = LegacyWrite.objects.get(status="failed")
    assert row.attempts == 1
    assert mirrored.differences() == []
    Customer.objects.filter(code=CODE).update(short_name="王家笑館")
    mirrored.settle()
    assert mirrored.there()["short_name"] == "王家笑館"
    assert mirrored.conflicts() == []
    assert mirrored.is_equal()


def test_bytes_that_are_no_text_are_a_conflict_with_their_hex_and_stay_until_decided(mirrored):
    mirrored.legacy.do(
        "UPDATE cust_customer SET notes = '\\xe5b8b8'::bytea, update_user = 'A01' WHERE customer_id = '1000001'"
    )
    mirrored.settle()
    (found,) = mirrored.conflicts()
    assert (found.kind, found.group, found.detail) == ("damaged", "notes", "e5b8b8")
    assert Customer.objects.get(code=CODE).notes == ""
    Customer.objects.filter(code=CODE).update(address="臺東縣臺東市更生路5號")
    mirrored.settle()
    assert mirrored.there()["delivery_address"] == "臺東縣臺東市中山路1號"
    with pytest.raises(Refused):
        conflicts.resolve(found, "theirs", actor=LEAD)
    conflicts.resolve(found, "edited", values={"notes": "常客"}, actor=LEAD)
    mirrored.settle()
    assert notes(mirrored) == ("常客", "常客")
    assert mirrored.there()["delivery_address"] == "臺東縣臺東市更生路5號"
    assert mirrored.is_equal()


def test_what_our_rules_refuse_waits_for_a_person(mirrored):
    mirrored.legacy.edit("cust_customer", CODE, status="03")
    mirrored.settle()
    (found,) = mirrored.conflicts()
    assert found.kind == "refused"
    assert "03" in found.detail
    assert Customer.objects.get(code=CODE).status == "active"
    conflicts.resolve(found, "ours", actor=LEAD)
    mirrored.settle()
    assert mirrored.there()["status"] == "01"
    assert mirrored.is_equal()


def test_deleted_there_and_edited_here_is_a_conflict(mirrored):
    mirrored.legacy.edit("cust_customer", CODE, delete_flag="Y")
    Customer.objects.filter(code=CODE).update(notes="還在")
    mirrored.settle()
    (found,) = mirrored.conflicts()
    assert (found.kind, found.theirs) == ("deleted", None)
    conflicts.resolve(found, "ours", actor=LEAD)
    mirrored.settle()
    assert (mirrored.there()["delete_flag"], mirrored.there()["notes"]) == ("N", "還在")
    assert mirrored.is_equal()


def test_an_edited_value_the_old_system_cannot_hold_is_told_again(mirrored, contested):
    conflicts.resolve(contested, "edited", values={"notes": "😀"}, actor=LEAD)
    mirrored.settle()
    assert [one.kind for one in mirrored.conflicts()] == ["unencodable"]
    assert SyncConflict.objects.filter(state="resolved").count() == 1
    assert mirroring.is_quiet()
