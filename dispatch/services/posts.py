"""A driver's post takes effect once: under the UUID its sender made, the first answer is given again.

    with once(kind, uuid, stop=stop, payload=…, at=at, actor=actor) as post:
        if post.is_repeated:
            return post.answer()
        …
        return post.done("…")            # or post.review(cause, "…")

The post and its effect are one transaction. A Refused raised inside takes both back, so the sender may mend
what was wrong and post again under the same UUID.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dispatch.models import DriverPost, ReviewItem, Route, RouteStop
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.history import acting

DONE, REVIEW = "done", "review"


@dataclass(frozen=True)
class Answer:
    """What the sender is told. `outcome` is done or review (kept, a person decides)."""

    outcome: str
    message: str
    is_repeated: bool = False


class Post:
    """A post at work."""

    def __init__(self, row: DriverPost, *, is_repeated: bool) -> None:
        self.row = row
        self.is_repeated = is_repeated
        self.at = row.occurred_at

    def answer(self) -> Answer:
        """What was answered the first time."""
        return Answer(self.row.outcome, self.row.message, is_repeated=True)

    def done(self, message: str) -> Answer:
        """It took effect."""
        return self._answered(DONE, message)

    def review(self, stop: RouteStop, cause: str, message: str) -> Answer:
        """It came too late to take effect by itself and waits for a person."""
        ReviewItem.objects.create(post=self.row, stop=stop, cause=cause, message=message)
        return self._answered(REVIEW, message)

    def _answered(self, outcome: str, message: str) -> Answer:
        self.row.outcome, self.row.message = outcome, message[:300]
        self.row.save(update_fields=["outcome", "message"])
        return Answer(outcome, message)


@contextmanager
def once(
    kind: str,
    post_uuid: uuid.UUID,
    *,
    stop: RouteStop | None = None,
    route: Route | None = None,
    payload: dict[str, Any],
    at: dt.datetime | None,
    actor: Actor,
) -> Iterator[Post]:
    """Open the post's transaction; two of the same UUID at once wait for each other.

    `at` is the sender's clock. One that cannot be right, before the route's day or in the future, becomes now.
    Refused when the UUID was used for something else.
    """
    subject = f"{kind}:{stop.pk if stop else ''}:{route.pk if route else ''}"
    text = json.dumps([subject, payload], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    now = clock.now()
    with transaction.atomic(), acting(actor):
        row, made = DriverPost.objects.get_or_create(
            uuid=post_uuid,
            defaults={
                "kind": kind,
                "driver_id": actor.id if actor.kind == "driver" else None,
                "stop": stop,
                "route": route,
                "digest": digest,
                "payload": json.loads(json.dumps(payload, default=str)),
                "occurred_at": at if at is not None and _begin(stop, route) <= at <= now else now,
                "received_at": now,
            },
        )
        if not made and row.digest != digest:
            raise Refused(
                _("This number was used for another post already; reload the page and enter it again."),
                code="uuid_used",
            )
        yield Post(row, is_repeated=not made)


def _begin(stop: RouteStop | None, route: Route | None) -> dt.datetime:
    """Midnight of the day that is posted about, in Taipei."""
    on = stop.route if stop is not None else route
    assert on is not None, "a post is about a stop or a route"
    return clock.at(on.plan.date, dt.time())


def check_own(route: Route, actor: Actor) -> None:
    """A driver acts on his own routes only; the office and jobs on any."""
    if actor.kind == "driver" and route.shift.driver_id != actor.id:
        raise Refused(_("This is another driver's route."), code="not_yours")
