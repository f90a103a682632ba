"""Who may do what: one table, written into Django groups after migrate and tested as a matrix.

Lower floors only ask ``has_perm`` and declare scopes as strings; they never import this.
A permission is ``app.codename``; ``app.*`` is everything of an app, ``app.view_*`` every right to look.
"""

from __future__ import annotations

import fnmatch
from typing import Any

from django.utils.translation import gettext_lazy as _

from luckygas.core.services import staff

ROLES: dict[str, dict[str, Any]] = {
    "manager": {
        "label": _("manager"),
        "allow": ["customers.*", "orders.*", "dispatch.*", "billing.*", "pilot.*", "core.*"],
        "deny": ["core.*_user", "core.*_apitoken", "core.*_simulatedclock", "core.view_idempotencykey"],
    },
    "office": {
        "label": _("office"),
        "allow": [
            "customers.*",
            "orders.*",
            "dispatch.view_*",
            "billing.view_*",
            "billing.issue_invoice",
            "billing.print_invoice",
            "core.view_smsmessage",
            "core.resend_smsmessage",
            "core.view_notice",
            "core.view_importrun",
            "core.view_importproblem",
            "core.view_calendarday",
        ],
        "deny": [
            "billing.view_cashcount",
            # Vouching for a tax number is the accountant's, who files the invoices.
            "customers.add_knowntaxnumber",
            "customers.change_knowntaxnumber",
            "customers.delete_knowntaxnumber",
        ],
    },
    "dispatcher": {
        "label": _("dispatcher"),
        "allow": [
            "dispatch.*",
            "customers.view_*",
            "orders.view_*",
            "orders.change_order",
            # Crews hand their cash to the dispatcher in the evening.
            "billing.view_cashcount",
            "billing.add_cashcount",
            "billing.change_cashcount",
            "core.view_smsmessage",
            "core.view_notice",
            "core.view_calendarday",
            "core.view_importrun",
            "core.view_importproblem",
        ],
        "deny": [],
    },
    "accountant": {
        "label": _("accountant"),
        "allow": [
            "billing.*",
            "customers.view_*",
            "customers.add_knowntaxnumber",
            "customers.change_knowntaxnumber",
            "orders.view_*",
            "dispatch.view_*",
            "core.operate_outbound",
            "core.view_outboundattempt",
            "core.view_smsmessage",
            "core.view_notice",
            "core.view_importrun",
            "core.view_importproblem",
        ],
        "deny": [],
    },
    "pilot_lead": {
        "label": _("pilot lead"),
        "allow": [
            "pilot.*",
            "customers.view_*",
            "orders.view_*",
            "dispatch.view_*",
            "billing.view_*",
            "core.view_smsmessage",
            "core.view_notice",
            "core.view_calendarday",
        ],
        "deny": [],
    },
    "driver": {"label": _("driver"), "allow": ["dispatch.drive"], "deny": []},
    "viewer": {
        "label": _("viewer"),
        "allow": [
            "customers.view_*",
            "orders.view_*",
            "dispatch.view_*",
            "billing.view_*",
            "core.view_smsmessage",
            "core.view_notice",
        ],
        "deny": ["customers.view_personal_data", "customers.view_knowntaxnumber"],
    },
}


staff.role_labels.update({name: entry["label"] for name, entry in ROLES.items()})


def allowed(role: str, permission: str) -> bool:
    """Whether a role's row of the table grants ``app.codename``."""
    entry = ROLES[role]
    return any(fnmatch.fnmatch(permission, pattern) for pattern in entry["allow"]) and not any(
        fnmatch.fnmatch(permission, pattern) for pattern in entry["deny"]
    )


def write_groups(**_: Any) -> None:
    """Make the groups say what the table says. Runs after every migrate; safe to repeat."""
    from django.contrib.auth.models import Group, Permission

    every = {
        f"{row.content_type.app_label}.{row.codename}": row.pk
        for row in Permission.objects.select_related("content_type")
    }
    for role in ROLES:
        group, _made = Group.objects.get_or_create(name=role)
        group.permissions.set([pk for name, pk in every.items() if allowed(role, name)])
