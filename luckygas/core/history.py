"""Row history by database triggers (django-pghistory): bulk updates and raw SQL are seen too.

``track`` keeps what a row was before each UPDATE and DELETE; the insert is the row itself, so that COPY stays
free. Who and which request come from the context that the middleware, the commands and the Celery tasks open.
The reason of a deed about money or stock lives in that deed's own row, because nested contexts share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pghistory
from django.db import models

from luckygas.core.actor import Actor

M = TypeVar("M", bound=type[models.Model])


def track(*, exclude: list[str] | None = None) -> Callable[[M], M]:
    """Class decorator: history of a model, without the columns in ``exclude`` (personal ones)."""
    decorate: Callable[[M], M] = pghistory.track(
        pghistory.UpdateEvent(
            row=pghistory.Old, condition=pghistory.AnyChange(exclude_auto=True, exclude=exclude or [])
        ),
        pghistory.DeleteEvent(),
        exclude=exclude or [],
        append_only=True,
        meta={"indexes": [models.Index(fields=["pgh_obj", "pgh_created_at"])]},
    )
    return decorate


@contextmanager
def acting(actor: Actor, **metadata: Any) -> Iterator[None]:
    """Inside the block, history rows carry this actor (and e.g. ``request_id`` or ``run``)."""
    with pghistory.context(actor_kind=actor.kind, actor_id=actor.id, actor=actor.name, **metadata):
        yield
