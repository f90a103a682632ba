"""Three-way merge: the table of the docstring, and laws that hold for any images."""

from hypothesis import given
from hypothesis import strategies as st

from pilot.sync.merge import WHOLE, Conflict, Merge, complete, same, three_way

GROUPS = {"address": ("zip", "street"), "name": ("name",)}
BASE = {"zip": "950", "street": "中山路 1 號", "name": "王家小館", "phone": "089-1"}


def image(**changes):
    return BASE | changes


def test_nothing_changed_is_the_base():
    assert three_way(BASE, image(), image(), GROUPS) == Merge(BASE, ())


def test_a_change_on_one_side_is_taken_whichever_side_it_is():
    changed = image(name="王家餐館")
    assert three_way(BASE, changed, image(), GROUPS) == Merge(changed)
    assert three_way(BASE, image(), changed, GROUPS) == Merge(changed)


def test_different_groups_merge():
    merged = three_way(BASE, image(name="王家餐館"), image(phone="089-2"), GROUPS)
    assert merged == Merge(image(name="王家餐館", phone="089-2"))


def test_two_fields_of_one_group_changed_on_different_sides_are_a_conflict():
    merged = three_way(BASE, image(zip="951"), image(street="中山路 2 號"), GROUPS)
    assert merged.result == BASE
    assert merged.conflicts == (
        Conflict(
            "address",
            {"zip": "950", "street": "中山路 1 號"},
            {"zip": "951", "street": "中山路 1 號"},
            {"zip": "950", "street": "中山路 2 號"},
        ),
    )


def test_the_same_change_on_both_sides_is_no_conflict():
    changed = image(name="王家餐館", zip="951")
    assert three_way(BASE, changed, changed, GROUPS) == Merge(changed)


def test_a_conflict_leaves_the_other_groups_merged_and_each_side_its_own_value():
    merged = three_way(BASE, image(name="甲", phone="1"), image(name="乙"), GROUPS)
    assert merged.result == image(phone="1")
    assert merged.on(image(name="甲", phone="1")) == image(name="甲", phone="1")
    assert merged.on(image(name="乙")) == image(name="乙", phone="1")


def test_deleted_and_untouched_is_deleted_on_both():
    assert three_way(BASE, None, image(), GROUPS) == Merge(None)
    assert three_way(BASE, image(), None, GROUPS) == Merge(None)
    assert three_way(BASE, None, None, GROUPS) == Merge(None)
    assert Merge(None).on(image()) is None


def test_deleted_against_edited_keeps_the_last_agreed_image():
    edited = image(phone="089-9")
    merged = three_way(BASE, None, edited, GROUPS)
    assert merged == Merge(BASE, (Conflict(WHOLE, BASE, None, edited),))
    assert merged.on(None) is None
    assert merged.on(edited) == edited


def test_created_on_one_side_goes_to_the_other():
    assert three_way(None, image(), None, GROUPS) == Merge(BASE)
    assert three_way(None, None, image(), GROUPS) == Merge(BASE)


def test_created_on_both_merges_as_if_agreed_were_blank():
    merged = three_way(None, {"name": "甲", "phone": "1"}, {"name": "乙", "zip": "950"}, GROUPS)
    assert merged.result == {"zip": "950", "street": "", "name": "", "phone": "1"}
    assert merged.conflicts == (Conflict("name", {"name": ""}, {"name": "甲"}, {"name": "乙"}),)


def test_a_missing_field_is_a_blank_one_and_a_missing_record_is_not():
    assert same({"a": ""}, {})
    assert not same(None, {})
    assert same(None, None)
    assert not same({"a": "1"}, {"a": ""})


def test_a_field_without_a_group_is_one_of_its_own():
    assert complete(GROUPS, {"zip": "1", "fax": "2"}) == {
        "address": ("zip", "street"),
        "name": ("name",),
        "fax": ("fax",),
    }


FIELDS = ["zip", "street", "name", "phone"]
IMAGES = st.none() | st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["", "a", "b", "c"]))


def swapped(merged):
    return Merge(merged.result, tuple(Conflict(c.group, c.base, c.theirs, c.ours) for c in merged.conflicts))


@given(base=IMAGES, ours=IMAGES, theirs=IMAGES)
def test_swapping_the_sides_swaps_only_the_parts_of_the_conflicts(base, ours, theirs):
    assert three_way(base, theirs, ours, GROUPS) == swapped(three_way(base, ours, theirs, GROUPS))


@given(base=IMAGES, own=IMAGES)
def test_an_unchanged_side_takes_whatever_the_other_holds(base, own):
    merged = three_way(base, own, base, GROUPS)
    assert merged.conflicts == ()
    assert same(merged.result, own)


@given(base=IMAGES, both=IMAGES)
def test_equal_sides_never_conflict(base, both):
    merged = three_way(base, both, both, GROUPS)
    assert merged.conflicts == ()
    assert same(merged.result, both)


@given(base=IMAGES, ours=IMAGES, theirs=IMAGES)
def test_after_the_merge_both_sides_differ_in_contested_groups_only_and_merging_again_changes_nothing(
    base, ours, theirs
):
    merged = three_way(base, ours, theirs, GROUPS)
    mine, yours = merged.on(ours), merged.on(theirs)
    if not merged.conflicts:
        assert same(mine, yours)
    again = three_way(merged.result, mine, yours, GROUPS)
    assert same(again.on(mine), mine)
    assert same(again.on(yours), yours)
    # With no agreed image there is nothing to tell "created on both" from: that one merge gives it.
    assert [c.group for c in again.conflicts] == [c.group for c in merged.conflicts]


@given(base=IMAGES, ours=IMAGES, theirs=IMAGES)
def test_no_value_appears_that_nobody_held_and_none_is_dropped_without_a_conflict(base, ours, theirs):
    merged = three_way(base, ours, theirs, GROUPS)
    contested = {conflict.group for conflict in merged.conflicts}
    if WHOLE in contested or merged.result is None or ours is None or theirs is None:
        return
    for name, fields in complete(GROUPS, base or {}, ours, theirs).items():
        held = [tuple((image or {}).get(f, "") for f in fields) for image in (base, ours, theirs)]
        found = tuple(merged.result.get(f, "") for f in fields)
        assert found in held
        changes = {value for value in held[1:] if value != held[0]}
        assert (name in contested) == (len(changes) == 2)
        if name not in contested:
            assert changes <= {found}
