"""Who may write what about money: the whole row of each role, so that no right slips in unnoticed."""

import pytest
from django.contrib.auth.models import Permission

from luckygas.access import ROLES, allowed

DEEDS = {
    "dispatcher": {"billing.add_cashcount", "billing.change_cashcount"},
    "office": {"billing.issue_invoice", "billing.print_invoice"},
    "pilot_lead": set(),
    "driver": set(),
    "viewer": set(),
}
"""Role → every right in billing beyond looking. Manager and accountant have all of them."""


@pytest.fixture
def rights(db):
    """Every right in billing that is more than looking."""
    rows = Permission.objects.filter(content_type__app_label="billing").exclude(codename__startswith="view_")
    return {f"billing.{codename}" for codename in rows.values_list("codename", flat=True)}


@pytest.mark.parametrize("role", DEEDS)
def test_what_a_role_may_do_about_money(rights, role):
    assert {right for right in rights if allowed(role, right)} == DEEDS[role]


@pytest.mark.parametrize("role", ["manager", "accountant"])
def test_who_may_do_everything_about_money(rights, role):
    assert {right for right in rights if allowed(role, right)} == rights
    assert "billing.reverse_payment" in rights


def test_no_role_is_forgotten():
    assert {*DEEDS, "manager", "accountant"} == set(ROLES)
