"""Editing the texts: checked before they are used, and shown as they will read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.messaging import rendering
from customers.messaging.occasions import OCCASIONS
from customers.models.messaging import MessageTemplate
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Refused
from luckygas.core.history import acting
from luckygas.core.notify import segments
from luckygas.core.notify.segments import Segments

#: A text that takes more parts costs as much as so many messages and arrives in pieces.
MOST_PARTS = 4


def add(data: Mapping[str, Any], *, actor: Actor) -> MessageTemplate:
    """A new variant. Refused: the text cannot be used, or the variant is there."""
    template = MessageTemplate(**data)
    check(template.code, template.body)
    with acting(actor), transaction.atomic():
        try:
            with transaction.atomic():
                template.updated_at = clock.now()
                template.save(force_insert=True)
        except IntegrityError as error:
            raise Refused(
                _("This variant exists already; change it, or choose another letter."),
                code="variant",
                field="variant",
            ) from error
        record("template.add", actor=actor, subject=f"customers.MessageTemplate:{template.pk}")
    return template


def change(template: MessageTemplate, data: Mapping[str, Any], *, actor: Actor) -> None:
    """Change text, share or use; occasion, variant and language stay. Refused when the text cannot be used."""
    fields = {name: data[name] for name in ("body", "weight", "is_active") if name in data}
    if "body" in fields:
        check(template.code, fields["body"])
    with acting(actor), transaction.atomic():
        MessageTemplate.objects.filter(pk=template.pk).update(**fields, updated_at=clock.now())
        record(
            "template.change",
            actor=actor,
            subject=f"customers.MessageTemplate:{template.pk}",
            fields=sorted(fields),
        )


def check(occasion: str, body: str) -> None:
    """Refused with what would be right, for a text that cannot be used on this occasion."""
    facts = OCCASIONS[occasion]
    found = rendering.problems(body, allowed=facts.samples, optional=facts.optional)
    if found:
        raise Refused(" ".join(_say(problem, occasion) for problem in found), code="template", field="body")
    size = preview(occasion, body)[1]
    if size.parts > MOST_PARTS:
        raise Refused(
            _("This text takes %(parts)d parts; shorten it to %(most)d.")
            % {"parts": size.parts, "most": MOST_PARTS},
            code="template",
            field="body",
        )


def preview(occasion: str, body: str) -> tuple[str, Segments]:
    """The text with sample values, and its parts; a text that cannot be used is shown as it stands."""
    facts = OCCASIONS[occasion]
    if rendering.problems(body, allowed=facts.samples, optional=facts.optional):
        return body, segments.count(body)
    text = rendering.render(body, facts.samples)
    return text, segments.count(text)


def _say(problem: rendering.Problem, occasion: str) -> str:
    match problem.kind:
        case "beginning":
            return _("Begin with %(words)s.") % {"words": rendering.BEGINNING}
        case "unknown":
            names = "、".join(f"{{{name}}}" for name in OCCASIONS[occasion].samples)
            return _("{%(name)s} is no placeholder of this occasion; there are %(names)s.") % {
                "name": problem.what,
                "names": names,
            }
        case "required":
            return _("{%(name)s} may be empty: put it and its words into [square brackets].") % {
                "name": problem.what
            }
        case "braces":
            return _("A brace has no partner; placeholders look like {order_id}.")
        case _:
            return _("A square bracket has no partner, or one stands inside another.")
