"""Two stores and a bad wire between them, driven at random: they converge, and no accepted edit is lost.

The engine of the pilot floor does with rows what `World` does with attributes; the deciding is the same code
(`pilot.sync.step`). Edits, deletions, lost and doubled writes, lost replies, late and doubled notices, decisions by
a person who looked a while ago: in any order.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pilot.sync.merge import WHOLE, part, same
from pilot.sync.step import decided, heard, step

GROUPS = {"address": ("zip", "street"), "name": ("name",)}
FIELDS = {"address": "street", "name": "name"}
DELETED = "deleted"


@dataclass
class Write:
    over: Any
    sent: Any
    expected: int


@dataclass
class World:
    """``ours`` here, ``theirs`` at revision ``revision`` there, and what we know: ``base``, ``seen`` at ``known``."""

    ours: Any = None
    theirs: Any = None
    revision: int = 0
    base: Any = None
    seen: Any = None
    known: int = 0
    open: Write | None = None
    conflicts: tuple = ()
    wire: list = field(default_factory=list)
    replies: list = field(default_factory=list)
    notices: list = field(default_factory=list)

    # -- their side

    def change_theirs(self, image):
        self.revision += 1
        self.theirs = image

    def arrive(self, write):
        """A write reaches them: taken only on the revision it expects. The reply goes back, or is lost."""
        if write.expected == self.revision:
            self.change_theirs(write.sent)
        self.replies.append((write, self.revision, self.theirs))

    # -- our side

    def reconcile(self):
        found = step(self.base, self.ours, self.seen, GROUPS)
        self.base, self.ours, self.conflicts = found.agreed, found.ours, found.conflicts
        if found.writes_theirs and self.open is None:
            self.open = Write(self.seen, found.theirs, self.known)
            self.wire.append(self.open)

    def see(self, revision, image):
        """Word of their record at a revision, fresh or stale."""
        if revision < self.known:
            return
        if self.open is not None and revision > self.open.expected:
            self.base = heard(self.base, self.open.over, self.open.sent, image, GROUPS)
            self.open = None
        self.known, self.seen = revision, image
        self.reconcile()

    def ask(self):
        """The write was sent and never heard of: read. What is still on the wire can only come as stale or once."""
        write = self.open
        if write is None:
            return
        if self.revision == write.expected:
            self.wire.append(write)
        else:
            self.see(self.revision, self.theirs)


class Machine(RuleBasedStateMachine):
    unique = True
    both_edit = True

    @initialize(
        start=st.none() | st.just({"zip": "950", "street": "s", "name": "n"}),
    )
    def begin(self, start):
        self.count = 0
        self.world = World(ours=start, theirs=start, base=start, seen=start)
        self.last = start
        #: Per group the values nobody who could see them has replaced; each must survive or be in a conflict.
        self.heads: dict[str, set[Any]] = {"address": set(), "name": set(), WHOLE: set()}

    def value(self, small):
        self.count += 1
        return f"v{self.count}" if self.unique else small

    def replaced(self, image, *groups):
        for group in groups:
            self.heads[group].discard((image or {}).get(FIELDS[group], ""))

    def edited(self, image, group, value):
        new = dict(image or {"zip": "", "street": "", "name": ""}) | {FIELDS[group]: value}
        self.replaced(image, group)
        if image is None:
            self.heads[WHOLE].discard(DELETED)
        self.heads[group].add(value)
        return new

    def deleted(self, image, other):
        """Deleting what the other side never had, has not any more, or is deleting asks nothing of it."""
        self.replaced(image, "address", "name")
        deleting = self.world.open is not None and self.world.open.sent is None
        if self.world.base and other is not None and not deleting:
            self.heads[WHOLE].add(DELETED)

    @rule(group=st.sampled_from(["address", "name"]), small=st.sampled_from("abc"))
    def edit_ours(self, group, small):
        self.last = self.world.ours = self.edited(self.world.ours, group, self.value(small))

    @precondition(lambda self: self.both_edit)
    @rule(group=st.sampled_from(["address", "name"]), small=st.sampled_from("abc"))
    def edit_theirs(self, group, small):
        self.world.change_theirs(self.edited(self.world.theirs, group, self.value(small)))

    @precondition(lambda self: self.both_edit and self.world.ours is not None)
    @rule()
    def delete_ours(self):
        self.deleted(self.world.ours, self.world.seen)
        self.world.ours = None

    @precondition(lambda self: self.both_edit and self.world.theirs is not None)
    @rule()
    def delete_theirs(self):
        self.deleted(self.world.theirs, self.world.ours)
        self.world.change_theirs(None)

    @rule()
    def reconcile(self):
        self.world.reconcile()

    @precondition(lambda self: self.world.wire)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives, reply lost", "lost", "doubled"]))
    def wire(self, data, fate):
        world = self.world
        write = data.draw(st.sampled_from(world.wire))
        if fate == "doubled":
            world.wire.append(write)
            return
        world.wire.remove(write)
        if fate != "lost":
            world.arrive(write)
        if fate == "arrives, reply lost":
            world.replies.pop()

    @precondition(lambda self: self.world.replies)
    @rule(data=st.data())
    def reply(self, data):
        _write, revision, image = data.draw(st.sampled_from(self.world.replies))
        self.world.see(revision, image)

    @rule()
    def ask(self):
        self.world.ask()

    @rule()
    def notice(self):
        self.world.notices.append((self.world.revision, self.world.theirs))

    @precondition(lambda self: self.world.notices)
    @rule(data=st.data())
    def deliver_notice(self, data):
        self.world.see(*data.draw(st.sampled_from(self.world.notices)))

    @precondition(lambda self: self.world.conflicts)
    @rule(data=st.data())
    def decide(self, data):
        """A person saw a conflict; refused when our side moved since the page was made."""
        world = self.world
        conflict = data.draw(st.sampled_from(world.conflicts))
        if conflict not in step(world.base, world.ours, world.seen, GROUPS).conflicts:
            return
        self.settle(conflict, data.draw(st.sampled_from(["ours", "theirs"])))

    def settle(self, conflict, how):
        world = self.world
        choice = getattr(conflict, how)
        if conflict.group == WHOLE:
            world.base, kept = decided(world.base, world.seen, choice, WHOLE), choice
            self.replaced(conflict.theirs, "address", "name")
            self.replaced(conflict.ours, "address", "name")
            self.heads[WHOLE].discard(DELETED)
            world.ours = kept
        else:
            world.base = decided(world.base, world.seen, choice, conflict.group)
            self.replaced(conflict.ours, conflict.group)
            self.replaced(conflict.theirs, conflict.group)
            world.ours = dict(world.ours) | dict(choice)
        world.reconcile()
        # What was decided is not asked again, and stands here.
        assert conflict.group not in {one.group for one in world.conflicts}
        assert same(world.ours if conflict.group == WHOLE else part(world.ours, choice), choice)

    @invariant()
    def contested_values_are_nobodys_but_their_sides(self):
        """What is contested was written over on neither side."""
        for conflict in self.world.conflicts:
            if conflict.group != WHOLE:
                assert conflict.ours != conflict.theirs

    @invariant()
    def what_both_deleted_is_settled(self):
        """A deletion that met the other side's deletion is done; a record made there since is another one."""
        if self.world.base is None and self.world.ours is None and self.world.seen is None:
            self.heads[WHOLE].discard(DELETED)

    def teardown(self):
        world = self.world
        for _round in range(20):
            while world.wire:
                world.arrive(world.wire.pop())
            world.ask()
            world.see(world.revision, world.theirs)
            for conflict in world.conflicts[:1]:
                self.settle(conflict, "theirs")
        assert same(world.ours, world.theirs), (world.ours, world.theirs)
        assert same(world.base, world.ours)
        assert world.open is None
        assert world.conflicts == ()
        before = (world.ours, world.theirs, world.revision)
        for notice in [*world.notices, *((revision, image) for _w, revision, image in world.replies)]:
            world.see(*notice)
            world.reconcile()
        assert (world.ours, world.theirs, world.revision) == before
        assert world.wire == []
        if self.unique:
            self.nothing_is_lost()

    def nothing_is_lost(self):
        final = self.world.ours
        for group, name in FIELDS.items():
            found = set() if final is None else {final.get(name, "")}
            assert self.heads[group] <= found, (group, self.heads[group], final)
        assert final is None or not self.heads[WHOLE]


class FewValues(Machine):
    """The same with three values, so that people go back to what stood there before."""

    unique = False


class OneSided(FewValues):
    """Only our side is edited: whatever the wire does, nothing of it is contested or comes back changed."""

    both_edit = False

    @invariant()
    def ours_is_what_was_last_written(self):
        assert self.world.ours == self.last
        assert self.world.conflicts == ()


@pytest.mark.parametrize("machine", [Machine, FewValues, OneSided])
def test_both_stores_converge_and_no_accepted_edit_is_lost(machine):
    run_state_machine_as_test(
        machine, settings=settings(max_examples=150, stateful_step_count=30, deadline=None)
    )


@pytest.mark.slow
@pytest.mark.parametrize("machine", [Machine, FewValues, OneSided])
def test_both_stores_converge_at_length(machine):
    run_state_machine_as_test(
        machine, settings=settings(max_examples=1500, stateful_step_count=60, deadline=None)
    )
