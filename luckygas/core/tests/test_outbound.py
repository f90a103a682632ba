"""The runner of outbound rows, against a party that answers over a real socket."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest
from django.db import connection, models

from luckygas.core import clock, outbound
from luckygas.core.errors import Busy, Refused
from luckygas.core.models import AuditEvent, OutboundAttempt
from luckygas.core.models.outbound import OutboundRow
from luckygas.core.outbound import Outcome
from luckygas.core.testing import as_owner


class Post:
    """A post office on loopback: a line comes in, the scripted answers go out; it remembers every letter."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.answers: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            with peer:
                letter = peer.makefile().readline().strip()
                answer = self.answers.pop(0) if self.answers else "ok"
                if not letter.startswith("?"):
                    self.letters.append(letter)
                if answer != "silence":
                    peer.sendall(f"{answer}\n".encode())

    def call(self, text: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as peer:
            peer.sendall(f"{text}\n".encode())
            return peer.makefile().readline().strip()


class Parcel(OutboundRow):
    """A row of the test's own, whose party is the post office above."""

    party: ClassVar[str] = "post"
    backoff: ClassVar[tuple[int, ...]] = (10, 60)
    max_attempts: ClassVar[int] = 3
    post: ClassVar[Post]
    text = models.CharField(max_length=50)

    class Meta(OutboundRow.Meta):
        abstract = False
        app_label = "post"  # of no installed app: nobody migrates or serialises it

    def send(self) -> Outcome:
        answer = self.post.call(f"{self.key} {self.text}")
        return {
            "ok": outbound.done("ok"),
            "later": outbound.later("come again"),
            "no": outbound.refused("never"),
            "": outbound.unknown("no answer"),
            "kept": outbound.waiting("kept for tomorrow"),
        }[answer]

    def ask(self) -> Outcome:
        answer = self.post.call(f"?{self.key}")
        if answer == "unheard":
            return outbound.later("never arrived", 0)
        return outbound.done("it had arrived") if answer == "ok" else outbound.unknown("still unclear")


@pytest.fixture
def post(db) -> Iterator[Post]:
    with as_owner(), connection.schema_editor() as editor:
        editor.create_model(Parcel)
    Parcel.post = Post()
    yield Parcel.post
    Parcel.post.server.close()


def parcel(text: str = "hello", **fields) -> Parcel:
    return Parcel._default_manager.create(text=text, **fields)


def look(row: Parcel) -> Parcel:
    return Parcel._default_manager.get(pk=row.pk)


def test_sent_once_and_done(post, stand_at):
    stand_at("2026-11-23 08:00")
    row = parcel()
    assert outbound.run_due(Parcel) == 1
    assert outbound.run_due(Parcel) == 0
    assert look(row).status == "done"
    assert look(row).done_at == clock.now()
    assert post.letters == [f"{row.key} hello"]
    assert list(OutboundAttempt.objects.values_list("attempt", "deed", "outcome", "said")) == [
        (1, "send", "done", "ok")
    ]


def test_refused_for_now_comes_back_with_growing_waits_and_then_fails(post, stand_at):
    post.answers = ["later", "later", "later"]
    row = parcel()
    stand_at("2026-11-23 08:00")
    row.not_before = clock.now()
    row.save()
    outbound.run_due(Parcel)
    assert look(row).status == "queued"
    assert look(row).not_before == clock.now() + dt.timedelta(seconds=10)
    assert outbound.run_due(Parcel) == 0
    stand_at("2026-11-23 08:01")
    outbound.run_due(Parcel)
    assert look(row).not_before == clock.now() + dt.timedelta(seconds=60)
    stand_at("2026-11-23 08:03")
    outbound.run_due(Parcel)
    assert look(row).status == "failed"
    assert look(row).last_said == "come again"


def test_never_heard_is_asked_about_and_never_sent_blindly(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["silence", "silence", "ok"]
    row = parcel()
    outbound.run_due(Parcel)
    assert look(row).status == "unknown"
    stand_at("2026-11-23 08:05")
    outbound.run_due(Parcel)
    assert look(row).status == "unknown"
    stand_at("2026-11-23 09:00")
    outbound.run_due(Parcel)
    assert look(row).status == "done"
    assert look(row).last_said == "it had arrived"
    assert len(post.letters) == 1


def test_a_claim_that_ran_out_behind_a_slow_row_is_left_to_who_took_it_over(post, stand_at, monkeypatch):
    """Two rows in one batch; the first takes so long that another worker finds the second, and sends it."""
    stand_at("2026-11-23 08:00")
    first, second = parcel("first"), parcel("second")
    post.answers = ["ok", "ok", "unheard", "ok"]
    send, turns = Parcel.send, []

    def slow(row):
        outcome = send(row)
        turns.append(row.text)
        if turns == ["first"]:
            stand_at("2026-11-23 08:05")
            outbound.run_due(Parcel)  # the other worker asks about both …
            outbound.run_due(Parcel)  # … and sends what never arrived
        return outcome

    monkeypatch.setattr(Parcel, "send", slow)
    outbound.run_due(Parcel)
    assert post.letters == [f"{first.key} first", f"{second.key} second"]
    assert (look(first).status, look(second).status, look(second).attempts) == ("done", "done", 3)
    assert OutboundAttempt.objects.filter(row_id=second.pk, deed="send").count() == 1


def test_a_batch_that_is_written_together_leaves_out_what_is_no_longer_ours(post, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")
    monkeypatch.setattr(Parcel, "together", 2)
    rows = [parcel(f"{number}") for number in range(4)]
    send = Parcel.send

    def slow(row):
        if row.text == "0":
            Parcel._default_manager.filter(text="2").update(status="done", attempts=7)
        return send(row)

    monkeypatch.setattr(Parcel, "send", slow)
    outbound.run_due(Parcel)
    assert post.letters == [f"{row.key} {row.text}" for row in rows if row.text != "2"]
    assert {look(row).status for row in rows} == {"done"}


def test_what_was_heard_meanwhile_is_what_was_said_last(post, stand_at, monkeypatch):
    """A receipt that comes between the hand-over and its writing down is not talked over."""
    stand_at("2026-11-23 08:00")
    post.answers = ["kept"]
    row = parcel()
    send = Parcel.send

    def receipt(one):
        outcome = send(one)
        assert outbound.settle(one, outbound.done("it arrived"))
        return outcome

    monkeypatch.setattr(Parcel, "send", receipt)
    outbound.run_due(Parcel)
    assert (look(row).status, look(row).last_said) == ("done", "it arrived")


def test_asked_and_never_arrived_is_sent_again_with_the_same_key(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["silence", "unheard", "ok"]
    row = parcel()
    outbound.run_due(Parcel)
    stand_at("2026-11-23 08:05")
    outbound.run_due(Parcel)
    outbound.run_due(Parcel)
    assert look(row).status == "done"
    assert post.letters == [f"{row.key} hello"] * 2


def test_a_party_that_cannot_be_reached_counts_as_unknown_when_sending_raised(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["a word nobody knows"]
    row = parcel()
    outbound.run_due(Parcel)
    assert look(row).status == "unknown"
    assert "KeyError" in look(row).last_said


def test_handed_over_waits_and_settles_by_another_way(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["kept"]
    row = parcel()
    outbound.run_due(Parcel)
    assert look(row).status == "inflight"
    assert outbound.settle(look(row), outbound.done("the answer came")) is True
    assert outbound.settle(look(row), outbound.refused("too late to say no")) is False
    assert look(row).status == "done"


def test_inflight_too_long_becomes_unknown(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["kept", "silence"]
    row = parcel()
    outbound.run_due(Parcel)
    stand_at("2026-11-23 08:10")
    outbound.run_due(Parcel)
    assert look(row).status == "unknown"


def test_a_result_of_an_older_attempt_changes_nothing(post, stand_at):
    stand_at("2026-11-23 08:00")
    post.answers = ["kept"]
    row = parcel()
    outbound.run_due(Parcel)
    older = look(row)
    Parcel._default_manager.filter(pk=row.pk).update(attempts=2)
    assert outbound.settle(older, outbound.refused("old news")) is False
    assert look(row).status == "inflight"


def test_its_time_had_passed(post, stand_at):
    stand_at("2026-11-23 08:00")
    row = parcel(not_after=clock.now() - dt.timedelta(seconds=1))
    assert outbound.run_due(Parcel) == 0
    assert look(row).status == "expired"
    assert post.letters == []


def test_a_lane_keeps_its_order_behind_a_failed_head(post, stand_at, actor):
    stand_at("2026-11-23 08:00")
    post.answers = ["no"]
    head, second, other = parcel("1", lane="a"), parcel("2", lane="a"), parcel("3", lane="b")
    while outbound.run_due(Parcel):
        pass
    assert [look(row).status for row in (head, second, other)] == ["failed", "queued", "done"]
    assert outbound.waits_for(look(second)) == look(head)
    outbound.retry(look(head), actor=actor, reason="mended")
    while outbound.run_due(Parcel):
        pass
    assert [letter.split()[1] for letter in post.letters] == ["1", "3", "1", "2"]
    assert AuditEvent.objects.get(action="outbound.retry").reason == "mended"


def test_hold_and_release(post, stand_at, actor):
    stand_at("2026-11-23 08:00")
    row = parcel()
    outbound.hold(row, actor=actor, reason="quiet hours")
    assert outbound.run_due(Parcel) == 0
    assert look(row).held_reason == "quiet hours"
    outbound.release(look(row), actor=actor)
    outbound.run_due(Parcel)
    assert look(row).status == "done"


def test_an_operator_cannot_send_a_done_row_again(post, stand_at, actor):
    stand_at("2026-11-23 08:00")
    row = parcel()
    stale = look(row)
    outbound.run_due(Parcel)
    with pytest.raises(Refused):
        outbound.retry(look(row), actor=actor, reason="once more")
    with pytest.raises(Busy):
        outbound.hold(stale, actor=actor, reason="too late")
    assert look(row).status == "done"
    assert not AuditEvent.objects.exists()


def test_what_is_sent_together_is_written_together(post, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")
    monkeypatch.setattr(Parcel, "together", 2)
    post.answers = ["ok", "no", "later"]
    rows = [parcel(text) for text in ("one", "two", "three")]
    assert outbound.run_due(Parcel) == 3
    assert post.letters == [f"{row.key} {row.text}" for row in rows]
    assert [(look(row).status, look(row).attempts) for row in rows] == [
        ("done", 1),
        ("failed", 1),
        ("queued", 1),
    ]
    traces = OutboundAttempt.objects.order_by("row_id").values_list("row_id", "attempt", "outcome")
    assert list(traces) == [(rows[0].pk, 1, "done"), (rows[1].pk, 1, "refused"), (rows[2].pk, 1, "later")]


def test_one_that_cannot_be_written_down_does_not_take_the_others_with_it(post, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")

    def write_down(sent):
        if any(row.text == "two" for row, _outcome in sent):
            raise Busy("nobody can write this")

    monkeypatch.setattr(Parcel, "together", 3)
    monkeypatch.setattr(Parcel, "write_down", write_down)
    rows = [parcel(text) for text in ("one", "two", "three")]
    outbound.run_due(Parcel)
    assert [look(row).status for row in rows] == ["done", "unknown", "done"]
    assert OutboundAttempt.objects.get(row_id=rows[1].pk).outcome == "unknown"
    assert len(post.letters) == 3


def test_an_answer_that_comes_after_a_newer_attempt_is_not_written(post, stand_at, monkeypatch):
    stand_at("2026-11-23 08:00")

    def write_down(sent):
        Parcel._base_manager.filter(pk=sent[0][0].pk).update(attempts=2)

    monkeypatch.setattr(Parcel, "together", 2)
    monkeypatch.setattr(Parcel, "write_down", write_down)
    row = parcel()
    outbound.run_due(Parcel)
    assert (look(row).status, look(row).attempts) == ("inflight", 2)
