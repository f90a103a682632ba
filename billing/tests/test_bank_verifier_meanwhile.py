"""The bank's verifier beside those who work, and over what is not in the books: files nobody imported."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from billing import bank_verifier
from billing.models import BankDeposit
from billing.tests import bank_world
from billing.tests.bank_world import account_of, came_in, deposit, put_in
from luckygas.core.testing import plant


@pytest.fixture(autouse=True)
def world(settings, today):
    settings.LANGUAGE_CODE = "en"
    return bank_world.profile()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_file_that_comes_in_meanwhile_is_no_difference(monkeypatch):
    put_in(deposit("", 55))
    read = bank_verifier._movements

    def another() -> None:
        try:
            put_in(deposit("", 70, 2), name="FIR20261124.TXT")
        finally:
            connections.close_all()

    def read_and_be_overtaken(*words: Any) -> Any:
        found = read(*words)
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(bank_verifier, "_movements", read_and_be_overtaken)
    sums, found = bank_verifier.differences()
    assert (found, sums.files, sums.rows) == ([], 55, 55)
    assert BankDeposit.objects.count() == 2
    monkeypatch.undo()
    assert bank_verifier.differences()[0].files == 125


@pytest.mark.django_db
def test_bytes_of_a_file_that_nobody_imported_are_held_too():
    put_in(deposit("", 55))
    put_in(deposit("", 56), modified=2)
    assert bank_verifier.verify() == []
    plant("UPDATE billing_bankfile SET content = set_byte(content, 60, 57) WHERE status = 'aside'")
    assert bank_verifier.verify() == ["file FIR20261123.TXT, aside: its bytes are not those that came"]


@pytest.mark.django_db
def test_a_payment_of_an_earlier_day_than_its_deposit_is_found(customer, track, billed):
    track()
    buyer = customer(payment_method="monthly")
    billed(buyer, C20=1)
    [one] = came_in(deposit(account_of(buyer), 810))
    assert bank_verifier.verify() == []
    plant("UPDATE billing_payment SET received_on = '2026-11-20'")
    assert bank_verifier.verify() == [
        f"payment bank:{one.pk}:1 is no bank transfer, or says another day than deposit 0001 of 2026-11-23"
    ]
